"""Registering: anybody asks for an account, an administrator approves or rejects.

Asking is one hash and one statement whether or not the email is known, so that
neither the answer nor its time tells. Nobody is a user before the approval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, and_, exists, func, select, text, update
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict
from app.domain.people import Actor, Role
from app.domain.states import RegistrationStatus
from app.models.partner import Partner
from app.models.people import Membership, Registration
from app.models.vendor import Vendor
from app.services import mail
from app.services.audit import record
from app.services.locking import lock_row
from app.services.partners import save_partner
from app.services.passwords import hash_password
from app.services.people import Person, people
from app.services.policy import policy
from app.services.saving import Errors, check_staff
from app.services.user_rules import (
    MAX_COMPANY,
    MAX_NAME,
    check_password,
    read_email,
    read_line,
)
from app.services.users import add_user
from app.services.vendors import save_vendor
from app.settings import settings

MAY_REGISTER = {role.name: role for role in (Role.client, Role.vendor)}
NEXT_ID = text("SELECT nextval('ab_user_id_seq')")
# A second wish only counts: its password must not replace the first one's.
ASK = text(
    "INSERT INTO registration (id, email, name, company, role, password_hash)"
    " VALUES (:id, :email, :name, :company, :role, :password_hash)"
    " ON CONFLICT (email) WHERE status = 'pending'"
    " DO UPDATE SET times = registration.times + 1"
)
SUBJECT = "Your account at Lead Nexus is open"
BODY = """\
Your request was approved. Log in with this email and the password you chose at
{site}/login/
"""


@dataclass(frozen=True)
class Wish:
    """A wish for an account, as told to administrators; `status` is pending."""

    id: int
    email: str
    name: str
    company: str
    role: str
    status: str
    created_at: datetime
    active: bool = False
    partner_id: None = None
    vendor_id: None = None


def read_wish(given: Mapping[str, object]) -> dict[str, str]:
    """Return what is wished, of `email`, `password`, `name`, `company` and `role`.

    Raises InvalidInput with every error.
    """
    errors = Errors()
    email = read_email(given.get("email"), errors)
    password = given.get("password")
    check_password(password, email, errors)
    wish = {
        "email": email,
        "password": str(password),
        "name": read_line("name", given.get("name"), MAX_NAME, errors),
        "company": read_line("company", given.get("company"), MAX_COMPANY, errors),
        "role": _read_role(given.get("role"), errors),
    }
    errors.refuse()
    return wish


def register(wish: Mapping[str, str]) -> dict[str, Any]:
    """Note a wish for an account; return what the caller is told of it.

    That is the id of a user to be. For a known email nothing changes, and the answer
    is the same.
    """
    password_hash = hash_password(wish["password"])
    with transaction() as session:
        user_id = session.scalar(NEXT_ID)
        session.execute(ASK, {**wish, "id": user_id, "password_hash": password_hash})
    status = RegistrationStatus.pending.name
    shown = {"email": wish["email"], "role": wish["role"], "status": status}
    return {"id": user_id, **shown}


def approve_registration(user_id: int, actor: Actor) -> Person:
    """Make the user, and an active partner or vendor of the company's name.

    For administrators. Raises NotAllowed, NotFound, Conflict where it was decided
    before or the email has got an account meanwhile.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        wish = _pending(session, user_id)
        if session.scalar(select(exists().where(User.email == wish.email))):
            raise Conflict("This email has an account by now.", "taken")
        user = User(id=wish.id, email=wish.email, username=wish.email)
        user.first_name, user.password = wish.name, wish.password_hash
        told = add_user(session, user, wish.role, _open_account(wish, actor))
        _decide(session, wish, RegistrationStatus.approved, actor)
        record(session, actor, "user.approved", f"user:{user.id}", None, told)
        mail.send(session, user.email, SUBJECT, BODY.format(site=settings.public_url))
        return people([user])[0]


def reject_registration(user_id: int, actor: Actor) -> None:
    """Refuse a wish for an account; the same email may ask again.

    For administrators. Raises NotAllowed, NotFound, Conflict where it was decided.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        wish = _pending(session, user_id)
        _decide(session, wish, RegistrationStatus.rejected, actor)
        told = {"role": wish.role.name}
        record(session, actor, "user.rejected", f"user:{wish.id}", None, told)


def is_open() -> ColumnElement[bool]:
    """Return what holds of a wish that waits: the email has no account so far."""
    is_known = exists().where(User.email == Registration.email)
    return and_(Registration.status == RegistrationStatus.pending, ~is_known)


def wishes(actor: Actor, page: int, size: int, most: int) -> tuple[int, list[Wish]]:
    """Return how many wishes wait, counted up to `most`, and a page of them by id.

    For administrators. Raises NotAllowed.
    """
    check_staff(actor, admin_only=True)
    query = select(Registration).where(is_open())
    with transaction() as session:
        some = query.limit(most).subquery()
        count = session.scalar(select(func.count()).select_from(some)) or 0
        ordered = query.order_by(Registration.id).offset(page * size).limit(size)
        return count, [_told(wish) for wish in session.scalars(ordered)]


def _read_role(given: object, errors: Errors) -> str:
    if not isinstance(given, str) or given not in MAY_REGISTER:
        errors.add("role", "choice", f"Choose one of {', '.join(MAY_REGISTER)}.")
        return ""
    return given


def _pending(session: Session, user_id: int) -> Registration:
    wish = lock_row(session, Registration, user_id, "registration")
    if wish.status is not RegistrationStatus.pending:
        raise Conflict(f"This was {wish.status.name} before.", "decided")
    return wish


def _open_account(wish: Registration, actor: Actor) -> Membership:
    """Open the account that the user is to own; return their place in it."""
    currency = policy.default_currency
    if wish.role is Role.client:
        partner = Partner(name=wish.company, currency=currency)
        save_partner(partner, actor)
        return Membership(partner_id=partner.id)
    vendor = Vendor(name=wish.company, currency=currency)
    save_vendor(vendor, actor)
    return Membership(vendor_id=vendor.id)


def _decide(
    session: Session, wish: Registration, status: RegistrationStatus, actor: Actor
) -> None:
    session.execute(
        update(Registration)
        .where(Registration.id == wish.id)
        .values(
            status=status,
            decided_by=actor.user_id,
            decided_at=func.now(),
            password_hash=None,
        )
    )


def _told(wish: Registration) -> Wish:
    return Wish(
        id=wish.id,
        email=wish.email,
        name=wish.name,
        company=wish.company,
        role=wish.role.name,
        status=wish.status.name,
        created_at=wish.created_at,
    )
