"""The audit log: who changed what, when and from where; for administrators alone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, url_for
from markupsafe import Markup
from sqlalchemy import false, literal, select, union_all
from werkzeug.routing import BuildError

from app.db import db
from app.models.audit import Audit
from app.models.campaign import Campaign
from app.models.lead_return import LeadReturn
from app.models.money_order import MoneyOrder
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.services.audit_reading import (
    first_after,
    known_actions,
    people_named,
    read_time,
)
from app.views.formats import NOTHING, money, words
from app.views.labels import LABELS
from app.views.listing import Listing
from app.views.querying import Page
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface

# Whose page a subject's name leads to.
PAGES = {
    "campaign": "CampaignScreen",
    "landing_page": "LandingPageScreen",
    "source": "SourceScreen",
    "vendor": "VendorScreen",
    "partner": "PartnerScreen",
    "endpoint": "EndpointScreen",
    "subscription": "SubscriptionScreen",
    "provider": "ProviderScreen",
    "user": "UserScreen",
    "lead": "LeadScreen",
    "transaction": "TransactionScreen",
    "lead_return": "ReturnScreen",
}

# What amounts are counted in the currency of.
PRICED: Mapping[str, Any] = {
    "campaign": Campaign,
    "partner": Partner,
    "transaction": Transaction,
    "vendor": Vendor,
    "lead_return": LeadReturn,
    "money_order": MoneyOrder,
}
CURRENCIES: Mapping[str, Any] = {
    **{
        kind: select(literal(kind), model.id, model.currency)
        for kind, model in PRICED.items()
    },
    "subscription": select(
        literal("subscription"), Subscription.id, Campaign.currency
    ).join(Subscription.campaign),
}


def action_choices() -> list[tuple[str, str]]:
    """Return the actions to filter by."""
    return [(action, spoken(action)) for action in known_actions()]


def spoken(action: str) -> str:
    """Return an action such as `landing_page.archived` in words."""
    return words(action.replace(".", " "))


def subject_link(subject: str) -> Markup | str:
    """Return what was changed, as a link where it has a page."""
    kind, _, key = subject.partition(":")
    name = f"{words(kind)} {key}"
    if kind not in PAGES or not key.isdecimal():
        return name
    try:
        address = url_for(f"{PAGES[kind]}.show", pk=key)
    except BuildError:
        return name
    return Markup('<a href="{}">{}</a>').format(address, name)


def currencies_of(subjects: Sequence[str]) -> dict[str, str]:
    """Return the currency of each thing that amounts are counted of."""
    asked: dict[str, list[int]] = {}
    for kind, _, key in (subject.partition(":") for subject in subjects):
        if kind in CURRENCIES:
            asked.setdefault(kind, []).append(int(key))
    parts = [_of_ids(CURRENCIES[kind], keys) for kind, keys in asked.items()]
    rows = db.session.execute(union_all(*parts)) if parts else ()
    return {f"{kind}:{number}": currency for kind, number, currency in rows}


def _of_ids(query: Any, keys: Sequence[int]) -> Any:  # noqa: ANN401 - a select
    return query.where(query.selected_columns.id.in_(keys))


def change(row: Audit, currency: str) -> Markup | str:
    """Return what changed: each fact before, and after."""
    before, after = row.before or {}, row.after or {}
    lines = [
        Markup("<li><span>{}</span> {}</li>").format(
            LABELS.get(name) or words(name.removesuffix("_cents")),
            _step(name, before, after, currency),
        )
        for name in {**before, **after}
    ]
    if not lines:
        return NOTHING
    return Markup('<ul class="changes">{}</ul>').format(Markup().join(lines))


def _step(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], currency: str
) -> Markup:
    new = _value(name, after.get(name), currency)
    if name not in before:
        return Markup("<ins>{}</ins>").format(new)
    old = _value(name, before[name], currency)
    return Markup("<del>{}</del> → <ins>{}</ins>").format(old, new)


def _value(name: str, value: Any, currency: str) -> str:  # noqa: ANN401 - any JSON
    if value is None or value == "":
        return NOTHING
    if name.endswith("_cents") and isinstance(value, int):
        return money(value, currency)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


class AuditScreen(Screen):
    """Every change, newest first."""

    datamodel = ServiceInterface(Audit)
    route_base = "/audit"
    class_permission_name = "AuditLog"
    noun = "change"
    list_title = "Audit log"
    about = (
        "Every change by a person or a key: who, what, when and from where."
        " Rows are never changed; the auditor finds who tampers with them."
    )
    empty_title = "Nothing was changed yet"
    empty_text = "Each change by a person or a key appears here."
    include_route_methods = READ
    history = False
    list_columns = ["at", "who", "action", "subject", "after", "address"]
    order_columns = ["at"]
    base_order = ("id", "desc")
    search_columns: list[str] = []
    row_filters = {
        "person": lambda: (),
        "action": action_choices,
        "subject": lambda: (),
        "from": lambda: (),
        "until": lambda: (),
    }
    show_columns = [
        "id",
        "at",
        "who",
        "role",
        "action",
        "subject",
        "after",
        "address",
        "request_id",
        "hash",
    ]
    label_columns = {
        "id": "Number",
        "at": "When",
        "who": "Who",
        "action": "What",
        "subject": "Of what",
        "after": "Change",
        "address": "From",
        "request_id": "Request",
        "role": "Role",
        "hash": "Seal",
        "person": "Person (email)",
        "from": "From (day, UTC)",
        "until": "Until (day, UTC)",
    }
    formatters_columns = {
        "action": spoken,
        "subject": subject_link,
        "role": words,
        "hash": bytes.hex,
    }
    also_read = ("before", "user.email")

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Show what a row changed where its later state stands."""
        if name != "after":
            return super().cell(item, name)
        if "currencies" not in g:
            g.currencies = currencies_of([item.subject])
        return change(item, g.currencies.get(item.subject, ""))

    def _page(self, listing: Listing) -> Page:
        page = super()._page(listing)
        g.currencies = currencies_of([row.subject for row in page.rows])
        return page

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a row
        """Name the row by what was done."""
        return f"{spoken(item.action)} by {item.who}"

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401
        """Keep the rows of that person, action, thing and time."""
        asked = listing.filters
        for name, column in (("action", Audit.action), ("subject", Audit.subject)):
            if name in asked:
                query = query.filter(column == asked[name])
        if "person" in asked:
            query = query.filter(Audit.user_id.in_(people_named(asked["person"])))
        for name, is_end in (("from", False), ("until", True)):
            if name not in asked:
                continue
            at = read_time(asked[name], end=is_end)
            if at is None:
                return query.filter(false())
            edge = first_after(at)
            query = query.filter(Audit.id < edge if is_end else Audit.id >= edge)
        return query
