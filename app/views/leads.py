"""Leads: read-only, with the way of each, and what a person may decide about it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.models.lead import Lead
from app.security import current_actor
from app.services.leads import find_leads, has_hash, lead_story
from app.services.review import approve_lead, reject_lead, reprocess_lead
from app.views.formats import chip, moment, money, plain, reason, words
from app.views.listing import Listing
from app.views.screens import READ, Screen
from app.views.selling import SellsByHand
from app.views.service_interface import ServiceInterface

MAX_FIND = 200
TOKEN = re.compile("[0-9a-f]{64}")
# Of a step's detail: what is said of a lead's way elsewhere on its page, and better.
UNTOLD = {"checks", "status", "transactions", "transaction_id", "delivery_id"}
DECISIONS = {"approve", "reject", "reprocess"}


def told(
    detail: Mapping[str, Any], partners: Mapping[int, str], currency: str
) -> Markup:
    """Return the detail of a step of a lead's way in words."""
    said: list[str] = []
    for name, value in detail.items():
        if name in UNTOLD or value in (None, [], {}, ""):
            continue
        if name == "partner_id":
            said.append(partners.get(value, f"partner {value}"))
        elif name == "reason":
            said.append(reason(str(value)))
        elif name == "until":
            said.append(Markup("{} {}").format(words(name), moment(str(value))))
        elif name.endswith("_cents"):
            said.append(money(value, currency))
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            said.append(f"{words(name.removesuffix('_id'))} {shown}")
    return Markup(" · ").join(said)


class LeadScreen(SellsByHand, Screen):
    """All leads."""

    datamodel = ServiceInterface(Lead)
    route_base = "/leads"
    class_permission_name = "Lead"
    noun = "lead"
    about = "Every enquiry, newest first. Open one to read its whole way."
    empty_title = "No lead yet"
    empty_text = "Leads come from landing pages and from sources that post them."
    include_route_methods = READ | DECISIONS | {"find", "sell"}
    list_columns = [
        "id",
        "status",
        "campaign.name",
        "source.name",
        "validation_status",
        "score",
        "sold_count",
        "received_at",
        "due_at",
    ]
    order_columns = ["id"]
    search_columns = ["status", "received_at"]
    row_filters = {"campaign_id": None, "source_id": None, "vendor_id": None}
    other_filters = {"found": "Email or phone"}
    show_columns = [
        "public_id",
        "status",
        "reason",
        "campaign.name",
        "source.name",
        "vendor.name",
        "sub_id",
        "is_test",
        "received_at",
        "due_at",
        "delivered_at",
        "validation_status",
        "approval_status",
        "score",
        "score_reasons",
    ]
    label_columns = {"id": "Lead"}
    formatters_columns = {"reason": reason, "id": "Lead {}".format}
    list_template = "screens/leads.html"
    show_template = "screens/lead.html"

    def read_listing(self) -> Listing:
        """Return the list's state; `found` stands for an email or phone."""
        listing = super().read_listing()
        token = request.args.get("found", "")
        if TOKEN.fullmatch(token):
            filters = {**listing.filters, "found": token}
            return replace(listing, filters=filters)
        return listing

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep the leads of the email or phone that was searched for."""
        token = listing.filters.get("found")
        return query if token is None else query.filter(has_hash(bytes.fromhex(token)))

    @expose("/find", methods=["POST"])
    @has_access
    def find(self) -> Response:
        """Go to the lead that is searched for, or to the list of several."""
        text = request.form.get("find", "").strip()[:MAX_FIND]
        found = find_leads(text, current_actor())
        if len(found.ids) == 1:
            return redirect(url_for(f"{self.endpoint}.show", pk=found.ids[0]))
        if found.ids:
            return redirect(url_for(f"{self.endpoint}.list", found=found.token))
        flash("No lead has that reference, email or phone.", "warning")
        return redirect(self.list_url)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a lead
        """Return the lead's way, its sales and its contact."""
        story = lead_story(item.id, current_actor())
        formats = {"chip": chip, "moment": moment, "money": money, "reason": reason}
        return {**story, **formats, "words": words, "plain": plain, "told": told}

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a lead
        """Name the lead by its number and campaign."""
        return f"Lead {item.id} in {item.campaign.name}"

    @expose("/approve/<pk>", methods=["POST"])
    @has_access
    def approve(self, pk: str) -> Response:
        """Let a lead that waits for review go on."""
        return self._decide(pk, approve_lead, "Lead approved: it goes on to routing.")

    @expose("/reject/<pk>", methods=["POST"])
    @has_access
    def reject(self, pk: str) -> Response:
        """Refuse a lead for good."""
        why = request.form.get("reason", "").strip()[:200] or None
        return self._decide(
            pk, lambda lead, actor: reject_lead(lead, why, actor), "Lead rejected."
        )

    @expose("/reprocess/<pk>", methods=["POST"])
    @has_access
    def reprocess(self, pk: str) -> Response:
        """Send a lead through its stages once more."""
        return self._decide(
            pk, reprocess_lead, "The lead goes through its stages again."
        )

    def _decide(
        self, pk: str, decide: Callable[[int, Any], object], said: str
    ) -> Response:
        lead = self.get_or_404(pk)
        try:
            decide(lead.id, current_actor())
            flash(said, "success")
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk))
