"""Logging in: passwords, and the families of tokens that come from one log-in.

A log-in tells nobody whether the account exists: every refusal is one query and one
hash. A refresh token works once; its second use ends the whole family.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from app.db import transaction
from app.domain.body import why_unstorable
from app.models.people import LoginFamily, Membership
from app.services.passwords import hash_password, is_outdated, matches
from app.services.policy import policy
from app.services.user_rules import ADMIN

# A month bounds what a stolen device is worth; half a day without use is longer than
# a lunch and shorter than a night.
FAMILY_DAYS = 30
IDLE_HOURS = 12
MAX_TEXT = 1000
SPEND = text(
    "UPDATE refresh_token t SET used_at = now()"
    " FROM login_family f JOIN ab_user u ON u.id = f.user_id"
    " WHERE t.token_hash = :token AND t.used_at IS NULL AND t.expires_at > now()"
    " AND f.id = t.family_id AND f.ended_at IS NULL AND u.active"
    " AND f.created_at > now() - make_interval(days => :days)"
    " RETURNING f.id, f.user_id"
)
ISSUE = text(
    "INSERT INTO refresh_token (token_hash, family_id, expires_at)"
    " VALUES (:token, :family, now() + make_interval(days => :days))"
)
END_OF_TOKEN = text(
    "UPDATE login_family SET ended_at = now() WHERE ended_at IS NULL AND id ="
    " (SELECT family_id FROM refresh_token WHERE token_hash = :token)"
)
USE = text(
    "UPDATE login_family SET last_used_at = now()"
    " WHERE id = :family AND last_used_at < now() - interval '1 minute'"
)
# Not over a password that was changed meanwhile.
COUNT_LOGIN = text(
    "UPDATE ab_user SET last_login = now(), fail_login_count = 0, password = :hash,"
    " login_count = coalesce(login_count, 0) + 1"
    " WHERE id = :user AND password = :old"
)
KNOWN_PLACE = text(
    "SELECT EXISTS (SELECT FROM ab_user u WHERE u.email = :email AND ("
    " EXISTS (SELECT FROM login_family f WHERE f.user_id = u.id"
    "  AND f.address = :address"
    "  AND f.created_at > now() - make_interval(days => :days))"
    " OR EXISTS (SELECT FROM reset_token t WHERE t.user_id = u.id"
    "  AND t.used_from = :address)))"
)
# A change of the password waits for this lock, or is seen by it.
STILL = text("SELECT password FROM ab_user WHERE id = :user AND active FOR SHARE")


@dataclass(frozen=True)
class Place:
    """Where a log-in comes from: an address, and what the device calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Verified:
    """A user whose password was right; `proof` stands for that password."""

    user: User
    proof: str


@dataclass(frozen=True)
class Entry:
    """What opens a family: whose password was proved, from where, with what besides."""

    user_id: int
    proof: str
    place: Place
    has_second_factor: bool = False


@dataclass(frozen=True)
class Opened:
    """A log-in that stands: whose it is, its family, its next refresh token."""

    user_id: int
    family_id: UUID
    refresh_token: str


def authenticate(email: object, password: object) -> Verified | None:
    """Return the active user with that email and password, or None."""
    address, given = _account(email), _line(password)
    with transaction() as session:
        row = session.execute(
            select(User.id, User.password, User.active).where(User.email == address)
        ).first()
    stored = row.password if row is not None and row.active else None
    if not matches(stored, given) or row is None:
        return None
    kept = hash_password(given) if is_outdated(row.password) else row.password
    with transaction() as session:
        bound = {"user": row.id, "hash": kept, "old": row.password}
        session.execute(COUNT_LOGIN, bound)
    user = active_user(row.id)
    return None if user is None else Verified(user, _proof(kept))


def is_known_place(email: str, address: str) -> bool:
    """Say whether the account was opened from that address lately."""
    with transaction() as session:
        bound = {"email": _account(email), "address": address, "days": FAMILY_DAYS}
        return bool(session.scalar(KNOWN_PLACE, bound))


def active_user(user_id: int, family_id: UUID | None = None) -> User | None:
    """Return the user with roles and membership, in one query.

    None where the user is inactive or, given a family, where that has ended.
    """
    conditions = () if family_id is None else _living(family_id)
    with transaction() as session:
        row = session.execute(_find(user_id, *conditions)).unique().first()
        return row[0] if row else None


