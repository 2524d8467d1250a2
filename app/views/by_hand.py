"""Money moved by hand, from the page of the partner or vendor whose it is."""

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.forms import DynamicForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.domain.money import MAX_CENTS
from app.domain.states import MoneyOrderKind
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.money_orders import order_money
from app.views.fields import MoneyField
from app.views.forms import NUMBER

AMOUNT = [InputRequired("Enter an amount.")]
WHY = [InputRequired("Say why, in a few words."), Length(max=500)]


class CreditForm(DynamicForm):
    """What a credit needs."""

    amount_cents = MoneyField("Amount", least=1, validators=AMOUNT, render_kw=NUMBER)
    reason = StringField(
        "Reason",
        description="Kept with the booking, like “Bank transfer of 21 November”.",
        validators=WHY,
    )


class AdjustForm(DynamicForm):
    """What a correction needs."""

    amount_cents = MoneyField(
        "Amount",
        description="With a minus before it, it is taken away.",
        least=-MAX_CENTS,
        validators=AMOUNT,
        render_kw=NUMBER,
    )
    reason = StringField(
        "Reason",
        description="Kept with the booking. Whose balance it is reads it.",
        validators=WHY,
    )


@dataclass(frozen=True)
class Movement:
    """A way to move money by hand, and the words of its form."""

    kind: MoneyOrderKind
    form: type[DynamicForm]
    title: str
    button: str
    said: str
    about: str


CREDIT = Movement(
    MoneyOrderKind.credit,
    CreditForm,
    "Add credit",
    "Add credit",
    "Credit added.",
    "It is available at once.",
)
WALLET = Movement(
    MoneyOrderKind.wallet,
    AdjustForm,
    "Correct the wallet",
    "Correct",
    "Corrected.",
    "For money that came in, add credit instead.",
)
PAYABLE = Movement(
    MoneyOrderKind.payable,
    AdjustForm,
    "Correct what is owed",
    "Correct",
    "Corrected.",
    "It counts at the next payout.",
)


class MovesMoney:
    """A screen whose rows own an account; stands left of it."""

    def move(self, pk: str, movement: Movement) -> str | Response:
        """Ask how much and why, and book it, or let it wait for a second person."""
        view: Any = self
        owner = view.get_or_404(pk)
        form, actor = movement.form(), current_actor()

        def run() -> Answer:
            amount, why = form.amount_cents.data, form.reason.data
            return order_money(movement.kind, owner.id, amount, why, actor)

        asked: str | Response = view.ask(
            form,
            owner,
            run,
            title=f"{movement.title}: {owner.name}",
            button=movement.button,
            said=movement.said,
            about=f"In {owner.currency}. {movement.about}",
        )
        return asked
