"""Tokens under attack: forged ones open nothing, and a race has one winner."""

import base64
import json
import threading
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from flask.testing import FlaskClient

from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM
from tests.web.rest import forget_caller

EMAIL = "ada@example.com"
OTHER_KEY = "k" * 64


def _pair(client: FlaskClient) -> dict[str, Any]:
    body = {"email": EMAIL, "password": PASSWORD}
    found: dict[str, Any] = client.post("/api/auth/login", json=body).json
    return found


def _part(value: object) -> str:
    raw = json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _forged(token: str, key: str) -> list[str]:
    """Return tokens that nobody issued, or that no longer count."""
    head, body, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    now = int(time.time())
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = [
        f"{_part({'alg': name, 'typ': 'JWT'})}.{body}.{sign}"
        for name in ("none", "None", "NONE", "nOnE", "")
        for sign in ("", signature)
    ]
    swapped = [
        jwt.encode(claims, key, algorithm=name) for name in ("HS384", "HS512")
    ] + [jwt.encode(claims, rsa_key, algorithm=name) for name in ("RS256", "PS256")]
    other_key = [
        jwt.encode(claims, OTHER_KEY, algorithm="HS256", headers=headers)
        for headers in (
            {},
            {"kid": "../../../dev/null"},
            {"kid": "' UNION SELECT 'k"},
            {"jku": "http://127.0.0.1:9/keys"},
            {"jwk": {"kty": "oct", "k": "a2trawo"}},
            {"x5u": "http://127.0.0.1:9/cert"},
        )
    ]
    # Signed by the house's own key, but not what it would have issued.
    family = "01a1fc78-c762-75ff-80d9-14850c0df4e0"
    changes: tuple[dict[str, Any], ...] = (
        {"exp": now - 1},
        {"nbf": now + 600},
        {"type": "refresh"},
        {"sub": "999999"},
        {"sub": str(int(claims["sub"]) + 1)},
        {"family": family},
        {"family": None},
        {"family": ["x"]},
        {"family": "nonsense"},
    )
    own = [jwt.encode({**claims, **one}, key, algorithm="HS256") for one in changes]
    missing = [
        jwt.encode(
            {n: v for n, v in claims.items() if n != name}, key, algorithm="HS256"
        )
        for name in ("sub", "family", "exp")
    ]
    evil = _part({**claims, "sub": "1"})
    broken = [
        f"{head}.{evil}.{signature}",
        f"{head}.{body}.{signature[:-2]}AA",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.x",
        f".{body}.{signature}",
        token[::-1],
        token + "\x7f",
    ]
    return [*unsigned, *swapped, *other_key, *own, *missing[:2], *broken]


def test_forged_token_opens_nothing(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "operator", SYSTEM)
    token = _pair(client)["access_token"]
    key = client.application.config["JWT_SECRET_KEY"]
    opened = []

    for forged in _forged(token, key):
        forget_caller()
        headers = {"Authorization": f"Bearer {forged}"}
        answer = client.get("/api/auth/me", headers=headers)
        if answer.status_code != 401:
            opened.append((forged, answer.status_code))
    forget_caller()
    genuine = client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})

    assert opened == []
    assert genuine.status_code == 200


def test_of_many_refreshes_at_once_one_wins(committed: Flask) -> None:
    create_user(EMAIL, PASSWORD, "operator", SYSTEM)
    token = _pair(committed.test_client())["refresh_token"]
    start, codes = threading.Barrier(8), []

    def refresh() -> None:
        client = committed.test_client()
        start.wait()
        answer = client.post("/api/auth/refresh", json={"refresh_token": token})
        codes.append(answer.status_code)

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [200] + [401] * 7
