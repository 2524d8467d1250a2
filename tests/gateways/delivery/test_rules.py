"""Reply rules are read strictly, and the first that holds is the verdict."""

import json
import time
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.gateways.delivery.rules import compile_rules
from app.gateways.http import Reply


def reply(
    body: object = b"",
    status: int = 200,
    content_type: str = "application/json",
    truncated: bool = False,
) -> Reply:
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(status, {"content-type": content_type}, body, truncated, 5, None)


def holds(when: dict[str, object], *args: Any, **more: object) -> bool:
    rules = compile_rules([{"when": when, "verdict": "accepted", "reason": None}])
    return rules.judge(reply(*args, **more)) is not None


def rule(verdict: str, **when: object) -> dict[str, object]:
    return {"when": when, "verdict": verdict, "reason": f"by_{verdict}"}


def test_first_rule_that_holds_decides() -> None:
    rules = compile_rules(
        [
            rule("duplicate", jsonpath="$.reason", equals="duplicate"),
            rule("rejected", jsonpath="$.outcome", equals="failure"),
            rule("accepted", status=[200, 201]),
        ]
    )

    failed = {"outcome": "failure", "reason": "duplicate"}
    assert rules.judge(reply(failed, 201)).verdict == "duplicate"
    assert rules.judge(reply({"outcome": "failure"}, 201)).reason == "by_rejected"
    assert rules.judge(reply({"outcome": "success"}, 201)).verdict == "accepted"
    assert rules.judge(reply({"outcome": "success"}, 202)) is None


def test_all_keys_of_a_when_must_hold() -> None:
    when = {"status": [200], "jsonpath": "$.ok", "equals": True, "regex": "id"}

    assert holds(when, {"ok": True, "id": 1})
    assert not holds(when, {"ok": True, "id": 1}, 201)
    assert not holds(when, {"ok": False, "id": 1})
    assert not holds(when, {"ok": True})


@pytest.mark.parametrize(
    ("wanted", "node", "expected"),
    [
        (True, True, True),
        (True, "TRUE", True),
        ("true", True, True),
        (True, "false", False),
        (True, 1, False),
        (False, None, False),
        (1, "1", True),
        (1, 1.0, True),
        ("1.5", 1.5, True),
        ("Success", " success ", True),
        ("success", "successful", False),
        ("success", ["success"], False),
        ("success", {"success": 1}, False),
        ("", "", True),
        (None, None, True),
    ],
)
def test_equality_compares_text_without_regard_to_case(
    wanted: object, node: object, expected: bool
) -> None:
    assert holds({"jsonpath": "$.x", "equals": wanted}, {"x": node}) is expected


def test_any_node_that_is_found_suffices() -> None:
    body = {"errors": [{"code": "a"}, {"code": "dup-7"}]}

    assert holds({"jsonpath": "$.errors[*].code", "matches": "^dup"}, body)
    assert holds({"jsonpath": "$..code", "equals": "A"}, body)
    assert holds({"jsonpath": "$.errors[?@.code=='a'].code", "equals": "a"}, body)
    assert not holds({"jsonpath": "$.errors[*].code", "matches": "^up"}, body)


@pytest.mark.parametrize(
    ("xpath", "expected"),
    [
        ("//status", True),
        ("/r/status/text()", True),
        ("string(/r/status)", True),
        ("/r/item/@kind", True),
        ("//*[local-name()='status']", True),
        ("//nothing", False),
        ("count(//item)", False),
    ],
)
def test_xpath_finds_elements_texts_and_attributes(xpath: str, expected: bool) -> None:
    body = "<r><status> <b>O</b>K </status><item kind='ok'/><status>ok</status></r>"

    assert holds({"xpath": xpath, "equals": "ok"}, body) is expected


def test_xpath_may_give_a_truth_or_a_number() -> None:
    body = "<r><item/><item/></r>"

    assert holds({"xpath": "count(//item)", "equals": 2}, body)
    assert holds({"xpath": "count(//item)=2", "equals": True}, body)


def test_xml_in_any_of_its_encodings_is_read() -> None:
    body = "<?xml version='1.0' encoding='utf-16'?><r>ü</r>".encode("utf-16")

    assert holds({"xpath": "/r", "equals": "Ü"}, body)


