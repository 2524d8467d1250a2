"""The one way in which a start is refused."""


class CannotStart(Exception):  # noqa: N818 - reads as what happened
    """The programs cannot run; the text says why, for the person at the terminal."""
