"""Endpoints: made, changed, looked at and tried; how known systems are posted to."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import fields

from app.domain.errors import TooMany
from app.gateways.delivery.presets import PRESETS
from app.limiting import wait_s
from app.models.partner import Endpoint
from app.openapi import list_of, object_of
from app.schemas import (
    NewSecret,
    Overlap,
    Text,
    read_body,
    schema_of,
)
from app.security import current_actor
from app.services.endpoints import shown_auth
from app.services.signing import rotate_secret
from app.services.trial import TRIALS, Draft, preview_endpoint, try_endpoint
from app.shapes import AUTH, PRESET, PREVIEW, TRIAL
from app.views.resources.base import WRITE, ResourceApi
from app.views.resources.commands import command
from app.views.resources.document import told
from app.views.service_interface import ServiceInterface

ENDPOINT = [
    "partner_id",
    "name",
    "url",
    "format",
    "auth",
    "mapping",
    "reply_rules",
    "ping",
    "timeout_s",
    "status",
]
STAMPS = ["created_at", "updated_at"]
DRAFTED = ("format", "mapping", "reply_rules")
DRAFT = schema_of(Endpoint, "EndpointDraft", DRAFTED)
LOOKED = schema_of(Endpoint, "EndpointLook", DRAFTED, lead=Text(allow_none=True))


class Auth(fields.Raw):
    """The credentials of an endpoint: written whole, shown by their type."""

    def serialize(self, attr: str, obj: Endpoint, *_: Any, **__: Any) -> Any:  # noqa: ANN401, ARG002
        """Return what may be shown."""
        return shown_auth(obj)


def draft_of(endpoint: Endpoint, body: Mapping[str, Any]) -> Draft:
    """Return what is to be looked at: what the body leaves out is as stored."""
    format_, mapping, rules = (
        body.get(name, getattr(endpoint, name)) for name in DRAFTED
    )
    return Draft(format_.name, mapping, rules)


class EndpointResource(ResourceApi):
    """Where partners' leads are handed over."""

    datamodel = ServiceInterface(Endpoint)
    resource_name = "endpoints"
    class_permission_name = "Endpoint"
    include_route_methods = {*WRITE, "presets", "preview", "rotate_secret", "test"}
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "auth": Auth(allow_none=True, metadata=AUTH)
    }
    shown_once: ClassVar[Mapping[str, fields.Field[Any]]] = {"signing_secret": Text()}
    list_columns = [
        "id",
        *ENDPOINT,
        "failures",
        "open_until",
        "ping_failures",
        "ping_open_until",
        "old_secret_until",
        *STAMPS,
    ]
    show_columns = list_columns
    add_columns = edit_columns = ENDPOINT
    search_columns = ["id", "partner_id", "name", "format", "status", *STAMPS]
    order_columns = ["id", "name", *STAMPS]

    @command(
        "/<pk>/rotate-secret",
        NewSecret(),
        status=201,
        body=Overlap(),
        needs_body=False,
    )
    def rotate_secret(self, pk: str) -> Response:
        """Give it a new signing secret; the old one signs for `{"overlap_minutes"}`."""
        endpoint = self.find(pk)
        overlap = read_body(Overlap(), optional=True).get("overlap_minutes")
        made = rotate_secret(current_actor(), endpoint.id, overlap)
        return self.answer(201, **NewSecret().dump(made))

    @expose("/presets", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(object_of(["result"], result=list_of(PRESET)))
    def presets(self) -> Response:
        """List how known systems are posted to: what to make an endpoint of."""
        shown = [{"name": name, **asdict(one)} for name, one in PRESETS.items()]
        return self.answer(200, result=shown)

    @command("/<pk>/preview", PREVIEW, body=LOOKED, needs_body=False, takes_key=False)
    def preview(self, pk: str) -> Response:
        """Tell the request that a lead would become, of a draft or as it is stored."""
        endpoint, body = self.find(pk), read_body(LOOKED, optional=True)
        draft, lead = draft_of(endpoint, body), body.get("lead")
        shown = asdict(preview_endpoint(endpoint.id, current_actor(), draft, lead))
        names = ("name", "value")
        headers = [dict(zip(names, one, strict=True)) for one in shown["headers"]]
        return self.answer(200, **{**shown, "headers": headers})

    # No key is kept of either: the network is asked in no transaction, and an answer
    # that is kept would hold contact data.
    @command(
        "/<pk>/test",
        TRIAL,
        body=DRAFT,
        needs_body=False,
        takes_key=False,
        refuses={429},
    )
    def test(self, pk: str) -> Response:
        """Send a made-up lead, by a draft or as it is stored, and tell what came."""
        endpoint, body = self.find(pk), read_body(DRAFT, optional=True)
        draft = draft_of(endpoint, body)
        if wait := wait_s(TRIALS, "endpoint trial", str(endpoint.id)):
            raise TooMany("This endpoint was tried often enough.", wait)
        tried = try_endpoint(endpoint.id, current_actor(), draft)
        return self.answer(200, **asdict(tried))
