"""The floors of pipeline and router: PostgreSQL's own pgbench with the least SQL."""

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from app.processes.postgres import Postgres

FLOOR = Path(__file__).with_name("floor.sql")
SALE = Path(__file__).with_name("sale.sql")
CLIENTS = 8
LEADS = 20_000
THREADS = 2
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def sales_per_second(
    postgres: Postgres, script: Path = FLOOR, partners: int = 10, seconds: int = 2
) -> float:
    """Return how many sales a second a script makes, prepared, by 8 clients.

    For SALE each client needs LEADS available ones, which it sells in turn.
    """
    url = make_url(postgres.admin_url)
    done = subprocess.run(  # noqa: S603 - the command is our own
        (
            *(str(postgres.binaries / "pgbench"), "--no-vacuum"),
            *("--file", str(script), "--protocol", "prepared"),
            *("--define", f"partners={partners}"),
            *("--define", f"leads={LEADS}", "--define", "number=0"),
            *("--client", str(CLIENTS), "--jobs", str(THREADS)),
            *("--time", str(seconds), "--host", str(postgres.sockets)),
            *("--username", str(url.username), str(url.database)),
        ),
        env={"PATH": os.defpath, "PGPASSWORD": str(url.password)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _RATE.search(done.stdout)
    if found is None or " failed transactions: 0 " not in done.stdout:
        raise ValueError(
            f"pgbench told no rate: {done.stdout[-500:]}{done.stderr[-500:]}"
        )
    return float(found[1])
