"""Users and providers: for administrators alone."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask_appbuilder.security.sqla.models import User
from marshmallow import fields

from app.models.provider import Provider
from app.security import current_actor
from app.services.providers import shown_credentials
from app.services.user_rules import MAX_PASSWORD, MIN_PASSWORD
from app.services.users import change_user, people
from app.views.resources.base import WRITE, ResourceApi
from app.views.resources.schema import Text, Whole
from app.views.service_interface import ServiceInterface

# For the document alone: the length is checked by the service.
PASSWORD = {"minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD}
PROVIDER = [
    "provider",
    "credentials",
    "base_url",
    "timeout_s",
    "daily_limit_cents",
    "status",
]
PERSON = ["id", "email", "role", "partner_id", "vendor_id", "active"]


class Credentials(fields.Raw):
    """What a provider is called with: written whole, shown by the names alone."""

    def serialize(self, attr: str, obj: Provider, *_: Any, **__: Any) -> Any:  # noqa: ANN401, ARG002
        """Return what may be shown."""
        return shown_credentials(obj)


class ProviderResource(ResourceApi):
    """The providers of checks."""

    datamodel = ServiceInterface(Provider)
    resource_name = "providers"
    class_permission_name = "Provider"
    extra_fields = {"credentials": Credentials(allow_none=True)}
    list_columns = show_columns = ["id", *PROVIDER, "created_at", "updated_at"]
    add_columns = edit_columns = PROVIDER
    search_columns = ["id", "provider", "status"]
    order_columns = ["id", "created_at", "updated_at"]


class UserResource(ResourceApi):
    """Who may log in, as what."""

    datamodel = ServiceInterface(User)
    resource_name = "users"
    class_permission_name = "User"
    include_route_methods = set(WRITE) - {"delete"}
    extra_fields = {
        "email": Text(required=True),
        "password": Text(required=True, metadata=PASSWORD),
        "role": Text(required=True),
        "partner_id": Whole(allow_none=True),
        "vendor_id": Whole(allow_none=True),
    }
    list_columns = show_columns = PERSON
    add_columns = [
        "email",
        "password",
        "role",
        "partner_id",
        "vendor_id",
        "active",
    ]
    edit_columns = ["password", "active"]
    search_columns = ["id", "email", "active"]
    order_columns = ["id", "email"]

    def write(self, item: Any, data: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Store a new user by the facts given, or change a stored one."""
        if item.id is None:
            return super().write(item, data)
        change_user(item.id, dict(data), current_actor())
        return item

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a user
        """Return what is told of a user; never the password's hash."""
        return self.show_all([item])[0]

    def show_all(self, items: list[Any]) -> list[dict[str, Any]]:
        """Return what is told of users."""
        return [asdict(person) for person in people(items)]
