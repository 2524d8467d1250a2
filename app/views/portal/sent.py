"""The leads that a vendor sent: their fate, without contact data."""

from typing import Any

from app.models.lead import Lead
from app.views.formats import reason
from app.views.portal.dates import DatedScreen
from app.views.portal.own import (
    OfAccount,
    own_vendor,
    supplied_campaigns,
    supplied_sources,
)
from app.views.screens import READ
from app.views.service_interface import ServiceInterface


class SellingLeadScreen(DatedScreen):
    """The leads that the reader's vendor sent: their fate, without contact data."""

    datamodel = ServiceInterface(Lead)
    route_base = "/portal/sent"
    class_permission_name = "SellingLead"
    noun = "lead"
    list_title = "Leads sent"
    about = "What you sent and what became of it, newest first."
    empty_title = "No lead yet"
    empty_text = "Leads appear here as soon as one of your posts is taken."
    include_route_methods = READ
    base_filters = [["vendor_id", OfAccount, own_vendor]]
    date_column = "received_at"
    list_columns = [
        "public_id",
        "status",
        "reason",
        "campaign.name",
        "source.name",
        "sub_id",
        "sold_count",
        "received_at",
    ]
    search_columns = ["status"]
    row_filters = {"campaign_id": supplied_campaigns, "source_id": supplied_sources}
    label_columns = {"source_id": "Source"}
    show_columns = [
        "public_id",
        "status",
        "reason",
        "campaign.name",
        "source.name",
        "sub_id",
        "is_test",
        "received_at",
        "validation_status",
        "approval_status",
        "sold_count",
        "delivered_at",
    ]
    formatters_columns = {
        "reason": reason,
        "public_id": lambda public_id: f"…{str(public_id)[-12:]}",
    }

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a lead
        """Name the lead by its reference."""
        return f"Lead {item.public_id}"
