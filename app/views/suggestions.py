"""What forms suggest: currencies in use and time zones; and a key for each form."""

import secrets
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from flask import Flask

KEY_BYTES = 12


def init_app(app: Flask) -> None:
    """Let templates ask; as globals, for FAB renders widgets without a context."""
    app.jinja_env.globals.update(
        form_key=lambda: secrets.token_urlsafe(KEY_BYTES),
        known_currencies=known_currencies,
        known_zones=known_zones,
    )


@cache
def known_currencies() -> tuple[tuple[str, str], ...]:
    """Return the currencies that are tender somewhere now, with their names."""
    today = datetime.now(UTC).date()
    codes = {
        code
        for periods in get_global("territory_currencies").values()
        for code, _start, end, is_tender in periods
        if is_tender and (end is None or tuple(end) > today.timetuple()[:3])
    }
    names = Locale("en").currencies
    return tuple((code, names.get(code, code)) for code in sorted(codes))


@cache
def known_zones() -> tuple[str, ...]:
    """Return the time zones by place, and UTC."""
    places = (zone for zone in available_timezones() if "/" in zone)
    return ("UTC", *sorted(zone for zone in places if not zone.startswith("Etc/")))
