"""A campaign's fields: what an enquiry must bring, in which types."""

from typing import Any

import pytest

from app.domain.checks import read_policies
from app.domain.fields import FieldSpec, check_answers, split_body

BILL = (FieldSpec("bill", "Bill", "integer"),)
BOTH = (
    FieldSpec("email", "Email", "email", required=True),
    FieldSpec("phone", "Phone", "phone", required=True),
)


@pytest.mark.parametrize(
    ("value", "as_text", "good"),
    [
        (25, False, True),
        ("25", False, False),
        (25.0, False, False),
        (True, False, False),
        ("25", True, True),
        ("2.5", True, False),
        ("x", True, False),
    ],
)
def test_types_are_strict_in_json_and_spelled_in_forms(
    value: Any, as_text: bool, good: bool
) -> None:
    _, errors = check_answers(BILL, {}, {"bill": value}, as_text=as_text)

    assert (errors == []) is good


def test_blank_contact_is_missing_once_per_field() -> None:
    _, errors = check_answers(BOTH, {"email": None}, {}, as_text=False)

    assert [(e.field, e.code) for e in errors] == [
        ("email", "required"),
        ("phone", "required"),
    ]


def test_what_nobody_declared_is_kept_aside() -> None:
    body = {"email": "a@b.example", "bill": 3, "utm": "x", "fields": {"roof": "tile"}}

    contact, answers, extra = split_body(BILL, body)

    assert contact == {"email": "a@b.example"}
    assert answers == {"roof": "tile", "bill": 3}
    assert extra == {"utm": "x"}


def test_without_a_policy_the_offline_checks_look_at_what_there_is() -> None:
    policies = read_policies(None, {"email": "a@b.example", "address": None})

    assert [(p.check, p.providers) for p in policies] == [("email", ("offline",))]
