"""Auctions: leads in hand whose bids are asked for, all at once over one wire.

Each lead has its own two seconds, from when it is taken up; with what has come in by
then it is routed. Nothing is open meanwhile but its lease: whoever dies here loses a
few questions, and the lead comes due again.
"""

import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count as counting

from sqlalchemy.exc import OperationalError

from app.crashes import reached
from app.domain.bids import LIMIT_S, PER_PARTNER, no_bid
from app.domain.states import Stage
from app.gateways.delivery.ping import Answer, has_failed, read_answer
from app.gateways.errands import Errands
from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply
from app.jobs.drains import PACE_S, Watch, stopping
from app.metrics import count
from app.queue import DRAIN_S, doorbell
from app.services.circuits import judge_pings
from app.services.ping_log import Pinged
from app.services.pings import Asking, Question, questions_for
from app.services.routing import route_with_bids
from app.services.work import Claim, attempt, owe, work_through

MOST_HELD = 64
WAIT_S = 0.01
# libcurl ends what is late by itself; a resolver that hangs may keep it from that.
GRACE_S = 0.1
LATE, BUSY = Answer(no_bid("late")), Answer(no_bid("busy"))


@dataclass
class Auction:
    """One lead that is asked about: what is still open, and what has come in."""

    claim: Claim
    until: float
    open: dict[int, Question] = field(default_factory=dict)
    pinged: list[Pinged] = field(default_factory=list)

    def close(self, pinged: Pinged) -> None:
        """Take in what came of a question; whatever comes after the end is ignored."""
        if self.open.pop(pinged.subscription_id, None) is not None:
            self.pinged.append(pinged)

    def is_over(self, now: float) -> bool:
        """Say whether every answer is in, or the time is up."""
        return not self.open or now > self.until + GRACE_S


@dataclass
class Lane:
    """One partner's questions: waiting for their turn, and how many are on the wire."""

    waiting: deque[tuple[Auction, Question]] = field(default_factory=deque)
    on_wire: int = 0


class Auctions:
    """What one process has in hand."""

    def __init__(self, guard: Guard) -> None:
        self.wire: Errands[int] = Errands(guard)
        self.in_hand: list[Auction] = []
        self.lanes: defaultdict[int, Lane] = defaultdict(Lane)
        self.on_wire: dict[int, tuple[Auction, Question]] = {}
        self.heard: list[tuple[int, bool]] = []
        self.numbers = counting()
        self.claimed_at = 0.0

    def drain(self) -> int:
        """Auction what is due until nothing is due or in hand, 20 s at most.

        What is in hand then is taken up again by the drain that is rung for here, so
        that whoever comes next waits for nobody's bids; where nobody hears the bell,
        this one goes on. Return how many leads were claimed.
        """
        until, watch, done = time.monotonic() + DRAIN_S, Watch(Stage.ping), 0
        while not stopping.is_set():
            claimed = self.claim()
            done += claimed
            self.turn()
            if claimed:
                watch.found()
            elif not self.in_hand and not watch.wait_for_more():
                break
            if time.monotonic() > until and (
                not self.in_hand or doorbell().ring(Stage.ping)
            ):
                break
        return done

    def finish(self) -> None:
        """Claim nothing more, and bring to its end what is in hand: two seconds."""
        with contextlib.suppress(OperationalError):
            while self.in_hand:
                self.turn()

    def give_up(self) -> None:
        """Let go of everything; its leads are given back."""
        owe(one.claim for one in self.in_hand)
        self.wire.close()

    def claim(self) -> int:
        """Take up what there is room for, at a steady pace."""
        room = MOST_HELD - len(self.in_hand)
        now = time.monotonic()
        if room <= 0 or (self.in_hand and now - self.claimed_at < PACE_S):
            return 0
        self.claimed_at = now
        return work_through(Stage.ping, room, self.begin)

    def begin(self, part: Claim) -> None:
        """Ask for bids on leads of one campaign."""
        asking = questions_for(part)
        until = time.monotonic() + LIMIT_S
        for row in part.rows:
            told = asking.get(row.lead_id, Asking())
            auction = Auction(Claim(part.token, (row,)), until)
            auction.pinged += told.unasked
            for question in told.questions:
                auction.open[question.subscription_id] = question
                self.lanes[question.partner_id].waiting.append((auction, question))
            self.in_hand.append(auction)

    def turn(self) -> None:
        """Send what there is room for, take in what came, route what is over."""
        self.send()
        self.collect()
        now = time.monotonic()
        over = [one for one in self.in_hand if one.is_over(now)]
        if over:
            self.in_hand = [one for one in self.in_hand if not one.is_over(now)]
            self.settle(over)

    def send(self) -> None:
        """Put on the wire what its partner has room for, while there is time."""
        now = time.monotonic()
        for partner_id, lane in list(self.lanes.items()):
            while lane.waiting and (
                lane.on_wire < PER_PARTNER or lane.waiting[0][0].until <= now
            ):
                auction, question = lane.waiting.popleft()
                left_s = min(auction.until - now, question.request.timeout_s)
                if left_s <= 0:
                    auction.close(question.answered(BUSY))
                    continue
                number = next(self.numbers)
                lane.on_wire += 1
                self.on_wire[number] = auction, question
                self.wire.add(number, replace(question.request, timeout_s=left_s))
                reached("ping.under_way")
            if not lane.waiting and not lane.on_wire:
                del self.lanes[partner_id]

    def collect(self) -> None:
        """Take in what was answered."""
        for number, outcome in self.wire.poll(WAIT_S if self.on_wire else 0.0):
            auction, question = self.on_wire.pop(number)
            self.lanes[question.partner_id].on_wire -= 1
            auction.close(_read(question, outcome))
            count("pings", outcome=_outcome(outcome))
            self.heard.append((question.endpoint_id, has_failed(outcome)))
            reached("ping.answered")

    def settle(self, over: Iterable[Auction]) -> None:
        """Route what is over, by campaign, with the bids that are in."""
        parts: dict[tuple[object, int], list[Auction]] = defaultdict(list)
        for auction in over:
            for question in list(auction.open.values()):
                auction.close(question.answered(LATE, round(LIMIT_S * 1000)))
            claim = auction.claim
            parts[claim.token, claim.rows[0].campaign_id].append(auction)
        for auctions in parts.values():
            _route(auctions)
        if self.heard:
            heard, self.heard = self.heard, []
            judge_pings(heard)


def _route(auctions: list[Auction]) -> None:
    rows = tuple(row for one in auctions for row in one.claim.rows)
    pinged = [pinged for one in auctions for pinged in one.pinged]
    part = Claim(auctions[0].claim.token, rows)
    try:
        attempt(Stage.ping, part, lambda part: route_with_bids(part, pinged))
    except OperationalError:
        owe([part])
        raise


def _outcome(outcome: Reply | Failure) -> str:
    return (
        outcome.code if isinstance(outcome, Failure) else f"{outcome.status // 100}xx"
    )


def _read(question: Question, outcome: Reply | Failure) -> Pinged:
    answer = read_answer(outcome, question.ping, question.currency)
    status = outcome.status if isinstance(outcome, Reply) else None
    return question.answered(answer, outcome.elapsed_ms, status)
