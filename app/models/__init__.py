"""Memory: one file per aggregate, whose constraints make wrong states impossible.

Columns, relationships, constraints and small properties; no queries on other
aggregates, no commits, no decisions.
"""

from app.models import base  # noqa: F401  # isort: skip - naming before any table
from app.models import (
    api_key,
    audit,
    campaign,
    lead,
    lead_return,
    ledger,
    mail,
    money_order,
    partner,
    people,
    platform,
    provider,
    report,
    sale,
    source,
    subscription,
    switch,
    vendor,
    work,
)

__all__ = [
    "api_key",
    "audit",
    "campaign",
    "lead",
    "lead_return",
    "ledger",
    "mail",
    "money_order",
    "partner",
    "people",
    "platform",
    "provider",
    "report",
    "sale",
    "source",
    "subscription",
    "switch",
    "vendor",
    "work",
]
