"""Every setting, read once from the environment, typed, failing loudly.

Nothing else in the house reads `os.environ`. A wrong value stops the program with
the setting's name in the message.
"""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.policy import (
    CENTS,
    MAX_DAYS,
    CurrencyCode,
    Flag,
    Kind,
    Rate,
    Value,
    Whole,
)

PROJECT = Path(__file__).resolve().parent
MIN_SECRET = 32
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class BadSetting(ValueError):  # noqa: N818 - reads as what happened
    """A setting has a value that cannot be used; the text names the setting."""


@dataclass(frozen=True)
class Told:
    """What people are told of a setting: subject, default and meaning in Markdown.

    One with a `kind` is business policy: what the environment leaves open starts as
    `first` and is changed on the screen.
    """

    name: str
    subject: str
    default: str
    meaning: str
    is_secret: bool = False
    label: str = ""
    kind: Kind | None = None
    first: Value = None


def _told(
    name: str, subject: str, default: str, meaning: str, *, is_secret: bool = False
) -> Any:  # noqa: ANN401 - dataclasses.field
    told = Told(name, subject, default, meaning, is_secret)
    return field(metadata={"told": told})


def _policy(
    name: str, label: str, subject: str, kind: Kind, first: Value, meaning: str
) -> Any:  # noqa: ANN401 - as above
    default = "empty = off" if first is None else f"`{kind.spell(first)}`"
    told = Told(name, subject, default, meaning, label=label, kind=kind, first=first)
    return field(metadata={"told": told})


