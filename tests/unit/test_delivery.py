"""The promise: what follows each answer, and when the last attempt has ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

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
from app.domain.states import DeliveryStatus

HELD = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FRESH = History(held_at=HELD, due_at=HELD + timedelta(minutes=30), timeout_s=15)
REFUSED = Answer(Verdict.retry, "http_503", known_not_taken=True)
SERVER_ERROR = Answer(Verdict.retry, "http_500")
UNKNOWN = Answer(Verdict.unknown, "timeout")


def after(*answers: Answer, history: History = FRESH) -> History:
    for answer in answers:
        history = recorded(answer, history)
    return history


def step(
    answer: Answer, *before: Answer, last_one: bool = False, at_s: float = 1
) -> Step:
    history = replace(after(*before), last_one=last_one)
    return next_step(answer, history, HELD + timedelta(seconds=at_s), 0)


def test_accepted_is_captured() -> None:
    taken = step(Answer(Verdict.accepted))

    assert taken == Step(StepKind.capture, None, DeliveryStatus.accepted, "accepted")


@pytest.mark.parametrize("before", [UNKNOWN, SERVER_ERROR])
def test_duplicate_is_captured_if_an_attempt_may_have_got_through(
    before: Answer,
) -> None:
    assert step(Answer(Verdict.duplicate), before).kind is StepKind.capture


@pytest.mark.parametrize("before", [[], [REFUSED, REFUSED]])
def test_duplicate_of_another_s_lead_is_released(before: list[Answer]) -> None:
    refused = step(Answer(Verdict.duplicate), *before)

    assert refused.kind is StepKind.release
    assert refused.delivery_status is DeliveryStatus.rejected


@pytest.mark.parametrize("before", [[], [UNKNOWN], [REFUSED]])
def test_rejected_is_released_at_once(before: list[Answer]) -> None:
    assert step(Answer(Verdict.rejected, "http_410"), *before).kind is StepKind.release


@pytest.mark.parametrize("failure", [REFUSED, SERVER_ERROR])
def test_lead_goes_on_after_three_failures_of_a_kind(failure: Answer) -> None:
    assert step(failure).kind is StepKind.again
    assert step(failure, failure).kind is StepKind.again
    assert step(failure, failure, failure).kind is StepKind.release


def test_server_errors_count_only_from_the_third_on() -> None:
    mixed = (REFUSED, SERVER_ERROR, REFUSED, SERVER_ERROR)

    assert step(mixed[3], *mixed[:3]).kind is StepKind.again
    assert step(SERVER_ERROR, *mixed).kind is StepKind.release
    assert step(REFUSED, *mixed).kind is StepKind.release


def test_last_partner_left_gets_the_whole_schedule() -> None:
    assert step(REFUSED, *[REFUSED] * 5, last_one=True, at_s=301).kind is StepKind.again


def test_nobody_else_gets_what_may_have_been_taken() -> None:
    asked_again = step(REFUSED, UNKNOWN, *[REFUSED] * 3, at_s=60)

    assert asked_again.kind is StepKind.again
    assert asked_again.delivery_status is DeliveryStatus.unknown


@pytest.mark.parametrize(
    ("attempts", "at_s", "run_s"),
    [(1, 0.2, 5), (2, 5.1, 15), (3, 15, 45), (4, 50, 120), (9, 1320, 1680)],
)
def test_attempts_are_counted_from_the_hold(
    attempts: int, at_s: float, run_s: int
) -> None:
    before = [UNKNOWN] * (attempts - 1)

    assert step(UNKNOWN, *before, at_s=at_s).run_at == HELD + timedelta(seconds=run_s)


def test_attempt_waits_a_second_at_least() -> None:
    assert step(UNKNOWN, at_s=15).run_at == HELD + timedelta(seconds=16)


@pytest.mark.parametrize(("jitter", "run_s"), [(-1, 4), (1, 6)])
def test_jitter_is_a_fifth_of_the_offset(jitter: float, run_s: int) -> None:
    drawn = next_step(UNKNOWN, FRESH, HELD, jitter)

    assert drawn.run_at == HELD + timedelta(seconds=run_s)


def test_retry_after_is_heeded_inside_the_window() -> None:
    asked = replace(REFUSED, retry_after_s=120)

    assert step(asked, at_s=1).run_at == HELD + timedelta(seconds=121)


def test_shorter_retry_after_does_not_hurry() -> None:
    asked = replace(REFUSED, retry_after_s=2)

    assert step(asked, at_s=1).run_at == HELD + timedelta(seconds=5)


def test_too_late_attempt_is_dropped_for_the_deadline() -> None:
    drawn = next_step(UNKNOWN, after(*[UNKNOWN] * 8), HELD + timedelta(seconds=1320), 1)

    assert drawn.kind is StepKind.wait
    assert drawn.run_at == FRESH.due_at


def test_after_the_tenth_attempt_only_the_deadline_is_left() -> None:
    assert step(UNKNOWN, *[UNKNOWN] * 9, at_s=1681).kind is StepKind.wait


def test_deadline_is_not_early() -> None:
    early = at_deadline(FRESH, HELD)

    assert (early.kind, early.run_at) == (StepKind.wait, FRESH.due_at)
    assert not early.breach


@pytest.mark.parametrize(
    "answers", [[], [REFUSED], [SERVER_ERROR] * 3, [SERVER_ERROR] + [REFUSED] * 3]
)
def test_what_was_not_taken_is_released_at_the_deadline(answers: list[Answer]) -> None:
    ended = at_deadline(after(*answers), FRESH.due_at)

    assert ended.kind is StepKind.release
    assert ended.delivery_status is DeliveryStatus.undeliverable
    assert ended.breach


@pytest.mark.parametrize("answers", [[UNKNOWN], [SERVER_ERROR] * 2, [UNKNOWN, REFUSED]])
def test_what_may_be_taken_stays_held_and_is_asked_hourly(
    answers: list[Answer],
) -> None:
    held = at_deadline(after(*answers), FRESH.due_at)

    assert held.kind is StepKind.again
    assert held.run_at == FRESH.due_at + timedelta(hours=1)
    assert (held.delivery_status, held.reason) == (
        DeliveryStatus.unknown,
        "undetermined",
    )
    assert held.breach


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(Verdict.accepted), StepKind.capture),
        (Answer(Verdict.duplicate), StepKind.capture),
        (Answer(Verdict.rejected), StepKind.release),
        (REFUSED, StepKind.again),
        (UNKNOWN, StepKind.again),
    ],
)
def test_late_answer_ends_what_was_undetermined(answer: Answer, kind: StepKind) -> None:
    late = next_step(answer, after(UNKNOWN), FRESH.due_at + timedelta(hours=2), 0)

    assert late.kind is kind
    assert late.breach


def test_money_goes_back_after_48_hours_and_the_slot_stays_burnt() -> None:
    end = FRESH.due_at + timedelta(hours=48)

    waiting = at_deadline(after(UNKNOWN), end - timedelta(minutes=10))
    ended = at_deadline(after(UNKNOWN), end)

    assert (waiting.kind, waiting.run_at) == (StepKind.wait, end)
    assert ended.kind is StepKind.release_money


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ([], StepKind.release),
        ([REFUSED, REFUSED], StepKind.release),
        ([UNKNOWN], StepKind.wait),
        ([SERVER_ERROR], StepKind.wait),
    ],
)
def test_under_a_switch_a_lead_stays_only_where_it_may_have_been_taken(
    before: list[Answer], kind: StepKind
) -> None:
    stopped = when_stopped(after(*before), HELD, "stopped:all")

    assert (stopped.kind, stopped.breach) == (kind, False)
    assert stopped.run_at in {None, FRESH.due_at}


@pytest.mark.parametrize("before", [[], [UNKNOWN]])
def test_a_switch_changes_nothing_about_a_promise_that_is_due(
    before: list[Answer],
) -> None:
    history = after(*before)

    assert when_stopped(history, FRESH.due_at, "stopped:all") == at_deadline(
        history, FRESH.due_at
    )
