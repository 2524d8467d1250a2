"""Mail about limits: to a partner's owners at 80 % and at all of a cap or a budget.

Each window says once of each mark; another limit is another question. A mail tells of
all that came together since the clock looked last: names, numbers and amounts alone.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.currencies import write_amount
from app.domain.people import Actor
from app.domain.states import MemberRole
from app.services import mail
from app.services.limit_use import CHEAPEST, LIMITS_OF_WINDOW
from app.services.mail_choices import choose, is_chosen
from app.settings import settings

ALL, LISTED = 100, 20
PERIODS = {
    "hour": "this hour",
    "day": "today",
    "week": "this week",
    "month": "this month",
    "total": "in all",
}
# An order that sold nothing for two days is at no other mark than it was.
CROSSED = text(
    f"""
WITH use AS (
  SELECT w.subscription_id, w.kind, w.starts_at, s.partner_id, c.name, c.currency,
         w.holds, w.cents, cap, budget, w.holds_told, w.cents_told,
         CASE WHEN w.holds = 0 THEN 0 WHEN w.holds >= cap THEN 100
              WHEN w.holds * 100 >= cap * 80 THEN 80 ELSE 0 END AS holds_mark,
         CASE WHEN w.cents = 0 THEN 0 WHEN w.cents + {CHEAPEST} > budget THEN 100
              WHEN w.cents * 100 >= budget * 80 THEN 80 ELSE 0 END AS cents_mark
    FROM subscription s JOIN partner p ON p.id = s.partner_id
    JOIN campaign c ON c.id = s.campaign_id
   CROSS JOIN unnest(ARRAY['hour', 'day', 'week', 'month', 'total']) AS of (kind)
   CROSS JOIN LATERAL (
     SELECT * FROM subscription_window
      WHERE subscription_id = s.id AND kind = of.kind
      ORDER BY starts_at DESC LIMIT 1) AS w{LIMITS_OF_WINDOW}
   WHERE s.status = 'active' AND p.status = 'active'
     AND s.last_sold_at > now() - interval '2 days' AND w.ends_at > now()
), crossed AS (
  SELECT use.* FROM use JOIN subscription_window w
         USING (subscription_id, kind, starts_at)
   WHERE use.holds_mark > w.holds_told OR use.cents_mark > w.cents_told
     FOR NO KEY UPDATE OF w SKIP LOCKED
), told AS (
  UPDATE subscription_window w
     SET holds_told = greatest(w.holds_told, c.holds_mark),
         cents_told = greatest(w.cents_told, c.cents_mark)
    FROM crossed c WHERE w.subscription_id = c.subscription_id
     AND w.kind = c.kind AND w.starts_at = c.starts_at
)
SELECT * FROM crossed ORDER BY partner_id, name, subscription_id, kind
"""  # noqa: S608 - all is ours
)
FORGET = text(
    "UPDATE subscription_window SET holds_told = 0, cents_told = 0"
    " WHERE subscription_id = :subscription AND ends_at > now()"
)
OWNERS = text(
    "SELECT u.email FROM membership m JOIN ab_user u ON u.id = m.user_id"
    " LEFT JOIN mail_choice k ON k.user_id = u.id"
    " WHERE m.partner_id = :partner AND m.role = 'owner' AND u.active"
    " AND coalesce(k.limits, true) ORDER BY u.id"
)
BODY = """\
{lines}

Your subscriptions: {site}/portal/subscriptions/list/
Without these mails: {site}/me/
"""


def tell_limits() -> None:
    """Mail the owners of each partner what came near a limit, or reached it."""
    with transaction() as session:
        rows = session.execute(CROSSED).all()
        for partner_id, group in groupby(rows, key=lambda row: row.partner_id):
            lines = [line for row in group for line in _lines(row)]
            subject, body = _mail(lines)
            for email in session.scalars(OWNERS, {"partner": partner_id}):
                mail.send(session, email, subject, body)


def forget_marks(session: Session, subscription_id: int) -> None:
    """Let an order's current windows tell of its marks again: its limits are others."""
    session.execute(FORGET, {"subscription": subscription_id})


def wants_limit_mail(actor: Actor) -> bool | None:
    """Say whether the actor gets mail about limits; None for who never would."""
    is_owner = actor.partner_id is not None and actor.member is MemberRole.owner
    return is_chosen(actor, "limits") if is_owner and actor.user_id else None


def choose_limit_mail(actor: Actor, *, wanted: bool) -> None:
    """Let the actor get mail about limits, or none."""
    if wants_limit_mail(actor) is not None:
        choose(actor, "limits", "limit_mail", wanted=wanted)


def _lines(row: Any) -> Sequence[tuple[int, str]]:  # noqa: ANN401 - a row
    """Return what is new of a window: the mark, and a line about it."""
    spent, most = (
        None if cents is None else write_amount(cents, row.currency)
        for cents in (row.cents, row.budget)
    )
    told = (
        (row.holds_mark, row.holds_told, f"{row.holds:,} of {row.cap or 0:,} leads"),
        (row.cents_mark, row.cents_told, f"{spent} of {most} {row.currency}"),
    )
    return [
        (mark, f"* {row.name}: {of} {PERIODS[row.kind]}{_said(mark)}")
        for mark, before, of in told
        if mark > before
    ]


def _said(mark: int) -> str:
    return ", the limit is reached" if mark == ALL else ""


def _mail(lines: Sequence[tuple[int, str]]) -> tuple[str, str]:
    reached = sum(mark == ALL for mark, _ in lines)
    counts = ((reached, "reached"), (len(lines) - reached, "at 80 %"))
    subject = ", ".join(f"{count} {said}" for count, said in counts if count)
    told = [line for _, line in lines[:LISTED]]
    if len(lines) > LISTED:
        told.append(f"and {len(lines) - LISTED} more")
    body = BODY.format(lines="\n".join(told), site=settings.public_url)
    return f"Limits of your subscriptions: {subject}", body
