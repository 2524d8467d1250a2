"""Users: who may log in, as what, and for which partner or vendor.

Flask-AppBuilder's tables hold them: the email, in lower case, is the user name too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotFound
from app.domain.evidence import CHANGED, SET, differences
from app.domain.people import STAFF, Actor, Role
from app.domain.states import MemberRole
from app.models.people import Membership
from app.services.audit import record
from app.services.constraints import refusal_of
from app.services.passwords import hash_password, matches
from app.services.saving import Errors, check_staff
from app.services.user_rules import (
    ADMIN,
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

SIDE = ("partner_id", "vendor_id", "member_role")
END_OTHERS = text(
    "UPDATE login_family SET ended_at = now()"
    " WHERE user_id = :user AND ended_at IS NULL AND id IS DISTINCT FROM :kept"
)
END_FAMILIES = text(
    "UPDATE login_family SET ended_at = now() WHERE user_id = :user"
    " AND ended_at IS NULL"
)


@dataclass(frozen=True)
class Person:
    """A user as told to administrators; `status` is active or inactive."""

    id: int
    email: str
    name: str
    role: str | None
    partner_id: int | None
    vendor_id: int | None
    member_role: MemberRole | None
    active: bool
    status: str


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
    user.roles = [session.scalars(_role_row(name)).one()]
    session.add(user)
    _flush(session)
    if role not in STAFF:
        place.user_id = user.id
        session.add(place)
        _flush(session)
    # Who it is, is told by the number: the log outlives the person's data.
    told = {"role": role.name, "active": user.active}
    owner = {"partner_id": place.partner_id, "vendor_id": place.vendor_id}
    return told | {name: key for name, key in owner.items() if key is not None}


def change_user(user_id: int, changes: Mapping[str, Any], actor: Actor) -> Person:
    """Change a user's `name`, `password`, `active`, `role`, its side or `member_role`.

    Whatever but the name changes ends what the user is logged in to. For
    administrators. Raises NotAllowed, NotFound, InvalidInput with every error, Conflict
    for the last active administrator.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        user = session.get(User, user_id, with_for_update={"of": User})
        if user is None:
            raise NotFound("There is no such user.")
        [old] = people([user])
        place = _check_changes(session, user, old, changes)
        before, after = _facts(old), {}
        if "name" in changes:
            user.first_name = str(changes["name"] or "").strip()
        if "password" in changes:
            user.password = hash_password(changes["password"])
            before["password"], after["password"] = SET, CHANGED
        user.active = changes.get("active", user.active)
        _give_place(session, user, old, place)
        [new] = people([user])
        if old.role == Role.admin.name and (new.role, new.active) != (old.role, True):
            _keep_an_administrator(session)
        told = differences(before, after | _facts(new))
        if any(told):
            session.execute(END_FAMILIES, {"user": user.id})
        if changes:
            record(session, actor, "user.changed", f"user:{user.id}", *told)
        return new


def change_own_password(
    actor: Actor, current: str, new: object, kept: UUID | None = None
) -> None:
    """Change the actor's password; ends their other log-ins, all but `kept`.

    Raises InvalidInput with every error, on `current` and `password`.
    """
    with transaction() as session:
        user = session.get(User, actor.user_id, with_for_update={"of": User})
        if user is None:
            raise NotFound("There is no such user.")
        errors = Errors()
        if not matches(user.password, current):
            errors.add("current", "wrong", "This is not your password.")
        check_password(new, user.email, errors)
        errors.refuse()
        user.password = hash_password(str(new))
        session.execute(END_OTHERS, {"user": user.id, "kept": kept})
        record(session, actor, "user.password_changed", f"user:{user.id}")


def people(users: list[User]) -> list[Person]:
    """Return what is told of users, their memberships read in one query."""
    with transaction() as session:
        ids = [user.id for user in users]
        found = session.scalars(select(Membership).where(Membership.user_id.in_(ids)))
        members = {member.user_id: member for member in found}
        return [_person(user, members.get(user.id)) for user in users]


def membership_of(user_id: int) -> Membership | None:
    """Return a user's place in a partner or vendor; staff have none."""
    with transaction() as session:
        return session.get(Membership, user_id)


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
        name=user.first_name,
        role=role.name if role else None,
        partner_id=member.partner_id if member else None,
        vendor_id=member.vendor_id if member else None,
        member_role=member.role if member else None,
        active=bool(user.active),
        status="active" if user.active else "inactive",
    )


@dataclass(frozen=True)
class _Place:
    """What a user is to be: FAB's name of the role, and the place within a side."""

    role: str
    given: Given
    member_role: MemberRole | None


def _check_changes(
    session: Session, user: User, old: Person, changes: Mapping[str, Any]
) -> _Place:
    """Check what changes; return the place that the user has afterwards."""
    errors = Errors()
    if "password" in changes:
        check_password(changes["password"], user.email, errors)
    if "active" in changes:
        check_active(changes["active"], errors)
    if changes.get("name"):
        read_line("name", changes["name"], MAX_NAME, errors)
    role = read_role(changes.get("role", old.role), errors)
    # Another role leaves the side that the old one had.
    stays = bool(role) and ROLE_NAMES[role].name == old.role
    kept = {n: getattr(old, n) if stays else None for n in SIDE}
    side = {name: changes.get(name, kept[name]) for name in SIDE}
    given = Given(user.email, None, role, **side)
    with session.no_autoflush:
        check_side(session, role, given, errors)
    member_role = read_member_role(role, given.member_role, errors)
    errors.refuse()
    return _Place(role, given, member_role)


def _give_place(session: Session, user: User, old: Person, place: _Place) -> None:
    """Give a user its role, and its place in a partner or vendor."""
    role = ROLE_NAMES[place.role]
    if role.name != old.role:
        user.roles = [session.scalars(_role_row(place.role)).one()]
    member = session.get(Membership, user.id)
    if role in STAFF:
        if member is not None:
            session.delete(member)
    else:
        member = member or Membership(user_id=user.id)
        # Checked to be ids, or null.
        member.partner_id = cast("int | None", place.given.partner_id)
        member.vendor_id = cast("int | None", place.given.vendor_id)
        member.role = place.member_role or MemberRole.owner
        session.add(member)
    _flush(session)


def _facts(person: Person) -> dict[str, object]:
    """Return what the audit log is told of a user, and what ends the log-ins."""
    names = ("role", "active", "partner_id", "vendor_id", "member_role")
    return {name: getattr(person, name) for name in names}


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
