"""What kinds of policy take, from people and from the environment."""

import pytest
from limits import parse

from app.domain.policy import CENTS, CurrencyCode, Flag, Kind, Rate, Whole


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        (Flag(), True, True),
        (Rate(), " 10/20 second ", "10/20 second"),
        (Rate(), "5/hours", "5/hours"),
        (CurrencyCode(), "eur", "EUR"),
        (Whole(1, 9), 9, 9),
        (CENTS, None, None),
        (CENTS, 0, 0),
    ],
)
def test_a_sound_value_is_taken(kind: Kind, value: object, taken: object) -> None:
    assert kind.check(value) == taken


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Flag(), 1),
        (Flag(), "1"),
        (Rate(), "0/minute"),
        (Rate(), "10/0 second"),
        (Rate(), "10/minute; 1/second"),
        (Rate(), "10/minute\n1/second"),
        (Rate(), "٣/minute"),
        (Rate(), 10),
        (CurrencyCode(), "EURO"),
        (CurrencyCode(), None),
        (Whole(1, 9), 0),
        (Whole(1, 9), True),
        (Whole(1, 9), 2.0),
        (Whole(1, 9), None),
        (CENTS, -1),
    ],
)
def test_another_value_is_refused(kind: Kind, value: object) -> None:
    with pytest.raises(ValueError, match="Send"):
        kind.check(value)


@pytest.mark.parametrize("rate", ["10/20 second", "60/minute", "1/hour", "9/2 days"])
def test_every_rate_that_is_taken_can_be_counted(rate: str) -> None:
    assert parse(str(Rate().check(rate))).amount > 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Flag(), False), (Rate(), "5/minute"), (Whole(0, 9), 0), (CENTS, 12)],
)
def test_what_is_spelled_is_read_again(kind: Kind, value: bool | int | str) -> None:
    assert kind.check(kind.parse(kind.spell(value))) == value
