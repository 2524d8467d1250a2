"""Migrations own every table: up, down and up again on an empty database."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import create_engine, inspect, make_url, text

from app.db import transaction
from app.jobs import routing, validation
from app.services.integrity import run_checks
from tests.factories import make_campaign, make_source, make_subscription, take

VERSIONS = Path(__file__).parents[2] / "app" / "migrations" / "versions"


@pytest.fixture
def empty(app: Flask, servers: dict[str, str]) -> Iterator[str]:
    """A new, empty database; the application's migrations point at it."""
    admin = make_url(servers["DATABASE_ADMIN_URL"])
    engine = create_engine(admin, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE empty"))
    url = admin.set(database="empty").render_as_string(hide_password=False)
    before = app.config["DATABASE_ADMIN_URL"]
    app.config["DATABASE_ADMIN_URL"] = url
    yield url
    app.config["DATABASE_ADMIN_URL"] = before
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE empty"))
    engine.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return found


def test_migrations_go_up_down_and_up_again(app: Flask, empty: str) -> None:
    with app.app_context():
        upgrade()
        check()
        made = tables(empty)
        downgrade(revision="base")
        left = tables(empty)
        upgrade()

    assert {"lead", "posting", "ab_user"} <= made
    assert left == set()
    assert tables(empty) == made


def test_application_may_not_change_tables_or_books(
    app: Flask, servers: dict[str, str]
) -> None:
    engine = create_engine(servers["DATABASE_URL"])
    with engine.connect() as connection:
        rights = connection.execute(
            text(
                "SELECT has_schema_privilege('public', 'CREATE'),"
                " has_table_privilege('posting', 'UPDATE'),"
                " has_table_privilege('entry', 'DELETE'),"
                " has_table_privilege('lead', 'UPDATE')"
            )
        ).one()
    engine.dispose()

    assert tuple(rights) == (False, False, False, True)


def test_hours_that_a_migration_counts_are_whole(database: Flask) -> None:
    campaign = make_campaign()
    make_subscription(campaign)
    for _ in range(2):
        take(make_source(campaign))
    validation.drain()
    routing.drain()
    counted = runpy.run_path(str(VERSIONS / "20261121_limit_windows.py"))
    with transaction() as session:
        session.execute(text("DELETE FROM subscription_window"))
        # The first of an hour that is over, and what came two hours ago.
        session.execute(
            text(
                "UPDATE transaction SET held_at = CASE id % 2"
                " WHEN 0 THEN now() - interval '2 hours' + interval '1 second'"
                " ELSE date_trunc('hour', now() - interval '2 hours') END"
            )
        )
        for columns, since in counted["WINDOWS"]:
            count = counted["COUNTED"].format(columns=columns, since=since)
            session.execute(text(count))

    checks = {check["name"]: check["ok"] for check in run_checks()["checks"]}

    assert checks["windows_equal_transactions"]
