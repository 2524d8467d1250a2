"""What the checks of a lead add up to, by the campaign's policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from app.domain.states import ValidationStatus


class Action(Enum):
    """What becomes of a lead after its checks, mildest first."""

    accept = "accept"
    review = "review"
    reject = "reject"


OFFLINE = (("email", "email"), ("phone", "phone"), ("address", "address"))
SEVERITY = (Action.accept, Action.review, Action.reject)
DEFAULT_ON = {"risky": "review", "unknown": "accept", "error": "accept"}
WORST_FIRST = (
    ValidationStatus.invalid,
    ValidationStatus.risky,
    ValidationStatus.unknown,
    ValidationStatus.valid,
)


@dataclass(frozen=True)
class Policy:
    """One check that a campaign asks for, and what its verdicts lead to."""

    check: str
    providers: tuple[str, ...]
    required: bool = True
    on: Mapping[str, str] = field(default_factory=dict)

    def action(self, verdict: str) -> Action:
        """Return what a verdict (valid, risky, invalid, unknown, error) leads to."""
        if verdict == "valid":
            return Action.accept
        if verdict == "invalid":
            return Action.reject if self.required else Action.review
        return Action(self.on.get(verdict, DEFAULT_ON.get(verdict, "accept")))


@dataclass(frozen=True)
class Finding:
    """What one check said: its verdict, by whom, and why."""

    check: str
    provider: str
    verdict: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The sum of all findings: the lead's status, what follows, and the reason."""

    status: ValidationStatus
    action: Action
    reason: str | None


def read_policies(stored: object, contact: Mapping[str, object]) -> tuple[Policy, ...]:
    """Return a campaign's checks as stored; null asks for the offline ones.

    Those look at what the contact brings, and what is risky lowers the score alone.
    """
    if not isinstance(stored, list):
        given = [check for check, field in OFFLINE if contact.get(field)]
        return tuple(Policy(c, ("offline",), on={"risky": "accept"}) for c in given)
    return tuple(
        Policy(
            check=item["check"],
            providers=tuple(item.get("providers") or ("offline",)),
            required=item.get("required", True),
            on=item.get("on") or {},
        )
        for item in stored
    )


def sum_up(policies: Sequence[Policy], findings: Sequence[Finding]) -> Outcome:
    """Return what all findings add up to; a policy without a finding is `error`."""
    by_check = {finding.check: finding for finding in findings}
    status, action, reason = ValidationStatus.valid, Action.accept, None
    for policy in policies:
        finding = by_check.get(policy.check)
        verdict = finding.verdict if finding else "error"
        shown = ValidationStatus("unknown" if verdict == "error" else verdict)
        status = min(status, shown, key=WORST_FIRST.index)
        wanted = policy.action(verdict)
        if SEVERITY.index(wanted) > SEVERITY.index(action):
            why = ",".join(finding.reasons) if finding else ""
            action, reason = wanted, f"{policy.check}:{why or verdict}"
    return Outcome(status, action, reason)
