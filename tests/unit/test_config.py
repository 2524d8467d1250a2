"""Every setting: its default, and the refusal of each bad value by name."""

import threading
from pathlib import Path

import pytest

from config import (
    EDITABLE,
    NAMES,
    PROJECT,
    TOLD,
    BadSetting,
    from_environment,
    kept_secret,
)

LONG = "k" * 32
PRODUCTION = {
    "LEADNEXUS_ENV": "production",
    "DATABASE_URL": "postgresql://app@db/leadnexus",
    "REDIS_URL": "redis://cache",
    "SECRET_KEY": LONG,
    "FIELD_KEYS": LONG,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "80.0"),
        ("PORT", " 80"),
        ("PORT", "²"),
        ("PORT", "9" * 5000),
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "65"),
        ("PIPELINE_WORKERS", "many"),
        ("TRUSTED_PROXIES", "11"),
        ("LEADNEXUS_ENV", "staging"),
        ("LOG_LEVEL", "info"),
        ("DEMO", "yes"),
        ("DATABASE_URL", "mysql://app@db/leadnexus"),
        ("DATABASE_ADMIN_URL", "leadnexus.db"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "leads.example.com"),
        ("PUBLIC_URL", "ftp://leads.example.com"),
        ("PUBLIC_URL", "https://leads.example.com/?a=1"),
        ("PUBLIC_URL", "https://user@leads.example.com"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://shop.example/"),
        ("CORS_ORIGINS", "https://shop.example; script-src *"),
        ("ADMIN_EMAIL", "admin"),
        ("DEFAULT_CURRENCY", "dollars"),
        ("ADMIN_TOTP", "yes"),
        ("LOGIN_PER_ACCOUNT", "many"),
        ("LOGIN_PER_ADDRESS", "0/minute"),
        ("LANDING_PER_ADDRESS", "10/fortnight"),
        ("DEDUPE_DAYS", "-1"),
        ("DEDUPE_DAYS", "9" * 5000),
        ("SELL_DAYS", "0"),
        ("SECOND_PERSON_ABOVE_CENTS", "5.00"),
        ("FIELD_KEYS", " , "),
    ],
)
def test_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    env = {"LEADNEXUS_HOME": str(tmp_path), name: value}

    with pytest.raises(BadSetting, match=name):
        from_environment(env)


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS"]
)
def test_production_starts_with_nothing_embedded_or_generated(
    tmp_path: Path, name: str
) -> None:
    env = PRODUCTION | {"LEADNEXUS_HOME": str(tmp_path), name: ""}

    with pytest.raises(BadSetting, match=name):
        from_environment(env)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", "short"), ("FIELD_KEYS", f"{LONG},short"), ("DEMO", "1")],
)
def test_production_refuses_weak_secrets_and_the_demo(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        from_environment(PRODUCTION | {name: value})


def test_production_is_accepted_when_all_is_set() -> None:
    settings = from_environment(PRODUCTION)

    assert settings.environment == "production"
    assert not settings.demo
    assert settings.database_url == "postgresql+psycopg://app@db/leadnexus"


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    settings = from_environment({"LEADNEXUS_HOME": str(tmp_path)})

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.run_dir == tmp_path / "run"
    assert settings.demo
    assert not settings.is_https


def test_address_of_ipv6_is_bracketed_in_links(tmp_path: Path) -> None:
    env = {"LEADNEXUS_HOME": str(tmp_path), "HOST": "::1"}

    assert from_environment(env).public_url == "http://[::1]:8080"


def test_generated_secrets_are_kept_and_closed_to_others(tmp_path: Path) -> None:
    env = {"LEADNEXUS_HOME": str(tmp_path)}

    first, second = from_environment(env), from_environment(env)

    folder = tmp_path / "secrets"
    assert first.secret_key == second.secret_key
    assert first.secret_key not in first.field_keys
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_secret_asked_for_at_once_by_many_is_the_same_for_all(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    answers: list[str] = []

    def ask() -> None:
        start.wait()
        answers.append(kept_secret(tmp_path, "a"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8
    assert set(answers) == {(tmp_path / "secrets" / "a").read_text()}


def test_emptied_secret_is_not_used(tmp_path: Path) -> None:
    kept_secret(tmp_path, "a")
    (tmp_path / "secrets" / "a").write_text("")

    with pytest.raises(BadSetting, match="empty"):
        kept_secret(tmp_path, "a")


def test_readme_tells_every_setting_as_it_is_told_here() -> None:
    rows = [f"| `{t.name}` | {t.default} | {t.meaning} |" for t in TOLD.values()]

    table = "\n".join(rows)

    assert table in (PROJECT / "README.md").read_text()


def test_names_told_are_the_names_read() -> None:
    source = (PROJECT / "config.py").read_text()
    body = source[source.index("def from_environment") :]

    policy = {told.name for told in EDITABLE.values()}
    assert all(f'"{name}"' in body for name in NAMES - policy)


def test_what_the_environment_gave_is_known(tmp_path: Path) -> None:
    env = {"LEADNEXUS_HOME": str(tmp_path), "PORT": "9000", "DEMO": "", "PATH": "x"}

    assert from_environment(env).given == {"LEADNEXUS_HOME", "PORT"}
