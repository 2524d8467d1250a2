"""A partner's standing orders: which leads it takes, how many, for how much."""

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Optional

from app.db import db
from app.domain.errors import LeadNexusError
from app.domain.states import SubscriptionStatus
from app.models.campaign import Campaign
from app.models.partner import Endpoint
from app.models.subscription import Subscription
from app.views.fields import RowField
from app.views.forms import ENTER
from app.views.limit_use import READ_FOR_USE
from app.views.matching import CountsMatches
from app.views.portal.own import (
    OfAccount,
    asked_id,
    campaigns_on_sale,
    own_endpoints,
    own_partner,
)
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface
from app.views.subscriptions import MEASURED, REST, OrderWords

ORDER = ["mode", "price_cents", "price_rules"]
# The operator's to set, the partner's to know.
ALONE = ["sale_type", "exclusive_price_cents"]


class BuyingSubscriptionScreen(OrderWords, CountsMatches, Screen):
    """The standing orders of the reader's partner."""

    datamodel = ServiceInterface(Subscription)
    route_base = "/portal/subscriptions"
    class_permission_name = "BuyingSubscription"
    noun = "subscription"
    about = "Your standing orders: which leads you take, at what price and how many."
    empty_title = "No subscription yet"
    empty_text = "With a subscription a campaign's leads come to you by themselves."
    include_route_methods = WRITE | {"pause", "resume", "rule_fields", "matches"}
    base_filters = [["partner_id", OfAccount, own_partner]]
    list_columns = [
        "campaign.name",
        "status",
        "mode",
        "price_cents",
        "today",
        "endpoint.name",
        "last_sold_at",
    ]
    also_read = READ_FOR_USE
    load_options = [selectinload(Subscription.open_windows)]
    order_columns = ["status", "price_cents", "last_sold_at"]
    search_columns = ["status", "mode"]
    form_extra_fields = {
        "campaign_id": RowField(
            "Campaign",
            description="What is on sale in your currency.",
            validators=[InputRequired(ENTER)],
            model=Campaign,
            rows=campaigns_on_sale,
        ),
        "endpoint_id": RowField(
            "Endpoint",
            description="Where its leads are posted to; one of your own.",
            validators=[Optional()],
            model=Endpoint,
            rows=own_endpoints,
        ),
    }
    add_fieldsets = [
        ("Order", {"fields": ["campaign_id", "endpoint_id", *ORDER]}),
        *REST,
    ]
    edit_fieldsets = [("Order", {"fields": ["endpoint_id", *ORDER]}), *REST]
    show_fieldsets = [
        (
            "Order",
            {"fields": ["campaign.name", "status", "endpoint.name", *ORDER, *ALONE]},
        ),
        *REST,
        MEASURED,
    ]
    label_columns = {"today": "Taken today", "price_cents": "Price of a lead"}
    description_columns = {
        "mode": "Automatic takes every lead that fits; manual lets you choose.",
        "price_cents": "Empty takes the campaign's price; more may put you first.",
        "timezone": "Empty takes your account's. Days, caps and hours count in it.",
    }
    show_template = "portal/subscription.html"

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a subscription
        """Name the order by its campaign."""
        return str(item.campaign.name)

    def prefill_add(self, form: DynamicForm) -> None:
        """Choose the campaign that the reader comes from."""
        form["campaign_id"].data = asked_id("campaign_id")

    def new_row(self) -> Subscription:
        """Return an order of the reader's partner."""
        return Subscription(partner_id=own_partner())

    @expose("/pause/<pk>", methods=["POST"])
    @has_access
    def pause(self, pk: str) -> Response:
        """Take no more leads for now."""
        said = "Paused. Leads on their way still arrive."
        return self._turn(pk, SubscriptionStatus.paused, said)

    @expose("/resume/<pk>", methods=["POST"])
    @has_access
    def resume(self, pk: str) -> Response:
        """Take leads again."""
        return self._turn(pk, SubscriptionStatus.active, "Leads come again.")

    def _turn(self, pk: str, status: SubscriptionStatus, said: str) -> Response:
        order = self.get_or_404(pk)
        try:
            order.status = status
            self.datamodel.edit(order)
            flash(said, "success")
        except LeadNexusError as refusal:
            db.session.rollback()
            flash(refusal.message, "danger")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk))