@dataclass(frozen=True)
class Settings:
    """The settings of CONTRACT.md §2, one attribute each, in their own types.

    What is told of each here is what the README and the screen tell. `given` are the
    names that the environment set.
    """

    host: str = _told(
        "HOST",
        "Web server",
        "`127.0.0.1`",
        "the address on which the web server listens",
    )
    port: int = _told(
        "PORT", "Web server", "`8080`", "the port on which the web server listens"
    )
    public_url: str = _told(
        "PUBLIC_URL",
        "Web server",
        "`http://HOST:PORT`",
        "used in links; cookies are Secure and `__Host-` when it is https",
    )
    trusted_proxies: int = _told(
        "TRUSTED_PROXIES",
        "Web server",
        "`0`",
        "how many proxies in front may speak for the client's address",
    )
    home: Path = _told(  # noqa: RUF009 - it is a dataclass field
        "LEADNEXUS_HOME",
        "Installation",
        "`var/` in the project",
        "embedded databases, generated secrets, logs, pid files",
    )
    environment: str = _told(
        "LEADNEXUS_ENV",
        "Installation",
        "`development`",
        "`production` refuses embedded servers, generated secrets and the demo",
    )
    database_url: str = _told(
        "DATABASE_URL",
        "Databases",
        "empty = embedded",
        "PostgreSQL ≥ 14, the application's role: rows only",
        is_secret=True,
    )
    database_admin_url: str = _told(
        "DATABASE_ADMIN_URL",
        "Databases",
        "`DATABASE_URL`",
        "the role that migrates",
        is_secret=True,
    )
    redis_url: str = _told(
        "REDIS_URL",
        "Databases",
        "empty = embedded",
        "Redis ≥ 6.2 or Valkey",
        is_secret=True,
    )
    web_workers: int = _told(
        "WEB_WORKERS", "Web server", "cores, at least 2", "web processes"
    )
    pipeline_workers: int = _told(
        "PIPELINE_WORKERS",
        "Installation",
        "half of the cores",
        "processes for validation, and as many for routing",
    )
    secret_key: str = _told(
        "SECRET_KEY",
        "Secrets",
        "generated once",
        "what sessions and tokens are signed with",
        is_secret=True,
    )
    field_keys: tuple[str, ...] = _told(
        "FIELD_KEYS",
        "Secrets",
        "generated once",
        "what secrets at rest are encrypted with, comma-separated, newest key first",
        is_secret=True,
    )
    admin_email: str = _told(
        "ADMIN_EMAIL",
        "People",
        "`admin@example.com`",
        "the first administrator's email",
    )
    admin_password: str = _told(
        "ADMIN_PASSWORD",
        "People",
        "generated and printed once",
        "the first administrator's password",
        is_secret=True,
    )
    demo: bool = _told(
        "DEMO", "Installation", "`1` in development", "seed the demo once"
    )
    outbound_allow: tuple[str, ...] = _told(
        "OUTBOUND_ALLOW",
        "Outside",
        "empty",
        "`host:port` or CIDR, comma-separated, that may be reached although private",
    )
    cors_origins: tuple[str, ...] = _told(
        "CORS_ORIGINS",
        "Web server",
        "empty = same origin only",
        "origins, comma-separated, whose pages may post leads to the intake "
        "from a browser and embed or send the forms of landing pages",
    )
    smtp_url: str = _told(
        "SMTP_URL",
        "Outside",
        "empty = mail is kept and shown to the administrator",
        "`smtp://user:password@host:port`, or `smtps://`; TLS where the server "
        "offers it",
        is_secret=True,
    )
    mail_from: str = _told(
        "MAIL_FROM",
        "Outside",
        "`no-reply@` the host of `PUBLIC_URL`",
        "the sender of mail",
    )
    log_level: str = _told(
        "LOG_LEVEL",
        "Installation",
        "`INFO`",
        "`DEBUG`, `INFO`, `WARNING` or `ERROR`; logs are JSON lines on standard error",
    )
    crash_at: str = _told(
        "CRASH_AT",
        "Installation",
        "empty",
        "for tests: a point of `app/crashes.py` at which a process kills "
        "itself once; ignored in production",
    )
    admin_totp: bool = _policy(
        "ADMIN_TOTP",
        "Second factor for administrators",
        "People",
        Flag(),
        False,
        "`1`: administrators log in with a second factor alone, and set one up "
        "the first time; log-ins without one end at once",
    )
    default_currency: str = _policy(
        "DEFAULT_CURRENCY",
        "Currency of new accounts",
        "People",
        CurrencyCode(),
        "USD",
        "of partners and vendors who register",
    )
    login_per_account: str = _policy(
        "LOGIN_PER_ACCOUNT",
        "Log-ins of one account",
        "Rates",
        Rate(),
        "10/20 second",
        "log-ins of one account",
    )
    login_per_address: str = _policy(
        "LOGIN_PER_ADDRESS",
        "Log-ins from one address",
        "Rates",
        Rate(),
        "60/minute",
        "log-ins from one address",
    )
    register_per_address: str = _policy(
        "REGISTER_PER_ADDRESS",
        "Sign-ups from one address",
        "Rates",
        Rate(),
        "20/hour",
        "wishes for an account from one address",
    )
    reset_per_address: str = _policy(
        "RESET_PER_ADDRESS",
        "New passwords from one address",
        "Rates",
        Rate(),
        "20/hour",
        "wishes for a new password from one address",
    )
    landing_per_address: str = _policy(
        "LANDING_PER_ADDRESS",
        "Posts of a page from one address",
        "Rates",
        Rate(),
        "10/minute",
        "posts of one landing page from one address",
    )
    api_per_key: str = _policy(
        "API_PER_KEY",
        "Calls with one API key",
        "Rates",
        Rate(),
        "600/minute",
        "calls with one API key of a partner or vendor",
    )
    source_per_minute: int = _policy(
        "SOURCE_PER_MINUTE",
        "Posts a minute of a source",
        "What is new",
        Whole(1, 1_000_000),
        6000,
        "posts a minute of a new source, where it does not say",
    )
    delivery_minutes: int = _policy(
        "DELIVERY_MINUTES",
        "Promise, in minutes",
        "What is new",
        Whole(1, 1440),
        30,
        "the promise of a new campaign, where it does not say: minutes until a lead "
        "is delivered",
    )
    dedupe_days: int = _policy(
        "DEDUPE_DAYS",
        "Duplicates, in days",
        "What is new",
        Whole(0, MAX_DAYS),
        30,
        "how long a new campaign refuses the same email or phone, where it does not "
        "say; 0 is off",
    )
    sell_days: int = _policy(
        "SELL_DAYS",
        "On offer, in days",
        "What is new",
        Whole(1, MAX_DAYS),
        30,
        "how long a new campaign offers a lead, where it does not say",
    )
    second_person_above_cents: int | None = _policy(
        "SECOND_PERSON_ABOVE_CENTS",
        "Second person above",
        "Money",
        CENTS,
        None,
        "a credit, correction, refund or change of price by hand, or an approved "
        "return, above it, in the currency's minor unit, waits until another "
        "administrator approves it",
    )
    return_hours: int = _policy(
        "RETURN_HOURS",
        "Time to return a lead, in hours",
        "Money",
        Whole(1, 24 * 365),
        7 * 24,
        "how long after its delivery a lead may be returned, where neither its "
        "campaign nor its partner says",
    )
    return_operator_cents: int | None = _policy(
        "RETURN_OPERATOR_CENTS",
        "Returns that operators approve",
        "Money",
        CENTS,
        None,
        "a return above it, in the currency's minor unit, is approved by an "
        "administrator, where neither its campaign nor its partner says",
    )
    decisions_kept_days: int = _policy(
        "DECISIONS_KEPT_DAYS",
        "Decisions, in days",
        "What is kept",
        Whole(7, MAX_DAYS),
        90,
        "for how long it can be asked why a lead was sold to whom",
    )
    refusals_kept_days: int = _policy(
        "REFUSALS_KEPT_DAYS",
        "Refused posts, in days",
        "What is kept",
        Whole(1, MAX_DAYS),
        90,
        "for how long refused posts are kept, contact data masked",
    )
    mail_kept_days: int = _policy(
        "MAIL_KEPT_DAYS",
        "Outgoing mail, in days",
        "What is kept",
        Whole(1, MAX_DAYS),
        90,
        "for how long outgoing mail is kept",
    )
    given: frozenset[str] = frozenset()

    @property
    def is_https(self) -> bool:
        """Whether cookies are Secure and carry the __Host- prefix."""
        return self.public_url.startswith("https://")

    @property
    def local_address(self) -> str:
        """The `host:port` at which this machine reaches its own web server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    @property
    def run_dir(self) -> Path:
        """Where each process keeps its pid file."""
        return self.home / "run"


TOLD = {
    one.name: one.metadata["told"] for one in fields(Settings) if "told" in one.metadata
}
NAMES = frozenset(told.name for told in TOLD.values())
EDITABLE = {name: told for name, told in TOLD.items() if told.kind is not None}


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `env` (the process's own by default).

    Raises BadSetting. Secrets that are not set are read from, or generated once
    under, LEADNEXUS_HOME/secrets, except in production, where they must be set.
    """
    source = dict(os.environ if env is None else env)
    environment = _choice(
        source, "LEADNEXUS_ENV", "development", ("development", "production")
    )
    production = environment == "production"
    home = Path(source.get("LEADNEXUS_HOME") or PROJECT / "var").resolve()
    host = source.get("HOST") or "127.0.0.1"
    port = _integer(source, "PORT", 8080, least=1, most=65535)
    if production:
        _require(source, "DATABASE_URL", "REDIS_URL")
    cores = os.cpu_count() or 1
    return Settings(
        host=host,
        port=port,
        public_url=_public_url(source, host, port),
        trusted_proxies=_integer(source, "TRUSTED_PROXIES", 0, least=0, most=10),
        home=home,
        environment=environment,
        database_url=_database_url(source, "DATABASE_URL"),
        database_admin_url=_database_url(source, "DATABASE_ADMIN_URL"),
        redis_url=_redis_url(source),
        web_workers=_integer(source, "WEB_WORKERS", max(2, cores), least=1, most=64),
        pipeline_workers=_integer(
            source, "PIPELINE_WORKERS", max(1, cores // 2), least=1, most=64
        ),
        secret_key=_secret(source, "SECRET_KEY", home, production),
        field_keys=_field_keys(source, home, production),
        admin_email=_email(source, "ADMIN_EMAIL", "admin@example.com"),
        admin_password=source.get("ADMIN_PASSWORD", ""),
        demo=_demo(source, production),
        outbound_allow=_list(source.get("OUTBOUND_ALLOW", "")),
        cors_origins=_origins(source, "CORS_ORIGINS"),
        smtp_url=_smtp_url(source),
        mail_from=_mail_from(source, host, port),
        log_level=_choice(
            source, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")
        ),
        crash_at="" if production else source.get("CRASH_AT", ""),
        **{attr: _policy_value(source, told) for attr, told in EDITABLE.items()},
        given=frozenset(name for name, value in source.items() if value) & NAMES,
    )


def _policy_value(source: Mapping[str, str], told: Told) -> Any:  # noqa: ANN401 - of its kind
    text = source.get(told.name, "")
    if not text or told.kind is None:
        return told.first
    try:
        return told.kind.check(told.kind.parse(text))
    except ValueError as error:
        raise BadSetting(f"{told.name}: {error}") from None


def _choice(
    source: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]
) -> str:
    value = source.get(name) or default
    if value not in allowed:
        raise BadSetting(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def _integer(
    source: Mapping[str, str], name: str, default: int, *, least: int, most: int
) -> int:
    text = source.get(name) or str(default)
    # Few digits, since Python refuses to read thousands of them in its own words.
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _require(source: Mapping[str, str], *names: str) -> None:
    for name in names:
        if not source.get(name):
            raise BadSetting(f"{name} must be set where LEADNEXUS_ENV=production")


def _public_url(source: Mapping[str, str], host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    url = (source.get("PUBLIC_URL") or f"http://{name}:{port}").rstrip("/")
    if not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", url):
        raise BadSetting("PUBLIC_URL must be an http:// or https:// URL of a host")
    return url


def _origins(source: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return origins as browsers spell them: lower case, no path, no usual port."""
    origins = _list(source.get(name, ""))
    for origin in origins:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin):
            raise BadSetting(f"{name} must list origins, such as https://example.com")
    return origins


def _redis_url(source: Mapping[str, str]) -> str:
    url = source.get("REDIS_URL", "")
    if url and not url.startswith(REDIS_SCHEMES):
        raise BadSetting(f"REDIS_URL must begin with {', '.join(REDIS_SCHEMES)}")
    return url


def _smtp_url(source: Mapping[str, str]) -> str:
    url = source.get("SMTP_URL", "")
    if url and not re.fullmatch(r"smtps?://([^/?#\s@]+@)?[^/?#\s@]+/?", url):
        raise BadSetting("SMTP_URL must be smtp://user:password@host:port")
    return url


def _mail_from(source: Mapping[str, str], host: str, port: int) -> str:
    """Return the sender of mail; without one set, an address of the public host."""
    if given := source.get("MAIL_FROM", "").strip():
        if not re.fullmatch(r"([^<>\r\n]*<)?[^@\s<>]+@[^@\s<>]+>?", given):
            raise BadSetting("MAIL_FROM must be an email address")
        return given
    name = urlsplit(_public_url(source, host, port)).hostname or ""
    return f"no-reply@{name if re.search('[a-z]', name) else 'localhost'}"


def _email(source: Mapping[str, str], name: str, default: str) -> str:
    email = (source.get(name) or default).strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise BadSetting(f"{name} must be an email address")
    return email


def _database_url(source: Mapping[str, str], name: str) -> str:
    """Return the URL with psycopg named as driver, as SQLAlchemy wants it."""
    url = source.get(name, "")
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if url and not url.startswith("postgresql+psycopg://"):
        raise BadSetting(f"{name} must be a postgresql:// URL")
    return url


def _demo(source: Mapping[str, str], production: bool) -> bool:
    wanted = _choice(source, "DEMO", "0" if production else "1", ("0", "1")) == "1"
    if wanted and production:
        raise BadSetting("DEMO=1 is refused where LEADNEXUS_ENV=production")
    return wanted


def _field_keys(
    source: Mapping[str, str], home: Path, production: bool
) -> tuple[str, ...]:
    keys = _list(_secret(source, "FIELD_KEYS", home, production))
    if not keys or (production and min(map(len, keys)) < MIN_SECRET):
        raise BadSetting(
            f"FIELD_KEYS must hold keys of {MIN_SECRET} characters, newest first"
        )
    return keys


def _secret(source: Mapping[str, str], name: str, home: Path, production: bool) -> str:
    """Return the secret as set, or as generated once and kept under `home`."""
    if given := source.get(name):
        if production and len(given) < MIN_SECRET:
            raise BadSetting(f"{name} must be at least {MIN_SECRET} characters")
        return given
    if production:
        raise BadSetting(f"{name} must be set where LEADNEXUS_ENV=production")
    return kept_secret(home, name.lower())


def kept_secret(home: Path, name: str) -> str:
    """Return the secret of that name kept under `home`, generated the first time.

    Safe when several processes ask for the first time at once: all get the same.
    """
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        _keep(path, secrets.token_urlsafe(32))
    if value := path.read_text().strip():
        return value
    raise BadSetting(f"{path} is empty: remove it, or write the secret into it")


def _keep(path: Path, value: str) -> None:
    """Write the file whole or not at all; the first one to do so wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
