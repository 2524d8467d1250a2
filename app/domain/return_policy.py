"""The policy of returns: what a campaign grants, and a partner's exceptions from it.

Stored as JSON on either; what is left out comes from the one below, at last from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.domain.money import MAX_CENTS, WHOLE_BP
from app.domain.schedule import DAYS
from app.domain.states import ReturnReason
from app.domain.windows import CYCLES, Window

MAX_HOURS = 24 * 365
MAX_DAYS = 3650
MAX_COUNT = 10**9
MAX_RULES = 20
LIMITS_PER = ("subscription", "partner")
REASONS = tuple(ReturnReason.__members__)
RULE_KEYS = {"reasons", "confirmed", "max_cents"}
Check = Callable[[object], str | None]


@dataclass(frozen=True)
class Rule:
    """When a return is approved at once; everything that is given must hold."""

    reasons: tuple[str, ...] = REASONS
    confirmed: bool = True
    max_cents: int | None = None


@dataclass(frozen=True)
class ReturnPolicy:
    """What may be returned.

    The window runs from the delivery; limits count what was sold in one day, week or
    month of the subscription, or of all its partner's. None is no limit. Beyond the
    vendor's share a person decides what a rule would approve.
    """

    allowed: bool = True
    window_hours: int = 7 * 24
    max_age_days: int | None = None
    weekdays: tuple[str, ...] = DAYS
    cycle: str = Window.month.value
    limits_per: str = "subscription"
    max_count: int | None = None
    max_share_bp: int | None = None
    reasons: tuple[str, ...] = REASONS
    resell: tuple[str, ...] = ("duplicate", "out_of_filter")
    auto_approve: tuple[Rule, ...] = field(default_factory=tuple)
    vendor_max_share_bp: int | None = None
    operator_max_cents: int | None = None


def read_policy(*stored: Mapping[str, Any] | None) -> ReturnPolicy:
    """Return the policy of stored parts that were checked, the strongest last."""
    given: dict[str, Any] = {}
    for part in stored:
        given |= part or {}
    for name in ("weekdays", "reasons", "resell"):
        if name in given:
            given[name] = tuple(given[name])
    rules = given.pop("auto_approve", ())
    return ReturnPolicy(**given, auto_approve=tuple(_rule(rule) for rule in rules))


def check_policy(given: object) -> None:
    """Check the JSON of a policy; null is what is below it.

    Raises InvalidInput with every error, named like `return_policy.window_hours`.
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        message = "Send null or an object of limits."
        raise InvalidInput.one("return_policy", "type", message)
    errors = []
    for name, value in given.items():
        check = _CHECKS.get(name, _unknown)
        if wrong := check(value):
            errors.append(FieldError(f"return_policy.{name}", "invalid", wrong))
    if errors:
        raise InvalidInput(errors)


def _rule(stored: Mapping[str, Any]) -> Rule:
    given = dict(stored)
    if "reasons" in given:
        given["reasons"] = tuple(given["reasons"])
    return Rule(**given)


def _unknown(_: object) -> str:
    return f"Send any of {', '.join(_CHECKS)}."


def _truth(value: object) -> str | None:
    return None if isinstance(value, bool) else "Send true or false."


def _number(least: int, most: int, *, optional: bool = True) -> Check:
    def check(value: object) -> str | None:
        if value is None and optional:
            return None
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and least <= value <= most:  # type: ignore[operator]
            return None
        return f"Send a whole number from {least} to {most}."

    return check


def _some_of(known: tuple[str, ...], least: int = 0) -> Check:
    def check(value: object) -> str | None:
        if (
            isinstance(value, list)
            and all(isinstance(one, str) and one in known for one in value)
            and len(set(value)) == len(value) >= least
        ):
            return None
        return f"Send a list of {', '.join(known)}."

    return check


def _one_of(*known: str) -> Check:
    def check(value: object) -> str | None:
        return None if value in known else f"Choose one of {', '.join(known)}."

    return check


def _rules(value: object) -> str | None:
    if not isinstance(value, list) or len(value) > MAX_RULES:
        return f"Send a list of at most {MAX_RULES} rules."
    for rule in value:
        if not isinstance(rule, Mapping) or not set(rule) <= RULE_KEYS:
            return "A rule is an object of reasons, confirmed and max_cents."
        reasons = _some_of(REASONS, 1)(rule["reasons"]) if "reasons" in rule else None
        wrong = (
            reasons
            or _truth(rule.get("confirmed", True))
            or _number(0, MAX_CENTS)(rule.get("max_cents"))
        )
        if wrong:
            return wrong
    return None


_CHECKS: dict[str, Check] = {
    "allowed": _truth,
    "window_hours": _number(1, MAX_HOURS, optional=False),
    "max_age_days": _number(1, MAX_DAYS),
    "weekdays": _some_of(DAYS),
    "cycle": _one_of(*(window.value for window in CYCLES)),
    "limits_per": _one_of(*LIMITS_PER),
    "max_count": _number(0, MAX_COUNT),
    "max_share_bp": _number(0, WHOLE_BP),
    "vendor_max_share_bp": _number(0, WHOLE_BP),
    "reasons": _some_of(REASONS),
    "resell": _some_of(REASONS),
    "auto_approve": _rules,
    "operator_max_cents": _number(0, MAX_CENTS),
}
