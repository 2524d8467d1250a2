"""What a user must be: email, password, role, and the side it belongs to."""

from dataclasses import dataclass, fields

from email_validator import EmailNotValidError, validate_email
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.domain.body import why_unstorable
from app.domain.people import Role
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.saving import Errors

ADMIN, OPERATOR, PARTNER, VENDOR = "Admin", "Operator", "Partner", "Vendor"
ROLE_NAMES = {
    ADMIN: Role.admin,
    OPERATOR: Role.operator,
    PARTNER: Role.client,
    VENDOR: Role.vendor,
}
# A user may be made by the role's name here or by the name that FAB knows.
_BY_WORD = {role.name: name for name, role in ROLE_NAMES.items()} | {
    name.lower(): name for name in ROLE_NAMES
}
MIN_PASSWORD = 10
MAX_PASSWORD = 200
MAX_EMAIL = 320


@dataclass(frozen=True)
class Given:
    """What was given of a new user, of any type."""

    email: object
    password: object
    role: object
    name: object = None
    active: object = True
    partner_id: object = None
    vendor_id: object = None

    @classmethod
    def of(cls, user: User) -> "Given":
        """Take the facts off a new user, before anything of it is stored."""
        facts = {f.name: vars(user).get(f.name) for f in fields(cls)}
        if facts["active"] is None:
            facts["active"] = True
        return cls(**facts)


def read_email(given: object, errors: Errors) -> str:
    """Return the email in lower case, or note why it is none."""
    try:
        if isinstance(given, str) and len(given) <= MAX_EMAIL:
            # Deliverability is a matter of DNS; example.com is a fine log-in.
            checked = validate_email(
                given.strip(), check_deliverability=False, test_environment=True
            )
            return checked.normalized.lower()
    except EmailNotValidError:
        pass
    errors.add("email", "invalid", "Send an email address.")
    return ""


def check_password(given: object, email: str, errors: Errors) -> None:
    """Check length and that it is not the email."""
    if not isinstance(given, str) or why_unstorable(given):
        errors.add("password", "type", "Send a text.")
    elif not MIN_PASSWORD <= len(given) <= MAX_PASSWORD or not given.strip():
        message = f"Send {MIN_PASSWORD} to {MAX_PASSWORD} characters."
        errors.add("password", "length", message)
    elif given.strip().lower() == email:
        errors.add("password", "same", "Choose something other than the email.")


def check_active(given: object, errors: Errors) -> None:
    """Check that it is true or false."""
    if not isinstance(given, bool):
        errors.add("active", "type", "Send true or false.")


def read_role(given: object, errors: Errors) -> str:
    """Return FAB's name of the role, or note which there are."""
    name = _BY_WORD.get(given.lower()) if isinstance(given, str) else None
    if name is None:
        known = ", ".join(role.name for role in Role)
        errors.add("role", "choice", f"Choose one of {known}.")
    return name or ""


def check_side(session: Session, role: str, given: Given, errors: Errors) -> None:
    """Hold that a partner's user has a partner, a vendor's a vendor, staff none."""
    _check_owner(session, Partner, given.partner_id, "partner_id", errors)
    _check_owner(session, Vendor, given.vendor_id, "vendor_id", errors)
    for name, key, owner in (
        ("partner_id", given.partner_id, PARTNER),
        ("vendor_id", given.vendor_id, VENDOR),
    ):
        if role == owner and key is None:
            errors.add(name, "required", "This field is required for this role.")
        elif role and role != owner and key is not None:
            errors.add(name, "not_allowed", "This role has none.")


def _check_owner(
    session: Session,
    model: type[Partner] | type[Vendor],
    key: object,
    name: str,
    errors: Errors,
) -> None:
    if key is None:
        return
    if isinstance(key, bool) or not isinstance(key, int):
        errors.add(name, "type", "Send a whole number.")
    elif not 0 < key < 2**63 or session.get(model, key) is None:
        errors.add(name, "unknown", "There is no such row.")
