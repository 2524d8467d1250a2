"""Forms and ADF: flat and encoded, or valid by the DTD whatever a lead holds."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.domain.errors import InvalidInput
from app.domain.fields import CONTACT
from app.gateways.delivery import build_request
from app.gateways.delivery.adf_parts import CHILDREN, VEHICLE
from app.gateways.delivery.mapping import compile_mapping
from tests.gateways.delivery.test_request import HOSTILE, PAYLOAD, handover, named

# Kept apart from the product's own, so that neither is changed unseen.
DTD = etree.DTD(str(Path(__file__).with_name("adf-1.0.dtd")))
CAR = {
    "year": 2022,
    "make": "Honda",
    "model": "Civic",
    "trim": "EX",
    "roof": ["a", "b"],
}
ANSWERS = st.dictionaries(
    st.one_of(st.sampled_from([*VEHICLE, "roof", "#text", "@type"]), st.text()),
    st.one_of(
        st.none(),
        st.text(),
        st.integers(),
        st.booleans(),
        st.floats(allow_nan=False),
        st.lists(st.text(), max_size=3),
    ),
    max_size=12,
)
MAYBE = st.one_of(st.none(), st.text())
LEADS = st.fixed_dictionaries(
    {
        "contact": st.fixed_dictionaries(dict.fromkeys(CONTACT, MAYBE)),
        "fields": ANSWERS,
        "submitted_at": MAYBE,
        "test": st.booleans(),
        "consent": st.one_of(
            st.none(),
            st.fixed_dictionaries({"text": MAYBE, "given_at": MAYBE, "url": MAYBE}),
        ),
    }
)


def line(target: str, source: str, transform: object = None) -> dict[str, object]:
    return {"target": target, "source": source, "transform": transform}


def form_of(*lines: dict[str, object], **payload: object) -> list[tuple[str, str]]:
    request = build_request(
        handover(format="form", mapping=list(lines), payload=PAYLOAD | payload)
    )
    return parse_qsl(request.body.decode(), keep_blank_values=True)


def adf_of(*lines: dict[str, object], **payload: object) -> etree._Element:
    told = handover(
        format="adf",
        mapping=list(lines),
        payload=PAYLOAD | {"fields": CAR} | payload,
        partner="Example Motors",
    )
    body = build_request(told).body
    assert body.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n<adf>'
    )
    return valid(body)


def valid(body: bytes) -> etree._Element:
    document = etree.fromstring(body)
    assert DTD.validate(document), DTD.error_log.filter_from_errors()
    return document


def test_form_joins_names_by_dots_and_repeats_lists() -> None:
    pairs = form_of()

    assert ("contact.first_name", "Zoë") in pairs
    assert ("test", "true") in pairs
    assert [value for name, value in pairs if name == "fields.kinds"] == ["x", "y"]
    assert "contact.email" not in dict(pairs)


def test_form_holds_what_is_mapped_alone() -> None:
    pairs = form_of(
        line("lead[first]", "first_name"),
        line("kinds[]", "fields.kinds"),
        line("person.mail", "email"),
        line("phones[0]", "'1'"),
        line("phones[1]", "'2'"),
        line("cars[0].make", "'Honda'"),
        line("note", "'a&b=c d+é'"),
    )

    assert pairs == [
        ("lead[first]", "Zoë"),
        ("kinds[]", "x"),
        ("kinds[]", "y"),
        ("phones", "1"),
        ("phones", "2"),
        ("cars[0].make", "Honda"),
        ("note", "a&b=c d+é"),
    ]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_value_stays_one_value_of_a_form(value: str) -> None:
    body = build_request(named(value, format="form")).body

    assert body.isascii()
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    plain = parse_qsl(build_request(named("x", format="form")).body.decode())
    assert [name for name, _ in pairs] == [name for name, _ in plain]
    assert (
        dict(pairs)["contact.first_name"] == value.encode("utf-8", "replace").decode()
    )


def test_adf_tells_person_vehicle_dealer_and_ourselves() -> None:
    [prospect] = adf_of(
        contact=dict.fromkeys(CONTACT)
        | {
            "first_name": "Zoë",
            "last_name": "Byron",
            "email": "z@example.org",
            "phone": "+14155550123",
            "city": "Oakland",
            "country": "US",
        }
    )

    assert [child.tag for child in prospect] == [
        *("id", "requestdate", "vehicle", "customer", "vendor", "provider")
    ]
    vehicle, customer = prospect.find("vehicle"), prospect.find("customer")
    assert [(one.tag, one.text) for one in vehicle] == [
        ("year", "2022"),
        ("make", "Honda"),
        ("model", "Civic"),
        ("trim", "EX"),
    ]
    assert prospect.find("id").get("source") == "Lead Nexus"
    assert customer.findtext("contact/name[@part='last']") == "Byron"
    assert customer.findtext("contact/phone") == "+14155550123"
    assert "roof: a, b" in customer.findtext("comments")
    assert "This is a test." in customer.findtext("comments")
    assert prospect.findtext("vendor/vendorname") == "Example Motors"


def test_adf_of_a_lead_without_anything_is_empty_and_valid() -> None:
    document = adf_of(contact={}, fields={}, consent=None, test=False)

    assert document.findtext(".//vehicle/year") == ""
    assert document.findtext(".//customer/contact/email") == ""
    assert document.find(".//customer/comments") is None


def test_mapping_of_adf_changes_its_standard() -> None:
    document = adf_of(
        line("vehicle.@status", "'used'"),
        line("vehicle.year", "fields.car_year"),
        line("vehicle[1].@interest", "'trade-in'"),
        line("vehicle[1].make", "'Ford'"),
        line("vehicle.price[0]", "'21995.00'"),
        line("vehicle.price.@currency", "currency"),
        line("customer.contact.phone[1]", "'+14155550124'"),
        line("customer.contact.phone[1].@type", "'cellphone'"),
        line("customer.contact.phone[1].@time", "'whenever'"),
        line("customer.comments", "fields.roof"),
        line("vendor.contact.email", "'leads@dealer.example'"),
        car_year="no",
    )

    first, second = document.findall(".//vehicle")
    assert (first.get("status"), first.findtext("year")) == ("used", "")
    assert first.find("price").attrib == {"currency": "USD"}
    assert (second.get("interest"), second.findtext("make")) == ("trade-in", "Ford")
    phone = document.find(".//customer/contact/phone")
    assert dict(phone.attrib) == {"type": "cellphone"}
    assert document.findtext(".//customer/comments") == "a, b"


@pytest.mark.parametrize(
    ("target", "source", "field"),
    [
        ("prospect.id", "lead_id", "target"),
        ("vehicle", "lead_id", "target"),
        ("vehicle.colour", "lead_id", "target"),
        ("vehicle.year[1]", "lead_id", "target"),
        ("vehicle.@colour", "lead_id", "target"),
        ("@status", "lead_id", "target"),
        ("customer.contact.#text", "lead_id", "target"),
        ("vehicle.@status.x", "lead_id", "target"),
        ("customer.comments", "consent", "source"),
    ],
)
def test_target_that_adf_has_not_is_refused(
    target: str, source: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_mapping([line(target, source)], "adf")

    assert refused.value.errors[0].field == f"mapping[0].{field}"


def test_order_of_children_is_that_of_the_dtd() -> None:
    assert list(CHILDREN["contact"]) == ["name", "email", "phone", "address"]
    assert [name for name, part in CHILDREN["contact"].items() if part.repeats] == [
        "name",
        "phone",
    ]
    assert [name for name, part in CHILDREN["vehicle"].items() if part.needed] == [
        "year",
        "make",
        "model",
    ]


@given(LEADS)
@settings(max_examples=300, deadline=None)
def test_any_lead_is_valid_adf(lead: dict[str, Any]) -> None:
    valid(build_request(handover(format="adf", payload=PAYLOAD | lead)).body)


@pytest.mark.soak
@given(LEADS, st.text())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_leads_are_valid_adf(lead: dict[str, Any], partner: str) -> None:
    told = handover(format="adf", payload=PAYLOAD | lead, partner=partner)

    valid(build_request(told).body)


def test_xml_has_attributes_texts_and_a_root_of_its_own() -> None:
    mapping = [
        line("/import.@version", "'1'"),
        line("/import.lead.phone[0].@type", "'home'"),
        line("/import.lead.phone[0].#text", "'1'"),
        line("/import.lead.phone[1]", "'2'"),
        line("/import.lead.price.@currency", "fields.gone"),
        line("/import.lead.price.#text", "price_cents", "cents_to_units"),
    ]

    body = build_request(handover(format="xml", mapping=mapping)).body

    assert body.endswith(
        b'<import version="1"><lead><phone type="home">1</phone><phone>2</phone>'
        b"<price>12.05</price></lead></import>"
    )


def test_names_that_a_lead_brings_along_are_never_attributes() -> None:
    answers = {"@id": "1", "#text": "2", "/root": "3"}

    body = build_request(handover(payload={"fields": answers}, format="xml")).body

    [fields] = etree.fromstring(body)
    assert [one.get("name") for one in fields] == list(answers)
    assert not fields.attrib
