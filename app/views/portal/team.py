"""Who belongs to an account, and what each may do there; for its owners alone."""

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.domain.errors import LeadNexusError
from app.domain.people import MEMBER_ROLES, Role
from app.domain.states import MemberRole
from app.login_rates import count_invitation
from app.security import current_actor
from app.services.team import change_member, invite, list_team, member_of
from app.views.fields import TextField
from app.views.formats import moment, words, yes_no
from app.views.forms import ENTER, say_at

MAY = {
    MemberRole.owner: "Everything: orders, endpoints, keys, people",
    MemberRole.buyer: "Reads and orders",
    MemberRole.uploader: "Reads and sends leads in",
    MemberRole.viewer: "Reads",
}


def places() -> list[SelectChoice]:
    """Return what a person may be within the reader's account, the least first."""
    known = MEMBER_ROLES[current_actor().role or Role.client]
    return [
        SelectChoice(one.name, f"{words(one)}: {MAY[one][0].lower()}{MAY[one][1:]}")
        for one in reversed(known)
    ]


class InviteForm(DynamicForm):
    """Whom to invite, and as what."""

    email = TextField(
        "Email",
        description="They get a link there, by which they choose a password.",
        validators=[InputRequired(ENTER)],
        render_kw={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"},
    )
    member_role = SelectField("Role", choices=places)


class MemberForm(DynamicForm):
    """What one of the team may do."""

    member_role = SelectField("Role", choices=places)
    active = BooleanField(
        "May log in", description="Without it everything they are logged in to ends."
    )


class AccountTeamScreen(BaseView):
    """The people of the reader's partner or vendor."""

    route_base = "/portal/team"
    class_permission_name = "AccountTeam"
    default_view = "list"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show who may log in for the account."""
        actor = current_actor()
        return str(
            self.render_template(
                "portal/team.html",
                title="Team",
                team=list_team(actor),
                me=actor.user_id,
                may=MAY,
                moment=moment,
                words=words,
                yes_no=yes_no,
            )
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """Invite somebody into the account."""
        form = InviteForm()
        if form.validate_on_submit():
            actor = current_actor()
            try:
                count_invitation(f"{actor.side}:{actor.vendor_id or actor.partner_id}")
                invite(form.email.data, form.member_role.data, actor)
            except LeadNexusError as refusal:
                say_at(form, refusal)
            else:
                return self._back("Invited. A link is on its way by mail.")
        return self._form(form, "Invite somebody", "Invite")

    @expose("/edit/<user_id>", methods=["GET", "POST"])
    @has_access
    def edit(self, user_id: str) -> str | Response:
        """Change what one of the team may do."""
        actor = current_actor()
        member = member_of(actor, user_id)
        shown = {"member_role": member.role.name, "active": member.is_active}
        form = MemberForm(data=shown)
        if form.validate_on_submit():
            try:
                given = form.member_role.data, form.active.data
                change_member(member.id, *given, actor)
            except LeadNexusError as refusal:
                say_at(form, refusal)
            else:
                return self._back("Saved.")
        return self._form(form, member.email, "Save")

    def _back(self, said: str) -> Response:
        flash(said, "success")
        return redirect(url_for("AccountTeamScreen.list"))

    def _form(self, form: DynamicForm, title: str, button: str) -> str:
        texts: dict[str, Any] = {"form": form, "title": title, "button": button}
        return str(self.render_template("portal/member.html", **texts))
