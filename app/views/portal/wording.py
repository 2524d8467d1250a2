"""The sentences of the portal: what keeps leads from coming, and where to mend it."""

from collections.abc import Mapping
from enum import Enum

from markupsafe import Markup

from app.views.formats import words

ORDER, ENDPOINT = "BuyingSubscriptionScreen.show", "BuyingEndpointScreen.show"
WALLET = "BuyingStatementScreen.list"

# By code of services.partner_overview: weight, sentence, endpoint of its page, verb.
CONCERNS = {
    "selling_stopped": (
        "bad",
        "The platform's operators have stopped selling to you for now.",
        "",
        "",
    ),
    "account_paused": (
        "bad",
        "Your account is paused: no lead is sold to you. Ask the platform's operators.",
        "",
        "",
    ),
    "account_archived": (
        "bad",
        "Your account is closed: no lead is sold to you.",
        "",
        "",
    ),
    "funds_out": (
        "bad",
        "Your wallet does not pay for the next lead.",
        WALLET,
        "Wallet",
    ),
    "funds_low": (
        "warn",
        "At the pace of the last week your wallet lasts less than three days.",
        WALLET,
        "Wallet",
    ),
    "endpoint_disabled": (
        "bad",
        "Endpoint {name} is disabled: no lead goes there.",
        ENDPOINT,
        "Endpoint",
    ),
    "endpoint_resting": (
        "bad",
        "Endpoint {name} failed {detail} times in a row; it is tried again shortly.",
        ENDPOINT,
        "Endpoint",
    ),
    "endpoint_failing": (
        "warn",
        "Endpoint {name} did not answer well lately ({detail} in a row).",
        ENDPOINT,
        "Endpoint",
    ),
    "order_paused": ("warn", "{name} is paused.", ORDER, "Subscription"),
    "campaign_closed": (
        "warn",
        "{name} takes no leads just now.",
        ORDER,
        "Subscription",
    ),
    "limit_reached": (
        "warn",
        "{name} has reached its limit {detail}.",
        ORDER,
        "Subscription",
    ),
}

# Which limit of a subscription is reached.
LIMITS = {
    "hour": "of this hour",
    "day": "of this day",
    "week": "of this week",
    "month": "of this month",
    "total": "in all",
}

# What a sale is to who bought, and what a line of the books is to whose it is.
BOUGHT = {
    "held": ("", "On its way"),
    "captured": ("good", "Bought"),
    "released": ("warn", "Not bought"),
    "refunded": ("warn", "Refunded"),
}
SOLD = {"captured": ("good", "Sold"), "refunded": ("warn", "Refunded")}
WALLET_LINES = {
    "credit": "Credit",
    "capture": "Lead bought",
    "refund": "Refund",
    "adjustment": "Correction",
    "override": "Price changed",
    "hold": "Held for a lead",
    "release": "Hold given back",
}
PAYABLE_LINES = {
    "capture": "Lead sold",
    "refund": "Refund taken back",
    "adjustment": "Correction",
    "override": "Price changed",
}


def sale_chip(known: Mapping[str, tuple[str, str]], status: Enum) -> Markup:
    """Return the state of a sale as a chip."""
    weight, said = known.get(status.name, ("", words(status)))
    return Markup('<span class="chip {}">{}</span>').format(weight, said)
