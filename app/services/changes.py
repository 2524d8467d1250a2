"""What saving an object changed, told to the audit log by its columns."""

from enum import Enum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.domain.evidence import differences
from app.domain.people import Actor
from app.models.base import Base
from app.services.audit import record

# What the house keeps for itself beside what somebody set.
KEPT_BY_US = frozenset({"id", "created_at", "updated_at", "version"})
VERBS = {
    "active": "activated",
    "paused": "paused",
    "disabled": "disabled",
    "archived": "archived",
}


def stored_values(session: Session, obj: Base) -> dict[str, Any] | None:
    """Return the object's row as it is stored, locked, or None where there is none."""
    state, table = inspect(obj), obj.__table__
    if state.identity is None:
        return None
    keys = zip(inspect(type(obj)).primary_key, state.identity, strict=True)
    # The row is written next: locking it here changes nothing in the order of locks.
    query = select(table).where(*(column == key for column, key in keys))
    with session.no_autoflush:
        row = session.execute(query.with_for_update(key_share=True)).mappings().first()
    return dict(row) if row else None


def record_change(
    session: Session, actor: Actor, obj: Base, before: dict[str, Any] | None
) -> None:
    """Record what changed against the row as it was; nothing where nothing did."""
    after = {column.key: getattr(obj, column.key) for column in obj.__table__.columns}
    old, new = differences(_told(before or {}), _told(after))
    if not new:
        return
    name = obj.__tablename__
    action, subject = f"{name}.{_verb(before, new)}", f"{name}:{after['id']}"
    record(session, actor, action, subject, old if before else None, new)


def _verb(before: dict[str, Any] | None, new: dict[str, Any]) -> str:
    if before is None:
        return "created"
    status = new.get("status")
    return VERBS.get(status.name, "changed") if isinstance(status, Enum) else "changed"


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name.removesuffix("_sealed").removesuffix("_hash"): value
        for name, value in row.items()
        if name not in KEPT_BY_US
    }
