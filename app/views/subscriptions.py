"""Subscriptions: partners' standing orders on campaigns."""

from typing import Any

from markupsafe import Markup

from app.domain.states import SubscriptionStatus
from app.models.subscription import Subscription
from app.services.subscriptions import save_subscription
from app.views.bulk import BulkAction, set_status
from app.views.formats import limit, money
from app.views.rules import filters_in_words, hours_in_words, price_rules_in_words
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

CAPS = ["daily_cap", "weekly_cap", "monthly_cap"]
BUDGETS = ["daily_budget_cents", "weekly_budget_cents", "monthly_budget_cents"]
OF_CAMPAIGN = Markup('{} <span class="muted">campaign</span>')
ORDER = [
    "mode",
    "status",
    "price_cents",
    "price_rules",
    "priority",
    "weight",
    "percent",
]
REST = [
    ("Limits", {"fields": [*CAPS, *BUDGETS]}),
    ("When and which", {"fields": ["timezone", "schedule", "filters"]}),
]


class OrderWords:
    """A standing order in words, amounts in its campaign's currency.

    Stands left of a screen.
    """

    formatters_columns = {
        **dict.fromkeys([*CAPS, *BUDGETS], limit),
        "schedule": hours_in_words,
        "filters": filters_in_words,
    }

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value."""
        currency = item.campaign.currency
        if name in BUDGETS and getattr(item, name) is not None:
            return money(getattr(item, name), currency)
        if name == "price_rules":
            return price_rules_in_words(item.price_rules, currency)
        if name == "price_cents" and item.price_cents is None:
            if item.price_rules is not None:
                return "By its rules alone"
            return OF_CAMPAIGN.format(money(item.campaign.price_cents, currency))
        if name == "timezone" and not item.timezone:
            return f"{item.partner.timezone}, the account's"
        base: Any = super()
        return base.cell(item, name)


class SubscriptionScreen(OrderWords, Screen):
    """All subscriptions."""

    datamodel = ServiceInterface(Subscription)
    route_base = "/subscriptions"
    class_permission_name = "Subscription"
    noun = "subscription"
    about = "Standing orders: which leads a partner takes, at what price and how many."
    empty_title = "No subscription yet"
    empty_text = "A subscription lets a partner buy a campaign's leads by itself."
    include_route_methods = WRITE | {"bulk"}
    list_columns = [
        "partner.name",
        "campaign.name",
        "status",
        "mode",
        "price_cents",
        "priority",
        "daily_cap",
        "last_sold_at",
    ]
    also_read = ("campaign.price_cents", "campaign.currency")
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
        *REST,
    ]
    edit_fieldsets = [("Order", {"fields": ["endpoint_id", *ORDER]}), *REST]
    show_fieldsets = [
        (
            "Order",
            {"fields": ["partner.name", "campaign.name", "endpoint.name", *ORDER]},
        ),
        *REST,
    ]
    description_columns = {
        "price_cents": "Empty takes the campaign's price, or by its rules alone.",
        "timezone": "Empty takes the partner's.",
        "weight": "Its share, where the campaign routes by weight.",
    }
