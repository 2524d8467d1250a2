"""The `checks` of a campaign: which providers check what, and what follows."""

from typing import Any

from app.domain.checks import Action
from app.domain.errors import FieldError, InvalidInput
from app.domain.states import ProviderName

CHECKS = ("email", "phone", "address", "consent")
VERDICTS = ("risky", "unknown", "error")
KEYS = {"check", "providers", "required", "on"}
ACTIONS = tuple(action.value for action in Action)
PROVIDERS = tuple(ProviderName.__members__)


def check_checks(checks: object) -> None:
    """Check a list of `{check, providers, required, on}`; null is the offline checks.

    Raises InvalidInput with every error, named like `checks[0].providers`.
    """
    if checks is None:
        return
    if not isinstance(checks, list) or len(checks) > len(CHECKS):
        message = "Send null or a list with each check once."
        raise InvalidInput.one("checks", "type", message)
    errors: list[FieldError] = []
    seen: list[object] = []
    for index, item in enumerate(checks):
        path = f"checks[{index}]"
        if not isinstance(item, dict) or not set(item) <= KEYS:
            message = f"Send an object of {', '.join(sorted(KEYS))}."
            errors.append(FieldError(path, "keys", message))
            continue
        errors += _check(item, path, seen)
        seen.append(item.get("check"))
    if errors:
        raise InvalidInput(errors)


def _check(item: dict[str, Any], path: str, seen: list[object]) -> list[FieldError]:
    errors = []
    if item.get("check") not in CHECKS:
        message = f"Choose one of {', '.join(CHECKS)}."
        errors.append(FieldError(f"{path}.check", "choice", message))
    elif item["check"] in seen:
        errors.append(FieldError(f"{path}.check", "taken", "Name each check once."))
    providers = item.get("providers")
    if providers is not None and not _all_of(providers, PROVIDERS):
        message = f"Send a list of {', '.join(PROVIDERS)}, in order of trial."
        errors.append(FieldError(f"{path}.providers", "choice", message))
    if not isinstance(item.get("required", True), bool):
        errors.append(FieldError(f"{path}.required", "type", "Send true or false."))
    return errors + _on(item.get("on"), f"{path}.on")


def _on(given: object, path: str) -> list[FieldError]:
    if given is None:
        return []
    if not isinstance(given, dict) or not set(given) <= set(VERDICTS):
        message = f"Send an object of {', '.join(VERDICTS)}."
        return [FieldError(path, "keys", message)]
    return [
        FieldError(f"{path}.{verdict}", "choice", f"Choose {', '.join(ACTIONS)}.")
        for verdict, action in given.items()
        if action not in ACTIONS
    ]


def _all_of(values: object, known: tuple[str, ...]) -> bool:
    return (
        isinstance(values, list)
        and 0 < len(values) <= len(known)
        and all(value in known for value in values)
        and len(set(values)) == len(values)
    )
