"""Campaigns to choose from: what is on sale in the partner's currency."""

from typing import Any

from sqlalchemy import select

from app.db import db
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services.fields import fields_of
from app.views.formats import chip
from app.views.portal.own import OnSale, own_partner
from app.views.rules import age_prices_in_words
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


def sharing(max_sales: int) -> str:
    """Return in words how many partners get one lead."""
    return "You alone" if max_sales == 1 else f"Up to {max_sales} partners"


class BuyingCampaignScreen(Screen):
    """The campaigns that the reader's partner may order from."""

    datamodel = ServiceInterface(Campaign)
    route_base = "/portal/campaigns"
    class_permission_name = "BuyingCampaign"
    noun = "campaign"
    about = "What you can order leads from. Open one to see what its leads hold."
    empty_title = "Nothing is on sale yet"
    empty_text = "Campaigns in your currency appear here when they start to sell."
    include_route_methods = READ
    base_filters = [["id", OnSale, own_partner]]
    list_columns = ["name", "industry", "price_cents", "max_sales", "delivery_minutes"]
    order_columns = ["name", "price_cents"]
    base_order = ("name", "asc")
    search_columns = ["name", "industry"]
    show_columns = [
        "industry",
        "price_cents",
        "age_prices",
        "max_sales",
        "delivery_minutes",
    ]
    label_columns = {
        "max_sales": "Each lead goes to",
        "price_cents": "Price of a lead",
        "delivery_minutes": "With you within",
    }
    formatters_columns = {
        "max_sales": sharing,
        "age_prices": age_prices_in_words,
        "delivery_minutes": "{} minutes".format,
    }
    show_template = "portal/campaign.html"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a campaign
        """Return the fields of its leads, and the partner's own orders on it."""
        orders = select(Subscription).where(
            Subscription.campaign_id == item.id,
            Subscription.partner_id == own_partner(),
            Subscription.status != "archived",
        )
        return {
            "chip": chip,
            "specs": fields_of(item),
            "orders": db.session.scalars(orders.order_by(Subscription.id)).all(),
        }
