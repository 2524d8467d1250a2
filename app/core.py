"""What every process of the application needs: settings, logs, database, bell.

Workers, sender and clock have nothing else, so that they start in a fraction of the
time that the views of the web processes take.
"""

from flask import Flask

import config
from app import (
    crashes,
    direct,
    logs,
    models,  # noqa: F401 - every table is known before the first query
    queue,
)
from app.db import db, engine_options


def build_core(
    settings: config.Settings | None = None, *, by_keys: bool = False
) -> Flask:
    """Make an application without anything to be asked over HTTP.

    One that asks the database `by_keys` alone gets plans for that (`app.db`).
    """
    settings = settings or config.from_environment()
    app = Flask(__name__, static_url_path="/assets")
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(pool_size=10, by_keys=by_keys),
    )
    logs.init_app(app)
    crashes.arm(settings.crash_at, settings.run_dir)
    db.init_app(app)
    direct.init_app(app)
    queue.init_app(app, settings.redis_url)
    return app
