"""The integrity page: what the auditor's last run of each check found."""

from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.services.integrity import last_results
from app.views.formats import moment, words


class IntegrityScreen(BaseView):
    """What may never happen, as it was found last."""

    route_base = "/integrity"
    class_permission_name = "Integrity"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show what the last run of every check found; the clock runs them."""
        return str(
            self.render_template(
                "screens/integrity.html",
                title="Integrity",
                checks=last_results(),
                moment=moment,
                words=words,
            )
        )
