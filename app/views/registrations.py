"""Registrations: who asked for an account and waits for an administrator."""

from typing import Any

from flask_appbuilder.models.filters import BaseFilter

from app.domain.people import Role
from app.models.people import Registration
from app.services.registrations import (
    approve_registration,
    is_open,
    reject_registration,
)
from app.views.bulk import BulkAction
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface

SIDES = {Role.client: "Buy leads (partner)", Role.vendor: "Supply leads (vendor)"}


class Open(BaseFilter):
    """Those who still wait."""

    name, arg_name = "open", "open"

    def apply(self, query: Any, _value: object) -> Any:  # noqa: ANN401 - a query
        """Narrow the query."""
        return query.filter(is_open())


class RegistrationScreen(Screen):
    """Who waits for an account."""

    datamodel = ServiceInterface(Registration)
    route_base = "/registrations"
    class_permission_name = "UserRegistration"
    noun = "registration"
    list_title = "Registrations"
    about = "Who asked for an account. Approving opens it, with a partner or vendor."
    empty_title = "Nobody waits"
    empty_text = "Who asks for an account on the sign-up page comes here."
    include_route_methods = {"list", "bulk"}
    base_filters = [["id", Open, None]]
    base_order = ("id", "asc")
    bulk_actions = (
        BulkAction("approve", "Approve", "approved", approve_registration),
        BulkAction(
            "reject",
            "Reject",
            "rejected",
            reject_registration,
            "They may ask again.",
            "danger",
        ),
    )
    list_template = "screens/registrations.html"
    list_columns = ["email", "name", "company", "role", "times", "created_at"]
    show_columns = ["email"]
    order_columns = ["email", "company", "created_at"]
    search_columns = ["company"]
    label_columns = {
        "email": "Email",
        "company": "Company",
        "role": "Wants to",
        "times": "Times asked",
        "created_at": "Asked",
    }
    formatters_columns = {"role": SIDES.get}
