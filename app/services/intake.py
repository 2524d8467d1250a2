"""Intake: normalise, check offline, dedupe, store, ring. One lead, one transaction.

Two statements: the first takes the locks of the lead's identities, so that the
second, with a snapshot of its own, sees every twin that was stored before.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.db import transaction
from app.domain.body import why_unstorable
from app.domain.consent import read_consent
from app.domain.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    KeyReused,
    LeadNexusError,
    NotFound,
)
from app.domain.fields import check_answers, split_body
from app.domain.states import LeadStatus, Stage
from app.gateways.checks.offline import read_contact
from app.models.campaign import LandingPage
from app.queue import ring
from app.sealing import compared_hash
from app.services.channels import (
    Channel,
    channel_of_source,
    check_open,
    forget,
)
from app.services.idempotency import KEPT_DAYS, check_key
from app.services.refusals import keep_refusal
from app.services.validation import refuse_invalid

log = logging.getLogger(__name__)

SAME_BODY_S = 60
MAX_SUB_ID = 200
MAX_TRIES = 3

SAID = text(
    "SELECT body_hash AS said_hash, answer AS said_answer FROM idempotency_key"
    " WHERE caller = :caller AND key = :key AND expires_at > now()"
)
LOCK = text(
    "SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) key"
)
TAKE = text(
    """
WITH gate AS (
  SELECT c.id FROM campaign c JOIN source s ON s.campaign_id = c.id
   WHERE c.id = :campaign AND c.version = :campaign_version
     AND s.id = :source AND s.version = :source_version
), said AS (
  SELECT body_hash, answer FROM idempotency_key
   WHERE caller = :caller AND key = :key AND expires_at > now()
), twin AS (
  SELECT 1 FROM lead
   WHERE campaign_id = :campaign AND email_hash = CAST(:email_hash AS bytea)
     AND received_at > now() - make_interval(days => :dedupe_days)
  UNION ALL
  SELECT 1 FROM lead
   WHERE campaign_id = :campaign AND phone_hash = CAST(:phone_hash AS bytea)
     AND received_at > now() - make_interval(days => :dedupe_days)
  LIMIT 1
), stored AS (
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, is_test, industry,
                    sub_id, max_sales, email_hash, phone_hash, live_at, due_at)
  SELECT :public_id, :campaign, :source, CAST(:vendor AS bigint), :is_test,
         CAST(:industry AS text), CAST(:sub_id AS text), :max_sales,
         CAST(:email_hash AS bytea), CAST(:phone_hash AS bytea), now(),
         now() + make_interval(mins => :minutes)
    FROM gate WHERE NOT EXISTS (SELECT FROM said) AND NOT EXISTS (SELECT FROM twin)
  RETURNING id, due_at
), contact AS (
  INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                            phone, address, city, state, zip, country, fields, extra,
                            consent)
  SELECT id, CAST(:first_name AS text), CAST(:last_name AS text),
         CAST(:email AS text), CAST(:email_compared AS text), CAST(:phone AS text),
         CAST(:address AS text), CAST(:city AS text), CAST(:state AS text),
         CAST(:zip AS text), CAST(:country AS text), CAST(:fields AS jsonb),
         CAST(:extra AS jsonb), CAST(:consent AS jsonb) FROM stored
), event AS (
  INSERT INTO lead_event (lead_id, kind, detail)
  SELECT id, 'received', CAST(:detail AS jsonb) FROM stored
), due AS (
  INSERT INTO work (stage, lead_id, campaign_id, group_id)
  SELECT 'validation', id, :campaign, :source FROM stored
), kept AS (
  INSERT INTO idempotency_key (caller, key, body_hash, answer, expires_at)
  SELECT :caller, :key, :body_hash,
         jsonb_build_object('id', CAST(:public_id AS text), 'due_at', due_at),
         now() + make_interval(secs => :kept_s) FROM stored
  ON CONFLICT (caller, key) DO UPDATE SET body_hash = excluded.body_hash,
     answer = excluded.answer, expires_at = excluded.expires_at
   WHERE idempotency_key.expires_at <= now()
  RETURNING key
)
SELECT EXISTS (SELECT FROM gate) AS is_open,
       EXISTS (SELECT FROM twin) AS is_twin,
       (SELECT due_at FROM stored) AS due_at,
       EXISTS (SELECT FROM kept) AS is_kept,
       (SELECT body_hash FROM said) AS said_hash,
       (SELECT answer FROM said) AS said_answer
"""
)


@dataclass(frozen=True)
class Taken:
    """The answer to a post: the lead's public id, and whether it is new."""

    public_id: UUID
    status: str
    due_at: datetime
    is_new: bool


@dataclass(frozen=True)
class Enquiry:
    """A body that passed the offline checks, ready to be stored."""

    contact: Mapping[str, str | None]
    answers: Mapping[str, Any]
    extra: Mapping[str, Any]
    consent: Mapping[str, Any] | None
    industry: str
    sub_id: str | None
    is_test: bool


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


