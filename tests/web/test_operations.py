"""Every operation of the OpenAPI document, called: each answer is one it declares.

Each status that is declared is brought about, too: none is there for show.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access import Who, policy_of
from app.db import db
from app.models.partner import Partner
from app.openapi import path_of
from app.services import channels, idempotency, policy
from app.services.adjustments import adjust_partner
from app.services.policy import change_policy
from app.services.resets import reset_link
from tests.architecture.world import World, undone
from tests.conftest import ADMIN, PASSWORD
from tests.factories import (
    enquiry,
    lead_of,
    make_campaign,
    make_endpoint,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer
from tests.web.openapi import Declared, Json
from tests.web.portal import Browser, run_all

ACCEPTED = 202
HUGE = b'{"name": "' + b"x" * 300_000 + b'"}'
ASKED = (Who.admin, Who.partner_owner, Who.vendor_owner, Who.nobody)
ELSEWHERE = {
    ("GET /readyz", 503),
    ("POST /api/campaigns/{slug}/leads", 200),
}


@dataclass(frozen=True)
class Operation:
    """One call of the document, and the route that it is."""

    method: str
    rule: Rule
    told: Json
    who: Who

    @property
    def name(self) -> str:
        return f"{self.method} {path_of(self.rule.rule)}"


@pytest.fixture
def scene(database: Flask, partner: PartnerServer) -> "Scene":
    return Scene(World(database, partner.url))


class Scene:
    """A world with rows for every call, and how to bring about each answer."""

    def __init__(self, world: World) -> None:
        self.world, self.patch = world, pytest.MonkeyPatch()
        self.document: Json = world.ask(
            Who.admin, "GET", "/api/v1/_openapi", token=True
        ).json
        self.declared = Declared(self.document)
        self.own = {**world.rows["vendor"], **world.rows["partner"]}
        self.campaign = self.own["campaign"][0]
        self.source = make_source(make_campaign(slug="posted"))
        manual = make_campaign(requires_approval=True)
        self.waiting = lead_of(take(make_source(manual)).public_id).id
        open_ = make_campaign(max_sales=2)
        self.available = lead_of(take(make_source(open_)).public_id).id
        run_all()
        self.fresh = take(self.source).public_id
        partner_id = self.own["partner"][0]
        buyer = db.session.get_one(Partner, partner_id)
        endpoint = make_endpoint(buyer, url=world.url)
        self.order = make_subscription(
            open_, buyer, endpoint_id=endpoint.id, backfill_days=7
        ).id
        self.admin_id = self.send("GET", "/api/auth/me", Who.admin).json["id"]
        self._switch(make_campaign().id)
        db.session.commit()

    def operations(self) -> Iterator[Operation]:
        """Return every operation that stands in the document."""
        rules = {
            (path_of(rule.rule), method): rule
            for rule in self.world.app.url_map.iter_rules()
            for method in rule.methods or ()
        }
        for path, calls in self.document["paths"].items():
            for verb, told in calls.items():
                rule = rules[path, verb.upper()]
                policy = policy_of(rule.endpoint) or frozenset()
                who = next(who for who in ASKED if who in policy)
                if told["security"] == []:
                    who = Who.nobody
                yield Operation(verb.upper(), rule, told, who)

    def path(self, call: Operation, which: str = "own") -> str:
        """Return the address of a row that the call is for, or of a missing one."""
        rows = {
            "POST /api/v1/leads/{pk}/approve": self.waiting,
            "POST /api/v1/leads/{pk}/reject": self.waiting,
            "POST /api/v1/leads/{pk}/reprocess": self.waiting,
            "POST /api/v1/leads/{pk}/sell": self.available,
            "POST /api/v1/subscriptions/{pk}/backfill": self.order,
        }
        if which == "own" and call.name in rows:
            return path_of(call.rule.rule).replace("{pk}", str(rows[call.name]))
        if call.name == "POST /api/campaigns/{slug}/leads":
            return f"/api/campaigns/{'posted' if which == 'own' else 'none'}/leads"
        if call.name == "GET /api/leads/{public_id}/status" and which == "own":
            return f"/api/leads/{self.fresh}/status"
        if call.name == "GET /api/{version}/_openapi" and which == "missing":
            return "/api/v7/_openapi"
        path = self.world.path_of(call.rule, call.who, which)
        assert path is not None, call.name
        return path

    def send(
        self, method: str, path: str, who: Who, key: str = "", **sent: Any
    ) -> TestResponse:
        """Send a request as somebody, or with a source's key."""
        browser = Browser(self.world.app, self.world.app.response_class)
        headers = {**self.world.callers[who].headers, **sent.pop("headers", {})}
        if key:
            headers["X-Api-Key"] = key
        return browser.open(path, method=method, headers=headers, **sent)

    def ask(
        self, call: Operation, path: str | None = None, **sent: Any
    ) -> TestResponse:
        """Send a call as whom it is for."""
        posting = call.who is Who.nobody and "lead" in call.rule.rule
        key = self.source.posting_key if posting else ""
        path = path or self.path(call)
        return self.send(call.method, path, call.who, key, **sent)

    def body(self, call: Operation) -> Json:
        """Return a body that the call takes."""
        partner, vendor = self.own["partner"][0], self.own["vendor"][0]
        campaign, endpoint = self.campaign, self.own["endpoint"][0]
        login = {"email": "partner_owner@example.com", "password": PASSWORD}
        spent = {"refresh_token": ""}
        if call.name in {"POST /api/auth/refresh", "POST /api/auth/logout"}:
            opened = self.send("POST", "/api/auth/login", Who.nobody, json=login)
            spent["refresh_token"] = opened.json["refresh_token"]
        target = {"name": "There", "url": self.world.url}
        key = {"name": "New", "scopes": ["read"]}
        order = {"campaign_id": campaign, "endpoint_id": endpoint}
        page = {"campaign_id": campaign, "name": "Two", "slug": "two"}
        money = {"amount_cents": 5, "reason": "x"}
        return {
            "POST /api/v1/campaigns/": {"name": "New", "slug": "new", "price_cents": 1},
            "POST /api/v1/landing_pages/": {**page, "template": "plain"},
            "POST /api/v1/sources/": {"name": "New", "campaign_id": campaign},
            "POST /api/v1/vendors/": {"name": "New"},
            "POST /api/v1/partners/": {"name": "New"},
            "POST /api/v1/partners/{pk}/credits": money,
            "POST /api/v1/partners/{pk}/adjustments": money,
            "POST /api/v1/vendors/{pk}/adjustments": money,
            "POST /api/v1/endpoints/": {"partner_id": partner, **target},
            "POST /api/v1/subscriptions/": {"partner_id": partner, **order},
            "POST /api/v1/providers/": {
                "provider": "offline",
                "credentials": {"api_key": "k"},
                "base_url": self.world.url,
            },
            "PUT /api/v1/subscriptions/{pk}": {"daily_cap": 5},
            "PUT /api/v1/providers/{pk}": {"timeout_s": 5},
            "POST /api/v1/users/": {
                "email": "new@example.com",
                "password": PASSWORD,
                "role": "vendor",
                "vendor_id": vendor,
            },
            "POST /api/v1/api_keys/": {"partner_id": partner, **key},
            "POST /api/v1/switches/": {
                "scope": "campaign",
                "campaign_id": campaign,
                "reason": "x",
            },
            "POST /api/v1/leads/{pk}/sell": {"subscription_id": self.order},
            "POST /api/v1/transactions/{pk}/refund": {"reason": "x"},
            "POST /api/v1/transactions/{pk}/override": {
                "price_cents": 1,
                "reason": "x",
            },
            "POST /api/v1/returns/{pk}/deny": {"reason": "x"},
            "POST /api/v1/returns/{pk}/ask": {"text": "x"},
            "POST /api/purchases/{transaction_id}/returns": {"reason_code": "fraud"},
            "POST /api/returns/{return_id}/messages": {"text": "x"},
            "POST /api/subscriptions": order,
            "PATCH /api/subscriptions/{subscription_id}": {"daily_cap": 5},
            "POST /api/endpoints": target,
            "POST /api/keys": key,
            "POST /api/campaigns/{slug}/leads": enquiry(),
            "POST /api/auth/register": {
                "email": "wish@example.com",
                "password": PASSWORD,
                "name": "Wish",
                "company": "Wish",
                "role": "vendor",
            },
            "POST /api/auth/login": login,
            "POST /api/auth/refresh": spent,
            "POST /api/auth/logout": spent,
            "POST /api/auth/password": {
                "current": PASSWORD,
                "password": f"{PASSWORD} and more",
            },
            "POST /api/auth/forgot": {"email": login["email"]},
        }.get(call.name, {"name": "Other"} if call.method in {"PUT", "PATCH"} else {})

    def good(self, call: Operation) -> TestResponse:
        """Send what the call answers well."""
        if call.name == "POST /api/auth/reset":
            return self._reset(call)
        if call.name == "POST /api/v1/providers/":
            db.session.execute(text("DELETE FROM provider"))
            db.session.commit()
        path = self._begun(call) or self.path(call)
        sent = {"json": self.body(call)} if "requestBody" in call.told else {}
        return self.ask(call, path, **sent)

    def awaited(self, call: Operation) -> TestResponse:
        """Send what waits for a second person."""
        change_policy({"second_person_above_cents": 0}, ADMIN)
        try:
            return self.good(call)
        finally:
            policy.forget()

    def refused(self, call: Operation, status: int) -> TestResponse:
        """Bring about a refusal."""
        ways = {
            401: self._as_nobody,
            403: self._as_another,
            404: self._missing,
            409: self._conflict,
            410: self._closed,
            429: self._too_often,
        }
        if status in ways:
            return ways[status](call)
        return self._misshapen(call, status)

    def _sent(self, call: Operation, **body: Any) -> Json:
        return {"json": body or self.body(call)} if "requestBody" in call.told else {}

    def _as_nobody(self, call: Operation) -> TestResponse:
        wrong = {"email": "x@example.org", "password": "x", "refresh_token": "x"}
        sent = self._sent(call, **wrong)
        return self.send(call.method, self.path(call), Who.nobody, **sent)

    def _as_another(self, call: Operation) -> TestResponse:
        is_vendors = call.who is Who.vendor_owner
        other = Who.partner_viewer if is_vendors else Who.vendor_viewer
        return self.send(call.method, self.path(call), other, **self._sent(call))

    def _missing(self, call: Operation) -> TestResponse:
        return self.ask(call, self.path(call, "missing"), **self._sent(call))

    def _closed(self, call: Operation) -> TestResponse:
        statement = "UPDATE campaign SET status = 'paused' WHERE slug = 'posted'"
        db.session.execute(text(statement))
        db.session.commit()
        channels.forget()
        return self.ask(call, json=enquiry())

    def _too_often(self, call: Operation) -> TestResponse:
        by_module = "security", "login_rates", "api.intake", "views.resources.endpoints"
        for module in by_module:
            self.patch.setattr(f"app.{module}.wait_s", lambda *_: 5)
        by_key = call.told["security"] == [{"token": []}, {"api_key": []}]
        if by_key or call.name == "GET /api/leads/{public_id}/status":
            return self.send(call.method, self.path(call), Who.nobody, "unknown")
        is_reset = call.name == "POST /api/auth/reset"
        body = {"token": "x", "password": PASSWORD} if is_reset else self.body(call)
        return self.ask(call, json=body)

    def _misshapen(self, call: Operation, status: int) -> TestResponse:
        if call.method == "GET":
            wrong = {"q": "("} if status == 400 else {"page": "0"}
            return self.ask(call, query_string=wrong)
        if "requestBody" not in call.told:
            return self.ask(call, headers={"Idempotency-Key": "k" * 201})
        sent: dict[int, Json] = {
            400: {"data": b"{", "content_type": "application/json"},
            413: {"data": HUGE, "content_type": "application/json"},
            415: {"data": b"x", "content_type": "text/plain"},
            422: {"json": {"nonsense": 1}},
        }
        return self.ask(call, **sent[status])

    def _conflict(self, call: Operation) -> TestResponse:
        if call.method == "PUT":
            return self._taken(call)
        path, sent = self.path(call), self._sent(call)
        if call.name.endswith("_keys/") or call.name.endswith("/keys"):
            self.patch.setattr("app.services.api_keys.MAX_KEYS", 0)
        elif _takes_a_key(call):
            path = self._begun(call) or path
            self._leave_running(call, path, sent)
        elif call.name.endswith("/messages"):
            decided = f"/api/v1/returns/{self.own['lead_return'][0]}/approve"
            self.send("POST", decided, Who.admin)
        elif call.method == "POST":
            if call.rule.rule.endswith("/leads"):
                sent = {"json": enquiry(email="same@example.org")}
                self.ask(call, path, json=enquiry(email="same@example.org"))
            self.ask(call, path, **sent)
        return self.ask(call, path, **sent)

    def _leave_running(self, call: Operation, path: str, sent: Json) -> None:
        """Let somebody else's call with the same key be still running."""
        sent["headers"] = {"Idempotency-Key": "k"}
        if call.name.endswith(BOOKED):
            self.patch.setattr(idempotency, "TRY", text("SELECT :caller || :key = ''"))
            return
        self.ask(call, path, **sent)
        db.session.execute(text("UPDATE idempotency_key SET answer = NULL"))
        db.session.commit()

    def _begun(self, call: Operation) -> str | None:
        """Return the address of what waits for the call, made for it."""
        if call.name.startswith("POST /api/v1/users/{pk}/"):
            return call.name[5:].replace("{pk}", str(self._wish()))
        if call.name == "POST /api/v1/switches/{pk}/off":
            return f"/api/v1/switches/{self._switch()}/off"
        return None

    def _taken(self, call: Operation) -> TestResponse:
        admin = {"who": Who.admin}
        if call.name == "PUT /api/v1/users/{pk}":
            path = f"/api/v1/users/{self.admin_id}"
            return self.ask(call, path, json={"active": False})
        if call.name == "PUT /api/v1/partners/{pk}":
            self.ask(call, json={"credit_limit_cents": 10**9})
            lent = (
                "SELECT partner_id, balance_cents FROM account WHERE floor_cents < -500"
            )
            for partner_id, cents in db.session.execute(text(lent)).all():
                adjust_partner(partner_id, -500 - cents, "owing", ADMIN)
            return self.ask(call, json={"credit_limit_cents": 0})
        if call.name == "PUT /api/v1/campaigns/{pk}":
            return self.ask(call, json={"slug": "posted"})
        page = {"campaign_id": self.campaign, "name": "Two", "slug": "two"}
        page["template"] = "plain"
        self.send("POST", "/api/v1/landing_pages/", **admin, json=page)
        return self.ask(call, json={"slug": "two"})

    def _wish(self) -> int:
        wish = {"email": "wish@example.com", "password": PASSWORD, "name": "Wish"}
        wish |= {"company": "Wish", "role": "vendor"}
        answer = self.send("POST", "/api/auth/register", Who.nobody, json=wish)
        return int(answer.json["id"])

    def _switch(self, campaign_id: int = 0) -> int:
        body: Json = {"scope": "campaign", "reason": "x"}
        body["campaign_id"] = campaign_id or self.campaign
        made = self.send("POST", "/api/v1/switches/", Who.admin, json=body)
        return int(made.json["id"])

    def _reset(self, call: Operation) -> TestResponse:
        link = reset_link("partner_owner@example.com", ADMIN)
        token = link.partition("#")[2]
        body = {"token": token, "password": f"{PASSWORD} and more"}
        return self.ask(call, json=body)


