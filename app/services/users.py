"""Users: making who may log in, as what, and for which partner or vendor.

Flask-AppBuilder's tables hold them: the email, in lower case, is the user name too.
"""

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.people import STAFF, Actor, Role
from app.domain.states import MemberRole
from app.models.people import Membership
from app.services.audit import record
from app.services.passwords import hash_password
from app.services.people import flush, role_row
from app.services.saving import Errors, check_staff
from app.services.user_rules import (
    MAX_NAME,
    ROLE_NAMES,
    Given,
    check_active,
    check_password,
    check_side,
    read_email,
    read_line,
    read_member_role,
    read_role,
)


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

    Those are `email`, `password`, `role`, and if wished `name`, `active`, `partner_id`,
    `vendor_id` and `member_role` (owner). For administrators. Raises NotAllowed,
    InvalidInput with every error, Taken.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        errors = Errors()
        given = Given.of(user)
        user.email = user.username = read_email(given.email, errors)
        # What the operator sets for the first administrator is theirs to choose.
        any_goes = actor.is_system
        check_password(given.password, user.email, errors, may_be_common=any_goes)
        check_active(given.active, errors)
        role = read_role(given.role, errors)
        with session.no_autoflush:
            check_side(session, role, given, errors)
        member_role = read_member_role(role, given.member_role, errors)
        name = read_line("name", given.name, MAX_NAME, errors) if given.name else ""
        errors.refuse()
        user.first_name = name
        user.password = hash_password(str(given.password))
        user.active = given.active
        owner = {"partner_id": given.partner_id, "vendor_id": given.vendor_id}
        place = Membership(role=member_role or MemberRole.owner, **owner)
        told = add_user(session, user, ROLE_NAMES[role], place)
        record(session, actor, "user.created", f"user:{user.id}", None, told)


def add_user(
    session: Session, user: User, role: Role, place: Membership
) -> dict[str, object]:
    """Write a user whose facts were checked, with role and membership.

    Staff belong to nobody: their place is left out. Return what the audit log is told.
    Raises Taken.
    """
    [name] = [name for name, known in ROLE_NAMES.items() if known is role]
    user.last_name = ""
    user.active = True if user.active is None else user.active
    user.roles = [session.scalars(role_row(name)).one()]
    session.add(user)
    flush(session)
    if role not in STAFF:
        place.user_id = user.id
        session.add(place)
        flush(session)
    # Who it is, is told by the number: the log outlives the person's data.
    told = {"role": role.name, "active": user.active}
    owner = {"partner_id": place.partner_id, "vendor_id": place.vendor_id}
    return told | {name: key for name, key in owner.items() if key is not None}
