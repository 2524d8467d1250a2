"""Rules against the fields of a campaign: what can match no lead is refused."""

from datetime import UTC, datetime

import pytest
import re2

from app.domain.errors import InvalidInput
from app.domain.fields import STANDARD, FieldSpec
from app.domain.filter_checks import check_rule
from app.domain.filter_fields import KINDS, KnownFields, known_fields
from app.domain.filter_ops import OPS
from app.domain.filter_rules import STANDARD_FIELDS
from app.domain.filters import compile_rule

SPECS = (
    FieldSpec("email", "Email", "email"),
    FieldSpec("state", "State", "state"),
    FieldSpec("zip", "ZIP code", "zip"),
    FieldSpec("roof", "Roof", "select", options=("Tile", "Flat", "10")),
    FieldSpec("extras", "Extras", "multiselect", options=("Battery", "Pump")),
    FieldSpec("bill", "Monthly bill", "number"),
    FieldSpec("owner", "Owns the house", "boolean"),
    FieldSpec("moving", "Moves in", "date"),
    FieldSpec("remarks", "Remarks", "textarea"),
    FieldSpec("revenue", "Revenue", "select", options=("small", "large")),
    FieldSpec("consent", "Consent", "consent"),
)
KNOWN = known_fields(SPECS, is_open=False)
OPEN = known_fields(STANDARD, is_open=True)


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


def refusals(rule: object, known: KnownFields = KNOWN) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        check_rule(rule, known)
    return {error.field: error.message for error in refused.value.errors}


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("state", "in", ["CA", "NV"]),
        ("zip", "between", [90000, 96199]),
        ("zip", "starts_with", "94"),
        ("roof", "eq", "tile"),
        ("roof", "in", ["Tile", 10]),
        ("fields.roof", "contains", "at"),
        ("extras", "ne", "Battery"),
        ("bill", "gte", 100),
        ("bill", "eq", "100"),
        ("owner", "eq", True),
        ("moving", "gt", "2026-11-21"),
        ("moving", "in", ["2026-11-21"]),
        ("submitted_at", "between", ["2026-11-01", "2026-11-21T09:00:00Z"]),
        ("score", "gt", 0.5),
        ("validation_status", "in", ["valid", "risky"]),
        ("vendor_id", "in", [3, 4]),
        ("test", "eq", False),
        ("city", "eq", "Reno"),
        ("revenue", "eq", "small"),
        ("employees", "gt", 10),
        ("name", "contains", "byron"),
        ("remarks", "matches", "solar|wind"),
        ("remarks", "is_set", False),
    ],
)
def test_rule_that_suits_its_field_is_taken(field: str, op: str, value: object) -> None:
    check_rule(leaf(field, op, value), KNOWN)


@pytest.mark.parametrize(
    ("field", "op", "value", "place", "said"),
    [
        ("rof", "eq", "x", "field", "The campaign has no field rof."),
        ("fields.rof", "eq", "x", "field", "The campaign has no field fields.rof."),
        ("consent", "eq", True, "field", "The campaign has no field consent."),
        ("state", "gt", 5, "op", "State is text: use one of eq, ne, in,"),
        ("bill", "contains", "5", "op", "Monthly bill is a number: use one of eq,"),
        ("owner", "in", [True], "op", "Owns the house is yes or no: use one of eq"),
        ("submitted_at", "eq", "2026-11-21", "op", "Received is a time: use one of"),
        ("roof", "between", [1, 2], "op", "Roof is a choice: use one of eq"),
        ("bill", "eq", "much", "value", "Give a number."),
        ("bill", "in", [5, "much"], "value", "Give numbers."),
        ("bill", "gt", "2026-11-21", "value", "Give a number."),
        ("owner", "eq", "yes", "value", "Give true or false."),
        ("moving", "gt", 5, "value", "Give a date, like 2026-11-21."),
        ("moving", "eq", "2026-11-21T09:00:00Z", "value", "Give a date, like"),
        ("submitted_at", "lt", 5, "value", "Give a date or a time, like"),
        ("roof", "eq", "slate", "value", "slate is none of its options: Tile, Flat"),
        ("roof", "in", ["Flat", 11], "value", "11 is none of its options: Tile"),
        ("validation_status", "eq", "good", "value", "good is none of its options"),
        ("revenue", "eq", "5", "value", "5 is none of its options: small, large."),
    ],
)
def test_rule_that_no_lead_could_match_is_refused_at_its_place(
    field: str, op: str, value: object, place: str, said: str
) -> None:
    [(where, message)] = refusals({"all": [leaf(field, op, value)]}).items()

    assert where == f"filters.all[0].{place}"
    assert message.startswith(said)


