"""Sources: the channels into a campaign; a posting key is shown once, kept hashed."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotFound
from app.domain.people import Actor, Right
from app.models.campaign import Campaign
from app.models.source import Source
from app.models.vendor import Vendor
from app.services.audit import record
from app.services.locking import lock_row
from app.services.overlap import end_of, read_overlap
from app.services.own import own_vendor
from app.services.paging import Asked, Page, page_of_rows
from app.services.policy import policy
from app.services.saving import (
    Errors,
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    store,
)
from app.services.stored import is_new

PREFIX = "src_"
SHOWN = 12
MAX_PER_MINUTE = 1_000_000
# Read off what came in: no post pays for noting that its key was used.
LAST_USES = text(
    "SELECT s.id, greatest("
    " (SELECT received_at FROM lead WHERE source_id = s.id ORDER BY id DESC LIMIT 1),"
    " (SELECT at FROM refusal WHERE source_id = s.id ORDER BY id DESC LIMIT 1)) AS at"
    " FROM source s WHERE s.id = ANY(:ids)"
)


def save_source(source: Source, actor: Actor) -> dict[str, str]:
    """Store a new or changed source; return `{"api_key"}` of a new one, this once.

    Raises NotAllowed, InvalidInput with every error.
    """
    new = is_new(source)
    shown = {"api_key": give_key(source)} if new else {}
    if new and source.per_minute is None:
        source.per_minute = policy.source_per_minute
    with transaction() as session:
        with checking(session, source, actor) as errors:
            check_range(source, "per_minute", 1, MAX_PER_MINUTE, errors)
            check_unchanged(source, "campaign_id", errors)
            check_final(source, errors)
            _check_owners(session, source, errors)
        if not new:
            source.version = Source.version + 1
        store(session, source, actor)
    return shown


def rotate_key(actor: Actor, source_id: int, overlap_minutes: object) -> dict[str, Any]:
    """Give a source a new key; return it, this once, and until when the old one opens.

    For staff, and owners of the source's vendor. The old key opens for the overlap
    (None: a day; 0: not at all), one that was older no more. Raises NotAllowed,
    NotFound, InvalidInput.
    """
    minutes = read_overlap(overlap_minutes)
    with transaction() as session:
        # Who may not is told so, whether the source is there or not.
        vendor_id = None if actor.is_staff else own_vendor(actor, Right.own)
        source = lock_row(session, Source, source_id, "source")
        if vendor_id not in {None, source.vendor_id}:
            raise NotFound("There is no such source.")
        source.old_key_hash = source.key_hash if minutes else None
        source.old_key_until = end_of(session, minutes)
        key = give_key(source)
        source.version = Source.version + 1
        session.flush()
        record(session, actor, "source.key_rotated", f"source:{source.id}")
        return {
            "id": source.id,
            "api_key": key,
            "key_prefix": source.key_prefix,
            "old_key_until": source.old_key_until,
        }


def last_uses(source_ids: Sequence[int]) -> dict[int, datetime | None]:
    """Return when each source last brought a post, taken or refused."""
    with transaction() as session:
        rows = session.execute(LAST_USES, {"ids": list(source_ids)})
        return {row.id: row.at for row in rows}


def list_own_sources(actor: Actor, asked: Asked) -> Page[Source]:
    """Return the sources of the actor's vendor, newest first; raises NotAllowed."""
    mine = Source.vendor_id == own_vendor(actor)
    with transaction() as session:
        return page_of_rows(session, Source, [mine], asked)


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
