"""Reading ids out of addresses, sessions and tokens."""

from uuid import UUID

from app.domain.errors import NotFound

MAX_DIGITS = 18


def read_uuid(given: object) -> UUID | None:
    """Return the UUID that the text spells, or None."""
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


def read_id(given: object) -> int:
    """Return the id that the text spells; raises NotFound for what is none."""
    text = str(given)
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS:
        raise NotFound("There is no such row.")
    return int(text)
