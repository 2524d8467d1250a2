"""The books and invariants, checked on demand."""

from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.services.integrity import run_checks


class IntegrityResource(BaseApi):
    """What may never happen, and whether it did."""

    resource_name = "integrity"
    class_permission_name = "Integrity"
    openapi_spec_tag = "integrity"

    @expose("", methods=["GET"])
    @protect()
    @permission_name("get")
    def get(self) -> Response:
        """Run every check."""
        made: Response = self.response(200, **run_checks())
        return made
