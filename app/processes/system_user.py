"""The unprivileged user that PostgreSQL runs as when we are root, which it refuses."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from app.processes.errors import CannotStart

NAME = "leadnexus"
PATIENCE_S = 10.0
PAUSE_S = 0.2

_SYSTEM_PATH = f"{os.defpath}:/usr/sbin:/sbin"


@dataclass(frozen=True)
class User:
    """A user of the system, by number."""

    uid: int
    gid: int

    def may(self, command: tuple[str, ...]) -> bool:
        """Return whether the command succeeds as this user."""
        try:
            done = subprocess.run(  # noqa: S603 - the command is our own
                command,
                check=False,
                capture_output=True,
                cwd="/",
                user=self.uid,
                group=self.gid,
                extra_groups=[],
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def may_write(self, folder: Path) -> bool:
        """Return whether this user reaches the folder and may make files in it."""
        test = shutil.which("test", path=_SYSTEM_PATH) or "test"
        return self.may((test, "-w", str(folder)))

    def own(self, folder: Path) -> None:
        """Give the folder, with all in it, to this user."""
        if folder.stat().st_uid == self.uid:
            return
        for path in (*folder.rglob("*"), folder):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def unprivileged_user() -> User | None:
    """Return the user to run as, made at need; None where we are not root."""
    if os.geteuid() != 0:
        return None
    return _known() or _made()


def _known() -> User | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return User(entry.pw_uid, entry.pw_gid)


def _made() -> User:
    useradd = shutil.which("useradd", path=_SYSTEM_PATH)
    if useradd is None:
        raise CannotStart(
            f"PostgreSQL does not run as root and there is no useradd to make the user"
            f" {NAME}: make it, start as an ordinary user, or set DATABASE_URL"
        )
    options = ("--system", "--user-group", "--no-create-home")
    home = ("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    command = (useradd, *options, *home, NAME)
    end = time.monotonic() + PATIENCE_S
    while True:
        done = _run(command)
        # Another start may have made it in the meantime, so its presence decides.
        if user := _known():
            return user
        # Until it has, it holds the lock of /etc/passwd, which useradd waits for not.
        if time.monotonic() > end:
            reason = done.stderr.strip()
            raise CannotStart(f"The user {NAME} cannot be made: {reason}")
        time.sleep(PAUSE_S)


def _run(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command is our own
        command, check=False, capture_output=True, text=True
    )
