"""Secrets at rest: AES-256-GCM under the newest of FIELD_KEYS, bound to their place.

A sealed value opens only with the place it was sealed for, so that two rows cannot
swap theirs. Email and phone are compared by a keyed hash, never by their text.
"""

import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.settings import settings

AUTH_PLACE = "endpoint.auth"
SIGNING_PLACE = "endpoint.signing_secret"
NONCE = 12
KEY_ID = 4


def seal(secret: str, place: str) -> bytes:
    """Encrypt a secret for one place, such as `endpoint.auth`."""
    key = _key(settings.field_keys[0])
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key).encrypt(nonce, secret.encode(), place.encode())
    return _key_id(key) + nonce + sealed


def unseal(sealed: bytes, place: str) -> str:
    """Decrypt what `seal` made for that place; raises ValueError where it cannot."""
    key_id, nonce = sealed[:KEY_ID], sealed[KEY_ID : KEY_ID + NONCE]
    for text in settings.field_keys:
        key = _key(text)
        if hmac.compare_digest(_key_id(key), key_id):
            try:
                body = sealed[KEY_ID + NONCE :]
                return AESGCM(key).decrypt(nonce, body, place.encode()).decode()
            except InvalidTag as error:
                raise ValueError(f"{place} does not open with its key") from error
    raise ValueError(f"{place} was sealed with a key that is not in FIELD_KEYS")


def compared_hash(kind: str, text: str) -> bytes:
    """Return the keyed hash by which emails or phones are compared."""
    # The oldest key: rotation must not make every stored hash unequal.
    key = _key(settings.field_keys[-1])
    return hmac.digest(key, f"{kind}:{text}".encode(), "sha256")


@lru_cache
def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id:" + key).digest()[:KEY_ID]
