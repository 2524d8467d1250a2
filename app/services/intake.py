"""Intake: normalise, check offline, dedupe, store, ring.

What is stored together is one function of the database, `take_leads`: it locks the
leads' identities first, so that every twin stored before is seen, and writes then.
Posts that come while others are being stored are stored together, in one transaction.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.crashes import reached
from app.db import transaction
from app.direct import call
from app.domain.errors import Conflict, KeyReused, LeadNexusError, NotFound
from app.domain.states import LeadStatus, Stage
from app.gathering import Gathering
from app.models.campaign import LandingPage
from app.queue import ring_soon
from app.sealing import compared_hash
from app.services.channels import Channel, channel_of_source, check_open, forget
from app.services.enquiry import Enquiry, read_enquiry
from app.services.idempotency import KEPT_DAYS, check_key
from app.services.refusals import keep_refusal
from app.services.validation import refuse_invalid

log = logging.getLogger(__name__)

SAME_BODY_S = 60
MAX_TRIES = 3

SAID = text(
    "SELECT body_hash AS said_hash, answer AS said_answer FROM idempotency_key"
    " WHERE caller = :caller AND key = :key AND expires_at > now()"
)
TAKE = "SELECT * FROM take_leads(%(posts)s)"


@dataclass(frozen=True)
class Taken:
    """The answer to a post: the lead's public id, and whether it is new."""

    public_id: UUID
    status: str
    due_at: datetime
    is_new: bool


def take_lead(
    channel: Channel,
    body: Mapping[str, Any],
    key: str | None = None,
    *,
    as_text: bool = False,
) -> Taken:
    """Take one post in from a channel; store it, or answer as it was answered before.

    A form sends numbers and flags `as_text`.

    Raises NotFound and Gone for a channel that takes nothing, InvalidInput with
    every bad field, Conflict (`duplicate`), KeyReused. What is refused is kept with
    its contact data masked.
    """
    if key is not None:
        check_key(key)
    try:
        check_open(channel)
        enquiry = read_enquiry(channel, body, as_text=as_text)
        if channel.validate_before_storage:
            refuse_invalid(channel.checks, enquiry.contact, enquiry.consent)
        taken = _store(channel, enquiry, body, key)
    except LeadNexusError as refusal:
        # What was stored before is answered as before, whatever changed since.
        if (before := _answered_before(channel, body, key)) is not None:
            return before
        keep_refusal(channel, body, refusal)
        raise
    if taken.is_new:
        log.info("lead taken: lead=%s source=%s", taken.public_id, channel.source_id)
    return taken


def take_page_lead(page_id: int, body: Mapping[str, Any]) -> Taken:
    """Take in what a landing page was filled in with; raises as `take_lead` does."""
    with transaction() as session:
        page = session.get(LandingPage, page_id)
        if page is None:
            raise NotFound("There is no such page.")
        source_id = page.source_id
    return take_lead(channel_of_source(source_id), body, as_text=True)


def _answered_before(
    channel: Channel, body: Mapping[str, Any], key: str | None
) -> Taken | None:
    digest = _digest(body)
    named = {"caller": _caller(channel), "key": _key(key, digest)}
    with transaction() as session:
        row = session.execute(SAID, named).first()
    if row is None or bytes(row.said_hash) != digest:
        return None
    return _as_before(row.said_hash, row.said_answer, digest)


def _store(
    channel: Channel, enquiry: Enquiry, body: Mapping[str, Any], key: str | None
) -> Taken:
    """Store the enquiry; a channel whose version has passed is read again."""
    public_id = uuid7()
    values = {"public_id": str(public_id), **_values(enquiry, _digest(body), key)}
    for _ in range(MAX_TRIES):
        said_hash, said_answer, is_open, is_twin, due_at = store_together(
            {**values, **_of_channel(channel)}
        )
        if said_hash is not None:
            taken = _as_before(said_hash, said_answer, _digest(body))
            # A call that was repeated over a new connection meets its own answer.
            return replace(taken, is_new=taken.public_id == public_id)
        if is_open and is_twin:
            message = "This campaign has a lead with that email or phone."
            raise Conflict(message, "duplicate")
        if is_open:
            reached("ring.committed")
            ring_soon(Stage.validation)
            received = LeadStatus.received.value
            return Taken(public_id, received, due_at, is_new=True)
        forget()
        channel = channel_of_source(channel.source_id)
        check_open(channel)
    raise Conflict("The campaign is being changed; send it again.", "try_again")


def store_all(posts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Store posts, each as `take_leads` of the database says; answer in their order."""
    return call(TAKE, {"posts": json.dumps(posts)}, "intake.store")


store_together = Gathering(store_all)


def _as_before(said_hash: bytes, answer: Mapping[str, str], digest: bytes) -> Taken:
    if bytes(said_hash) != digest:
        raise KeyReused("This Idempotency-Key came before with another body.")
    return Taken(
        UUID(answer["id"]),
        LeadStatus.received.value,
        datetime.fromisoformat(answer["due_at"]),
        is_new=False,
    )


def _values(enquiry: Enquiry, digest: bytes, key: str | None) -> dict[str, Any]:
    """Return what the function stores of an enquiry, whatever its channel."""
    email = enquiry.contact.get("email_compared")
    phone = enquiry.contact.get("phone")
    return {
        **enquiry.contact,
        "email_hash": _hex(compared_hash("email", email)) if email else None,
        "phone_hash": _hex(compared_hash("phone", phone)) if phone else None,
        "is_test": enquiry.is_test,
        "industry": enquiry.industry,
        "sub_id": enquiry.sub_id,
        "fields": enquiry.answers,
        "extra": enquiry.extra or None,
        "consent": enquiry.consent,
        "detail": {"kept_aside": sorted(enquiry.extra)},
        "body_hash": _hex(digest),
        "key": _key(key, digest),
        "kept_s": KEPT_DAYS * 86_400 if key else SAME_BODY_S,
    }


def _of_channel(channel: Channel) -> dict[str, Any]:
    return {
        "campaign": channel.campaign_id,
        "campaign_version": channel.campaign_version,
        "source": channel.source_id,
        "source_version": channel.source_version,
        "vendor": channel.vendor_id,
        "max_sales": channel.max_sales,
        "minutes": channel.delivery_minutes,
        "dedupe_days": channel.dedupe_days,
        "caller": _caller(channel),
    }


def _digest(body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()


def _caller(channel: Channel) -> str:
    return f"source:{channel.source_id}"


def _key(key: str | None, digest: bytes) -> str:
    """Name the key that was sent, or else the body itself."""
    return f"key:{key}" if key else f"body:{digest.hex()}"
