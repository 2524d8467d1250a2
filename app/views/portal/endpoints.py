"""A partner's endpoints: where its leads are handed over."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.limiting import wait_s
from app.models.partner import Endpoint
from app.security import current_actor
from app.services.trial import try_endpoint
from app.views.endpoints import ADDRESS, BIDS, TRANSLATION, EndpointScreen
from app.views.formats import chip, moment, reason
from app.views.portal.own import OfAccount, own_partner
from app.views.screens import WRITE

TRIALS = "6/minute"


def indented(text: str) -> str:
    """Return JSON on lines of its own; another text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


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
    include_route_methods = WRITE | {"rotate", "test"}
    show_template = "portal/endpoint.html"
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

    @expose("/test/<pk>", methods=["POST"])
    @has_access
    def test(self, pk: str) -> str | Response:
        """Send a made-up lead, and show what came back."""
        endpoint = self.get_or_404(pk)
        number, name = endpoint.id, str(endpoint)
        back = url_for(f"{self.endpoint}.show", pk=number)
        if wait_s(TRIALS, "endpoint trial", str(number)):
            flash("That was often enough; try again in a minute.", "warning")
            return redirect(back)
        try:
            trial = try_endpoint(number, current_actor())
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
            return redirect(back)
        texts: dict[str, Any] = {"chip": chip, "reason": reason, "back": back}
        texts["indented"] = indented
        title = f"Test of {name}"
        return self.render("portal/trial.html", title, trial=trial, **texts)
