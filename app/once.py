"""Calls that take effect once for each `Idempotency-Key` of their caller.

The caller is a person or a key at one address: the same key elsewhere is another one.
"""

import hashlib
from collections.abc import Callable, Collection

from flask import Response, jsonify, request

from app.domain.people import Actor
from app.services.idempotency import Answer, answer_once_apart


def answered_once(
    actor: Actor, run: Callable[[], Answer], secrets: Collection[str] = ()
) -> Response:
    """Answer the request by a command; a repetition gets the first answer.

    Of that it finds the `secrets` null: they are shown once.
    """
    fresh: list[Answer] = []

    def noted() -> Answer:
        fresh.append(run())
        return fresh[0]

    key, body = request.headers.get("Idempotency-Key"), request.get_data()
    # By its digest: the table's column is short, an address may be long.
    place = hashlib.sha256(request.path.encode()).hexdigest()[:32]
    caller = f"{actor.label}:{place}"
    status, shown = answer_once_apart(caller, key, body, noted, secrets)
    answer = jsonify(shown)
    answer.status_code = status
    if not fresh:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer
