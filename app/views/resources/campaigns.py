"""Campaigns, their landing pages and the sources that feed them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import fields

from app.domain.states import MoneyOrderKind
from app.models.campaign import Campaign, LandingPage
from app.models.source import Source
from app.models.vendor import Vendor
from app.schemas import NewKey, Overlap, Strict, Text, Time, Whole, read_body
from app.security import current_actor
from app.services.adjustments import payable_of
from app.services.sources import last_uses, rotate_key
from app.views.resources.base import WRITE, ResourceApi
from app.views.resources.commands import command
from app.views.resources.document import told
from app.views.resources.money import by_hand, move_by_hand
from app.views.service_interface import ServiceInterface

SHARE = ["commission_bp", "commission_cents", "intro_commission_bp", "intro_until"]
CAMPAIGN = [
    "name",
    "slug",
    "industry",
    "status",
    "price_cents",
    "currency",
    "age_prices",
    "min_margin_cents",
    *SHARE,
    "max_sales",
    "method",
    "groups",
    "percentage_window",
    "dedupe_days",
    "sell_days",
    "requires_approval",
    "delivery_minutes",
    "fields",
    "checks",
    "validate_before_storage",
    "return_policy",
]
PAGE = ["campaign_id", "name", "slug", "status", "weight", "template", "content"]
SOURCE = ["name", "campaign_id", "vendor_id", "status", "per_minute"]
VENDOR = ["name", "status", "currency", *SHARE]
KEY = ["key_prefix", "old_key_until", "last_used_at"]
STAMPS = ["created_at", "updated_at"]


class CampaignResource(ResourceApi):
    """What leads are collected for and sold under."""

    datamodel = ServiceInterface(Campaign)
    resource_name = "campaigns"
    class_permission_name = "Campaign"
    may_conflict = True
    list_columns = show_columns = ["id", *CAMPAIGN, "version", *STAMPS]
    add_columns = edit_columns = CAMPAIGN
    search_columns = ["id", "slug", "name", "status", "industry", "currency", *STAMPS]
    order_columns = ["id", "slug", "name", *STAMPS]


class LandingPageResource(ResourceApi):
    """The public pages of campaigns."""

    datamodel = ServiceInterface(LandingPage)
    resource_name = "landing_pages"
    class_permission_name = "LandingPage"
    may_conflict = True
    list_columns = show_columns = ["id", *PAGE, "source_id", *STAMPS]
    add_columns = edit_columns = PAGE
    search_columns = ["id", "campaign_id", "source_id", "slug", "status", *STAMPS]
    order_columns = ["id", "slug", "name", *STAMPS]


class SourceResource(ResourceApi):
    """The tracked channels; the posting key is shown once, when it is made."""

    datamodel = ServiceInterface(Source)
    resource_name = "sources"
    class_permission_name = "Source"
    include_route_methods = {*WRITE, "rotate"}
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "last_used_at": Time(allow_none=True)
    }
    shown_once: ClassVar[Mapping[str, fields.Field[Any]]] = {"api_key": Text()}
    list_columns = ["id", *SOURCE, "kind", *KEY, "version", *STAMPS]
    show_columns = list_columns
    add_columns = edit_columns = SOURCE
    search_columns = ["id", "campaign_id", "vendor_id", "name", "kind", "status"]
    order_columns = ["id", "name", *STAMPS]

    @command("/<pk>/rotate", NewKey(), status=201, body=Overlap(), needs_body=False)
    def rotate(self, pk: str) -> Response:
        """Give the source a new key; the old one opens for `{"overlap_minutes"}`."""
        source = self.find(pk)
        overlap = read_body(Overlap(), optional=True).get("overlap_minutes")
        made = rotate_key(current_actor(), source.id, overlap)
        return self.answer(201, **NewKey().dump(made))

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a source
        """Return the source with its last use."""
        return self.show_all([item])[0]

    def show_all(self, items: list[Any]) -> list[dict[str, Any]]:
        """Return sources with their last uses."""
        used = last_uses([item.id for item in items])
        for item in items:
            vars(item)["last_used_at"] = used[item.id]
        return super().show_all(items)


class Payable(Strict):
    """What a vendor is owed."""

    payable_cents = Whole()
    currency = Text()


class Adjusted(Payable):
    """The entry, and what is owed after it."""

    id = Whole()
    amount_cents = Whole()


class VendorResource(ResourceApi):
    """The accounts that supply leads."""

    datamodel = ServiceInterface(Vendor)
    resource_name = "vendors"
    class_permission_name = "Vendor"
    include_route_methods = {*WRITE, "adjust", "payable"}
    list_columns = show_columns = ["id", *VENDOR, *STAMPS]
    add_columns = edit_columns = VENDOR
    search_columns = ["id", "name", "status", "currency", *STAMPS]
    order_columns = ["id", "name", *STAMPS]

    @by_hand("/<pk>/adjustments", Adjusted())
    def adjust(self, pk: str) -> Response:
        """Correct what the vendor is owed by a signed amount; a key makes it once."""
        status, answer = move_by_hand(MoneyOrderKind.payable, self.find(pk).id)
        return self.answer(status, **answer)

    @expose("/<pk>/payable", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(Payable())
    def payable(self, pk: str) -> Response:
        """Tell what the vendor is owed; negative is set off at the next payout."""
        return self.answer(200, **payable_of(self.find(pk).id))
