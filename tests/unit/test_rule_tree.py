"""Rules as a form holds them: what is stored survives, whatever is sent is read."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.domain.fields import FieldSpec
from app.domain.filter_fields import known_fields
from app.domain.filter_ops import OPS
from app.views.editors.rule_tree import Writer, alike, nodes_sent, tree_of, value_of

SPECS = (
    FieldSpec("state", "State", "state"),
    FieldSpec("bill", "Bill", "number"),
    FieldSpec("roof", "Roof", "select", options=("Tile", "Flat, old")),
    FieldSpec("owner", "Owner", "boolean"),
)
KNOWN = known_fields(SPECS, is_open=False)


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def written(rule: Any) -> Any:
    return Writer(KNOWN).write(tree_of(rule, count()))


@pytest.mark.parametrize(
    "rule",
    [
        {"all": [leaf("state", "eq", "CA"), leaf("fields.bill", "between", [1, 2.5])]},
        {"any": [leaf("state", "in", ["CA", "NV"])]},
        {"not": {"any": [leaf("fields.owner", "eq", True)]}},
        {"not": {"all": [{"not": leaf("state", "contains", "c")}]}},
        {"all": [{"any": [{"not": {"all": [leaf("zip", "gt", 5)]}}]}]},
        {"all": [{"not": leaf("state", "eq", "CA")}]},
        {"all": [leaf("state", "is_set", False), leaf("state", "is_set", True)]},
        {"all": [leaf("zip", "eq", "01234"), leaf("submitted_at", "gt", "2026-11-21")]},
    ],
)
def test_stored_rule_survives_the_form(rule: Any) -> None:
    assert written(rule) == rule


def test_rule_that_stands_alone_becomes_a_group_of_one() -> None:
    assert written(leaf("state", "eq", "CA")) == {"all": [leaf("state", "eq", "CA")]}


@pytest.mark.parametrize(
    "rule",
    [
        5,
        [],
        {"all": []},
        {"all": [5]},
        {"all": [{"not": {"not": leaf("state", "eq", "CA")}}]},
        {"all": [leaf("state", "eq", "CA") | {"note": "x"}]},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}]},
    ],
)
def test_what_a_form_cannot_hold_is_left_to_json(rule: Any) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        tree_of(rule, count())


LEAVES = st.builds(
    leaf,
    st.sampled_from(["state", "bill", "fields.bill", "roof", "fields.owner", "zip"]),
    st.sampled_from([op for op in OPS if op not in ("in", "not_in", "between")]),
    st.sampled_from(["CA", 5, 2.5, True, "Flat, old", "01"]),
) | st.builds(
    leaf,
    st.sampled_from(["state", "roof"]),
    st.sampled_from(["in", "not_in"]),
    st.lists(st.sampled_from(["Tile", "CA", "7"]), min_size=1, max_size=3),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda name, rules, turned: {"not": {name: rules}} if turned else {name: rules},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
        st.booleans(),
    ),
    max_leaves=6,
)


@given(RULES)
def test_any_rule_that_a_form_holds_keeps_its_meaning(rule: Any) -> None:
    try:
        again = written({"all": [rule]})
    except ValueError:
        return

    assert alike(without_set_values(again)) == alike(
        without_set_values({"all": [rule]})
    )


def without_set_values(rule: Any) -> Any:
    """Reduce what `is_set` asks to a truth, which any other value is not."""
    if isinstance(rule, list):
        return [without_set_values(one) for one in rule]
    if not isinstance(rule, dict):
        return rule
    if rule.get("op") == "is_set":
        return rule | {"value": bool(rule["value"])}
    return {name: without_set_values(one) for name, one in rule.items()}


@given(
    st.dictionaries(
        st.builds(
            "f-{}-{}".format,
            st.integers(0, 6),
            st.sampled_from(["in", "match", "field", "op", "value"]),
        ),
        st.sampled_from(["", "0", "1", "2", "6", "all", "not-any", "x", "state", "eq"]),
        max_size=20,
    )
)
def test_whatever_is_sent_is_read_as_a_tree(sent: dict[str, str]) -> None:
    root = nodes_sent(MultiDict(sent), "f")

    assert Writer(KNOWN).write(root)


def test_sent_rules_stand_in_their_groups_in_their_order() -> None:
    sent = [
        ("f-match", "any"),
        ("f-7-in", ""),
        ("f-7-field", "state"),
        ("f-7-op", "eq"),
        ("f-7-value", "CA"),
        ("f-3-in", ""),
        ("f-3-match", "not-all"),
        ("f-9-in", "3"),
        ("f-9-field", "fields.roof"),
        ("f-9-op", "in"),
        ("f-9-value", "Tile"),
        ("f-9-value", "Flat, old"),
        ("f-5-in", "3"),
        ("f-5-field", ""),
        ("f-5-value", ""),
    ]
    writer = Writer(KNOWN)

    rule = writer.write(nodes_sent(MultiDict(sent), "f"))

    roof = leaf("fields.roof", "in", ["Tile", "Flat, old"])
    assert rule == {"any": [leaf("state", "eq", "CA"), {"not": {"all": [roof]}}]}
    assert writer.places[".any[1].not.all[0]"] == 9


@pytest.mark.parametrize(
    ("field", "op", "values", "value"),
    [
        ("fields.bill", "eq", ["5"], 5),
        ("fields.bill", "in", ["5, 6.5\nmuch"], [5, 6.5, "much"]),
        ("zip", "in", ["94105\n01234, 5"], ["94105", "01234", "5"]),
        ("zip", "between", ["90000", "96199"], [90000, 96199]),
        ("zip", "between", ["90000, 96199"], [90000, 96199]),
        ("fields.owner", "eq", ["true"], True),
        ("fields.owner", "eq", ["perhaps"], "perhaps"),
        ("fields.roof", "in", ["Flat, old\nTile"], ["Flat, old", "Tile"]),
        ("fields.roof", "eq", ["Flat, old"], "Flat, old"),
        ("state", "in", [""], []),
        ("state", "eq", [], ""),
    ],
)
def test_values_are_typed_as_their_field_is(
    field: str, op: str, values: list[str], value: Any
) -> None:
    assert value_of(op, values, KNOWN.find(field)) == value
