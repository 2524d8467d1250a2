"""The end of holds: captured, or slot, cap and money given back.

Callers hold the locks in the house's order: leads, subscriptions, accounts, each by id
(DESIGN §4).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crashes import reached
from app.services.ledger import Chart, Sale, book, booked
from app.trips import ask

GIVE_BACK_SLOTS = text(
    "UPDATE lead SET slots_taken = slots_taken - gone.given"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:given AS bigint[]))"
    " AS gone (id, given) WHERE lead.id = gone.id"
)
GIVE_BACK_WINDOWS = text(
    "UPDATE subscription_window SET"
    " holds = subscription_window.holds - gone.holds,"
    " cents = subscription_window.cents - gone.cents"
    " FROM (SELECT w.subscription_id, w.kind, w.starts_at, count(*) AS holds,"
    "         sum(g.price)::bigint AS cents"
    "         FROM unnest(CAST(:subscriptions AS bigint[]), CAST(:prices AS bigint[]),"
    "                     CAST(:held AS timestamptz[]))"
    "              AS g (subscription, price, held)"
    "         JOIN subscription_window w ON w.subscription_id = g.subscription"
    "          AND w.starts_at <= g.held AND g.held < w.ends_at"
    "        GROUP BY w.subscription_id, w.kind, w.starts_at) AS gone"
    " WHERE subscription_window.subscription_id = gone.subscription_id"
    " AND subscription_window.kind = gone.kind"
    " AND subscription_window.starts_at = gone.starts_at"
)
# A window that is over is owed nothing any more.
GIVE_BACK_DEFICITS = text(
    "UPDATE subscription SET deficit_nano = deficit_nano - gone.stake"
    " FROM (SELECT s.id, sum(g.stake)::bigint AS stake"
    "         FROM unnest(CAST(:ids AS bigint[]), CAST(:stakes AS bigint[]),"
    "                     CAST(:held AS timestamptz[])) AS g (id, stake, held)"
    "         JOIN subscription s ON s.id = g.id"
    "          AND g.held >= coalesce(s.deficit_from, '-infinity')"
    "        GROUP BY s.id) AS gone"
    " WHERE subscription.id = gone.id"
)
END_TRANSACTIONS = text(
    "UPDATE transaction SET status = 'released', released_at = now(),"
    " slot_burnt = :burnt, reason = new.reason"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS new (id, reason)"
    " WHERE transaction.id = new.id AND transaction.status = 'held'"
)
CAPTURE = text(
    "WITH captured AS ("
    "  UPDATE transaction SET status = 'captured', captured_at = now()"
    "   WHERE id = ANY(:ids) AND status = 'held'"
    ")"
    " UPDATE lead SET sold_count = sold_count + new.sold,"
    " slots_sold = slots_sold + new.slots,"
    " delivered_at = coalesce(delivered_at, now()),"
    " status = CASE WHEN slots_sold + new.slots = max_sales AND status = 'available'"
    " THEN 'sold' ELSE status END"
    " FROM unnest(CAST(:leads AS bigint[]), CAST(:sold AS bigint[]),"
    " CAST(:slots AS bigint[])) AS new (id, sold, slots) WHERE lead.id = new.id"
)


@dataclass(frozen=True)
class Held:
    """A held transaction that is about to end."""

    sale: Sale
    lead_id: int
    subscription_id: int
    held_at: datetime
    stakes: Mapping[int, int]
    is_test: bool
    slots: int


def release_holds(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]]
) -> None:
    """Give slots, cap, deficits and money of held transactions back: (held, reason)."""
    if not ending:
        return
    _end(session, chart, ending, burnt=False)
    given = _slots(held for held, _ in ending)
    counted = [held for held, _ in ending if not held.is_test]
    ask(
        session,
        (GIVE_BACK_SLOTS, {"ids": list(given), "given": list(given.values())}),
        (
            GIVE_BACK_WINDOWS,
            {
                "subscriptions": [held.subscription_id for held in counted],
                "prices": [held.sale.price_cents for held in counted],
                "held": [held.held_at for held in counted],
            },
        ),
        (GIVE_BACK_DEFICITS, _stakes(held for held, _ in ending)),
    )
    reached("release.given_back")


def release_money(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]]
) -> None:
    """Give the money alone back: the slot stays burnt, nobody else gets it."""
    if ending:
        _end(session, chart, ending, burnt=True)


def capture_holds(session: Session, chart: Chart, held: Sequence[Held]) -> None:
    """Capture transactions whose deliveries were accepted."""
    if not held:
        return
    sold = Counter(one.lead_id for one in held)
    slots = _slots(held)
    marked = {
        "ids": [one.sale.transaction_id for one in held],
        "leads": list(slots),
        "sold": [sold[lead_id] for lead_id in slots],
        "slots": list(slots.values()),
    }
    entries = booked([chart.capture(one.sale) for one in held])
    ask(session, (CAPTURE, marked), entries)
    reached("capture.booked")


def _end(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]], *, burnt: bool
) -> None:
    marked = {
        "ids": [held.sale.transaction_id for held, _ in ending],
        "reasons": [reason for _, reason in ending],
        "burnt": burnt,
    }
    ask(session, (END_TRANSACTIONS, marked))
    reached("release.marked")
    book(session, [chart.release(held.sale, reason) for held, reason in ending])


def _slots(ending: Iterable[Held]) -> dict[int, int]:
    """Return the slots that sales have of each lead, by its id."""
    slots: dict[int, int] = defaultdict(int)
    for held in sorted(ending, key=lambda one: one.lead_id):
        slots[held.lead_id] += held.slots
    return slots


def _stakes(ending: Iterable[Held]) -> dict[str, list[Any]]:
    moved = [
        (id_, stake, held.held_at)
        for held in ending
        for id_, stake in held.stakes.items()
    ]
    ids, stakes, held_at = zip(*moved, strict=True) if moved else ((), (), ())
    return {"ids": [*ids], "stakes": [*stakes], "held": [*held_at]}
