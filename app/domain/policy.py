"""The kinds of values that business policy is set to: read, checked and spelled.

A kind takes a value of any type from outside, and returns it or raises ValueError with
the fix.
"""

import re
from dataclasses import dataclass

from app.domain.money import MAX_CENTS

MAX_DAYS = 3650
# One rate in whole periods: what `limits` reads beyond that nobody needs here.
RATE = re.compile(r"[1-9]\d{0,6}/([1-9]\d{0,3} )?(second|minute|hour|day)s?", re.ASCII)
WHOLE = re.compile(r"\d{1,15}", re.ASCII)
Value = bool | int | str | None


class Kind:
    """A kind of value, spelled as a text unless it says otherwise."""

    def parse(self, text: str) -> object:
        """Return what a text of the environment stands for, unchecked."""
        return text

    def check(self, value: object) -> Value:
        """Return the value in its type; raises ValueError with the fix."""
        raise NotImplementedError

    def spell(self, value: Value) -> str:
        """Return the text that the environment would hold."""
        return "" if value is None else str(value)


class Flag(Kind):
    """Yes or no."""

    def parse(self, text: str) -> object:
        """Return true for 1, false for 0."""
        return {"0": False, "1": True}.get(text, text)

    def check(self, value: object) -> Value:
        """Take true and false."""
        if isinstance(value, bool):
            return value
        raise ValueError("Send true or false, in the environment 1 or 0.")

    def spell(self, value: Value) -> str:
        """Return 1 or 0."""
        return "1" if value else "0"


class Rate(Kind):
    """So many uses in a period, such as `10/20 second`."""

    def check(self, value: object) -> Value:
        """Take a text of uses and period."""
        if isinstance(value, str) and RATE.fullmatch(value.strip()):
            return value.strip()
        raise ValueError("Send uses and a period, like 60/minute or 10/20 second.")


class CurrencyCode(Kind):
    """A currency's three letters."""

    def check(self, value: object) -> Value:
        """Take three letters, in capitals."""
        code = value.strip().upper() if isinstance(value, str) else ""
        if re.fullmatch("[A-Z]{3}", code):
            return code
        raise ValueError("Send a currency's three letters, like USD.")


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number within bounds; where `may_be_off`, none at all."""

    least: int = 1
    most: int = MAX_DAYS
    may_be_off: bool = False

    def parse(self, text: str) -> object:
        """Return the number; few digits, since Python reads no thousands of them."""
        return int(text) if WHOLE.fullmatch(text) else text

    def check(self, value: object) -> Value:
        """Take a number within the bounds."""
        if value is None and self.may_be_off:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            value = self.least - 1
        if self.least <= value <= self.most:
            return value
        raise ValueError(f"Send a whole number from {self.least} to {self.most}.")


CENTS = Whole(0, MAX_CENTS, may_be_off=True)
