"""Users: who may log in, as what; passwords are never shown."""

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_appbuilder.security.sqla.models import User
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.models.partner import Partner
from app.models.vendor import Vendor
from app.security import current_actor
from app.services.people import people
from app.services.resets import send_reset_link
from app.services.second_factor import has_second_factor, take_off
from app.services.sessions import end_log_ins_of
from app.services.user_changes import change_user
from app.services.user_rules import MIN_PASSWORD
from app.views.fields import RowField, TextField
from app.views.forms import body_of
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface

ROLES = [
    SelectChoice("operator", "Operator: runs campaigns and leads"),
    SelectChoice("admin", "Administrator: everything"),
    SelectChoice("client", "Partner: buys leads"),
    SelectChoice("vendor", "Vendor: supplies leads"),
]
PLACES = [
    SelectChoice("", "Please choose"),
    SelectChoice("owner", "Owner: everything of it"),
    SelectChoice("buyer", "Buyer: orders leads for a partner"),
    SelectChoice("uploader", "Uploader: brings leads for a vendor"),
    SelectChoice("viewer", "Viewer: reads"),
]


class UserScreen(Screen):
    """All users."""

    datamodel = ServiceInterface(User)
    route_base = "/users"
    class_permission_name = "User"
    noun = "user"
    about = "Who may log in, and as what."
    include_route_methods = {
        "list",
        "show",
        "add",
        "edit",
        "log_out",
        "send_link",
        "take_off_factor",
    }
    list_columns = ["email", "first_name", "roles", "active", "last_login"]
    order_columns = ["email", "last_login"]
    search_columns = ["email"]
    show_columns = [
        "email",
        "first_name",
        "roles",
        "active",
        "last_login",
        "created_on",
    ]
    add_columns = [
        "email",
        "name",
        "password",
        "role",
        "partner_id",
        "vendor_id",
        "member_role",
    ]
    edit_columns = [
        "name",
        "role",
        "partner_id",
        "vendor_id",
        "member_role",
        "active",
        "new_password",
    ]
    show_template = "screens/user.html"
    label_columns = {
        "email": "Email",
        "first_name": "Name",
        "roles": "Role",
        "active": "May log in",
        "last_login": "Last log-in",
        "created_on": "Added",
    }
    formatters_columns = {
        "roles": lambda roles: ", ".join(role.name for role in roles or ()),
    }
    form_extra_fields = {
        "email": TextField("Email", validators=[InputRequired("Enter an email.")]),
        "name": TextField("Name", validators=[InputRequired("Enter a name.")]),
        "password": PasswordField(
            "Password",
            description=f"At least {MIN_PASSWORD} characters; a few words are best.",
            validators=[InputRequired("Enter a password.")],
            render_kw={"autocomplete": "new-password"},
        ),
        "role": SelectField("Role", choices=ROLES),
        "partner_id": RowField(
            "Partner",
            description="For a partner's user.",
            validators=[Optional()],
            model=Partner,
        ),
        "vendor_id": RowField(
            "Vendor",
            description="For a vendor's user.",
            validators=[Optional()],
            model=Vendor,
        ),
        "member_role": SelectField(
            "Place within it",
            description="For a partner's or vendor's user; the owner if not chosen.",
            choices=PLACES,
            coerce=lambda given: given or None,
        ),
        "active": BooleanField("May log in"),
        "new_password": PasswordField(
            "New password",
            description="Leave it empty to keep what is.",
            render_kw={"autocomplete": "new-password"},
        ),
    }

    def _init_forms(self) -> None:
        super()._init_forms()
        # The form of what is changed, which is no row of one table.
        self.edit_form = type(
            "EditUserForm",
            (DynamicForm,),
            {name: self.form_extra_fields[name] for name in self.edit_columns},
        )

    def prefill_form(self, form: DynamicForm, pk: Any) -> None:  # noqa: ANN401 - a user
        """Show what the user is now."""
        [person] = people([pk])
        for name in ("name", "role", "partner_id", "vendor_id", "active"):
            form[name].data = getattr(person, name)
        form.member_role.data = person.member_role.name if person.member_role else None

    def change(self, item: Any, form: DynamicForm) -> Any:  # noqa: ANN401 - a user
        """Change the user to what the form holds; an empty password stays."""
        body = body_of(form, self.edit_columns)
        if password := body.pop("new_password"):
            body["password"] = password
        return change_user(item.id, body, current_actor())

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a user
        """Return whether there is a second factor."""
        return {"has_second": has_second_factor(item.id)}

    @expose("/log-out/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def log_out(self, pk: str) -> Response:
        """End everything the user is logged in to."""
        end_log_ins_of(self.get_or_404(pk).id, current_actor())
        return self._back(pk, "Logged out everywhere.")

    @expose("/send-link/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def send_link(self, pk: str) -> Response:
        """Mail the user a link for a new password."""
        send_reset_link(self.get_or_404(pk).id, current_actor())
        return self._back(pk, "A link for a new password is on its way by mail.")

    @expose("/take-off-factor/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def take_off_factor(self, pk: str) -> Response:
        """Take the second factor off a user who lost it."""
        take_off(self.get_or_404(pk).id, current_actor())
        return self._back(pk, "The second factor is off.")

    def _back(self, pk: str, done: str) -> Response:
        flash(done, "success")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk))

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a user
        """Name the user by email."""
        return str(item.email)
