"""Real servers for every test: an embedded PostgreSQL and Valkey per test process."""

import gc
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

import config
from app import create_app, direct
from app.commands import grant
from app.db import db
from app.domain.people import Actor, Role
from app.processes.throwaway import embedded_postgres, embedded_valkey
from app.services import channels, orders, passwords, policy
from app.services.users import create_user, ensure_roles
from tests.partner import PartnerServer, partner_server

ADMIN_EMAIL = "admin@example.com"
PASSWORD = "a sound password 1"
KEEP = {"alembic_version", "ab_role", "ab_permission", "ab_view_menu"}
WRITTEN_ONCE = ("entry", "posting", "audit", "audit_anchor")
SYSTEM = Actor(role=None)
ADMIN = Actor(role=Role.admin, user_id=1)
DEAR = passwords._hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SOAK_S = 7_200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the long tests their time."""
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.timeout(SOAK_S))


def pytest_collection_finish() -> None:
    """Look for no garbage among modules and tests: it takes a tenth of the time."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hash at next to no cost: most tests need somebody who has logged in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        yield


@pytest.fixture
def dear_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at the price that the product pays."""
    monkeypatch.setattr(passwords, "_hasher", DEAR)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test process, for databases and secrets."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def servers(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a running PostgreSQL and Valkey."""
    for name in ("pg", "valkey"):
        (home / name).mkdir()
    with (
        embedded_postgres(home / "pg") as (admin_url, app_url),
        embedded_valkey(home / "valkey") as redis_url,
    ):
        yield {
            "DATABASE_ADMIN_URL": admin_url,
            "DATABASE_URL": app_url,
            "REDIS_URL": redis_url,
            "LEADNEXUS_HOME": str(home),
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "LOG_LEVEL": "ERROR",
            "DEMO": "0",
            "ADMIN_PASSWORD": PASSWORD,
            "LOGIN_PER_ADDRESS": "100000/minute",
            "LOGIN_PER_ACCOUNT": "100000/minute",
            "REGISTER_PER_ADDRESS": "100000/minute",
            "RESET_PER_ADDRESS": "100000/minute",
            "LANDING_PER_ADDRESS": "100000/minute",
        }


@pytest.fixture(scope="session")
def app(servers: dict[str, str]) -> Iterator[Flask]:
    """The application on a migrated database, with its roles."""
    app = create_app(config.from_environment(servers))
    app.config["TESTING"] = True
    logging.getLogger().handlers = []
    with app.app_context():
        upgrade()
        grant()
        ensure_roles()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()
        direct.kept().close()


@pytest.fixture
def database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application within a transaction that is rolled back after the test."""
    with app.app_context():
        engines: Any = db.engines
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        connection.name = engine.name  # FAB asks its bind for a name
        engines[None] = connection
        own: Any = connection.connection.driver_connection
        monkeypatch.setattr(direct, "own_connection", lambda: nullcontext(own))
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        _forget_caches()
        try:
            yield app
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine
            _forget_caches()


@pytest.fixture
def committed(app: Flask, servers: dict[str, str]) -> Iterator[Flask]:
    """The application with real commits; every table is emptied after the test."""
    _forget_caches()
    with app.app_context():
        yield app
        db.session.remove()
    _empty(servers["DATABASE_ADMIN_URL"])
    _forget_caches()


@pytest.fixture
def partner() -> Iterator[PartnerServer]:
    """A partner's server that accepts whatever it gets."""
    with partner_server() as server:
        yield server


@pytest.fixture
def client(database: Flask) -> FlaskClient:
    """A browser or program without a session."""
    return database.test_client()


@pytest.fixture
def admin_headers(database: Flask) -> dict[str, str]:
    """The Authorization header of an administrator."""
    return login_headers(database, ADMIN_EMAIL, "Admin")


def login_headers(app: Flask, email: str, role: str, **member: int) -> dict[str, str]:
    """Create a user of that role and return the header of its access token."""
    create_user(email, PASSWORD, role, SYSTEM, **member)
    answer = app.test_client().post(
        "/api/auth/login", json={"email": email, "password": PASSWORD}
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def _forget_caches() -> None:
    channels.forget()
    orders.forget()
    policy.forget()


def _empty(admin_url: str) -> None:
    """Delete each row that a test left: to truncate all tables costs far more."""
    tables = reversed(db.metadata.sorted_tables)
    names = [table.name for table in tables if table.name not in KEEP]
    everything = ", ".join(f'"{name}"' for name in names)
    rows_of = [
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names
    ]
    engine = create_engine(admin_url)
    with engine.begin() as connection:
        # A transaction that a test left open fails it, and holds up nothing.
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(text(f"LOCK TABLE {everything} IN ACCESS EXCLUSIVE MODE"))
        filled = set(connection.scalars(text(" UNION ALL ".join(rows_of))))
        guarded = filled.intersection(WRITTEN_ONCE)
        for table in guarded:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for name in names:
            if name in filled:
                connection.execute(text(f'DELETE FROM "{name}"'))
        for table in guarded:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    engine.dispose()
