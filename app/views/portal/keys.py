"""An account's API keys: made and shown once, revoked at once; for its owners alone."""

from typing import Any

from flask import flash, redirect
from flask_appbuilder import expose
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.people import SCOPES, Actor, Right, Role
from app.models.api_key import ApiKey
from app.security import current_actor
from app.services.api_keys import revoke_key
from app.views.formats import chip
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface

RIGHTS = {
    Right.read: "Read what is yours: leads with contact data, wallet, statements",
    Right.buy: "Spend money: subscriptions and the market",
    Right.manage: "Say where leads go: endpoints",
    Right.upload: "Send leads in",
}


class OfSide(BaseFilter):
    """The rows of the reader's own partner or vendor."""

    name = "own"

    def apply(self, query: Any, _value: object) -> Any:  # noqa: ANN401 - a query
        """Narrow the query."""
        return query.filter_by(**side_of(current_actor()))


def side_of(actor: Actor) -> dict[str, int]:
    """Return the column and the number of who the actor belongs to."""
    if actor.vendor_id is not None:
        return {"vendor_id": actor.vendor_id}
    # Nobody's partner is 0: what would match the rows of no partner matches none.
    return {"partner_id": actor.partner_id or 0}


def rights_to_choose() -> list[tuple[str, str]]:
    """Return what a key of the reader's account may be made for."""
    known = SCOPES.get(current_actor().role or Role.admin, frozenset())
    return [(right.name, RIGHTS[right]) for right in Right if right in known]


def state_of(key: ApiKey) -> str:
    """Return whether a key opens anything."""
    return "revoked" if key.revoked_at is not None else "active"


class AccountKeyScreen(Screen):
    """The API keys of the reader's partner or vendor."""

    datamodel = ServiceInterface(ApiKey)
    route_base = "/portal/keys"
    class_permission_name = "AccountKey"
    noun = "key"
    list_title = "API keys"
    add_title = "Make a key"
    about = "What opens the API to your programs. A key is shown once."
    empty_title = "No key yet"
    empty_text = "A key lets a program of yours read leads and place orders."
    secret_heading = "API key: send it as X-Api-Key"  # noqa: S105 - a heading
    include_route_methods = {"list", "show", "add", "made", "revoke"}
    base_filters = [["id", OfSide, None]]
    list_columns = ["name", "scopes", "state", "key_prefix", "last_used_at"]
    order_columns = ["name", "last_used_at"]
    search_columns = ["name"]
    add_columns = ["name", "scopes", "expires_at"]
    show_columns = [
        "state",
        "scopes",
        "key_prefix",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    label_columns = {
        "scopes": "May",
        "state": "State",
        "key_prefix": "Begins with",
        "last_used_at": "Last used",
        "expires_at": "Ends",
        "revoked_at": "Revoked",
    }
    description_columns = {
        "name": "What it is for, like “CRM import”.",
        "expires_at": "It opens nothing afterwards; empty never ends it.",
    }
    formatters_columns = {
        "scopes": ", ".join,
        "key_prefix": lambda prefix: f"{prefix}…",
    }
    form_extra_fields = {
        "scopes": SelectMultipleField(
            "What it may do",
            description="Give it no more than its program needs.",
            validators=[InputRequired("Choose what it may do.")],
            choices=rights_to_choose,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
            render_kw={"class": "plain checks"},
        )
    }
    show_template = "portal/key.html"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a key
        """Return a key's value; whether it opens anything, as a chip."""
        return chip(state_of(item)) if name == "state" else super().cell(item, name)

    def new_row(self) -> ApiKey:
        """Return a key of the reader's account."""
        return ApiKey(**side_of(current_actor()))

    @expose("/revoke/<pk>", methods=["POST"])
    @has_access
    def revoke(self, pk: str) -> Response:
        """End a key: it opens nothing from now on."""
        revoke_key(current_actor(), self.get_or_404(pk).id)
        flash("Revoked. It opens nothing from now on.", "success")
        return redirect(self.list_url)
