"""Providers of checks, with the credentials they are called with."""

from wtforms.validators import Optional

from app.models.provider import Provider
from app.views.editors import CredentialsField
from app.views.formats import money_limit
from app.views.labels import HELP, LABELS
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

COLUMNS = ["provider", "status", "base_url", "timeout_s", "daily_limit_cents"]


class ProviderScreen(Screen):
    """All providers."""

    datamodel = ServiceInterface(Provider)
    route_base = "/providers"
    class_permission_name = "Provider"
    noun = "provider"
    about = "Services that check emails, phones, addresses and consents."
    empty_title = "No provider yet"
    empty_text = "Without one, leads are checked offline, which needs nothing."
    include_route_methods = WRITE
    list_columns = ["provider", "status", "timeout_s", "daily_limit_cents"]
    order_columns = ["provider", "status"]
    search_columns = ["status"]
    secret_columns = frozenset({"credentials"})
    form_extra_fields = {
        "credentials": CredentialsField(
            LABELS["credentials"],
            description=HELP["credentials"],
            validators=[Optional()],
        )
    }
    add_columns = [*COLUMNS, "credentials"]
    edit_columns = [*COLUMNS[1:], "credentials"]
    show_columns = COLUMNS
    formatters_columns = {"daily_limit_cents": money_limit}
