"""What the router reads of a campaign and its leads, all in one trip to the server.

Under lock for a hold, in the house's order (campaign's routing row, leads,
subscriptions, accounts), or plainly to look.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.bids import Bid
from app.domain.groups import compile_groups
from app.domain.price_rules import compile_age_prices, percent_at
from app.domain.routing_facts import CampaignFacts, LeadFacts
from app.domain.states import Method
from app.services.commission import terms_of
from app.services.lead_values import COLUMNS, lead_values
from app.services.orders import Orders, orders_asked, orders_of
from app.trips import ask

LOCK_ROUTING = text(
    "SELECT 1 FROM campaign_routing WHERE campaign_id = :campaign FOR UPDATE"
)
READ_CAMPAIGN = text(
    "SELECT c.id, c.status, c.method, c.groups, c.percentage_window, c.price_cents,"
    " c.currency, c.delivery_minutes,"
    " c.commission_bp, c.commission_cents, c.intro_commission_bp, c.intro_until,"
    " c.age_prices, c.min_margin_cents,"
    " (SELECT min(k.scope) FROM kill_switch k WHERE k.off_at IS NULL"
    "   AND (k.scope = 'all' OR k.campaign_id = c.id)) AS stopped,"
    " clock_timestamp() AS now FROM campaign c WHERE c.id = :campaign"
)
LEADS = (
    "SELECT l.id, l.status, l.is_bulk, l.due_at, l.max_sales,"  # noqa: S608 - ours
    " l.slots_taken, l.live_at,"
    f" {COLUMNS},"
    " v.commission_bp, v.commission_cents, v.intro_commission_bp, v.intro_until"
    " FROM lead l JOIN lead_contact k ON k.lead_id = l.id"
    " JOIN campaign c ON c.id = l.campaign_id"
    " LEFT JOIN vendor v ON v.id = l.vendor_id{join}"
    " WHERE l.id = ANY(:leads) AND l.campaign_id = :campaign ORDER BY l.id"
)
PLAIN = text(LEADS.format(join=""))
LOCKED = text(f"{PLAIN} FOR NO KEY UPDATE OF l")
STILL_OURS = " JOIN work w ON w.lead_id = l.id AND w.lease_token = :token"
LOCKED_UNDER_TOKEN = text(f"{LEADS.format(join=STILL_OURS)} FOR NO KEY UPDATE OF l, w")
SOLD_BEFORE = text(
    'SELECT t.lead_id, t.partner_id, t.subscription_id, s."group", t.slot_freed,'
    " t.status = 'released' AND NOT t.slot_burnt AS is_free,"
    # What a kill switch took back was never refused: it may be sold there again.
    " t.released_at >= l.live_at AND coalesce(t.reason, '') NOT LIKE 'stopped:%'"
    "   AS is_recent"
    " FROM transaction t JOIN lead l ON l.id = t.lead_id"
    " JOIN subscription s ON s.id = t.subscription_id WHERE t.lead_id = ANY(:leads)"
)
OWED_BEFORE = text(
    "SELECT lead_id, counted FROM routing_run"
    " WHERE lead_id = ANY(:leads) AND counted IS NOT NULL"
)


@dataclass
class Before:
    """Where a lead was before.

    `taken` are the partners who have it; of subscriptions, `tried` are those that gave
    it back, `owed` those whose percentage counts it already. `sold_in` counts the sales
    that stand by the group that bought.
    """

    taken: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)
    sold_in: Counter[str | None] = field(default_factory=Counter)


@dataclass(frozen=True)
class Found:
    """A campaign with its orders, and leads of it with where they were before."""

    campaign: Any
    terms: CampaignFacts
    leads: Sequence[Any]
    before: Mapping[int, Before]
    orders: Orders
    by_hand: bool = False

    def is_late(self, row: Any) -> bool:  # noqa: ANN401 - a row
        """Say whether the lead's promise has passed; by hand that is no matter."""
        has_passed = row.due_at is not None and row.due_at <= self.campaign.now
        return has_passed and not self.by_hand

    def is_too_late(self, row: Any) -> bool:  # noqa: ANN401 - a row
        """Say whether it is late, and older than any order takes late leads."""
        if not self.is_late(row):
            return False
        most = max((one.backfill_days for one in self.orders.facts), default=0)
        return self.age_of(row) > timedelta(days=most)

    def age_of(self, row: Any) -> timedelta:  # noqa: ANN401 - a row
        """Return for how long the lead has been live."""
        now: datetime = self.campaign.now
        return now - row.live_at if row.live_at else timedelta()

    def facts(
        self,
        row: Any,  # noqa: ANN401 - a row
        bids: Mapping[int, Bid] | None = None,
    ) -> LeadFacts:
        """Return what the rules of the domain are told of a lead."""
        before = self.before[row.id]
        age = self.age_of(row)
        return LeadFacts(
            lead_values(row),
            row.max_sales - row.slots_taken,
            frozenset(before.taken),
            frozenset(before.tried),
            frozenset(before.owed),
            price_percent=percent_at(age, self.terms.age_prices),
            is_test=row.is_test,
            vendor=None if row.vendor_id is None else terms_of(row),
            bids=bids,
            is_late=self.is_late(row),
            age=age,
            is_whole=row.slots_taken == 0,
            sold_in=before.sold_in,
        )