def session_user(user_id: int, family_id: UUID) -> User | None:
    """Return the user of a browser's session, which ends when it is not used.

    None as `active_user`, or where nothing came of it for IDLE_HOURS.
    """
    idle = func.now() - timedelta(hours=IDLE_HOURS)
    is_old = LoginFamily.last_used_at < func.now() - timedelta(minutes=1)
    conditions = (*_living(family_id), LoginFamily.last_used_at > idle)
    query = _find(user_id, *conditions).add_columns(is_old)
    with transaction() as session:
        row = session.execute(query).unique().first()
        if row is None:
            return None
        # Once a minute is exact enough, and spares a write with every page.
        if row[2]:
            session.execute(USE, {"family": family_id})
        found: User = row[0]
        return found


def open_session(entry: Entry) -> UUID | None:
    """Open a family without tokens, for a browser's session that just began.

    None where the user was deactivated or the password changed since it was proved.
    """
    with transaction() as session:
        return _open(session, entry)


def open_family(entry: Entry) -> Opened | None:
    """Open a family of tokens for a log-in that just succeeded; None as above."""
    with transaction() as session:
        family_id = _open(session, entry)
        if family_id is None:
            return None
        return Opened(entry.user_id, family_id, _issue(session, family_id))


def rotate(refresh_token: object) -> Opened | None:
    """Spend a refresh token for the next one, or return None.

    A token that was spent before ends its whole family: one of the two who used it
    stole it.
    """
    digest = _digest(_line(refresh_token))
    with transaction() as session:
        spent = session.execute(SPEND, {"token": digest, "days": FAMILY_DAYS}).first()
        if spent is None:
            session.execute(END_OF_TOKEN, {"token": digest})
            return None
        return Opened(spent.user_id, spent.id, _issue(session, spent.id))


def end_family_of(refresh_token: object) -> None:
    """End the family that a refresh token belongs to; nothing else is told."""
    with transaction() as session:
        session.execute(END_OF_TOKEN, {"token": _digest(_line(refresh_token))})


def end_family(family_id: UUID) -> None:
    """End a family: all its tokens and its session stop working."""
    with transaction() as session:
        family = session.get(LoginFamily, family_id)
        if family is not None and family.ended_at is None:
            family.ended_at = session.scalar(text("SELECT now()"))


def _find(user_id: int, *conditions: ColumnElement[bool]) -> Select[Any]:
    query = select(User, Membership)
    if conditions:
        query = query.join(LoginFamily, LoginFamily.user_id == User.id)
    return (
        query.outerjoin(Membership, Membership.user_id == User.id)
        .options(joinedload(User.roles))
        .where(User.id == user_id, User.active.is_(True), *conditions)
    )


def _living(family_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a family that goes on: not ended, not too old."""
    oldest = func.now() - timedelta(days=FAMILY_DAYS)
    conditions = (
        LoginFamily.id == family_id,
        LoginFamily.ended_at.is_(None),
        LoginFamily.created_at > oldest,
    )
    if not policy.admin_totp:
        return conditions
    # Also of log-ins that were opened before the setting was made.
    is_admin = User.roles.any(RoleRow.name == ADMIN)
    return (*conditions, or_(LoginFamily.has_second_factor, ~is_admin))


def _open(session: Session, entry: Entry) -> UUID | None:
    stored = session.scalar(STILL, {"user": entry.user_id})
    if stored is None or not hmac.compare_digest(_proof(stored), entry.proof):
        return None
    family = LoginFamily(
        id=uuid7(),
        user_id=entry.user_id,
        address=entry.place.address or None,
        agent=entry.place.agent or None,
        has_second_factor=entry.has_second_factor,
    )
    session.add(family)
    session.flush()
    return family.id


def _proof(stored: str) -> str:
    """Return what stands for a stored hash; a browser may carry it for a while."""
    return hashlib.sha256(b"proof:" + stored.encode()).hexdigest()[:32]


def _issue(session: Session, family_id: UUID) -> str:
    token = "ref_" + secrets.token_urlsafe(32)
    values: dict[str, Any] = {"family": family_id, "days": FAMILY_DAYS}
    session.execute(ISSUE, {"token": _digest(token), **values})
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _account(email: object) -> str:
    return _line(email).strip().lower()


def _line(value: object) -> str:
    """Return a text that can be looked up; anything else matches nobody."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or why_unstorable(value):
        return ""
    return value
