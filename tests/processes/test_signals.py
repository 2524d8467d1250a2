"""A request to stop, the second Ctrl-C, and the make above us."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.processes.signals import SAME_PRESS_S, StopRequested, StopSignals
from config import PROJECT
from tests.processes.helpers import is_alive, until

MAKE = shutil.which("make") or ""
UNDER_MAKE = """
import pathlib, sys
from app.processes.signals import StopRequested, StopSignals
signals = StopSignals()
with signals.caught():
    pathlib.Path(sys.argv[1]).write_text("waiting")
    try:
        signals.pause(60)
    except StopRequested:
        pathlib.Path(sys.argv[1]).write_text("stopped")
"""


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name
)
def test_signal_ends_a_pause(number: signal.Signals) -> None:
    signals = StopSignals()

    with signals.caught():
        os.kill(os.getpid(), number)
        with pytest.raises(StopRequested):
            signals.pause(60)

    assert not signals.is_hurried()


@pytest.mark.parametrize(
    ("second", "seconds_later", "is_hurried"),
    [
        (signal.SIGINT, SAME_PRESS_S + 0.1, True),
        (signal.SIGINT, SAME_PRESS_S - 0.1, False),
        (signal.SIGTERM, SAME_PRESS_S + 0.1, False),
    ],
)
def test_only_a_second_press_of_ctrl_c_makes_it_urgent(
    second: signal.Signals,
    seconds_later: float,
    is_hurried: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("app.processes.signals.time.monotonic", lambda: now[0])
    signals = StopSignals()

    with signals.caught():
        os.kill(os.getpid(), signal.SIGINT)
        now[0] += seconds_later
        os.kill(os.getpid(), second)

    assert signals.is_hurried() is is_hurried


@pytest.mark.skipif(not MAKE, reason="needs make")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signal_to_make_alone_reaches_us(
    tmp_path: Path, number: signal.Signals
) -> None:
    flag = tmp_path / "flag"
    (tmp_path / "code.py").write_text(UNDER_MAKE)
    (tmp_path / "Makefile").write_text(
        f"run:\n\t@exec {sys.executable} {tmp_path}/code.py {flag}\n"
    )

    with subprocess.Popen(  # noqa: S603 - our own command
        [MAKE, "-s", "-C", str(tmp_path), "run"],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        start_new_session=True,
    ) as make:
        assert until(lambda: flag.exists() and flag.read_text() == "waiting")
        make.send_signal(number)

        assert until(lambda: flag.read_text() == "stopped")
    assert not is_alive(make.pid)
