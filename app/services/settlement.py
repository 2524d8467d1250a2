"""Settlement: slots and money of deliveries that ended, moved currency by currency.

Callers hold the leads' locks; subscriptions and accounts are locked here, each by id.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.delivery import Step, StepKind
from app.domain.states import Stage
from app.services.accounts import balance_of
from app.services.endings import Held, capture_holds, release_holds, release_money
from app.services.ledger import Chart, Sale
from app.services.work import put
from app.trips import Asked, ask

HELD = text(
    "SELECT d.id AS delivery_id, t.id, t.lead_id, t.partner_id, t.vendor_id,"
    " t.subscription_id, t.price_cents, t.currency, t.commission_bp,"
    " t.commission_cents, t.held_at, t.stakes, t.slots, l.is_test"
    " FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN lead l ON l.id = t.lead_id WHERE d.id = ANY(:ids) AND t.status = 'held'"
    " ORDER BY t.id"
)
# A hold that is released moved the deficits of all it had stakes in.
LOCK_SUBSCRIPTIONS = text(
    "SELECT id FROM subscription WHERE id = ANY(ARRAY("
    "  SELECT t.subscription_id FROM delivery d"
    "    JOIN transaction t ON t.id = d.transaction_id WHERE d.id = ANY(:released)"
    "  UNION SELECT jsonb_object_keys(t.stakes)::bigint FROM delivery d"
    "    JOIN transaction t ON t.id = d.transaction_id WHERE d.id = ANY(:released)))"
    " ORDER BY id FOR NO KEY UPDATE"
)
LOCK_ACCOUNTS = text(
    "SELECT id, partner_id, vendor_id, currency, kind, balance_cents, floor_cents"
    " FROM account WHERE id = ANY(ARRAY("
    "  SELECT a.id FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    "    JOIN account a ON a.partner_id = t.partner_id AND a.currency = t.currency"
    "   WHERE d.id = ANY(:ids)"
    "  UNION SELECT a.id FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    "    JOIN account a ON a.vendor_id = t.vendor_id AND a.currency = t.currency"
    "   WHERE d.id = ANY(:ids))) ORDER BY id FOR NO KEY UPDATE"
)
REVENUE = text(
    "SELECT currency, id FROM account WHERE kind = 'revenue'"
    " AND partner_id IS NULL AND vendor_id IS NULL"
)


def settle(session: Session, ended: Mapping[int, Step], *first: Asked) -> None:
    """Settle deliveries, {id: the step that ended it}; what is released routes on.

    What is asked `first` goes to the server on the same trip.
    """
    given_back = [id_ for id_, one in ended.items() if one.kind is StepKind.release]
    *_, rows, accounts, revenues = ask(
        session,
        *first,
        (LOCK_SUBSCRIPTIONS, {"released": given_back}),
        (HELD, {"ids": list(ended)}),
        (LOCK_ACCOUNTS, {"ids": list(ended)}),
        (REVENUE, {}),
    )
    pairs = [(_held(row), ended[row.delivery_id]) for row in rows]
    for currency in sorted({held.sale.currency for held, _ in pairs}):
        chart = Chart(
            session,
            currency,
            [balance_of(row) for row in accounts if row.currency == currency],
            next((row.id for row in revenues if row.currency == currency), None),
        )
        group = [(h, step) for h, step in pairs if h.sale.currency == currency]
        _settle_currency(session, chart, group)
    for held, step in pairs:
        if step.kind is StepKind.release:
            put(session, held.lead_id, Stage.routing)


def _settle_currency(
    session: Session, chart: Chart, group: Sequence[tuple[Held, Step]]
) -> None:
    def of_kind(kind: StepKind) -> list[tuple[Held, str]]:
        return [(held, step.reason) for held, step in group if step.kind is kind]

    capture_holds(session, chart, [held for held, _ in of_kind(StepKind.capture)])
    release_holds(session, chart, of_kind(StepKind.release))
    release_money(session, chart, of_kind(StepKind.release_money))


def _held(row: Any) -> Held:  # noqa: ANN401 - a row
    sale = Sale(
        row.id,
        row.partner_id,
        row.vendor_id,
        row.price_cents,
        row.currency,
        row.commission_bp,
        row.commission_cents,
    )
    return Held(
        sale,
        row.lead_id,
        row.subscription_id,
        row.held_at,
        {int(key): stake for key, stake in row.stakes.items()},
        row.is_test,
        row.slots,
    )
