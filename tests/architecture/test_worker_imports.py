"""Workers, sender and clock start without the web: its imports cost seconds of CPU."""

import subprocess
import sys

import pytest

WEB = ("app.factory", "app.views", "app.api", "app.landing", "app.security")


@pytest.mark.parametrize("program", ["app.worker", "app.clock"])
def test_program_without_a_web_server_imports_no_views(program: str) -> None:
    code = f"import sys, app.core, {program}; print(*sys.modules)"

    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert [name for name in WEB if name in done.stdout.split()] == []
