"""Whether what a ping tells of a campaign's own fields is nobody's contact data."""

import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.fields import OPEN_TYPES, read_specs
from app.domain.states import CampaignStatus, SubscriptionStatus
from app.gateways.delivery.ping import Ping, ping_of
from app.models.campaign import Campaign
from app.models.partner import Endpoint
from app.models.subscription import Subscription
from app.services.saving import Errors

OPEN = "A ping tells only answers that are a choice, a number, yes or no, or a date"


def check_answers_told(
    session: Session, endpoint: Endpoint, ping: Ping, errors: Errors
) -> None:
    """Refuse a mapping of answers that are text in a campaign it is asked for.

    Where it is asked for none yet, some campaign has to ask for such an answer.
    """
    own = select(Campaign.fields).where(
        Campaign.id == Subscription.campaign_id,
        Subscription.endpoint_id == endpoint.id,
        Subscription.status != SubscriptionStatus.archived,
    )
    fields = session.scalars(own).all() if endpoint.id else []
    is_asked = bool(fields)
    if not is_asked:
        there = Campaign.status != CampaignStatus.archived
        fields = session.scalars(select(Campaign.fields).where(there)).all()
    for index, rule in enumerate(ping.mapping.rules):
        if rule.source.path[:1] != ("fields",):
            continue
        types = _types(fields, rule.source.path[1])
        is_open = [type_ in OPEN_TYPES for type_ in types]
        place = f"ping.mapping[{index}].source"
        if not types:
            errors.add(place, "unknown", "No campaign asks for this.")
        elif not (all(is_open) if is_asked else any(is_open)):
            errors.add(place, "contact", f"{OPEN}; this is {_spoken(types)}.")


def why_not_asked(endpoint: Endpoint, campaign: Campaign) -> str | None:
    """Return why an endpoint cannot be asked for bids on a campaign, or None."""
    ping = ping_of(json.dumps(endpoint.ping), endpoint.format.name)
    for name in sorted(ping.answers if ping else ()):
        types = _types([campaign.fields], name)
        if types and types[0] not in OPEN_TYPES:
            told = f"its ping tells fields.{name}, which is {_spoken(types)} here"
            return f"{OPEN}: {told}."
    return None


def _types(fields: Iterable[object], name: str) -> list[str]:
    specs = (spec for one in fields for spec in read_specs(one))
    return [spec.type for spec in specs if spec.name == name]


def _spoken(types: Iterable[str]) -> str:
    return " or ".join(sorted(set(types) - set(OPEN_TYPES)))
