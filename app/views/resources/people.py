"""Users and providers: for administrators alone."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from flask import Response, request
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from marshmallow import fields

from app.domain.states import MemberRole, RegistrationStatus
from app.models.provider import Provider
from app.openapi import ID, TEXT, Json, list_of, object_of
from app.schemas import Choice, Text, Whole
from app.security import current_actor
from app.services.lookup import read_id
from app.services.people import Person, people
from app.services.providers import shown_credentials
from app.services.registrations import (
    approve_registration,
    reject_registration,
    wishes,
)
from app.services.trace import rfc3339
from app.services.user_changes import change_user
from app.services.user_rules import MAX_PASSWORD, MIN_PASSWORD
from app.views.resources.arguments import read_arguments, read_page, refused
from app.views.resources.base import WRITE, ResourceApi
from app.views.resources.commands import command
from app.views.service_interface import MAX_COUNT, ServiceInterface

# For the document alone: the length is checked by the service.
PASSWORD = {"minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD}
CREDENTIALS = {
    "description": "Written as an object of texts; shown are their names alone.",
    "oneOf": [{"type": "object"}, list_of(TEXT)],
}
PENDING = {
    "in": "query",
    "name": "status",
    "description": "`pending`: the wishes for an account instead.",
    "schema": {"enum": [RegistrationStatus.pending.name]},
}
REJECTED = object_of(
    ["id", "result"],
    id=ID,
    result=object_of(
        ["id", "status"], id=ID, status={"enum": [RegistrationStatus.rejected.name]}
    ),
)
PROVIDER = [
    "provider",
    "credentials",
    "base_url",
    "timeout_s",
    "daily_limit_cents",
    "status",
]
PERSON = [
    "id",
    "email",
    "name",
    "role",
    "partner_id",
    "vendor_id",
    "member_role",
    "active",
    "status",
]


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
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "credentials": Credentials(allow_none=True, metadata=CREDENTIALS)
    }
    list_columns = show_columns = ["id", *PROVIDER, "created_at", "updated_at"]
    add_columns = edit_columns = PROVIDER
    search_columns = ["id", "provider", "status"]
    order_columns = ["id", "created_at", "updated_at"]


class UserResource(ResourceApi):
    """Who may log in, as what."""

    datamodel = ServiceInterface(User)
    resource_name = "users"
    class_permission_name = "User"
    may_conflict = True
    list_parameters: ClassVar[list[Json]] = [PENDING]
    include_route_methods = (set(WRITE) - {"delete"}) | {"approve", "reject"}
    extra_fields = {
        "email": Text(required=True),
        "name": Text(allow_none=True),
        "password": Text(required=True, metadata=PASSWORD),
        "role": Text(required=True),
        "partner_id": Whole(allow_none=True),
        "vendor_id": Whole(allow_none=True),
        "status": Text(dump_only=True),
        "member_role": Choice(MemberRole),
    }
    # Staff are members of nothing.
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "member_role": Choice(MemberRole, allow_none=True)
    }
    list_columns = show_columns = PERSON
    add_columns = [
        "email",
        "name",
        "password",
        "role",
        "partner_id",
        "vendor_id",
        "member_role",
        "active",
    ]
    edit_columns = [
        "name",
        "password",
        "role",
        "partner_id",
        "vendor_id",
        "member_role",
        "active",
    ]
    search_columns = ["id", "email", "active"]
    order_columns = ["id", "email"]

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def get_list(self) -> Response:  # noqa: D102 - FAB's
        if "status" not in request.args:
            answer: Response = super().get_list()
            return answer
        if request.args["status"] != RegistrationStatus.pending.name:
            raise refused("status is pending, or left out.")
        page, size = read_page(read_arguments(), self.page_size)
        count, found = wishes(current_actor(), page, size, MAX_COUNT + 1)
        shown = [{**asdict(w), "created_at": rfc3339(w.created_at)} for w in found]
        body = {"count": min(count, MAX_COUNT), "ids": [w.id for w in found]}
        more = {"more": True} if count > MAX_COUNT else {}
        return self.answer(200, **body, result=shown, **more)

    @command("/<pk>/approve", "item")
    def approve(self, pk: str) -> Response:
        """Let in who registered, with an account of their company's name."""
        person = approve_registration(read_id(pk), current_actor())
        return self.answer(200, id=person.id, result=_shown(person))

    @command("/<pk>/reject", REJECTED)
    def reject(self, pk: str) -> Response:
        """Turn down who registered."""
        reject_registration(read_id(pk), current_actor())
        shown = {"id": read_id(pk), "status": RegistrationStatus.rejected.name}
        return self.answer(200, id=read_id(pk), result=shown)

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
        return [_shown(person) for person in people(items)]


def _shown(person: Person) -> dict[str, Any]:
    member_role = person.member_role.name if person.member_role else None
    return {**asdict(person), "member_role": member_role}
