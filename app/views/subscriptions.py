"""Subscriptions: partners' standing orders on campaigns."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.domain.states import SubscriptionStatus
from app.models.subscription import Subscription
from app.security import current_actor
from app.services.backfill import backfill, last_backfill
from app.services.rule_checks import fields_for
from app.services.subscriptions import BUDGETS, CAPS, save_subscription
from app.views.bulk import BulkAction, set_status
from app.views.formats import limit, moment, money, percent
from app.views.limit_use import READ_FOR_USE, today_of, use_of, warnings_of
from app.views.matching import CountsMatches
from app.views.rules import (
    hours_in_words,
    price_rules_in_words,
    weekdays_in_words,
)
from app.views.screens import WRITE, Screen
from app.views.sentences import filters_in_words
from app.views.service_interface import ServiceInterface

OF_CAMPAIGN = Markup('{} <span class="muted">campaign</span>')
ORDER = ["mode", "status"]
# What the operator sets of an order, between what is ordered and how much of it.
TERMS = [
    (
        "Price",
        {
            "fields": [
                "price_cents",
                "price_rules",
                "sale_type",
                "exclusive_price_cents",
            ]
        },
    ),
    ("Its turn", {"fields": ["priority", "weight", "percent", "group"]}),
]
# What is measured, and lowers what its bid is worth.
MEASURED = ("Measured over 30 days", {"fields": ["return_rate_bp", "reject_rate_bp"]})
REST = [
    ("Most leads", {"fields": [*CAPS, "weekday_caps"]}),
    ("Most money", {"fields": [*BUDGETS, "weekday_budgets_cents"]}),
    ("At its limits", {"fields": ["pacing", "at_cap"]}),
    (
        "When and which",
        {"fields": ["timezone", "schedule", "filters", "backfill_days"]},
    ),
]


def _budgets_by_weekday(order: Subscription) -> str:
    currency = order.campaign.currency
    return weekdays_in_words(
        order.weekday_budgets_cents, lambda cents: money(cents, currency)
    )


# What is told of an order as a whole, rather than of a column's value.
TOLD: Mapping[str, Callable[[Subscription], Markup | str]] = {
    "today": today_of,
    "weekday_caps": lambda order: weekdays_in_words(order.weekday_caps, limit),
    "weekday_budgets_cents": _budgets_by_weekday,
    "price_rules": lambda order: price_rules_in_words(
        order.price_rules, order.campaign.currency, fields_for(order.campaign.fields)
    ),
    "filters": lambda order: filters_in_words(
        order.filters, fields_for(order.campaign.fields)
    ),
}


class OrderWords:
    """A standing order in words, amounts in its campaign's currency, and its use.

    Stands left of a screen.
    """

    formatters_columns = {
        **dict.fromkeys([*CAPS, *BUDGETS], limit),
        "return_rate_bp": percent,
        "reject_rate_bp": percent,
        "schedule": hours_in_words,
    }

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value."""
        currency = item.campaign.currency
        if name in TOLD:
            return TOLD[name](item)
        if name in BUDGETS and getattr(item, name) is not None:
            return money(getattr(item, name), currency)
        if name == "price_cents" and item.price_cents is None:
            if item.price_rules is not None:
                return "By its rules alone"
            return OF_CAMPAIGN.format(money(item.campaign.price_cents, currency))
        if name == "timezone" and not item.timezone:
            return f"{item.partner.timezone}, the account's"
        base: Any = super()
        return base.cell(item, name)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a subscription
        """Return how much of its limits is taken, and what stops it for good."""
        return {
            "use": use_of(item),
            "warnings": warnings_of(item),
            "moment": moment,
        }


class SubscriptionScreen(OrderWords, CountsMatches, Screen):
    """All subscriptions."""

    datamodel = ServiceInterface(Subscription)
    route_base = "/subscriptions"
    class_permission_name = "Subscription"
    noun = "subscription"
    about = "Standing orders: which leads a partner takes, at what price and how many."
    empty_title = "No subscription yet"
    empty_text = "A subscription lets a partner buy a campaign's leads by itself."
    include_route_methods = WRITE | {"bulk", "backfill", "rule_fields", "matches"}
    list_columns = [
        "partner.name",
        "campaign.name",
        "status",
        "mode",
        "price_cents",
        "priority",
        "today",
        "last_sold_at",
    ]
    also_read = READ_FOR_USE
    load_options = [selectinload(Subscription.open_windows)]
    order_columns = ["status", "price_cents", "priority", "last_sold_at"]
    search_columns = ["status", "mode"]
    row_filters = {"partner_id": None, "campaign_id": None}
    bulk_actions = (
        BulkAction(
            "pause",
            "Pause",
            "paused",
            set_status(Subscription, save_subscription, SubscriptionStatus.paused),
            "They take no leads until they are active again.",
        ),
        BulkAction(
            "resume",
            "Resume",
            "active again",
            set_status(Subscription, save_subscription, SubscriptionStatus.active),
            "They take leads again at once.",
        ),
        BulkAction(
            "archive",
            "Archive",
            "archived",
            set_status(Subscription, save_subscription, SubscriptionStatus.archived),
            "They end for good; what they bought stays.",
            "danger",
        ),
    )
    add_fieldsets = [
        ("Order", {"fields": ["partner_id", "campaign_id", "endpoint_id", *ORDER]}),
        *TERMS,
        *REST,
    ]
    edit_fieldsets = [("Order", {"fields": ["endpoint_id", *ORDER]}), *TERMS, *REST]
    show_fieldsets = [
        (
            "Order",
            {"fields": ["partner.name", "campaign.name", "endpoint.name", *ORDER]},
        ),
        *TERMS,
        *REST,
        MEASURED,
    ]
    show_template = "screens/subscription.html"
    label_columns = {"today": "Taken today"}
    description_columns = {
        "price_cents": "Empty takes the campaign's; with prices by field, these alone.",
        "timezone": "Empty takes the partner's.",
        "weight": "Its share, where the campaign routes by weight.",
    }

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a subscription
        """Return how far the last backfill is, besides what its limits took."""
        return {**super().more_of(item), "backfill": last_backfill(item.id)}

    @expose("/backfill/<pk>", methods=["POST"])
    @has_access
    def backfill(self, pk: str) -> Response:
        """Route unsold leads of its days again."""
        order = self.get_or_404(pk)
        try:
            leads = backfill(order.id, current_actor())
            flash(f"{leads:,} unsold leads are routed again.", "success")
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk))
