"""Signatures are those of Standard Webhooks, by its own verifier."""

import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from app.gateways.delivery.signing import new_secret, sign

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NAUGHTY = (
    "",
    "\x00",
    "\r\nX: y",
    "</script>",
    "' OR 1=1 --",
    "\u202e\ufeff",
    "{{7*7}}",
    "Ω≈ç√∫",
    "👩\u200d👩\u200d👧",
    "v1,AAAA",
    "a.b.c",
)
PLANES = (0x20, 0x400, 0x4E00, 0xAC00, 0x1F300, 0x10F000)
NOW = int(datetime.now(UTC).timestamp())


def test_signature_is_that_of_the_published_vector() -> None:
    body = (
        b'{"type":"lead.delivered","timestamp":"2026-11-21T02:00:00Z",'
        b'"data":{"id":"ld_1"}}'
    )

    signature = sign(SECRET, "msg_01JDTEST", 1795226400, body)

    assert signature == "v1,5PDlaSemCs0Dq0TqmNNhoJdqejSu/A4PnKFbGK+nMUY="


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_verifier_takes_any_payload_and_no_other(payload: dict[str, object]) -> None:
    body = json.dumps(payload).encode()
    headers = trio("msg_1", sign(SECRET, "msg_1", NOW, body))
    webhook = Webhook(SECRET)

    assert webhook.verify(body, headers) == payload
    with pytest.raises(WebhookVerificationError):
        webhook.verify(body + b" ", headers)


def test_during_a_rotation_both_secrets_verify() -> None:
    old, new = new_secret(), new_secret()

    headers = trio("msg_2", sign(f"{new} {old}", "msg_2", NOW, b"{}"))

    assert Webhook(old).verify(b"{}", headers) == {}
    assert Webhook(new).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b"{}", headers)


def trio(message_id: str, signature: str) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(NOW),
        "webhook-signature": signature,
    }


def test_ten_thousand_bodies_verify_with_either_secret_and_no_other_byte() -> None:
    old, new = new_secret(), new_secret()
    webhooks = Webhook(old), Webhook(new)
    draw = random.Random(7)  # noqa: S311 - nothing secret
    refused = 0

    for number in range(10_000):
        body = json.dumps(anything(draw), ensure_ascii=draw.random() < 0.5).encode()
        message_id = f"msg_{number}"
        headers = trio(message_id, sign(f"{new} {old}", message_id, NOW, body))
        for webhook in webhooks:
            webhook.verify(body, headers)
        at = draw.randrange(len(body))
        changed = (
            body[:at] + bytes([body[at] ^ 1 << draw.randrange(7)]) + body[at + 1 :]
        )
        try:
            webhooks[number % 2].verify(changed, headers)
        except (WebhookVerificationError, UnicodeDecodeError):
            refused += 1

    assert refused == 10_000


def anything(draw: random.Random, depth: int = 0) -> object:
    """Return any JSON: texts of every plane, with the naughty ones among them."""
    kind = draw.randrange(5 if depth < 3 else 3)
    if kind == 0:
        return draw.choice([None, True, draw.getrandbits(70), draw.random() / 3])
    if kind == 1:
        return draw.choice(NAUGHTY)
    if kind == 2:
        points = [draw.choice(PLANES) + draw.randrange(0x700) for _ in range(20)]
        return "".join(map(chr, points))
    count = draw.randrange(6)
    if kind == 3:
        return [anything(draw, depth + 1) for _ in range(count)]
    return {str(anything(draw, 3)): anything(draw, depth + 1) for _ in range(count)}
