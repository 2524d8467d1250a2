"""Limits by weekday: an input for each of seven days, counts or amounts."""

from collections.abc import Callable
from typing import Any

from wtforms.validators import StopValidation

from app.domain.currencies import read_amount, write_amount
from app.domain.schedule import DAYS
from app.views.editors.base import Column, EditorField, Filled, Way, only
from app.views.fields import read_whole

WEEK = tuple(Column(day, day.capitalize(), "short") for day in DAYS)


class WeekdayCapsField(EditorField):
    """How many leads on each day; what is left empty is as on every day."""

    ways = (
        Way("same", "The same on every day"),
        Way("days", "Its own on these days; empty is as on every day", head=WEEK),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return an input for each day."""
        try:
            given = only(value, set(DAYS))
            return Filled("days", {day: self.spell(given.get(day)) for day in DAYS})
        except (ValueError, TypeError):
            return None

    def read(self, filled: Filled) -> dict[str, int]:
        """Return the limits by day; raises ValueError with the fix."""
        limits: dict[str, int] = {}
        for day, text in filled.head.items():
            try:
                limits |= {day: self.number(text)} if text else {}
            except ValueError as error:
                message = str(error)
                raise ValueError(self.say(f".{day}", message)) from None
        if not limits:
            raise ValueError("Fill in a day, or choose the other way.")
        return limits

    def number(self, text: str) -> int:
        """Read one input; raises ValueError with the fix."""
        return read_whole(text)

    def spell(self, value: int | None) -> str:
        """Return a limit as it is typed."""
        return "" if value is None else str(value)


class WeekdayBudgetsField(WeekdayCapsField):
    """How much money on each day, in the currency of the campaign."""

    find_currency: Callable[[], str] = staticmethod(lambda: "")

    def process_formdata(self, _valuelist: list[str]) -> None:
        """Keep what was typed: amounts are read when their currency is known."""
        self.data = None

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 - as WTForms asks
        """Read what was typed; raises StopValidation with the fix."""
        try:
            super().process_formdata(self.raw_data or [])
        except ValueError as error:
            raise StopValidation(str(error)) from None

    def number(self, text: str) -> int:
        """Read an amount; raises ValueError with the fix."""
        return read_amount(text, self.find_currency())

    def spell(self, value: int | None) -> str:
        """Return an amount as it is typed."""
        if value is None:
            return ""
        return write_amount(value, self.find_currency(), grouped=False)
