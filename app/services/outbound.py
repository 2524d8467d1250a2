"""What the house may reach: public addresses, what the operator allows, its sandbox."""

from app.gateways.guard import Guard
from app.settings import settings


def outbound_guard() -> Guard:
    """Return the guard of every outbound connection, by the settings."""
    entries = list(settings.outbound_allow)
    if settings.demo:
        entries.append(settings.local_address)
    return Guard.from_entries(entries)
