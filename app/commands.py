"""Commands of `flask --app run`: `setup` migrates, grants, seeds and tells log-ins."""

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_appbuilder.security.sqla.models import User
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, select, text

from app.db import transaction
from app.domain.errors import LeadNexusError, NotFound
from app.domain.people import SYSTEM
from app.domain.states import SwitchScope
from app.services.demo import SLUG, seed_demo
from app.services.resets import MINUTES, reset_link
from app.services.switches import Stop, switch_off, switch_on, switches_on
from app.services.user_rules import ADMIN
from app.services.users import create_user, ensure_roles
from app.settings import settings
from config import kept_secret

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON entry, posting FROM {role}",
    # The postings' trigger moves and marks a balance; only the floor is set.
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON balance_mark FROM {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON account FROM {role}",
    "GRANT UPDATE (floor_cents) ON account TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_anchor FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_head FROM {role}",
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


@click.group("users")
def users() -> None:
    """Help people back into their accounts."""


@users.command("reset")
@click.argument("email")
@with_appcontext
def reset(email: str) -> None:
    """Print a link by which the user of EMAIL sets a new password, once."""
    try:
        link = reset_link(email, SYSTEM)
    except NotFound as error:
        raise click.ClickException(error.message) from None
    click.echo(link)
    click.echo(f"It works once, within {MINUTES} minutes.", err=True)


@click.group("switches")
def switches() -> None:
    """Stop selling, and let it go on."""


@switches.command("list")
@with_appcontext
def list_switches() -> None:
    """Print what is stopped now."""
    for one in switches_on():
        click.echo(f"{one.id}\t{one.scope.name}\t{one}\t{one.on_at}\t{one.reason}")


@switches.command("on")
@click.argument("reason")
@click.option("--campaign", type=int, help="Stop this campaign alone, by its id.")
@click.option("--partner", type=int, help="Stop this partner alone, by its id.")
@with_appcontext
def switch_on_by_hand(reason: str, campaign: int | None, partner: int | None) -> None:
    """Stop all selling, or one campaign or partner, for REASON."""
    named = {"campaign": campaign, "partner": partner}
    scope = next((name for name, key in named.items() if key is not None), "all")
    try:
        made = switch_on(Stop(SwitchScope[scope], reason, campaign, partner), SYSTEM)
    except LeadNexusError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"Switch {made.id} is on: {made}")


@switches.command("off")
@click.argument("switch_id", type=int)
@with_appcontext
def switch_off_by_hand(switch_id: int) -> None:
    """Let selling go on that switch SWITCH_ID stopped."""
    try:
        switch_off(switch_id, SYSTEM)
    except LeadNexusError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"Switch {switch_id} is off.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(switches)
    app.cli.add_command(users)
    app.cli.add_command(setup)
