"""The shapes of JSON columns, for the OpenAPI documents; the services check them.

An empty shape is any value.
"""

from collections.abc import Mapping
from typing import Any

from app.domain.filter_ops import OPS
from app.domain.groups import GO_ON, MAX_SALES, METHODS, STOP
from app.domain.schedule import DAYS
from app.domain.states import ProviderName
from app.gateways.delivery.auth import CLIENT_AUTHS, KEYS, OPTIONAL
from app.gateways.delivery.changes import MAX_STEPS, MAX_TEXT
from app.gateways.delivery.ping import UNITS
from app.gateways.delivery.transforms import TRANSFORMS
from app.openapi import TEXT, TRUTH, WHOLE, list_of, nullable, object_of
from app.services.campaign_checks import ACTIONS, CHECKS
from app.services.campaign_fields import TYPES

ACTION = {"enum": list(ACTIONS)}
OBJECT = {"type": "object"}
TEXTS = {**OBJECT, "additionalProperties": TEXT}
FIELD = object_of(
    ["name"],
    name=TEXT,
    label=nullable(TEXT),
    type={"enum": list(TYPES)},
    required=TRUTH,
    options=nullable(list_of(TEXT)),
)
CHECK = object_of(
    ["check"],
    check={"enum": list(CHECKS)},
    providers=list_of({"enum": list(ProviderName.__members__)}),
    required=TRUTH,
    on=object_of(risky=ACTION, unknown=ACTION, error=ACTION),
)
VALUE = {
    "description": "A text, a number, true, false or null.",
    "oneOf": [TEXT, {"type": "number"}, TRUTH],
    "nullable": True,
}
CHANGE = {
    "oneOf": [
        {"enum": list(TRANSFORMS)},
        object_of(
            ["map"], map={**OBJECT, "additionalProperties": VALUE}, default=VALUE
        ),
        object_of(["date"], date=TEXT, timezone=TEXT),
        object_of(["phone"], phone=TEXT),
        object_of(["truncate"], truncate={**WHOLE, "minimum": 1, "maximum": MAX_TEXT}),
        object_of(["join"], join=TEXT),
        object_of(["default"], default=VALUE),
    ]
}
LINE = object_of(
    ["target", "source"],
    target=TEXT,
    source=TEXT,
    transform={
        "description": "One change, several in order, or null.",
        "oneOf": [CHANGE, {**list_of(CHANGE), "minItems": 1, "maxItems": MAX_STEPS}],
        "nullable": True,
    },
)
RULE = object_of(["when", "verdict"], when=OBJECT, verdict=TEXT, reason=TEXT)
HOURS = {
    **OBJECT,
    "required": ["days", "from", "to"],
    "properties": {"days": list_of({"enum": list(DAYS)}), "from": TEXT, "to": TEXT},
    "additionalProperties": False,
}
BY_DAY = {
    **OBJECT,
    "description": "A limit by day; the other days have that of every day.",
    "properties": {day: {**WHOLE, "minimum": 0} for day in DAYS},
    "additionalProperties": False,
}
FILTER = {
    **OBJECT,
    "description": "`all` or `any` of a list of rules, `not` of one, or one rule.",
    "properties": {
        "all": list_of(OBJECT),
        "any": list_of(OBJECT),
        "not": OBJECT,
        "field": TEXT,
        "op": {"enum": list(OPS)},
        "value": {},
    },
    "additionalProperties": False,
}
PRICE_RULE = object_of(["when", "price_cents"], when=FILTER, price_cents=WHOLE)
AGE_PRICE = object_of(["after_hours", "percent"], after_hours=WHOLE, percent=WHOLE)
AUTH = {
    **OBJECT,
    "description": "Written whole; shown is its type alone.",
    "required": ["type"],
    "properties": {
        "type": {"enum": [*KEYS, "unreadable"]},
        **{name: TEXT for names in KEYS.values() for name in names},
        **{name: nullable(TEXT) for names in OPTIONAL.values() for name in names},
        "client_auth": {"enum": [*CLIENT_AUTHS, None]},
    },
    "additionalProperties": False,
}
PING = {
    **object_of(
        ["url", "price"],
        url=TEXT,
        mapping=nullable(list_of(LINE)),
        price=TEXT,
        currency=nullable(TEXT),
        unit={"enum": list(UNITS)},
        ping_id=nullable(TEXT),
        accept=nullable(OBJECT),
    ),
    "description": "How it is asked for bids before it is sent a lead; null asks not.",
}
GROUP = object_of(
    ["name", "method"],
    name=TEXT,
    method={"enum": list(METHODS)},
    limit=nullable({**WHOLE, "minimum": 1, "maximum": MAX_SALES}),
    if_sold={"enum": [GO_ON, STOP]},
)
PRESET = object_of(
    ["name", "label", "about", "format", "mapping", "reply_rules"],
    name=TEXT,
    label=TEXT,
    about=TEXT,
    format=TEXT,
    mapping=list_of(LINE),
    reply_rules=list_of(RULE),
)
TRIAL = object_of(
    ["verdict", "reason", "rule", "status", "elapsed_ms", "sent", "came"],
    verdict=TEXT,
    reason=TEXT,
    rule={**nullable(WHOLE), "description": "The reply rule that decided, from 1."},
    status=nullable(WHOLE),
    elapsed_ms=WHOLE,
    sent=TEXT,
    came=TEXT,
)
PREVIEW = object_of(
    ["lead", "method", "url", "headers", "body"],
    lead=OBJECT,
    method=TEXT,
    url=TEXT,
    headers=list_of(object_of(["name", "value"], name=TEXT, value=TEXT)),
    body=TEXT,
)
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "fields": list_of(FIELD),
    "checks": list_of(CHECK),
    "groups": list_of(GROUP),
    "content": TEXTS,
    "mapping": list_of(LINE),
    "reply_rules": list_of(RULE),
    "ping": PING,
    "filters": FILTER,
    "price_rules": list_of(PRICE_RULE),
    "age_prices": list_of(AGE_PRICE),
    "schedule": list_of(HOURS),
    "weekday_caps": BY_DAY,
    "weekday_budgets_cents": BY_DAY,
    "score_reasons": list_of({}),
    "before": OBJECT,
    "after": OBJECT,
    "scopes": list_of(TEXT),
}