def find_to_hold(
    session: Session,
    campaign_id: int,
    lead_ids: Sequence[int],
    token: UUID | None = None,
    by_hand: int | None = None,
) -> Found:
    """Lock what a hold moves; under a token those leads alone whose work bears it.

    The moment is read after the wait for the campaign's lock: what is held now belongs
    to today's windows.
    """
    bound = {"leads": list(lead_ids), "campaign": campaign_id, "token": token}
    leads = LOCKED if token is None else LOCKED_UNDER_TOKEN
    _, *found = ask(
        session,
        (LOCK_ROUTING, bound),
        (READ_CAMPAIGN, bound),
        (leads, bound),
        (SOLD_BEFORE, bound),
        (OWED_BEFORE, bound),
        *orders_asked(campaign_id, lock=True, by_hand=by_hand),
    )
    return replace(_found(*found), by_hand=by_hand is not None)


def look(
    session: Session,
    campaign_id: int,
    lead_ids: Sequence[int],
    *,
    by_hand: bool = False,
) -> Found:
    """Read how things stand, without a lock; `by_hand` for a sale to any order."""
    bound = {"leads": list(lead_ids), "campaign": campaign_id}
    found = _found(
        *ask(
            session,
            (READ_CAMPAIGN, bound),
            (PLAIN, bound),
            (SOLD_BEFORE, bound),
            (OWED_BEFORE, bound),
            *orders_asked(campaign_id, lock=False, every=by_hand),
        )
    )
    return replace(found, by_hand=by_hand)


def _found(
    campaigns: Sequence[Any],
    leads: Sequence[Any],
    sold: Sequence[Any],
    owed: Sequence[Any],
    *orders: Sequence[Any],
) -> Found:
    [campaign] = campaigns
    before = _before(sold, owed)
    terms = CampaignFacts(
        Method(campaign.method),
        terms_of(campaign),
        campaign.min_margin_cents,
        compile_age_prices(campaign.age_prices),
        compile_groups(campaign.groups)
        if campaign.method == Method.groups.name
        else (),
    )
    return Found(campaign, terms, leads, before, orders_of(campaign, terms, *orders))


def _before(sold: Sequence[Any], owed: Sequence[Any]) -> Mapping[int, Before]:
    found: dict[int, Before] = defaultdict(Before)
    for row in sold:
        if not row.is_free:
            found[row.lead_id].taken.add(row.partner_id)
            found[row.lead_id].sold_in[row.group] += not row.slot_freed
        elif row.is_recent:
            found[row.lead_id].tried.add(row.subscription_id)
    for row in owed:
        found[row.lead_id].owed.update(row.counted)
    return found
