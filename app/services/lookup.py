"""Reading public ids out of addresses, sessions and tokens."""

from uuid import UUID


def read_uuid(given: object) -> UUID | None:
    """Return the UUID that the text spells, or None."""
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
