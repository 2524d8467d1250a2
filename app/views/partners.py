"""Partners: accounts that buy leads, with their wallets and credits by hand."""

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.db import db
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.security import current_actor
from app.services.wallet import credit_partner, wallet_of
from app.views.fields import MoneyField
from app.views.formats import money
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

COLUMNS = [
    "name",
    "status",
    "timezone",
    "currency",
    "billing_mode",
    "credit_limit_cents",
]


class CreditForm(DynamicForm):
    """What a credit by hand needs."""

    amount_cents = MoneyField(
        "Amount",
        validators=[InputRequired("Enter an amount, like 250.00.")],
        render_kw={"class": "num-input", "inputmode": "decimal"},
    )
    reason = StringField(
        "Reason",
        description="Kept with the booking, like “Bank transfer of 21 November”.",
        validators=[InputRequired("Say why, in a few words."), Length(max=500)],
    )


class PartnerScreen(Screen):
    """All partners."""

    datamodel = ServiceInterface(Partner)
    route_base = "/partners"
    class_permission_name = "Partner"
    noun = "partner"
    about = "Who buys leads, and from what money."
    empty_title = "No partner yet"
    empty_text = "A partner buys leads through subscriptions, paid from a wallet."
    include_route_methods = WRITE | {"credit"}
    list_columns = [
        "name",
        "status",
        "billing_mode",
        "currency",
        "credit_limit_cents",
        "timezone",
    ]
    order_columns = ["name", "status", "credit_limit_cents"]
    search_columns = ["name", "status", "billing_mode"]
    add_columns = edit_columns = COLUMNS
    show_columns = [*COLUMNS, "created_at"]
    show_template = "screens/partner.html"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a partner
        """Return the wallet and the standing orders."""
        orders = db.session.query(Subscription).filter_by(partner_id=item.id)
        return {
            "wallet": wallet_of(item.id),
            "money": money,
            "subscriptions": orders.order_by(Subscription.id).limit(100).all(),
        }

    @expose("/credit/<pk>", methods=["GET", "POST"])
    @has_access
    def credit(self, pk: str) -> str | Response:
        """Add credit to the wallet by hand."""
        partner = self.get_or_404(pk)
        form = CreditForm()
        if form.validate_on_submit():
            cents, why = form.amount_cents.data, form.reason.data
            actor = current_actor()
            if self.try_at(form, lambda: credit_partner(partner.id, cents, why, actor)):
                flash(f"{money(cents, partner.currency)} added.", "success")
                return redirect(url_for(f"{self.endpoint}.show", pk=pk))
        return self.render(
            "screens/form.html",
            f"Add credit: {partner.name}",
            form=form,
            cancel_url=url_for(f"{self.endpoint}.show", pk=pk),
            button="Add credit",
            about=f"In {partner.currency}, available at once.",
        )
