"""The application as it is served, with the routes that it is compared with.

`/bench/bare` is a Flask route with one INSERT; `/api/v1/bench/` is Flask-AppBuilder's
own REST resource over a table of eight columns.
"""

from queue import SimpleQueue
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request
from flask_appbuilder import AppBuilder, ModelRestApi
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import make_url
from sqlalchemy.orm import Mapped

from app import create_app
from app.headers import csrf
from app.models.base import Base, Key
from app.processes.web import THREADS
from app.settings import settings

COLUMNS = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "city",
    "state",
    "zip",
)
INSERT = (
    "INSERT INTO bench_bare (first_name, last_name, email, phone, address, city, state,"
    " zip) VALUES (%(first_name)s, %(last_name)s, %(email)s, %(phone)s, %(address)s,"
    " %(city)s, %(state)s, %(zip)s) RETURNING id"
)


class BenchRow(Base):
    """A row of Flask-AppBuilder's own resource."""

    __tablename__ = "bench_rest"

    id: Mapped[Key]
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    city: Mapped[str]
    state: Mapped[str]
    zip: Mapped[str]
    country: Mapped[str]


class BenchApi(ModelRestApi):
    """The plainest resource that Flask-AppBuilder generates."""

    resource_name = "bench"
    datamodel = SQLAInterface(BenchRow)
    add_columns = [*COLUMNS, "country"]
    list_columns = show_columns = edit_columns = add_columns


class Pool:
    """As many connections of psycopg as there are threads."""

    def __init__(self, url: str) -> None:
        self.free: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for _ in range(THREADS):
            self.free.put(psycopg.connect(url))

    def insert(self, row: dict[str, Any]) -> int:
        """Insert one row and commit; return its id."""
        connection = self.free.get()
        try:
            with connection.transaction():
                found = connection.execute(INSERT, row).fetchone()
        finally:
            self.free.put(connection)
        return int(found[0]) if found else 0


def create_bench_app() -> Flask:
    """Make the application, and the two routes beside its own."""
    app = create_app()
    with app.app_context():
        url = make_url(settings.database_url).set(drivername="postgresql")
        pool = Pool(url.render_as_string(hide_password=False))
        appbuilder: AppBuilder = app.extensions["appbuilder"]
        appbuilder.add_api(BenchApi)

    @app.post("/bench/bare")
    @csrf.exempt
    def bare() -> tuple[Response, int]:
        return jsonify({"id": pool.insert(request.get_json())}), 201

    return app
