"""Kill switches over REST: listed, thrown, and switched off."""

from typing import Any, ClassVar

from flask import Response
from marshmallow import Schema, ValidationError

from app.bodies import json_object
from app.db import db
from app.domain.errors import InvalidInput
from app.models.switch import KillSwitch
from app.schemas import field_errors
from app.security import current_actor
from app.services.switches import switch_off
from app.views.resources.base import READ, ResourceApi
from app.views.resources.commands import command
from app.views.service_interface import ServiceInterface

STOP = ["scope", "campaign_id", "partner_id", "reason"]
STAMPS = ["on_at", "on_by_id", "settled_at", "off_at", "off_by_id"]


class SwitchResource(ResourceApi):
    """What is stopped, and what was."""

    datamodel = ServiceInterface(KillSwitch)
    resource_name = "switches"
    class_permission_name = "Switch"
    include_route_methods = {*READ, "post", "off"}
    list_columns = show_columns = ["id", *STOP, *STAMPS]
    add_columns = STOP
    edit_columns: ClassVar[list[str]] = []
    search_columns = ["id", "scope", "campaign_id", "partner_id", "on_at", "off_at"]
    order_columns = ["id", "on_at"]

    def save(self, item: Any, schema: Schema, *, partial: bool) -> Any:  # noqa: ANN401
        """Throw the switch; nothing is tried out with a body that is wrong."""
        try:
            data = schema.load(json_object(), partial=partial)
        except ValidationError as wrong:
            raise InvalidInput(field_errors(wrong, self.show_columns)) from None
        return self.write(item, data)

    @command("/<pk>/off", "item")
    def off(self, pk: str) -> Response:
        """Let selling go on."""
        switch = self.find(pk)
        switch_off(switch.id, current_actor())
        db.session.refresh(switch)
        return self.answer(200, id=switch.id, result=self.show(switch))
