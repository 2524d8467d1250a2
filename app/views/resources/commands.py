"""The calls by which resources change: a POST takes effect once for each key."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.once import answered_once
from app.security import current_actor
from app.services.idempotency import Answer
from app.views.resources.document import told

Call = TypeVar("Call", bound=Callable[..., Any])


def command(
    rule: str,
    answer: Any,  # noqa: ANN401 - as `told` takes it
    *,
    keeps_key: bool = False,
    takes_key: bool = True,
    **told_as: Any,  # noqa: ANN401
) -> Callable[[Call], Call]:
    """Open a call of a resource's own to POST; the rest is as `told` takes it.

    One that `keeps_key` keeps the Idempotency-Key by itself, with what it books; one
    that takes none has no effect of which a second would be one too many.
    """

    def open_(call: Call) -> Call:
        kept = once(call) if takes_key and not keeps_key else call
        vars(kept)["keyless"] = not takes_key
        told_call = told(answer, **told_as)(kept)
        post: Call = permission_name("post")(told_call)
        made: Call = expose(rule, methods=["POST"])(protect()(post))
        return made

    return open_


def once(call: Callable[..., Response]) -> Callable[..., Response]:
    """Let a call of a resource take effect once for each Idempotency-Key."""

    @wraps(call)
    def answered(api: Any, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        def run() -> Answer:
            made = call(api, *args, **kwargs)
            return made.status_code, made.get_json()

        return answered_once(current_actor(), run, api.shown_once)

    return answered
