"""What partners got, by their own log, against what was sold to them."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.system.history.record import Handed, Record, Sale

DIFFER_S = 0.05
# What was in the sender's hands when it was stopped goes out when it goes on.
AWAKE_S = 1.0
SOLD = frozenset({"captured", "refunded"})


def sold_is_what_was_taken(record: Record) -> Iterator[str]:
    """A sale is captured if its partner took the lead, and only then."""
    took = {one.key for one in record.handed if one.took}
    for sale in record.sales:
        if sale.status in SOLD and sale.key not in took:
            yield f"sale {sale.id} is {sale.status}, and was never taken"
        if sale.status not in SOLD and sale.key in took:
            yield f"sale {sale.id} is {sale.status}, and was taken"


def nothing_is_captured_before_it_is_taken(record: Record) -> Iterator[str]:
    """A partner has the lead before the sale is captured."""
    taken_at: dict[str, float] = {}
    for one in record.handed:
        if one.took:
            taken_at.setdefault(one.key, one.began)
    for sale in record.sales:
        if sale.captured_at and sale.key in taken_at:
            early_s = taken_at[sale.key] - sale.captured_at.timestamp()
            if early_s > DIFFER_S:
                yield f"sale {sale.id}, {early_s:.2f} s before"


def nothing_is_sent_that_is_not_sold(record: Record) -> Iterator[str]:
    """Whatever a partner receives is a sale to it, of that lead."""
    sales = {sale.key: sale for sale in record.sales}
    leads = {lead.public_id: lead.id for lead in record.leads}
    for one in record.handed:
        sale = sales.get(one.key)
        if sale is None:
            yield f"partner {one.partner_id} got {one.key}, which is no sale"
        elif (sale.partner_id, sale.lead_id) != (one.partner_id, leads.get(one.lead)):
            yield f"partner {one.partner_id} got another's: sale {sale.id}"


def nothing_is_sent_after_its_end(record: Record) -> Iterator[str]:
    """Once a sale is captured or released its partner is not troubled again."""
    ends = {sale.key: end for sale in record.sales if (end := _end(sale))}
    woken = [
        fault.ended
        for fault in record.faults
        if fault.name.startswith(("pause sender", "pause clock", "freeze"))
    ]
    for one in record.handed:
        end = ends.get(one.key)
        if end is None or one.began <= end + DIFFER_S:
            continue
        if not any(at <= one.began <= at + AWAKE_S for at in woken):
            yield f"{one.key}, {one.began - end:.2f} s after"


def no_key_is_sent_while_it_is_under_way(record: Record) -> Iterator[str]:
    """A partner is not asked again before it answered or had its time."""
    by_key: dict[str, list[Handed]] = defaultdict(list)
    for one in sorted(record.handed, key=lambda one: one.began):
        by_key[one.key].append(one)
    for key, sent in by_key.items():
        for first, second in pairwise(sent):
            if second.began < first.until - DIFFER_S:
                yield f"{key}, {first.until - second.began:.2f} s too soon"


def no_lead_is_taken_beyond_its_share(record: Record) -> Iterator[str]:
    """No more partners take a lead than its share limit; none takes it twice."""
    limits = {lead.public_id: lead.max_sales for lead in record.leads}
    partners: dict[str, set[int]] = defaultdict(set)
    keys: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in record.handed:
        if one.took:
            partners[one.lead].add(one.partner_id)
            keys[one.lead, one.partner_id].add(one.key)
    for lead, took in partners.items():
        if len(took) > limits.get(lead, 0):
            yield f"lead {lead} is with {len(took)} partners"
    for (lead, partner), found in keys.items():
        if len(found) > 1:
            yield f"lead {lead} was taken {len(found)} times by partner {partner}"


def _end(sale: Sale) -> float | None:
    end = sale.captured_at or sale.released_at
    return end.timestamp() if end else None
