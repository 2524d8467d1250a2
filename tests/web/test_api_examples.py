"""The examples of docs/api.md: each is sent as it stands, and answers as it says."""

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from tests.factories import make_campaign, make_source
from tests.partner import PartnerServer
from tests.web.callers import member, program
from tests.web.market import Market, sales_of

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLE = re.compile(r"^(curl .*?)\s+# (\d{3})$", re.MULTILINE)
URL = "http://localhost"


def examples() -> list[tuple[str, int]]:
    found = [(line, int(status)) for line, status in EXAMPLE.findall(PAGE.read_text())]
    assert len(found) == PAGE.read_text().count("\ncurl ")
    return found


def newest(table: str, column: str = "id") -> str:
    query = text(f"SELECT max({column}) FROM {table}")
    return str(db.session.execute(query).scalar_one())


def test_every_example_answers_as_it_says(
    client: FlaskClient, app: Flask, database: Flask, partner: PartnerServer
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    make_source(market.campaign, market.vendor)
    values = {
        "URL": URL,
        "KEY": program(buyer, "read", "buy", "manage")["X-Api-Key"],
        "VENDOR_KEY": program(market.vendor, "read")["X-Api-Key"],
        "TOKEN": member(app, buyer)["Authorization"].partition(" ")[2],
        "VENDOR_TOKEN": member(app, market.vendor)["Authorization"].partition(" ")[2],
        "CAMPAIGN": market.campaign.slug,
        "CAMPAIGN_ID": str(make_campaign().id),
        "TRANSACTION_ID": str(sales_of(buyer)[0].public_id),
        "SOURCE_ID": newest("source"),
        "OWN_ENDPOINT_ID": newest("endpoint"),
    }

    for line, status in examples():
        rows = {
            "KEY_ID": newest("api_key"),
            "ENDPOINT_ID": newest("endpoint"),
            "SUBSCRIPTION_ID": newest("subscription"),
            "RETURN_ID": newest("lead_return", "public_id::text"),
        }
        spelled = Template(line).substitute({**values, **rows})
        answer = _send(client, shlex.split(spelled))
        told = answer.get_data(as_text=True)
        assert answer.status_code == status, (line, told)


def _send(client: FlaskClient, words: list[str]) -> Any:
    method, headers, body, url = "", {}, None, ""
    given = iter(words[1:])
    for word in given:
        if word == "-H":
            name, _, value = next(given).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(given)
        elif word == "--json":
            body = next(given)
            headers["Content-Type"] = "application/json"
        elif word == "-o":
            next(given)
        elif word != "-s":
            url = word
    method = method or ("POST" if body else "GET")
    return client.open(url.removeprefix(URL), method=method, headers=headers, data=body)
