"""The embedded PostgreSQL and Valkey: their roles, their end, what they log."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.processes import places
from app.processes.child import running
from app.processes.postgres import Postgres
from app.processes.system_user import unprivileged_user
from app.processes.throwaway import embedded_postgres, embedded_valkey
from tests.processes.helpers import until


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def urls(home: Path) -> Iterator[tuple[str, str]]:
    with embedded_postgres(home) as both:
        yield both


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_application_role_changes_no_structure(
    urls: tuple[str, str], statement: str
) -> None:
    with (
        connect(urls[1]) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_admin_role_owns_the_database_but_is_no_superuser(
    urls: tuple[str, str],
) -> None:
    with connect(urls[0]) as connection:
        connection.execute("CREATE TABLE theirs (id int)")
        connection.execute("DROP TABLE theirs")
        row = connection.execute(
            "SELECT current_setting('is_superuser'), current_database()"
        ).fetchone()

    assert row == ("off", "leadnexus")


@pytest.mark.parametrize("role", ["postgres", "leadnexus"])
def test_nobody_gets_in_without_a_password(urls: tuple[str, str], role: str) -> None:
    host = urls[1].split("host=")[1]

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dbname="leadnexus", user=role, host=host, passfile="/dev/null")


def test_words_are_compared_alike_on_every_machine(urls: tuple[str, str]) -> None:
    with connect(urls[1]) as connection:
        row = connection.execute("SELECT lower('ÉCOLE'), 'B' < 'a'").fetchone()

    assert row == ("école", True)


def test_refused_row_leaves_no_contact_data_in_the_log(
    home: Path, urls: tuple[str, str]
) -> None:
    with connect(urls[0]) as connection:
        connection.execute("CREATE TABLE people (mail text CHECK (mail = ''))")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO people VALUES ('a@b.example')")

    log = home / "log" / "postgres.log"
    assert until(lambda: "violates check constraint" in log.read_text())
    assert "a@b.example" not in log.read_text()


def test_data_outlives_the_server(tmp_path: Path) -> None:
    for _ in range(2):
        server = Postgres(tmp_path, is_durable=False)
        server.create()
        with (
            running(server.program, None, server.is_ready),
            connect(server.admin_url) as connection,
        ):
            connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
            connection.execute("INSERT INTO kept VALUES (1)")
            row = connection.execute("SELECT count(*) FROM kept").fetchone()

    server.discard()
    places.remove_sockets(tmp_path)
    assert row == (2,)


def test_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    server = Postgres(tmp_path, is_durable=False)
    half = places.owned_folder(server.folder / "new", server.user)
    (half / "PG_VERSION").write_text("18\n")

    server.create()

    assert (server.data / "pg_hba.conf").exists()
    assert not half.exists()
    server.discard()
    places.remove_sockets(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become another user")
def test_home_that_is_closed_is_not_opened(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    home.mkdir()

    with embedded_postgres(home):
        elsewhere = Path((home / "postgres.path").read_text().strip())
        was_used = (elsewhere / "data" / "postmaster.pid").exists()

    assert was_used
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not elsewhere.exists()
    assert list(home.glob("postgres*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become another user")
def test_data_of_a_temporary_home_goes_once_the_home_is_gone(tmp_path: Path) -> None:
    user = unprivileged_user()
    gone, kept = tmp_path / "gone", tmp_path / "kept"
    gone.mkdir()
    kept.mkdir()
    lost = places.cluster_folder(gone, user)
    shutil.rmtree(gone)

    found = places.cluster_folder(kept, user)

    assert not lost.exists()
    assert places.cluster_folder(kept, user) == found
    places.discard_cluster(kept, found)


def test_valkey_wants_its_password_and_refuses_when_full(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        client = redis.Redis.from_url(url, decode_responses=True)
        path = url.split("@")[1]
        stranger = redis.Redis(unix_socket_path=path, retry=Retry(NoBackoff(), 0))
        policy = client.config_get("maxmemory-policy")
        is_saving = client.config_get("save")["save"] != ""

        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
        client.close()
        stranger.close()

    assert policy == {"maxmemory-policy": "noeviction"}
    assert not is_saving
    assert not Path(path).parent.exists()


def test_servers_leave_no_socket_and_no_data(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as (_, app_url), embedded_valkey(tmp_path):
        sockets = Path(app_url.split("host=")[1])
        were_there = sockets.exists()

    assert were_there
    assert not sockets.parent.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"log", "secrets"}
