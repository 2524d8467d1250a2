"""Presets are sound endpoints, and read the answers that their systems document."""

from urllib.parse import parse_qs

import pytest

from app.gateways.delivery import build_request, read_reply
from app.gateways.delivery.auth import check_auth
from app.gateways.delivery.presets import PRESETS
from app.gateways.delivery.rules import compile_rules
from app.gateways.http import Reply
from tests.gateways.delivery.test_request import PAYLOAD, handover

KEY = {"type": "body", "key": "s3cret & more"}
ANSWERS = [
    ("leadspedia", b'{"result":"success","lead_id":"0U","price":"15"}', "accepted"),
    ("leadspedia", b"<response><result>success</result></response>", "accepted"),
    (
        "leadspedia",
        b'{"result":"failed","price":0,"errors":[{"error":"Duplicate"}]}',
        "duplicate",
    ),
    (
        "leadspedia",
        b"<response><result>failed</result><errors><error>No</error></errors></response>",
        "rejected",
    ),
    ("leadspedia", b"<html>Welcome</html>", "unknown"),
    ("boberdoo", b'{"response":{"status":"Matched","lead_id":"1"}}', "accepted"),
    ("boberdoo", b"<response><status>Matched</status></response>", "accepted"),
    ("boberdoo", b"<response><status>Unmatched</status></response>", "rejected"),
    (
        "boberdoo",
        b"<response><status>Lead ID 7 has to be manually approved.</status></response>",
        "accepted",
    ),
    (
        "boberdoo",
        b"<response><status>Error</status><error>Duplicate lead</error></response>",
        "duplicate",
    ),
    ("leadconduit", b'{"outcome":"success","lead":{"id":"5f"},"price":1}', "accepted"),
    ("leadconduit", b'{"outcome":"failure","reason":"no bid"}', "rejected"),
    ("leadconduit", b'{"outcome":"failure","reason":"Duplicate email"}', "duplicate"),
    ("leadconduit", b"<result><outcome>error</outcome></result>", "retry"),
]


@pytest.mark.parametrize("name", PRESETS)
def test_preset_makes_a_request_and_sound_rules(name: str) -> None:
    preset = PRESETS[name]

    request = build_request(
        handover(format=preset.format, mapping=preset.mapping, auth=KEY)
    )

    compile_rules(preset.reply_rules)
    assert b"CA" in request.body


@pytest.mark.parametrize(("name", "body", "verdict"), ANSWERS)
def test_preset_reads_the_answers_of_its_system(
    name: str, body: bytes, verdict: str
) -> None:
    answer = Reply(200, {}, body, truncated=False, elapsed_ms=1, address=None)

    assert read_reply(answer, PRESETS[name].reply_rules).verdict.value == verdict


def test_key_stands_in_the_body_and_in_nothing_that_is_kept() -> None:
    preset = PRESETS["leadspedia"]
    check_auth(KEY)

    request = build_request(
        handover(format="form", mapping=preset.mapping, auth=KEY, payload=PAYLOAD)
    )

    sent, kept = (parse_qs(body.decode()) for body in (request.body, request.told))
    assert sent.pop("lp_campaign_key") == [KEY["key"]]
    assert kept.pop("lp_campaign_key") == ["(secret)"]
    assert sent == kept
    assert sent["lp_test"] == ["1"]
    assert "s3cret" not in repr(request)


def test_standard_body_never_holds_the_key() -> None:
    assert b"s3cret" not in build_request(handover(auth=KEY)).body
