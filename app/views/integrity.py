"""The integrity page: the books and the invariants, checked now."""

from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.services.integrity import run_checks
from app.views.formats import words


class IntegrityScreen(BaseView):
    """What may never happen, checked."""

    route_base = "/integrity"
    class_permission_name = "Integrity"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Run every check and show what it found."""
        return str(
            self.render_template(
                "screens/integrity.html",
                title="Integrity",
                result=run_checks(),
                words=words,
            )
        )
