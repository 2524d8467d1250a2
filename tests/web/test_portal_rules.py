"""An order's hours and filters in words."""

from typing import Any

import pytest

from app.views.portal.rules import filters_in_words, hours_in_words

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (None, "At all times"),
        ([], "Never"),
        ([{"days": WEEK, "from": "09:00", "to": "17:00"}], "Every day 09:00 to 17:00"),
        (
            [
                {"days": ["tue", "mon"], "from": "09:00", "to": "17:00"},
                {"days": ["sat"], "from": "10:00", "to": "12:00"},
            ],
            "Mon, Tue 09:00 to 17:00<br>Sat 10:00 to 12:00",
        ),
    ],
)
def test_hours_are_said_in_words(schedule: Any, said: str) -> None:
    assert str(hours_in_words(schedule)) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (None, "Every lead"),
        ({"field": "state", "op": "eq", "value": "CA"}, "State is CA"),
        (
            {
                "all": [
                    {"field": "state", "op": "in", "value": ["CA", "<NV>"]},
                    {"field": "fields.bill", "op": "between", "value": [1, 2]},
                    {"field": "phone", "op": "is_set"},
                ]
            },
            (
                "State is one of CA, &lt;NV&gt;<br>Bill is between 1 and 2<br>"
                "Phone is filled in"
            ),
        ),
    ],
)
def test_filters_are_said_in_words(rule: Any, said: str) -> None:
    assert str(filters_in_words(rule)) == said


def test_rules_within_rules_are_shown_as_they_are_kept() -> None:
    rule = {"any": [{"not": {"field": "state", "op": "eq", "value": "CA"}}]}

    assert '"any"' in str(filters_in_words(rule)).replace("&#34;", '"')
