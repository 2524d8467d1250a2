"""What the tests of routing decide on: a lead, a rule, subscriptions."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import re2

from app.domain.filters import compile_rule
from app.domain.routing_facts import CampaignFacts, LeadFacts, SubscriptionFacts
from app.domain.states import Method

METHODS = [method for method in Method if method is not Method.groups]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CAMPAIGN = CampaignFacts(Method.priority)
LEAD_FACTS = LeadFacts({"state": "CA"}, free_slots=1)
RULE = compile_rule({"field": "state", "op": "eq", "value": "NY"}, re2.compile)


def subscription(identifier: int, **changes: object) -> SubscriptionFacts:
    facts = SubscriptionFacts(identifier, identifier, 0, ZoneInfo("UTC"))
    return replace(facts, **changes)  # type: ignore[arg-type]
