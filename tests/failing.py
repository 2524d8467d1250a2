"""A database that does not answer, and a fault of the program's own."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from app.landing import pages
from app.views.landing_pages import LandingPageScreen

SECRET = "ada@example.org"
SCREEN, PUBLIC = "/landing-pages/list/", "/l/solar/spring"


@contextmanager
def database_away() -> Iterator[None]:
    """Let every statement fail as it does where the server has gone."""

    def fail(*_: object) -> None:
        raise OperationalError(SECRET, {}, psycopg.OperationalError(SECRET))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


def break_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SCREEN and PUBLIC raise what nobody expects."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(LandingPageScreen, "read_listing", fail)
    monkeypatch.setattr(pages, "public_page", fail)
