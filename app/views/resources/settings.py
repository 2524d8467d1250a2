"""The settings over REST, as administrators may read them; of secrets no value."""

from apispec import APISpec
from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.openapi import TEXT, TRUTH, WHOLE, list_of, object_of
from app.services.settings import all_settings
from app.views.resources.document import describe, told

SETTING = object_of(
    name=TEXT,
    subject=TEXT,
    meaning=TEXT,
    default=TEXT,
    value=TEXT,
    origin=TEXT,
    is_editable=TRUTH,
)
SETTINGS = object_of(["count", "result"], count=WHOLE, result=list_of(SETTING))


class SettingResource(BaseApi):
    """Every setting, what it means and where it comes from."""

    resource_name = "settings"
    class_permission_name = "Setting"

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(SETTINGS)
    def get(self) -> Response:
        """Tell every setting."""
        result = [
            {
                "name": one.told.name,
                "subject": one.told.subject,
                "meaning": one.told.meaning,
                "default": one.told.default,
                "value": one.value,
                "origin": one.origin,
                "is_editable": one.is_editable,
            }
            for one in all_settings()
        ]
        made: Response = self.response(200, count=len(result), result=result)
        return made

    def add_api_spec(self, api_spec: APISpec) -> None:
        """Describe the call in the OpenAPI document."""
        describe(self, api_spec)
