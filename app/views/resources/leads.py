"""Leads: read, and what staff decide about one."""

from typing import Any

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.bodies import json_object, optional_object
from app.db import db
from app.domain.errors import InvalidInput
from app.domain.fields import CONTACT
from app.models.lead import Lead, LeadContact
from app.security import current_actor
from app.services.review import approve_lead, reject_lead, reprocess_lead
from app.services.routing import sell_lead
from app.services.trace import trace_of
from app.views.resources.base import READ, ReadOnlyApi
from app.views.service_interface import ServiceInterface

LEAD = [
    "id",
    "public_id",
    "campaign_id",
    "source_id",
    "vendor_id",
    "status",
    "validation_status",
    "approval_status",
    "score",
    "score_reasons",
    "is_test",
    "sub_id",
    "industry",
    "received_at",
    "due_at",
    "delivered_at",
    "sold_count",
    "max_sales",
    "reason",
]


class LeadResource(ReadOnlyApi):
    """One consumer's enquiry each; contact data is shown of one lead at a time."""

    datamodel = ServiceInterface(Lead)
    resource_name = "leads"
    class_permission_name = "Lead"
    include_route_methods = {*READ, "approve", "reject", "reprocess", "sell", "trace"}
    list_columns = show_columns = LEAD
    search_columns = [
        "id",
        "public_id",
        "campaign_id",
        "source_id",
        "vendor_id",
        "status",
        "validation_status",
        "approval_status",
        "is_test",
        "received_at",
        "due_at",
        "delivered_at",
    ]
    order_columns = ["id", "received_at"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a lead
        """Return the lead with its contact data, answers and consent."""
        return {**super().show(item), **_known_of(item.id)}

    @expose("/<pk>/approve", methods=["POST"])
    @protect()
    @permission_name("post")
    def approve(self, pk: str) -> Response:
        """Approve a lead that waits for it."""
        lead = self.find(pk)
        approve_lead(lead.id, current_actor())
        return self._answer(lead)

    @expose("/<pk>/reject", methods=["POST"])
    @protect()
    @permission_name("post")
    def reject(self, pk: str) -> Response:
        """Reject a lead that waits for review."""
        lead, reason = self.find(pk), optional_object().get("reason")
        if reason is not None and not isinstance(reason, str):
            raise InvalidInput.one("reason", "type", "Send a text.")
        reject_lead(lead.id, reason, current_actor())
        return self._answer(lead)

    @expose("/<pk>/reprocess", methods=["POST"])
    @protect()
    @permission_name("post")
    def reprocess(self, pk: str) -> Response:
        """Check and route a lead anew."""
        lead = self.find(pk)
        reprocess_lead(lead.id, current_actor())
        return self._answer(lead)

    @expose("/<pk>/sell", methods=["POST"])
    @protect()
    @permission_name("post")
    def sell(self, pk: str) -> Response:
        """Sell a lead by hand to `{"subscription_id"}`."""
        lead, wanted = self.find(pk), json_object().get("subscription_id")
        if isinstance(wanted, bool) or not isinstance(wanted, int):
            message = "Send the subscription's id, a whole number."
            raise InvalidInput.one("subscription_id", "type", message)
        if not 0 < wanted < 2**63:
            message = "There is no such subscription."
            raise InvalidInput.one("subscription_id", "unknown", message)
        sale = sell_lead(lead.id, wanted, current_actor())
        return self.answer(
            201,
            id=sale.id,
            public_id=str(sale.public_id),
            lead_id=sale.lead_id,
            subscription_id=sale.subscription_id,
            partner_id=sale.partner_id,
            status=sale.status.name,
            price_cents=sale.price_cents,
            currency=sale.currency,
        )

    @expose("/<pk>/trace", methods=["GET"])
    @protect()
    @permission_name("get")
    def trace(self, pk: str) -> Response:
        """Tell every step of a lead, and why each subscription got it or not."""
        return self.answer(200, **trace_of(self.find(pk).id))

    def _answer(self, lead: Lead) -> Response:
        db.session.refresh(lead)
        return self.answer(200, id=lead.id, result=self.show(lead))


def _known_of(lead_id: int) -> dict[str, Any]:
    contact = db.session.get(LeadContact, lead_id)
    if contact is None:
        return {"contact": None, "fields": None, "consent": None, "extra": None}
    return {
        "contact": {name: getattr(contact, name) for name in CONTACT},
        "fields": contact.fields,
        "consent": contact.consent,
        "extra": contact.extra,
    }
