"""Lists of partners and vendors: pages join without gap or double, whatever comes."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.queries import read_cursor, spell_cursor
from app.domain.errors import InvalidInput
from app.services import paging
from tests.factories import make_partner
from tests.web.callers import member, program
from tests.web.rest import Headers

QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LISTS = ("purchases", "wallet/statement", "subscriptions", "endpoints", "campaigns")


def _get(client: FlaskClient, headers: Headers, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/keys", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json
    return found


@QUICK
@given(size=st.integers(1, 12), rows=st.integers(0, 9), comes=st.integers(0, 3))
def test_pages_by_cursor_join_while_rows_arrive(
    client: FlaskClient, app: Flask, size: int, rows: int, comes: int
) -> None:
    partner = make_partner(0)
    headers = member(app, partner)
    for _ in range(rows):
        program(partner)
    before = [item["id"] for item in _get(client, headers, page_size=100)["items"]]

    page = _get(client, headers, page_size=size)
    seen = [item["id"] for item in page["items"]]
    while page["next"]:
        for _ in range(comes):
            program(partner)
        page = _get(client, headers, page_size=size, after=page["next"])
        seen += [item["id"] for item in page["items"]]

    assert seen == before


@QUICK
@given(size=st.integers(1, 12))
def test_pages_by_number_join_to_the_whole(
    client: FlaskClient, app: Flask, size: int
) -> None:
    partner = make_partner(0)
    headers = member(app, partner)
    for _ in range(7):
        program(partner)

    pages = [_get(client, headers, page=n, page_size=size) for n in range(1, 10)]

    ids = [item["id"] for page in pages for item in page["items"]]
    assert len(ids) == len(set(ids)) == 7
    assert {page["total"] for page in pages} == {7}
    assert [page["page"] for page in pages] == list(range(1, 10))
    assert pages[-1]["items"] == []
    assert pages[-1]["next"] is None


def test_page_size_is_at_most_a_hundred_and_told(
    client: FlaskClient, app: Flask
) -> None:
    headers = member(app, make_partner())

    answer = _get(client, headers, page_size=5000)
    usual = _get(client, headers)

    assert (answer["page_size"], usual["page_size"], usual["page"]) == (100, 25, 1)


def test_total_stops_at_ten_thousand(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = make_partner()
    headers = member(app, partner)
    for _ in range(4):
        program(partner)
    monkeypatch.setattr(paging, "MAX_TOTAL", 3)
    monkeypatch.setattr("app.api.doors.MAX_TOTAL", 3)

    answer = _get(client, headers)

    assert answer["total"] == 3
    assert answer["more"] is True


TEXTS = st.text(max_size=30) | st.sampled_from(
    ["0", "-1", "1", "9" * 25, "1e9", "true", "null", "2026-01-01", "'", "%", "\x00"]
)
NAMES = st.sampled_from(
    ["page", "page_size", "after", "format", "status", "campaign", "from", "to", "kind"]
)


@QUICK
@given(query=st.dictionaries(NAMES | TEXTS, TEXTS, max_size=4))
def test_no_query_is_answered_5xx(
    client: FlaskClient, database: Flask, query: dict[str, str]
) -> None:
    headers = program(make_partner(0), "read")

    for name in LISTS:
        answer = client.get(f"/api/{name}", query_string=query, headers=headers)
        assert answer.status_code in {200, 422}, (name, query)
        if answer.status_code == 422:
            assert answer.json["errors"]


@given(row=st.integers(1, 10**18 - 1), other=st.text(max_size=40))
def test_cursor_reads_back_and_nothing_else_does(row: int, other: str) -> None:
    cursor = spell_cursor("keys", row)

    assert read_cursor("keys", cursor) == row
    with pytest.raises(InvalidInput):
        read_cursor("purchases", cursor)
    with pytest.raises(InvalidInput):
        read_cursor("keys", other)
