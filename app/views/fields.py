"""The form fields of the screens: money, JSON, states and active rows of others."""

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from wtforms import Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import Choice, SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from app.db import db
from app.views.formats import words

MAX_WHOLE = 13
AMOUNT = re.compile(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?", re.ASCII)


class MoneyField(Field):
    """An amount as people write it, held as integer minor units."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{Decimal(self.data) / 100:.2f}"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read an amount such as 1,250.00; raises ValueError with the fix."""
        text = (valuelist[0] if valuelist else "").strip().lstrip("$€£")
        self.data = None
        if not text:
            return
        # A comma parts thousands or nothing: 12,50 must not become 1,250.
        if not AMOUNT.fullmatch(text):
            raise ValueError("Enter an amount, like 25.00 or 1,250.00.")
        cents = Decimal(text.replace(",", "")) * 100
        if cents.adjusted() > MAX_WHOLE:
            raise ValueError("Enter a smaller amount.")
        self.data = int(cents)


class WholeField(IntegerField):
    """A whole number that says so when it is not one."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a whole number; raises ValueError with the fix."""
        text = (valuelist[0] if valuelist else "").strip().replace(",", "")
        self.data = None
        if not text:
            return
        if (
            not text.lstrip("-").isdecimal()
            or not text.isascii()
            or len(text) > MAX_WHOLE
        ):
            raise ValueError("Enter a whole number, like 25.")
        self.data = int(text)


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


class RowField(SelectField):
    """The id of another row, of those that may be chosen and the one that is."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        rows: Callable[[], Iterable[Any]],
        model: type,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, coerce=_id, choices=[], **kwargs)
        self.rows = rows
        self.model = model

    def iter_choices(self) -> Iterable[Choice]:
        """Yield a blank, the rows that may be chosen, and the present one."""
        for value, label in self._offered():
            yield Choice(value, label, value == (self.data or ""), {})

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 - as WTForms asks
        """Refuse an id that is not among the choices."""
        if self.data is not None and self.data not in dict(self._offered()):
            raise StopValidation("Choose one of the list.")

    def _offered(self) -> list[tuple[int | str, str]]:
        rows = {row.id: label_of(row) for row in self.rows()}
        present = self.object_data
        if present is not None and present not in rows:
            row = db.session.get(self.model, present)
            rows[present] = f"{row} (not active)"
        return [("", "Please choose"), *rows.items()]


def label_of(row: Any) -> str:  # noqa: ANN401 - any row
    """Name a row among others; an endpoint with its partner."""
    partner = getattr(row, "partner", None)
    return f"{row} ({partner})" if partner is not None else str(row)


class TextField(StringField):
    """A line of text without surrounding blanks; `empty` is what an empty one is."""

    def __init__(self, *args: Any, empty: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.empty = empty

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the line."""
        self.data = (valuelist[0] if valuelist else "").strip() or self.empty


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number.")


def _name(value: object) -> str:
    return value.name if isinstance(value, Enum) else str(value)


def _id(value: object) -> int | None:
    text = str(value if value is not None else "")
    if text and (not text.isdecimal() or len(text) > MAX_WHOLE):
        raise ValueError("Choose one of the list.")
    return int(text) if text else None
