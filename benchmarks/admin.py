"""The screens at a million leads: what every page costs on the server, for each role.

Each address of a screen is opened: every filter, order and period, the deep pages, each
row's page and form. A route's figures are those of its slowest address.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.domain.people import SYSTEM
from app.services.booked_days import count_booked_days
from app.services.days import count_days
from app.services.integrity import audit
from app.services.users import create_user
from app.views import MENU, portal
from benchmarks.addresses import addresses_of
from benchmarks.figures import Figure
from benchmarks.house import CannotMeasure, House
from benchmarks.market import fill_market

LEADS = 1_000_000
# Every address is tried a few times; the slowest of a route are measured.
TRIES, SLOWEST, REPEATS = 3, 2, 40
MOST_MS, GOAL_MS, MOST_QUERIES = 100.0, 30.0, 10.0
PASSWORD = "a sound password 1"  # noqa: S105 - of a database that is thrown away
# They write a file, show a secret once, or answer a script.
LEFT_OUT = {"download", "made", "options", "action", "action_post"}
# A sold lead has a longer story than the newest one.
WHERE_ROWS_ARE = {"LeadScreen": "?status=sold"}


@dataclass(frozen=True)
class Reader:
    """Somebody who opens screens, and the views that are theirs."""

    name: str
    browser: FlaskClient
    views: Sequence[Any]
    ids: dict[str, int]


@dataclass(frozen=True)
class Taken:
    """What an address took: milliseconds on the server, and questions to PostgreSQL."""

    address: str
    times_ms: Sequence[float]
    queries: int

    @property
    def p95_ms(self) -> float:
        """The time within which 95 of 100 are answered."""
        return sorted(self.times_ms)[int(len(self.times_ms) * 0.95) - 1]


def measure_admin(house: House) -> list[Figure]:
    """Fill the database, open every screen as each role, and return the slowest."""
    fill_market(house.admin, [house.shapes["one"], house.shapes["ten"]], LEADS)
    with house.app.app_context():
        count_days()
        count_booked_days()
        audit()
    return measure_screens(house)


def measure_screens(house: House) -> list[Figure]:
    """Open every screen of a house that is filled."""
    house.app.config["WTF_CSRF_ENABLED"] = False
    figures: list[Figure] = []
    for reader in _readers(house):
        for route, addresses in _routes(house, reader).items():
            figures += _figures(reader, route, addresses)
    return figures


def _readers(house: House) -> Iterator[Reader]:
    shape = house.shapes["ten"]
    query = "SELECT min(partner_id) FROM subscription WHERE campaign_id = %s"
    [partner] = house.admin.execute(query, [shape.campaign_id]).fetchone() or [0]
    ids = {
        "campaign_id": shape.campaign_id,
        "source_id": shape.source_id,
        "vendor_id": shape.vendor_id,
        "partner_id": partner,
    }
    staff = [screen for _, screen, _ in MENU]
    sides: dict[str, tuple[list[Any], dict[str, int]]] = {
        "Admin": (staff, {}),
        "Partner": (_side("Buying"), {"partner_id": partner}),
        "Vendor": (_side("Selling"), {"vendor_id": shape.vendor_id}),
    }
    for role, (screens, place) in sides.items():
        email = f"{role.lower()}@bench.example"
        with house.app.app_context():
            create_user(email, PASSWORD, role, SYSTEM, **place)
        browser = house.app.test_client()
        browser.post("/login/", data={"username": email, "password": PASSWORD})
        views = house.app.extensions["appbuilder"].baseviews
        own = [view for view in views if type(view) in screens]
        yield Reader(role, browser, own, ids)


def _side(name: str) -> list[Any]:
    return [screen for side, _, screen, _ in portal.MENU if side in {name, "Account"}]


def _routes(house: House, reader: Reader) -> dict[str, list[str]]:
    """Return the addresses of each route that shows a page."""
    routes = {"/": ["/"], "/me/": ["/me/"]}
    for view in reader.views:
        rows = _rows(reader.browser, view)
        for rule in house.app.url_map.iter_rules():
            name, _, page = rule.endpoint.partition(".")
            is_page = name == view.endpoint and "GET" in (rule.methods or ())
            if not is_page or page in LEFT_OUT:
                continue
            if page == "list":
                routes[rule.rule] = [*addresses_of(view, reader.ids, rows)]
            elif not rule.arguments:
                routes[rule.rule] = [rule.rule]
            elif rows:
                first = re.sub("<.*?>", str(rows[0]), rule.rule)
                routes[rule.rule] = [first]
    return routes


def _rows(browser: FlaskClient, view: Any) -> list[int]:  # noqa: ANN401 - a view
    path = f"{view.route_base}/list/{WHERE_ROWS_ARE.get(view.endpoint, '')}"
    found = re.findall(rf"{view.route_base}/show/(\d+)", browser.get(path).text)
    return [int(number) for number in found]


def _figures(reader: Reader, route: str, addresses: Iterable[str]) -> list[Figure]:
    tried = [_take(reader.browser, address, TRIES) for address in addresses]
    tried.sort(key=lambda taken: min(taken.times_ms), reverse=True)
    taken = [_take(reader.browser, one.address, REPEATS) for one in tried[:SLOWEST]]
    slowest = max(taken, key=lambda one: one.p95_ms)
    queries = max(tried, key=lambda one: one.queries)
    for one in taken:
        if one.p95_ms > GOAL_MS:
            print(f"{one.p95_ms:7.0f} ms {one.address}", file=sys.stderr, flush=True)
    if queries.queries > MOST_QUERIES:
        print(f"{queries.queries:7} queries {queries.address}", file=sys.stderr)
    name = f"{reader.name} {route}"
    bound = {"less_is_better": True}
    return [
        Figure(f"{name}, p50", median(slowest.times_ms), "ms"),
        Figure(f"{name}, p95", slowest.p95_ms, "ms", None, MOST_MS, GOAL_MS, **bound),
        Figure(f"{name}, queries", queries.queries, "", None, MOST_QUERIES, **bound),
    ]


def _take(browser: FlaskClient, address: str, repeats: int) -> Taken:
    with _counted() as statements:
        _open(browser, address)
    queries = len(statements)
    return Taken(
        address,
        [_time(lambda: _open(browser, address)) for _ in range(repeats)],
        queries,
    )


def _open(browser: FlaskClient, address: str) -> None:
    answer = browser.get(address)
    if answer.status_code != 200:
        raise CannotMeasure(f"{address} answered {answer.status}")


def _time(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


@contextmanager
def _counted() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
