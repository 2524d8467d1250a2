"""Planting a bug: a small patch, applied to a copy of the program.

A patch begins with a line that says what is wrong. Where its lines stand does not
matter; that each of its hunks is found exactly once does.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from config import PROJECT

PATCHES = Path(__file__).parents[1] / "bugs"
COPIED = ("app", "config.py", "run.py")


def names() -> list[str]:
    """Return the names of all bugs."""
    return sorted(file.stem for file in PATCHES.glob("*.patch"))


def spoilt_files(name: str) -> dict[str, str]:
    """Return what the files of the program hold with the bug in them, by path.

    Raises ValueError where a hunk does not apply any more.
    """
    files: dict[str, str] = {}
    for path, old, new in _hunks((PATCHES / f"{name}.patch").read_text()):
        text = files.get(path) or (PROJECT / path).read_text()
        if text.count(old) != 1:
            raise ValueError(f"mend bugs/{name}.patch, {path} moved on:\n{old}")
        files[path] = text.replace(old, new)
    return files


def plant(name: str, folder: Path) -> Path:
    """Copy the program into a folder, with the bug in it; return the folder."""
    folder.mkdir()
    for part in COPIED:
        source = PROJECT / part
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=skipped)
        else:
            shutil.copy(source, folder / part)
    for path, text in spoilt_files(name).items():
        (folder / path).write_text(text)
    return folder


def _hunks(patch: str) -> Iterator[tuple[str, str, str]]:
    """Yield each hunk of a unified diff: its file, the old lines, the new ones."""
    path, hunks = "", defaultdict(list)
    for line in patch.splitlines(keepends=True)[1:]:
        if line.startswith("--- "):
            continue
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/").strip()
        elif line.startswith("@@"):
            hunks[path].append(("", ""))
        else:
            old, new = hunks[path][-1]
            sign, rest = line[0], line[1:]
            old += rest if sign in " -" else ""
            new += rest if sign in " +" else ""
            hunks[path][-1] = old, new
    for path, found in hunks.items():
        yield from ((path, old, new) for old, new in found)
