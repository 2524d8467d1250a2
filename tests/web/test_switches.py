"""Kill switches over REST, on screens and by command; seen by whom they concern."""

import pytest
from flask import Flask

from app.domain.people import SYSTEM
from app.domain.states import SwitchScope
from app.services.switches import Stop, switch_on, switches_on
from app.services.users import create_user
from tests.conftest import login_headers
from tests.factories import count, make_campaign, make_partner, make_vendor
from tests.web.portal import enter, person_of, stranger
from tests.web.rest import fields_refused, forget_caller
from tests.web.screens import PASSWORD

pytestmark = pytest.mark.usefixtures("database")
URL = "/api/v1/switches/"


def staff(app: Flask, role: str) -> dict[str, str]:
    return login_headers(app, f"{role}@example.com", role)


def test_switch_is_thrown_listed_and_ended_over_rest(database: Flask) -> None:
    headers, client = staff(database, "Admin"), database.test_client()
    partner = make_partner()
    body = {"scope": "partner", "partner_id": partner.id, "reason": "Leaks"}

    made = client.post(URL, json=body, headers=headers)
    again = client.post(URL, json=body, headers=headers)
    listed = client.get(URL, headers=headers).json
    ended = client.post(f"{URL}{made.json['id']}/off", headers=headers)
    twice = client.post(f"{URL}{made.json['id']}/off", headers=headers)

    assert made.status_code == 201, made.text
    assert made.json["result"].items() >= body.items()
    assert made.json["result"]["settled_at"] is not None
    assert (again.status_code, again.json["code"]) == (409, "already_on")
    assert [row["id"] for row in listed["result"]] == [made.json["id"]]
    assert (ended.status_code, ended.json["result"]["off_at"] is None) == (200, False)
    assert (twice.status_code, twice.json["code"]) == (409, "already_off")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "everything", "reason": "x"}, "scope"),
        ({"reason": "x"}, "scope"),
        ({"scope": "all"}, "reason"),
        ({"scope": "all", "reason": ""}, "reason"),
        ({"scope": "all", "reason": 5}, "reason"),
        ({"scope": "campaign", "reason": "x"}, "campaign_id"),
        ({"scope": "campaign", "campaign_id": "1", "reason": "x"}, "campaign_id"),
        ({"scope": "campaign", "campaign_id": 2**70, "reason": "x"}, "campaign_id"),
        ({"scope": "partner", "partner_id": 9**9, "reason": "x"}, "partner_id"),
    ],
)
def test_bad_switch_is_refused_by_its_field_and_stops_nothing(
    database: Flask, body: dict[str, object], field: str
) -> None:
    headers = staff(database, "Admin")

    answer = database.test_client().post(URL, json=body, headers=headers)

    assert field in fields_refused(answer)
    assert switches_on() == []


def test_operator_throws_any_switch_and_ends_all_but_the_widest(
    database: Flask,
) -> None:
    headers, client = staff(database, "Operator"), database.test_client()
    body = {"scope": "campaign", "campaign_id": make_campaign().id, "reason": "x"}
    one = client.post(URL, json=body, headers=headers).json["id"]
    everything = {"scope": "all", "reason": "x"}
    widest = client.post(URL, json=everything, headers=headers).json["id"]

    answers = [client.post(f"{URL}{key}/off", headers=headers) for key in (one, widest)]

    assert [answer.status_code for answer in answers] == [200, 403]


@pytest.mark.parametrize("role", ["Partner", "Vendor", None])
def test_others_neither_see_nor_throw_switches(
    database: Flask, role: str | None
) -> None:
    switch = switch_on(Stop(SwitchScope.all, "Secret reason"), SYSTEM)
    headers, status = {}, 401
    if role == "Partner":
        member = {"partner_id": make_partner().id}
        headers, status = login_headers(database, "p@x.org", role, **member), 403
    elif role == "Vendor":
        member = {"vendor_id": make_vendor().id}
        headers, status = login_headers(database, "v@x.org", role, **member), 403
    client = database.test_client()
    forget_caller()

    for answer in (
        client.get(URL, headers=headers),
        client.post(URL, json={"scope": "all", "reason": "x"}, headers=headers),
        client.post(f"{URL}{switch.id}/off", headers=headers),
    ):
        assert answer.status_code == status
        assert "Secret" not in answer.text
    assert count("kill_switch", "off_at IS NULL") == 1


def test_stop_is_thrown_on_a_page_and_shown_on_all_of_them(database: Flask) -> None:
    partner = make_partner(name="North Roofing")
    user = create_user("admin@example.com", PASSWORD, "Admin", SYSTEM)
    browser = enter(database, user.email)
    values = {"scope": "partner", "partner_id": partner.id, "reason": "Their leak"}

    thrown = browser.post("/switches/on", data={**values, "back_partner": partner.id})
    pages = [
        browser.get(url).text
        for url in ("/", "/leads/list/", "/partners/list/", "/switches/list/")
    ]
    own = browser.get(f"/partners/show/{partner.id}").text
    [switch] = switches_on()
    browser.post(f"/switches/off/{switch.id}")
    after = browser.get("/partners/list/").text

    assert thrown.location == f"/partners/show/{partner.id}"
    assert all("Their leak" in page and "North Roofing" in page for page in pages)
    assert '<span class="chip bad">Stopped</span>' in pages[2]
    assert "Let selling go on" in own
    assert "Stopped" not in after
    assert switches_on() == []


@pytest.mark.parametrize("scope", ["", "everything"])
def test_form_without_a_known_scope_stops_nothing(database: Flask, scope: str) -> None:
    create_user("admin@example.com", PASSWORD, "Admin", SYSTEM)
    browser = enter(database, "admin@example.com")

    browser.post("/switches/on", data={"scope": scope, "reason": "x"})

    assert switches_on() == []


def test_partner_is_told_that_it_gets_nothing_but_not_why(database: Flask) -> None:
    stopped, other = make_partner(), make_partner()
    switch_on(Stop(SwitchScope.partner, "Secret", partner_id=stopped.id), SYSTEM)

    pages = [person_of(database, one).get("/").text for one in (stopped, other)]
    nobody = stranger(database).get("/login/").text

    assert ["You get no leads at present" in page for page in pages] == [True, False]
    assert not any("Secret" in page for page in (*pages, nobody))


def test_command_stops_lists_and_lets_go_on(database: Flask) -> None:
    runner = database.test_cli_runner()

    on = runner.invoke(args=["switches", "on", "Wrong prices"])
    [switch] = switches_on()
    listed = runner.invoke(args=["switches", "list"])
    off = runner.invoke(args=["switches", "off", str(switch.id)])
    twice = runner.invoke(args=["switches", "off", str(switch.id)])

    assert (on.exit_code, off.exit_code, twice.exit_code) == (0, 0, 1)
    assert "Wrong prices" in listed.output
    assert switches_on() == []
