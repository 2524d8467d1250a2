"""The sender: parcels under way over one wire, their outcomes written in batches.

What is claimed waits in a queue per partner, at most four of each are on the wire, and
the next goes out as soon as an answer is in. What a partner answered is kept until it
is written; an outcome that cannot be written harms no other.
"""

import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.crashes import reached
from app.domain.delivery import Step
from app.domain.errors import InvalidInput
from app.domain.states import Stage
from app.gateways.delivery import build_request, read_reply
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply, Request, Wire
from app.jobs.drains import stopping
from app.queue import DRAIN_S, doorbell
from app.services.circuits import judge_endpoints
from app.services.delivery import (
    Sent,
    step_without_sending,
    unsendable,
    write_outcomes,
    write_steps,
)
from app.services.parcels import Parcel, claim_parcels, mark_sent, renew

log = logging.getLogger(__name__)

MOST_HELD = 256
BATCH = 64
PER_PARTNER = 4
WAIT_S = 0.02
RENEW_S = 5.0
PAUSE_S = 0.5
# Answers are written when so many are in, or when the first has waited so long.
WRITE_AT = 32
WRITE_AFTER_S = 0.01
# Less than the supervisor's patience with a program that was told to end.
FINISH_S = 17.0

Key = tuple[int, UUID]
Built = tuple[Parcel, Request]


class Sender:
    """Parcels in hand: waiting, on the wire, or answered and not yet written.

    Each is known by its delivery and its lease's token: one whose lease was lost may
    be claimed again while its first request is still under way.
    """

    def __init__(self, guard: Guard) -> None:
        self.wire: Wire[Key] = Wire(guard)
        self.waiting: dict[int, deque[Built]] = {}
        self.on_wire: dict[Key, Built] = {}
        self.busy: Counter[int] = Counter()
        self.answered: list[Sent] = []
        self.answered_at = 0.0
        self.renewed_at = time.monotonic()

    @property
    def in_hand(self) -> list[Parcel]:
        """Every parcel whose lease is ours to renew."""
        queued = [parcel for queue in self.waiting.values() for parcel, _ in queue]
        sent = [parcel for parcel, _ in self.on_wire.values()]
        return queued + sent + [one.parcel for one in self.answered]

    def drain(self) -> int:
        """Send what is due until nothing is due or in hand, 20 s at most.

        What is in hand then is taken up again by the drain that is rung for here;
        where nobody hears the bell, this one goes on.
        """
        until = time.monotonic() + DRAIN_S
        sent = 0
        while not stopping.is_set():
            self.collect()
            claimed = self.claim()
            sent += claimed
            if not claimed and not self.in_hand:
                break
            self.renew()
            if time.monotonic() > until and (
                not self.in_hand or doorbell().ring(Stage.delivery)
            ):
                break
        return sent

    def finish(self) -> None:
        """Claim nothing more; write the answers that are still to come."""
        self.waiting.clear()
        until = time.monotonic() + FINISH_S
        while (self.on_wire or self.answered) and time.monotonic() < until:
            with contextlib.suppress(OperationalError):
                self.collect()
                self.renew()

    def claim(self) -> int:
        """Claim what there is room for; queue what can be sent, write what cannot."""
        room = min(BATCH, MOST_HELD - len(self.in_hand))
        parcels = claim_parcels(room) if room > 0 else []
        decided: list[tuple[Parcel, Step]] = []
        for parcel in parcels:
            if (step := step_without_sending(parcel)) is not None:
                decided.append((parcel, step))
            elif (request := _built(parcel)) is not None:
                queue = self.waiting.setdefault(parcel.partner_id, deque())
                queue.append((parcel, request))
            else:
                step = unsendable("bad_endpoint", parcel.history)
                decided.append((parcel, step))
        if decided:
            write_steps(decided)
        self.refill()
        return len(parcels)

    def refill(self) -> None:
        """Put on the wire what its partner has room for, once that is noted."""
        ready: list[Built] = []
        for partner_id, queue in list(self.waiting.items()):
            while queue and self.busy[partner_id] < PER_PARTNER:
                self.busy[partner_id] += 1
                ready.append(queue.popleft())
            if not queue:
                del self.waiting[partner_id]
        if not ready:
            return
        reached("send.built")
        try:
            ours = mark_sent([parcel for parcel, _ in ready])
        except OperationalError:
            self._put_back(ready)
            raise
        for parcel, request in ready:
            if parcel.delivery_id in ours:
                key = parcel.delivery_id, parcel.token
                self.on_wire[key] = (parcel, request)
                self.wire.add(key, request)
            else:
                self.busy[parcel.partner_id] -= 1
        reached("send.under_way")

    def collect(self) -> None:
        """Take answers in, send on, and write them when it is time."""
        for key, outcome in self.wire.poll(WAIT_S if self.on_wire else 0.0):
            if not self.answered:
                self.answered_at = time.monotonic()
            self.answered.append(self._sent(key, outcome))
        self.refill()
        waited = time.monotonic() - self.answered_at
        is_time = len(self.answered) >= WRITE_AT or waited > WRITE_AFTER_S
        if self.answered and (is_time or not self.on_wire):
            self.write()

    def write(self) -> None:
        """Write the answers; one that cannot be written is left to its lease."""
        reached("send.answered")
        answered, self.answered = self.answered, []
        try:
            write_outcomes(answered)
        except OperationalError:
            # The database is away, the answers are not: the next drain writes them.
            self.answered = answered + self.answered
            stopping.wait(PAUSE_S)
            doorbell().ring(Stage.delivery)
            raise
        except Exception:  # one of them is at fault: each by itself then
            log.exception("outcomes not written: %s", len(answered))
            self._write_singly(answered)
        # Apart from the writing: an answer that is written is never written again.
        judge_endpoints([(one.parcel.endpoint_id, one.answer) for one in answered])

    def renew(self) -> None:
        """Renew the leases of what is in hand, every five seconds."""
        if time.monotonic() - self.renewed_at > RENEW_S:
            if parcels := self.in_hand:
                renew(parcels)
            self.renewed_at = time.monotonic()

    def _put_back(self, ready: Sequence[Built]) -> None:
        """Queue again, in their order, what could not be noted as sent."""
        for parcel, request in reversed(ready):
            self.busy[parcel.partner_id] -= 1
            queue = self.waiting.setdefault(parcel.partner_id, deque())
            queue.appendleft((parcel, request))

    def _write_singly(self, answered: Sequence[Sent]) -> None:
        for one in answered:
            try:
                write_outcomes([one])
            except OperationalError:
                self.answered.append(one)
            except Exception:
                log.exception("outcome lost: delivery=%s", one.parcel.delivery_id)

    def _sent(self, key: Key, outcome: Reply | Failure) -> Sent:
        parcel, request = self.on_wire.pop(key)
        self.busy[parcel.partner_id] -= 1
        return Sent(parcel, request.body, outcome, read_reply(outcome, parcel.rules))


def _built(parcel: Parcel) -> Request | None:
    """Return the request of a parcel, or None where its endpoint cannot be used."""
    if parcel.handover is None:
        return None
    try:
        return build_request(parcel.handover)
    except InvalidInput as refused:
        log.warning("bad endpoint: id=%s %s", parcel.endpoint_id, refused.code)
        return None
