"""Entries of the books as people look for them: whose money, how much, by whom."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import g
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Numeric, and_, case, exists, false, func, literal, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.db import db
from app.domain.currencies import DEFAULT_DIGITS, DIGITS, read_amount
from app.domain.states import AccountKind, EntryKind
from app.models.ledger import Account, Entry, Posting
from app.views.formats import words
from app.views.listing import MAX_DIGITS

# Amounts of all currencies compare in 1/10000, the finest that any has.
FINEST = "CLF"
SCALE = case(
    {code: 10 ** (DIGITS[FINEST] - digits) for code, digits in DIGITS.items()},
    value=Posting.currency,
    else_=10 ** (DIGITS[FINEST] - DEFAULT_DIGITS),
)
MOVED = func.abs(Posting.amount_cents) * SCALE
# People are named by email while there are any.
OTHERS = {"system": "Lead Nexus"}
# Of an entry's lines the first of these is what it moved, and whose.
SIDES = (AccountKind.wallet, AccountKind.holds, AccountKind.payable)
FREQUENT = {EntryKind.hold.name, EntryKind.capture.name}
# The account that tells of a partner's or a vendor's entries, by their kind.
SIDE_OF: dict[tuple[str, str], AccountKind | None] = {
    ("partner_id", EntryKind.capture.name): AccountKind.holds,
    **{("vendor_id", kind.name): AccountKind.payable for kind in EntryKind},
    ("vendor_id", ""): AccountKind.payable,
    ("vendor_id", EntryKind.hold.name): None,
    ("vendor_id", EntryKind.release.name): None,
}
OWNED = Posting.account_id.in_(
    select(Account.id).where(
        func.num_nonnulls(Account.partner_id, Account.vendor_id) > 0
    )
)
LINES = (
    selectinload(Entry.postings)
    .joinedload(Posting.account)
    .options(joinedload(Account.partner), joinedload(Account.vendor)),
    joinedload(Entry.transaction),
)


def known_names(labels: Iterable[str]) -> Mapping[str, str]:
    """Return who actors' labels stand for; those of a request are read once."""
    known: dict[str, str] = g.setdefault("actors", {})
    if new := {*labels} - known.keys():
        known |= _names_of(new)
    return known


def _names_of(labels: Iterable[str]) -> dict[str, str]:
    parted = {label: label.partition(":") for label in labels}
    numbers = {
        label: int(number)
        for label, (kind, _, number) in parted.items()
        if kind == "user" and number.isdecimal()
    }
    query = select(User.id, User.email).where(User.id.in_(numbers.values()))
    found = db.session.execute(query).all() if numbers else ()
    emails: dict[int | None, str] = {row.id: row.email for row in found}
    return {
        label: emails.get(numbers.get(label)) or OTHERS.get(label) or _spoken(label)
        for label in labels
    }


def _spoken(label: str) -> str:
    return words(label.replace(":", " "))


def side_of(entry: Entry) -> Posting | None:
    """Return the line that says what an entry moved, and whose; None without lines."""
    lines = {line.account.kind: line for line in entry.postings}
    return next((lines[kind] for kind in SIDES if kind in lines), None)


def amount_of(entry: Entry) -> int:
    """Return what it moved, in minor units; negative took it away."""
    side = side_of(entry)
    return side.amount_cents if side else 0


def owner_of(line: Posting | None) -> str:
    """Name the partner or the vendor whose account a line is on; the platform's: ''."""
    owner = line and (line.account.partner or line.account.vendor)
    return owner.name if owner else ""


def account_name(account: Account) -> str:
    """Name an account as the chart of accounts does."""
    return account.kind.name.replace("_", " ").capitalize()


def of_owner(query: Any, name: str, value: str, kind: str) -> Any:  # noqa: ANN401
    """Keep entries of that kind, or of all rare ones, of a partner or vendor by its id.

    They are walked along the one account that each such entry has a line on: to ask of
    every entry whose it is would pass all those of others.
    """
    account = SIDE_OF.get((name, kind), AccountKind.wallet)
    if account is None or not _is_id(value):
        return query.filter(false())
    theirs = select(Account.id).where(
        getattr(Account, name) == int(value), Account.kind == account
    )
    line = aliased(Posting)
    query = query.join(line, line.entry_id == Entry.id)
    query = query.filter(line.account_id == theirs.limit(1).scalar_subquery())
    return query if kind in FREQUENT else query.filter(line.is_rare)


def of_owner_in_sale(name: str, value: str) -> Any:  # noqa: ANN401 - SQL
    """Keep those of a sale's few entries that have a line of a partner or vendor."""
    if not _is_id(value):
        return false()
    theirs = select(Account.id).where(getattr(Account, name) == int(value))
    line = and_(Posting.entry_id == Entry.id, Posting.account_id.in_(theirs))
    return exists().where(line)


def of_amount(name: str, value: str) -> Any:  # noqa: ANN401 - SQL
    """Keep entries that moved so much at least, or no more, of somebody's account."""
    try:
        bound = literal(abs(read_amount(value, FINEST)), Numeric)
    except ValueError:
        return false()
    here = and_(Posting.entry_id == Entry.id, OWNED)
    if name == "least":
        return exists().where(here, bound <= MOVED)
    return ~exists().where(here, bound < MOVED)


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS
