"""Partners with their wallets, endpoints and subscriptions."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import fields

from app.domain.states import MoneyOrderKind
from app.gateways.delivery.presets import PRESETS
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.openapi import list_of, object_of
from app.schemas import NewSecret, Overlap, Strict, Text, Wallet, Whole, read_body
from app.security import current_actor
from app.services.backfill import backfill
from app.services.endpoints import shown_auth
from app.services.signing import rotate_secret
from app.services.subscriptions import BUDGETS, CAPS
from app.services.wallet import wallet_of
from app.shapes import AUTH, PRESET
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
ENDPOINT = [
    "partner_id",
    "name",
    "url",
    "format",
    "auth",
    "mapping",
    "reply_rules",
    "ping",
    "timeout_s",
    "status",
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


class Auth(fields.Raw):
    """The credentials of an endpoint: written whole, shown by their type."""

    def serialize(self, attr: str, obj: Endpoint, *_: Any, **__: Any) -> Any:  # noqa: ANN401, ARG002
        """Return what may be shown."""
        return shown_auth(obj)


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


class EndpointResource(ResourceApi):
    """Where partners' leads are handed over."""

    datamodel = ServiceInterface(Endpoint)
    resource_name = "endpoints"
    class_permission_name = "Endpoint"
    include_route_methods = {*WRITE, "presets", "rotate_secret"}
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "auth": Auth(allow_none=True, metadata=AUTH)
    }
    shown_once: ClassVar[Mapping[str, fields.Field[Any]]] = {"signing_secret": Text()}
    list_columns = [
        "id",
        *ENDPOINT,
        "failures",
        "open_until",
        "ping_failures",
        "ping_open_until",
        "old_secret_until",
        *STAMPS,
    ]
    show_columns = list_columns
    add_columns = edit_columns = ENDPOINT
    search_columns = ["id", "partner_id", "name", "format", "status", *STAMPS]
    order_columns = ["id", "name", *STAMPS]

    @command(
        "/<pk>/rotate-secret",
        NewSecret(),
        status=201,
        body=Overlap(),
        needs_body=False,
    )
    def rotate_secret(self, pk: str) -> Response:
        """Give it a new signing secret; the old one signs for `{"overlap_minutes"}`."""
        endpoint = self.find(pk)
        overlap = read_body(Overlap(), optional=True).get("overlap_minutes")
        made = rotate_secret(current_actor(), endpoint.id, overlap)
        return self.answer(201, **NewSecret().dump(made))

    @expose("/presets", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(object_of(["result"], result=list_of(PRESET)))
    def presets(self) -> Response:
        """List how known systems are posted to: what to make an endpoint of."""
        shown = [{"name": name, **asdict(one)} for name, one in PRESETS.items()]
        return self.answer(200, result=shown)


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
