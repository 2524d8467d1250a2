"""Channels: what the intake must know of a source and its campaign, kept a while.

What is kept is only ever used together with its versions: the statement that stores
a lead checks them again, so that a paused campaign takes nothing from the moment
it was paused, in every process.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import Gone, NotFound
from app.domain.fields import FieldSpec, read_specs
from app.services.sources import PREFIX

KEPT_S = 1.0
MOST = 10_000

BY_KEY = "s.key_hash = :value OR s.old_key_hash = :value AND s.old_key_until > now()"
BY_SOURCE = "s.id = :value"
FIND = (
    "SELECT s.id AS source_id, s.version AS source_version, s.vendor_id,"
    " s.status AS source_status, s.per_minute, v.status AS vendor_status,"
    " c.id AS campaign_id, c.slug, c.version AS campaign_version, c.status,"
    " c.industry, c.fields, c.checks, c.dedupe_days, c.max_sales,"
    " c.delivery_minutes, c.validate_before_storage"
    " FROM source s JOIN campaign c ON c.id = s.campaign_id"
    " LEFT JOIN vendor v ON v.id = s.vendor_id WHERE "
)


@dataclass(frozen=True)
class Channel:
    """A source with its campaign, as of the two versions."""

    source_id: int
    source_version: int
    vendor_id: int | None
    is_open: bool
    per_minute: int
    campaign_id: int
    slug: str
    campaign_version: int
    campaign_status: str
    industry: str
    specs: tuple[FieldSpec, ...]
    checks: Any
    dedupe_days: int
    max_sales: int
    delivery_minutes: int
    validate_before_storage: bool


_kept: dict[tuple[str, object], tuple[float, Channel]] = {}


def channel_of_key(key: str) -> Channel | None:
    """Return the channel that a posting key opens, or None."""
    if not key.startswith(PREFIX):
        return None
    return _channel(BY_KEY, hashlib.sha256(key.encode()).digest())


def channel_of_source(source_id: int) -> Channel:
    """Return the channel of a source; raises NotFound."""
    channel = _channel(BY_SOURCE, source_id)
    if channel is None:
        raise NotFound("There is no such source.")
    return channel


def check_open(channel: Channel) -> None:
    """Refuse a campaign or source that takes nothing: NotFound or Gone."""
    if channel.campaign_status == "draft":
        raise NotFound("There is no such campaign.")
    if channel.campaign_status != "active" or not channel.is_open:
        raise Gone("This campaign takes no leads at the moment.")


def forget() -> None:
    """Forget every channel: a version was found to have passed."""
    _kept.clear()


def _channel(where: str, value: object) -> Channel | None:
    kept = _kept.get((where, value))
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with transaction() as session:
        row = session.execute(text(FIND + where), {"value": value}).first()
    if row is None:
        return None
    channel = Channel(
        source_id=row.source_id,
        source_version=row.source_version,
        vendor_id=row.vendor_id,
        is_open=row.source_status == "active" and row.vendor_status in {None, "active"},
        per_minute=row.per_minute,
        campaign_id=row.campaign_id,
        slug=row.slug,
        campaign_version=row.campaign_version,
        campaign_status=row.status,
        industry=row.industry,
        specs=read_specs(row.fields),
        checks=row.checks,
        dedupe_days=row.dedupe_days,
        max_sales=row.max_sales,
        delivery_minutes=row.delivery_minutes,
        validate_before_storage=row.validate_before_storage,
    )
    # Only what is open is kept: a campaign that opens takes leads at once.
    if channel.campaign_status == "active" and channel.is_open:
        if len(_kept) >= MOST:
            forget()
        _kept[where, value] = (time.monotonic() + KEPT_S, channel)
    return channel
