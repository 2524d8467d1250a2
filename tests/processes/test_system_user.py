"""The unprivileged user is made once, however many starts want it at once."""

import itertools
import subprocess

import pytest

from app.processes import system_user
from app.processes.errors import CannotStart
from app.processes.system_user import User, unprivileged_user

LOCKED = "useradd: cannot lock /etc/passwd; try again later."


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_user.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_user.shutil, "which", lambda *_, **__: "useradd")
    monkeypatch.setattr(system_user, "PAUSE_S", 0.01)


def refuse(monkeypatch: pytest.MonkeyPatch, known_after: int | None) -> list[str]:
    """Let useradd fail; from the given try on, another start has made the user."""
    tries: list[str] = []

    def run(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        tries.append(command[-1])
        return subprocess.CompletedProcess(command, 1, "", LOCKED)

    def known() -> User | None:
        is_made = known_after is not None and len(tries) >= known_after
        return User(7, 7) if is_made else None

    monkeypatch.setattr(system_user, "_run", run)
    monkeypatch.setattr(system_user, "_known", known)
    return tries


def test_user_that_another_start_is_making_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = refuse(monkeypatch, known_after=3)

    assert unprivileged_user() == User(7, 7)
    assert tries == ["leadnexus"] * 3


def test_user_that_cannot_be_made_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = refuse(monkeypatch, known_after=None)
    clock = itertools.count(0.0, 4.0)
    monkeypatch.setattr(system_user.time, "monotonic", lambda: next(clock))

    with pytest.raises(CannotStart, match="cannot lock"):
        unprivileged_user()

    assert len(tries) == 3
