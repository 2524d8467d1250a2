"""Users: who may log in, as what, and for which partner or vendor.

Flask-AppBuilder's tables hold them: the email, in lower case, is the user name too.
"""

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.db import transaction
from app.domain.errors import Conflict, NotFound
from app.domain.people import Actor, Role
from app.models.people import Membership
from app.services.constraints import refusal_of
from app.services.saving import Errors, check_staff
from app.services.user_rules import (
    ADMIN,
    PARTNER,
    ROLE_NAMES,
    VENDOR,
    Given,
    check_active,
    check_password,
    check_side,
    read_email,
    read_role,
)

END_FAMILIES = text(
    "UPDATE login_family SET ended_at = now() WHERE user_id = :user"
    " AND ended_at IS NULL"
)


@dataclass(frozen=True)
class Person:
    """A user as told to administrators."""

    id: int
    email: str
    role: str | None
    partner_id: int | None
    vendor_id: int | None
    active: bool


def ensure_roles() -> None:
    """Make the four roles' rows where they are missing."""
    with transaction() as session:
        known = set(session.scalars(select(RoleRow.name)))
        session.add_all(RoleRow(name=n) for n in ROLE_NAMES if n not in known)


def create_user(
    email: str,
    password: str,
    role_name: str,
    actor: Actor,
    partner_id: int | None = None,
    vendor_id: int | None = None,
) -> User:
    """Make a user of a role (admin, operator, client, vendor) who may log in at once.

    For administrators. Raises NotAllowed, InvalidInput with every error, Taken.
    """
    user = User(email=email, password=password)
    user.role, user.partner_id, user.vendor_id = role_name, partner_id, vendor_id
    save_user(user, actor)
    return user


def save_user(user: User, actor: Actor) -> None:
    """Store a new user of the facts given as its attributes.

    Those are `email`, `password`, `role`, and if wished `name`, `active`, `partner_id`
    and `vendor_id`. For administrators. Raises NotAllowed, InvalidInput with every
    error, Taken.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        errors = Errors()
        given = Given.of(user)
        user.email = user.username = read_email(given.email, errors)
        check_password(given.password, user.email, errors)
        check_active(given.active, errors)
        role = read_role(given.role, errors)
        with session.no_autoflush:
            check_side(session, role, given, errors)
        errors.refuse()
        user.first_name, user.last_name = str(given.name or ""), ""
        user.password = generate_password_hash(str(given.password))
        user.active = given.active
        user.roles = [session.scalars(_role_row(role)).one()]
        session.add(user)
        _flush(session)
        if role in (PARTNER, VENDOR):
            session.add(
                Membership(
                    user_id=user.id,
                    partner_id=given.partner_id,
                    vendor_id=given.vendor_id,
                )
            )
            _flush(session)


def change_user(user_id: int, changes: dict[str, Any], actor: Actor) -> Person:
    """Change a user's `password` or `active`; either ends what they are logged in to.

    For administrators. Raises NotAllowed, NotFound, InvalidInput, Conflict for the
    last active administrator.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        user = session.get(User, user_id, with_for_update={"of": User})
        if user is None:
            raise NotFound("There is no such user.")
        errors = Errors()
        if "password" in changes:
            check_password(changes["password"], user.email, errors)
        if "active" in changes:
            check_active(changes["active"], errors)
        errors.refuse()
        if "password" in changes:
            user.password = generate_password_hash(changes["password"])
        if "active" in changes:
            user.active = changes["active"]
            if role_of(user) is Role.admin:
                _keep_an_administrator(session)
        if changes:
            session.execute(END_FAMILIES, {"user": user.id})
        return people([user])[0]


def people(users: list[User]) -> list[Person]:
    """Return what is told of users, their memberships read in one query."""
    with transaction() as session:
        ids = [user.id for user in users]
        found = session.scalars(select(Membership).where(Membership.user_id.in_(ids)))
        members = {member.user_id: member for member in found}
        return [_person(user, members.get(user.id)) for user in users]


def email_of(actor: Actor) -> str | None:
    """Return the actor's own email."""
    with transaction() as session:
        return session.scalar(select(User.email).where(User.id == actor.user_id))


def role_of(user: User) -> Role | None:
    """Return the one role that a user has here."""
    names = {role.name for role in user.roles}
    return next((role for name, role in ROLE_NAMES.items() if name in names), None)


def _person(user: User, member: Membership | None) -> Person:
    role = role_of(user)
    return Person(
        id=user.id,
        email=user.email,
        role=role.name if role else None,
        partner_id=member.partner_id if member else None,
        vendor_id=member.vendor_id if member else None,
        active=bool(user.active),
    )


def _keep_an_administrator(session: Session) -> None:
    session.flush()
    # Two administrators who disable each other at once would leave none.
    session.execute(_role_row(ADMIN).with_for_update())
    left = session.scalar(
        select(func.count())
        .select_from(User)
        .where(User.active.is_(True), User.roles.any(RoleRow.name == ADMIN))
    )
    if not left:
        raise Conflict("The last active administrator stays.", "last_administrator")


def _role_row(name: str) -> Any:  # noqa: ANN401 - a select of FAB's model
    return select(RoleRow).where(RoleRow.name == name)


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise refusal_of(error) from None
