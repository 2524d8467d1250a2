"""Filters: strict to read, forgiving to compare, silent about the lead."""

from decimal import Decimal

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.filters import Filter, compile_rule, fields_used


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


def compiled(rule: object) -> Filter:
    read = compile_rule(rule, re2.compile)
    assert read is not None
    return read


def matches(op: str, wanted: object, given_value: object) -> bool:
    return compiled(leaf("state", op, wanted)).why_not({"state": given_value}) is None


def refusals(rule: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        compile_rule(rule, re2.compile)
    return {error.field: error.code for error in refused.value.errors}


@pytest.mark.parametrize(
    ("op", "wanted", "value", "expected"),
    [
        ("eq", "CA", " ca ", True),
        ("eq", "CA", "NY", False),
        ("eq", 30, "30.0", True),
        ("eq", "30", 30, True),
        ("eq", "02134", "2134", False),
        ("eq", True, True, True),
        ("eq", True, "TRUE", True),
        ("eq", 1, True, False),
        ("eq", "tile", ["slate", "Tile"], True),
        ("ne", "tile", ["slate", "tile"], False),
        ("ne", "CA", "NY", True),
        ("in", ["CA", "NY"], "ny", True),
        ("in", ["CA", 5], "5", True),
        ("not_in", ["CA"], "CA", False),
        ("gt", 10, "9", False),
        ("gt", "10", 10.5, True),
        ("gte", 10, Decimal(10), True),
        ("lt", 10, "nine", False),
        ("lt", 10, "NaN", False),
        ("lt", 10, "-1e999999999", False),
        ("lte", 10, "10.00", True),
        ("gt", 10, "1_000", False),
        ("between", [90000, 96199], "94105", True),
        ("between", [90000, 96199], 96200, False),
        ("contains", "ROOF", "flat roof", True),
        ("contains", "roof", ["none", "flat roof"], True),
        ("starts_with", "94", "94105", True),
        ("starts_with", "94", "19410", False),
        ("matches", "^c[ao]$", "CO", True),
        ("matches", "^c$", "ca", False),
        ("matches", "a", "\ud800a", True),
        ("is_set", True, "x", True),
        ("is_set", True, False, True),
        ("is_set", False, "x", False),
        ("eq", "caf\u00e9", "cafe\u0301", True),
        ("eq", "x", {"x": "x"}, False),
    ],
)
def test_values_compare_as_documented(
    op: str, wanted: object, value: object, expected: bool
) -> None:
    assert matches(op, wanted, value) is expected


@pytest.mark.parametrize("blank", [None, "", "  ", [], [""]])
@pytest.mark.parametrize(
    ("op", "wanted", "expected"),
    [
        ("is_set", False, True),
        ("ne", "CA", True),
        ("not_in", ["CA"], True),
        ("is_set", True, False),
        ("eq", "CA", False),
        ("in", ["CA"], False),
        ("lt", 5, False),
        ("contains", "a", False),
        ("starts_with", "a", False),
        ("matches", ".*", False),
        ("between", [0, 5], False),
    ],
)
def test_blank_value_matches_only_what_asks_for_none(
    op: str, wanted: object, expected: bool, blank: object
) -> None:
    assert matches(op, wanted, blank) is expected


def test_null_is_no_filter() -> None:
    assert compile_rule(None, re2.compile) is None
    assert fields_used(None) == frozenset()


def test_first_failing_rule_is_named_without_the_lead_s_value() -> None:
    rule = compiled({"all": [leaf("state", "in", ["CA"]), leaf("roof", "eq", "tile")]})

    assert rule.why_not({"state": "NY"}) == "state in"
    assert rule.why_not({"state": "CA", "fields.roof": "x"}) == "fields.roof eq"
    assert rule.why_not({"state": "CA", "fields.roof": "tile"}) is None


def test_failing_any_and_not_name_the_whole_group() -> None:
    either = {"any": [leaf("state", "eq", "CA"), leaf("zip", "starts_with", "1")]}

    assert compiled(either).why_not({}) == "any(state eq, zip starts_with)"
    assert compiled({"not": either}).why_not({"state": "CA"}) == (
        "not any(state eq, zip starts_with)"
    )
    assert compiled({"not": either}).why_not({}) is None


def test_long_reason_is_cut() -> None:
    rule = compiled({"any": [leaf("state", "eq", "CA")] * 100})

    assert len(str(rule.why_not({}))) == 120


def test_fields_used_are_qualified() -> None:
    rule = compiled(
        {"all": [leaf("zip", "is_set", True), {"not": leaf("roof", "eq", "x")}]}
    )

    assert fields_used(rule) == {"zip", "fields.roof"}


@pytest.mark.parametrize(
    ("rule", "field", "code"),
    [
        ([], "filters", "type"),
        ("x", "filters", "type"),
        ({}, "filters.op", "unknown"),
        ({"all": []}, "filters.all", "empty"),
        ({"any": {}}, "filters.any", "empty"),
        ({"all": [], "any": []}, "filters.all", "unknown"),
        ({"not": []}, "filters.not", "type"),
        ({"all": [3]}, "filters.all[0]", "type"),
        (leaf("state", "like", "x"), "filters.op", "unknown"),
        (leaf("state", "in", ["x"]) | {"not": 1}, "filters.not", "unknown"),
        (leaf("", "eq", "x"), "filters.field", "value"),
        (leaf("state", "eq", None), "filters.value", "type"),
        (leaf("state", "eq", ["x"]), "filters.value", "type"),
        (leaf("state", "eq", " "), "filters.value", "empty"),
        (leaf("state", "eq", float("nan")), "filters.value", "type"),
        (leaf("state", "in", []), "filters.value", "type"),
        (leaf("state", "in", "CA"), "filters.value", "type"),
        (leaf("state", "gt", "many"), "filters.value", "type"),
        (leaf("state", "gt", True), "filters.value", "type"),
        (leaf("state", "between", [1]), "filters.value", "type"),
        (leaf("state", "between", [2, 1]), "filters.value", "value"),
        (leaf("state", "contains", 5), "filters.value", "type"),
        (leaf("state", "matches", "("), "filters.value", "regex"),
        (leaf("state", "matches", "x" * 1001), "filters.value", "too_long"),
        (leaf("state", "is_set", "yes"), "filters.value", "type"),
        ({"field": "state", "op": "eq"}, "filters.value", "required"),
    ],
)
def test_bad_rule_is_refused_with_its_path(rule: object, field: str, code: str) -> None:
    assert refusals(rule)[field] == code


def test_all_errors_are_listed() -> None:
    rule = {"all": [leaf("", "eq", "x"), {"any": [leaf("state", "no", 1), 7]}]}

    assert set(refusals(rule)) == {
        "filters.all[0].field",
        "filters.all[1].any[0].op",
        "filters.all[1].any[1]",
    }


def test_nesting_and_size_are_bounded() -> None:
    deep: object = leaf("state", "eq", "CA")
    for _ in range(19):
        deep = {"not": deep}

    assert compile_rule(deep, re2.compile) is not None
    assert "too_deep" in refusals({"not": deep}).values()
    assert refusals({"all": [deep] * 501}) == {"filters": "too_many"}
    assert refusals({"all": [{"all": []}] * 501}) == {"filters": "too_many"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "op", "value"]),
            inner | st.sampled_from(["eq", "in", "matches", "between", "state"]),
            max_size=3,
        )
    ),
    max_leaves=12,
)
LEAVES = st.builds(
    leaf,
    st.just("state"),
    st.sampled_from(["eq", "ne", "gt", "contains", "starts_with", "is_set"]),
    st.sampled_from(["a", "1", 1, 2.5, True, False]),
)


@given(JSON)
def test_reading_any_json_either_compiles_or_names_the_errors(rule: object) -> None:
    try:
        read = compile_rule(rule, re2.compile)
        outcome = "read" if read is None else read.why_not({}) or "matches"
    except InvalidInput as refused:
        outcome = " ".join(error.field for error in refused.errors)

    assert outcome


@given(LEAVES, JSON)
def test_comparing_never_fails_and_not_turns_it_round(
    rule: dict[str, object], value: object
) -> None:
    try:
        read = compiled(rule)
    except InvalidInput:
        return
    lead = {"state": value}

    assert (read.why_not(lead) is None) is not (
        compiled({"not": rule}).why_not(lead) is None
    )
