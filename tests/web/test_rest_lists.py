"""Lists of the resources: order, pages, filters; and nobody else's filter."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import login_headers
from tests.web.rest import CAMPAIGN, Headers, make


def _list(client: FlaskClient, headers: Headers, q: str) -> Any:
    query = {"q": q}
    return client.get("/api/v1/campaigns/", query_string=query, headers=headers)


@pytest.fixture
def slugs(client: FlaskClient, admin_headers: Headers) -> list[str]:
    names = [f"c-{number}" for number in range(5)]
    for name in names:
        make(client, admin_headers, "campaigns", **{**CAMPAIGN, "slug": name})
    return names


def test_list_is_newest_first_and_pages_are_disjoint(
    client: FlaskClient, admin_headers: Headers, slugs: list[str]
) -> None:
    pages = [
        _list(client, admin_headers, f"(page:{page},page_size:2)").json
        for page in range(4)
    ]

    shown = [row["slug"] for page in pages for row in page["result"]]
    assert shown == slugs[::-1]
    assert {page["count"] for page in pages} == {5}
    assert pages[0]["ids"] == [row["id"] for row in pages[0]["result"]]
    assert pages[3]["result"] == []


def test_list_is_ordered_and_narrowed_as_asked(
    client: FlaskClient, admin_headers: Headers, slugs: list[str]
) -> None:
    ordered = _list(
        client, admin_headers, "(order_column:slug,order_direction:asc,columns:!(slug))"
    )
    found = _list(client, admin_headers, "(filters:!((col:slug,opr:eq,value:c-3)))")
    several = _list(
        client, admin_headers, "(filters:!((col:slug,opr:in,value:!(c-1,c-2))))"
    )
    later = _list(
        client,
        admin_headers,
        "(filters:!((col:created_at,opr:gt,value:'2999-01-01T00:00:00Z')))",
    )

    assert ordered.json["result"] == [{"slug": slug} for slug in slugs]
    assert [row["slug"] for row in found.json["result"]] == ["c-3"]
    assert several.json["count"] == 2
    assert later.json["count"] == 0


WRONG = [
    "(",
    ")",
    "!",
    "'",
    "'!",
    "(a",
    "(page:",
    "!(" * 3000,
    '{"a":',
    "{" * 3000,
    "[]",
    "5",
    "(page:-1)",
    "(page:1.5)",
    "(page:1.0)",
    "(page:99999999999999999999)",
    "(page:9223372036854775807,page_size:100)",
    "(page:x)",
    "(page:!t)",
    "(page_size:!n)",
    "(page_size:1e3)",
    "(order_column:password)",
    "(order_column:slug,order_direction:sideways)",
    "(order_column:5)",
    "(columns:!(password))",
    "(columns:slug)",
    "(select_columns:!(key_hash))",
    "(filters:5)",
    "(filters:!(5))",
    "(filters:!((col:slug)))",
    "(filters:!((col:password,opr:eq,value:x)))",
    "(filters:!((col:slug,opr:xx,value:x)))",
    "(filters:!((col:slug,opr:ct,value:x)))",
    "(filters:!((col:slug,opr:eqf,value:x)))",
    "(filters:!((col:id,opr:eq,value:x)))",
    "(filters:!((col:id,opr:eq,value:1.5)))",
    "(filters:!((col:id,opr:eq,value:!t)))",
    "(filters:!((col:id,opr:eq,value:99999999999999999999)))",
    "(filters:!((col:id,opr:eq,value:!(1,2))))",
    "(filters:!((col:status,opr:eq,value:open)))",
    "(filters:!((col:status,opr:gt,value:active)))",
    "(filters:!((col:created_at,opr:gt,value:yesterday)))",
    "(filters:!((col:created_at,opr:gt,value:'0001-01-01T00:00:00+14:00')))",
    '{"filters":[{"col":"slug","opr":"eq","value":"a\\u0000"}]}',
    '{"filters":[{"col":"slug","opr":"eq","value":"\\ud800"}]}',
    "x" * 9000,
]


def test_wrong_arguments_are_400(client: FlaskClient, admin_headers: Headers) -> None:
    for q in WRONG:
        answer = _list(client, admin_headers, q)

        assert answer.status_code == 400, q
        assert answer.mimetype == "application/problem+json"


@pytest.mark.usefixtures("slugs")
def test_page_size_is_at_most_a_hundred(
    client: FlaskClient, admin_headers: Headers
) -> None:
    for size in ("5000", "0", "-1", "9999999999"):
        answer = _list(client, admin_headers, f"(page_size:{size})")

        assert answer.status_code == 200
        assert len(answer.json["result"]) <= 100


@pytest.mark.usefixtures("slugs")
def test_count_stops_at_ten_thousand(
    client: FlaskClient,
    admin_headers: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("service_interface", "resources.base"):
        monkeypatch.setattr(f"app.views.{module}.MAX_COUNT", 3)

    answer = _list(client, admin_headers, "")

    assert answer.json["count"] == 3
    assert answer.json["more"] is True


def test_threads_never_see_each_others_filters(committed: Flask) -> None:
    headers = login_headers(committed, "root@example.com", "Admin")
    names = [f"thread-{number}" for number in range(4)]
    for name in names:
        body = {**CAMPAIGN, "slug": name}
        make(committed.test_client(), headers, "campaigns", **body)

    def ask(name: str) -> list[list[str]]:
        client, q = (
            committed.test_client(),
            f"(filters:!((col:slug,opr:eq,value:{name})))",
        )
        answers = [_list(client, headers, q).json for _ in range(25)]
        return [[row["slug"] for row in answer["result"]] for answer in answers]

    with ThreadPoolExecutor(len(names)) as pool:
        seen = dict(zip(names, pool.map(ask, names), strict=True))

    assert seen == {name: [[name]] * 25 for name in names}
