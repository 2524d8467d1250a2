"""The administrators' screens at a million leads: the time of each page on the server.

Leads, sales and hand-overs are put into the tables at once; nothing is booked, so the
auditor has nothing to say about this database.
"""

import time
from collections.abc import Callable, Iterator

from flask.testing import FlaskClient

from app.domain.people import SYSTEM
from app.services.users import create_user
from app.views import MENU
from benchmarks.figures import Figure
from benchmarks.fill import fill_sold
from benchmarks.house import House

LEADS = 1_000_000
REPEATS = 20
MOST_MS, GOAL_MS = 100.0, 30.0
EMAIL, PASSWORD = "reader@example.com", "a sound password 1"
FILTERED = (
    "/leads/list/?status=expired",
    "/leads/list/?status=expired&received_at=7d",
    "/leads/list/?campaign_id={campaign}&received_at=30d",
    "/leads/list/?campaign_id={campaign}",
    "/leads/list/?status=sold&size=100",
    "/leads/list/?after=1000&at=999000",
    "/leads/list/?before=1000&at=999000",
    "/transactions/list/?status=refunded",
    "/transactions/list/?partner_id=1&held_at=30d",
    "/deliveries/list/?partner_id=1",
    "/reports/leads/list/?period=30d",
    "/reports/sales/list/?period=30d",
)
# It runs every check of the books over all rows, on demand.
LEFT_OUT = ("/integrity/list/",)


def measure_admin(house: House) -> list[Figure]:
    """Fill the database, open every screen, and return the slowest of each kind."""
    fill_sold(house.admin, house.shapes["ten"], LEADS)
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    browser = house.app.test_client()
    house.app.config["WTF_CSRF_ENABLED"] = False
    browser.post("/login/", data={"username": EMAIL, "password": PASSWORD})
    campaign = house.shapes["ten"].campaign_id
    return [_figure(path, _p95(browser, path)) for path in _paths(campaign)]


def _paths(campaign: int) -> Iterator[str]:
    yield "/"
    for _, screen, _ in MENU:
        routes = getattr(screen, "include_route_methods", None) or ()
        if (path := f"{screen.route_base}/list/") not in LEFT_OUT:
            yield path
        if "add" in routes:
            yield f"{screen.route_base}/add"
    yield from (path.format(campaign=campaign) for path in FILTERED)


def _p95(browser: FlaskClient, path: str) -> float:
    times = sorted(_time(lambda: browser.get(path)) for _ in range(REPEATS))
    return times[int(REPEATS * 0.95) - 1]


def _time(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _figure(path: str, p95_ms: float) -> Figure:
    name = f"admin {path}"
    return Figure(name, p95_ms, "ms", least=MOST_MS, goal=GOAL_MS, less_is_better=True)
