"""The embedded servers that run for a home, for commands beside the supervisor."""

from dataclasses import replace

from app.processes.errors import CannotStart
from app.processes.postgres import Postgres
from app.processes.valkey import Valkey
from config import Settings


def with_running_servers(settings: Settings) -> Settings:
    """Return the settings with the addresses of what the supervisor runs here.

    Raises CannotStart where no database is set and none runs.
    """
    if settings.database_url:
        return settings
    if not (settings.run_dir / "postgres-1.pid").exists():
        raise CannotStart("Nothing runs here: `make run` first, or set DATABASE_URL")
    database_url = Postgres(settings.home).app_url
    redis_url = settings.redis_url or Valkey(settings.home).url
    return replace(settings, database_url=database_url, redis_url=redis_url)
