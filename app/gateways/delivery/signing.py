"""Signatures by Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body."""

import base64
import hmac
import secrets

_PREFIX = "whsec_"
_KEY_BYTES = 32


def new_secret() -> str:
    """Make a signing secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def sign(signing_secret: str, message_id: str, sent_at: int, body: bytes) -> str:
    """Return the webhook-signature header: one signature per secret given."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    return " ".join(_signature(one, signed) for one in signing_secret.split())


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    digest = hmac.digest(key, signed, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
