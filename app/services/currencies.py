"""Which currencies there are."""

from functools import cache

from babel.numbers import list_currencies

from app.models.base import Base
from app.services.saving import Errors

# Metals, units of account and codes for tests: nobody pays in them.
NO_MONEY = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"


def is_currency(code: str) -> bool:
    """Say whether it is a code of ISO 4217 for money."""
    return code in _currencies()


def check_currency(obj: Base, errors: Errors) -> None:
    """Check that the currency of what is saved is a code of ISO 4217."""
    code = getattr(obj, "currency", None)
    if code is not None and errors.spares("currency") and not is_currency(code):
        message = "Send a currency's ISO 4217 code, like USD."
        errors.add("currency", "unknown", message)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies()).difference(NO_MONEY.split())
