"""Kill switches on screens: thrown and ended here, shown everywhere while on."""

from typing import Any, ClassVar

from flask import Flask, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.domain.people import Role
from app.domain.states import SwitchScope
from app.models.switch import KillSwitch
from app.security import current_actor
from app.services.switches import (
    Stop,
    is_stopped_for,
    switch_off,
    switch_on,
    switches_on,
)
from app.views.formats import chip, moment, words
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class SwitchScreen(Screen):
    """What is stopped now, with a button each, and what was."""

    datamodel = ServiceInterface(KillSwitch)
    route_base = "/switches"
    class_permission_name = "Switch"
    noun = "switch"
    list_title = "Switches"
    about = (
        "Stop selling at once. Leads still come in; they wait, and are sold when the"
        " switch goes off and their promise still stands."
    )
    empty_title = "Nothing was ever stopped"
    empty_text = "Each stop stands here, with its reason and who threw it."
    include_route_methods = READ | {"on", "off"}
    history = False
    list_template = "screens/switches.html"
    list_columns = [
        "scope",
        "target",
        "reason",
        "on_at",
        "on_by.email",
        "off_at",
        "off_by.email",
    ]
    show_columns = [*list_columns, "settled_at"]
    also_read = ("campaign.name", "partner.name")
    order_columns = ["on_at", "off_at"]
    search_columns = ["scope"]
    label_columns = {
        "scope": "What",
        "target": "Which",
        "reason": "Reason",
        "on_at": "Stopped",
        "on_by.email": "By",
        "settled_at": "Last sale ended before",
        "off_at": "Went on",
        "off_by.email": "Switched off by",
    }

    @expose("/on", methods=["POST"])
    @has_access
    def on(self) -> Response:
        """Stop what the form names."""
        try:
            switch = switch_on(_stop(), current_actor())
            flash(f"{switch}: selling is stopped.", "success")
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
        return redirect(_back())

    @expose("/off/<pk>", methods=["POST"])
    @has_access
    def off(self, pk: str) -> Response:
        """Let selling go on."""
        switch = self.get_or_404(pk)
        try:
            switch_off(switch.id, current_actor())
            flash(f"{switch}: selling goes on.", "success")
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
        return redirect(_back())


class Stoppable:
    """Mark the rows of a list that a switch of their own stops; left of the screen."""

    stopped_by: ClassVar[str]

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Show the name with a badge while the row is stopped."""
        shown = super().cell(item, name)  # type: ignore[misc]
        keys = {getattr(one, self.stopped_by) for one in stopped_now()}
        if name == "name" and item.id in keys:
            return Markup("{} {}").format(shown, chip("stopped"))
        return shown


def init_app(app: Flask) -> None:
    """Let every page know what is stopped."""
    app.context_processor(
        lambda: {
            "stopped_now": stopped_now,
            "is_stopped_for_me": is_stopped_for_me,
            "may_end": may_end,
            "moment_of": moment,
            "words_of": words,
        }
    )


def stopped_now() -> list[KillSwitch]:
    """Return what is stopped now, to staff; asked for once a page."""
    if not current_actor().is_staff:
        return []
    if "stopped_now" not in g:
        g.stopped_now = switches_on()
    found: list[KillSwitch] = g.stopped_now
    return found


def is_stopped_for_me() -> bool:
    """Say whether the reader's partner gets no leads at present."""
    partner_id = current_actor().partner_id
    return partner_id is not None and is_stopped_for(partner_id)


def may_end(switch: KillSwitch) -> bool:
    """Say whether the reader may switch it off."""
    return switch.scope is not SwitchScope.all or current_actor().role is Role.admin


def _stop() -> Stop:
    def key(name: str) -> int | None:
        text = request.form.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() else None

    named = request.form.get("scope", "")
    scope = SwitchScope.__members__.get(named, SwitchScope.all)
    # A form without a known scope must not be taken for the widest one.
    reason = request.form.get("reason", "") if named == scope.name else ""
    return Stop(scope, reason, key("campaign_id"), key("partner_id"))


def _back() -> str:
    """Return the page of the campaign or partner that the form came from, or ours."""
    for name, screen in (("campaign", "CampaignScreen"), ("partner", "PartnerScreen")):
        key = request.form.get(f"back_{name}", "")
        if key.isascii() and key.isdecimal():
            return str(url_for(f"{screen}.show", pk=key))
    return str(url_for("SwitchScreen.list"))
