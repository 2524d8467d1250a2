"""A small good history made by hand, and ways to spoil it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.history.record import (
    Account,
    Call,
    Entry,
    Handed,
    Lead,
    Order,
    Outcome,
    Record,
    Sale,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WALLET, HOLDS, BANK, REVENUE = 1, 2, 3, 4
ANSWER = {"id": "lead-1", "due_at": "2026-11-21T12:30:00Z"}
TERMS = {"status": "active", "daily_cap": 1, "daily_budget_cents": 100}
BODY = {"sub_id": "s1", "email": "ada@example.org", "to": "shared"}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def second(seconds: float) -> float:
    return at(seconds).timestamp()


def call(number: int, kind: str, subject: str, **values: Any) -> Call:
    began = values.pop("began", second(number))
    return Call(
        **{
            "number": number,
            "kind": kind,
            "subject": subject,
            "key": None,
            "body": {},
            "began": began,
            "ended": began + 0.1,
            "outcome": Outcome.ok,
            "status": 200,
            "answer": {},
            **values,
        }
    )


def entry(number: int, kind: str, *lines: tuple[int, int], **values: Any) -> Entry:
    head = {"sale_id": 1, "reason": None, "at": at(number)}
    return Entry(id=number, kind=kind, lines=lines, **(head | values))


def handed(began: float, said: str = "accepted", **values: Any) -> Handed:
    head = {"partner_id": 7, "key": "sale-1", "lead": "lead-1", "took": True}
    until = second(began)
    return Handed(began=second(began), until=until, said=said, **(head | values))


LEAD = Lead(1, "lead-1", "s1", "sold", 1, at(1), at(1801), True, False)
SALE = Sale(1, "sale-1", 1, 7, 5, 100, "refunded", 100, False, at(3), at(5), None)
HOLD = entry(3, "hold", (WALLET, -100), (HOLDS, 100))
CAPTURE = entry(5, "capture", (HOLDS, -100), (REVENUE, 100))
REFUND = entry(8, "refund", (REVENUE, -100), (WALLET, 100), reason="refund-1")
CREDIT = entry(2, "credit", (WALLET, 100), (BANK, -100), sale_id=None, reason="c-1")
POST = call(0, "post", "s1", key="k1", body=BODY, status=201, answer=ANSWER)
GOOD = Record(
    began=second(0),
    ended=second(60),
    calls=(
        POST,
        call(1, "post", "s1", key="k1", body=BODY, answer=ANSWER),
        call(2, "credit", "c-1", key="k2", status=201, answer={"id": 2}),
        call(3, "credit", "c-2", key="k3", outcome=Outcome.info, status=None),
        call(8, "refund", "refund-1"),
        call(9, "change", "5", body={"status": "paused"}),
    ),
    handed=(handed(4),),
    leads=(LEAD,),
    sales=(SALE,),
    entries=(CREDIT, HOLD, CAPTURE, REFUND),
    accounts=(
        Account(WALLET, "wallet", 7, 0, 100),
        Account(HOLDS, "holds", 7, 0, 0),
        Account(BANK, "bank", None, None, None),
        Account(REVENUE, "revenue", None, None, None),
    ),
    orders=(
        Order(
            5, "UTC", {"status": "active", "daily_cap": 1, "daily_budget_cents": 100}
        ),
    ),
)
SECOND = replace(SALE, id=2, key="sale-2", lead_id=2, held_at=at(6), captured_at=at(7))
SECOND_LEAD = replace(LEAD, id=2, public_id="lead-2", sub_id="s2")


def with_calls(*calls: Call) -> Record:
    return replace(GOOD, calls=(*GOOD.calls, *calls))


def with_entries(*entries: Entry) -> Record:
    return replace(GOOD, entries=entries)


def with_sale(**values: Any) -> Record:
    return replace(GOOD, sales=(replace(SALE, **values),))


def with_handed(*sent: Handed) -> Record:
    return replace(GOOD, handed=sent)


def with_second(**values: Any) -> Record:
    """Return the good record with a second hold, not yet ended."""
    sale = replace(SECOND, status="held", refunded_cents=0, **values)
    hold = entry(6, "hold", (WALLET, -100), (HOLDS, 100), sale_id=2)
    return replace(
        GOOD,
        leads=(LEAD, SECOND_LEAD),
        sales=(SALE, sale),
        entries=(CREDIT, HOLD, CAPTURE, hold, REFUND),
    )


def with_terms(**terms: Any) -> Record:
    return replace(GOOD, orders=(Order(5, "UTC", terms),))
