"""Whom to ask for bids about leads, and what they are told: never contact data.

Who is asked, may have the lead as things stand; that is decided again under lock.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db import transaction
from app.domain.bids import LIMIT_S, no_bid
from app.domain.errors import InvalidInput
from app.domain.fields import open_answers, read_specs
from app.domain.offers import to_be_asked
from app.gateways.delivery import Handover
from app.gateways.delivery.ping import Answer, Ping, build_ping, ping_of
from app.gateways.http import Request
from app.services.parcels import opened_auth, told_score
from app.services.ping_log import Pinged
from app.services.routing_reads import Found, look
from app.services.signing import SECRETS, opened_secrets
from app.services.trace import rfc3339
from app.services.work import Claim
from app.trips import ask

log = logging.getLogger(__name__)

CAMPAIGN = text("SELECT slug, currency, fields FROM campaign WHERE id = :campaign")
RECEIVED = text("SELECT id, received_at FROM lead WHERE id = ANY(:leads)")
ENDPOINTS = text(
    "SELECT s.id AS subscription_id, e.id, e.format, e.auth_sealed, e.timeout_s,"  # noqa: S608 - all is ours
    f" {SECRETS}, e.ping::text AS ping FROM subscription s"
    " JOIN endpoint e ON e.id = s.endpoint_id WHERE s.id = ANY(:subscriptions)"
)
TOLD = ("state", "city", "zip", "country", "industry", "source_id", "sub_id")
UNUSABLE = no_bid("bad_endpoint")


@dataclass(frozen=True)
class Question:
    """One question to a partner: what is sent, and how the answer is read."""

    lead_id: int
    subscription_id: int
    partner_id: int
    endpoint_id: int
    ping: Ping
    currency: str
    request: Request

    def answered(
        self, answer: Answer, elapsed_ms: int = 0, status: int | None = None
    ) -> Pinged:
        """Return what is kept of it with its answer."""
        return Pinged(
            self.lead_id,
            self.subscription_id,
            self.endpoint_id,
            answer,
            elapsed_ms,
            status,
        )


@dataclass(frozen=True)
class Asking:
    """What is to be asked about one lead, and what cannot be."""

    questions: Sequence[Question] = ()
    unasked: Sequence[Pinged] = ()


def questions_for(part: Claim) -> dict[int, Asking]:
    """Return by lead of a campaign whom to ask for a bid, and how."""
    with transaction() as session:
        found = look(session, part.rows[0].campaign_id, part.lead_ids)
        asked = {row.id: _asked(found, row) for row in found.leads}
        wanted = {id_ for ids in asked.values() for id_ in ids}
        if not wanted:
            return {}
        [campaign], received, endpoints = ask(
            session,
            (CAMPAIGN, {"campaign": found.campaign.id}),
            (RECEIVED, {"leads": part.lead_ids}),
            (ENDPOINTS, {"subscriptions": sorted(wanted)}),
        )
    ways = {row.subscription_id: _way(row) for row in endpoints}
    came_at = {row.id: row.received_at for row in received}
    return {
        row.id: _asking(
            row.id, asked[row.id], ways, told_of(row, campaign, came_at[row.id])
        )
        for row in found.leads
    }


def told_of(row: Any, campaign: Any, received_at: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what a ping may tell of a lead: its answers that are a choice or a number.

    An answer is told by what its campaign asks now, and only if it is of that type.
    """
    return {
        "campaign": campaign.slug,
        "currency": campaign.currency,
        **{name: getattr(row, name) for name in TOLD},
        "score": told_score(row.score),
        "submitted_at": rfc3339(received_at),
        "test": row.is_test,
        "fields": open_answers(read_specs(campaign.fields), row.fields or {}),
    }


@dataclass(frozen=True)
class _Way:
    """How one subscription is asked; without a ping or handover it cannot be."""

    endpoint_id: int
    ping: Ping | None
    handover: Handover | None


def _asked(found: Found, row: Any) -> Mapping[int, int]:  # noqa: ANN401 - a row
    """Return the partners of those that are to be asked, by subscription."""
    standing, now = found.orders.standing, found.campaign.now
    facts = found.facts(row)
    asked = to_be_asked(facts, found.orders.facts, standing, found.terms, now)
    return {one.id: one.partner_id for one in asked}


def _way(row: Any) -> _Way:  # noqa: ANN401 - a row
    return _Way(row.id, ping_of(row.ping or "null", row.format), _handover(row))


def _handover(row: Any) -> Handover | None:  # noqa: ANN401 - a row
    try:
        return Handover(
            url="",
            format=row.format,
            auth=opened_auth(row.auth_sealed),
            mapping=(),
            signing_secret=opened_secrets(
                row.signing_secret_sealed, row.old_secret_sealed
            ),
            timeout_s=min(row.timeout_s, LIMIT_S),
            idempotency_key="",
            payload={},
            sent_at=int(time.time()),
        )
    except ValueError:
        log.exception("secret does not open: endpoint=%s", row.id)
        return None


def _asking(
    lead_id: int,
    partners: Mapping[int, int],
    ways: Mapping[int, _Way],
    told: Mapping[str, Any],
) -> Asking:
    questions, unasked = [], []
    for id_, partner_id in partners.items():
        way = ways[id_]
        request = _request(way, told)
        if way.ping is None or request is None:
            unasked.append(Pinged(lead_id, id_, way.endpoint_id, Answer(UNUSABLE)))
            continue
        questions.append(
            Question(
                lead_id,
                id_,
                partner_id,
                way.endpoint_id,
                way.ping,
                told["currency"],
                request,
            )
        )
    return Asking(questions, unasked)


def _request(way: _Way, told: Mapping[str, Any]) -> Request | None:
    if way.ping is None or way.handover is None:
        return None
    key = str(uuid7())
    try:
        return build_ping(
            way.ping, replace(way.handover, idempotency_key=key, payload=told)
        )
    except InvalidInput as refused:
        log.warning("bad endpoint: id=%s %s", way.endpoint_id, refused.code)
        return None
