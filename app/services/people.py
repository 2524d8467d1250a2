"""People: what there is to know of who may log in, and their log-ins."""

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.people import Actor, Role
from app.domain.states import MemberRole
from app.models.people import Membership
from app.services.constraints import refusal_of
from app.services.user_rules import ROLE_NAMES

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


def role_row(name: str) -> Any:  # noqa: ANN401 - a select of FAB's model
    """Return the select of a role's row."""
    return select(RoleRow).where(RoleRow.name == name)


def flush(session: Session) -> None:
    """Write what is new or changed; raises Taken for an email that is known."""
    try:
        session.flush()
    except IntegrityError as error:
        raise refusal_of(error) from None


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
