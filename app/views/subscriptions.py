"""Subscriptions: partners' standing orders on campaigns."""

from app.domain.states import SubscriptionStatus
from app.models.subscription import Subscription
from app.services.subscriptions import save_subscription
from app.views.bulk import BulkAction, set_status
from app.views.formats import limit, money, money_limit
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

CAPS = ["daily_cap", "weekly_cap", "monthly_cap"]
BUDGETS = ["daily_budget_cents", "weekly_budget_cents", "monthly_budget_cents"]
ORDER = ["mode", "status", "price_cents", "priority", "weight"]
REST = [
    ("Limits", {"fields": [*CAPS, *BUDGETS]}),
    ("When and which", {"fields": ["timezone", "schedule", "filters"]}),
]


def price(cents: int | None) -> str:
    """Return the own price; without one the campaign's holds."""
    return "As campaign" if cents is None else money(cents)


class SubscriptionScreen(Screen):
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
        "price_cents": "Empty takes the campaign's price.",
        "timezone": "Empty takes the partner's.",
        "weight": "Its share, where the campaign routes by weight.",
    }
    formatters_columns = {
        "price_cents": price,
        **dict.fromkeys(CAPS, limit),
        **dict.fromkeys(BUDGETS, money_limit),
    }