def test_regex_looks_anywhere_in_the_text() -> None:
    assert holds({"regex": "(?i)thank you"}, "<html>Thank You!</html>")
    assert holds(
        {"regex": "für"}, "für".encode("latin-1"), 200, "text/x; charset=latin1"
    )
    assert not holds({"regex": "^thanks$"}, "no thanks")


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ("accepted", "reply_rules"),
        ({"when": {}}, "reply_rules"),
        (["x"], "reply_rules[0]"),
        ([rule("accepted")], "reply_rules[0].when"),
        ([rule("accepted", equals="x")], "reply_rules[0].when"),
        ([rule("accepted", jsonpath="$.a")], "reply_rules[0].when"),
        ([rule("accepted", status=[200], equals="a")], "reply_rules[0].when"),
        ([rule("accepted", regex="a", matches="a")], "reply_rules[0].when"),
        (
            [rule("accepted", jsonpath="$.a", equals="a", matches="a")],
            "reply_rules[0].when",
        ),
        (
            [rule("accepted", jsonpath="$.a", xpath="a", equals="a")],
            "reply_rules[0].when",
        ),
        ([rule("accepted", status=[200], more=1)], "reply_rules[0].when.more"),
        ([rule("accepted", status=[])], "reply_rules[0].when.status"),
        ([rule("accepted", status=200)], "reply_rules[0].when.status"),
        ([rule("accepted", status=[True])], "reply_rules[0].when.status"),
        ([rule("accepted", status=["200"])], "reply_rules[0].when.status"),
        ([rule("accepted", status=[99])], "reply_rules[0].when.status"),
        ([rule("accepted", regex="(")], "reply_rules[0].when.regex"),
        ([rule("accepted", regex="")], "reply_rules[0].when.regex"),
        ([rule("accepted", regex=r"(a)\1")], "reply_rules[0].when.regex"),
        ([rule("accepted", regex="a" * 1001)], "reply_rules[0].when.regex"),
        ([rule("accepted", regex="\ud800")], "reply_rules[0].when.regex"),
        (
            [rule("accepted", jsonpath="a.b", equals="x")],
            "reply_rules[0].when.jsonpath",
        ),
        ([rule("accepted", jsonpath="$[", equals="x")], "reply_rules[0].when.jsonpath"),
        (
            [rule("accepted", jsonpath="$[?match(@.a,'(a+)+')]", equals="x")],
            "reply_rules[0].when.jsonpath",
        ),
        ([rule("accepted", jsonpath=7, equals="x")], "reply_rules[0].when.jsonpath"),
        ([rule("accepted", jsonpath="$.a", equals=[])], "reply_rules[0].when.equals"),
        (
            [rule("accepted", jsonpath="$.a", matches="(")],
            "reply_rules[0].when.matches",
        ),
        ([rule("accepted", xpath="//a[", equals="x")], "reply_rules[0].when.xpath"),
        ([rule("accepted", xpath="nope()", equals="x")], "reply_rules[0].when.xpath"),
        ([rule("accepted", xpath="n:a", equals="x")], "reply_rules[0].when.xpath"),
        ([rule("accepted", xpath="\x00", equals="x")], "reply_rules[0].when.xpath"),
        (
            [rule("accepted", xpath="//a//b//c", equals="x")],
            "reply_rules[0].when.xpath",
        ),
        ([rule("maybe", status=[200])], "reply_rules[0].verdict"),
        ([rule(["accepted"], status=[200])], "reply_rules[0].verdict"),
        (
            [rule("accepted", status=[200]) | {"reason": "a\nb"}],
            "reply_rules[0].reason",
        ),
        ([rule("accepted", status=[200]) | {"reason": 7}], "reply_rules[0].reason"),
        ([rule("accepted", status=[200]) | {"more": 7}], "reply_rules[0].more"),
        ([rule("accepted", status=[200])] * 51, "reply_rules"),
    ],
)
def test_bad_rule_is_refused_by_name(rules: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_rules(rules)

    assert [error.field for error in refused.value.errors] == [field]


def test_compiled_rules_are_taken_as_they_are() -> None:
    rules = compile_rules([rule("accepted", status=[200])])

    assert compile_rules(rules) is rules
    assert compile_rules(None) == compile_rules([])


@pytest.mark.parametrize(
    "body",
    [b'{"outcome": "fai', b"<r><outcome>fai", b"{" + b'"a":1,' * 9000 + b'"b":2}'],
)
def test_accepted_is_not_believed_where_an_earlier_rule_could_not_read(
    body: object,
) -> None:
    rules = compile_rules(
        [
            rule("rejected", jsonpath="$.outcome", equals="failure"),
            rule("accepted", status=[200]),
        ]
    )

    assert rules.judge(reply(body)).verdict == "unknown"
    assert rules.judge(reply("OK")).verdict == "accepted"
    assert rules.judge(reply("", truncated=True)).verdict == "unknown"


@pytest.mark.parametrize(
    "when",
    [
        {"jsonpath": "$..a..b", "equals": "x"},
        {"jsonpath": "$[?count($[*]) > 1].x", "equals": "x"},
        {"xpath": "//a[count(//a)>1]", "equals": "x"},
        {"regex": "(a*)*b"},
        {"regex": "(.*a){10}c"},
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 900 + b"]" * 900,
        b"[" * 200_000,
        b"[" + b'{"a":1},' * 1200 + b"{}]",
        b"<a>" * 250 + b"</a>" * 250,
        b"<r>" + b"<a/>" * 3000 + b"</r>",
        b"<r>" + b"<a/>" * 60_000 + b"</r>",
        b"a" * 256 * 1024,
    ],
)
def test_no_reply_makes_a_rule_slow(when: dict[str, object], body: object) -> None:
    started = time.monotonic()

    holds(when, body)

    assert time.monotonic() - started < 1.5
