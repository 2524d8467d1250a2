"""Whether the house can do its work: database, migrations, queue, oldest due row."""

import logging
from functools import cache
from pathlib import Path
from typing import Any

import redis
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import db, transaction
from app.queue import doorbell

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[1] / "migrations"
OLDEST = text(
    "SELECT coalesce(extract(epoch FROM now() - least("
    " (SELECT min(run_at) FROM work WHERE stage = 'validation'"
    "   AND set_aside_at IS NULL AND run_at <= now()),"
    " (SELECT min(run_at) FROM work WHERE stage = 'routing'"
    "   AND set_aside_at IS NULL AND run_at <= now()),"
    " (SELECT min(run_at) FROM work WHERE stage = 'ping'"
    "   AND set_aside_at IS NULL AND run_at <= now()),"
    " (SELECT min(run_at) FROM delivery WHERE set_aside_at IS NULL"
    "   AND ended_at IS NULL AND run_at <= now()))), 0)::int"
)


def readiness() -> dict[str, Any]:
    """Return `{"database", "queue", "oldest_due_s"}`; database `ok` means ready."""
    database, oldest = "ok", None
    try:
        with transaction() as session:
            version = session.scalar(text("SELECT version_num FROM alembic_version"))
            oldest = session.scalar(OLDEST)
        if version != head():
            database = "migrations pending"
    except SQLAlchemyError as error:
        log.warning("database away: %s", type(error).__name__)
        db.session.rollback()
        database = "away"
    return {"database": database, "queue": _queue(), "oldest_due_s": oldest}


@cache
def head() -> str | None:
    """Return the newest revision that this code knows."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _queue() -> str:
    try:
        doorbell().redis.ping()
    except redis.RedisError:
        return "degraded"
    return "ok"
