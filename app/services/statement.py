"""Statements: the lines of a partner's wallet or a vendor's payable, with balances.

A line is an entry of the books. A partner's balance includes what is held, so that a
hold or a release moves `held_cents` alone; those are told when asked for by kind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.people import Actor
from app.domain.states import AccountKind, EntryKind
from app.services.moments import PLACES
from app.services.own import own_partner, own_vendor
from app.services.paging import Asked, Page
from app.services.wallet import wallet_of

ALL = "all"
QUIET = (EntryKind.hold.value, EntryKind.release.value)
# What every sale writes to an account: too much to look through for anything else.
FREQUENT = {
    AccountKind.wallet.value: {EntryKind.hold.value},
    AccountKind.holds.value: {EntryKind.hold.value, EntryKind.capture.value},
    AccountKind.payable.value: {EntryKind.capture.value},
}
ACCOUNTS = text(
    f"WITH RECURSIVE {PLACES}"  # noqa: S608 - ours
    " SELECT id, kind, since_id, until_id FROM account, places"
    " WHERE partner_id = :partner AND currency = ("
    "   SELECT currency FROM partner WHERE id = :partner)"
    " OR vendor_id = :vendor AND currency = ("
    "   SELECT currency FROM vendor WHERE id = :vendor) ORDER BY id"
)
NEWEST = 2**63 - 1
# One ordered walk per account, merged, and cut off once the page is full: it costs what
# it shows, not what the account ever saw. Each entry is looked up by itself (OFFSET 0),
# since to join them all the planner would read what lies before the page.
WALK = (
    "SELECT DISTINCT entry_id FROM (SELECT p.entry_id FROM ({postings}) p,"
    " LATERAL (SELECT kind, at FROM entry WHERE id = p.entry_id OFFSET 0) e"
    " WHERE (CAST(:kinds AS text[]) IS NULL OR e.kind = ANY(:kinds))"
    " AND (CAST(:since AS timestamptz) IS NULL OR e.at >= :since)"
    " AND (CAST(:until AS timestamptz) IS NULL OR e.at < :until)"
    " ORDER BY p.entry_id DESC LIMIT :reach) walked ORDER BY entry_id DESC"
)
POSTINGS = (
    "(SELECT entry_id FROM posting WHERE account_id = :account_{n} {rare}"
    " AND entry_id >= :first AND entry_id < :before ORDER BY entry_id DESC)"
)
COUNT = "SELECT count(*) FROM ({walk} LIMIT :most) counted"
# What an account held after a line is its next mark's balance, or that of now, without
# what came between. One statement reads all, so that no booking comes between.
LINES = (
    "WITH line AS MATERIALIZED ({walk} OFFSET :offset LIMIT :size),"
    " stood AS (SELECT line.entry_id, a.kind = 'holds' AS is_held, coalesce("
    "   (SELECT sum(amount_cents) FROM posting"
    "     WHERE account_id = a.id AND entry_id = line.entry_id), 0) AS cents,"
    "   coalesce(mark.balance_cents, a.balance_cents) - coalesce("
    "   (SELECT sum(amount_cents) FROM posting WHERE account_id = a.id"
    "     AND entry_id > line.entry_id"
    "     AND entry_id <= coalesce(mark.entry_id, :newest)), 0) AS balance_cents"
    "   FROM line JOIN account a ON a.id = ANY(:accounts)"
    "   LEFT JOIN LATERAL (SELECT entry_id, balance_cents FROM balance_mark"
    "     WHERE account_id = a.id AND entry_id >= line.entry_id"
    "     ORDER BY entry_id LIMIT 1) mark ON true),"
    " told AS (SELECT entry_id, sum(cents)::bigint AS amount_cents,"
    "   coalesce(sum(cents) FILTER (WHERE is_held), 0)::bigint AS held_change_cents,"
    "   sum(balance_cents)::bigint AS balance_cents, coalesce("
    "   sum(balance_cents) FILTER (WHERE is_held), 0)::bigint AS held_cents"
    "   FROM stood GROUP BY entry_id)"
    " SELECT e.id, e.at, e.kind, e.currency, e.reason, t.public_id AS transaction_id,"
    " l.public_id AS lead_id, c.slug AS campaign, {terms} told.amount_cents,"
    " told.held_change_cents, told.balance_cents, told.held_cents"
    " FROM told JOIN entry e ON e.id = told.entry_id"
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
    owner: dict[str, Any] = {"partner": own_partner(actor), "vendor": None}
    return _lines(owner, asked, _bounds(kind, since, until))


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
    owner: dict[str, Any] = {"partner": None, "vendor": own_vendor(actor)}
    return _lines(owner, asked, _bounds(kind, since, until), TERMS)


def _bounds(
    kind: str | None, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    kinds: list[str] | None = [kind] if kind else None
    if kind is None:
        kinds = [one.value for one in EntryKind if one.value not in QUIET]
    return {"kinds": None if kind == ALL else kinds, "since": since, "until": until}


def _lines(
    owner: dict[str, Any],
    asked: Asked,
    bounds: dict[str, Any],
    terms: str = "",
) -> Page[dict[str, Any]]:
    with transaction() as session:
        accounts = session.execute(ACCOUNTS, owner | bounds).all()
        before = accounts[0].until_id
        values = {
            **bounds,
            **{f"account_{n}": account.id for n, account in enumerate(accounts)},
            "accounts": [account.id for account in accounts],
            "newest": NEWEST,
            "first": accounts[0].since_id,
            "before": before if asked.after is None else min(before, asked.after),
            "offset": asked.offset,
            "size": asked.size + 1,
            # An entry stands once in each account's walk.
            "reach": len(accounts) * (asked.offset + asked.size + 1),
        }
        walk = _walk(accounts, bounds["kinds"])
        page = text(LINES.format(terms=terms, walk=walk))
        found = [dict(row) for row in session.execute(page, values).mappings()]
        is_whole = asked.after is None and not asked.offset and len(found) <= asked.size
        most = asked.most + 1
        every = values | {"before": before, "most": most, "reach": len(accounts) * most}
        count = text(COUNT.format(walk=walk))
        total = len(found) if is_whole else session.scalar(count, every) or 0
    lines = found[: asked.size]
    following = lines[-1]["id"] if len(found) > asked.size else None
    return Page(lines, total, following)


def _walk(accounts: Sequence[Any], kinds: Sequence[str] | None) -> str:
    """Return the walk through the accounts' entries of those kinds; None: of all."""
    parts = [
        POSTINGS.format(n=n, rare="" if _is_frequent(account, kinds) else "AND is_rare")
        for n, account in enumerate(accounts)
    ]
    return WALK.format(postings=" UNION ALL ".join(parts))


def _is_frequent(account: Any, kinds: Sequence[str] | None) -> bool:  # noqa: ANN401 - a row
    return kinds is None or not FREQUENT[account.kind].isdisjoint(kinds)
