"""Endpoints as known systems want them: format, mapping, reply rules to begin with.

Sources: the public posting specifications of LeadsPedia, boberdoo and ActiveProspect's
LeadConduit. Accounts differ, so all of it is meant to be edited.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]
DUPLICATE: Line = {"when": {"regex": "(?i)duplicate"}, "verdict": "duplicate"}


@dataclass(frozen=True)
class Preset:
    """What to begin with, and what is left to fill in."""

    label: str
    about: str
    format: str
    mapping: list[Line]
    reply_rules: list[Line]


def _line(target: str, source: str, transform: Any = None) -> Line:  # noqa: ANN401
    return {"target": target, "source": source, "transform": transform}


def _either(paths: tuple[str, str], value: str, verdict: str) -> list[Line]:
    """Return the rule of a node in JSON and in XML: either may be answered."""
    jsonpath, xpath = paths
    return [
        {"when": {"jsonpath": jsonpath, "equals": value}, "verdict": verdict},
        {"when": {"xpath": xpath, "equals": value}, "verdict": verdict},
    ]


RESULT = ("$.result", "/response/result")
STATUS = ("$.response.status", "/response/status")
OUTCOME = ("$.outcome", "/result/outcome")
LEADSPEDIA = Preset(
    label="LeadsPedia",
    about=(
        "Enter your campaign id in the mapping, and the campaign key as"
        " authentication: a key in the body."
    ),
    format="form",
    mapping=[
        _line("lp_campaign_id", "'YOUR-CAMPAIGN-ID'"),
        _line("lp_campaign_key", "auth.key"),
        _line("lp_response", "'JSON'"),
        _line("lp_test", "test", {"map": {"true": "1"}}),
        _line("lp_ping_id", "ping.id"),
        _line("lp_s1", "source.sub_id"),
        _line("first_name", "first_name"),
        _line("last_name", "last_name"),
        _line("email_address", "email"),
        _line("phone_home", "phone", "national_digits"),
        _line("address", "address"),
        _line("city", "city"),
        _line("state", "state"),
        _line("zip_code", "zip", "zip5"),
        _line("country", "country"),
        _line("ip_address", "consent.ip"),
        _line("tcpa_text", "consent.text"),
        _line("landing_page", "consent.url"),
        _line("trusted_form_cert_id", "consent.certificate_url"),
    ],
    reply_rules=[
        *_either(RESULT, "success", "accepted"),
        DUPLICATE,
        *_either(RESULT, "failed", "rejected"),
    ],
)
BOBERDOO = Preset(
    label="boberdoo",
    about=(
        "Enter your TYPE and SRC in the mapping, and the API key as authentication: a"
        " key in the body. What waits for approval by hand counts as taken."
    ),
    format="form",
    mapping=[
        _line("Key", "auth.key"),
        _line("API_Action", "'submitLead'"),
        _line("Mode", "'full'"),
        _line("Format", "'JSON'"),
        _line("TYPE", "'YOUR-TYPE'"),
        _line("SRC", "'YOUR-SRC'"),
        _line("Test_Lead", "test", {"map": {"true": "1"}}),
        _line("Lead_ID", "ping.id"),
        _line("Unique_Identifier", "transaction_id"),
        _line("Sub_ID", "source.sub_id"),
        _line("Landing_Page", "consent.url"),
        _line("IP_Address", "consent.ip"),
        _line("First_Name", "first_name"),
        _line("Last_Name", "last_name"),
        _line("Email", "email"),
        _line("Primary_Phone", "phone", "national_digits"),
        _line("Address", "address"),
        _line("City", "city"),
        _line("State", "state"),
        _line("Zip", "zip", "zip5"),
        _line("TCPA_Language", "consent.text"),
        _line("Trusted_Form_URL", "consent.certificate_url"),
    ],
    reply_rules=[
        *_either(STATUS, "Matched", "accepted"),
        *_either(STATUS, "Success", "accepted"),
        {
            "when": {"regex": "(?i)manually approved"},
            "verdict": "accepted",
            "reason": "Taken, approved by hand",
        },
        DUPLICATE,
        *_either(STATUS, "Unmatched", "rejected"),
        *_either(STATUS, "Error", "rejected"),
    ],
)
LEADCONDUIT = Preset(
    label="LeadConduit",
    about="The URL of the flow's source is all that it asks for; it needs no key.",
    format="json",
    mapping=[
        _line("first_name", "first_name"),
        _line("last_name", "last_name"),
        _line("email", "email"),
        _line("phone_1", "phone", "national_digits"),
        _line("address_1", "address"),
        _line("city", "city"),
        _line("state", "state"),
        _line("postal_code", "zip"),
        _line("country", "country"),
        _line("ip_address", "consent.ip"),
        _line("reference", "lead_id"),
        _line("landing_page_url", "consent.url"),
        _line("trustedform_cert_url", "consent.certificate_url"),
        _line("price", "price_cents", "cents_to_units"),
    ],
    reply_rules=[
        *_either(OUTCOME, "success", "accepted"),
        DUPLICATE,
        *_either(OUTCOME, "failure", "rejected"),
        *_either(OUTCOME, "error", "retry"),
    ],
)
PRESETS: Mapping[str, Preset] = {
    "leadspedia": LEADSPEDIA,
    "boberdoo": BOBERDOO,
    "leadconduit": LEADCONDUIT,
}
