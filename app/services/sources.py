"""Sources: the channels into a campaign; a posting key is shown once, kept hashed."""

import hashlib
import secrets

from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.people import Actor
from app.models.campaign import Campaign
from app.models.source import Source
from app.models.vendor import Vendor
from app.services.saving import (
    Errors,
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    is_new,
    store,
)

PREFIX = "src_"
SHOWN = 12
MAX_PER_MINUTE = 1_000_000


def save_source(source: Source, actor: Actor) -> dict[str, str]:
    """Store a new or changed source; return `{"api_key"}` of a new one, this once.

    Raises NotAllowed, InvalidInput with every error.
    """
    new = is_new(source)
    shown = {"api_key": give_key(source)} if new else {}
    with transaction() as session:
        with checking(session, source, actor) as errors:
            check_range(source, "per_minute", 1, MAX_PER_MINUTE, errors)
            check_unchanged(source, "campaign_id", errors)
            check_final(source, errors)
            _check_owners(session, source, errors)
        if not new:
            source.version = Source.version + 1
        store(session, source)
    return shown


def give_key(source: Source) -> str:
    """Give a source a new posting key; only its hash and its beginning are kept."""
    key = PREFIX + secrets.token_urlsafe(32)
    source.key_prefix = key[:SHOWN]
    source.key_hash = hashlib.sha256(key.encode()).digest()
    return key


def _check_owners(session: Session, source: Source, errors: Errors) -> None:
    """Campaign and vendor must be there, and count in one currency."""
    campaign = find(session, Campaign, source, "campaign_id", errors)
    vendor = find(session, Vendor, source, "vendor_id", errors)
    if campaign and vendor and campaign.currency != vendor.currency:
        message = "The vendor's currency differs from the campaign's."
        errors.add("vendor_id", "currency", message)
