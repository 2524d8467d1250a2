"""API keys of partners and vendors: for administrators alone."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import fields

from app.domain.people import Right
from app.models.api_key import ApiKey
from app.schemas import Text
from app.security import current_actor
from app.services.api_keys import revoke_key
from app.views.resources.base import READ, ResourceApi
from app.views.resources.document import told
from app.views.service_interface import ServiceInterface

KEY = ["partner_id", "vendor_id", "name", "scopes", "expires_at"]
SCOPES = {"enum": [right.name for right in Right if right is not Right.own]}


class ApiKeyResource(ResourceApi):
    """What opens `/api` to programs; a key is shown once, when it is made."""

    datamodel = ServiceInterface(ApiKey)
    resource_name = "api_keys"
    class_permission_name = "ApiKey"
    include_route_methods = {*READ, "post", "delete"}
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "scopes": fields.List(Text(metadata=SCOPES), required=True)
    }
    shown_once: ClassVar[Mapping[str, fields.Field[Any]]] = {"api_key": Text()}
    list_columns = [
        "id",
        *KEY,
        "key_prefix",
        "created_at",
        "created_by",
        "last_used_at",
        "revoked_at",
        "revoked_by",
    ]
    show_columns = list_columns
    add_columns = KEY
    edit_columns: ClassVar[list[str]] = []
    search_columns = ["id", "partner_id", "vendor_id", "name", "key_prefix"]
    order_columns = ["id", "name", "created_at"]

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    @told(None, status=204)
    def delete(self, pk: str) -> Response:
        """Revoke the key: it opens nothing from now on, and stays in the list."""
        revoke_key(current_actor(), self.find(pk).id)
        return self.answer(204)
