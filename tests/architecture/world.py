"""A world for the access matrix: everybody of `Who`, rows of theirs and of others."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access import Who
from app.db import db, transaction
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import CampaignStatus, MemberRole, MoneyOrderKind
from app.models.api_key import ApiKey
from app.models.campaign import LandingPage
from app.models.lead import Refusal
from app.models.money_order import MoneyOrder
from app.models.partner import Partner
from app.models.provider import Provider
from app.models.vendor import Vendor
from app.services.api_keys import make_key
from app.services.landing_pages import save_landing_page
from app.services.providers import save_provider
from app.services.returns import request_return
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import PASSWORD
from tests.factories import (
    STAFF,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.web.portal import Browser, run_all
from tests.web.sessions import browser_of, header_of

MISSING = 10**9
MISSING_UUID = "01a1fc78-c762-75ff-80d9-14850c0df4e0"
# What a part of an address names, where its view does not say.
TABLES = {
    "key_id": "api_key",
    "transaction_id": "transaction",
    "subscription_id": "subscription",
    "endpoint_id": "endpoint",
    "source_id": "source",
    "lead_id": "lead",
    "user_id": "user",
    "return_id": "lead_return",
}
BY_PUBLIC_ID = {"transaction_id", "lead_id", "return_id"}
FIXED = {
    "version": "v1",
    "locale": "en",
    "inbox": "test",
    "public_id": MISSING_UUID,
    "family": MISSING_UUID,
    "path": "nothing",
    "filename": "nothing",
}


@dataclass
class Caller:
    """Somebody: the cookie of their session, and the header of their token."""

    session: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Everybody, and by side and table the ids of an own row and of another's."""

    app: Flask
    url: str
    callers: dict[Who, Caller] = field(default_factory=dict)
    rows: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app.config["WTF_CSRF_ENABLED"] = False
        sides = [self._account() for _ in range(2)]
        draft = make_campaign(status=CampaignStatus.draft)
        campaigns = (sides[0][0]["campaign"], draft.id)
        self.rows["partner"] = _paired([s[0] for s in sides]) | {"campaign": campaigns}
        self.rows["vendor"] = _paired([s[1] for s in sides])
        self._people(sides[0][0]["partner"], sides[0][1]["vendor"])
        self.slug = str(_value("SELECT slug FROM campaign ORDER BY id LIMIT 1"))
        # Nothing of it may be in a cache of this session that a rollback makes stale.
        db.session.commit()

    def path_of(self, rule: Rule, who: Who, which: str) -> str | None:
        """Return the rule's address for a row: own, foreign or missing; None for none.

        Staff own nothing and see everything: their rows are the first account's.
        """
        parts = {name: self._part(rule, name, who, which) for name in rule.arguments}
        if None in parts.values():
            return None
        built = rule.build(parts)
        assert built is not None, rule
        return built[1]

    def ask(self, who: Who, method: str, path: str, *, token: bool) -> TestResponse:
        """Send one request, by token or by session, and undo whatever it did."""
        caller = self.callers[who]
        sent: dict[str, Any] = {}
        if method != "GET":
            sent = {"json": {}} if path.startswith("/api/") else {"data": {}}
        headers = caller.headers if token else {}
        # A browser each time: a log-out among the requests would end all that follow.
        browser = Browser(self.app, self.app.response_class)
        if caller.session and not token:
            browser.set_cookie("session", caller.session)
        with undone():
            return browser.open(path, method=method, headers=headers, **sent)

    def _part(self, rule: Rule, name: str, who: Who, which: str) -> Any:
        table = self._table(rule, name)
        if table is None:
            named = {"slug": self.slug, "campaign": self.slug}
            return {**FIXED, **named, "page": "none"}[name]
        if which == "missing":
            return MISSING_UUID if name in BY_PUBLIC_ID else MISSING
        side = "vendor" if who.name.startswith("vendor") else "partner"
        rows = self.rows[side].get(table) or self.rows["partner"].get(table)
        rows = rows or self.rows["vendor"].get(table) or _any_row(table)
        key = rows[which == "foreign"]
        if name not in BY_PUBLIC_ID:
            return key
        return _value(f"SELECT public_id FROM {table} WHERE id = {key}")

    def _table(self, rule: Rule, name: str) -> str | None:
        if name != "pk":
            return TABLES.get(name)
        view = rule.endpoint.partition(".")[0]
        views = self.app.appbuilder.baseviews  # type: ignore[attr-defined]
        [found] = [one for one in views if one.endpoint == view]
        return str(found.datamodel.obj.__tablename__).removeprefix("ab_")

    def _account(self) -> tuple[dict[str, int], dict[str, int]]:
        """Make a partner and a vendor with a row of each kind; one lead is sold."""
        partner, vendor = make_partner(), make_vendor()
        campaign = make_campaign()
        endpoint = make_endpoint(partner, url=self.url)
        order = make_subscription(campaign, partner, endpoint_id=endpoint.id)
        source = make_source(campaign, vendor)
        lead, other = (lead_of(take(source).public_id).id for _ in range(2))
        run_all()
        self._of_the_platform(campaign.id, partner.id)
        keys = [
            ApiKey(name="k", scopes=["read"], partner_id=partner.id),
            ApiKey(name="k", scopes=["read"], vendor_id=vendor.id),
        ]
        for key in keys:
            make_key(key, STAFF)
        refusal = Refusal(source_id=source.id, campaign_id=campaign.id, status=422)
        refusal.code, refusal.vendor_id = "invalid", vendor.id
        with transaction() as session:
            session.add(refusal)
        bought = {
            "partner": partner.id,
            "campaign": campaign.id,
            "endpoint": endpoint.id,
            "subscription": order.id,
            "api_key": keys[0].id,
            "user": self._colleague(partner),
            "transaction": _value(f"SELECT id FROM transaction WHERE lead_id = {lead}"),
            "lead_return": _returned(partner.id, other),
            "delivery": _value(f"SELECT id FROM delivery WHERE lead_id = {lead}"),
        }
        sold = {
            "vendor": vendor.id,
            "source": source.id,
            "api_key": keys[1].id,
            "user": self._colleague(vendor),
            "refusal": refusal.id,
            "lead": lead,
        }
        return bought, sold

    def _colleague(self, account: Partner | Vendor) -> int:
        """Add a second person to an account, for its owner to look after."""
        kind = account.__tablename__
        email, side = f"{kind}{account.id}@example.com", {f"{kind}_id": account.id}
        return int(create_user(email, PASSWORD, kind, SYSTEM, **side).id)

    def _of_the_platform(self, campaign_id: int, partner_id: int) -> None:
        if self.rows:
            return
        page = LandingPage(campaign_id=campaign_id, name="Quote", slug="quote")
        page.template = "plain"
        save_landing_page(page, STAFF)
        self.rows["platform"] = {}
        order = MoneyOrder(kind=MoneyOrderKind.credit, partner_id=partner_id)
        order.amount_cents, order.currency, order.reason = 5000, "USD", "cheque"
        with transaction() as session:
            session.add(order)
        save_provider(Provider(provider="offline"), STAFF)

    def _people(self, partner_id: int, vendor_id: int) -> None:
        self.callers[Who.nobody] = Caller()
        for who in set(Who) - {Who.nobody}:
            role, _, member = who.name.partition("_")
            owners = {"partner_id": partner_id, "vendor_id": vendor_id}
            side = {key: id_ for key, id_ in owners.items() if key == f"{role}_id"}
            email = f"{who.name}@example.com"
            user = create_user(email, PASSWORD, role, SYSTEM, **side)
            if member and member != MemberRole.owner.name:
                change_user(user.id, {"member_role": member}, SYSTEM)
            self.callers[who] = self._enter(user.id)

    def _enter(self, user_id: int) -> Caller:
        cookie = browser_of(self.app, user_id).get_cookie("session")
        assert cookie is not None
        return Caller(cookie.value, header_of(user_id))


def _returned(partner_id: int, lead_id: int) -> int:
    """Let the partner ask to give a lead back."""
    buyer = Actor(Role.client, None, partner_id, member=MemberRole.owner)
    sale = _value(f"SELECT public_id FROM transaction WHERE lead_id = {lead_id}")
    return request_return(buyer, str(sale), "fraud").id


def _paired(accounts: list[dict[str, int]]) -> dict[str, tuple[int, int]]:
    own, foreign = accounts
    return {table: (own[table], foreign[table]) for table in own}


def _any_row(table: str) -> tuple[int, int]:
    """Return the first row of what belongs to the platform alone."""
    name = "ab_user" if table == "user" else table
    found = db.session.execute(text(f"SELECT min(id) FROM {name}")).scalar()
    return (found or MISSING,) * 2


def _value(query: str) -> Any:
    return db.session.execute(text(query)).scalar_one()


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens within, so that each request meets the same world."""
    connection: Connection = db.engines[None]  # type: ignore[assignment]
    # A session that is open already would roll back to before this savepoint.
    db.session.remove()
    point = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        point.rollback()
