"""What a ping asks and what its answer means, as pure functions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.gateways.delivery.handover import Handover
from app.gateways.delivery.ping import (
    Ping,
    build_ping,
    compile_ping,
    ping_of,
    read_answer,
)
from app.gateways.wire_data import Failure, Reply

URL = "https://partner.example/ping"
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def ping(**values: Any) -> Ping:
    made = compile_ping({"url": URL, "price": "$.price", **values})
    assert made is not None
    return made


def reply(body: bytes | object, status: int = 200, *, cut: bool = False) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {}, raw, cut, 10, None)


def code_of(body: bytes | object, status: int = 200, **values: Any) -> str:
    answer = read_answer(reply(body, status), ping(**values), "USD")
    assert (answer.bid.cents is None) == bool(answer.bid.code)
    return answer.bid.code


def problems(given: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        compile_ping(given)
    return {error.field: error.message for error in refused.value.errors}


def test_price_is_read_from_the_reply() -> None:
    assert read_answer(reply({"price": 1250}), ping(), "USD").bid.cents == 1250
    assert read_answer(reply({"price": "12.50"}), ping(), "USD").bid.cents == 1250
    nested = reply({"bids": [{"amount": 12.5}]})
    asked = ping(price="$.bids[0].amount", unit="major")
    assert read_answer(nested, asked, "USD").bid.cents == 1250
    xml = reply(b"<reply><bid>7.25</bid></reply>")
    assert read_answer(xml, ping(price="/reply/bid"), "USD").bid.cents == 725


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 204, "none"),
        (b"", 200, "none"),
        ({}, 200, "none"),
        ({"price": None}, 200, "none"),
        ({"price": 0}, 200, "none"),
        ({"price": -5}, 200, "negative"),
        ({"price": "abc"}, 200, "not_a_number"),
        ({"price": [1]}, 200, "not_a_number"),
        ({"price": 12.5}, 200, "fraction"),
        ({"price": "12.50 EUR"}, 200, "currency"),
        (b'{"price": 1, "price": 900}', 200, "unreadable"),
        (b'{"price": NaN}', 200, "unreadable"),
        (b'{"price": 1', 200, "unreadable"),
        (b'{"price": 1e99999999999999999999}', 200, "unreadable"),
        (b"\x00\xff no json", 200, "unreadable"),
        (b"<html><br></html>", 200, "unreadable"),
        ({"price": 1}, 500, "http_500"),
        ({"price": 1}, 302, "redirect"),
        ({"price": 1}, 404, "http_404"),
    ],
)
def test_what_is_not_clearly_a_bid_is_none(
    body: object, status: int, code: str
) -> None:
    assert code_of(body, status) == code


def test_several_prices_are_ambiguous() -> None:
    body = {"a": {"price": 5}, "b": {"price": 500}}

    assert code_of(body, price="$..price") == "ambiguous"


def test_cut_reply_is_unreadable() -> None:
    answer = read_answer(reply({"price": 5}, cut=True), ping(), "USD")

    assert answer.bid.code == "unreadable"


def test_currency_of_the_reply_must_be_the_campaigns() -> None:
    assert code_of({"price": 5, "cur": "EUR"}, currency="$.cur") == "currency"
    assert code_of({"price": 5}, currency="$.cur") == "currency"
    assert code_of({"price": 5, "cur": "usd"}, currency="$.cur") == ""


def test_condition_must_hold() -> None:
    accept = {"jsonpath": "$.status", "equals": "matched"}

    assert code_of({"status": "no", "price": 5}, accept=accept) == "declined"
    assert code_of({"status": "Matched", "price": 5}, accept=accept) == ""


def test_number_of_the_bid_is_kept_or_the_bid_is_none() -> None:
    asked = ping(ping_id="$.id")

    assert read_answer(reply({"price": 5, "id": "a-7"}), asked, "USD").ping_id == "a-7"
    assert read_answer(reply({"price": 5, "id": 7}), asked, "USD").ping_id == "7"
    for bad in (None, "", "a\r\nX: 1", "é", True, "x" * 201, {"a": 1}):
        body = {"price": 5, "id": bad}
        assert read_answer(reply(body), asked, "USD").bid.code == "no_ping_id"


@pytest.mark.parametrize(
    ("failure", "code"),
    [("timeout", "late"), ("blocked", "blocked"), ("dns", "dns"), ("tls", "tls")],
)
def test_failure_is_a_code(failure: Any, code: str) -> None:
    outcome = Failure(failure, False, "", 2000, None)

    assert read_answer(outcome, ping(), "USD").bid.code == code


@pytest.mark.parametrize(
    "source", ["email", "phone", "first_name", "contact", "contact.zip", "address"]
)
def test_contact_data_cannot_be_mapped(source: str) -> None:
    given = {"url": URL, "price": "$.price", "mapping": [line("a", source)]}

    said = problems(given)["ping.mapping[0].source"]

    assert "nothing by which a person could be reached" in said


@pytest.mark.parametrize(
    "source", ["consent.ip", "lead_id", "transaction_id", "fields", "source", "ping.id"]
)
def test_other_sources_cannot_be_mapped(source: str) -> None:
    given = {"url": URL, "price": "$.price", "mapping": [line("a", source)]}

    assert "ping.mapping[0].source" in problems(given)


def test_every_bad_part_is_told() -> None:
    given = {
        "url": "",
        "price": "price",
        "ping_id": 7,
        "unit": "pounds",
        "accept": {"status": "x"},
        "mapping": [line("a b[", "state")],
        "more": 1,
    }

    assert set(problems(given)) == {
        "ping.url",
        "ping.price",
        "ping.ping_id",
        "ping.unit",
        "ping.accept.status",
        "ping.mapping[0].target",
        "ping.more",
    }
    assert problems("yes") == {"ping": "Send null, or an object with url and price."}
    assert "ping.price" in problems({"url": URL})


def test_stored_ping_that_cannot_be_read_any_more_asks_nobody() -> None:
    assert ping_of('{"url": "x"}', "json") is None
    assert ping_of("null", "json") is None


def test_question_holds_what_the_mapping_names() -> None:
    asked = ping(mapping=[line("where.state", "state"), line("roof", "fields.roof")])
    told = {"state": "CA", "city": "Oakland", "fields": {"roof": "tile"}}

    request = build_ping(asked, handover(told))

    assert json.loads(request.body) == {"where": {"state": "CA"}, "roof": "tile"}
    assert request.url == URL
    assert dict(request.headers)["webhook-signature"].startswith("v1,")
    assert asked.answers == {"roof"}


def test_key_that_opens_the_door_may_stand_in_the_question() -> None:
    asked = ping(mapping=[line("Key", "auth.key"), line("state", "state")])
    knocking = replace(
        handover({"state": "CA"}), auth={"type": "body", "key": "k-1"}, format="form"
    )

    assert build_ping(asked, knocking).body == b"Key=k-1&state=CA"


@pytest.mark.parametrize("format_", ["json", "xml", "form", "adf"])
def test_every_format_can_ask(format_: str) -> None:
    told = {"state": "CA", "score": 0.5, "test": False, "fields": {"roof": "tile"}}

    request = build_ping(ping(), replace(handover(told), format=format_))

    assert b"CA" in request.body
    assert b"customer" not in request.body


def line(target: str, source: str) -> dict[str, str]:
    return {"target": target, "source": source}


def handover(payload: dict[str, Any]) -> Handover:
    return Handover(
        url="https://partner.example/leads",
        format="json",
        auth={"type": "none"},
        mapping=[],
        signing_secret=SECRET,
        timeout_s=2.0,
        idempotency_key="0192-key",
        payload=payload,
        sent_at=1_790_000_000,
    )
