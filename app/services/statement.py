"""Statements: the lines of a partner's wallet or a vendor's payable, with balances.

A line is an entry of the books. A partner's balance includes what is held, so that a
hold or a release moves `held_cents` alone; those are told when asked for by kind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.people import Actor
from app.domain.states import AccountKind, EntryKind
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.own import own_partner, own_vendor
from app.services.paging import Asked, Page
from app.services.wallet import wallet_of

ALL = "all"
QUIET = (EntryKind.hold.value, EntryKind.release.value)
FREQUENT = frozenset({*QUIET, EntryKind.capture.value})
ACCOUNTS = text(
    "SELECT id, kind FROM account WHERE currency = :currency"
    " AND (partner_id = :partner OR vendor_id = :vendor) ORDER BY id"
)
# One ordered walk per account, merged and cut off before anything is grouped: a page
# costs what it shows, not what the account ever saw.
WALK = (
    "SELECT p.entry_id FROM ({postings}) p JOIN entry e ON e.id = p.entry_id"
    " WHERE (CAST(:kinds AS text[]) IS NULL OR e.kind = ANY(:kinds))"
    " AND (CAST(:since AS timestamptz) IS NULL OR e.at >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR e.at < :until)"
    " ORDER BY p.entry_id DESC LIMIT :reach"
)
# What every sale brings is too much to look through for a top-up or a refund: those
# few are found by an index of their own, whosever they are.
RARE_WALK = (
    "SELECT e.id AS entry_id FROM entry e WHERE e.kind = ANY(:kinds) {bound}"
    " AND e.kind NOT IN ('hold', 'capture', 'release')"
    " AND (CAST(:since AS timestamptz) IS NULL OR e.at >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR e.at < :until)"
    " AND EXISTS (SELECT FROM posting p WHERE p.entry_id = e.id"
    "   AND p.account_id = ANY(:accounts))"
    " ORDER BY e.id DESC LIMIT :reach"
)
POSTINGS = (
    "(SELECT entry_id, account_id, amount_cents FROM posting"
    " WHERE account_id = :account_{n} {bound} ORDER BY entry_id DESC)"
)
COUNT = "SELECT count(DISTINCT entry_id) FROM ({walk}) counted"
# The balance after a line is the one of now without what came later: the postings from
# each line to the next are summed in one pass. All is read in one statement, so that a
# booking meanwhile cannot come between.
LINES = (
    "WITH line AS (SELECT entry_id, row_number() OVER (ORDER BY entry_id) AS number"
    "   FROM (SELECT DISTINCT entry_id FROM ({walk}) walked"
    "   ORDER BY entry_id DESC OFFSET :offset LIMIT :size) page),"
    " edge AS MATERIALIZED (SELECT array_agg(entry_id ORDER BY entry_id) AS ids"
    "   FROM line),"
    " span AS (SELECT width_bucket(p.entry_id, edge.ids) AS number,"
    "   sum(p.amount_cents) AS cents, coalesce(sum(p.amount_cents)"
    "   FILTER (WHERE p.account_id = ANY(:holds)), 0) AS held"
    "   FROM edge, ({since}) p GROUP BY 1),"
    " own AS (SELECT line.entry_id, sum(p.amount_cents) AS cents,"
    "   coalesce(sum(p.amount_cents)"
    "   FILTER (WHERE p.account_id = ANY(:holds)), 0) AS held FROM line"
    "   JOIN posting p ON p.entry_id = line.entry_id AND p.account_id = ANY(:accounts)"
    "   GROUP BY line.entry_id),"
    " later AS (SELECT own.entry_id, own.cents, own.held,"
    "   sum(span.cents) OVER newest - own.cents AS cents_later,"
    "   sum(span.held) OVER newest - own.held AS held_later"
    "   FROM span JOIN line USING (number) JOIN own USING (entry_id)"
    "   WINDOW newest AS (ORDER BY number DESC)),"
    " now AS (SELECT sum(balance_cents) AS cents, coalesce(sum(balance_cents)"
    "   FILTER (WHERE id = ANY(:holds)), 0) AS held FROM account"
    "   WHERE id = ANY(:accounts))"
    " SELECT e.id, e.at, e.kind, e.currency, e.reason, t.public_id AS transaction_id,"
    " l.public_id AS lead_id, c.slug AS campaign, {terms}"
    " later.cents::bigint AS amount_cents, later.held::bigint AS held_change_cents,"
    " (now.cents - later.cents_later)::bigint AS balance_cents,"
    " (now.held - later.held_later)::bigint AS held_cents"
    " FROM line JOIN later USING (entry_id) CROSS JOIN now"
    " JOIN entry e ON e.id = line.entry_id"
    " LEFT JOIN transaction t ON t.id = e.transaction_id"
    " LEFT JOIN lead l ON l.id = t.lead_id LEFT JOIN campaign c ON c.id = t.campaign_id"
    " ORDER BY e.id DESC"
)


# What a vendor's share was reckoned from; a partner's line never tells it.
TERMS = (
    "t.price_cents, CASE WHEN t.commission_cents IS NULL THEN t.commission_bp END"
    " AS commission_bp, t.commission_cents,"
)


def own_wallet(actor: Actor) -> dict[str, Any]:
    """Return the wallet of the actor's partner, in minor units; raises NotAllowed."""
    return wallet_of(own_partner(actor))


