"""Mail about returns: to a partner what became of its own, to staff that some wait.

A mail tells of all that came together since the clock looked last, and of no more than
ids, reasons and amounts: what was said stands behind the log-in.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.currencies import write_amount
from app.domain.people import Actor
from app.services import mail
from app.services.mail_choices import choose, is_chosen
from app.settings import settings

MOST = 500
LISTED = 20
ENDS = {
    "approved": "approved",
    "denied": "denied",
    "needs_info": "waiting for your answer",
}
TO_PARTNERS = text(
    """
WITH due AS (
  SELECT id FROM lead_return WHERE partner_told_at IS NULL AND status <> 'open'
   ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
), told AS (
  UPDATE lead_return r SET partner_told_at = now() FROM due WHERE r.id = due.id
  RETURNING r.*
)
SELECT r.partner_id, r.status, r.reason_code, r.amount_cents, r.currency, r.asked_by,
       c.name AS campaign
  FROM told r JOIN campaign c ON c.id = r.campaign_id ORDER BY r.partner_id, r.id
"""
)
# An owner always; of the rest whoever gave something back themselves.
PARTNERS_PEOPLE = text(
    "SELECT u.email FROM membership m JOIN ab_user u ON u.id = m.user_id"
    " LEFT JOIN mail_choice k ON k.user_id = u.id"
    " WHERE m.partner_id = :partner AND u.active AND coalesce(k.returns, true)"
    " AND (m.role = 'owner' OR 'user:' || u.id = ANY(:asked)) ORDER BY u.id"
)
TO_STAFF = text(
    "WITH told AS (UPDATE lead_return SET staff_told_at = now()"
    "  WHERE id IN (SELECT id FROM lead_return WHERE status = 'open'"
    "   AND staff_told_at IS NULL FOR NO KEY UPDATE SKIP LOCKED)"
    "  RETURNING id)"
    " SELECT (SELECT count(*) FROM told) AS news, count(*) AS waiting"
    " FROM lead_return WHERE status = 'open'"
)
STAFF_PEOPLE = text(
    "SELECT u.email FROM ab_user u LEFT JOIN mail_choice k ON k.user_id = u.id"
    " WHERE u.active AND coalesce(k.returns, true) AND EXISTS (SELECT"
    "  FROM ab_user_role o JOIN ab_role r ON r.id = o.role_id"
    "  WHERE o.user_id = u.id AND r.name IN ('Admin', 'Operator')) ORDER BY u.id"
)
PARTNER_BODY = """\
{lines}

Read why, and answer what is asked: {site}/portal/returns/list/
Without these mails: {site}/me/
"""
STAFF_BODY = """\
{waiting} wait for a decision in all: {site}/returns/list/

Without these mails: {site}/me/
"""


def tell_partners_of_returns() -> None:
    """Mail each partner what became of its returns since it was told last."""
    with transaction() as session:
        rows = session.execute(TO_PARTNERS, {"most": MOST}).all()
        for partner_id, group in groupby(rows, key=lambda row: row.partner_id):
            returns = list(group)
            subject, body = _partners_mail(returns)
            asked = sorted({row.asked_by for row in returns})
            values = {"partner": partner_id, "asked": asked}
            for email in session.scalars(PARTNERS_PEOPLE, values):
                mail.send(session, email, subject, body)


def tell_staff_of_returns() -> None:
    """Mail staff how many returns came to wait for them since they were told last."""
    with transaction() as session:
        found = session.execute(TO_STAFF).one()
        if not found.news:
            return
        many = "s wait" if found.news > 1 else " waits"
        body = STAFF_BODY.format(waiting=found.waiting, site=settings.public_url)
        for email in session.scalars(STAFF_PEOPLE):
            mail.send(session, email, f"{found.news} return{many} for you", body)


def wants_return_mail(actor: Actor) -> bool | None:
    """Say whether the actor gets mail about returns; None for who never would."""
    if actor.user_id is None or not (actor.is_staff or actor.may_buy):
        return None
    return is_chosen(actor, "returns")


def choose_return_mail(actor: Actor, *, wanted: bool) -> None:
    """Let the actor get mail about returns, or none."""
    if wants_return_mail(actor) is not None:
        choose(actor, "returns", "return_mail", wanted=wanted)


def _partners_mail(returns: Sequence[Any]) -> tuple[str, str]:
    counts = Counter(row.status for row in returns)
    told = [f"{counts[name]} {said}" for name, said in ENDS.items() if counts[name]]
    lines = [_line(row) for row in returns[:LISTED]]
    if len(returns) > LISTED:
        lines.append(f"and {len(returns) - LISTED} more")
    body = PARTNER_BODY.format(lines="\n".join(lines), site=settings.public_url)
    return f"Your returns: {', '.join(told)}", body


def _line(row: Any) -> str:  # noqa: ANN401 - a row
    amount = f"{write_amount(row.amount_cents, row.currency)} {row.currency}"
    reason = row.reason_code.replace("_", " ")
    return f"* {row.campaign}, {amount}, {reason}: {ENDS[row.status]}"
