"""Delivery: what follows an attempt, written under the lease's token.

The sender claims parcels, sends them outside any transaction and brings the outcomes
here in batches. A parcel whose token has passed on leaves only its attempt behind.
"""

import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.delivery import (
    Answer,
    History,
    Step,
    StepKind,
    Verdict,
    at_deadline,
    next_step,
    recorded,
    when_stopped,
)
from app.domain.eligibility import STOPPED
from app.domain.states import DeliveryStatus, Stage
from app.gateways.http import Failure, Reply
from app.metrics import BUCKETS_MIN, count, observe
from app.queue import ring
from app.services.alternatives import has_alternative
from app.services.parcels import Parcel
from app.services.settlement import settle
from app.trips import Asked, ask

log = logging.getLogger(__name__)

KEPT_REPLY = 20_000
# What the trace calls each step.
EVENTS = {
    StepKind.capture: "delivered",
    StepKind.release: "released",
    StepKind.again: "retry",
    StepKind.wait: "waiting",
    StepKind.release_money: "undeliverable",
}

# The lead of each, then itself, in the order of the leads.
LOCK = text(
    "SELECT d.id, clock_timestamp() AS now FROM delivery d JOIN lead l"
    " ON l.id = d.lead_id WHERE d.id = ANY(:ids) AND d.lease_token = ANY(:tokens)"
    " AND d.ended_at IS NULL ORDER BY l.id, d.id FOR NO KEY UPDATE OF l, d"
)
WRITE = text(
    """
WITH new AS (
  SELECT * FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS new (id bigint,
         lead bigint, status text, reason text, run_at timestamptz, tries bigint,
         definite bigint, server bigint, maybe boolean, breach boolean, kind text,
         detail jsonb)
), attempted AS (
  INSERT INTO attempt (delivery_id, lead_id, number, elapsed_ms, verdict, reason,
         status_code, failure, address, request_body, reply_body)
  SELECT delivery, lead, row_number() OVER (PARTITION BY delivery)
         + (SELECT count(*) FROM attempt a WHERE a.delivery_id = delivery),
         elapsed, verdict, reason, status_code, failure, address, request, reply
    FROM jsonb_to_recordset(CAST(:attempts AS jsonb)) AS sent (delivery bigint,
         lead bigint, elapsed bigint, verdict text, reason text, status_code bigint,
         failure text, address text, request text, reply text)
), traced AS (
  INSERT INTO lead_event (lead_id, kind, detail) SELECT lead, kind, detail FROM new
)
UPDATE delivery SET status = new.status, reason = new.reason,
       run_at = coalesce(new.run_at, delivery.run_at), lease_until = NULL,
       lease_token = NULL, attempts = 0, tries = new.tries,
       definite_failures = new.definite, server_errors = new.server,
       maybe_taken = new.maybe, sent_at = NULL,
       breached_at = CASE WHEN new.breach THEN coalesce(breached_at, now())
                          ELSE breached_at END,
       ended_at = CASE WHEN new.run_at IS NULL THEN now() END
  FROM new WHERE delivery.id = new.id
"""
)
ADD_BREACHES = text(
    "INSERT INTO breach (lead_id, delivery_id, reason)"
    " SELECT * FROM unnest(CAST(:leads AS bigint[]), CAST(:ids AS bigint[]),"
    " CAST(:reasons AS text[])) ON CONFLICT (delivery_id) DO NOTHING"
)


@dataclass(frozen=True)
class Sent:
    """One attempt: the parcel, what was sent, what came back, what it means."""

    parcel: Parcel
    request_body: bytes
    outcome: Reply | Failure
    answer: Answer


@dataclass(frozen=True)
class Next:
    """What follows for a parcel, with its history up to now."""

    parcel: Parcel
    history: History
    step: Step


def step_without_sending(parcel: Parcel) -> Step | None:
    """Return what follows where nothing is to be sent now, or None to send.

    Past the deadline only what the partner may have taken is still asked about; an
    endpoint that is off or whose circuit is open is not troubled, unless it may have
    the lead. Under a kill switch nobody is asked anything.
    """
    history, now = parcel.history, parcel.now
    if parcel.stopped is not None:
        return when_stopped(history, now, f"{STOPPED}{parcel.stopped}")
    return _step_of_going_on(parcel)


def _step_of_going_on(parcel: Parcel) -> Step | None:
    history, now = parcel.history, parcel.now
    if now >= history.due_at:
        step = at_deadline(history, now)
        is_asking = step.kind is StepKind.again and parcel.is_breached
        return None if is_asking and parcel.is_endpoint_active else step
    if history.is_in_doubt and parcel.is_endpoint_active:
        return None
    if not parcel.is_endpoint_active:
        return unsendable("endpoint_down", history)
    if parcel.open_until is not None and parcel.open_until > now:
        with transaction() as session:
            if has_alternative(session, parcel.delivery_id):
                return _released("circuit_open")
        run_at = min(parcel.open_until, history.due_at)
        status = DeliveryStatus.retrying
        return Step(StepKind.again, run_at, status, "circuit_open")
    return None


