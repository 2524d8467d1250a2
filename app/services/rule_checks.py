"""Rules against the fields of their campaign, from both sides.

An order's rules name what its campaign asks for; a campaign keeps what rules name.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import InvalidInput
from app.domain.fields import read_specs
from app.domain.filter_checks import check_rule
from app.domain.filter_fields import KnownFields, known_fields
from app.domain.filters import compile_rule
from app.domain.price_rules import compile_price_rules
from app.domain.states import SubscriptionStatus
from app.gateways.regex import compile_regex
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.services.saving import Errors
from app.services.stored import is_new, stored

MOST_TOLD = 3


def fields_for(stored_fields: object) -> KnownFields:
    """Return what rules may name of a campaign with these `fields`."""
    return known_fields(read_specs(stored_fields), is_open=stored_fields is None)


def check_rules(session: Session, order: Subscription, errors: Errors) -> None:
    """Check an order's filters and prices; what stays as it is may be out of date."""
    before = len(errors)
    errors.attempt(lambda: compile_rule(order.filters, compile_regex))
    errors.attempt(lambda: compile_price_rules(order.price_rules, compile_regex))
    if len(errors) > before:
        return
    campaign = session.get(Campaign, order.campaign_id or 0)
    # What is wrong with the campaign comes first: it may not be theirs to know.
    if campaign is not None and errors.spares("campaign_id"):
        known = fields_for(campaign.fields)
        kept = _rules(stored(order, "filters"), stored(order, "price_rules"))
        unchanged = list(kept.values())
        for path, rule in _rules(order.filters, order.price_rules).items():
            if rule not in unchanged:
                errors.attempt(partial(check_rule, rule, known, path))


def check_fields_stay(session: Session, campaign: Campaign, errors: Errors) -> None:
    """Keep the fields on which orders rest: without them a rule would match nothing.

    Or, worse, all: what is not there is not what was excluded.
    """
    before = stored(campaign, "fields")
    if is_new(campaign) or before == campaign.fields:
        return
    if any(error.field.startswith("fields") for error in errors):
        return
    broken = list(_broken(session, campaign, before))
    if not broken:
        return
    told = "; ".join(broken[:MOST_TOLD])
    more = f"; and {len(broken) - MOST_TOLD} more" if broken[MOST_TOLD:] else ""
    message = f"Subscriptions filter on it, change them first: {told}{more}."
    errors.add("fields", "in_use", message)


def _broken(session: Session, campaign: Campaign, before: object) -> Iterator[str]:
    """Yield the orders whose rules suited the fields, and would not any more."""
    old, new = fields_for(before), fields_for(campaign.fields)
    orders = session.execute(
        select(
            Subscription.id,
            Subscription.filters,
            Subscription.price_rules,
            Partner.name,
        )
        .join(Partner, Partner.id == Subscription.partner_id)
        .where(
            Subscription.campaign_id == campaign.id,
            Subscription.status != SubscriptionStatus.archived,
            Subscription.filters.is_not(None) | Subscription.price_rules.is_not(None),
        )
        .order_by(Subscription.id)
    )
    for number, filters, price_rules, partner in orders:
        for rule in _rules(filters, price_rules).values():
            said = _why_not(rule, new)
            if said and not _why_not(rule, old):
                yield f"{partner} (subscription {number}): {said.rstrip('.')}"


def _rules(filters: object, price_rules: Any) -> dict[str, object]:  # noqa: ANN401 - JSON
    """Return every filter of an order by its place."""
    prices = enumerate(price_rules or ())
    return {"filters": filters} | {
        f"price_rules[{index}].when": rule["when"] for index, rule in prices
    }


def _why_not(rule: object, known: KnownFields) -> str | None:
    try:
        check_rule(rule, known)
    except InvalidInput as refused:
        return refused.errors[0].message
    return None
