"""What each op of a filter tests: a strict reading of its value into a test."""

import operator
from collections.abc import Callable
from typing import Any, Protocol

from app.domain.filter_rules import (
    Scalar,
    Test,
    is_blank,
    moment,
    number,
    plain_text,
)

MAX_VALUES = 50_000
MAX_TEXT = 1_000
_PAIR = 2


class Matcher(Protocol):
    """A compiled regular expression, as `re2.compile` returns it."""

    def search(self, text: str, /) -> object | None:
        """Return something true if the expression is found anywhere in `text`."""


class BadValue(Exception):  # noqa: N818 - caught where its path is known
    """A value that does not suit its op: code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


Regex = Callable[[str], Matcher]


def _one(value: object, _: Regex) -> Test:
    return _among([_scalar(value)])


def _many(value: object, _: Regex) -> Test:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_VALUES:
        raise BadValue("type", "Give a list of values that is not empty.")
    return _among([_scalar(element) for element in value])


def _among(wanted: list[Scalar]) -> Test:
    """Test equality; a number equals text that spells it, text equals only text."""
    texts = {plain_text(each) for each in wanted if _is_text(each)}
    spelt = {number(each) for each in wanted} - {None}
    numbers = {number(each) for each in wanted if not _is_text(each)} - {None}

    def test(given: Scalar) -> bool:
        if not _is_text(given):
            return number(given) in spelt
        if plain_text(given) in texts:
            return True
        return bool(numbers) and number(given) in numbers

    return test


def _compared(compare: Callable[[Any, Any], bool], *, past_end: bool = False) -> "Op":
    def build(value: object, _: Regex) -> Test:
        read, low, high = _limit(value)
        limit = high if past_end else low

        def test(given: Scalar) -> bool:
            amount = read(given)
            return amount is not None and compare(amount, limit)

        return test

    return build


def _between(value: object, _: Regex) -> Test:
    if not isinstance(value, list) or len(value) != _PAIR:
        raise BadValue("type", "Give a list of two numbers or dates.")
    (read, low, _end), (same, high, end) = map(_limit, value)
    if read is not same:
        raise BadValue("type", "Give two numbers, or two dates.")
    if low > high:
        raise BadValue("value", "Give the lower one first.")

    def test(given: Scalar) -> bool:
        amount = read(given)
        return amount is not None and low <= amount <= end

    return test


def _contains(value: object, _: Regex) -> Test:
    wanted = plain_text(_text(value))
    return lambda given: wanted in plain_text(given)


def _starts_with(value: object, _: Regex) -> Test:
    wanted = plain_text(_text(value))
    return lambda given: plain_text(given).startswith(wanted)


def _matches(value: object, compile_regex: Regex) -> Test:
    pattern = _text(value)
    try:
        matcher = compile_regex(f"(?i){pattern}")
    except Exception as error:
        # Each regular expression library has an error class of its own.
        raise BadValue("regex", "Not a regular expression of RE2.") from error
    # RE2 wants UTF-8, which cannot hold a lone surrogate.
    return lambda given: bool(
        matcher.search(str(given).strip().encode("utf-8", "replace").decode())
    )


def _is_set(value: object, _: Regex) -> Test:
    if not isinstance(value, bool):
        raise BadValue("type", "Give true or false.")
    return lambda _: True


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or (
        isinstance(value, (int, float)) and number(value) is not None
    ):
        return value
    raise BadValue("type", "Give text, a number, true or false.")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadValue("type", "Give text.")
    if is_blank(value):
        raise BadValue("empty", "Blank text; ask with is_set.")
    if len(value) > MAX_TEXT:
        raise BadValue("too_long", f"At most {MAX_TEXT} characters.")
    return value


def _limit(value: object) -> tuple[Callable[[Scalar], Any], Any, Any]:
    """Return how given values are read, and where the value begins and ends.

    A date lasts its whole day in UTC; a number ends where it begins.
    """
    if isinstance(value, (str, int, float)):
        if (amount := number(value)) is not None:
            return number, amount, amount
        if (begin := moment(value)) is not None:
            return moment, begin, moment(value, at_end=True)
    raise BadValue("type", "Give a number, or a date like 2026-11-21.")


def _is_text(value: Scalar) -> bool:
    return isinstance(value, (str, bool))


Op = Callable[[object, Regex], Test]
OPS: dict[str, Op] = {
    "eq": _one,
    "ne": _one,
    "in": _many,
    "not_in": _many,
    "gt": _compared(operator.gt, past_end=True),
    "gte": _compared(operator.ge),
    "lt": _compared(operator.lt),
    "lte": _compared(operator.le, past_end=True),
    "contains": _contains,
    "starts_with": _starts_with,
    "matches": _matches,
    "between": _between,
    "is_set": _is_set,
}
