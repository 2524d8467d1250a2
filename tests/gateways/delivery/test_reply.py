"""What replies mean, in the order of the blueprint; garbage is never accepted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.delivery import Answer, Verdict
from app.gateways.delivery import read_reply
from app.gateways.http import Failure, Reply

RULES = [
    {"when": {"jsonpath": "$.success", "equals": True}, "verdict": "accepted"},
    {"when": {"xpath": "/r/success", "equals": "true"}, "verdict": "accepted"},
    {"when": {"regex": "try later"}, "verdict": "retry", "reason": "busy"},
]
BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "true">'
    + b"".join(b'<!ENTITY a%d "&a;&a;&a;&a;&a;&a;">' % n for n in range(10))
    + b"]><r><success>true</success>&a9;</r>"
)
GARBAGE = [
    b"",
    b"\x00",
    b"\xff\xfe\x00",
    b'{"success": tru',
    b'{"success": "false"}',
    b'{"success": "false", "message": "success: true"}',
    b'{"success": 1}',
    b'{"success": [true]}',
    b'{"success": {"value": true}}',
    b'[{"success": true}]',
    b'"success"',
    b"true",
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<html><body>500 success true</body></html>",
    b"<r><success>true</success>",
    b"<r><success>true</success></r><r/>",
    b"<r><success>&lol;</success></r>",
    BOMB,
    b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x"><r><success>true</success></r>',
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><success>&x;</success></r>',
    b"<?xml version='1.0' encoding='nope'?><r><success>true</success></r>",
    '{"success": true}'.encode("utf-32"),
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    b"x" * 256 * 1024,
]
CHARSETS = [
    "",
    "text/html",
    "application/json; charset=utf-7",
    "x; charset=zip",
    "\x00",
]


def reply(
    status: int = 200, body: bytes = b"", truncated: bool = False, **headers: str
) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, names, body, truncated, 5, "192.0.2.1")


@pytest.mark.parametrize("code", ["dns", "connect", "tls", "timeout"])
def test_what_was_not_sent_is_tried_again_and_known_not_to_be_taken(code: str) -> None:
    answer = read_reply(Failure(code, False, "", 5, None), RULES)

    assert answer == Answer(Verdict.retry, code, known_not_taken=True)


@pytest.mark.parametrize("code", ["timeout", "broken"])
def test_what_broke_off_after_sending_is_unknown(code: str) -> None:
    answer = read_reply(Failure(code, True, "", 5, None), RULES)

    assert (answer.verdict, answer.known_not_taken) == (Verdict.unknown, False)


def test_blocked_address_is_rejected_and_disables_nothing() -> None:
    answer = read_reply(Failure("blocked", False, "", 5, None), None)

    assert (answer.verdict, answer.reason) == (Verdict.rejected, "blocked_address")
    assert not answer.disables_endpoint


@pytest.mark.parametrize(
    ("status", "verdict", "reason", "not_taken"),
    [
        (200, "accepted", "", False),
        (201, "accepted", "", False),
        (204, "accepted", "", False),
        (302, "rejected", "redirect", False),
        (304, "rejected", "redirect", False),
        (400, "rejected", "http_400", False),
        (401, "rejected", "http_401", False),
        (404, "rejected", "http_404", False),
        (422, "rejected", "http_422", False),
        (408, "retry", "http_408", True),
        (425, "retry", "http_425", True),
        (429, "retry", "http_429", True),
        (503, "retry", "http_503", True),
        (500, "retry", "http_500", False),
        (502, "retry", "http_502", False),
        (504, "retry", "http_504", False),
        (501, "retry", "http_501", False),
        (101, "unknown", "http_101", False),
    ],
)
def test_status_decides_where_there_are_no_rules(
    status: int, verdict: str, reason: str, not_taken: bool
) -> None:
    answer = read_reply(reply(status, b"anything"), [])

    assert answer == Answer(Verdict(verdict), reason, known_not_taken=not_taken)


def test_gone_disables_the_endpoint() -> None:
    answer = read_reply(reply(410), RULES)

    assert answer == Answer(Verdict.rejected, "gone", disables_endpoint=True)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("999999999", 86400),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 99 Nov 2026 10:02:00 GMT", None),
        ("1, 2", None),
    ],
)
def test_retry_after_is_read_in_either_form(given: str, seconds: int | None) -> None:
    late = reply(429, retry_after=given, date="Fri, 20 Nov 2026 10:00:00 GMT")

    assert read_reply(late, None).retry_after_s == seconds


def test_rules_come_before_the_status() -> None:
    answer = read_reply(reply(400, b'{"success": true}'), RULES)

    assert answer.verdict is Verdict.accepted


def test_retry_by_a_rule_is_known_not_to_be_taken() -> None:
    answer = read_reply(reply(200, b"try later", retry_after="9"), RULES)

    assert answer == Answer(
        Verdict.retry, "busy", known_not_taken=True, retry_after_s=9
    )


def test_success_that_no_rule_knows_is_unknown() -> None:
    answer = read_reply(reply(200, b"hello"), RULES)

    assert (answer.verdict, answer.reason) == (Verdict.unknown, "no_rule_holds")


def test_partner_that_says_no_with_201_is_believed() -> None:
    rules = [
        {"when": {"jsonpath": "$.outcome", "equals": "failure"}, "verdict": "rejected"},
        {"when": {"jsonpath": "$.outcome", "equals": "success"}, "verdict": "accepted"},
    ]
    body = {"outcome": "failure", "reason": "duplicate", "lead": {"id": 1}, "price": 0}

    answer = read_reply(reply(201, json.dumps(body).encode()), rules)

    assert answer.verdict is Verdict.rejected


@pytest.mark.parametrize("content_type", CHARSETS)
@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_is_never_accepted_where_there_are_rules(
    body: bytes, content_type: str
) -> None:
    answer = read_reply(reply(200, body, content_type=content_type), RULES)

    assert answer.verdict in {Verdict.unknown, Verdict.retry}


@pytest.mark.parametrize(
    "body", [b'{"success": true}', b"<r><success>true</success></r>"]
)
def test_reply_that_was_cut_is_not_read_as_a_document(body: bytes) -> None:
    assert read_reply(reply(200, body), RULES).verdict is Verdict.accepted
    assert (
        read_reply(reply(200, body, truncated=True), RULES).verdict is Verdict.unknown
    )


@given(
    st.binary(max_size=200) | st.text(st.characters(codec="utf-8")).map(str.encode),
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["content-type", "retry-after", "date"]), st.text()
    ),
)
def test_no_reply_breaks_the_reading(
    body: bytes, status: int, headers: dict[str, str]
) -> None:
    answer = read_reply(Reply(status, headers, body, False, 5, None), RULES)

    assert answer.verdict is not Verdict.accepted


@given(st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5))
def test_stored_rules_that_cannot_be_read_accept_nothing(rules: object) -> None:
    answer = read_reply(
        reply(200), rules if isinstance(rules, list) and rules else ["x"]
    )

    assert answer == Answer(Verdict.unknown, "bad_reply_rules")
