"""The request of an attempt: its headers, its body, and nothing a lead could add."""

import base64
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from standardwebhooks import Webhook

from app.domain.errors import InvalidInput
from app.domain.fields import CONTACT
from app.gateways.delivery import Handover, build_request, formats
from app.gateways.delivery.auth import check_auth
from app.gateways.delivery.signing import sign
from app.gateways.wire_data import Login

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PAYLOAD = {
    "lead_id": "lead-1",
    "transaction_id": "t-1",
    "campaign": "solar",
    "price_cents": 1205,
    "currency": "USD",
    "submitted_at": "2026-11-20T10:00:00Z",
    "score": 0.75,
    "test": True,
    "contact": dict.fromkeys(CONTACT) | {"first_name": "Zoë", "state": "CA"},
    "fields": {"roof": "tile", "kinds": ["x", "y"]},
    "consent": {"text": "I agree <b>&", "given_at": None, "url": None},
    "source": {"id": 7, "sub_id": None},
}
OAUTH2 = {
    "type": "oauth2",
    "token_url": "https://id.example.com/token",
    "client_id": "nexus",
    "client_secret": "s3cret",
}
HOSTILE = [
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "{0.__class__}",
    "%(name)s",
    "%s%n",
    "</first_name><admin>1</admin>",
    "]]><x/>",
    "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "&lt;&amp;&#0;",
    '","admin":true,"x":"',
    "\r\nX-Admin: 1\r\n\r\n",
    "'; DROP TABLE lead; --",
    "\u2028\u2029\ufeff",
    "é" * 100,
    "🙂",
    "\ud800",
    "\x00\x01\x0b\ufffe",
]


def handover(**changes: object) -> Handover:
    values = {
        "url": "https://example.com/leads",
        "format": "json",
        "auth": {"type": "none"},
        "mapping": [],
        "signing_secret": SECRET,
        "timeout_s": 15,
        "idempotency_key": "t-1",
        "payload": PAYLOAD,
        "sent_at": 1795226400,
    }
    return Handover(**values | changes)


def named(first_name: str, **changes: object) -> Handover:
    contact = PAYLOAD["contact"] | {"first_name": first_name}
    return handover(payload=PAYLOAD | {"contact": contact}, **changes)


def test_json_body_is_the_payload() -> None:
    request = build_request(handover())

    assert json.loads(request.body) == PAYLOAD
    assert "Zoë".encode() in request.body
    assert (request.url, request.timeout_s) == ("https://example.com/leads", 15)


def test_xml_body_has_the_same_names_under_lead() -> None:
    request = build_request(handover(format="xml"))

    root = etree.fromstring(request.body)
    assert request.body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert root.tag == "lead"
    assert root.findtext("contact/first_name") == "Zoë"
    assert root.findtext("consent/text") == "I agree <b>&"
    assert root.findtext("test") == "true"
    assert [each.text for each in root.findall("fields/kinds")] == ["x", "y"]
    assert root.find("contact/email") is None


def test_mapped_body_holds_what_is_mapped_alone() -> None:
    mapping = [
        {"target": "person.name", "source": "first_name", "transform": "upper"},
        {"target": "person.phones[0]", "source": "'1'"},
        {"target": "person.mail", "source": "email"},
    ]

    as_json = build_request(handover(mapping=mapping))
    as_xml = build_request(handover(mapping=mapping, format="xml"))

    assert json.loads(as_json.body) == {
        "person": {"name": "ZOË", "phones": ["1"], "mail": None}
    }
    assert as_xml.body.endswith(
        "<lead><person><name>ZOË</name><phones>1</phones></person></lead>".encode()
    )


@pytest.mark.parametrize("format_", formats())
def test_headers_name_the_attempt_and_sign_its_body(format_: str) -> None:
    request = build_request(handover(format=format_))

    headers = dict(request.headers)
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "t-1"
    assert headers["webhook-timestamp"] == "1795226400"
    assert headers["webhook-signature"] == sign(SECRET, "t-1", 1795226400, request.body)
    assert headers["User-Agent"] == "Lead-Nexus/1"
    assert headers["Content-Type"].startswith("application/")
    assert headers["Lead-Nexus-Test"] == "true"


def test_standard_verifier_takes_what_is_sent() -> None:
    request = build_request(handover(sent_at=int(datetime.now(UTC).timestamp())))

    taken = Webhook(SECRET).verify(request.body, dict(request.headers))

    assert taken == PAYLOAD


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (
            {"type": "basic", "username": "me", "password": "pä:ss"},
            (
                "Authorization",
                f"Basic {base64.b64encode('me:pä:ss'.encode()).decode()}",
            ),
        ),
        (
            {"type": "bearer", "token": "abc.DEF=="},
            ("Authorization", "Bearer abc.DEF=="),
        ),
        ({"type": "header", "name": "X-Key", "value": "a b"}, ("X-Key", "a b")),
    ],
)
def test_auth_is_the_last_header(auth: object, header: tuple[str, str]) -> None:
    request = build_request(handover(auth=auth))

    assert request.headers[-1] == header
    assert len(request.headers) == 9


