"""API keys: made and shown once, opened by their hash, revoked at once.

Every request asks the database: a key that was revoked opens nothing from then on,
in every process.
"""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import SCOPES, Actor, Right, Role
from app.models.api_key import ApiKey
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.audit import record
from app.services.paging import Asked, Page, page_of_rows
from app.services.saving import Errors, check_staff, checking, find, store

PREFIXES = {Role.client: "par_", Role.vendor: "ven_"}
SHOWN = 12
MAX_KEYS = 50
# What an owner says of a key of its own, and what is made of it here.
OWN = frozenset(
    {"name", "scopes", "expires_at", "key_prefix", "key_hash", "created_by"}
)
OPEN = text(
    "SELECT k.id, k.partner_id, k.vendor_id, k.scopes,"
    " k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS is_old"
    " FROM api_key k LEFT JOIN partner p ON p.id = k.partner_id"
    " LEFT JOIN vendor v ON v.id = k.vendor_id"
    " WHERE k.key_hash = :hash AND k.revoked_at IS NULL"
    " AND (k.expires_at IS NULL OR k.expires_at > now())"
    " AND coalesce(p.status, v.status) <> 'archived'"
)
USE = text(
    "UPDATE api_key SET last_used_at = now() WHERE id = :id"
    " AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
)
LIVING = ApiKey.revoked_at.is_(None) & (
    ApiKey.expires_at.is_(None) | (ApiKey.expires_at > func.now())
)


def make_key(key: ApiKey, actor: Actor) -> dict[str, str]:
    """Store a new key of a partner or vendor; return `{"api_key"}`, this once.

    Administrators make keys for anybody, an account's owner for it. Raises NotAllowed,
    NotFound, InvalidInput with every error, Conflict past MAX_KEYS living ones.
    """
    _check_keeper(actor)
    role = Role.vendor if key.vendor_id is not None else Role.client
    shown = PREFIXES[role] + secrets.token_urlsafe(32)
    key.key_prefix, key.key_hash = shown[:SHOWN], _digest(shown)
    key.created_by = actor.label
    with transaction() as session:
        with checking(session, key, actor, OWN) as errors:
            _check_side(session, key, errors)
            _check_scopes(key, role, errors)
            _check_expiry(session, key, errors)
        _check_count(session, key)
        store(session, key, actor)
    return {"api_key": shown}


def list_keys(actor: Actor, asked: Asked) -> Page[ApiKey]:
    """Return an owner's own keys, or everybody's to administrators; newest first.

    Raises NotAllowed.
    """
    _check_keeper(actor)
    with transaction() as session:
        return page_of_rows(session, ApiKey, _within(actor), asked)


def revoke_key(actor: Actor, key_id: int) -> None:
    """End a key, from now on and everywhere; again: nothing happens.

    Raises NotAllowed, and NotFound for another's.
    """
    _check_keeper(actor)
    with transaction() as session:
        key = session.scalar(
            select(ApiKey).where(ApiKey.id == key_id, *_within(actor)).with_for_update()
        )
        if key is None:
            raise NotFound("There is no such key.")
        if key.revoked_at is None:
            key.revoked_at = session.scalar(text("SELECT now()"))
            key.revoked_by = actor.label
            record(session, actor, "api_key.revoked", f"api_key:{key.id}")


def open_key(key: str) -> Actor | None:
    """Return who a key acts as, or None for one that opens nothing."""
    if not key.startswith(tuple(PREFIXES.values())):
        return None
    with transaction() as session:
        row = session.execute(OPEN, {"hash": _digest(key)}).first()
        if row is None:
            return None
        # Once a minute is exact enough, and spares a write with every request.
        if row.is_old:
            session.execute(USE, {"id": row.id})
        return Actor(
            Role.client if row.partner_id is not None else Role.vendor,
            partner_id=row.partner_id,
            vendor_id=row.vendor_id,
            key_id=row.id,
            scopes=frozenset(Right[name] for name in row.scopes),
        )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _check_keeper(actor: Actor) -> None:
    if actor.is_staff:
        check_staff(actor, admin_only=True)
    elif not actor.owns_account:
        raise NotAllowed("Only an account's owner may do this.")


def _within(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.is_staff:
        return []
    if actor.vendor_id is not None:
        return [ApiKey.vendor_id == actor.vendor_id]
    return [ApiKey.partner_id == actor.partner_id]


def _check_side(session: Session, key: ApiKey, errors: Errors) -> None:
    find(session, Partner, key, "partner_id", errors)
    find(session, Vendor, key, "vendor_id", errors)
    if (key.partner_id is None) == (key.vendor_id is None):
        message = "Send either partner_id or vendor_id."
        errors.add("partner_id", "required", message)


def _check_scopes(key: ApiKey, role: Role, errors: Errors) -> None:
    known = [right.name for right in Right if right in SCOPES[role]]
    given = key.scopes
    if not isinstance(given, list) or not given or any(s not in known for s in given):
        message = f"Send a list of one or more of {', '.join(known)}."
        errors.add("scopes", "choice", message)
    else:
        key.scopes = [name for name in known if name in given]


def _check_expiry(session: Session, key: ApiKey, errors: Errors) -> None:
    given = key.expires_at
    if given is None:
        return
    if not isinstance(given, datetime) or given.tzinfo is None:
        errors.add("expires_at", "type", "Send a time, like 2027-01-31T00:00:00Z.")
    elif given <= session.scalars(text("SELECT now()")).one():
        errors.add("expires_at", "out_of_range", "Send a time that is still to come.")


def _check_count(session: Session, key: ApiKey) -> None:
    owner = ApiKey.partner_id == key.partner_id
    if key.vendor_id is not None:
        owner = ApiKey.vendor_id == key.vendor_id
    query = select(func.count()).select_from(ApiKey).where(owner, LIVING)
    if (session.scalar(query) or 0) >= MAX_KEYS:
        raise Conflict(f"There are {MAX_KEYS} keys already; revoke one.", "too_many")
