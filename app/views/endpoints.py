"""Endpoints: where and how partners' leads are handed over."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField
from wtforms.validators import Optional

from app.gateways.delivery.presets import PRESETS, Preset
from app.models.partner import Endpoint
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.overlap import DAY, MAX_OVERLAP
from app.services.signing import rotate_secret
from app.views.editors import AuthField
from app.views.labels import HELP, LABELS
from app.views.mapping import MapsLeads
from app.views.presets import begin_with
from app.views.rules import mapping_in_words, ping_in_words, replies_in_words
from app.views.screens import WRITE, Screen, show_once
from app.views.service_interface import ServiceInterface

ADDRESS = ["name", "url", "format", "auth", "timeout_s"]
TRANSLATION = ("Translation", {"fields": ["mapping", "reply_rules"]})
MAPPING = {"map", "preview", "test"}
BIDS = ("Bids", {"fields": ["ping"]})


OVERLAPS = (
    SelectChoice(DAY, "For one day"),
    SelectChoice(60, "For one hour"),
    SelectChoice(3 * DAY, "For three days"),
    SelectChoice(MAX_OVERLAP, "For a week"),
    SelectChoice(0, "No longer: somebody else may know it"),
)


class RotateForm(DynamicForm):
    """How long the old secret still signs."""

    overlap_minutes = SelectField(
        "The old secret signs along", choices=OVERLAPS, coerce=int, default=DAY
    )


class EndpointScreen(MapsLeads, Screen):
    """All endpoints."""

    datamodel = ServiceInterface(Endpoint)
    route_base = "/endpoints"
    class_permission_name = "Endpoint"
    noun = "endpoint"
    about = "Partners' servers: each lead sold is posted to one of them."
    empty_title = "No endpoint yet"
    empty_text = (
        "An endpoint is the address of a partner's server, and how it is spoken to."
    )
    secret_heading = "Signing secret: the partner checks our signatures with it"  # noqa: S105 - a heading
    include_route_methods = WRITE | MAPPING | {"rotate"}
    show_template = "screens/endpoint.html"
    owner_columns = ("partner_id",)
    list_columns = ["name", "partner.name", "status", "format", "url", "failures"]
    order_columns = ["name", "status", "failures"]
    search_columns = ["name", "status", "format"]
    row_filters = {"partner_id": None}
    secret_columns = frozenset({"auth"})
    form_extra_fields = {
        "auth": AuthField(
            LABELS["auth"], description=HELP["auth"], validators=[Optional()]
        )
    }
    presets: ClassVar[Mapping[str, Preset]] = PRESETS
    add_template = "screens/endpoint_add.html"
    edit_template = "screens/endpoint_edit.html"
    add_fieldsets = [
        ("Endpoint", {"fields": ["partner_id", *ADDRESS]}),
        TRANSLATION,
        BIDS,
    ]
    edit_fieldsets = [("Endpoint", {"fields": [*ADDRESS, "status"]}), TRANSLATION, BIDS]
    formatters_columns = {
        "mapping": mapping_in_words,
        "reply_rules": replies_in_words,
        "ping": ping_in_words,
    }
    show_fieldsets = [
        (
            "Endpoint",
            {
                "fields": [
                    "partner.name",
                    "status",
                    "url",
                    "format",
                    "timeout_s",
                    "failures",
                    "open_until",
                    "old_secret_until",
                ]
            },
        ),
        TRANSLATION,
        ("Bids", {"fields": ["ping", "ping_failures", "ping_open_until"]}),
    ]

    def prefill_add(self, form: DynamicForm) -> None:
        """Begin with the preset that the address names."""
        super().prefill_add(form)
        begin_with(form)

    def prefill_form(self, form: DynamicForm, pk: Any) -> None:  # noqa: ANN401 - a row
        """Put the preset that the address names in place of what is stored."""
        super().prefill_form(form, pk)
        begin_with(form)

    @expose("/rotate/<pk>", methods=["GET", "POST"])
    @has_access
    def rotate(self, pk: str) -> str | Response:
        """Give an endpoint a new signing secret, and show it once."""
        endpoint = self.get_or_404(pk)
        form, number = RotateForm(), endpoint.id

        def run() -> Answer:
            overlap = form.overlap_minutes.data
            show_once(rotate_secret(current_actor(), number, overlap)["signing_secret"])
            return 201, {"id": number}

        return self.ask(
            form,
            endpoint,
            run,
            title=f"New signing secret: {endpoint}",
            button="Make a new secret",
            said="From now on requests carry a signature with the new secret.",
            about="Until the old one ends, requests carry the signatures of both: the"
            " partner's server may take over the new one at any time before.",
            then="made",
        )
