"""Hours, filters, fields, checks, mappings and texts in words."""

from typing import Any

import pytest

from app.services.rule_checks import fields_for
from app.views.rules import (
    checks_in_words,
    fields_in_words,
    hours_in_words,
    mapping_in_words,
    replies_in_words,
    texts_in_words,
)
from app.views.sentences import filters_in_words

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


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"any": [leaf("state", "eq", "CA"), leaf("score", "gt", 0.5)]},
            "State is CA or Score is more than 0.5",
        ),
        (
            {
                "all": [
                    {"any": [leaf("state", "eq", "CA"), leaf("zip", "is_set", False)]},
                    {"not": {"all": [leaf("a", "lt", 1), leaf("b", "eq", True)]}},
                    {"not": leaf("city", "starts_with", "San")},
                ]
            },
            (
                "(State is CA or ZIP code is empty)<br>"
                "not (A is less than 1 and B is yes)<br>"
                "City does not start with San"
            ),
        ),
        ({"not": leaf("bill", "between", [1, 2])}, "Bill is not between 1 and 2"),
        ({"not": leaf("bill", "is_set", True)}, "Bill is empty"),
        ({"not": leaf("bill", "is_set", False)}, "Bill is filled in"),
        ({"not": leaf("state", "eq", "CA")}, "State is not CA"),
        (
            leaf("submitted_at", "gte", "2026-11-01"),
            "Received is on or after 2026-11-01",
        ),
    ],
)
def test_rules_within_rules_are_said_in_sentences(rule: Any, said: str) -> None:
    assert str(filters_in_words(rule)) == said


def test_fields_of_rules_are_called_as_the_campaign_calls_them() -> None:
    fields = [{"name": "owner", "label": "Owns the house", "type": "boolean"}]
    rule = leaf("owner", "eq", True)

    assert str(filters_in_words(rule)) == "Owner is yes"
    assert str(filters_in_words(rule, fields_for(fields))) == "Owns the house is yes"


def test_fields_are_said_in_words() -> None:
    fields = [
        {"name": "email", "label": "Email", "type": "email", "required": True},
        {"name": "roof", "type": "select", "options": ["Tile", "Flat"]},
    ]

    said = "Email (email)<br>roof (select; Tile, Flat; optional)"
    assert fields_in_words(fields) == said
    assert fields_in_words(None) == "Name, email, phone, address and consent"


def test_checks_are_said_in_words() -> None:
    checks = [
        {"check": "email", "providers": ["offline"], "on": {"risky": "review"}},
        {"check": "phone", "required": False},
    ]

    said = "Email by offline; if risky: review<br>Phone by offline, not required"
    assert checks_in_words(checks) == said
    assert checks_in_words([]) == "Nothing"


def test_a_mapping_and_its_replies_are_said_in_words() -> None:
    mapping = [
        {"target": "mail", "source": "email", "transform": "lower"},
        {"target": "id", "source": "lead_id"},
    ]
    rules = [
        {"when": {"status": [200, 201]}, "verdict": "accepted"},
        {"when": {"regex": "dup"}, "verdict": "duplicate", "reason": "known"},
    ]

    said = "status 200, 201: accepted<br>regex dup: duplicate (known)"
    assert mapping_in_words(mapping) == "mail: email (lower)<br>id: lead_id"
    assert replies_in_words(rules) == said


def test_texts_of_a_page_are_said_in_words() -> None:
    assert "Headline:</span> &lt;Solar&gt;" in texts_in_words({"headline": "<Solar>"})
    assert texts_in_words(None) == "The template's own texts"
