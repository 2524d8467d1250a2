"""Decisions on returns: approved with refund and charge-back in one entry, or denied.

Locks in the house's order: lead, its return, subscription, transaction, accounts.
"""

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.body import why_unstorable
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.people import SYSTEM, Actor, Role
from app.domain.return_policy import ReturnPolicy, read_policy
from app.domain.returns import STEPS, Step, default_afterwards
from app.domain.states import Afterwards, LeadStatus, ReturnStatus, Stage
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.lead_return import LeadReturn, ReturnMessage
from app.models.partner import Partner
from app.models.sale import Transaction
from app.queue import ring
from app.services import audit, trace
from app.services.locking import lock_row
from app.services.money_orders import needs_second_person
from app.services.policy import policy
from app.services.refunds import refund_transaction
from app.services.return_rates import measure_rates
from app.services.review import COME_LIVE
from app.services.work import finish, put

MAX_REASON = 500
MAX_TEXT = 2000
LOCK_ORDER = text("SELECT 1 FROM subscription WHERE id = :id FOR NO KEY UPDATE")
FOR_SALE = (LeadStatus.available, LeadStatus.sold)


def approve_return(
    return_id: int,
    actor: Actor,
    *,
    afterwards: Afterwards | None = None,
    reason: str | None = None,
) -> LeadReturn:
    """Refund the sale, charge its vendor back, and free the lead's slot.

    `afterwards` is the policy's unless given. Much money is refunded when another
    administrator approves it as well: until then the return is not decided. Raises
    NotAllowed, NotFound, Conflict where it was decided already or the sale was refunded
    otherwise.
    """
    _check_staff(actor)
    why = read_if_any(reason, "reason", MAX_REASON)
    with transaction() as session:
        lead, found = _locked(session, return_id)
        next_status(found, Step.approve)
        granted = policy_of(session, found.campaign_id, found.partner_id)
        most = granted.operator_max_cents
        is_bound = actor.role is Role.operator and most is not None
        if is_bound and found.amount_cents > (most or 0):
            raise NotAllowed("Only administrators may approve a return this large.")
        if _waits_for_another(found, actor):
            note(session, found, "agreed", actor, found.status)
            return found
        chosen = afterwards or default_afterwards(granted, found.reason_code)
        grant(session, lead, found, chosen, actor, why)
        return found


def deny_return(return_id: int, reason: str | None, actor: Actor) -> LeadReturn:
    """Deny a return with a reason; nothing is booked. Raises as `approve_return`."""
    _check_staff(actor)
    why = read_words(reason, "reason", MAX_REASON)
    with transaction() as session:
        _, found = _locked(session, return_id)
        before = found.status
        _decide(session, found, next_status(found, Step.deny), actor, why)
        note(session, found, "denied", actor, before)
        return found


def ask_partner(return_id: int, question: str | None, actor: Actor) -> LeadReturn:
    """Ask the partner for more; the return waits. Raises as `approve_return`."""
    _check_staff(actor)
    asked = read_words(question, "text", MAX_TEXT)
    with transaction() as session:
        _, found = _locked(session, return_id)
        before = found.status
        found.status, found.partner_told_at = next_status(found, Step.ask), None
        say(session, found, asked, actor)
        note(session, found, "questioned", actor, before)
        return found


def grant(
    session: Session,
    lead: Lead,
    found: LeadReturn,
    afterwards: Afterwards,
    actor: Actor,
    why: str | None,
) -> None:
    """Approve a return whose lead and row are locked."""
    session.execute(LOCK_ORDER, {"id": found.subscription_id})
    code = found.reason_code.name
    by = actor if actor.is_staff else SYSTEM
    told = f"Returned: {code.replace('_', ' ')}"
    refund = refund_transaction(found.transaction_id, None, told, by)
    sale = session.get_one(Transaction, found.transaction_id)
    sale.slot_freed = True
    before = found.status
    _decide(session, found, ReturnStatus.approved, by, why)
    found.afterwards, found.entry_id = afterwards, refund["id"]
    found.amount_cents = refund["amount_cents"]
    lead.slots_taken -= sale.slots
    lead.slots_sold -= sale.slots
    lead.sold_count -= 1
    _put_on_sale(session, lead, afterwards, code)
    note(session, found, "approved", by, before)
    session.flush()
    measure_rates(session, [found.subscription_id])


