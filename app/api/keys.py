"""API keys of one's own: made and shown once, listed, revoked; by owners alone."""

from marshmallow import fields

from app.api.doors import BOTH, Doors, row_id, save_body
from app.api.queries import Query
from app.domain.people import Actor, Right
from app.models.api_key import ApiKey
from app.schemas import Text, schema_of
from app.services.api_keys import list_keys, make_key, revoke_key
from app.services.paging import Asked, Page

SET = ("name", "scopes", "expires_at")
TOLD = ("key_prefix", "created_at", "created_by", "last_used_at", "revoked_at")
SCOPE = Text(metadata={"enum": [one.name for one in Right if one is not Right.own]})
ONCE = Text(
    allow_none=True,
    metadata={
        "description": "The key itself, shown this once; null to a repeat.",
        "x-once": True,
    },
)
SCOPES = {"scopes": fields.List(SCOPE, required=True)}

SHOWN = schema_of(ApiKey, "ApiKeyShown", ("id", *SET, *TOLD), **SCOPES)
MADE = schema_of(
    ApiKey, "ApiKeyMade", ("id", *SET, *TOLD, "api_key"), **SCOPES, api_key=ONCE
)
BODY = schema_of(ApiKey, "ApiKeyBody", SET, **SCOPES)

doors = Doors("keys", BOTH)


@doors.list("/api/keys", SHOWN, Query(), Right.own)
def keys(actor: Actor, asked: Asked) -> Page[ApiKey]:
    """List the keys of one's account, revoked ones too."""
    return list_keys(actor, asked)


@doors.post("/api/keys", Right.own, MADE, BODY, refuses={409})
def add_key(actor: Actor) -> ApiKey:
    """Make a key for one's account."""
    key = ApiKey(partner_id=actor.partner_id, vendor_id=actor.vendor_id)
    return save_body(key, BODY, make_key, actor, shown=SHOWN)


@doors.delete("/api/keys/<key_id>", Right.own)
def end_key(actor: Actor, key_id: str) -> None:
    """Revoke a key: it opens nothing from now on."""
    revoke_key(actor, row_id(key_id))
