"""Signatures are those of Standard Webhooks, by its own verifier."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from app.gateways.delivery.signing import new_secret, sign

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
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