def policy_of(session: Session, campaign_id: int, partner_id: int) -> ReturnPolicy:
    """Return the policy for a partner's purchases of a campaign."""
    campaign = select(Campaign.return_policy).where(Campaign.id == campaign_id)
    partner = select(Partner.return_policy).where(Partner.id == partner_id)
    platforms = {
        "window_hours": policy.return_hours,
        "operator_max_cents": policy.return_operator_cents,
    }
    return read_policy(platforms, session.scalar(campaign), session.scalar(partner))


def say(session: Session, found: LeadReturn, words: str, actor: Actor) -> None:
    """Add what somebody said about a return."""
    is_partners = actor.partner_id is not None
    session.add(
        ReturnMessage(
            return_id=found.id, is_partners=is_partners, by=actor.label, text=words
        )
    )


def note(
    session: Session,
    found: LeadReturn,
    verb: str,
    actor: Actor,
    before: ReturnStatus | None,
) -> None:
    """Tell the lead's trace and the audit log; free texts stay with the return."""
    detail = {
        "transaction_id": found.transaction_id,
        "reason": found.reason_code.name,
        "afterwards": found.afterwards.name if found.afterwards else None,
    }
    by = {"return_id": found.id, "by": actor.label}
    trace.record(session, found.lead_id, f"return_{verb}", {**detail, **by})
    audit.record(
        session,
        actor,
        f"lead_return.{verb}",
        f"lead_return:{found.id}",
        {"status": before} if before else None,
        {"status": found.status, "amount_cents": found.amount_cents, **detail},
    )


def read_words(given: object, name: str, most: int) -> str:
    """Return a text that somebody must write; raises InvalidInput."""
    words = read_if_any(given, name, most)
    if words is None:
        raise InvalidInput.one(name, "required", "Say it in a few words.")
    return words


def read_if_any(given: object, name: str, most: int) -> str | None:
    """Return a text that somebody may write, None for a blank one."""
    if given is None:
        return None
    if not isinstance(given, str) or why_unstorable(given):
        raise InvalidInput.one(name, "type", "Send a text.")
    if len(given) > most:
        raise InvalidInput.one(name, "too_long", f"Send at most {most} characters.")
    return given.strip() or None


def next_status(found: LeadReturn, step: Step) -> ReturnStatus:
    """Return where a step leads; raises Conflict where the return was decided."""
    following = STEPS.get((found.status, step))
    if following is None:
        message = f"This return is {found.status.name} already."
        raise Conflict(message, found.status.name)
    return following


def _put_on_sale(
    session: Session, lead: Lead, afterwards: Afterwards, code: str
) -> None:
    """Let what was given free be sold from now on, or never again."""
    if lead.status not in FOR_SALE:
        session.flush()
        return
    if afterwards is Afterwards.withdrawn:
        lead.status, lead.reason = LeadStatus.rejected, f"returned:{code}"
        session.flush()
        finish(session, [lead.id])
        return
    lead.status = LeadStatus.available
    session.flush()
    session.execute(COME_LIVE, {"lead": lead.id})
    put(session, lead.id, Stage.routing)
    ring(Stage.routing)


def _locked(session: Session, return_id: int) -> tuple[Lead, LeadReturn]:
    """Lock a return behind its lead; raises NotFound."""
    known = select(LeadReturn.lead_id).where(LeadReturn.id == return_id)
    lead_id = session.scalar(known)
    if lead_id is None:
        raise NotFound("There is no such return.")
    lead = lock_lead(session, lead_id)
    return lead, lock_row(session, LeadReturn, return_id, "return", weak=True)


def lock_lead(session: Session, lead_id: int) -> Lead:
    """Lock a lead and read it as it stands."""
    return lock_row(session, Lead, lead_id, "lead", weak=True)


def _waits_for_another(found: LeadReturn, actor: Actor) -> bool:
    """Note who agrees first where a second person has to; raises NotAllowed."""
    if not needs_second_person(found.amount_cents):
        return False
    if found.agreed_by is None:
        found.agreed_by, found.staff_told_at = actor.label, None
        return True
    if found.agreed_by == actor.label or actor.role is Role.operator:
        raise NotAllowed("Another administrator has to agree to this.")
    return False


def _check_staff(actor: Actor) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators decide on returns.")


def _decide(
    session: Session,
    found: LeadReturn,
    status: ReturnStatus,
    actor: Actor,
    why: str | None,
) -> None:
    # Asked before anything is set: what is half set must not be flushed.
    now: datetime = session.scalars(select(func.now())).one()
    found.status, found.decided_at = status, now
    found.decided_by, found.decision_reason = actor.label, why
    found.partner_told_at = None
