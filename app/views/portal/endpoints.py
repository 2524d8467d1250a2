"""A partner's endpoints: where its leads are handed over."""

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from app.models.partner import Endpoint
from app.views.endpoints import ADDRESS, BIDS, TRANSLATION, EndpointScreen
from app.views.formats import chip, moment
from app.views.portal.own import OfAccount, own_partner


def working(endpoint: Endpoint) -> Markup | str:
    """Return in words whether leads reach an endpoint now."""
    if endpoint.status.name != "active":
        return chip(endpoint.status)
    if endpoint.open_until is not None and endpoint.open_until > datetime.now(UTC):
        return Markup('<span class="chip bad">Failing</span> tried again {}').format(
            moment(endpoint.open_until)
        )
    if endpoint.failures:
        return Markup('<span class="chip warn">{} failed</span>').format(
            endpoint.failures
        )
    return Markup('<span class="chip good">Working</span>')


class BuyingEndpointScreen(EndpointScreen):
    """The endpoints of the reader's partner."""

    route_base = "/portal/endpoints"
    class_permission_name = "BuyingEndpoint"
    about = "Your servers: each lead you buy is posted to one of them."
    empty_text = (
        "An endpoint is the address of your server, and how it is spoken to. A "
        "subscription names the one that its leads go to."
    )
    secret_heading = "Signing secret: check our signatures with it"  # noqa: S105 - a heading
    base_filters = [["partner_id", OfAccount, own_partner]]
    list_columns = ["name", "working", "format", "url"]
    order_columns = ["name"]
    label_columns = {"working": "Now"}
    add_fieldsets = [("Endpoint", {"fields": ADDRESS}), TRANSLATION, BIDS]
    show_fieldsets = [
        (
            "Endpoint",
            {
                "fields": [
                    "working",
                    "url",
                    "format",
                    "timeout_s",
                    "old_secret_until",
                    "created_at",
                ]
            },
        ),
        TRANSLATION,
        BIDS,
    ]

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value; whether it works, in words."""
        return working(item) if name == "working" else super().cell(item, name)

    def new_row(self) -> Endpoint:
        """Return an endpoint of the reader's partner."""
        return Endpoint(partner_id=own_partner())
