"""The mapping language is closed, strict and says which line is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.gateways.delivery.mapping import compile_mapping
from app.gateways.delivery.transforms import TRANSFORMS

PAYLOAD = {
    "lead_id": "lead-1",
    "submitted_at": "2026-11-21T03:05:09Z",
    "price_cents": 1205,
    "score": 0.75,
    "test": False,
    "contact": {
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.org",
        "phone": "+14155552671",
        "city": None,
    },
    "fields": {
        "roof": "tile",
        "a.b": "dotted",
        "kinds": ["x", "y"],
        "owner": True,
        "born": "1990-05-01",
    },
    "consent": None,
    "source": {"id": 7, "sub_id": None},
}


def line(target: str, source: str, transform: object = None) -> dict[str, object]:
    return {"target": target, "source": source, "transform": transform}


def apply(*lines: dict[str, object]) -> dict[str, object]:
    return compile_mapping(list(lines)).apply(PAYLOAD)


@pytest.mark.parametrize("nothing", [None, []])
def test_without_lines_the_default_body_is_sent(nothing: object) -> None:
    assert compile_mapping(nothing).apply(PAYLOAD) == PAYLOAD


def test_targets_make_objects_and_lists() -> None:
    content = apply(
        line("person.mail", "email"),
        line("person.phones[0]", "contact.phone"),
        line("person.phones[1]", "'none'"),
        line("items[0].kind", "fields.roof"),
        line("items[1].kind", "fields.a.b"),
    )

    assert content == {
        "person": {"mail": "ada@example.org", "phones": ["+14155552671", "none"]},
        "items": [{"kind": "tile"}, {"kind": "dotted"}],
    }


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("email", "ada@example.org"),
        ("contact.email", "ada@example.org"),
        ("lead_id", "lead-1"),
        ("price_cents", 1205),
        ("test", False),
        ("source.id", 7),
        ("fields.kinds", ["x", "y"]),
        ("source", {"id": 7, "sub_id": None}),
        ("'it''s'", "it's"),
        ("''", ""),
        ("city", None),
        ("fields.nobody_said", None),
        ("consent.ip", None),
        ("campaign", None),
        ("full_name", "Ada Byron"),
    ],
)
def test_source_finds_its_value_or_none(source: str, value: object) -> None:
    assert apply(line("x", source)) == {"x": value}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("upper", "ada", "ADA"),
        ("lower", "ADA", "ada"),
        ("trim", "  ada ", "ada"),
        ("title", "ada o'brien-byron", "Ada O'Brien-Byron"),
        ("digits", "+1 (415) 555-2671", "14155552671"),
        ("e164", "(415) 555-2671", "+14155552671"),
        ("e164", "nobody", None),
        ("national", "+14155552671", "(415) 555-2671"),
        ("national_digits", "+14155552671", "4155552671"),
        ("national_digits", "", None),
        ("date", "2026-11-20T23:30:00-05:00", "2026-11-21"),
        ("date", "2026-11-20", "2026-11-20"),
        ("date", "tomorrow", None),
        ("us_date", "2026-11-20T10:00:00Z", "11/20/2026"),
        ("yes_no", True, "yes"),
        ("yes_no", "0", "no"),
        ("yes_no", "perhaps", None),
        ("one_zero", "Yes", 1),
        ("one_zero", False, 0),
        ("string", True, "true"),
        ("string", 12, "12"),
        ("integer", " 42 ", 42),
        ("integer", 4.0, 4),
        ("integer", "4.5", None),
        ("integer", "9" * 5000, None),
        ("cents_to_units", 1205, "12.05"),
        ("cents_to_units", -5, "-0.05"),
        ("cents_to_units", 10**17 + 1, "1000000000000000.01"),
        ("cents_to_units", "free", None),
        ("first_word", "Ada Augusta Byron", "Ada"),
        ("last_word", "Ada Augusta Byron", "Byron"),
        ("last_word", "  ", None),
        ("zip5", "94105-1234", "94105"),
        ("zip5", "M5V 2T6", None),
        ("state_name", "ca", "California"),
        ("state_name", "ZZ", None),
        ("state_code", "california", "CA"),
        ("state_code", "QC", "QC"),
        ("state_code", "Bavaria", None),
        ("country_name", "us", "United States"),
        ("country_name", "Nowhere", None),
        ("country_code", "United States", "US"),
        ("all_but_first_word", "Ada Augusta Byron", "Augusta Byron"),
        ("all_but_first_word", "Ada", None),
        ("all_but_last_word", "Ada Augusta Byron", "Ada Augusta"),
        ("true_false", "yes", True),
        ("y_n", False, "N"),
        ("unix_time", "2026-11-20T10:00:00Z", 1795168800),
        ("unix_time", "soon", None),
    ],
)
def test_transform_changes_one_value(
    name: str, value: object, expected: object
) -> None:
    assert TRANSFORMS[name](value) == expected


def test_every_transform_is_tried_above() -> None:
    marks = test_transform_changes_one_value.pytestmark[0].args[1]

    assert {name for name, _, _ in marks} == set(TRANSFORMS)


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = SCALARS | st.floats(allow_nan=True) | st.lists(st.text(), max_size=3)


@given(st.sampled_from(sorted(TRANSFORMS)), VALUES)
def test_no_value_breaks_a_transform(name: str, value: object) -> None:
    mapping = compile_mapping([line("x", "fields.any", name)])

    content = mapping.apply({"fields": {"any": value}})

    assert content.keys() == {"x"}


def test_transform_changes_each_item_of_a_list() -> None:
    assert apply(line("x", "fields.kinds", "upper")) == {"x": ["X", "Y"]}


def test_missing_value_is_not_transformed() -> None:
    assert apply(line("x", "city", "yes_no")) == {"x": None}


@pytest.mark.parametrize(
    ("lines", "field", "code"),
    [
        ([line("", "email")], "mapping[0].target", "invalid"),
        ([line("a..b", "email")], "mapping[0].target", "invalid"),
        ([line("a.", "email")], "mapping[0].target", "invalid"),
        ([line(" a", "email")], "mapping[0].target", "invalid"),
        ([line("[0]", "email")], "mapping[0].target", "invalid"),
        ([line("a[x]", "email")], "mapping[0].target", "invalid"),
        ([line("a[0][1]", "email")], "mapping[0].target", "invalid"),
        ([line("a[100]", "email")], "mapping[0].target", "invalid"),
        ([line('a"b', "email")], "mapping[0].target", "invalid"),
        ([line("a\nb", "email")], "mapping[0].target", "invalid"),
        ([line(".".join("abcdefghijk"), "email")], "mapping[0].target", "invalid"),
        ([line(7, "email")], "mapping[0].target", "invalid"),
        ([line("a", "nobody")], "mapping[0].source", "unknown"),
        ([line("a", "contact.nobody")], "mapping[0].source", "unknown"),
        ([line("a", "email.x")], "mapping[0].source", "unknown"),
        ([line("a", "fields.")], "mapping[0].source", "unknown"),
        ([line("a", "lead_id.x")], "mapping[0].source", "unknown"),
        ([line("a", "'open")], "mapping[0].source", "unknown"),
        ([line("a", "'")], "mapping[0].source", "unknown"),
        ([line("a", "'it's'")], "mapping[0].source", "unknown"),
        ([line("a", "{{ email }}")], "mapping[0].source", "unknown"),
        ([line("a", "email.__class__")], "mapping[0].source", "unknown"),
        ([line("a", None)], "mapping[0].source", "unknown"),
        ([line("a", "email", "eval")], "mapping[0].transform", "unknown"),
        ([line("a", "email", [])], "mapping[0].transform", "count"),
        ([line("a", "email", {})], "mapping[0].transform", "unknown"),
        ([line("a", "email", ["upper", "up"])], "mapping[0].transform[1]", "unknown"),
        ([line("a", "email", ["trim"] * 6)], "mapping[0].transform", "count"),
        ([line("a", "email", {"map": {}})], "mapping[0].transform.map", "invalid"),
        (
            [line("a", "email", {"map": {"a": 1, " A": 2}})],
            "mapping[0].transform.map",
            "invalid",
        ),
        (
            [line("a", "email", {"map": {"a": [1]}})],
            "mapping[0].transform.map",
            "invalid",
        ),
        (
            [line("a", "email", {"map": {"a": 1}, "default": {}})],
            "mapping[0].transform.default",
            "invalid",
        ),
        (
            [line("a", "email", {"truncate": True})],
            "mapping[0].transform.truncate",
            "invalid",
        ),
        (
            [line("a", "email", {"truncate": 5, "more": 1})],
            "mapping[0].transform.more",
            "unknown",
        ),
        (
            [line("a", "submitted_at", {"date": "YYYY-QQ"})],
            "mapping[0].transform.date",
            "invalid",
        ),
        (
            [line("a", "submitted_at", {"date": "%Y"})],
            "mapping[0].transform.date",
            "invalid",
        ),
        (
            [line("a", "submitted_at", {"date": "YYYY", "timezone": "Mars"})],
            "mapping[0].transform.timezone",
            "invalid",
        ),
        (
            [line("a", "phone", {"phone": "none"})],
            "mapping[0].transform.phone",
            "invalid",
        ),
        (
            [line("a", "phone", {"join": 1})],
            "mapping[0].transform.join",
            "invalid",
        ),
        ([line("a", "contact", "upper")], "mapping[0].transform", "not_a_value"),
        ([line("a", "email"), line("a", "phone")], "mapping[1].target", "conflict"),
        ([line("a", "email"), line("a.b", "phone")], "mapping[1].target", "conflict"),
        ([line("a.b", "email"), line("a", "phone")], "mapping[1].target", "conflict"),
        (
            [line("a[0]", "email"), line("a.b", "phone")],
            "mapping[1].target",
            "conflict",
        ),
        ([line("a[1]", "email")], "mapping", "gap"),
        ([line("a.b[0]", "email"), line("a.b[2]", "email")], "mapping", "gap"),
        ([line("a", "email") | {"template": "x"}], "mapping[0].template", "unknown"),
        (["email"], "mapping[0]", "type"),
        ("email", "mapping", "type"),
        ({"target": "a"}, "mapping", "type"),
        ([line(f"a{n}", "email") for n in range(201)], "mapping", "too_many"),
    ],
)
def test_bad_line_is_refused_by_name(lines: object, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mapping(lines)

    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]


def test_all_bad_lines_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mapping([line("", "x", "y"), line("ok", "email"), line("a", "z")])

    assert [error.field for error in refused.value.errors] == [
        "mapping[0].target",
        "mapping[0].source",
        "mapping[0].transform",
        "mapping[2].source",
    ]


@pytest.mark.parametrize(
    "target", ["First Name", "1st", "a:b", "a/b", "<a>", "-a", "é"]
)
def test_target_must_be_an_xml_name_where_xml_is_sent(target: str) -> None:
    compile_mapping([line(target, "email")], "json")

    with pytest.raises(InvalidInput) as refused:
        compile_mapping([line(target, "email")], "xml")

    assert refused.value.errors[0].field == "mapping[0].target"


@pytest.mark.parametrize(
    ("source", "transform", "expected"),
    [
        ("fields.roof", {"map": {"Tile": "T", "slate": 2}}, "T"),
        ("fields.roof", {"map": {"slate": 2}}, None),
        ("fields.roof", {"map": {"slate": 2}, "default": "other"}, "other"),
        ("fields.gone", {"map": {"slate": 2}, "default": "other"}, "other"),
        ("fields.gone", {"map": {"slate": 2}}, None),
        ("fields.owner", {"map": {"true": 1, "false": 0}}, 1),
        ("fields.kinds", {"map": {"x": "ex"}, "default": "why"}, ["ex", "why"]),
        ("city", {"default": "n/a"}, "n/a"),
        ("email", {"default": "n/a"}, "ada@example.org"),
        ("email", {"truncate": 3}, "ada"),
        ("email", ["upper", {"truncate": 3}], "ADA"),
        ("fields.kinds", ["upper", {"join": "; "}], "X; Y"),
        ("city", ["upper", {"default": "none"}], "none"),
        ("phone", {"phone": "###-###-####"}, "415-555-2671"),
        ("phone", {"phone": "+1 (###) ###-####"}, "+1 (415) 555-2671"),
        ("phone", {"phone": "###"}, None),
        ("submitted_at", {"date": "MM/DD/YYYY hh:mm A"}, "11/21/2026 03:05 AM"),
        (
            "submitted_at",
            {"date": "D MMM YY, H:mm:ss ZZ", "timezone": "America/New_York"},
            "20 Nov 26, 22:05:09 -05:00",
        ),
        ("submitted_at", {"date": "YYYY-MM-DDTHH:mm:ssZ"}, "2026-11-21T03:05:09Z"),
        ("fields.born", {"date": "MMMM D", "timezone": "America/New_York"}, "May 1"),
        ("email", {"date": "YYYY"}, None),
    ],
)
def test_transform_with_a_setting(
    source: str, transform: object, expected: object
) -> None:
    assert apply(line("x", source, transform)) == {"x": expected}


@pytest.mark.parametrize(
    ("first", "second"),
    [("/import.a", "b"), ("b", "/import.a"), ("/import.a", "/other.b")],
)
def test_lines_of_one_document_share_its_root(first: str, second: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mapping([line(first, "email"), line(second, "phone")], "xml")

    assert refused.value.errors[0].field == "mapping[1].target"


@pytest.mark.parametrize("target", ["@a.b", "a.@b c", "a.@b[0]", "/import", "a.@"])
def test_bad_xml_target_is_refused(target: str) -> None:
    with pytest.raises(InvalidInput):
        compile_mapping([line(target, "email")], "xml")
