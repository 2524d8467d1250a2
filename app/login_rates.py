"""How often one may log in or register; form and API count together."""

from app.client import client_address
from app.domain.errors import TooMany
from app.limiting import wait_s
from app.services.auth import is_known_place
from app.services.policy import policy

# Six digits and three steps at once: this leaves a guesser with the password one
# chance in three thousand a day.
CODES = "10/hour"
# Each is a mail to a stranger, and tells whether the email is known here.
INVITATIONS = "30/day"


def count_login(email: object) -> None:
    """Count one try of the account and of the address; raises TooMany.

    An address from which the account was opened lately counts for itself, so that
    nobody elsewhere can lock its owner out.
    """
    account = email.strip().lower() if isinstance(email, str) else ""
    address = client_address()
    bucket = address if is_known_place(account, address) else "elsewhere"
    wait = max(
        wait_s(policy.login_per_account, "login", account, bucket),
        wait_s(policy.login_per_address, "login from", address),
    )
    if wait:
        raise TooMany("Too many log-ins; try again later.", wait)


def count_code(user_id: int) -> None:
    """Count one code of a second factor that a user tries; raises TooMany."""
    if wait := wait_s(CODES, "code", str(user_id)):
        raise TooMany("Too many codes; try again later.", wait)


def count_registration() -> None:
    """Count one registration from the address; raises TooMany."""
    if wait := wait_s(policy.register_per_address, "register from", client_address()):
        raise TooMany("Too many registrations from here; try again later.", wait)


def count_invitation(account: str) -> None:
    """Count one invitation by an account; raises TooMany."""
    if wait := wait_s(INVITATIONS, "invitation", account):
        raise TooMany("Too many invitations; go on tomorrow.", wait)


def count_reset() -> None:
    """Count one wish for a new password from the address; raises TooMany."""
    if wait := wait_s(policy.reset_per_address, "reset from", client_address()):
        raise TooMany("Too many requests from here; try again later.", wait)
