"""Partners with their wallets, and their subscriptions."""

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.domain.states import MoneyOrderKind
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.schemas import (
    Strict,
    Wallet,
    Whole,
)
from app.security import current_actor
from app.services.backfill import backfill
from app.services.subscriptions import BUDGETS, CAPS
from app.services.wallet import wallet_of
from app.views.resources.base import WRITE, ResourceApi
from app.views.resources.commands import command
from app.views.resources.document import told
from app.views.resources.money import by_hand, move_by_hand
from app.views.service_interface import ServiceInterface

PARTNER = [
    "name",
    "status",
    "timezone",
    "currency",
    "billing_mode",
    "credit_limit_cents",
    "low_balance_cents",
    "return_policy",
]
SUBSCRIPTION = [
    "partner_id",
    "campaign_id",
    "endpoint_id",
    "mode",
    "status",
    "price_cents",
    "price_rules",
    "sale_type",
    "exclusive_price_cents",
    "priority",
    "group",
    "weight",
    "percent",
    "filters",
    *CAPS,
    "weekday_caps",
    *BUDGETS,
    "weekday_budgets_cents",
    "pacing",
    "at_cap",
    "schedule",
    "timezone",
    "backfill_days",
]
MEASURED = ["last_sold_at", "return_rate_bp", "reject_rate_bp"]
STAMPS = ["created_at", "updated_at"]


class Credited(Wallet):
    """The entry, and the wallet after it."""

    id = Whole()
    amount_cents = Whole()


class PartnerResource(ResourceApi):
    """The accounts that buy leads."""

    datamodel = ServiceInterface(Partner)
    resource_name = "partners"
    class_permission_name = "Partner"
    include_route_methods = {*WRITE, "credit", "adjust", "wallet"}
    may_conflict = True
    list_columns = show_columns = ["id", *PARTNER, *STAMPS]
    add_columns = edit_columns = PARTNER
    search_columns = ["id", "name", "status", "currency", "billing_mode", *STAMPS]
    order_columns = ["id", "name", *STAMPS]

    @by_hand("/<pk>/credits", Credited())
    def credit(self, pk: str) -> Response:
        """Credit the wallet by hand; a key makes it once."""
        status, answer = move_by_hand(MoneyOrderKind.credit, self.find(pk).id)
        return self.answer(status, **answer)

    @by_hand("/<pk>/adjustments", Credited())
    def adjust(self, pk: str) -> Response:
        """Correct the wallet by a signed amount; a key makes it once."""
        status, answer = move_by_hand(MoneyOrderKind.wallet, self.find(pk).id)
        return self.answer(status, **answer)

    @expose("/<pk>/wallet", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(Wallet())
    def wallet(self, pk: str) -> Response:
        """Tell what the wallet holds."""
        return self.answer(200, **wallet_of(self.find(pk).id))


class Backfilled(Strict):
    """How many leads that nobody bought are routed again."""

    leads = Whole()


class SubscriptionResource(ResourceApi):
    """Partners' standing orders."""

    datamodel = ServiceInterface(Subscription)
    resource_name = "subscriptions"
    class_permission_name = "Subscription"
    include_route_methods = {*WRITE, "backfill"}
    list_columns = ["id", *SUBSCRIPTION, *MEASURED, "version", *STAMPS]
    show_columns = list_columns
    add_columns = edit_columns = SUBSCRIPTION
    search_columns = [
        "id",
        "partner_id",
        "campaign_id",
        "endpoint_id",
        "mode",
        "status",
        *STAMPS,
    ]
    order_columns = ["id", "priority", *STAMPS]

    @command("/<pk>/backfill", Backfilled(), status=202)
    def backfill(self, pk: str) -> Response:
        """Route unsold leads of its last `backfill_days` again, as bulk."""
        leads = backfill(self.find(pk).id, current_actor())
        return self.answer(202, leads=leads)
