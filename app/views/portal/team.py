"""Who belongs to an account, and what each may do there; for its owners alone."""

from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.domain.states import MemberRole
from app.security import current_actor
from app.services.team import list_team
from app.views.formats import moment, words, yes_no

MAY = {
    MemberRole.owner: "Everything: orders, endpoints, keys",
    MemberRole.buyer: "Reads and orders",
    MemberRole.uploader: "Reads and sends leads in",
    MemberRole.viewer: "Reads",
}


class AccountTeamScreen(BaseView):
    """The people of the reader's partner or vendor."""

    route_base = "/portal/team"
    class_permission_name = "AccountTeam"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show who may log in for the account."""
        return str(
            self.render_template(
                "portal/team.html",
                title="Team",
                team=list_team(current_actor()),
                may=MAY,
                moment=moment,
                words=words,
                yes_no=yes_no,
            )
        )
