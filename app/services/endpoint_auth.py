"""The `auth` of an endpoint: how a partner knows us, read strictly."""

import re

from app.domain.body import why_unstorable
from app.domain.errors import FieldError, InvalidInput

KEYS = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "header": ("name", "value"),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
OPTIONAL = {"oauth2": ("scope",)}
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
OURS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection"}
)
MAX_TEXT = 5000


def check_auth(auth: object) -> None:
    """Check `{"type": "none|basic|bearer|header|oauth2", …}`; null is none.

    Raises InvalidInput with every error, named like `auth.password`.
    """
    if auth is None:
        return
    kind = auth.get("type") if isinstance(auth, dict) else None
    if not isinstance(auth, dict) or not isinstance(kind, str) or kind not in KEYS:
        message = f"Send an object whose type is one of {', '.join(KEYS)}."
        raise InvalidInput.one("auth.type", "choice", message)
    needed, allowed = KEYS[kind], (*KEYS[kind], *OPTIONAL.get(kind, ()), "type")
    errors = [
        FieldError(f"auth.{name}", "unknown", "This field is not known.")
        for name in auth
        if name not in allowed
    ]
    errors += [
        FieldError(f"auth.{name}", "required", "Send a text of one line.")
        for name in needed
        if not _is_line(auth.get(name))
    ]
    if errors:
        raise InvalidInput(errors)
    name = auth.get("name")
    if name is not None and (not HEADER.fullmatch(name) or name.lower() in OURS):
        raise InvalidInput.one("auth.name", "invalid", "Send a header's name.")


def _is_line(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_TEXT
        and value.isprintable()
        and why_unstorable(value) is None
    )
