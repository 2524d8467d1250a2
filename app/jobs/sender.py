"""The sender: parcels under way over one wire, their outcomes written in batches.

What is claimed waits in its partner's lane, at most four of each are on the wire, and
the next goes out as soon as an answer is in. What a partner answered is kept until it
is written; an outcome that cannot be written harms no other.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.crashes import reached
from app.domain.delivery import Step
from app.domain.states import Stage
from app.gateways.delivery import read_reply
from app.gateways.errands import Errands
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply
from app.jobs.answers import Answers
from app.jobs.drains import Watch, stopping
from app.jobs.lanes import Built, Lanes
from app.queue import DRAIN_S, doorbell
from app.services.delivery import (
    Sent,
    step_without_sending,
    unsendable,
    write_steps,
)
from app.services.leases import claim_parcels, give_back, mark_sent, renew, stopped
from app.services.parcels import Parcel, request_of

MOST_HELD = 1024
BATCH = 64
WAIT_S = 0.02
RENEW_S = 5.0
HEED_S = 0.5
PAUSE_S = 0.5
# The whole program is to stop within 20 s, and databases stop after the sender.
FINISH_S = 10.0

Key = tuple[int, UUID]


class Sender:
    """Parcels in hand: in their lanes, on the wire, or answered and not yet written.

    Each is known by its delivery and its lease's token: one whose lease was lost may
    be claimed again while its first request is still under way.
    """

    def __init__(self, guard: Guard) -> None:
        self.wire: Errands[Key] = Errands(guard)
        self.in_hand: dict[Key, Parcel] = {}
        self.lanes = Lanes()
        self.on_wire: dict[Key, Built] = {}
        self.answers = Answers()
        # What could not be given back while the database was away.
        self.owed: list[Parcel] = []
        self.renewed_at = 0.0
        self.heeded_at = 0.0
        self.claimed_at = 0.0
        self.watch = Watch(Stage.delivery)

    def drain(self) -> int:
        """Send what is due until nothing is due or in hand, 20 s at most.

        What is in hand then is taken up again by the drain that is rung for here;
        where nobody hears the bell, this one goes on.
        """
        until = time.monotonic() + DRAIN_S
        sent = 0
        self.watch.found()
        try:
            while not stopping.is_set():
                claimed = self.turn()
                sent += claimed
                is_idle = not claimed and not self.in_hand
                if is_idle and not self.watch.wait_for_more():
                    break
                if time.monotonic() > until and (
                    not self.in_hand or doorbell().ring(Stage.delivery)
                ):
                    break
        except OperationalError:
            # Before anything else is sent, it has to be known what is still ours.
            self.renewed_at = 0.0
            raise
        return sent

    def turn(self) -> int:
        """Do once whatever can be done now; return how many parcels were claimed."""
        self.collect()
        claimed = self.claim() if self.is_time_to_claim() else 0
        self.note()
        self.send()
        return claimed

    def finish(self) -> None:
        """Send nothing more; write what is still answered, give back all else."""
        until = time.monotonic() + FINISH_S
        with contextlib.suppress(OperationalError):
            self._give_back(self.lanes.take_older())
        while (self.on_wire or self.answers.held) and time.monotonic() < until:
            with contextlib.suppress(OperationalError):
                self.collect()
        with contextlib.suppress(OperationalError):
            if self.on_wire:
                # Who waits for a token in vain has sent nothing: others may be asked.
                unsent = {key: self.in_hand[key] for key in self.wire.unsent}
                sent = [b.parcel for k, b in self.on_wire.items() if k not in unsent]
                give_back(list(unsent.values()), sent)

    def is_time_to_claim(self) -> bool:
        """Say whether to look for more: at once when idle, else at a steady pace."""
        waited = time.monotonic() - self.claimed_at
        return not self.in_hand or waited >= self.watch.wait_s

    def claim(self) -> int:
        """Claim what there is room for; queue what can be sent, write what cannot."""
        self.claimed_at = time.monotonic()
        room = min(BATCH, MOST_HELD - len(self.in_hand))
        parcels = claim_parcels(room, self._in_hand()) if room > 0 else []
        try:
            decided = [
                (parcel, step)
                for parcel in parcels
                if (step := self._put(parcel)) is not None
            ]
            if decided:
                write_steps(decided)
        except OperationalError:
            self.owed += [one for one in parcels if _key(one) not in self.in_hand]
            raise
        if parcels:
            self.watch.found()
        else:
            self.watch.found_nothing()
        return len(parcels)

    def note(self) -> None:
        """Note as sent what goes out soon; what is ours no more is let go."""
        taken = self.lanes.next_to_note()
        if not taken:
            return
        reached("send.built")
        try:
            ours = mark_sent([built.parcel for built in taken])
        except OperationalError:
            self.lanes.put_back(taken)
            raise
        self.lanes.ready(b for b in taken if b.parcel.delivery_id in ours)
        for built in taken:
            if built.parcel.delivery_id not in ours:
                del self.in_hand[_key(built.parcel)]

    def send(self) -> None:
        """Put on the wire what its partner has room for, if it is still ours."""
        self.renew()
        self.heed()
        for built in self.lanes.next_to_send():
            key = _key(built.parcel)
            self.on_wire[key] = built
            self.wire.add(key, built.request)
            reached("send.under_way")

    def collect(self) -> None:
        """Take answers in, send on, and write them when it is time."""
        expects_more = self.watch.expects_more and not stopping.is_set()
        if self.answers.held and expects_more and not self.on_wire:
            # What the next claim brings is soon answered, and written along.
            claim_at = self.claimed_at + self.watch.wait_s
            stopping.wait(max(0.0, claim_at - time.monotonic()))
        for key, outcome in self.wire.poll(WAIT_S if self.on_wire else 0.0):
            self.answers.add(self._sent(key, outcome))
        self.send()
        is_last = not self.on_wire and not expects_more
        if self.answers.held and (self.answers.is_time or is_last):
            self.write()

    def write(self) -> None:
        """Write the answers, and hold no longer what is written."""
        try:
            for parcel in self.answers.write():
                del self.in_hand[_key(parcel)]
        except OperationalError:
            # The database is away, the answers are not: the next drain writes them.
            stopping.wait(PAUSE_S)
            doorbell().ring(Stage.delivery)
            raise
        # Their partners have room again.
        self.watch.found()
        self.answers.judge()

    def renew(self) -> None:
        """Renew the leases of what is in hand, every five seconds.

        What has waited so long is given back instead: its circuit or its campaign
        may be another by now. What was lost meanwhile is not sent any more.
        """
        now = time.monotonic()
        if now - self.renewed_at <= RENEW_S:
            return
        self._give_back(self.lanes.take_older(now - RENEW_S))
        if self.in_hand:
            ours = renew(list(self.in_hand.values()))
            for built in self.lanes.keep(ours):
                del self.in_hand[_key(built.parcel)]
        self.renewed_at = now

    def heed(self) -> None:
        """Give back, twice a second, what a kill switch stopped while it waited."""
        now = time.monotonic()
        if now - self.heeded_at > HEED_S and self.in_hand:
            off = stopped(list(self.in_hand.values()))
            if off:
                ids = {one.delivery_id for one in self.in_hand.values()}
                self._give_back(self.lanes.keep(ids - off))
                self.wire.withdraw({key for key in self.on_wire if key[0] in off})
            self.heeded_at = now

    def _in_hand(self) -> Counter[int]:
        return Counter(parcel.partner_id for parcel in self.in_hand.values())

    def _put(self, parcel: Parcel) -> Step | None:
        """Let a parcel wait for its turn; return what follows if it is not sent."""
        if (step := step_without_sending(parcel)) is not None:
            return step
        if (request := request_of(parcel)) is None:
            return unsendable("bad_endpoint", parcel.history)
        self.in_hand[_key(parcel)] = parcel
        self.lanes.put(Built(parcel, request, self.claimed_at))
        return None

    def _give_back(self, waited: Sequence[Built]) -> None:
        for built in waited:
            self.owed.append(self.in_hand.pop(_key(built.parcel)))
        if self.owed:
            give_back(self.owed)
            self.owed = []

    def _sent(self, key: Key, outcome: Reply | Failure) -> Sent:
        built = self.on_wire.pop(key)
        self.lanes.answered(built)
        parcel, body = built.parcel, built.request.told
        return Sent(parcel, body, outcome, read_reply(outcome, parcel.rules))


def _key(parcel: Parcel) -> Key:
    return parcel.delivery_id, parcel.token
