"""Changing a user: by an administrator whatever there is, by itself the password."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict
from app.domain.evidence import CHANGED, SET, differences
from app.domain.people import STAFF, Actor, Role
from app.domain.states import MemberRole
from app.models.people import Membership
from app.services.audit import record
from app.services.locking import lock_row
from app.services.passwords import hash_password, matches
from app.services.people import (
    END_FAMILIES,
    END_OTHERS,
    Person,
    flush,
    people,
    role_row,
)
from app.services.saving import Errors, check_staff
from app.services.user_rules import (
    ADMIN,
    MAX_NAME,
    ROLE_NAMES,
    Given,
    check_active,
    check_password,
    check_side,
    read_line,
    read_member_role,
    read_role,
)

SIDE = ("partner_id", "vendor_id", "member_role")


def change_user(user_id: int, changes: Mapping[str, Any], actor: Actor) -> Person:
    """Change a user's `name`, `password`, `active`, `role`, its side or `member_role`.

    Whatever but the name changes ends what the user is logged in to. For
    administrators. Raises NotAllowed, NotFound, InvalidInput with every error, Conflict
    for the last active administrator.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        user = lock_row(session, User, user_id, "user")
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
        user = lock_row(session, User, actor.user_id, "user")
        errors = Errors()
        if not matches(user.password, current):
            errors.add("current", "wrong", "This is not your password.")
        check_password(new, user.email, errors)
        errors.refuse()
        user.password = hash_password(str(new))
        session.execute(END_OTHERS, {"user": user.id, "kept": kept})
        record(session, actor, "user.password_changed", f"user:{user.id}")


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
        user.roles = [session.scalars(role_row(place.role)).one()]
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
    flush(session)


def _facts(person: Person) -> dict[str, object]:
    """Return what the audit log is told of a user, and what ends the log-ins."""
    names = ("role", "active", "partner_id", "vendor_id", "member_role")
    return {name: getattr(person, name) for name in names}


def _keep_an_administrator(session: Session) -> None:
    session.flush()
    # Two administrators who disable each other at once would leave none.
    session.execute(role_row(ADMIN).with_for_update())
    left = session.scalar(
        select(func.count())
        .select_from(User)
        .where(User.active.is_(True), User.roles.any(RoleRow.name == ADMIN))
    )
    if not left:
        raise Conflict("The last active administrator stays.", "last_administrator")