def read_enquiry(
    channel: Channel, body: Mapping[str, Any], *, as_text: bool = False
) -> Enquiry:
    """Normalise a body and check it offline; raises InvalidInput with all errors."""
    if (reason := why_unstorable(body)) is not None:
        raise InvalidInput.one("body", "invalid", reason)
    raw, answers, extra = split_body(channel.specs, body)
    contact, errors = read_contact(raw)
    values, more = check_answers(channel.specs, contact, answers, as_text=as_text)
    told = {error.field for error in errors}
    more = [error for error in more if error.field not in told]
    wants = any(spec.name == "consent" and spec.required for spec in channel.specs)
    now = datetime.now(UTC)
    consent, bad_consent = read_consent(body.get("consent"), now, required=wants)
    errors = [*errors, *more, *bad_consent]
    if not isinstance(body.get("fields", {}), Mapping | None):
        errors.append(FieldError("fields", "invalid", "Send an object of answers."))
    industry = _short(body, "industry", 64, errors)
    sub_id = _short(body, "sub_id", MAX_SUB_ID, errors)
    is_test = body.get("test", False)
    if not isinstance(is_test, bool):
        errors.append(FieldError("test", "invalid", "Send true or false."))
    if errors:
        raise InvalidInput(errors)
    return Enquiry(
        contact, values, extra, consent, industry or channel.industry, sub_id, is_test
    )


def _answered_before(
    channel: Channel, body: Mapping[str, Any], key: str | None
) -> Taken | None:
    digest = _digest(body)
    named = {"caller": _caller(channel), "key": _key(key, digest)}
    with transaction() as session:
        row = session.execute(SAID, named).first()
    if row is None or bytes(row.said_hash) != digest:
        return None
    return _as_before(row, digest)


def _short(
    body: Mapping[str, Any], name: str, most: int, errors: list[FieldError]
) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        message = f"Send a text of at most {most} characters."
        errors.append(FieldError(name, "invalid", message))
        return None
    return value.strip()


def _store(
    channel: Channel, enquiry: Enquiry, body: Mapping[str, Any], key: str | None
) -> Taken:
    """Store the enquiry; a channel whose version has passed is read again."""
    values = _values(enquiry, body, key)
    for _ in range(MAX_TRIES):
        row = _take(channel, values)
        if row.said_hash is not None:
            return _as_before(row, values["body_hash"])
        if row.is_open and row.is_twin:
            raise Conflict(
                "This campaign has a lead with that email or phone.", "duplicate"
            )
        if row.due_at is not None and row.is_kept:
            return Taken(
                values["public_id"], LeadStatus.received.value, row.due_at, is_new=True
            )
        forget()
        channel = channel_of_source(channel.source_id)
        check_open(channel)
    raise Conflict("The campaign is being changed; send it again.", "try_again")


def _take(channel: Channel, values: dict[str, Any]) -> Any:  # noqa: ANN401 - a row
    """Run the two statements; undo them where the key was taken meanwhile."""
    bound = {
        **values,
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
    with transaction("intake.store") as session:
        _lock_identities(session, bound)
        row = session.execute(TAKE, bound).one()
        if row.due_at is not None and not row.is_kept:
            session.rollback()
        elif row.due_at is not None:
            ring(Stage.validation)
        return row


def _lock_identities(session: Session, bound: Mapping[str, Any]) -> None:
    """Lock the (campaign, email) and the (campaign, phone), in that order."""
    if bound["dedupe_days"] == 0:
        return
    campaign = int(bound["campaign"]).to_bytes(8)
    keys = [
        int.from_bytes(
            hashlib.sha256(kind + campaign + bound[name]).digest()[:8], signed=True
        )
        for kind, name in ((b"email", "email_hash"), (b"phone", "phone_hash"))
        if bound[name] is not None
    ]
    if keys:
        session.execute(LOCK, {"keys": keys})


def _as_before(row: Any, body_hash: bytes) -> Taken:  # noqa: ANN401 - a row
    if bytes(row.said_hash) != body_hash:
        raise KeyReused("This Idempotency-Key came before with another body.")
    return Taken(
        UUID(row.said_answer["id"]),
        LeadStatus.received.value,
        datetime.fromisoformat(row.said_answer["due_at"]),
        is_new=False,
    )


def _values(
    enquiry: Enquiry, body: Mapping[str, Any], key: str | None
) -> dict[str, Any]:
    """Return what the statement binds of an enquiry, whatever its channel."""
    digest = _digest(body)
    contact = dict(enquiry.contact)
    email, phone = contact.get("email_compared"), contact.get("phone")
    return {
        **contact,
        "public_id": uuid7(),
        "email_hash": compared_hash("email", email) if email else None,
        "phone_hash": compared_hash("phone", phone) if phone else None,
        "is_test": enquiry.is_test,
        "industry": enquiry.industry,
        "sub_id": enquiry.sub_id,
        "fields": json.dumps(enquiry.answers),
        "extra": json.dumps(enquiry.extra) if enquiry.extra else None,
        "consent": json.dumps(enquiry.consent) if enquiry.consent else None,
        "detail": json.dumps({"kept_aside": sorted(enquiry.extra)}),
        "body_hash": digest,
        "key": _key(key, digest),
        "kept_s": KEPT_DAYS * 86_400 if key else SAME_BODY_S,
    }


def _digest(body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def _caller(channel: Channel) -> str:
    return f"source:{channel.source_id}"


def _key(key: str | None, digest: bytes) -> str:
    """Name the key that was sent, or else the body itself."""
    return f"key:{key}" if key else f"body:{digest.hex()}"
