"""The refusals of the house, each with a text fit for the person who reads it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FieldError:
    """One bad field: its dotted name, a stable code, a sentence that says the fix."""

    field: str
    code: str
    message: str


class LeadNexusError(Exception):
    """Anything the house refuses; `code` is stable, the text is for people."""

    code = "error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


@dataclass
class InvalidInput(LeadNexusError):  # noqa: N818 - named after what happened
    """One or more fields are wrong; all of them are listed."""

    errors: list[FieldError] = field(default_factory=list)
    code: str = "invalid"

    def __post_init__(self) -> None:
        super().__init__(
            "; ".join(f"{e.field}: {e.message}" for e in self.errors) or "Invalid",
            self.code,
        )

    @classmethod
    def one(cls, name: str, code: str, message: str) -> "InvalidInput":
        """Refuse a single field."""
        return cls([FieldError(name, code, message)])


class NotAllowed(LeadNexusError):  # noqa: N818
    """The actor may not do this; 403, or 404 where even existence is private."""

    code = "not_allowed"


class NotFound(LeadNexusError):  # noqa: N818
    """There is no such thing, or it is another's."""

    code = "not_found"


class Conflict(LeadNexusError):  # noqa: N818
    """The state of things forbids it now (409)."""

    code = "conflict"


class KeyReused(LeadNexusError):  # noqa: N818
    """An idempotency key came before with another body (422)."""

    code = "idempotency_key_reused"


class StillRunning(Conflict):
    """The first call with this idempotency key has not ended (409)."""

    code = "still_running"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooMany(LeadNexusError):  # noqa: N818
    """The rate is passed; `retry_after_s` says when to try again (429)."""

    code = "too_many"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Gone(LeadNexusError):  # noqa: N818
    """It was here and takes nothing any more (410)."""

    code = "gone"


class OutsideFailed(LeadNexusError):  # noqa: N818
    """A service outside the house failed; `permanent` says whether to try again."""

    code = "outside_failed"

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent
