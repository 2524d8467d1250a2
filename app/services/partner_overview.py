"""A partner's month at a glance: what came, what it cost, what needs its attention.

The month is the partner's own; what is not well is told as a code and what it is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.funds import PACE_DAYS, Funds, judge_funds
from app.domain.people import Actor
from app.models.partner import Partner
from app.services.limit_use import CHEAPEST, DEAREST, LIMITS_OF_WINDOW
from app.services.own import own_partner
from app.services.wallet import wallet_of

# The partner's newest sales, read off its own index, which has all that is asked for,
# as far back as is asked for. A campaign's own switch is told with the orders on it.
FIGURES = text(
    """
WITH since AS (
  SELECT date_trunc('month', now(), :zone) AS month,
         now() - make_interval(days => :pace) AS pace
), recent AS MATERIALIZED (
  SELECT t.status, t.held_at, t.captured_at, t.price_cents, t.override_cents,
         t.refunded_cents
    FROM since, transaction t
   WHERE t.partner_id = :partner
     AND t.id > coalesce((
       SELECT id FROM transaction
        WHERE partner_id = :partner AND held_at < least(since.month, since.pace)
        ORDER BY id DESC LIMIT 1), 0)
)
SELECT count(*) FILTER (WHERE held_at >= month AND status <> 'released') AS received,
       count(*) FILTER (WHERE captured_at >= month) AS delivered,
       coalesce(sum(price_cents + override_cents - refunded_cents)
         FILTER (WHERE captured_at >= month), 0) AS spent,
       coalesce(sum(price_cents + override_cents - refunded_cents)
         FILTER (WHERE captured_at >= pace), 0) AS paced,
       (SELECT count(*) FROM endpoint
         WHERE partner_id = :partner AND status <> 'archived') AS endpoints,
       EXISTS (SELECT FROM kill_switch
         WHERE off_at IS NULL AND campaign_id IS NULL
           AND coalesce(partner_id, :partner) = :partner) AS is_stopped
  FROM since LEFT JOIN recent ON true
"""
)
ORDERS = text(
    f"""
SELECT s.id, c.name, s.status, c.status = 'active' AND NOT EXISTS (
         SELECT FROM kill_switch k WHERE k.campaign_id = c.id AND k.off_at IS NULL
       ) AS is_selling,
       {DEAREST} AS price_cents,
       (SELECT w.kind FROM subscription_window w{LIMITS_OF_WINDOW}
         WHERE w.subscription_id = s.id AND w.ends_at > now()
           AND (w.holds >= cap OR w.cents >= budget
             OR w.cents + {CHEAPEST} > budget)
         ORDER BY w.ends_at DESC LIMIT 1) AS full_window
  FROM subscription s JOIN campaign c ON c.id = s.campaign_id
  JOIN partner p ON p.id = s.partner_id
 WHERE s.partner_id = :partner AND s.status <> 'archived'
 ORDER BY c.name, s.id
"""  # noqa: S608 - all is ours
)
ENDPOINTS = text(
    """
SELECT e.id, e.name, e.status, e.failures, e.open_until > now() AS resting
  FROM endpoint e
 WHERE e.partner_id = :partner
   AND (e.status = 'disabled' OR e.open_until > now() OR e.failures > 0)
   AND EXISTS (SELECT FROM subscription s
                WHERE s.endpoint_id = e.id AND s.status = 'active')
 ORDER BY e.name, e.id
"""
)
# What was spent lately, and the price of the dearest lead that is ordered.
PACE = text(
    "WITH since AS (SELECT now() - make_interval(days => :pace) AS pace)"  # noqa: S608
    " SELECT (SELECT coalesce(sum(price_cents + override_cents - refunded_cents), 0)"
    "  FROM transaction"
    "  WHERE partner_id = :partner AND captured_at >= since.pace"
    "    AND id > coalesce((SELECT id FROM transaction WHERE partner_id = :partner"
    "      AND held_at < since.pace ORDER BY id DESC LIMIT 1), 0)) AS paced,"
    f" (SELECT max({DEAREST})"
    "  FROM subscription s JOIN campaign c ON c.id = s.campaign_id"
    "  WHERE s.partner_id = :partner AND s.status = 'active') AS dearest FROM since"
)


@dataclass(frozen=True)
class Reach:
    """What a partner's wallet holds, in minor units, and how far that goes."""

    wallet: dict[str, Any]
    currency: str
    funds: Funds


