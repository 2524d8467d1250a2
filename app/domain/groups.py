"""The groups of a campaign: tiers that are asked for a lead one after the other."""

from collections.abc import Mapping
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.domain.routing_facts import Group
from app.domain.states import Method

MAX_GROUPS = 20
MAX_NAME = 64
MAX_SALES = 100
KEYS = frozenset({"name", "method", "limit", "if_sold"})
METHODS = tuple(name for name in Method.__members__ if name != Method.groups.name)
STOP, GO_ON = "stop", "go_on"


def compile_groups(given: object) -> tuple[Group, ...]:
    """Return the groups of a list of `{name, method, limit, if_sold}`; null is none.

    Raises InvalidInput with every error, named like `groups[0].method`.
    """
    if given is None:
        return ()
    if not isinstance(given, list) or not 0 < len(given) <= MAX_GROUPS:
        message = f"Send null or a list of 1 to {MAX_GROUPS} groups."
        raise InvalidInput.one("groups", "type", message)
    errors: list[FieldError] = []
    names: set[object] = set()
    for index, item in enumerate(given):
        path = f"groups[{index}]"
        if not isinstance(item, dict) or not set(item) <= KEYS:
            message = f"Send an object of {', '.join(sorted(KEYS))}."
            errors.append(FieldError(path, "keys", message))
            continue
        errors += _wrong(item, path, names)
        if isinstance(item.get("name"), str):
            names.add(item["name"])
    if errors:
        raise InvalidInput(errors)
    return tuple(
        Group(
            item["name"],
            Method(item["method"]),
            item.get("limit"),
            item.get("if_sold") == STOP,
        )
        for item in given
    )


def _wrong(item: Mapping[str, Any], path: str, names: set[object]) -> list[FieldError]:
    errors = _wrong_name(item.get("name"), f"{path}.name", names)
    method = item.get("method")
    if method == Method.groups.name:
        message = "A group cannot have groups itself; choose another method."
        errors.append(FieldError(f"{path}.method", "nested", message))
    elif method not in METHODS:
        message = f"Choose one of {', '.join(METHODS)}."
        errors.append(FieldError(f"{path}.method", "choice", message))
    limit = item.get("limit")
    if limit is not None and (type(limit) is not int or not 0 < limit <= MAX_SALES):
        message = f"Enter a number from 1 to {MAX_SALES}, or nothing for no limit."
        errors.append(FieldError(f"{path}.limit", "out_of_range", message))
    if item.get("if_sold") not in (None, STOP, GO_ON):
        message = f"Choose {STOP} or {GO_ON}."
        errors.append(FieldError(f"{path}.if_sold", "choice", message))
    return errors


def _wrong_name(name: object, path: str, names: set[object]) -> list[FieldError]:
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        message = "Give it a name, without blanks around it."
        return [FieldError(path, "required", message)]
    if len(name) > MAX_NAME:
        message = f"Send at most {MAX_NAME} characters."
        return [FieldError(path, "too_long", message)]
    if name in names:
        return [FieldError(path, "taken", "Name each group once.")]
    return []
