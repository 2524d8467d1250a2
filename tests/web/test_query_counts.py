"""No screen asks the database more than ten times, however many rows it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.db import db
from app.domain.people import SYSTEM
from app.domain.states import LeadStatus
from app.jobs import delivery, routing, validation
from app.models.campaign import LandingPage
from app.models.lead import Lead
from app.models.provider import Provider
from app.services.landing_pages import save_landing_page
from app.services.providers import save_provider
from app.views import MENU
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.screens import logged_in

MOST = 10
ROWS = 4


@contextmanager
def counted() -> Iterator[list[str]]:
    """Gather the statements of the block, savepoints of the test left out."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def admin(database: Flask, partner: PartnerServer) -> FlaskClient:
    """The browser of an administrator, with some rows of each kind."""
    for number in range(ROWS):
        campaign = make_campaign()
        buyer = make_partner()
        endpoint = make_endpoint(buyer, url=partner.url)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id)
        source = make_source(campaign, make_vendor())
        take(source)
        page = LandingPage(campaign_id=campaign.id, name="P", slug=f"p{number}")
        save_landing_page(page, SYSTEM)
    save_provider(Provider(provider="offline"), SYSTEM)
    for stage in (validation, routing, delivery):
        stage.drain()
    for lead in db.session.query(Lead).filter_by(status=LeadStatus.available).limit(2):
        lead.status = LeadStatus.review
    db.session.commit()
    return logged_in(database)


def paths() -> Iterator[str]:
    """Yield the addresses of all screens that need no row."""
    yield "/"
    for _, screen, _ in MENU:
        routes = getattr(screen, "include_route_methods", None) or ()
        yield f"{screen.route_base}/list/"
        if "add" in routes:
            yield f"{screen.route_base}/add"


def test_a_screen_asks_the_database_at_most_ten_times(admin: FlaskClient) -> None:
    asked = {}
    for path in paths():
        admin.get(path)
        db.session.expire_all()
        with counted() as statements:
            answer = admin.get(path)
        assert answer.status_code == 200, path
        asked[path] = statements

    assert len(asked) > 30
    assert {path: said for path, said in asked.items() if len(said) > MOST} == {}


def test_a_rows_page_and_form_ask_at_most_ten_times(admin: FlaskClient) -> None:
    asked = {}
    for _, screen, _ in MENU:
        routes = getattr(screen, "include_route_methods", None) or ()
        for route in {"show", "edit"} & set(routes):
            table = screen.datamodel.obj.__tablename__
            query = text(f"SELECT max(id) FROM {table}")
            pk = db.session.execute(query).scalar()
            if pk is None:
                continue
            db.session.expire_all()
            with counted() as statements:
                answer = admin.get(f"{screen.route_base}/{route}/{pk}")
            assert answer.status_code == 200
            asked[f"{screen.__name__}.{route}"] = len(statements)

    assert len(asked) > 15
    assert {name: count for name, count in asked.items() if count > MOST} == {}
