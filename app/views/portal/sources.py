"""A vendor's sources: its channels into campaigns, and how to post to each."""

from typing import Any

from flask import url_for

from app.models.source import Source
from app.views.portal.own import OfAccount, own_vendor
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class SellingSourceScreen(Screen):
    """The channels that the reader's vendor posts into."""

    datamodel = ServiceInterface(Source)
    route_base = "/portal/sources"
    class_permission_name = "SellingSource"
    noun = "source"
    about = "Your channels into campaigns. Open one for how to post to it."
    empty_title = "No source yet"
    empty_text = "The platform's operators open one for each campaign you supply."
    include_route_methods = READ
    base_filters = [["vendor_id", OfAccount, own_vendor]]
    list_columns = ["name", "campaign.name", "kind", "status", "key_prefix"]
    order_columns = ["name", "status"]
    search_columns = ["name"]
    show_columns = [
        "campaign.name",
        "kind",
        "status",
        "per_minute",
        "key_prefix",
        "created_at",
    ]
    formatters_columns = {"key_prefix": lambda prefix: f"{prefix}…"}
    show_template = "portal/source.html"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a source
        """Return where the posting instructions are, unless it is a draft's."""
        campaign = item.campaign
        is_open = campaign.status.name != "draft"
        return {
            "guide_url": url_for("posting.show", slug=campaign.slug) if is_open else ""
        }
