"""Users: who may log in, as what; passwords are never shown."""

from typing import Any

from flask_appbuilder.security.sqla.models import User
from wtforms import PasswordField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.user_rules import MIN_PASSWORD
from app.views.fields import RowField, TextField
from app.views.forms import active_rows
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface

ROLES = [
    SelectChoice("operator", "Operator: runs campaigns and leads"),
    SelectChoice("admin", "Administrator: everything"),
    SelectChoice("client", "Partner: buys leads"),
    SelectChoice("vendor", "Vendor: supplies leads"),
]


class UserScreen(Screen):
    """All users."""

    datamodel = ServiceInterface(User)
    route_base = "/users"
    class_permission_name = "User"
    noun = "user"
    about = "Who may log in, and as what."
    include_route_methods = {"list", "show", "add"}
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
    add_columns = ["email", "name", "password", "role", "partner_id", "vendor_id"]
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
            rows=lambda: active_rows(Partner),
            model=Partner,
        ),
        "vendor_id": RowField(
            "Vendor",
            description="For a vendor's user.",
            validators=[Optional()],
            rows=lambda: active_rows(Vendor),
            model=Vendor,
        ),
    }

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a user
        """Name the user by email."""
        return str(item.email)
