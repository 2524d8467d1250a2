"""Commands that take effect once: a caller's key, its body and the answer it got."""

import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import InvalidInput, KeyReused, StillRunning

KEPT_DAYS = 7
MAX_KEY = 200

Answer = tuple[int, dict[str, Any]]

TAKE = text(
    "INSERT INTO idempotency_key (caller, key, body_hash, expires_at)"
    " VALUES (:caller, :key, :hash, now() + make_interval(days => :days))"
    " ON CONFLICT (caller, key) DO UPDATE SET body_hash = excluded.body_hash,"
    " answer = NULL, expires_at = excluded.expires_at"
    " WHERE idempotency_key.expires_at <= now() RETURNING key"
)
TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:caller || :key, 0))")
KEEP = text(
    "UPDATE idempotency_key SET answer = CAST(:answer AS jsonb)"
    " WHERE caller = :caller AND key = :key"
)
FORGET = text("DELETE FROM idempotency_key WHERE caller = :caller AND key = :key")
FIND = text(
    "SELECT body_hash, answer FROM idempotency_key"
    " WHERE caller = :caller AND key = :key"
)


def answer_once(
    caller: str, key: str | None, body: bytes, run: Callable[[], Answer]
) -> Answer:
    """Run a command once per caller and key; later calls get the first answer.

    The key is kept in the transaction of the command itself: what failed keeps no
    key. Raises KeyReused where the body differs, StillRunning while the first call
    has not ended, InvalidInput for a key that is no key.
    """
    if key is None:
        return run()
    check_key(key)
    named = {"caller": caller, "key": "key:" + key}
    digest = hashlib.sha256(body).digest()
    with transaction() as session:
        if not session.scalar(TRY, named):
            raise StillRunning("The first call with this key is still running.", 1)
        values = {**named, "hash": digest, "days": KEPT_DAYS}
        if session.execute(TAKE, values).first() is None:
            kept = session.execute(FIND, named).one()
            if bytes(kept.body_hash) != digest:
                raise KeyReused("This Idempotency-Key came before with another body.")
            return kept.answer[0], kept.answer[1]
        status, answer = run()
        session.execute(KEEP, {**named, "answer": json.dumps([status, answer])})
        return status, answer


def answer_once_apart(
    caller: str,
    key: str | None,
    body: bytes,
    run: Callable[[], Answer],
    secrets: Collection[str] = (),
) -> Answer:
    """As `answer_once`, for a command that opens and ends its own transactions.

    It may ask the network between them. A crash in the middle keeps the key taken,
    so that nobody repeats what may have been done. Of the answer everything is kept
    but its `secrets`, which later calls find null: they are shown once.
    """
    if key is None:
        return run()
    check_key(key)
    named = {"caller": caller, "key": "key:" + key}
    digest = hashlib.sha256(body).digest()
    with transaction() as session:
        values = {**named, "hash": digest, "days": KEPT_DAYS}
        if session.execute(TAKE, values).first() is None:
            kept = session.execute(FIND, named).one()
            if bytes(kept.body_hash) != digest:
                raise KeyReused("This Idempotency-Key came before with another body.")
            if kept.answer is None:
                raise StillRunning("The first call with this key is still running.", 1)
            return kept.answer[0], kept.answer[1]
    try:
        status, answer = run()
    except Exception:
        with transaction() as session:
            session.execute(FORGET, named)
        raise
    kept_answer = _without(answer, secrets)
    with transaction() as session:
        session.execute(KEEP, {**named, "answer": json.dumps([status, kept_answer])})
    return status, answer


def _without(answer: dict[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    return {
        name: None
        if name in secrets
        else _without(value, secrets)
        if isinstance(value, dict)
        else value
        for name, value in answer.items()
    }


def check_key(key: str) -> None:
    """Refuse a key that is empty, too long or not printable ASCII."""
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        message = f"Send 1 to {MAX_KEY} printable characters."
        raise InvalidInput.one("Idempotency-Key", "invalid", message)