def test_every_wrong_rule_is_told_however_deep() -> None:
    rule = {
        "any": [
            leaf("bill", "gt", 1),
            {"not": {"all": [leaf("rof", "eq", 1), leaf("bill", "eq", "x")]}},
        ]
    }

    assert set(refusals(rule)) == {
        "filters.any[1].not.all[0].field",
        "filters.any[1].not.all[1].value",
    }


def test_campaign_that_asks_for_nothing_of_its_own_takes_any_answer() -> None:
    check_rule(leaf("fields.roof", "ne", "flat"), OPEN)
    [said] = refusals(leaf("roof", "ne", "flat"), OPEN).values()

    assert said.endswith("An answer that it does not ask for is fields.roof.")


def test_every_standard_field_is_known_to_every_campaign() -> None:
    assert all(KNOWN.find(name) for name in STANDARD_FIELDS)


def test_kinds_know_no_op_that_the_language_has_not() -> None:
    assert {op for _, ops in KINDS.values() for op in ops} == set(OPS)


def test_what_may_tell_who_a_consumer_is_is_private() -> None:
    public = {name for name, field in KNOWN.by_name.items() if not field.is_private}

    assert {"state", "zip", "city", "country", "fields.bill", "score"} <= public
    assert not public & {"first_name", "last_name", "name", "email", "phone"}
    assert not public & {"address", "fields.remarks", "notes", "sub_id", "company"}


@pytest.mark.parametrize(
    ("op", "wanted", "given", "expected"),
    [
        ("gt", "2026-11-21", "2026-11-21T23:59:00Z", False),
        ("gt", "2026-11-21", "2026-11-22", True),
        ("gte", "2026-11-21", "2026-11-21", True),
        ("gte", "2026-11-21T10:00:00+02:00", "2026-11-21T08:00:00Z", True),
        ("lt", "2026-11-21", "2026-11-20T23:59:59.9Z", True),
        ("lt", "2026-11-21", "2026-11-21T00:00:00Z", False),
        ("lte", "2026-11-21", "2026-11-21T18:30:00Z", True),
        ("lte", "2026-11-21T18:00", "2026-11-21T18:00:01", False),
        ("between", ["2026-11-20", "2026-11-21"], "2026-11-21T12:00:00Z", True),
        ("between", ["2026-11-20", "2026-11-21"], "2026-11-22T00:00:00Z", False),
        ("gt", "2026-11-21", "soon", False),
        ("gt", "2026-11-21", 5, False),
        ("gt", 5, "2026-11-21", False),
    ],
)
def test_dates_compare_by_time_and_a_date_lasts_its_day(
    op: str, wanted: object, given: object, expected: bool
) -> None:
    rule = compile_rule(leaf("submitted_at", op, wanted), re2.compile)
    assert rule is not None

    assert (rule.why_not({"submitted_at": given}) is None) is expected


def test_time_of_the_database_compares_as_text_of_it_does() -> None:
    rule = compile_rule(leaf("submitted_at", "gte", "2026-11-21T10:00Z"), re2.compile)
    moment = datetime(2026, 11, 21, 10, 0, 0, 5, tzinfo=UTC)
    assert rule is not None

    assert rule.why_not({"submitted_at": moment.isoformat()}) is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (["2026-11-21", "2026-11-20"], "value"),
        (["2026-11-21", 5], "type"),
        (["2026-02-30", "2026-03-01"], "type"),
    ],
)
def test_bounds_are_two_of_a_kind_in_their_order(value: object, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_rule(leaf("submitted_at", "between", value), re2.compile)

    assert [error.code for error in refused.value.errors] == [code]
