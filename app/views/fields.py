"""The form fields of the screens: money, percents, JSON, states, times, texts."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from wtforms import Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import DateTimeLocalInput, TextInput

from app.domain.currencies import read_amount, write_amount
from app.domain.money import MAX_CENTS
from app.domain.schedule import timezone_named
from app.views.choosing import RowField, label_of
from app.views.formats import words
from app.views.zones import day_zone

__all__ = [
    "JsonField",
    "MomentField",
    "MoneyField",
    "PercentField",
    "RowField",
    "StateField",
    "TextField",
    "WholeField",
    "label_of",
]

MAX_WHOLE = 13
PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*%?", re.ASCII)
LOCAL = "%Y-%m-%dT%H:%M"


class MoneyField(Field):
    """An amount as people write it in its currency, held as integer minor units.

    It is read when the form is validated: only then its currency is known.
    """

    widget = TextInput()
    data: int | None
    find_currency: Callable[[], str] = staticmethod(lambda: "")

    def __init__(self, *args: Any, least: int = 0, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.least = least

    @property
    def currency(self) -> str:
        """The currency that the amount is in."""
        return self.find_currency()

    def process_formdata(self, _valuelist: list[str]) -> None:
        """Keep what was typed for `pre_validate`."""
        self.data = None

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 - as WTForms asks
        """Read what was typed; raises StopValidation with the fix."""
        text = str(self.raw_data[0]).strip() if self.raw_data else ""
        if not text:
            return
        try:
            amount = read_amount(text, self.currency)
        except ValueError as error:
            raise StopValidation(str(error)) from None
        if not self.least <= amount <= MAX_CENTS:
            bounds = [write_amount(n, self.currency) for n in (self.least, MAX_CENTS)]
            message = f"Enter an amount from {bounds[0]} to {bounds[1]}."
            raise StopValidation(message)
        self.data = amount

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return write_amount(self.data, self.currency, grouped=False)


class PercentField(Field):
    """A percentage with at most two decimals, held as basis points."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a percentage such as 17.5; raises ValueError with the fix."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        self.data = read_percent(text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else write_percent(self.data)


class MomentField(Field):
    """A time; `<name>-zone` names the time zone in which it was typed.

    It is the account's, or else UTC until the script sets the browser's own.
    """

    widget = DateTimeLocalInput()

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Keep the zone at hand."""
        typed = (formdata or {}).get(f"{self.name}-zone", "")
        self.zone = timezone_named(typed) if typed else day_zone()
        super().process(formdata, *args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a local time; raises ValueError with the fix."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        try:
            local = datetime.fromisoformat(text).replace(tzinfo=self.zone)
            self.data = local.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("Enter a date and a time.") from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data.astimezone(self.zone):{LOCAL}}"


class WholeField(IntegerField):
    """A whole number that says so when it is not one."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a whole number; raises ValueError with the fix."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = read_whole(text) if text else None


class JsonField(TextAreaField):
    """A value written as JSON; empty is null."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return json.dumps(self.data, indent=2, ensure_ascii=False)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the JSON; raises ValueError that names the line."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        try:
            self.data = json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            message = f"This is not JSON: line {error.lineno}, column {error.colno}."
            raise ValueError(message) from error
        except RecursionError as error:
            raise ValueError("This is nested too deeply.") from error


class StateField(SelectField):
    """One name of an enumeration."""

    def __init__(self, *args: Any, states: type[Enum], **kwargs: Any) -> None:  # noqa: ANN401
        choices = [SelectChoice(state.name, words(state)) for state in states]
        super().__init__(*args, choices=choices, coerce=_name, **kwargs)


class TextField(StringField):
    """A line of text without surrounding blanks; `empty` is what an empty one is."""

    def __init__(self, *args: Any, empty: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.empty = empty

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the line."""
        self.data = (valuelist[0] if valuelist else "").strip() or self.empty


def read_whole(text: str) -> int:
    """Return a whole number such as 1,000; raises ValueError with the fix."""
    digits = text.replace(",", "")
    is_number = digits.isascii() and digits.removeprefix("-").isdecimal()
    if not is_number or len(digits) > MAX_WHOLE:
        raise ValueError("Enter a whole number, like 25.")
    return int(digits)


def read_percent(text: str) -> int:
    """Return a percentage such as 17.5 in basis points; raises ValueError."""
    found = PERCENT.fullmatch(text)
    if found is None:
        raise ValueError("Enter a percentage, like 20 or 17.5.")
    return int(found[1] + (found[2] or "").ljust(2, "0"))


def write_percent(basis_points: int) -> str:
    """Return basis points as a percentage is typed."""
    return f"{Decimal(basis_points) / 100:f}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number.")


def _name(value: object) -> str:
    return value.name if isinstance(value, Enum) else str(value)
