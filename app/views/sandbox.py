"""The sandbox: an endpoint of our own that shows what a partner would receive."""

import json

from flask import request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.services.sandbox import list_inboxes, list_messages
from app.settings import settings
from app.views.formats import chip, moment


class SandboxScreen(BaseView):
    """What the sandbox's inboxes received, newest first."""

    route_base = "/sandbox"
    class_permission_name = "Sandbox"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show the newest messages, of one inbox or of all."""
        inbox = request.args.get("inbox", "")[:64].replace("\x00", "")
        return str(
            self.render_template(
                "screens/sandbox.html",
                title="Sandbox",
                inbox=inbox,
                inboxes=list_inboxes(),
                messages=list_messages(inbox or None),
                address=f"{settings.public_url}/sandbox/{inbox or 'test'}",
                chip=chip,
                moment=moment,
                pretty_headers=lambda headers: json.dumps(headers, indent=2),
            )
        )
