"""The second factor: time-based codes of an app, and codes for when that is lost.

RFC 6238 with the usual 30 s and six digits. A code is taken a step early or late, and
once only: a step that was used, and all before it, are spent.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import pyotp
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, InvalidInput
from app.domain.people import Actor, Role
from app.models.people import SecondFactor
from app.sealing import seal, unseal
from app.services.audit import record
from app.services.people import END_FAMILIES, email_of, role_of
from app.services.policy import policy
from app.services.saving import check_staff

ISSUER = "Lead Nexus"
STEP_S = 30
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
STEP_NOW = text("SELECT floor(extract(epoch FROM now()) / :step)::bigint")
BEGIN = text(
    "INSERT INTO second_factor (user_id, secret_sealed) VALUES (:user, :sealed)"
    " ON CONFLICT (user_id) DO UPDATE SET secret_sealed = :sealed, last_step = 0"
    " WHERE second_factor.confirmed_at IS NULL RETURNING user_id"
)
USE_STEP = text(
    "UPDATE second_factor SET last_step = :step"
    " WHERE user_id = :user AND last_step < :step RETURNING user_id"
)
CONFIRM = text("UPDATE second_factor SET confirmed_at = now() WHERE user_id = :user")
USE_RECOVERY = text(
    "DELETE FROM recovery_code WHERE user_id = :user AND code_hash = :code"
    " RETURNING user_id"
)
KEEP_RECOVERY = text(
    "INSERT INTO recovery_code (user_id, code_hash) VALUES (:user, :code)"
)
FORGET = (
    text("DELETE FROM recovery_code WHERE user_id = :user"),
    text("DELETE FROM second_factor WHERE user_id = :user"),
)


@dataclass(frozen=True)
class Enrolment:
    """A secret to be kept by an app, and the address that a QR code spells.

    `sealed` stands for it until a code confirms it.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    sealed: bytes = field(repr=False)


def has_second_factor(user_id: int) -> bool:
    """Say whether the user logs in with a code besides the password."""
    with transaction() as session:
        factor = session.get(SecondFactor, user_id)
        return factor is not None and factor.confirmed_at is not None


def must_have_second_factor(user: User) -> bool:
    """Say whether the user may not log in by a password alone."""
    return policy.admin_totp and role_of(user) is Role.admin


def open_enrolment(actor: Actor, sealed: bytes | None = None) -> Enrolment:
    """Return the enrolment that was sealed for the actor before, or a new one.

    Nothing is stored: it counts once a code has confirmed it. Raises Conflict where
    there is a second factor already.
    """
    if has_second_factor(actor.user_id or 0):
        raise Conflict("The second factor is set up already.", "enrolled")
    secret = _opened(actor, sealed)
    if sealed is None or secret is None:
        secret = pyotp.random_base32()
        sealed = seal(secret, _place(actor.user_id))
    email = email_of(actor) or ""
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return Enrolment(secret, uri, sealed)


def confirm_enrolment(actor: Actor, sealed: bytes | None, code: str) -> list[str]:
    """Turn the second factor on by a first code; return the recovery codes, this once.

    `sealed` is the enrolment's. Raises InvalidInput on `code`, Conflict where nothing
    was begun or there is one already.
    """
    if sealed is None or _opened(actor, sealed) is None:
        raise Conflict("Begin to set up the second factor first.", "not_begun")
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with transaction() as session:
        bound = {"user": actor.user_id, "sealed": sealed}
        if session.scalar(BEGIN, bound) is None:
            raise Conflict("The second factor is set up already.", "enrolled")
        factor = session.get_one(SecondFactor, actor.user_id, populate_existing=True)
        if not _use_code(session, factor, code):
            raise _wrong_code()
        session.execute(CONFIRM, {"user": actor.user_id})
        kept = [{"user": actor.user_id, "code": _digest(one)} for one in codes]
        session.execute(KEEP_RECOVERY, kept)
        record(session, actor, "user.second_factor_on", f"user:{actor.user_id}")
    return codes


def check_code(user_id: int, code: str) -> bool:
    """Say whether the code is the app's, or a recovery code; either works once."""
    with transaction() as session:
        factor = session.get(SecondFactor, user_id)
        if factor is None or factor.confirmed_at is None:
            return False
        if _use_code(session, factor, code):
            return True
        bound = {"user": user_id, "code": _digest(code)}
        if session.scalar(USE_RECOVERY, bound) is None:
            return False
        record(
            session, Actor(None, user_id), "user.recovery_code_used", f"user:{user_id}"
        )
        return True


def turn_off(actor: Actor, code: str) -> None:
    """Turn one's own second factor off by a last code.

    Raises InvalidInput on `code`.
    """
    if actor.user_id is None or not check_code(actor.user_id, code):
        raise _wrong_code()
    with transaction() as session:
        _forget(session, actor.user_id)
        record(session, actor, "user.second_factor_off", f"user:{actor.user_id}")


def take_off(user_id: int, actor: Actor) -> None:
    """Take the second factor off a user who lost it, and end their log-ins.

    For administrators. Raises NotAllowed.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        _forget(session, user_id)
        session.execute(END_FAMILIES, {"user": user_id})
        record(session, actor, "user.second_factor_taken_off", f"user:{user_id}")


def _use_code(session: Session, factor: SecondFactor, code: str) -> bool:
    """Spend the step whose code this is; False where none is, or it was used."""
    given = code.replace(" ", "")
    totp = pyotp.TOTP(unseal(bytes(factor.secret_sealed), _place(factor.user_id)))
    now = session.scalar(STEP_NOW, {"step": STEP_S}) or 0
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), given.encode()):
            bound = {"user": factor.user_id, "step": step}
            return session.scalar(USE_STEP, bound) is not None
    return False


def _forget(session: Session, user_id: int) -> None:
    for statement in FORGET:
        session.execute(statement, {"user": user_id})
    session.expire_all()


def _opened(actor: Actor, sealed: bytes | None) -> str | None:
    """Return the secret of an enrolment that was sealed for the actor, or None."""
    try:
        return None if sealed is None else unseal(sealed, _place(actor.user_id))
    except ValueError:
        return None


def _place(user_id: int | None) -> str:
    # Bound to the user, so that no two rows can swap their secrets.
    return f"second_factor.secret:{user_id}"


def _recovery_code() -> str:
    text_ = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text_[at : at + 4] for at in range(0, len(text_), 4))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode()).digest()


def _wrong_code() -> InvalidInput:
    message = "This code is wrong or was used; take the next one."
    return InvalidInput.one("code", "wrong", message)
