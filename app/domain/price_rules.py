"""Price lists as people set them, read strictly: rules by fields, and steps by age.

`[{"when": <filter>, "price_cents": 4000}]` is a subscription's, in the order in which
its rules are tried; `[{"after_hours": 24, "percent": 50}]` is a campaign's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.domain.filters import Filter, Matcher, compile_rule
from app.domain.money import MAX_CENTS

MAX_RULES = 50
MAX_STEPS = 20
MAX_HOURS = 87_600
WHOLE = 100
_RULE_KEYS = {"when", "price_cents"}
_STEP_KEYS = {"after_hours", "percent"}


@dataclass(frozen=True)
class PriceRule:
    """What a lead that matches costs, in minor units."""

    when: Filter
    price_cents: int


@dataclass(frozen=True)
class AgePrice:
    """What share of its price a lead costs from that age on."""

    after: timedelta
    percent: int


def compile_price_rules(
    rules: object, compile_regex: Callable[[str], Matcher]
) -> tuple[PriceRule, ...]:
    """Read a subscription's price rules; null is none.

    Raises InvalidInput with every error, named like `price_rules[2].price_cents`.
    """
    errors: list[FieldError] = []
    compiled = []
    for path, item in _items(rules, "price_rules", MAX_RULES, _RULE_KEYS):
        errors += _amount(item, f"{path}.price_cents")
        if item.get("when") is None:
            message = "Say which leads it is for."
            errors.append(FieldError(f"{path}.when", "required", message))
            continue
        try:
            when = compile_rule(item["when"], compile_regex, f"{path}.when")
        except InvalidInput as refused:
            errors += refused.errors
            continue
        if when is not None and not errors:
            compiled.append(PriceRule(when, item["price_cents"]))
    if errors:
        raise InvalidInput(errors)
    return tuple(compiled)


def compile_age_prices(steps: object) -> tuple[AgePrice, ...]:
    """Read a campaign's prices by age: hours that rise, percentages that fall.

    Null is none. Raises InvalidInput with every error, named like
    `age_prices[1].percent`.
    """
    errors: list[FieldError] = []
    hours, percent = 0, WHOLE + 1
    compiled = []
    for path, item in _items(steps, "age_prices", MAX_STEPS, _STEP_KEYS):
        after, share = item.get("after_hours"), item.get("percent")
        if not _is_whole(after, hours + 1, MAX_HOURS):
            message = f"Send hours from {hours + 1} to {MAX_HOURS}: each step is later."
            errors.append(FieldError(f"{path}.after_hours", "out_of_range", message))
        if not _is_whole(share, 0, percent - 1):
            message = f"Send a percentage from 0 to {percent - 1}: each step is lower."
            errors.append(FieldError(f"{path}.percent", "out_of_range", message))
        if errors:
            # What follows is measured by this step.
            raise InvalidInput(errors)
        hours, percent = item["after_hours"], item["percent"]
        compiled.append(AgePrice(timedelta(hours=hours), percent))
    return tuple(compiled)


def percent_at(age: timedelta, steps: Sequence[AgePrice]) -> int:
    """Return the share of its price, in percent, that a lead of that age costs."""
    reached = (step.percent for step in steps if age >= step.after)
    return min(reached, default=WHOLE)


def _items(
    value: object, name: str, most: int, keys: set[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Return each object of a list with its path; null is none."""
    if value is None:
        return []
    if not isinstance(value, list) or not 0 < len(value) <= most:
        message = f"Send null or a list of 1 to {most} objects."
        raise InvalidInput.one(name, "type", message)
    wrong = [
        f"{name}[{index}]"
        for index, item in enumerate(value)
        if not isinstance(item, dict) or not set(item) <= keys
    ]
    if wrong:
        message = f"Send an object of {', '.join(sorted(keys))}."
        raise InvalidInput([FieldError(path, "keys", message) for path in wrong])
    return [(f"{name}[{index}]", item) for index, item in enumerate(value)]


def _amount(item: dict[str, Any], path: str) -> list[FieldError]:
    if _is_whole(item.get("price_cents"), 0, MAX_CENTS):
        return []
    return [
        FieldError(
            path, "out_of_range", f"Send a price from 0 to {MAX_CENTS}, in minor units."
        )
    ]


def _is_whole(value: object, least: int, most: int) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and least <= value <= most  # type: ignore[operator]
