"""What the router is told: about a lead, a subscription, and how things stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.bids import Bid
from app.domain.commission import Terms
from app.domain.filters import Filter
from app.domain.open_hours import OpenHours
from app.domain.price_rules import WHOLE, AgePrice, PriceRule
from app.domain.schedule import Schedule
from app.domain.states import Method, SaleType
from app.domain.windows import Window


@dataclass(frozen=True)
class Group:
    """A tier of a campaign: asked by its own method, after the tiers before it.

    It may buy a lead `limit` times; one that `stops` lets no later tier be asked once
    it bought.
    """

    name: str
    method: Method
    limit: int | None = None
    stops: bool = False


@dataclass(frozen=True)
class CampaignFacts:
    """What a campaign sells its leads by; `groups`, if any, each by its own method.

    `share` is what it says of the platform's share of a sale, of which no sale may
    leave less than `min_margin_cents`.
    """

    method: Method
    share: Terms = field(default=Terms())
    min_margin_cents: int | None = None
    age_prices: tuple[AgePrice, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def tiers(self) -> tuple[Group, ...]:
        """The groups in order; without any all are of one without a name."""
        return self.groups or (Group("", self.method),)

    def tier_of(self, name: str | None) -> Group:
        """Return the group of who names that one: the last one where there is none."""
        named = (group for group in self.tiers if group.name == name)
        return next(named, self.tiers[-1])


@dataclass(frozen=True)
class LeadFacts:
    """A lead to be sold.

    `values` is flat, the campaign's own fields under `fields.<name>`; `free_slots` is
    what is left of `max_sales`; `partners_taken` hold, bought or have the lead in a
    cart; `subscriptions_tried` gave it back; `subscriptions_owed` were found eligible
    before, and are owed their percentage of it already. It costs `price_percent` of any
    price for its age; a test costs nothing and counts nowhere. `vendor` is what whose
    lead it is agreed to leave to the platform. `bids` are those of this run, by
    subscription; None where nobody was asked for any. One that `is_late` was not sold
    within its promise; `age` counts from when it came live. It `is_whole` while nobody
    has a part of it; `sold_in` counts the sales that stand by the name of their group.
    """

    values: Mapping[str, object]
    free_slots: int
    partners_taken: frozenset[int] = frozenset()
    subscriptions_tried: frozenset[int] = frozenset()
    subscriptions_owed: frozenset[int] = frozenset()
    price_percent: int = WHOLE
    is_test: bool = False
    vendor: Terms | None = None
    bids: Mapping[int, Bid] | None = None
    is_late: bool = False
    age: timedelta = timedelta()
    is_whole: bool = True
    sold_in: Mapping[str | None, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Limit:
    """Cap and budget of one window; None is no limit, 0 lets nothing through.

    With `hours` it is let through evenly over them.
    """

    window: Window
    count: int | None = None
    cents: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hours: OpenHours | None = None


@dataclass(frozen=True)
class LimitTerms:
    """The limits that an order sets, whatever the moment.

    A weekday's goes before the day's own; `is_even` paces days, weeks and months;
    leads wait for one that `is_queued`.
    """

    limits: tuple[Limit, ...] = ()
    weekday_caps: Mapping[str, int] = field(default_factory=dict)
    weekday_cents: Mapping[str, int] = field(default_factory=dict)
    is_even: bool = False
    is_queued: bool = False


@dataclass(frozen=True)
class SubscriptionFacts:
    """A subscription as the router sees it.

    `price_cents` is what a lead costs that none of its `price_rules` matches; None
    sells no such lead. Alone it costs `exclusive_price_cents`, where that is set. Whose
    `group` the campaign does not know is of its last one. `stopped` names the scope of
    a kill switch that covers it. One that `is_asked` bids for each lead, that price or
    more; `reject_rate_bp` of what it won by its bids it refused. Late leads it takes up
    to an age of `backfill_days`.
    """

    id: int
    partner_id: int
    price_cents: int | None
    zone: ZoneInfo
    is_active: bool = True
    schedule: Schedule | None = None
    rule: Filter | None = None
    price_rules: tuple[PriceRule, ...] = ()
    priority: int = 0
    weight: int = 1
    percent: int = 0
    group: str | None = None
    sale_type: SaleType = SaleType.shared
    exclusive_price_cents: int | None = None
    limits: tuple[Limit, ...] = ()
    terms: LimitTerms | None = None
    endpoint_up: bool = True
    timeout_s: int = 0
    stopped: str | None = None
    last_sold_at: datetime | None = None
    return_rate_bp: int = 0
    is_asked: bool = False
    reject_rate_bp: int = 0
    backfill_days: int = 0


@dataclass(slots=True)
class Used:
    """What a window has taken so far: leads, and their price in minor units."""

    count: int = 0
    cents: int = 0


@dataclass
class Standing:
    """How things stand, carried from lead to lead through a batch.

    `usage` is of the windows that are current; `available` is each partner's money in
    minor units, credit included; `deficits` are in nano-leads (owed less taken), for
    percentages those of the window that is current. `waiting` is what leads
    wait for, by window and its start; `expected` when so many others come that waited
    before, by subscription.
    """

    usage: dict[tuple[int, Window], Used] = field(default_factory=dict)
    available: dict[int, int] = field(default_factory=dict)
    deficits: dict[int, int] = field(default_factory=dict)
    last_sold_at: dict[int, datetime] = field(default_factory=dict)
    waiting: dict[tuple[int, Window, datetime | None], Used] = field(
        default_factory=dict
    )
    expected: dict[int, list[tuple[datetime, int]]] = field(default_factory=dict)
