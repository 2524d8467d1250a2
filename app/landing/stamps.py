"""When a form was rendered, signed: too soon or too late, it is asked again."""

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

LEAST_S = 3
MOST_S = 2 * 3600
SALT = "landing page"

TOO_SOON = "That was very quick. Please check your answers and send them again."
TOO_LATE = "This page was open for a long time. Please send your answers again."


def new_stamp(page_id: int) -> str:
    """Return a signed stamp of now for one page."""
    return _serializer().dumps(page_id)


def why_unfit(stamp: str, page_id: int) -> str | None:
    """Return why a stamp does not stand for this page's form, or None if it does."""
    try:
        stamped_id, at = _serializer().loads(
            stamp, max_age=MOST_S, return_timestamp=True
        )
        age = _now() - int(at.timestamp())
    except SignatureExpired:
        return TOO_LATE
    except BadSignature:
        return TOO_SOON
    if stamped_id != page_id or age < LEAST_S:
        return TOO_SOON
    return None


def _now() -> int:
    # The serializer's own clock, so that both ends count the same seconds.
    return _serializer().make_signer(SALT).get_timestamp()  # type: ignore[attr-defined,no-any-return]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=SALT)
