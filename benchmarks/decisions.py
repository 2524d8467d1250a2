"""One decision of the router in memory: CPU time by method and by subscriptions."""

import time
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from app.domain.filters import compile_rule
from app.domain.routing import route
from app.domain.routing_facts import (
    CampaignFacts,
    Group,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.schedule import compile_schedule
from app.domain.states import Method, SaleType
from app.domain.windows import Window
from app.gateways.regex import compile_regex
from benchmarks.figures import Figure
from benchmarks.house import House

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 7
AT_LEAST = 10_000
MS_PER_100 = 1.0
# Per subscription, of ten thousand against a hundred: what no cache holds is slower.
MOST_GROWTH = 2.0
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "UTC")]
LEAD = LeadFacts({"state": "CA", "score": 0.7}, 3)
RULE = compile_rule(
    {
        "all": [
            {"field": "state", "op": "in", "value": ["CA", "NV"]},
            {"field": "score", "op": "gte", "value": 0.3},
        ]
    },
    compile_regex,
)
SCHEDULE = compile_schedule(
    [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "00:00", "to": "24:00"}]
)
GROUPS = (
    Group("gold", Method.price, limit=1),
    Group("silver", Method.weighted, limit=1),
    Group("rest", Method.percentage),
)


def measure_decisions(_: House) -> list[Figure]:
    """Return the slowest method's CPU time for each number of subscriptions.

    Every subscription may have the lead, so that nothing ends early; each has a filter,
    a schedule and limits, every tenth takes it alone or shared.
    """
    figures, slowest = [], {}
    for size in SIZES:
        times = {method: _ms_per_100(method, size) for method in Method}
        method, slowest[size] = max(times.items(), key=lambda item: item[1])
        figures.append(
            Figure(
                f"decision over {size:,} subscriptions, slowest: {method.value}",
                slowest[size],
                "ms CPU per 100",
                least=MS_PER_100,
                less_is_better=True,
            )
        )
    growth = Figure(
        "decision, each of 10,000 against each of 100",
        slowest[10_000],
        "ms CPU per 100",
        floor=slowest[100],
        least=MOST_GROWTH,
        less_is_better=True,
    )
    return [*figures, growth]


def _ms_per_100(method: Method, size: int) -> float:
    groups = GROUPS if method is Method.groups else ()
    campaign = CampaignFacts(method, groups=groups)
    orders, standing = _orders(size), _standing(size)
    repeats, taken = max(1, AT_LEAST // size), []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(repeats):
            route(LEAD, orders, standing, campaign, NOW)
        taken.append((time.process_time() - began) / repeats)
    # What others do on the machine only ever adds to it.
    return min(taken) * 1_000 * 100 / size


def _orders(size: int) -> list[SubscriptionFacts]:
    dice = Random(size)  # noqa: S311 - the same at every run
    return [
        SubscriptionFacts(
            id=number,
            partner_id=number,
            price_cents=dice.randint(1_000, 5_000),
            zone=ZONES[number % len(ZONES)],
            schedule=SCHEDULE,
            rule=RULE,
            priority=dice.randint(0, 9),
            weight=dice.randint(1, 99),
            percent=dice.randint(1, 9),
            group=dice.choice(GROUPS).name,
            sale_type=SaleType.shared if number % 10 else SaleType.hybrid,
            exclusive_price_cents=9_000,
            return_rate_bp=dice.randint(0, 1_000),
            limits=(
                Limit(Window.day, 1_000, 10**8),
                Limit(Window.month, 9_000, 10**9),
            ),
        )
        for number in range(size)
    ]


def _standing(size: int) -> Standing:
    dice = Random(size)  # noqa: S311
    return Standing(
        usage={
            (number, window): Used(dice.randint(0, 99), dice.randint(0, 10**6))
            for number in range(size)
            for window in (Window.day, Window.month)
        },
        available=dict.fromkeys(range(size), 10**9),
        deficits={n: dice.randint(-(10**9), 10**9) for n in range(size)},
    )
