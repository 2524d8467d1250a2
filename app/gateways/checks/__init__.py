"""Checks of contact data: one seam for the offline checks and every provider.

A provider that is not there answers `error`, so that no lead waits for it for good.
"""

from collections.abc import Mapping

from app.gateways.checks.offline import Offline
from app.gateways.checks.result import Check, CheckName, CheckResult, Verdict

__all__ = ["Check", "CheckName", "CheckResult", "Verdict", "provider", "providers"]


class _Missing:
    """Stands in for a provider without a gateway."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, check: str, contact: Mapping[str, object]) -> CheckResult:
        """Answer `error`: there is nobody to ask about the contact."""
        del contact
        return CheckResult(check, self.name, "error", ("no_provider",))


_PROVIDERS: dict[str, Check] = {"offline": Offline()}


def providers() -> tuple[str, ...]:
    """Return the names of the providers that exist."""
    return tuple(_PROVIDERS)


def provider(name: str) -> Check:
    """Return the provider of that name; one that does not exist answers `error`."""
    return _PROVIDERS.get(name) or _Missing(name)