@pytest.mark.parametrize(
    ("auth", "fields"),
    [
        ("none", ["auth.type"]),
        ({}, ["auth.type"]),
        ({"type": "digest"}, ["auth.type"]),
        ({"type": ["basic"]}, ["auth.type"]),
        ({"type": "basic"}, ["auth.username", "auth.password"]),
        ({"type": "basic", "username": "a:b", "password": "c"}, ["auth.username"]),
        ({"type": "basic", "username": "a", "password": "\x00"}, ["auth.password"]),
        ({"type": "bearer", "token": "a\r\nX: y"}, ["auth.token"]),
        ({"type": "bearer", "token": " a"}, ["auth.token"]),
        ({"type": "bearer", "token": "é"}, ["auth.token"]),
        ({"type": "bearer", "token": 7}, ["auth.token"]),
        ({"type": "bearer", "token": ""}, ["auth.token"]),
        ({"type": "bearer", "token": "a", "more": 1}, ["auth.more"]),
        ({"type": "header", "name": "X\r\nY", "value": "a"}, ["auth.name"]),
        ({"type": "header", "name": "Host", "value": "a"}, ["auth.name"]),
        ({"type": "header", "name": "content-length", "value": "9"}, ["auth.name"]),
        ({"type": "header", "name": "Webhook-Id", "value": "9"}, ["auth.name"]),
        ({"type": "none", "token": "a"}, ["auth.token"]),
        ({**OAUTH2, "client_secret": ""}, ["auth.client_secret"]),
        (
            {"type": "oauth2"},
            ["auth.token_url", "auth.client_id", "auth.client_secret"],
        ),
        ({**OAUTH2, "token_url": "ftp://x.example.com/"}, ["auth.token_url"]),
        ({**OAUTH2, "token_url": "https://a:b@x.example.com/"}, ["auth.token_url"]),
        ({**OAUTH2, "client_auth": "query"}, ["auth.client_auth"]),
        ({**OAUTH2, "scope": 7}, ["auth.scope"]),
        ({**OAUTH2, "audience": "a\nb"}, ["auth.audience"]),
        ({**OAUTH2, "grant_type": "password"}, ["auth.grant_type"]),
    ],
)
def test_auth_that_cannot_be_used_is_refused(auth: object, fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_auth(auth)

    assert [error.field for error in refused.value.errors] == fields


def test_log_in_is_told_apart_from_headers() -> None:
    request = build_request(
        handover(auth={**OAUTH2, "scope": "leads", "audience": None})
    )

    assert "Authorization" not in dict(request.headers)
    assert request.login == Login(
        "https://id.example.com/token", "nexus", "s3cret", scope="leads"
    )


@pytest.mark.parametrize("auth", [None, {"type": "none"}])
def test_no_auth_is_taken(auth: object) -> None:
    check_auth(auth)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_value_arrives_as_the_text_that_it_is(value: object) -> None:
    as_json = build_request(named(value))
    as_xml = build_request(named(value, format="xml"))

    sound = value.encode("utf-8", "replace").decode()
    assert json.loads(as_json.body)["contact"]["first_name"] == sound
    assert names_of(as_xml.body) == names_of(
        build_request(named("x", format="xml")).body
    )
    text = etree.fromstring(as_xml.body).findtext("contact/first_name")
    fit = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", value)
    assert (text or "") == fit.replace("\r\n", "\n").replace("\r", "\n") or text == fit
    assert as_json.headers[0:6] == build_request(named("x")).headers[0:6]


@given(st.text())
def test_no_text_adds_a_key_an_element_or_a_header(value: object) -> None:
    as_json = build_request(named(value))
    as_xml = build_request(named(value, format="xml"))

    plain_xml = build_request(named("x", format="xml"))
    assert json.loads(as_json.body).keys() == PAYLOAD.keys()
    assert names_of(as_xml.body) == names_of(plain_xml.body)
    assert [n for n, _ in as_json.headers] == [n for n, _ in plain_xml.headers]


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_answer_of_any_name_stays_below_fields(answers: dict[str, str]) -> None:
    request = build_request(handover(payload={"fields": answers}, format="xml"))

    root = etree.fromstring(request.body)
    assert [child.tag for child in root] == ["fields"]
    assert len(root[0]) == len(answers)


def test_answer_whose_name_is_no_xml_name_is_kept_as_an_attribute() -> None:
    request = build_request(
        handover(payload={"fields": {"What roof?": "tile"}}, format="xml")
    )

    assert b'<field name="What roof?">tile</field>' in request.body


def test_nothing_shown_of_a_handover_holds_contact_data_or_secrets() -> None:
    shown = repr(handover(auth={"type": "bearer", "token": "t0ken"}))

    assert not any(word in shown for word in ("Zoë", "t0ken", "whsec_", "example.com"))


def names_of(body: bytes) -> list[object]:
    return [element.tag for element in etree.fromstring(body).iter()]
