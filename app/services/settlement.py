"""Settlement: slots and money of deliveries that ended, moved currency by currency.

Callers hold the leads' locks; subscriptions and accounts are locked here, each by id.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.delivery import Step, StepKind
from app.domain.states import Stage
from app.services.accounts import lock_accounts
from app.services.holds import Held, capture_holds, release_holds, release_money
from app.services.ledger import Chart, Sale
from app.services.work import put

HELD = text(
    "SELECT d.id AS delivery_id, t.id, t.lead_id, t.partner_id, t.vendor_id,"
    " t.subscription_id, t.price_cents, t.currency, t.commission_bp,"
    " t.commission_cents, t.held_at, t.stakes, l.is_test"
    " FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN lead l ON l.id = t.lead_id WHERE d.id = ANY(:ids) AND t.status = 'held'"
    " ORDER BY t.id"
)
LOCK_SUBSCRIPTIONS = text(
    "SELECT id FROM subscription WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)


def settle(session: Session, ended: Mapping[int, Step]) -> None:
    """Settle deliveries, {id: the step that ended it}; what is released routes on."""
    if not ended:
        return
    rows = session.execute(HELD, {"ids": list(ended)}).all()
    pairs = [(_held(row), ended[row.delivery_id]) for row in rows]
    released = [held for held, step in pairs if step.kind is StepKind.release]
    _lock_subscriptions(session, released)
    by_currency: dict[str, list[tuple[Held, Step]]] = defaultdict(list)
    for held, step in pairs:
        by_currency[held.sale.currency].append((held, step))
    for currency, group in sorted(by_currency.items()):
        _settle_currency(session, currency, group)
    for held in released:
        put(session, held.lead_id, Stage.routing)


def _settle_currency(
    session: Session, currency: str, group: Sequence[tuple[Held, Step]]
) -> None:
    balances = lock_accounts(
        session,
        currency,
        [held.sale.partner_id for held, _ in group],
        [held.sale.vendor_id for held, _ in group if held.sale.vendor_id],
    )
    chart = Chart(session, currency, balances)

    def of_kind(kind: StepKind) -> list[tuple[Held, str]]:
        return [(held, step.reason) for held, step in group if step.kind is kind]

    capture_holds(session, chart, [held for held, _ in of_kind(StepKind.capture)])
    release_holds(session, chart, of_kind(StepKind.release))
    release_money(session, chart, of_kind(StepKind.release_money))


def _lock_subscriptions(session: Session, released: Iterable[Held]) -> None:
    ids = {int(key) for held in released for key in held.stakes}
    ids |= {held.subscription_id for held in released}
    if ids:
        session.execute(LOCK_SUBSCRIPTIONS, {"ids": sorted(ids)})


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
    )
