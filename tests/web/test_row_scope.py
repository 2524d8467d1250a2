"""Lists of one's own: three people each, of whom nobody is shown another's rows."""

import csv
import io
from typing import Any

import pytest
from flask import Flask

from app.access import Who
from app.api.doors import DOORS, Door
from app.db import db
from app.domain.people import Role
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.models.vendor import Vendor
from tests.architecture.world import World
from tests.factories import make_partner, make_vendor
from tests.partner import PartnerServer
from tests.web.callers import Headers, member
from tests.web.portal import Browser

# What is offered to everybody is nobody's own.
CSV = "format=csv"
LISTS = [door for door in DOORS if door.query is not None and door.name != "campaigns"]


@pytest.fixture
def world(database: Flask, partner: PartnerServer) -> World:
    return World(database, partner.url)


def people(world: World, door: Door) -> list[Headers]:
    """Return the owners of two accounts with rows, and of one that has none."""
    is_partners = Role.client in door.roles
    model: Any = Partner if is_partners else Vendor
    table = "partner" if is_partners else "vendor"
    second = db.session.get_one(model, world.rows[table][table][1])
    empty = make_partner() if is_partners else make_vendor()
    first = Who.partner_owner if is_partners else Who.vendor_owner
    own = dict(world.callers[first].headers)
    return [own, member(world.app, second), member(world.app, empty)]


def read(world: World, door: Door, who: Headers, query: str = "") -> Any:
    browser = Browser(world.app, world.app.response_class)
    answer = browser.get(f"{door.rule}?{query}", headers=who)
    assert answer.status_code == 200, answer.text
    return answer


def keys(rows: list[dict[str, Any]]) -> set[str]:
    names = ("transaction_id", "id", "lead_id")
    return {str(next(row[n] for n in names if row.get(n))) for row in rows}


def test_nobody_is_shown_anothers_rows_by_any_list(world: World) -> None:
    for door in LISTS:
        mine, theirs, nobody = people(world, door)
        found = [read(world, door, who).json for who in (mine, theirs, nobody)]
        first, second, empty = [keys(page["items"]) for page in found]

        assert first, door.name
        assert second, door.name
        assert first.isdisjoint(second), door.name
        # Every account has the line of its opening; the empty one has no more.
        assert empty.isdisjoint(first | second), door.name
        for page in found:
            assert page["total"] == len(page["items"]), door.name
        for who, total in ((mine, len(first)), (nobody, len(empty))):
            for query in queries(world, door, theirs):
                page = read(world, door, who, query).json
                assert keys(page["items"]).isdisjoint(second), (door.name, query)
                assert page["total"] <= total, (door.name, query)
            table = csv.DictReader(io.StringIO(read(world, door, who, CSV).text))
            assert keys(list(table)).isdisjoint(second), door.name


def queries(world: World, door: Door, theirs: Headers) -> list[str]:
    """Return what might lead to another's rows: pages, their cursor, their campaign."""
    following = read(world, door, theirs, "page_size=1").json["next"]
    found = ["page=2", "page_size=100", "page=1&page_size=1"]
    found += [f"after={following}"] * (following is not None)
    if door.query is not None and "campaign" in door.query.fields:
        slugs = db.session.scalars(db.select(Campaign.slug)).all()
        found += [f"campaign={slug}" for slug in slugs]
    return found
