"""The settings over REST, as administrators may read them; of secrets no value."""

from flask import Response
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.services.settings import all_settings


class SettingResource(BaseApi):
    """Every setting, what it means and where it comes from."""

    resource_name = "settings"
    class_permission_name = "Setting"
    openapi_spec_tag = "settings"

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
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
