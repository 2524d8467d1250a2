"""Campaigns: what leads are collected for and sold under."""

from typing import Any

from flask import url_for
from flask_appbuilder.forms import DynamicForm

from app.domain.states import CampaignStatus
from app.models.campaign import Campaign
from app.services.campaigns import BY_POLICY, save_campaign
from app.services.policy import policy
from app.views.bulk import BulkAction, set_status
from app.views.formats import chip, percent
from app.views.reading import Related
from app.views.rules import (
    PolicyWords,
    age_prices_in_words,
    checks_in_words,
    fields_in_words,
    groups_in_words,
)
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface
from app.views.switches import Stoppable

FIELDSETS = [
    ("Campaign", {"fields": ["name", "slug", "industry", "status"]}),
    (
        "Selling",
        {
            "fields": [
                "price_cents",
                "currency",
                "max_sales",
                "method",
                "groups",
                "percentage_window",
                "age_prices",
                "min_margin_cents",
            ]
        },
    ),
    (
        "Our share of a vendor's leads",
        {
            "fields": [
                "commission_bp",
                "commission_cents",
                "intro_commission_bp",
                "intro_until",
            ]
        },
    ),
    (
        "Time and approval",
        {
            "fields": [
                "delivery_minutes",
                "dedupe_days",
                "sell_days",
                "requires_approval",
            ]
        },
    ),
    (
        "Fields and checks",
        {"fields": ["fields", "checks", "validate_before_storage"]},
    ),
    ("Returns", {"fields": ["return_policy"]}),
]


class CampaignScreen(Stoppable, PolicyWords, Screen):
    """All campaigns."""

    datamodel = ServiceInterface(Campaign)
    route_base = "/campaigns"
    class_permission_name = "Campaign"
    noun = "campaign"
    about = "What leads are collected for and sold under."
    empty_title = "No campaign yet"
    empty_text = (
        "A campaign says which fields a lead has, what it costs and who is asked first."
    )
    stopped_by = "campaign_id"
    include_route_methods = WRITE | {"bulk"}
    list_columns = [
        "name",
        "status",
        "industry",
        "price_cents",
        "max_sales",
        "method",
        "updated_at",
    ]
    order_columns = ["name", "status", "price_cents", "updated_at"]
    search_columns = ["name", "status", "industry"]
    related = (
        Related("LandingPageScreen", "campaign_id", "Landing pages"),
        Related("SourceScreen", "campaign_id", "Sources"),
        Related("SubscriptionScreen", "campaign_id", "Subscriptions"),
        Related("LeadScreen", "campaign_id", "Leads"),
        Related("TransactionScreen", "campaign_id", "Sales"),
        Related("ReturnScreen", "campaign_id", "Returns"),
    )
    bulk_actions = (
        BulkAction(
            "activate",
            "Activate",
            "active",
            set_status(Campaign, save_campaign, CampaignStatus.active),
            "They take leads and sell them.",
        ),
        BulkAction(
            "pause",
            "Pause",
            "paused",
            set_status(Campaign, save_campaign, CampaignStatus.paused),
            "Their pages and posting addresses take no leads meanwhile.",
        ),
        BulkAction(
            "archive",
            "Archive",
            "archived",
            set_status(Campaign, save_campaign, CampaignStatus.archived),
            "They end for good; their leads and sales stay.",
            "danger",
        ),
    )
    add_fieldsets = edit_fieldsets = show_fieldsets = FIELDSETS
    formatters_columns = {
        "commission_bp": percent,
        "intro_commission_bp": percent,
        "fields": fields_in_words,
        "checks": checks_in_words,
        "age_prices": age_prices_in_words,
        "groups": groups_in_words,
    }
    description_columns = {
        "commission_bp": "Goes before the vendor's own; empty leaves it to that.",
    }
    show_template = "screens/campaign.html"

    def prefill_add(self, form: DynamicForm) -> None:
        """Begin with what the platform gives a new campaign."""
        super().prefill_add(form)
        for name in BY_POLICY:
            form[name].data = getattr(policy, name)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a campaign
        """Return the addresses that the public uses."""
        return {
            "chip": chip,
            "posting_url": url_for("posting.show", slug=item.slug),
            "pages": [
                (page, url_for("pages.show", campaign=item.slug, page=page.slug))
                for page in item.landing_pages
            ],
        }
