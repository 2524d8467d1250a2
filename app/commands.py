"""Commands of `flask --app run`: `setup` migrates, grants, seeds and tells log-ins."""

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_appbuilder.security.sqla.models import User
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, select, text

from app.db import transaction
from app.domain.people import SYSTEM
from app.services.demo import SLUG, seed_demo
from app.services.user_rules import ADMIN
from app.services.users import create_user, ensure_roles
from app.settings import settings
from config import kept_secret

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON entry, posting FROM {role}",
)


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Bring the database to head, grant the application its rights, seed."""
    click.echo("Bringing the database up to date…")
    upgrade()
    grant()
    ensure_roles()
    _first_administrator()
    if settings.demo:
        _demo()


def grant() -> None:
    """Give the application's role what it needs: rows, no tables, no rewriting."""
    app_role = make_url(settings.database_url).username
    admin_url = settings.database_admin_url or settings.database_url
    if app_role is None or app_role == make_url(admin_url).username:
        return
    engine = create_engine(admin_url)
    with engine.begin() as connection:
        quoted = connection.dialect.identifier_preparer.quote(app_role)
        for statement in GRANTS:
            connection.execute(text(statement.format(role=quoted)))
    engine.dispose()


def _first_administrator() -> None:
    """Create the administrator of ADMIN_EMAIL unless there is a user of that name."""
    with transaction() as session:
        known = select(User.id).where(User.username == settings.admin_email)
        if session.scalar(known) is not None:
            return
    password = settings.admin_password or kept_secret(settings.home, "admin_password")
    create_user(settings.admin_email, password, ADMIN, SYSTEM)
    shown = "as set in ADMIN_PASSWORD" if settings.admin_password else password
    click.echo(f"Administrator: {settings.admin_email}, password {shown}")


def _demo() -> None:
    password = kept_secret(settings.home, "demo_password")
    seeded = seed_demo(password)
    if seeded is not None:
        click.echo(f"Demo: vendor's posting key {seeded.posting_key}")
    click.echo(f"Demo: page {settings.public_url}/l/{SLUG}/quote")
    click.echo(f"Demo: partner@example.com, vendor@example.com, password {password}")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(setup)
