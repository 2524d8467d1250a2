"""The database session and the one way to commit: `with transaction()`.

Nested blocks join; only the outermost commits. What it rang (`app.queue.ring`) is
sent after the commit and forgotten on rollback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, request
from flask_appbuilder import Model
from flask_appbuilder.utils.legacy import get_sqla_class
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from app.crashes import reached

# Every statement, lock and idle wait ends well before a lease of 15 s does. Lists
# and claims are short: to compile them to machine code or to start processes for them
# costs more than they do.
CONNECT_OPTIONS = (
    "-c statement_timeout=10000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=10000 -c timezone=UTC -c jit=off"
    " -c max_parallel_workers_per_gather=0"
)

SAFE = {"GET", "HEAD"}
# The pipeline asks by keys alone. A plan made while its tables were small would
# scan them, and be kept while they grow.
BY_KEYS = (
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    " -c plan_cache_mode=force_generic_plan"
)

# Runs after which a statement's plan is kept.
KEPT_AFTER = 5

db: SQLAlchemy = get_sqla_class()(metadata=Model.metadata)


def engine_options(pool_size: int, *, by_keys: bool = False) -> dict[str, Any]:
    """Return the engine's options for a process with that many busy threads."""
    options = f"{CONNECT_OPTIONS}{BY_KEYS if by_keys else ''}"
    return {
        "pool_size": pool_size,
        "max_overflow": 4,
        "pool_timeout": 5,
        "hide_parameters": True,  # errors are logged; rows hold contact data
        "connect_args": {
            "options": options,
            "connect_timeout": 3,
            # Kept for any values, the plan of a list reads all for what nothing meets.
            "prepare_threshold": KEPT_AFTER if by_keys else None,
        },
    }


@contextmanager
def transaction(step: str = "") -> Iterator[Session]:
    """Open a transaction, or join the one that is open; commit at the outermost.

    `step` names a step of a lead's way (`app.crashes.STEPS`).
    """
    session = db.session()
    session.info["depth"] = session.info.get("depth", 0) + 1
    try:
        yield session
        if session.info["depth"] == 1:
            reached(f"{step}:before")
            session.commit()
            reached(f"{step}:after")
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["depth"] -= 1


def keep_read_rows(app: Flask) -> None:
    """Let a page that only reads keep its rows until it is written.

    A service's commit would make the session forget them, and each row that a template
    touches afterwards would be read again by itself.
    """

    @app.before_request
    def keep_rows() -> None:
        db.session().expire_on_commit = request.method not in SAFE

    @app.teardown_request
    def forget_rows(_error: BaseException | None) -> None:
        db.session().expire_on_commit = True
