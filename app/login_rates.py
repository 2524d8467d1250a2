"""How often one may try to log in; form and API count together."""

from flask import request

from app.domain.errors import TooMany
from app.limiting import wait_s
from app.settings import settings


def count_login(email: object) -> None:
    """Count one try of the account and of the address; raises TooMany."""
    account = email.strip().lower() if isinstance(email, str) else ""
    wait = max(
        wait_s(settings.login_per_account, "login", account),
        wait_s(settings.login_per_address, "login from", request.remote_addr or ""),
    )
    if wait:
        raise TooMany("Too many log-ins; try again later.", wait)
