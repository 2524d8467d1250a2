"""Review: a person approves, rejects or sends a lead through again."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed
from app.domain.people import Actor
from app.domain.states import ApprovalStatus, LeadStatus, Stage
from app.models.lead import Lead
from app.queue import ring
from app.services import audit, trace
from app.services.locking import lock_row
from app.services.work import finish, put

MAX_REASON = 200
COME_LIVE = text(
    "UPDATE lead SET live_at = now(),"
    " due_at = now() + make_interval(mins => c.delivery_minutes::int)"
    " FROM campaign c WHERE c.id = lead.campaign_id AND lead.id = :lead"
)


def approve_lead(lead_id: int, actor: Actor) -> None:
    """Release a lead from review to be sold; its promise starts now.

    Raises NotAllowed, NotFound, Conflict where it is not in review.
    """
    with transaction() as session:
        lead = _lead(session, lead_id, actor)
        if lead.status is not LeadStatus.review:
            raise Conflict("Only a lead in review can be approved.", "not_in_review")
        before = lead.status
        lead.status = LeadStatus.available
        lead.approval_status = ApprovalStatus.approved
        lead.reason = None
        _note(session, lead, "approved", before, actor)
        _go_live(session, lead_id)


def reject_lead(lead_id: int, reason: str | None, actor: Actor) -> None:
    """Reject a lead that has not been sold; raises as `approve_lead` does."""
    with transaction() as session:
        lead = _lead(session, lead_id, actor)
        if lead.status not in {LeadStatus.review, LeadStatus.available}:
            message = "Only a lead in review or on sale can be rejected."
            raise Conflict(message, "not_in_review")
        if lead.slots_taken:
            raise Conflict("This lead is sold or about to be.", "is_sold")
        before = lead.status
        lead.status = LeadStatus.rejected
        lead.approval_status = ApprovalStatus.rejected
        lead.reason = (reason or "rejected")[:MAX_REASON]
        _note(session, lead, "rejected", before, actor)
        finish(session, [lead_id])


def reprocess_lead(lead_id: int, actor: Actor) -> None:
    """Send a lead through its checks or the router again; its promise starts anew.

    Subscriptions that gave it back may have it again. Raises as `approve_lead` does.
    """
    with transaction() as session:
        lead = _lead(session, lead_id, actor)
        if lead.status in {LeadStatus.sold, LeadStatus.erased}:
            raise Conflict("A lead that is sold or erased stays so.", "is_sold")
        if lead.slots_taken > lead.slots_sold:
            raise Conflict("This lead is being delivered.", "is_held")
        before = lead.status
        if before is LeadStatus.available:
            _note(session, lead, "reprocessed", before, actor)
            _go_live(session, lead_id)
            return
        lead.status = LeadStatus.received
        lead.approval_status = ApprovalStatus.pending
        lead.reason = None
        _note(session, lead, "reprocessed", before, actor)
        session.flush()
        session.execute(COME_LIVE, {"lead": lead_id})
        put(session, lead_id, Stage.validation)
        ring(Stage.validation)


def _lead(session: Session, lead_id: int, actor: Actor) -> Lead:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may review leads.")
    return lock_row(session, Lead, lead_id, "lead", weak=True)


def _note(
    session: Session, lead: Lead, verb: str, before: LeadStatus, actor: Actor
) -> None:
    """Tell the lead's trace and the audit log; the reason stays with the lead."""
    trace.record(session, lead.id, verb, {"by": actor.label})
    states = {"status": before}, {"status": lead.status}
    audit.record(session, actor, f"lead.{verb}", f"lead:{lead.id}", *states)


def _go_live(session: Session, lead_id: int) -> None:
    session.flush()
    session.execute(COME_LIVE, {"lead": lead_id})
    put(session, lead_id, Stage.routing)
    ring(Stage.routing)
