"""Business policy: the settings that administrators change while all is running.

PostgreSQL holds what was changed. Every process reads it again when what it knows is
KEPT_S old, so that a change counts everywhere within that time. What the environment
sets is fixed: it wins, and lets in again whom a wrong value shut out.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from flask import current_app
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from app.db import transaction
from app.domain.errors import Conflict
from app.domain.people import Actor
from app.domain.policy import CurrencyCode, Kind, Value
from app.models.platform import PlatformSetting
from app.services.audit import record
from app.services.currencies import is_currency
from app.services.saving import Errors, check_staff
from config import EDITABLE, Settings

KEPT_S = 2.0
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('platform_setting', 0))")


@dataclass(frozen=True)
class _Kept:
    """What a process knows for a while, and of which settings it was made."""

    base: Settings
    found: Settings
    until: float


_kept: dict[str, _Kept] = {}


def _base() -> Settings:
    return cast(Settings, current_app.config["SETTINGS"])


def _current() -> Settings:
    base = _base()
    kept = _kept.get("policy")
    if kept is None or kept.base is not base or kept.until < time.monotonic():
        with transaction() as session:
            kept = _Kept(base, _in_force(session, base), time.monotonic() + KEPT_S)
        _kept["policy"] = kept
    return kept.found


policy: Settings = cast(Settings, LocalProxy(_current))


def forget() -> None:
    """Forget what was read; the next question asks the database."""
    _kept.clear()


def changed_names() -> frozenset[str]:
    """Return which settings differ from their default by an administrator's hand."""
    with transaction() as session:
        return frozenset(_stored(session))


def state_of_policy() -> str:
    """Return a digest of all that is set, to tell whether it was changed meanwhile."""
    with transaction() as session:
        return _digest(_stored(session))


def change_policy(
    changes: Mapping[str, object], actor: Actor, seen: str | None = None
) -> list[str]:
    """Set what is named as in Settings to a value each; return what changed.

    The default itself takes the change back. For administrators. Raises NotAllowed,
    InvalidInput with every error, Conflict where `seen` is not how things stand.
    """
    check_staff(actor, admin_only=True)
    base = _base()
    with transaction() as session:
        session.execute(LOCK)
        stored = _stored(session)
        if seen not in (None, _digest(stored)):
            message = "Somebody else changed the settings meanwhile; look again."
            raise Conflict(message, "changed_meanwhile")
        wanted = check_policy(changes)
        old = _in_force(session, base)
        differing = [name for name in wanted if wanted[name] != getattr(old, name)]
        for name in differing:
            _write(session, name, wanted[name])
            subject = f"setting:{EDITABLE[name].name}"
            before, after = {"value": getattr(old, name)}, {"value": wanted[name]}
            record(session, actor, "setting.changed", subject, before, after)
    forget()
    return differing


def check_policy(changes: Mapping[str, object]) -> dict[str, Value]:
    """Return the values in their types; raises InvalidInput with every error."""
    base = _base()
    errors, checked = Errors(), dict[str, Value]()
    for name, value in changes.items():
        told = EDITABLE.get(name)
        if told is None or told.kind is None:
            errors.add(name, "unknown", "There is no such setting to change.")
        elif told.name in base.given:
            message = "The environment sets this; change it there."
            errors.add(name, "fixed", message)
        else:
            try:
                checked[name] = _check(told.kind, value)
            except ValueError as error:
                errors.add(name, "invalid", str(error))
    errors.refuse()
    return checked


def _check(kind: Kind, value: object) -> Value:
    found = kind.check(value)
    if isinstance(kind, CurrencyCode) and not is_currency(str(found)):
        raise ValueError("Send a currency's ISO 4217 code, like USD.")
    return found


def _write(session: Session, name: str, value: Value) -> None:
    if value == EDITABLE[name].first:
        session.execute(delete(PlatformSetting).where(PlatformSetting.name == name))
        return
    written = {"value": value, "changed_at": func.now()}
    statement = insert(PlatformSetting).values(name=name, **written)
    session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_=written)
    )


def _in_force(session: Session, base: Settings) -> Settings:
    stored = _stored(session)
    free = {n: v for n, v in stored.items() if EDITABLE[n].name not in base.given}
    return replace(base, **free)


def _stored(session: Session) -> dict[str, Any]:
    """Return what is set, but for what another version of this program knows."""
    rows = session.execute(select(PlatformSetting.name, PlatformSetting.value))
    return {name: value for name, value in rows if name in EDITABLE}


def _digest(stored: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()
