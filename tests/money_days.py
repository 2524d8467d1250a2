"""Days of a shop, thrown by dice: whatever may happen to money, in any order."""

from random import Random

from sqlalchemy import text

from app.db import db, transaction
from app.services import orders, policy
from app.services.integrity import run_checks
from tests.shop import ENDS, PARTNERS, Shop

A_DAY = 1_000
# What is done how often. The router and the sender take many leads at a time, so most
# operations are sales and their ends, as in life.
OPERATIONS = {
    "route": 24,
    "end": 24,
    "sell": 4,
    "refund": 12,
    "override": 4,
    "give_back": 2,
    "credit": 3,
    "adjust": 2,
    "adjust_vendor": 1,
    "ask": 1,
    "decide": 1,
    "limit": 1,
    "cap": 1,
    "budget": 1,
    "price": 1,
    "share": 1,
    "night": 1,
}
AT_ONCE = 40
NAMES, WEIGHTS = [*OPERATIONS], [*OPERATIONS.values()]


def run_days(first: int, days: int) -> int:
    """Run the days of those seeds; return how many operations were done.

    The auditor, who reads all that was ever booked, comes once they are over.
    """
    done = 0
    for seed in range(first, first + days):
        try:
            done += run_day(Random(seed), A_DAY)  # noqa: S311
        except BaseException as error:
            error.add_note(f"MONEY_SEED={seed}")
            raise
    audit_books()
    return done


def run_day(dice: Random, operations: int) -> int:
    """Open a shop and do that many operations, comparing all balances after each."""
    db.session.remove()
    orders.forget()
    policy.forget()
    shop, done = Shop(), 0
    while done < operations:
        [name] = dice.choices(NAMES, WEIGHTS)
        done += one_of(shop, name, dice)
        shop.check()
    shop.close()
    return done


def audit_books() -> None:
    """Ask the auditor about all that was booked so far."""
    with transaction() as session:
        # What reads everything is not planned as what asks by keys.
        for name in ("seqscan", "hashjoin", "mergejoin"):
            session.execute(text(f"SET LOCAL enable_{name} = on"))
        wrong = [one for one in run_checks()["checks"] if not one["ok"]]
    assert not wrong, wrong


def one_of(shop: Shop, name: str, dice: Random) -> int:  # noqa: C901, PLR0912, PLR0915 - a table
    """Do operations of that name with values that are thrown; return how many."""
    n, sales = dice.randrange(PARTNERS), [*shop.paper.sales]
    some = None if dice.random() < 0.5 else dice.randrange(7)
    match name:
        case "route":
            slots = [dice.randint(1, PARTNERS) for _ in range(dice.randint(1, AT_ONCE))]
            shop.route(slots)
            return len(slots)
        case "end":
            held = [id_ for id_ in sales if shop.is_held(id_)]
            chosen = dice.sample(held, min(len(held), dice.randint(1, AT_ONCE)))
            how = dice.choices([*ENDS], [8, 2, 1], k=len(chosen))
            return shop.end(*zip(chosen, how, strict=True))
        case "refund" if sales:
            amount = None if dice.random() < 0.3 else dice.randrange(1, 900)
            shop.refund(dice.choice(sales), amount)
        case "override" if sales:
            shop.override(dice.choice(sales), dice.randrange(1, 2_000))
        case "give_back" if sales:
            shop.give_back(dice.choice(sales))
        case "credit":
            shop.credit(n, dice.randrange(1, 60_000))
        case "sell" | "night":
            shop.sell(n) if name == "sell" else shop.night()
        case "adjust":
            shop.adjust(n, dice.randrange(-4_000, 4_000))
        case "adjust_vendor":
            shop.adjust_vendor(dice.randrange(-900, 900))
        case "ask":
            shop.ask(n, dice.randrange(1, 9_000))
        case "decide":
            shop.decide(agrees=dice.random() < 0.7)
        case "limit":
            shop.limit(n, dice.randrange(3_000))
        case "cap":
            cap = None if some is None else shop.paper.holds[n] + some * 9
            shop.change_order(n, daily_cap=cap)
        case "budget":
            budget = None if some is None else shop.paper.cents[n] + some * 5_000
            shop.change_order(n, daily_budget_cents=budget)
        case "price":
            shop.change_order(n, price_cents=dice.randrange(1, 2_000))
        case "share":
            fixed = None if some is None else some * 150
            shop.share(dice.randrange(10_001), fixed)
    return 1
