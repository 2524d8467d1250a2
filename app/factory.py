"""The factory that puts the application together: init calls and registrations."""

from pathlib import Path

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_migrate import Migrate
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader

import config
from app import (
    api,
    assets,
    commands,
    crashes,
    headers,
    landing,
    limiting,
    logs,
    models,  # noqa: F401 - every table is known before the first query
    queue,
    security,
    views,
)
from app.db import db, engine_options

HERE = Path(__file__).parent


def build(settings: config.Settings | None = None) -> Flask:
    """Make the application from its settings (the environment's by default)."""
    settings = settings or config.from_environment()
    app = Flask(__name__, static_url_path="/assets")
    app.config.from_mapping(flask_config(settings))
    # FAB's own templates keep a second name, so that ours may extend them.
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(HERE / "templates"),
            PrefixLoader({"fab": PackageLoader("flask_appbuilder", "templates")}),
        ]
    )
    logs.init_app(app)
    crashes.arm(settings.crash_at, settings.run_dir)
    db.init_app(app)
    queue.init_app(app, settings.redis_url)
    limiting.init_app(app, settings.redis_url)
    assets.init_app(app)
    headers.init_app(app)
    Migrate(app, db, directory=str(HERE / "migrations"))
    commands.init_app(app)
    with app.app_context():
        appbuilder = AppBuilder(
            indexview=views.HomeView,
            security_manager_class=security.SecurityManager,
            update_perms=False,
        )
        appbuilder.init_app(app, db.session)
        views.register(appbuilder)
        api.register(app)
        landing.register(app)
    return app


def flask_config(settings: config.Settings) -> dict[str, object]:
    """Translate the settings into the names that Flask and its extensions read."""
    cookie = "__Host-session" if settings.is_https else "session"
    return {
        "SETTINGS": settings,
        "APP_NAME": "Lead Nexus",
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(pool_size=6),
        "DATABASE_ADMIN_URL": settings.database_admin_url or settings.database_url,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "PREFERRED_URL_SCHEME": "https" if settings.is_https else "http",
        "SESSION_COOKIE_NAME": cookie,
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "JSON_SORT_KEYS": False,
        **security.fab_config(settings),
    }
