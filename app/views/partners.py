"""Partners: accounts that buy leads, with their wallets and credits by hand."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.domain.states import MoneyOrderKind
from app.models.partner import Partner
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.money_orders import order_money
from app.services.overview import OUT_OF_FUNDS
from app.services.wallet import wallet_of
from app.views.fields import MoneyField
from app.views.formats import money
from app.views.forms import NUMBER
from app.views.listing import Listing
from app.views.money_orders import AdjustForm
from app.views.reading import Related
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface
from app.views.switches import Stoppable

COLUMNS = [
    "name",
    "status",
    "timezone",
    "currency",
    "billing_mode",
    "credit_limit_cents",
    "low_balance_cents",
    "return_policy",
]


class CreditForm(DynamicForm):
    """What a credit by hand needs."""

    amount_cents = MoneyField(
        "Amount",
        least=1,
        validators=[InputRequired("Enter an amount, like 250.00.")],
        render_kw=NUMBER,
    )
    reason = StringField(
        "Reason",
        description="Kept with the booking, like “Bank transfer of 21 November”.",
        validators=[InputRequired("Say why, in a few words."), Length(max=500)],
    )


class PartnerScreen(Stoppable, Screen):
    """All partners."""

    datamodel = ServiceInterface(Partner)
    route_base = "/partners"
    class_permission_name = "Partner"
    noun = "partner"
    about = "Who buys leads, and from what money."
    empty_title = "No partner yet"
    empty_text = "A partner buys leads through subscriptions, paid from a wallet."
    stopped_by = "partner_id"
    include_route_methods = WRITE | {"credit", "adjust"}
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
    row_filters = {"funds": lambda: (("out", "Too little for the next lead"),)}
    related = (
        Related("SubscriptionScreen", "partner_id", "Subscriptions"),
        Related("EndpointScreen", "partner_id", "Endpoints"),
        Related("TransactionScreen", "partner_id", "Transactions"),
        Related("PaymentScreen", "partner_id", "Payments"),
        Related("DeliveryScreen", "partner_id", "Deliveries"),
    )
    add_columns = edit_columns = COLUMNS
    show_columns = [*COLUMNS, "created_at"]
    show_template = "screens/partner.html"
    label_columns = {"funds": "Funds"}

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep those that cannot pay for what they ordered."""
        is_asked = listing.filters.get("funds") == "out"
        return query.filter(OUT_OF_FUNDS) if is_asked else query

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a partner
        """Return the wallet."""
        return {"wallet": wallet_of(item.id), "money": money}

    @expose("/credit/<pk>", methods=["GET", "POST"])
    @has_access
    def credit(self, pk: str) -> str | Response:
        """Add credit to the wallet by hand."""
        partner = self.get_or_404(pk)
        form, actor = CreditForm(), current_actor()

        def run() -> Answer:
            amount, why = form.amount_cents.data, form.reason.data
            kind = MoneyOrderKind.credit
            return order_money(kind, partner.id, amount, why, actor)

        return self.ask(
            form,
            partner,
            run,
            title=f"Add credit: {partner.name}",
            button="Add credit",
            said="Credit added.",
            about=f"In {partner.currency}, available at once.",
        )

    @expose("/adjust/<pk>", methods=["GET", "POST"])
    @has_access
    def adjust(self, pk: str) -> str | Response:
        """Correct the wallet by hand, up or down."""
        partner = self.get_or_404(pk)
        form, actor = AdjustForm(), current_actor()

        def run() -> Answer:
            amount, why = form.amount_cents.data, form.reason.data
            kind = MoneyOrderKind.wallet
            return order_money(kind, partner.id, amount, why, actor)

        return self.ask(
            form,
            partner,
            run,
            title=f"Correct the wallet: {partner.name}",
            button="Correct",
            said="Corrected.",
            about=f"In {partner.currency}. For money that came in, add credit instead.",
        )
