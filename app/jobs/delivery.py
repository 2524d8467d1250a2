"""The drain of the delivery queue: the sender, alone in its process.

One loop claims parcels, keeps them all under way at once and writes outcomes in
batches. Requests that hang stay under way from one drain to the next; they hold up
nobody but their own partner. What a partner answered is kept until it is written.
"""

import contextlib
import logging
import time
from collections.abc import Sequence
from functools import cache
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.crashes import reached
from app.domain.delivery import Step
from app.domain.errors import InvalidInput
from app.domain.states import Stage
from app.gateways.delivery import build_request, read_reply
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply, Request, Wire
from app.jobs.drains import stopping
from app.metrics import count
from app.queue import DRAIN_S, doorbell
from app.services.delivery import (
    Sent,
    step_without_sending,
    unsendable,
    write_outcomes,
    write_steps,
)
from app.services.outbound import outbound_guard
from app.services.parcels import Parcel, claim_parcels, mark_sent, renew

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 256
BATCH = 64
WAIT_S = 0.02
RENEW_S = 5.0
PAUSE_S = 0.5
# Less than the supervisor's patience with a program that was told to end.
FINISH_S = 17.0

Key = tuple[int, UUID]


class Sender:
    """Parcels under way, over one wire.

    Each is known by its delivery and its lease's token: one whose lease was lost may
    be claimed again while its first request is still under way.
    """

    def __init__(self, guard: Guard) -> None:
        self.wire: Wire[Key] = Wire(guard)
        self.under_way: dict[Key, tuple[Parcel, bytes]] = {}
        self.answered: list[Sent] = []
        self.renewed_at = time.monotonic()

    def drain(self) -> int:
        """Send what is due until nothing is due or under way, 20 s at most.

        What is under way then is taken up again by the drain that is rung for here;
        where nobody hears the bell, this one goes on.
        """
        until = time.monotonic() + DRAIN_S
        sent = 0
        while not stopping.is_set():
            self.collect(WAIT_S if self.under_way else 0.0)
            claimed = self.claim()
            sent += claimed
            if not claimed and not self.under_way:
                break
            self.renew()
            if time.monotonic() > until and (
                not self.under_way or doorbell().ring(Stage.delivery)
            ):
                break
        return sent

    def finish(self) -> None:
        """Claim nothing more; write the answers that are still to come."""
        until = time.monotonic() + FINISH_S
        while (self.under_way or self.answered) and time.monotonic() < until:
            with contextlib.suppress(OperationalError):
                self.collect(WAIT_S)
                self.renew()

    def claim(self) -> int:
        """Claim what there is room for and put it on the wire."""
        room = min(BATCH, MOST_UNDER_WAY - len(self.under_way))
        parcels = claim_parcels(room) if room > 0 else []
        decided: list[tuple[Parcel, Step]] = []
        built: list[tuple[Parcel, Request]] = []
        for parcel in parcels:
            if (step := step_without_sending(parcel)) is not None:
                decided.append((parcel, step))
            elif (request := _built(parcel)) is not None:
                built.append((parcel, request))
            else:
                step = unsendable("bad_endpoint", parcel.history)
                decided.append((parcel, step))
        if decided:
            write_steps(decided)
        self.send(built)
        return len(parcels)

    def send(self, built: Sequence[tuple[Parcel, Request]]) -> None:
        """Put requests on the wire, once it is noted that they go there."""
        if not built:
            return
        reached("send.built")
        ours = mark_sent([parcel for parcel, _ in built])
        for parcel, request in built:
            if parcel.delivery_id in ours:
                key = parcel.delivery_id, parcel.token
                self.under_way[key] = (parcel, request.body)
                self.wire.add(key, request)
        reached("send.under_way")

    def collect(self, wait_s: float) -> None:
        """Write the outcomes that have come in, and those that could not be written."""
        outcomes = self.wire.poll(wait_s)
        new = [self._sent(key, outcome) for key, outcome in outcomes]
        answered, self.answered = self.answered + new, []
        if not answered:
            return
        reached("send.answered")
        try:
            write_outcomes(answered)
        except OperationalError:
            # The database is away, the answers are not: the next drain writes them.
            self.answered = answered
            stopping.wait(PAUSE_S)
            doorbell().ring(Stage.delivery)
            raise

    def renew(self) -> None:
        """Renew the leases of what is under way, every five seconds."""
        if self.under_way and time.monotonic() - self.renewed_at > RENEW_S:
            renew([parcel for parcel, _ in self.under_way.values()])
            self.renewed_at = time.monotonic()

    def _sent(self, key: Key, outcome: Reply | Failure) -> Sent:
        parcel, body = self.under_way.pop(key)
        return Sent(parcel, body, outcome, read_reply(outcome, parcel.rules))


@cache
def sender(_process: object) -> Sender:
    """Return the process's one sender."""
    return Sender(outbound_guard())


def _built(parcel: Parcel) -> Request | None:
    """Return the request of a parcel, or None where its endpoint cannot be used."""
    if parcel.handover is None:
        return None
    try:
        return build_request(parcel.handover)
    except InvalidInput as refused:
        log.warning("bad endpoint: id=%s %s", parcel.endpoint_id, refused.code)
        return None


def drain() -> int:
    """Hand over what is due; return how many parcels were claimed."""
    doorbell().answer(Stage.delivery)
    count("drains", stage=Stage.delivery.value)
    return _own_sender().drain()


def finish() -> None:
    """End well: wait for the answers of what is under way in this process."""
    _own_sender().finish()


def _own_sender() -> Sender:
    return sender(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
