"""Kill switches: stop all selling, one campaign or one partner; let it go on again.

A switch counts from its commit: the router reads it under the campaign's lock before
each sale, the sender in the statement that notes a request as sent. Who throws one
waits until the sales that had begun before have ended.
"""

import logging
from dataclasses import asdict, dataclass

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, joinedload

from app.db import transaction
from app.domain.errors import Conflict
from app.domain.people import Actor
from app.domain.states import Stage, SwitchScope
from app.models.switch import KillSwitch
from app.queue import ring
from app.services.audit import record
from app.services.constraints import Taken, refusal_of
from app.services.locking import lock_row
from app.services.saving import Errors, check_staff, checking

log = logging.getLogger(__name__)

TOLD = ("campaign_id", "partner_id", "reason")
# More than that come due by themselves: leads in half a minute, deliveries in turn.
MOST_WOKEN = 10_000
LOCK_ROUTING = text(
    "SELECT 1 FROM campaign_routing"
    " WHERE campaign_id = coalesce(CAST(:campaign AS bigint), campaign_id)"
    " ORDER BY campaign_id FOR UPDATE"
)
SETTLE = text("UPDATE kill_switch SET settled_at = clock_timestamp() WHERE id = :id")
WAKE_DELIVERIES = text(
    "UPDATE delivery SET run_at = now() WHERE id IN ("
    " SELECT d.id FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    "  WHERE d.ended_at IS NULL AND d.set_aside_at IS NULL AND d.lease_until IS NULL"
    "  AND d.run_at > now() AND d.due_at > now()"
    "  AND t.campaign_id = coalesce(CAST(:campaign AS bigint), t.campaign_id)"
    "  AND t.partner_id = coalesce(CAST(:partner AS bigint), t.partner_id)"
    "  ORDER BY d.due_at LIMIT :most FOR UPDATE OF d SKIP LOCKED)"
)
WAKE_LEADS = text(
    "UPDATE work SET run_at = now() WHERE id IN ("
    " SELECT id FROM work WHERE stage = 'routing' AND set_aside_at IS NULL"
    "  AND lease_until IS NULL AND run_at > now()"
    "  AND campaign_id = coalesce(CAST(:campaign AS bigint), campaign_id)"
    "  ORDER BY is_bulk, id LIMIT :most FOR UPDATE SKIP LOCKED)"
)


@dataclass(frozen=True)
class Stop:
    """What to stop and why; a campaign or a partner is named by its id alone."""

    scope: SwitchScope
    reason: str
    campaign_id: int | None = None
    partner_id: int | None = None


def switch_on(stop: Stop, actor: Actor) -> KillSwitch:
    """Stop what is named, at once; return when nothing of it is being sold any more.

    Any administrator or operator may. Raises InvalidInput, NotAllowed, Conflict.
    """
    switch = KillSwitch(**asdict(stop))
    throw(switch, actor)
    return switch


def throw(switch: KillSwitch, actor: Actor) -> None:
    """Throw a switch that was made of a form or a body; as `switch_on`."""
    switch.on_by_id = actor.user_id
    with transaction() as session:
        with checking(session, switch, actor) as errors:
            _check_target(switch, errors)
        _add(session, switch)
        after = {name: getattr(switch, name) for name in TOLD}
        after["scope"] = switch.scope.name
        record(session, actor, "switch.on", f"switch:{switch.id}", None, after)
        # What waits for its next attempt is decided on now: given back, or left alone.
        _wake(session, WAKE_DELIVERIES, switch)
        ring(Stage.delivery)
    log.warning("switched on: switch=%s scope=%s", switch.id, switch.scope.name)
    _settle(switch)


def switch_off(switch_id: int, actor: Actor) -> KillSwitch:
    """Let selling go on; what waited is routed and sent again at once.

    An operator may not end a stop of everything. Raises NotFound, NotAllowed, Conflict.
    """
    check_staff(actor)
    with transaction() as session:
        switch = lock_row(session, KillSwitch, switch_id, "switch")
        check_staff(actor, admin_only=switch.scope is SwitchScope.all)
        if switch.off_at is not None:
            raise Conflict("This switch is off already.", "already_off")
        switch.off_at = session.scalar(select(func.clock_timestamp()))
        switch.off_by_id = actor.user_id
        record(session, actor, "switch.off", f"switch:{switch_id}")
        _wake(session, WAKE_LEADS, switch)
        _wake(session, WAKE_DELIVERIES, switch)
        ring(Stage.routing)
        ring(Stage.delivery)
    log.warning("switched off: switch=%s", switch_id)
    return switch


def switches_on() -> list[KillSwitch]:
    """Return what is stopped now, the widest first, with names and who did it."""
    with transaction() as session:
        names = [KillSwitch.campaign, KillSwitch.partner, KillSwitch.on_by]
        found = session.scalars(
            select(KillSwitch)
            .where(KillSwitch.off_at.is_(None))
            .options(*map(joinedload, names))
            .order_by(KillSwitch.scope, KillSwitch.id)
        )
        return list(found)


def is_stopped_for(partner_id: int) -> bool:
    """Say whether a partner gets nothing now, whatever it orders."""
    return any(
        one.scope is SwitchScope.all or one.partner_id == partner_id
        for one in switches_on()
    )


def _add(session: Session, switch: KillSwitch) -> None:
    session.add(switch)
    try:
        session.flush()
    except IntegrityError as error:
        refusal = refusal_of(error)
        if isinstance(refusal, Taken):
            raise Conflict("This is stopped already.", "already_on") from None
        raise refusal from None


def _check_target(switch: KillSwitch, errors: Errors) -> None:
    for name, scope in (
        ("campaign_id", SwitchScope.campaign),
        ("partner_id", SwitchScope.partner),
    ):
        key = getattr(switch, name)
        if switch.scope is scope and key is None:
            errors.add(name, "required", "Say which one to stop.")
        if switch.scope is not scope and key is not None:
            errors.add(name, "not_allowed", "This scope has none.")
    if isinstance(switch.reason, str) and not switch.reason.strip():
        errors.add("reason", "required", "Say why, in a few words.")


def _wake(session: Session, wake: TextClause, switch: KillSwitch) -> None:
    targets = {"campaign": switch.campaign_id, "partner": switch.partner_id}
    session.execute(wake, {**targets, "most": MOST_WOKEN})


def _settle(switch: KillSwitch) -> None:
    """Wait for the sales under way, which hold their campaigns' locks.

    One that hangs is not waited for longer than a lock is: the switch is on all the
    same, only the moment of the last sale is not known.
    """
    switch_id, campaign_id = switch.id, switch.campaign_id
    try:
        with transaction() as session:
            session.execute(LOCK_ROUTING, {"campaign": campaign_id})
            session.execute(SETTLE, {"id": switch_id})
    except OperationalError:
        log.warning("sales under way were not waited for: switch=%s", switch_id)
