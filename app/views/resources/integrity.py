"""The books and invariants, checked on demand."""

from apispec import APISpec
from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.openapi import TEXT, TRUTH, list_of, nullable, object_of
from app.services.integrity import run_checks
from app.views.resources.document import describe, told

FINDING = object_of(
    ["name", "ok", "detail"], name=TEXT, ok=TRUTH, detail=nullable(TEXT)
)
FINDINGS = object_of(["ok", "checks"], ok=TRUTH, checks=list_of(FINDING))


class IntegrityResource(BaseApi):
    """What may never happen, and whether it did."""

    resource_name = "integrity"
    class_permission_name = "Integrity"
    include_route_methods = {"get"}

    @expose("", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(FINDINGS)
    def get(self) -> Response:
        """Run every check."""
        made: Response = self.response(200, **run_checks())
        return made

    def add_api_spec(self, api_spec: APISpec) -> None:
        """Describe the call in the OpenAPI document."""
        describe(self, api_spec)
