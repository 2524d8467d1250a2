"""What a check is, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

CheckName = Literal["email", "phone", "address", "consent"]
Verdict = Literal["valid", "risky", "invalid", "unknown", "error"]


@dataclass(frozen=True)
class CheckResult:
    """A provider's verdict on one check: reasons are codes, the cost is in cents."""

    check: str
    provider: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    cost_cents: int = 0


class Check(Protocol):
    """A provider of checks."""

    name: str

    def run(self, check: str, contact: Mapping[str, object]) -> CheckResult:
        """Check the email, phone, address or consent of a normalised contact."""