def wallet_statement(
    actor: Actor,
    asked: Asked,
    *,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[dict[str, Any]]:
    """Return the lines of the wallet of the actor's partner, newest first.

    `kind` is an entry's, or ALL; by default what moves the balance. Raises NotAllowed.
    """
    partner_id = own_partner(actor)
    with transaction() as session:
        currency = session.get_one(Partner, partner_id).currency
        owner = {"partner": partner_id, "vendor": None, "currency": currency}
        return _lines(session, owner, asked, _bounds(kind, since, until))


def vendor_statement(
    actor: Actor,
    asked: Asked,
    *,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[dict[str, Any]]:
    """Return the lines of what the actor's vendor is owed, newest first.

    Raises NotAllowed.
    """
    vendor_id = own_vendor(actor)
    with transaction() as session:
        currency = session.get_one(Vendor, vendor_id).currency
        owner = {"partner": None, "vendor": vendor_id, "currency": currency}
        bounds = _bounds(kind, since, until)
        return _lines(session, owner, asked, bounds, TERMS)


def _bounds(
    kind: str | None, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    kinds: list[str] | None = [kind] if kind else None
    if kind is None:
        kinds = [one.value for one in EntryKind if one.value not in QUIET]
    return {"kinds": None if kind == ALL else kinds, "since": since, "until": until}


def _lines(
    session: Session,
    owner: dict[str, Any],
    asked: Asked,
    bounds: dict[str, Any],
    terms: str = "",
) -> Page[dict[str, Any]]:
    accounts = session.execute(ACCOUNTS, owner).all()
    ids = [account.id for account in accounts]
    values = {
        **bounds,
        **{f"account_{n}": id_ for n, id_ in enumerate(ids)},
        "accounts": ids,
        "holds": [a.id for a in accounts if a.kind == AccountKind.holds.value],
        "after": asked.after,
        "offset": asked.offset,
        "size": asked.size + 1,
    }
    # An entry stands once in each account's walk.
    reach = len(ids) * (asked.offset + asked.size + 1)
    page = LINES.format(
        terms=terms,
        walk=_walk(ids, values, asked.after),
        since=_postings(ids, "AND entry_id >= (SELECT min(entry_id) FROM line)"),
    )
    rows = session.execute(text(page), {**values, "reach": reach}).mappings()
    found = [dict(row) for row in rows]
    is_whole = asked.after is None and not asked.offset and len(found) <= asked.size
    total = len(found) if is_whole else _count(session, ids, values, asked.most)
    lines = found[: asked.size]
    following = lines[-1]["id"] if len(found) > asked.size else None
    return Page(lines, total, following)


def _count(
    session: Session, ids: Sequence[int], values: dict[str, Any], most: int
) -> int:
    every = text(COUNT.format(walk=_walk(ids, values)))
    reach = len(ids) * (most + 1)
    return session.scalar(every, {**values, "reach": reach}) or 0


def _walk(ids: Sequence[int], values: dict[str, Any], after: int | None = None) -> str:
    """Return the walk that finds entries of the kinds asked for."""
    if values["kinds"] and not FREQUENT & set(values["kinds"]):
        return RARE_WALK.format(bound="" if after is None else "AND e.id < :after")
    older = "" if after is None else "AND entry_id < :after"
    return WALK.format(postings=_postings(ids, older))


def _postings(ids: Sequence[int], bound: str = "") -> str:
    parts = [POSTINGS.format(n=n, bound=bound) for n, _ in enumerate(ids)]
    return " UNION ALL ".join(parts)
