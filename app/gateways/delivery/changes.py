"""How a line of a mapping changes its value: by named transforms, some with settings.

Each is data of a closed set. Only `default` and `map` see what is missing, and only
`join` sees a list as one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers

from app.domain.errors import FieldError, InvalidInput
from app.domain.schedule import timezone_named
from app.gateways.delivery.dates import WORDS, read_pattern
from app.gateways.delivery.transforms import (
    TRANSFORMS,
    Transform,
    moment_of,
    to_text,
)

MAX_STEPS = 5
MAX_TEXT = 5000
MAX_ENTRIES = 500
_EMPTY: tuple[Any, ...] = (None, "", [])

Step = Callable[[Any], Any]
Settings = Mapping[str, Any]


class _Bad(Exception):  # noqa: N818 - caught where its path is known
    """What is wrong with a setting, and at which key."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(key, message)
        self.key = key
        self.message = message


def read_steps(where: str, given: object, errors: list[FieldError]) -> tuple[Step, ...]:
    """Read a transform strictly; what is wrong with it joins `errors`."""
    if given is None:
        return ()
    if not isinstance(given, list):
        step = _step(where, given, errors)
        return () if step is None else (step,)
    if not 0 < len(given) <= MAX_STEPS:
        message = f"Send one to {MAX_STEPS} transforms, or null."
        errors.append(FieldError(where, "count", message))
        return ()
    steps = [_step(f"{where}[{n}]", one, errors) for n, one in enumerate(given)]
    return tuple(step for step in steps if step is not None)


def _step(where: str, given: object, errors: list[FieldError]) -> Step | None:
    if isinstance(given, str) and given in TRANSFORMS:
        return _each(TRANSFORMS[given])
    if not isinstance(given, Mapping):
        names = ", ".join(TRANSFORMS)
        message = (
            f"Choose one of {names}; an object with one of {', '.join(SETTINGS)};"
            " a list of these; or null."
        )
        errors.append(FieldError(where, "unknown", message))
        return None
    name = next((name for name in SETTINGS if name in given), None)
    if name is None:
        message = f"Send an object with one of {', '.join(SETTINGS)}."
        errors.append(FieldError(where, "unknown", message))
        return None
    read, more = SETTINGS[name]
    others = [key for key in given if key != name and key not in more]
    errors.extend(
        FieldError(f"{where}.{key}", "unknown", "Leave this out.") for key in others
    )
    try:
        return read(given)
    except _Bad as bad:
        errors.append(FieldError(f"{where}.{bad.key}", "invalid", bad.message))
    return None


def _each(change: Transform) -> Step:
    """Let a change see one value at a time, and never what is missing."""

    def step(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            return [change(item) for item in value if item is not None]
        return None if value is None or isinstance(value, Mapping) else change(value)

    return step


def _map(given: Settings) -> Step:
    table = given["map"]
    if not isinstance(table, Mapping) or not 0 < len(table) <= MAX_ENTRIES:
        raise _Bad("map", f"Send an object of one to {MAX_ENTRIES} values.")
    if not all(isinstance(name, str) and _is_scalar(to) for name, to in table.items()):
        raise _Bad("map", "A value becomes a text, a number, true, false or null.")
    known = {_folded(name): to for name, to in table.items()}
    if len(known) < len(table):
        raise _Bad("map", "Two of these values are the same but for capitals.")
    otherwise = _scalar(given, "default") if "default" in given else None
    mapped = _each(lambda value: known.get(_folded(to_text(value)), otherwise))
    return lambda value: otherwise if value in _EMPTY else mapped(value)


def _default(given: Settings) -> Step:
    otherwise = _scalar(given, "default")
    return lambda value: otherwise if value in _EMPTY else value


def _truncate(given: Settings) -> Step:
    most = given["truncate"]
    if type(most) is not int or not 0 < most <= MAX_TEXT:
        raise _Bad("truncate", f"Send a whole number from 1 to {MAX_TEXT}.")
    return _each(lambda value: to_text(value)[:most])


def _date(given: Settings) -> Step:
    pattern, zone = given["date"], given.get("timezone", "UTC")
    write = read_pattern(pattern) if isinstance(pattern, str) else None
    if write is None:
        message = f"Send a pattern like MM/DD/YYYY HH:mm, of {', '.join(WORDS)}."
        raise _Bad("date", message)
    try:
        clock = timezone_named(zone)
    except InvalidInput as refused:
        raise _Bad("timezone", refused.errors[0].message) from None

    def change(value: object) -> str | None:
        text = to_text(value)
        moment = moment_of(text)
        # A day is the same day everywhere; only a time has another elsewhere.
        has_time = len(text.strip()) > len("2026-11-20")
        try:
            if moment is not None and has_time:
                moment = moment.astimezone(clock)
        except OverflowError:
            return None
        return None if moment is None else write(moment)

    return _each(change)


def _phone(given: Settings) -> Step:
    pattern = given["phone"]
    is_text = isinstance(pattern, str) and len(pattern) <= len("+## (###) ###-####") * 2
    if not is_text or "#" not in pattern or not pattern.isprintable():
        raise _Bad("phone", "Send a pattern like ###-###-####, a # for each digit.")

    def change(value: object) -> str | None:
        try:
            number = phonenumbers.parse(to_text(value), "US")
        except phonenumbers.NumberParseException:
            return None
        digits = phonenumbers.national_significant_number(number)
        if len(digits) != pattern.count("#"):
            return None
        left = iter(digits)
        return "".join(next(left) if sign == "#" else sign for sign in pattern)

    return _each(change)


def _join(given: Settings) -> Step:
    between = given["join"]
    if not isinstance(between, str) or len(between) > MAX_ENTRIES:
        raise _Bad("join", "Send the text that stands between the values.")

    def step(value: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(value, list):
            return value
        return between.join(to_text(item) for item in value if item is not None)

    return step


def _scalar(given: Settings, key: str) -> Any:  # noqa: ANN401 - JSON
    if not _is_scalar(given[key]):
        raise _Bad(key, "Send a text, a number, true, false or null.")
    return given[key]


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return value is None or isinstance(value, bool | int | float)


def _folded(text: str) -> str:
    return text.strip().casefold()


# What has a setting: how it is read, and which keys it may have besides its own.
SETTINGS: Mapping[str, tuple[Callable[[Settings], Step], tuple[str, ...]]] = {
    "map": (_map, ("default",)),
    "truncate": (_truncate, ()),
    "date": (_date, ("timezone",)),
    "phone": (_phone, ()),
    "join": (_join, ()),
    "default": (_default, ()),
}
