"""Sales: share limits, caps, budgets and pauses, at every prefix of the books.

Holds and releases are walked in the order of their entries. Those of one lead, one
subscription or one account are written under its lock, so that order is theirs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.system.history.record import Entry, Order, Outcome, Record, Sale

# A hold reads its moment first and then waits for locks: this long at most each.
LOCK_WAIT_S = 10.0
KINDS = {"daily": "day", "weekly": "week", "monthly": "month"}


def no_lead_is_sold_beyond_its_share(record: Record) -> Iterator[str]:
    """A lead never has more holds and sales at once than its share limit."""
    limits = {lead.id: lead.max_sales for lead in record.leads}
    running: Counter[int] = Counter()
    for entry, sale, change in _slots(record):
        running[sale.lead_id] += change
        if running[sale.lead_id] > limits.get(sale.lead_id, 0):
            yield f"lead {sale.lead_id} at entry {entry.id}"


def no_lead_is_sold_twice_to_a_partner(record: Record) -> Iterator[str]:
    """A partner never has two holds or sales of one lead at once."""
    running: Counter[tuple[int, int]] = Counter()
    for entry, sale, change in _slots(record):
        pair = sale.lead_id, sale.partner_id
        running[pair] += change
        if running[pair] > 1:
            yield f"lead {pair[0]} to partner {pair[1]} at entry {entry.id}"


def caps_hold(record: Record) -> Iterator[str]:
    """No hold goes beyond a cap that was in force, in the subscription's own zone."""
    for name, kind in KINDS.items():
        yield from _within(record, f"{name}_cap", kind, lambda _: 1)


def budgets_hold(record: Record) -> Iterator[str]:
    """No hold goes beyond a budget that was in force, in the subscription's zone."""
    for name, kind in KINDS.items():
        term = f"{name}_budget_cents"
        yield from _within(record, term, kind, lambda sale: sale.price_cents)


def nothing_is_sold_while_paused(record: Record) -> Iterator[str]:
    """No hold is made while its subscription was certainly paused."""
    orders = {order.id: order for order in record.orders}
    for sale in record.sales:
        order = orders.get(sale.subscription_id)
        if order and "active" not in possible(record, order, "status", sale.held_at):
            yield f"sale {sale.id} of subscription {order.id} at {sale.held_at}"


def no_lead_is_forgotten(record: Record) -> Iterator[str]:
    """Every lead was routed; nothing is left to be done in the end."""
    yield from record.open_work
    for lead in record.leads:
        if not lead.is_routed and not lead.is_at_stage:
            yield f"lead {lead.id} is {lead.status} and was never routed"


def each_sale_goes_one_way(record: Record) -> Iterator[str]:
    """A sale is held; then captured and perhaps refunded, or released; no more."""
    kinds: dict[int, list[str]] = defaultdict(list)
    for entry in record.entries:
        if entry.sale_id is not None:
            kinds[entry.sale_id].append(entry.kind)
    for sale in record.sales:
        way = [kind for kind in kinds[sale.id] if kind != "refund"]
        if way != WAYS[sale.status] or kinds[sale.id][: len(way)] != way:
            yield f"sale {sale.id}, {sale.status}: {', '.join(kinds[sale.id])}"


WAYS = {
    "held": ["hold"],
    "captured": ["hold", "capture"],
    "refunded": ["hold", "capture"],
    "released": ["hold", "release"],
}


def possible(record: Record, order: Order, term: str, at: datetime) -> set[Any]:
    """Return the values that a term may have had for a hold at that moment.

    A change takes effect between its call and its answer; one without an answer may
    have done so at any time after its call, or never.
    """
    moment, values, unsure = at.timestamp(), {order.terms.get(term)}, set()
    for call in record.calls:
        if call.kind != "change" or call.subject != str(order.id):
            continue
        if term not in call.body or call.outcome is Outcome.fail:
            continue
        if call.outcome is Outcome.ok and call.ended < moment:
            values = {call.body[term]}
        elif call.outcome is Outcome.info and call.began <= moment + LOCK_WAIT_S:
            unsure.add(call.body[term])
        elif call.began <= moment + LOCK_WAIT_S:
            values.add(call.body[term])
    return values | unsure


def _within(record: Record, term: str, kind: str, size: Any) -> Iterator[str]:
    orders = {order.id: order for order in record.orders}
    taken: Counter[tuple[int, Any]] = Counter()
    for entry, sale, change in _slots(record):
        order = orders.get(sale.subscription_id)
        if order is None:
            continue
        window = order.id, _window(kind, sale.held_at, order.timezone)
        taken[window] += change * size(sale)
        limits = possible(record, order, term, sale.held_at)
        if change > 0 and None not in limits and taken[window] > max(limits):
            yield (
                f"{term} of subscription {order.id} at entry {entry.id}:"
                f" {taken[window]} of {max(limits)}"
            )


def _window(kind: str, at: datetime, zone: str) -> Any:
    day = at.astimezone(ZoneInfo(zone)).date()
    names = {
        "day": day,
        "week": day.isocalendar()[:2],
        "month": (day.year, day.month),
    }
    return names[kind]


def _slots(record: Record) -> Iterator[tuple[Entry, Sale, int]]:
    """Walk through holds (+1) and what gives a slot back (-1), in their order."""
    sales = {sale.id: sale for sale in record.sales}
    for entry in sorted(record.entries, key=lambda entry: entry.id):
        sale = sales.get(entry.sale_id or 0)
        if sale and entry.kind == "hold":
            yield entry, sale, 1
        elif sale and entry.kind == "release" and not sale.slot_burnt:
            yield entry, sale, -1
