"""An account's people, as its owners see them, invite them and say what they may do.

No owner changes their own place: so one is always left, who can log in.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, exists, func, select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.evidence import differences
from app.domain.people import Actor, Role
from app.domain.states import MemberRole
from app.models.partner import Partner
from app.models.people import Membership
from app.models.vendor import Vendor
from app.services.audit import record
from app.services.locking import lock_row
from app.services.passwords import hash_password
from app.services.people import END_FAMILIES
from app.services.resets import mail_invitation
from app.services.saving import Errors
from app.services.user_rules import (
    ROLE_NAMES,
    check_active,
    read_email,
    read_member_role,
)
from app.services.users import add_user

MOST = 500
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('team', :account))")


@dataclass(frozen=True)
class Member:
    """A person of a partner or vendor."""

    id: int
    email: str
    role: MemberRole
    is_active: bool
    last_login: datetime | None


def list_team(actor: Actor) -> list[Member]:
    """Return the people of the actor's own partner or vendor, by email.

    For its owners. Raises NotAllowed.
    """
    _check_owner(actor)
    with transaction() as session:
        rows = session.execute(
            select(User.id, User.email, Membership.role, User.active, User.last_login)
            .join(Membership, Membership.user_id == User.id)
            .where(_is_theirs(actor))
            .order_by(User.email)
            .limit(MOST)
        )
        return [_member(*row) for row in rows]


def member_of(actor: Actor, user_id: str) -> Member:
    """Return one of the actor's people by their id's digits.

    Raises NotAllowed, and NotFound for another.
    """
    for member in list_team(actor):
        if str(member.id) == user_id:
            return member
    raise NotFound("There is no such person in your team.")


def invite(email: object, role: object, actor: Actor) -> None:
    """Make a user of the actor's partner or vendor, and mail them a link to begin by.

    Until they choose a password by it, nothing logs them in. For owners. Raises
    NotAllowed, InvalidInput with every error, Conflict past MOST.
    """
    _check_owner(actor)
    unknown = hash_password(secrets.token_urlsafe(32))
    with transaction() as session:
        _hold_team(session, actor)
        errors = Errors()
        address = read_email(email, errors)
        place = _read_role(role, actor, errors)
        if session.scalar(select(exists().where(User.email == address))):
            errors.add("email", "taken", "This email has an account already.")
        errors.refuse()
        team = select(func.count()).select_from(Membership).where(_is_theirs(actor))
        if (session.scalar(team) or 0) >= MOST:
            raise Conflict(f"There are {MOST} people already.", "too_many")
        user = User(email=address, username=address, password=unknown, first_name="")
        owner = {"partner_id": actor.partner_id, "vendor_id": actor.vendor_id}
        told = add_user(session, user, _role_of(actor), Membership(role=place, **owner))
        told["member_role"] = place
        record(session, actor, "user.invited", f"user:{user.id}", None, told)
        mail_invitation(session, user, _name_of(session, actor))


def change_member(user_id: int, role: object, active: object, actor: Actor) -> None:
    """Say what one of the actor's people may do, and whether they may log in.

    A change ends what they are logged in to. For owners. Raises NotAllowed, NotFound
    for another's, InvalidInput with every error, Conflict for oneself.
    """
    _check_owner(actor)
    with transaction() as session:
        _hold_team(session, actor)
        member = session.get(Membership, user_id)
        if member is None or getattr(member, str(actor.side)) != _account(actor):
            raise NotFound("There is no such person in your team.")
        if user_id == actor.user_id:
            raise Conflict("Another owner changes your own place.", "oneself")
        user = lock_row(session, User, user_id, "user")
        errors = Errors()
        place = _read_role(role, actor, errors)
        check_active(active, errors)
        errors.refuse()
        before = {"member_role": member.role, "active": bool(user.active)}
        after = {"member_role": place, "active": active}
        if before == after:
            return
        member.role, user.active = place, active
        session.execute(END_FAMILIES, {"user": user_id})
        told = differences(before, after)
        record(session, actor, "user.changed", f"user:{user_id}", *told)


def _check_owner(actor: Actor) -> None:
    # A key has no such right: who steals one makes no people.
    if not actor.owns_account or actor.side is None:
        raise NotAllowed("Only an account's owner may do this.")


def _hold_team(session: Session, actor: Actor) -> None:
    """Let one owner at a time change the team, and only who is an owner still.

    Two who deactivate each other at once would leave an account without any.
    """
    session.execute(LOCK, {"account": _account(actor) * 2 + bool(actor.vendor_id)})
    query = select(Membership.role).join(User, User.id == Membership.user_id)
    mine = query.where(User.id == actor.user_id, User.active.is_(True))
    if session.scalar(mine.where(_is_theirs(actor))) is not MemberRole.owner:
        raise NotAllowed("Only an account's owner may do this.")


def _is_theirs(actor: Actor) -> ColumnElement[bool]:
    if actor.vendor_id is not None:
        return Membership.vendor_id == actor.vendor_id
    return Membership.partner_id == actor.partner_id


def _account(actor: Actor) -> int:
    return actor.vendor_id or actor.partner_id or 0


def _name_of(session: Session, actor: Actor) -> str:
    if actor.vendor_id is not None:
        return session.get_one(Vendor, actor.vendor_id).name
    return session.get_one(Partner, actor.partner_id).name


def _role_of(actor: Actor) -> Role:
    return Role.vendor if actor.vendor_id is not None else Role.client


def _read_role(given: object, actor: Actor, errors: Errors) -> MemberRole:
    [name] = [name for name, role in ROLE_NAMES.items() if role is _role_of(actor)]
    if given is None:
        errors.add("member_role", "required", "Choose what they may do.")
    return read_member_role(name, given, errors) or MemberRole.viewer


def _member(
    id_: int, email: str, role: MemberRole, active: object, at: datetime | None
) -> Member:
    # FAB keeps the time of a log-in without its zone, which is UTC's here.
    return Member(id_, email, role, bool(active), at and at.replace(tzinfo=UTC))