def unsendable(reason: str, history: History) -> Step:
    """Return what follows where nothing can be sent: who may have it, keeps it."""
    if history.is_in_doubt:
        return Step(StepKind.wait, history.due_at, DeliveryStatus.unknown, reason)
    return _released(reason)


def write_steps(steps: Sequence[tuple[Parcel, Step]]) -> None:
    """Write what follows for parcels that were not sent."""
    with transaction("delivery.decide") as session:
        ours = _lock(session, [parcel for parcel, _ in steps])
        following = [
            Next(parcel, parcel.history, step)
            for parcel, step in steps
            if parcel.delivery_id in ours
        ]
        _write(session, following, ())


def write_outcomes(sent: Sequence[Sent]) -> None:
    """Write attempts and what follows: capture, release and route on, or again."""
    with transaction("delivery.outcome") as session:
        ours = _lock(session, [one.parcel for one in sent])
        following = [
            _next(session, one, ours[one.parcel.delivery_id])
            for one in sent
            if one.parcel.delivery_id in ours
        ]
        _write(session, following, sent)


def _lock(session: Session, parcels: Sequence[Parcel]) -> dict[int, datetime]:
    """Lock deliveries that are still ours, each after its lead: {id: the moment}."""
    named = {
        "ids": [parcel.delivery_id for parcel in parcels],
        "tokens": list({parcel.token for parcel in parcels}),
    }
    [rows] = ask(session, (LOCK, named))
    return {row.id: row.now for row in rows}


def _next(session: Session, one: Sent, now: datetime) -> Next:
    history = one.parcel.history
    after = recorded(one.answer, history)
    if after.has_failed and one.answer.verdict is Verdict.retry:
        is_last = not has_alternative(session, one.parcel.delivery_id)
        history = replace(history, last_one=is_last)
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing
    step = next_step(one.answer, history, now, jitter)
    return Next(one.parcel, after, step)


def _write(session: Session, following: Sequence[Next], sent: Sequence[Sent]) -> None:
    """Write attempts, and what follows for those that are still ours."""
    if not following and not sent:
        return
    written = {
        "steps": json.dumps([_row(one) for one in following]),
        "attempts": json.dumps([_attempt(one) for one in sent]),
    }
    ended = {
        one.parcel.delivery_id: one.step for one in following if one.step.run_at is None
    }
    settle(session, ended, (WRITE, written), *_breaches(following))
    if any(one.step.kind is StepKind.release for one in following):
        ring(Stage.routing)
    for one in following:
        _measure(one)
        log.info(
            "delivery %s: delivery=%s reason=%s",
            one.step.kind.value,
            one.parcel.delivery_id,
            one.step.reason,
        )


def _breaches(following: Sequence[Next]) -> list[Asked]:
    broken = [one for one in following if one.step.breach]
    if not broken:
        return []
    named = {
        "leads": [one.parcel.lead_id for one in broken],
        "ids": [one.parcel.delivery_id for one in broken],
        "reasons": [one.step.reason for one in broken],
    }
    return [(ADD_BREACHES, named)]


def _measure(one: Next) -> None:
    step = one.step
    count("delivery_steps", kind=step.kind.value, status=step.delivery_status.value)
    if step.kind is StepKind.capture:
        took_s = (one.parcel.now - one.history.held_at).total_seconds()
        observe("promise_minutes", took_s / 60, BUCKETS_MIN)


def _attempt(one: Sent) -> dict[str, Any]:
    reply = one.outcome if isinstance(one.outcome, Reply) else None
    failure = one.outcome if isinstance(one.outcome, Failure) else None
    body = reply.body.decode(errors="replace") if reply else None
    return {
        "delivery": one.parcel.delivery_id,
        "lead": one.parcel.lead_id,
        "elapsed": one.outcome.elapsed_ms,
        "verdict": one.answer.verdict.value,
        "reason": one.answer.reason[:200] or None,
        "status_code": reply.status if reply else None,
        "failure": failure.code if failure else None,
        "address": one.outcome.address,
        "request": one.request_body.decode(errors="replace"),
        "reply": body[:KEPT_REPLY].replace("\x00", "�") if body is not None else None,
    }


def _row(one: Next) -> dict[str, Any]:
    run_at = one.step.run_at
    return {
        "id": one.parcel.delivery_id,
        "lead": one.parcel.lead_id,
        "status": one.step.delivery_status.value,
        "reason": one.step.reason[:200],
        "run_at": run_at.isoformat() if run_at else None,
        "tries": one.history.attempts,
        "definite": one.history.definite_failures,
        "server": one.history.server_errors,
        "maybe": one.history.maybe_taken,
        "breach": one.step.breach,
        "kind": EVENTS[one.step.kind],
        "detail": {
            "delivery_id": one.parcel.delivery_id,
            "partner_id": one.parcel.partner_id,
            "attempts": one.history.attempts,
            "status": one.step.delivery_status.value,
            "reason": one.step.reason,
        },
    }


def _released(reason: str) -> Step:
    return Step(StepKind.release, None, DeliveryStatus.undeliverable, reason)
