"""Logging in: passwords, and the families of tokens that come from one log-in.

A log-in tells nobody whether the account exists: every refusal is one query and one
hash. A refresh token works once; its second use ends the whole family.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7
from werkzeug.security import check_password_hash

from app.db import transaction
from app.domain.body import why_unstorable
from app.models.people import LoginFamily, Membership

FAMILY_DAYS = 30
IDLE_HOURS = 12
MAX_TEXT = 1000
# A hash that no password opens, as costly to compare as any other.
NOBODY = (
    "scrypt:32768:8:1$wiDa0ruWlIPhp9LM$6e409d093e62ad54df2af895d0e125b05ff6cf6414835018"
    "9ffc4bcc71286edf1b8ad94a442c00f890224bf2b32153d0750c89ee9401e62f9dcee5399065e4e5"
)
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
COUNT_LOGIN = text(
    "UPDATE ab_user SET last_login = now(), fail_login_count = 0,"
    " login_count = coalesce(login_count, 0) + 1 WHERE id = :user"
)


@dataclass(frozen=True)
class Opened:
    """A log-in that stands: whose it is, its family, its next refresh token."""

    user_id: int
    family_id: UUID
    refresh_token: str


def authenticate(email: object, password: object) -> User | None:
    """Return the active user with that email and password, or None."""
    address, given = _line(email).strip().lower(), _line(password)
    with transaction() as session:
        row = session.execute(
            select(User.id, User.password, User.active).where(User.email == address)
        ).first()
    usable = row is not None and bool(row.active) and bool(row.password) and bool(given)
    matches = check_password_hash(
        row.password if row is not None and usable else NOBODY, given
    )
    if row is None or not (usable and matches):
        return None
    with transaction() as session:
        session.execute(COUNT_LOGIN, {"user": row.id})
    return active_user(row.id)


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


def open_session(user_id: int) -> UUID:
    """Open a family without tokens, for a browser's session that just began."""
    with transaction() as session:
        return _open(session, user_id)


def open_family(user_id: int) -> Opened:
    """Open a family of tokens for a log-in that just succeeded."""
    with transaction() as session:
        family_id = _open(session, user_id)
        return Opened(user_id, family_id, _issue(session, family_id))


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
    return (
        LoginFamily.id == family_id,
        LoginFamily.ended_at.is_(None),
        LoginFamily.created_at > oldest,
    )


def _open(session: Session, user_id: int) -> UUID:
    family = LoginFamily(id=uuid7(), user_id=user_id)
    session.add(family)
    session.flush()
    return family.id


def _issue(session: Session, family_id: UUID) -> str:
    token = "ref_" + secrets.token_urlsafe(32)
    values: dict[str, Any] = {"family": family_id, "days": FAMILY_DAYS}
    session.execute(ISSUE, {"token": _digest(token), **values})
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _line(value: object) -> str:
    """Return a text that can be looked up; anything else matches nobody."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or why_unstorable(value):
        return ""
    return value
