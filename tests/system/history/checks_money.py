"""Money: every balance at every prefix, every amount, the total of the books."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.system.history.record import Entry, Record, Sale

# What PostgreSQL stamps and what the test's clock says are of one machine.
CLOCKS_DIFFER_S = 1.0


def entries_sum_to_zero(record: Record) -> Iterator[str]:
    """Every entry moves money from somewhere to somewhere; so do the books in all."""
    for entry in record.entries:
        if total := sum(amount for _, amount in entry.lines):
            yield f"entry {entry.id} makes {total}"
    if record.total_cents:
        yield f"the books make {record.total_cents}"


def balances_stay_above_their_floor(record: Record) -> Iterator[str]:
    """No guarded account is below its floor at any prefix of its postings."""
    floors = {
        account.id: account.floor_cents
        for account in record.accounts
        if account.floor_cents is not None
    }
    running: Counter[int] = Counter()
    for entry in sorted(record.entries, key=lambda entry: entry.id):
        for account, amount in entry.lines:
            running[account] += amount
            if account in floors and running[account] < floors[account]:
                yield f"account {account} at entry {entry.id}: {running[account]}"


def balances_equal_their_replay(record: Record) -> Iterator[str]:
    """Every guarded balance is the sum of its postings."""
    sums: Counter[int] = Counter()
    for entry in record.entries:
        for account, amount in entry.lines:
            sums[account] += amount
    for one in record.accounts:
        if one.balance_cents is not None and one.balance_cents != sums[one.id]:
            yield f"account {one.id} says {one.balance_cents}, not {sums[one.id]}"


def sales_move_their_price(record: Record) -> Iterator[str]:
    """Hold, capture and release move the whole price, between the right accounts."""
    accounts = {
        (one.partner_id, one.kind): one.id for one in record.accounts if one.partner_id
    }
    sales = {sale.id: sale for sale in record.sales}
    for entry in record.entries:
        sale = sales.get(entry.sale_id or 0)
        if sale is None or entry.kind == "refund":
            continue
        moved = dict(entry.lines)
        wallet = moved.get(accounts.get((sale.partner_id, "wallet"), 0), 0)
        held = moved.get(accounts.get((sale.partner_id, "holds"), 0), 0)
        price = sale.price_cents
        expected = {
            "hold": (-price, price),
            "release": (price, -price),
            "capture": (0, -price),
        }[entry.kind]
        if (wallet, held) != expected:
            yield f"entry {entry.id}, a {entry.kind}: {wallet}, {held}"


def refunds_stay_within_the_price(record: Record) -> Iterator[str]:
    """Refunds of a sale come after its capture and never exceed its price."""
    for sale, entries in _by_sale(record):
        refunded, is_captured = 0, False
        for entry in entries:
            is_captured = is_captured or entry.kind == "capture"
            if entry.kind != "refund":
                continue
            refunded += _to_wallet(record, sale, entry)
            if not is_captured or refunded > sale.price_cents:
                yield f"sale {sale.id} at entry {entry.id}: {refunded}"
        if refunded != sale.refunded_cents:
            yield f"sale {sale.id} says {sale.refunded_cents}, not {refunded}"


def stamps_are_the_databases(record: Record) -> Iterator[str]:
    """Every moment lies within the run: no clock that was put wrong decided one."""
    least, most = record.began - CLOCKS_DIFFER_S, record.ended + CLOCKS_DIFFER_S
    stamps: list[tuple[str, datetime | None]] = []
    stamps += [(f"lead {lead.id}", lead.received_at) for lead in record.leads]
    for sale in record.sales:
        moments = (sale.held_at, sale.captured_at, sale.released_at)
        stamps += [(f"sale {sale.id}", moment) for moment in moments]
    stamps += [
        (f"entry {entry.id}", entry.at)
        for entry in record.entries
        if entry.reason != "opening"
    ]
    for name, moment in stamps:
        if moment is not None and not least <= moment.timestamp() <= most:
            yield f"{name} at {moment.astimezone(UTC)}"


def promises_are_counted_from_receipt(record: Record) -> Iterator[str]:
    """A lead is due thirty minutes after it came, by one clock."""
    for lead in record.leads:
        promised_s = (lead.due_at - lead.received_at).total_seconds()
        if promised_s != PROMISE_S:
            yield f"lead {lead.id} has {promised_s} s"


PROMISE_S = 1800


def _by_sale(record: Record) -> Iterator[tuple[Sale, list[Entry]]]:
    entries: dict[int, list[Entry]] = defaultdict(list)
    for entry in sorted(record.entries, key=lambda entry: entry.id):
        if entry.sale_id is not None:
            entries[entry.sale_id].append(entry)
    for sale in record.sales:
        yield sale, entries[sale.id]


def _to_wallet(record: Record, sale: Sale, entry: Entry) -> int:
    wallets = {
        one.id
        for one in record.accounts
        if one.kind == "wallet" and one.partner_id == sale.partner_id
    }
    return sum(amount for account, amount in entry.lines if account in wallets)
