"""Lead Nexus. What lives where is told by the docstring of each folder.

Importing this package is cheap: the supervisor does so and needs no Flask.
"""

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

# Looking for garbage after every 700 new objects, Python's own measure, takes a
# quarter of the CPU that a process needs to start, and finds next to none.
gc.set_threshold(10_000)


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Make the application from its settings (the environment's by default)."""
    from app.factory import build  # noqa: PLC0415 - see the docstring above

    return build(settings)


def create_core(
    settings: "Settings | None" = None, *, by_keys: bool = False
) -> "Flask":
    """Make what workers, sender and clock need of it: nothing that serves the web."""
    from app.core import build_core  # noqa: PLC0415 - see the docstring above

    return build_core(settings, by_keys=by_keys)
