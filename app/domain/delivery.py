"""What follows a partner's answer: the promise of DESIGN §3 as arithmetic.

Every attempt is counted from the hold. Who may have taken a lead keeps it; nobody else
is asked until that is cleared up. Nothing is ever attempted after a terminal step.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.states import DeliveryStatus

SCHEDULE_S = (0, 5, 15, 45, 120, 300, 600, 960, 1320, 1680)
JITTER = 0.2
FEWEST_ATTEMPTS = 8
FAILURES_TO_GO_ON = 3
MARGIN_S = 5
UNDETERMINED_EVERY = timedelta(hours=1)
UNDETERMINED_FOR = timedelta(hours=48)
_SOON = timedelta(seconds=1)


class Verdict(StrEnum):
    """What a partner's reply means."""

    accepted = "accepted"
    duplicate = "duplicate"
    rejected = "rejected"
    retry = "retry"
    unknown = "unknown"


class StepKind(StrEnum):
    """What happens next; capture, release and release_money are terminal.

    again: attempt at `run_at`. wait: ask `at_deadline` at `run_at`. release: give back
    slot and money, route on. release_money: give back the money, the slot stays burnt.
    """

    capture = "capture"
    release = "release"
    again = "again"
    wait = "wait"
    release_money = "release_money"


@dataclass(frozen=True)
class Answer:
    """One attempt's outcome as the gateway read it.

    `known_not_taken` tells a retry that certainly was not taken (nothing sent, 408,
    425, 429, 503, or a partner's own rule) from a server error (500, 502, 504).
    """

    verdict: Verdict
    reason: str = ""
    known_not_taken: bool = False
    retry_after_s: int | None = None
    disables_endpoint: bool = False


@dataclass(frozen=True)
class History:
    """A delivery before the answer at hand.

    `definite_failures` counts retries known not to be taken, `server_errors` the
    others; `maybe_taken` that an attempt ended unknown; `last_one` that no other
    partner could get the lead.
    """

    held_at: datetime
    due_at: datetime
    timeout_s: int
    attempts: int = 0
    definite_failures: int = 0
    server_errors: int = 0
    maybe_taken: bool = False
    last_one: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether three failures are definite.

        One server error proves nothing: they count from the third on, all at once.
        """
        return max(self.definite_failures, self.server_errors) >= FAILURES_TO_GO_ON

    @property
    def is_in_doubt(self) -> bool:
        """Whether the partner may have taken the lead without saying so."""
        return self.maybe_taken or (self.server_errors > 0 and not self.has_failed)


@dataclass(frozen=True)
class Step:
    """What to do with a delivery; `run_at` is None where nothing more is to be done.

    `breach` says that the promise is broken: it is due and not accepted in time.
    """

    kind: StepKind
    run_at: datetime | None
    delivery_status: DeliveryStatus
    reason: str
    breach: bool = False


def recorded(answer: Answer, history: History) -> History:
    """Return the history with this answer in it."""
    is_retry = answer.verdict is Verdict.retry
    definite = is_retry and answer.known_not_taken
    return replace(
        history,
        attempts=history.attempts + 1,
        definite_failures=history.definite_failures + definite,
        server_errors=history.server_errors + (is_retry and not definite),
        maybe_taken=history.maybe_taken or answer.verdict is Verdict.unknown,
    )


def next_step(answer: Answer, history: History, now: datetime, jitter: float) -> Step:
    """Decide what follows an answer to the attempt that `history` does not yet count.

    `jitter` is a draw from -1 to 1. A duplicate is the partner's own earlier taking if
    any attempt with this key may have got through, else somebody else's lead.
    """
    breach = now >= history.due_at
    was_tried = history.maybe_taken or history.server_errors > 0
    match answer.verdict:
        case Verdict.accepted:
            return _end(StepKind.capture, DeliveryStatus.accepted, answer, breach)
        case Verdict.duplicate if was_tried:
            return _end(StepKind.capture, DeliveryStatus.accepted, answer, breach)
        case Verdict.duplicate | Verdict.rejected:
            return _end(StepKind.release, DeliveryStatus.rejected, answer, breach)
    after = recorded(answer, history)
    if breach:
        return at_deadline(after, now)
    if after.has_failed and not after.maybe_taken and not after.last_one:
        return _end(StepKind.release, DeliveryStatus.undeliverable, answer, breach)
    return _next_attempt(answer, after, now, jitter)


def at_deadline(history: History, now: datetime) -> Step:
    """Decide about a delivery without an answer that ends it, once it is due.

    What was certainly not taken is released. What may have been is asked hourly for 48
    hours as undetermined; then the money goes back and the slot stays burnt.
    """
    if now < history.due_at:
        return Step(StepKind.wait, history.due_at, _open_status(history), "not_due")
    if not history.is_in_doubt:
        status = DeliveryStatus.undeliverable
        return Step(StepKind.release, None, status, "deadline", breach=True)
    end, run_at = history.due_at + UNDETERMINED_FOR, now + UNDETERMINED_EVERY
    status, reason = DeliveryStatus.unknown, "undetermined"
    if now >= end:
        status = DeliveryStatus.undeliverable
        return Step(StepKind.release_money, None, status, reason, breach=True)
    if run_at > end:
        return Step(StepKind.wait, end, status, reason, breach=True)
    return Step(StepKind.again, run_at, status, reason, breach=True)


def when_stopped(history: History, now: datetime, reason: str) -> Step:
    """Decide about a delivery that a kill switch covers: nothing of it is sent.

    What was certainly not taken is given back. What the partner may have stays theirs,
    unasked until the switch is off or the promise is due.
    """
    if now >= history.due_at:
        return at_deadline(history, now)
    if not history.is_in_doubt:
        return Step(StepKind.release, None, DeliveryStatus.undeliverable, reason)
    return Step(StepKind.wait, history.due_at, DeliveryStatus.unknown, reason)


def last_start(history: History) -> datetime:
    """Return the latest moment at which an attempt still ends before it is due."""
    return history.due_at - timedelta(seconds=history.timeout_s + MARGIN_S)


def _next_attempt(
    answer: Answer, history: History, now: datetime, jitter: float
) -> Step:
    status, reason = _open_status(history), answer.reason or answer.verdict.value
    wait = Step(StepKind.wait, history.due_at, status, reason)
    if history.attempts >= len(SCHEDULE_S):
        return wait
    offset_s = SCHEDULE_S[history.attempts] * (1 + JITTER * jitter)
    run_at = max(
        history.held_at + timedelta(seconds=offset_s),
        now + _SOON,
        now + timedelta(seconds=_heeded_s(answer, history, now)),
    )
    if run_at > last_start(history):
        return wait
    return Step(StepKind.again, run_at, status, reason)


def _heeded_s(answer: Answer, history: History, now: datetime) -> float:
    """Return how much of Retry-After leaves room for the eighth attempt, in seconds."""
    still = max(1, FEWEST_ATTEMPTS - history.attempts)
    left_s = (last_start(history) - now).total_seconds()
    most_s = (left_s - (still - 1) * history.timeout_s) / still
    return max(0.0, min(answer.retry_after_s or 0, most_s))


def _open_status(history: History) -> DeliveryStatus:
    if history.maybe_taken:
        return DeliveryStatus.unknown
    return DeliveryStatus.retrying


def _end(kind: StepKind, status: DeliveryStatus, answer: Answer, breach: bool) -> Step:
    return Step(kind, None, status, answer.reason or answer.verdict.value, breach)
