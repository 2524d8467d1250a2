"""Run migrations online, as the role that may change tables, one run at a time."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool, text

from app.db import db

LOCK = 7_301_991  # any number: two set-ups at once wait for each other on it
target = db.metadata


def include(item: Any, name: str | None, kind: str, *_: Any) -> bool:  # noqa: ANN401
    """Leave out what the metadata does not know; nothing is dropped by accident."""
    return kind != "table" or name in target.tables


def run() -> None:
    """Migrate over DATABASE_ADMIN_URL, waiting a second at most for table locks."""
    engine = create_engine(
        current_app.config["DATABASE_ADMIN_URL"], poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target,
            include_object=include,
            compare_type=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
