"""Returns as their partner makes them: asked for within the policy, and answered.

The partner's row is locked first, then its vendor's where the policy bounds what comes
back of a vendor's sales, so that limits hold however many ask at once.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.db import transaction
from app.domain.errors import Conflict, FieldError, InvalidInput, NotFound
from app.domain.people import Actor, Right
from app.domain.return_policy import ReturnPolicy
from app.domain.returns import (
    Sold,
    Step,
    default_afterwards,
    ends_at,
    is_approved_at_once,
    is_within_vendors_share,
    why_not,
)
from app.domain.schedule import timezone_named
from app.domain.states import ReturnReason, TransactionStatus
from app.models.lead_return import LeadReturn
from app.models.partner import Partner
from app.services.lookup import read_uuid
from app.services.own import own_partner
from app.services.return_decisions import (
    MAX_TEXT,
    grant,
    lock_lead,
    next_status,
    note,
    policy_of,
    read_if_any,
    read_words,
    say,
)
from app.services.return_evidence import Evidence, gather_evidence

# What its period sold and got back, which the windows of subscriptions know: its own,
# or all of its partner's. Of its vendor's sales the days are counted.
READ = text(
    "SELECT t.id, t.lead_id, t.campaign_id, t.subscription_id, t.vendor_id, t.status,"
    " t.price_cents + t.override_cents - t.refunded_cents AS left_cents, t.currency,"
    " t.captured_at,"
    " l.received_at, p.timezone, clock_timestamp() AS now,"
    " EXISTS (SELECT FROM lead_return r WHERE r.transaction_id = t.id"
    "   AND r.status <> 'denied') AS is_returned,"
    " CASE WHEN :per = 'subscription' THEN coalesce(w.cents, 0) ELSE ("
    "   SELECT coalesce(sum(v.cents), 0)::bigint FROM subscription s"
    "   JOIN subscription_window v ON v.subscription_id = s.id AND v.kind = :cycle"
    "    AND v.starts_at <= t.held_at AND t.held_at < v.ends_at"
    "   WHERE s.partner_id = t.partner_id) END AS bought_cents,"
    " returned.count AS returned_count, returned.cents AS returned_cents,"
    " (SELECT coalesce(sum(d.captured_cents), 0)::bigint FROM money_day d"
    "   WHERE d.vendor_id = t.vendor_id AND d.currency = t.currency"
    "    AND d.day >= w.starts_at::date AND d.day < w.ends_at) AS vendor_sold_cents,"
    " (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM lead_return r"
    "   JOIN transaction o ON o.id = r.transaction_id"
    "    AND o.held_at >= w.starts_at AND o.held_at < w.ends_at"
    "   WHERE r.vendor_id = t.vendor_id AND r.status <> 'denied')"
    "   AS vendor_returned_cents"
    " FROM transaction t JOIN lead l ON l.id = t.lead_id"
    " JOIN partner p ON p.id = t.partner_id"
    " LEFT JOIN subscription_window w ON w.subscription_id = t.subscription_id"
    "  AND w.kind = :cycle AND w.starts_at <= t.held_at AND t.held_at < w.ends_at"
    " CROSS JOIN LATERAL (SELECT count(*) AS count,"
    "   coalesce(sum(r.amount_cents), 0)::bigint AS cents FROM lead_return r"
    "   JOIN transaction o ON o.id = r.transaction_id"
    "    AND o.held_at >= w.starts_at AND o.held_at < w.ends_at"
    "   WHERE r.partner_id = t.partner_id AND r.status <> 'denied'"
    "    AND (r.subscription_id = t.subscription_id OR :per = 'partner')) returned"
    " WHERE t.id = :sale"
)
LOCK_PARTNER = select(Partner.id).with_for_update(key_share=True)
FIND = (
    "SELECT id, campaign_id, vendor_id FROM transaction"
    " WHERE public_id = :sale AND partner_id = :partner"
)
LOCK_VENDOR = text("SELECT FROM vendor WHERE id = :vendor FOR NO KEY UPDATE")


def request_return(
    actor: Actor, transaction_id: str, reason_code: object, note_given: object = None
) -> LeadReturn:
    """Ask to give a purchase back, by its transaction's public id.

    Where a rule of the policy approves it at once, it is refunded in the same breath.
    Raises NotAllowed, NotFound for another's purchase, InvalidInput, and Conflict with
    the code of what forbids it.
    """
    partner_id = own_partner(actor, Right.buy)
    reason, words = _read_request(reason_code, note_given)
    public_id = read_uuid(transaction_id)
    named = {"sale": public_id, "partner": partner_id}
    with transaction() as session:
        # What is refused anyway is not checked again: a provider may ask for money.
        _returnable(session, named, reason, locks=False)
    evidence = gather_evidence(partner_id, public_id, reason)
    with transaction() as session:
        session.execute(LOCK_PARTNER.where(Partner.id == partner_id))
        row, policy = _returnable(session, named, reason, locks=True)
        found = _new(row, partner_id, reason, words, evidence, actor)
        session.add(found)
        session.flush()
        note(session, found, "asked", actor, None)
        amount = found.amount_cents
        back = row.vendor_returned_cents + amount
        if is_approved_at_once(policy, reason, amount, evidence.confirmed) and (
            is_within_vendors_share(policy, back, row.vendor_sold_cents)
        ):
            lead = lock_lead(session, found.lead_id)
            then = default_afterwards(policy, reason)
            grant(session, lead, found, then, actor, "approved by rule")
            # The answer says so at once.
            found.partner_told_at = found.decided_at
        return found


def answer_question(actor: Actor, return_id: str, words: object) -> LeadReturn:
    """Tell the platform more about a return, by its public id; it is open again.

    Raises NotAllowed, NotFound for another's, InvalidInput, Conflict once decided.
    """
    partner_id = own_partner(actor, Right.buy)
    told = read_words(words, "text", MAX_TEXT)
    with transaction() as session:
        found = session.scalar(
            select(LeadReturn)
            .where(
                LeadReturn.public_id == read_uuid(return_id),
                LeadReturn.partner_id == partner_id,
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if found is None:
            raise NotFound("There is no such return.")
        before = found.status
        found.status, found.staff_told_at = next_status(found, Step.tell), None
        say(session, found, told, actor)
        note(session, found, "answered", actor, before)
        return found


def return_terms(sale: Any) -> dict[str, Any]:  # noqa: ANN401 - a transaction
    """Return the reasons that a captured sale may be returned for, and until when."""
    with transaction() as session:
        policy = policy_of(session, sale.campaign_id, sale.partner_id)
        return {
            "reasons": policy.reasons if policy.allowed else (),
            "until": ends_at(policy, sale.captured_at),
        }


def _read_request(code: object, words: object) -> tuple[ReturnReason, str | None]:
    errors: list[FieldError] = []
    told = None
    if not isinstance(code, str) or code not in ReturnReason.__members__:
        known = f"Choose one of {', '.join(ReturnReason.__members__)}."
        kind = "required" if code is None else "choice"
        errors.append(FieldError("reason_code", kind, known))
    try:
        told = read_if_any(words, "note", MAX_TEXT)
        if code == ReturnReason.other.name and told is None:
            errors.append(FieldError("note", "required", "Say what is wrong with it."))
    except InvalidInput as refused:
        errors += refused.errors
    if errors:
        raise InvalidInput(errors)
    return ReturnReason[str(code)], told


def _returnable(
    session: Session, named: Mapping[str, Any], reason: ReturnReason, *, locks: bool
) -> tuple[Any, ReturnPolicy]:
    """Return a sale and its policy; raises NotFound, or as `_check` where not.

    Under its lock nobody refunds the sale or charges another price for it.
    """
    sale = session.execute(
        text(f"{FIND}{' FOR SHARE' if locks else ''}"), named
    ).first()
    if sale is None:
        raise NotFound("There is no such purchase.")
    policy = policy_of(session, sale.campaign_id, named["partner"])
    if locks and policy.vendor_max_share_bp is not None:
        # Other partners' returns count towards it too.
        session.execute(LOCK_VENDOR, {"vendor": sale.vendor_id})
    asked = {"sale": sale.id, "cycle": policy.cycle, "per": policy.limits_per}
    row = session.execute(READ, asked).one()
    _check(row, policy, reason)
    return row, policy


def _check(row: Any, policy: ReturnPolicy, reason: ReturnReason) -> None:  # noqa: ANN401
    """Refuse what cannot be returned; raises Conflict or InvalidInput."""
    if row.is_returned:
        raise Conflict("This purchase is being returned already.", "returned")
    if row.status == TransactionStatus.refunded.name:
        raise Conflict("This purchase was refunded already.", "refunded")
    if row.status != TransactionStatus.captured.name:
        raise Conflict("This lead is not bought yet.", "not_captured")
    if not row.left_cents:
        raise Conflict("This lead was free: there is nothing to refund.", "free")
    if reason.name not in policy.reasons:
        message = f"Choose one of {', '.join(policy.reasons) or 'no reason at all'}."
        raise InvalidInput.one("reason_code", "not_accepted", message)
    sold = Sold(
        row.left_cents,
        row.received_at,
        row.captured_at,
        row.bought_cents,
        row.returned_cents,
        row.returned_count,
    )
    refusal = why_not(policy, sold, row.now, timezone_named(row.timezone))
    if refusal is not None:
        raise Conflict(refusal.value, refusal.name)


def _new(
    row: Any,  # noqa: ANN401 - a row
    partner_id: int,
    reason: ReturnReason,
    words: str | None,
    evidence: Evidence,
    actor: Actor,
) -> LeadReturn:
    return LeadReturn(
        public_id=uuid7(),
        transaction_id=row.id,
        lead_id=row.lead_id,
        campaign_id=row.campaign_id,
        subscription_id=row.subscription_id,
        partner_id=partner_id,
        vendor_id=row.vendor_id,
        amount_cents=row.left_cents,
        currency=row.currency,
        reason_code=reason,
        note=words,
        evidence=evidence.told,
        asked_by=actor.label,
    )
