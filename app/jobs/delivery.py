"""The drain of the delivery queue: the sender, alone in its process.

One loop claims parcels, keeps them all under way at once and writes outcomes in
batches. Requests that hang stay under way from one drain to the next; they hold up
nobody but their own partner.
"""

import logging
import time
from functools import cache

from flask import current_app

from app.crashes import reached
from app.domain.delivery import Step
from app.domain.errors import InvalidInput
from app.domain.states import Stage
from app.gateways.delivery import build_request, read_reply
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply, Wire
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
from app.services.parcels import Parcel, claim_parcels, renew

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 256
BATCH = 64
WAIT_S = 0.02
RENEW_S = 5.0


class Sender:
    """Parcels under way, over one wire."""

    def __init__(self, guard: Guard) -> None:
        self.wire: Wire[int] = Wire(guard)
        self.under_way: dict[int, tuple[Parcel, bytes]] = {}
        self.renewed_at = time.monotonic()

    def drain(self) -> int:
        """Send what is due until nothing is due or under way, 20 s at most.

        What is under way then is taken up again by the drain that is rung for here.
        """
        until = time.monotonic() + DRAIN_S
        sent = 0
        while time.monotonic() < until:
            claimed = 0 if stopping.is_set() else self.claim()
            sent += claimed
            self.collect(WAIT_S if self.under_way else 0.0)
            if not claimed and not self.under_way:
                break
            self.renew()
        if self.under_way:
            doorbell().ring(Stage.delivery)
        return sent

    def claim(self) -> int:
        """Claim what there is room for and put it on the wire."""
        room = min(BATCH, MOST_UNDER_WAY - len(self.under_way))
        parcels = claim_parcels(room) if room > 0 else []
        decided = [
            (parcel, step)
            for parcel in parcels
            if (step := step_without_sending(parcel) or self.send(parcel)) is not None
        ]
        if decided:
            write_steps(decided)
        return len(parcels)

    def send(self, parcel: Parcel) -> Step | None:
        """Put a parcel on the wire; return what follows where it cannot be built."""
        try:
            request = build_request(parcel.handover)
        except InvalidInput as refused:
            log.warning("bad endpoint: id=%s %s", parcel.endpoint_id, refused.code)
            return unsendable("bad_endpoint", parcel.history)
        reached("send.built")
        self.under_way[parcel.delivery_id] = (parcel, request.body)
        self.wire.add(parcel.delivery_id, request)
        reached("send.under_way")
        return None

    def collect(self, wait_s: float) -> None:
        """Write the outcomes that have come in."""
        outcomes = self.wire.poll(wait_s)
        if outcomes:
            reached("send.answered")
            write_outcomes([self._sent(key, outcome) for key, outcome in outcomes])

    def renew(self) -> None:
        """Renew the leases of what is under way, every five seconds."""
        if self.under_way and time.monotonic() - self.renewed_at > RENEW_S:
            renew([parcel for parcel, _ in self.under_way.values()])
            self.renewed_at = time.monotonic()

    def _sent(self, key: int, outcome: Reply | Failure) -> Sent:
        parcel, body = self.under_way.pop(key)
        return Sent(parcel, body, outcome, read_reply(outcome, parcel.rules))


@cache
def sender(_process: object) -> Sender:
    """Return the process's one sender."""
    return Sender(outbound_guard())


def drain() -> int:
    """Hand over what is due; return how many parcels were claimed."""
    doorbell().answer(Stage.delivery)
    count("drains", stage=Stage.delivery.value)
    return sender(current_app._get_current_object()).drain()  # type: ignore[attr-defined]  # noqa: SLF001
