"""Campaigns, their landing pages and the sources that feed them."""

from app.models.campaign import Campaign, LandingPage
from app.models.source import Source
from app.models.vendor import Vendor
from app.views.resources.base import ResourceApi
from app.views.service_interface import ServiceInterface

CAMPAIGN = [
    "name",
    "slug",
    "industry",
    "status",
    "price_cents",
    "currency",
    "max_sales",
    "method",
    "dedupe_days",
    "sell_days",
    "requires_approval",
    "delivery_minutes",
    "fields",
    "checks",
    "validate_before_storage",
]
PAGE = ["campaign_id", "name", "slug", "status", "weight", "template", "content"]
SOURCE = ["name", "campaign_id", "vendor_id", "status", "per_minute"]
VENDOR = ["name", "status", "currency", "commission_bp"]
STAMPS = ["created_at", "updated_at"]


class CampaignResource(ResourceApi):
    """What leads are collected for and sold under."""

    datamodel = ServiceInterface(Campaign)
    resource_name = "campaigns"
    class_permission_name = "Campaign"
    list_columns = show_columns = ["id", *CAMPAIGN, "version", *STAMPS]
    add_columns = edit_columns = CAMPAIGN
    search_columns = ["id", "slug", "name", "status", "industry", "currency", *STAMPS]
    order_columns = ["id", "slug", "name", *STAMPS]


class LandingPageResource(ResourceApi):
    """The public pages of campaigns."""

    datamodel = ServiceInterface(LandingPage)
    resource_name = "landing_pages"
    class_permission_name = "LandingPage"
    list_columns = show_columns = ["id", *PAGE, "source_id", *STAMPS]
    add_columns = edit_columns = PAGE
    search_columns = ["id", "campaign_id", "source_id", "slug", "status", *STAMPS]
    order_columns = ["id", "slug", "name", *STAMPS]


class SourceResource(ResourceApi):
    """The tracked channels; the posting key is shown once, when it is made."""

    datamodel = ServiceInterface(Source)
    resource_name = "sources"
    class_permission_name = "Source"
    list_columns = ["id", *SOURCE, "kind", "key_prefix", "version", *STAMPS]
    show_columns = list_columns
    add_columns = edit_columns = SOURCE
    search_columns = ["id", "campaign_id", "vendor_id", "name", "kind", "status"]
    order_columns = ["id", "name", *STAMPS]


class VendorResource(ResourceApi):
    """The accounts that supply leads."""

    datamodel = ServiceInterface(Vendor)
    resource_name = "vendors"
    class_permission_name = "Vendor"
    list_columns = show_columns = ["id", *VENDOR, *STAMPS]
    add_columns = edit_columns = VENDOR
    search_columns = ["id", "name", "status", "currency", *STAMPS]
    order_columns = ["id", "name", *STAMPS]