@dataclass(frozen=True)
class Concern:
    """Something that keeps leads from coming: a code, and the row it is about."""

    code: str
    id: int | None = None
    name: str = ""
    detail: str = ""


@dataclass(frozen=True)
class PartnerOverview:
    """This month's figures, in minor units of one currency, and the concerns."""

    received: int
    delivered: int
    spent_cents: int
    currency: str
    wallet: dict[str, Any]
    funds: Funds
    orders: int
    endpoints: int
    concerns: list[Concern]


def overview_of_partner(actor: Actor) -> PartnerOverview:
    """Return the month of the actor's own partner; raises NotAllowed without one."""
    with transaction() as session:
        partner = session.get(Partner, actor.partner_id) if actor.partner_id else None
        if partner is None:
            raise NotAllowed("This is for a partner's people.")
        bound = {"partner": partner.id, "zone": partner.timezone, "pace": PACE_DAYS}
        figures = session.execute(FIGURES, bound).one()
        orders = session.execute(ORDERS, {"partner": partner.id}).all()
        prices = [row.price_cents for row in orders if row.status == "active"]
        wallet = wallet_of(partner.id)
        funds = judge_funds(
            wallet["available_cents"], max(prices, default=None), int(figures.paced)
        )
        return PartnerOverview(
            received=figures.received,
            delivered=figures.delivered,
            spent_cents=int(figures.spent),
            currency=partner.currency,
            wallet=wallet,
            funds=funds,
            orders=len(orders),
            endpoints=figures.endpoints,
            concerns=[
                *_of_account(partner, funds, is_stopped=figures.is_stopped),
                *_of_endpoints(session, partner.id),
                *(one for row in orders for one in _of_order(row)),
            ],
        )


def reach_of_wallet(actor: Actor) -> Reach:
    """Return how far the wallet of the actor's own partner goes; raises NotAllowed."""
    partner_id = own_partner(actor)
    with transaction() as session:
        wallet = wallet_of(partner_id)
        bound = {"partner": partner_id, "pace": PACE_DAYS}
        row = session.execute(PACE, bound).one()
        funds = judge_funds(wallet["available_cents"], row.dearest, int(row.paced))
        return Reach(wallet, wallet["currency"], funds)


def _of_account(
    partner: Partner, funds: Funds, *, is_stopped: bool
) -> Iterator[Concern]:
    if is_stopped:
        yield Concern("selling_stopped", partner.id)
    if partner.status.name != "active":
        yield Concern("account_" + partner.status.name, partner.id)
    if funds is not Funds.enough:
        yield Concern(f"funds_{funds.name}")


def _of_endpoints(session: Session, partner_id: int) -> Iterator[Concern]:
    for row in session.execute(ENDPOINTS, {"partner": partner_id}):
        if row.status == "disabled":
            yield Concern("endpoint_disabled", row.id, row.name)
        elif row.resting:
            yield Concern("endpoint_resting", row.id, row.name, str(row.failures))
        else:
            yield Concern("endpoint_failing", row.id, row.name, str(row.failures))


def _of_order(row: Any) -> Iterator[Concern]:  # noqa: ANN401 - a row
    if row.status == "paused":
        yield Concern("order_paused", row.id, row.name)
    elif not row.is_selling:
        yield Concern("campaign_closed", row.id, row.name)
    elif row.full_window is not None:
        yield Concern("limit_reached", row.id, row.name, row.full_window)