# Their keys are kept in the transaction that books.
BOOKED = ("/credits", "/adjustments", "/refund", "/override")


def _takes_a_key(call: Operation) -> bool:
    """Say whether it is done once for each key that its caller sends."""
    named = [one.get("name") for one in call.told.get("parameters", ())]
    return "Idempotency-Key" in named and call.who is not Who.nobody


def found_wrong(scene: Scene, keep: Callable[[int], bool]) -> list[str]:
    """Return what is wrong with the declared answers that are tried."""
    wrong, number = [], 0
    for call in scene.operations():
        for spelled in sorted(call.told["responses"]):
            number += 1
            status = int(spelled)
            # The database is never away here, and 200 to a post is a repetition.
            if not keep(number) or (call.name, status) in ELSEWHERE:
                continue
            with undone():
                if status == ACCEPTED:
                    answer = scene.awaited(call)
                elif status < 300:
                    answer = scene.good(call)
                else:
                    answer = scene.refused(call, status)
            scene.patch.undo()
            if answer.status_code != status:
                wrong.append(f"{call.name}: {answer.status_code}, not {status}")
            elif problem := scene.declared.why_unfit(call.told, answer):
                wrong.append(f"{call.name} {status}: {problem}")
    return wrong


def test_operations_answer_as_they_say(scene: Scene) -> None:
    """Try every eighth of what is declared."""
    assert found_wrong(scene, lambda number: number % 8 == 0) == []


@pytest.mark.soak
def test_every_declared_answer_is_given(scene: Scene) -> None:
    wrong = found_wrong(scene, lambda _: True)

    assert not wrong, "\n".join(wrong)
