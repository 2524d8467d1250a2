"""Static files by content: an address names its file's version, so it may be kept."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, request

ENDPOINT = "static"
FOLDER = Path(__file__).parent / "static"
SHOWN = 12


def init_app(app: Flask) -> None:
    """Add the version to every address of a static file."""
    app.url_defaults(_add_version)


def is_current_asset() -> bool:
    """Say whether the request names a static file by the content it has now."""
    filename = (request.view_args or {}).get("filename", "")
    given = request.args.get("v")
    return (
        request.endpoint == ENDPOINT
        and given is not None
        and given == _version_of(filename)
    )


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == ENDPOINT and (version := _version_of(values.get("filename", ""))):
        values["v"] = version


def _version_of(filename: str) -> str | None:
    path = FOLDER / filename
    if not path.is_relative_to(FOLDER) or ".." in path.parts or not path.is_file():
        return None
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:SHOWN]
