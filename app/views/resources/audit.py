"""The audit log over REST: read-only, for administrators."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import fields

from app.models.audit import Audit
from app.schemas import Text
from app.views.resources.base import ReadOnlyApi
from app.views.service_interface import ServiceInterface

COLUMNS = [
    "id",
    "at",
    "user_id",
    "key_id",
    "role",
    "action",
    "subject",
    "before",
    "after",
    "address",
    "request_id",
]


class AuditResource(ReadOnlyApi):
    """Every change by a person or a key, newest first; one shows its seal too."""

    datamodel = ServiceInterface(Audit)
    resource_name = "audit"
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {"hash": Text()}
    class_permission_name = "AuditLog"
    list_columns = show_columns = COLUMNS
    search_columns = [
        "id",
        "at",
        "user_id",
        "key_id",
        "role",
        "action",
        "subject",
        "request_id",
    ]
    order_columns = ["id"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
        """Return the row with its hash, which covers the row before it."""
        return {**super().show(item), "hash": item.hash.hex()}
