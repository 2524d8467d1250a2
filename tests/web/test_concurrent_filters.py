"""Eight readers at once with different filters: nobody is shown another's rows.

Views are one object per process; what a request asks for must not outlive it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.people import SYSTEM
from app.models.partner import Partner
from app.services.users import create_user
from tests.conftest import PASSWORD
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
)
from tests.web.sessions import browser_of, header_of

THREADS = 8
Ask = Callable[[], str]


@pytest.fixture
def partners(committed: Flask) -> list[Partner]:
    """A partner per thread, told by its name, each with an endpoint and an order."""
    made = [make_partner(name=f"Marker{n}x") for n in range(THREADS)]
    for n, partner in enumerate(made):
        endpoint = make_endpoint(partner, name=f"Marker{n}x")
        campaign = make_campaign(name=f"Marker{n}x")
        make_subscription(campaign, partner, endpoint_id=endpoint.id)
    return made


def ways(app: Flask, number: int, admin: int, person: int) -> list[Ask]:
    """Return what a thread asks in turn: screens and REST, as staff and as partner."""
    staff, own = browser_of(app, admin), browser_of(app, person)
    token = header_of(admin)
    named = f"q=(filters:!((col:name,opr:sw,value:Marker{number}x)))"

    def read(browser: FlaskClient, url: str, **headers: str) -> Ask:
        return lambda: browser.get(url, headers=headers).text

    program = app.test_client()
    return [
        read(staff, f"/partners/list/?name=Marker{number}x"),
        read(program, f"/api/v1/partners/?{named}", **token),
        read(own, "/portal/subscriptions/list/"),
        read(program, f"/api/v1/campaigns/?{named}", **token),
        read(program, "/api/endpoints", **header_of(person)),
    ]


def foreign_values(app: Flask, partners: list[Partner], answers: int) -> list[str]:
    """Read in all threads at once; return which answers held another's marker.

    An answer without the thread's own marker counts too: it was somebody else's.
    """
    admin = create_user("all@example.com", PASSWORD, "Admin", SYSTEM).id
    people = [
        create_user(f"p{n}@example.com", PASSWORD, "client", SYSTEM, partner_id=one.id)
        for n, one in enumerate(partners)
    ]
    asks = [ways(app, n, admin, person.id) for n, person in enumerate(people)]
    gate = Barrier(THREADS)
    db.session.remove()  # this thread's own would idle in its transaction meanwhile

    def run(number: int) -> Iterator[str]:
        gate.wait()
        others = [f"Marker{n}x" for n in range(THREADS) if n != number]
        for turn, ask in enumerate(islice(cycle(asks[number]), answers // THREADS)):
            text = ask()
            if any(name in text for name in others) or f"Marker{number}x" not in text:
                yield f"thread {number}, way {turn % len(asks[number])}: {text[:300]}"

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda n: list(run(n)), range(THREADS)))
    return [one for each in found for one in each]


def test_no_reader_is_shown_what_another_asked_for(
    committed: Flask, partners: list[Partner]
) -> None:
    assert foreign_values(committed, partners, 240) == []


@pytest.mark.soak
def test_ten_thousand_answers_hold_no_foreign_value(
    committed: Flask, partners: list[Partner]
) -> None:
    assert foreign_values(committed, partners, 10_000) == []
