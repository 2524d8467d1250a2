"""A forgotten password: a link by mail, good once and for an hour.

Asking stores a line whoever is asked for; the clock looks whether there is such a
user. So neither the answer nor its time tells.
"""

import hashlib
import secrets

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import InvalidInput, NotFound
from app.domain.people import Actor
from app.models.mail import ResetRequest
from app.services import mail
from app.services.audit import record
from app.services.passwords import hash_password
from app.services.people import END_FAMILIES, role_of
from app.services.saving import Errors, check_staff
from app.services.user_rules import MAX_EMAIL, MAX_PASSWORD, check_password
from app.settings import settings

MINUTES = 60
# More within an hour would only fill a mailbox that somebody wants to fill.
MOST_AN_HOUR = 3
BATCH = 100
TAKE = text(
    "DELETE FROM reset_request WHERE id IN (SELECT id FROM reset_request"
    " ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED) RETURNING email"
)
RECENT = text(
    "SELECT count(*) FROM reset_token WHERE user_id = :user"
    " AND created_at > now() - interval '1 hour'"
)
ISSUE = text(
    "INSERT INTO reset_token (token_hash, user_id, expires_at)"
    " VALUES (:token, :user, now() + make_interval(mins => :minutes))"
)
FIND = text(
    "SELECT t.user_id FROM reset_token t JOIN ab_user u ON u.id = t.user_id"
    " WHERE t.token_hash = :token AND t.used_at IS NULL AND t.expires_at > now()"
    " AND u.active FOR UPDATE"
)
SPEND = text(
    "UPDATE reset_token SET used_at = now(), used_from = :address"
    " WHERE user_id = :user AND used_at IS NULL"
)
SUBJECT = "Your new password for Lead Nexus"
BODY = """\
Somebody, hopefully you, asked for a new password for this email at
{site}

Choose it here, within {minutes} minutes and only once:

{link}

If it was not you, do nothing: your password stays as it is.
"""

INVITED_DAYS = 7
INVITED = "You are invited to Lead Nexus"
INVITATION = """\
You are to work for {account} at
{site}

Choose your password here, within {days} days and only once:

{link}

Later, ask for a new link at {site}/reset/ask with this email.
"""


def ask_for_reset(email: str) -> None:
    """Note that somebody forgot the password of an email; nothing else is told."""
    given = email.strip().lower()[:MAX_EMAIL]
    with transaction() as session:
        session.add(ResetRequest(email=given))


def answer_requests() -> None:
    """Mail a link to those who asked and have an account, at most a few an hour."""
    with transaction() as session:
        asked = session.scalars(TAKE, {"batch": BATCH}).all()
        users = select(User).where(User.email.in_(asked), User.active.is_(True))
        for user in session.scalars(users):
            if session.scalar(RECENT, {"user": user.id}) < MOST_AN_HOUR:
                _mail_link(session, user)


def send_reset_link(user_id: int, actor: Actor) -> None:
    """Mail a link to a user; for administrators. Raises NotAllowed, NotFound."""
    check_staff(actor, admin_only=True)
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None or not user.active:
            raise NotFound("There is no such active user.")
        _mail_link(session, user)
        record(session, actor, "user.reset_link_sent", f"user:{user_id}")


def reset_link(email: str, actor: Actor) -> str:
    """Return a link for the active user of that email, for the operator to hand on.

    Raises NotAllowed, NotFound.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        known = select(User).where(User.email == email.strip().lower())
        user = session.scalar(known.where(User.active.is_(True)))
        if user is None:
            raise NotFound("There is no active user of that email.")
        record(session, actor, "user.reset_link_made", f"user:{user.id}")
        return _link(session, user)


def reset_password(token: str, password: object, address: str = "") -> None:
    """Set the password that the token's user chose; ends all they are logged in to.

    `address` is where it was done; the user may log in from there at once, however
    many others try. Raises InvalidInput: on `token` for one that is unknown, old or
    used; a refused `password` spends nothing.
    """
    hashed = hash_password(str(password)[:MAX_PASSWORD])
    with transaction() as session:
        user_id = session.scalar(FIND, {"token": _digest(token)})
        user = session.get(User, user_id) if user_id is not None else None
        if user is None:
            message = "This link was used or is too old; ask for a new one."
            raise InvalidInput.one("token", "invalid", message)
        errors = Errors()
        check_password(password, user.email, errors)
        errors.refuse()
        user.password = hashed
        session.execute(SPEND, {"user": user.id, "address": address or None})
        session.execute(END_FAMILIES, {"user": user.id})
        actor = Actor(role_of(user), user.id)
        record(session, actor, "user.password_reset", f"user:{user.id}")


def mail_invitation(session: Session, user: User, account: str) -> None:
    """Mail a new user of an account the link by which they choose their password."""
    link = _link(session, user, INVITED_DAYS * 24 * 60)
    facts = {"site": settings.public_url, "days": INVITED_DAYS, "link": link}
    body = INVITATION.format(account=account, **facts)
    mail.send(session, user.email, INVITED, body)


def _mail_link(session: Session, user: User) -> None:
    link = _link(session, user)
    facts = {"site": settings.public_url, "minutes": MINUTES, "link": link}
    mail.send(session, user.email, SUBJECT, BODY.format(**facts))


def _link(session: Session, user: User, minutes: int = MINUTES) -> str:
    """Issue a token; it stands behind a #, which no server and no log ever sees."""
    token = secrets.token_urlsafe(32)
    issued = {"token": _digest(token), "user": user.id, "minutes": minutes}
    session.execute(ISSUE, issued)
    return f"{settings.public_url}/reset/#{token}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
