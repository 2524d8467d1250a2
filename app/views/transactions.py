"""Transactions: leads sold, with refunds and other prices of captured ones."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app.models.sale import Transaction
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.money_orders import order_override, order_refund
from app.views.fields import MoneyField
from app.views.formats import money, percent, reason
from app.views.forms import NUMBER
from app.views.reading import Related
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface

READ_BY = "Kept with the booking. The partner and the vendor read it."


class RefundForm(DynamicForm):
    """What a refund needs."""

    amount_cents = MoneyField(
        "Amount",
        description="Empty refunds all that is left of it.",
        least=1,
        validators=[Optional()],
        render_kw=NUMBER,
    )
    reason = StringField(
        "Reason",
        description=READ_BY,
        validators=[InputRequired("Say why, in a few words."), Length(max=500)],
    )


class OverrideForm(DynamicForm):
    """What another price needs."""

    price_cents = MoneyField(
        "New price",
        description="What the sale costs instead, as a whole.",
        least=1,
        validators=[InputRequired("Enter a price, like 25.00.")],
        render_kw=NUMBER,
    )
    reason = StringField(
        "Reason",
        description=READ_BY,
        validators=[InputRequired("Say why, in a few words."), Length(max=500)],
    )


class TransactionScreen(Screen):
    """All transactions."""

    datamodel = ServiceInterface(Transaction)
    route_base = "/transactions"
    class_permission_name = "Transaction"
    noun = "transaction"
    about = "Leads sold: money is held at the sale and captured at the hand-over."
    empty_title = "Nothing sold yet"
    empty_text = "A transaction appears when the router finds a partner for a lead."
    include_route_methods = READ | {"refund", "override"}
    list_columns = [
        "public_id",
        "status",
        "partner.name",
        "campaign.name",
        "price_cents",
        "refunded_cents",
        "held_at",
    ]
    order_columns: Sequence[str] = []
    search_columns = ["status", "held_at"]
    # Its index of times finds blocks, but keeps no order; the newest come by number.
    orders_by_period = False
    row_filters = {"partner_id": None, "campaign_id": None, "vendor_id": None}
    show_columns = [
        "public_id",
        "status",
        "reason",
        "partner.name",
        "campaign.name",
        "vendor.name",
        "price_cents",
        "charged_cents",
        "refunded_cents",
        "commission_bp",
        "commission_cents",
        "held_at",
        "captured_at",
        "released_at",
    ]
    formatters_columns = {
        "reason": reason,
        "commission_bp": percent,
        "public_id": lambda public_id: f"…{str(public_id)[-12:]}",
    }
    related = (Related("PaymentScreen", "transaction_id", "In the books"),)
    show_template = "screens/transaction.html"

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a transaction
        """Name the sale by its partner and price."""
        return f"{money(item.price_cents, item.currency)} from {item.partner.name}"

    @expose("/refund/<pk>", methods=["GET", "POST"])
    @has_access
    def refund(self, pk: str) -> str | Response:
        """Give a captured price back, whole or in part."""
        sale = self.get_or_404(pk)
        form, actor = RefundForm(), current_actor()

        def run() -> Answer:
            amount, why = form.amount_cents.data, form.reason.data
            return order_refund(sale.id, amount, why, actor)

        left = money(sale.left_cents, sale.currency)
        return self.ask(
            form,
            sale,
            run,
            title=f"Refund to {sale.partner.name}",
            button="Refund",
            said="Refunded.",
            about=f"{left} can be refunded. The vendor's share is taken back with it.",
        )

    @expose("/override/<pk>", methods=["GET", "POST"])
    @has_access
    def override(self, pk: str) -> str | Response:
        """Charge another price, higher or lower."""
        sale = self.get_or_404(pk)
        form, actor = OverrideForm(), current_actor()

        def run() -> Answer:
            price, why = form.price_cents.data, form.reason.data
            return order_override(sale.id, price, why, actor)

        now = money(sale.charged_cents, sale.currency)
        return self.ask(
            form,
            sale,
            run,
            title=f"Change the price for {sale.partner.name}",
            button="Change price",
            said="Price changed.",
            about=f"It costs {now} now. The wallet pays or gets the difference, and the"
            " vendor's share follows. To take the whole sale back, refund it.",
        )
