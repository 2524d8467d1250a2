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
    headers,
    landing,
    limiting,
    origin,
    security,
    views,
)
from app.api.door import Door
from app.core import build_core
from app.db import db, keep_read_rows

HERE = Path(__file__).parent


def build(settings: config.Settings | None = None) -> Flask:
    """Make the application from its settings (the environment's by default)."""
    settings = settings or config.from_environment()
    app = build_core(settings)
    app.config.from_mapping(flask_config(settings))
    # FAB's own templates keep a second name, so that ours may extend them.
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(HERE / "templates"),
            PrefixLoader({"fab": PackageLoader("flask_appbuilder", "templates")}),
        ]
    )
    keep_read_rows(app)
    origin.init_app(app)
    limiting.init_app(app, settings.redis_url)
    assets.init_app(app)
    app.wsgi_app = Door(app)  # type: ignore[method-assign,assignment]
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
        "APP_NAME": "Lead Nexus",
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
