"""Partners: accounts that buy leads, with their wallets and credits by hand."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.models.partner import Partner
from app.services.overview import OUT_OF_FUNDS
from app.services.wallet import wallet_of
from app.views.by_hand import CREDIT, WALLET, MovesMoney
from app.views.formats import money
from app.views.listing import Listing
from app.views.reading import Related
from app.views.rules import PolicyWords
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


class PartnerScreen(Stoppable, MovesMoney, PolicyWords, Screen):
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
        return self.move(pk, CREDIT)

    @expose("/adjust/<pk>", methods=["GET", "POST"])
    @has_access
    def adjust(self, pk: str) -> str | Response:
        """Correct the wallet by hand, up or down."""
        return self.move(pk, WALLET)
