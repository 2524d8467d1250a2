"""The promise as properties: for every run of answers, delays and draws."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.delivery import (
    Answer,
    History,
    StepKind,
    Verdict,
    at_deadline,
    last_start,
    next_step,
    recorded,
)

HELD = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FRESH = History(held_at=HELD, due_at=HELD + timedelta(minutes=30), timeout_s=15)
REFUSED = Answer(Verdict.retry, "http_503", known_not_taken=True)
SERVER_ERROR = Answer(Verdict.retry, "http_500")
UNKNOWN = Answer(Verdict.unknown, "timeout")
TERMINAL = {StepKind.capture, StepKind.release, StepKind.release_money}


@given(
    st.data(),
    st.sampled_from([REFUSED, SERVER_ERROR, UNKNOWN]),
    st.integers(1, 15),
)
def test_last_partner_is_asked_eight_times_and_never_past_the_deadline(
    data: st.DataObject, answer: Answer, timeout_s: int
) -> None:
    history = replace(FRESH, last_one=True, timeout_s=timeout_s)
    starts, now = [HELD], HELD
    while True:
        now += timedelta(seconds=data.draw(st.floats(0, timeout_s)))
        asked = replace(
            answer, retry_after_s=data.draw(st.none() | st.integers(-5, 10**12))
        )
        following = next_step(asked, history, now, data.draw(st.floats(-1, 1)))
        history = recorded(asked, history)
        assert now <= history.due_at
        if following.kind is not StepKind.again:
            break
        assert following.run_at is not None
        assert now + timedelta(seconds=1) <= following.run_at <= last_start(history)
        now = following.run_at
        starts.append(now)

    assert len(starts) >= 8
    assert following.kind is StepKind.wait
    assert starts[-1] + timedelta(seconds=timeout_s) < history.due_at


@given(
    st.lists(
        st.sampled_from(
            [
                REFUSED,
                SERVER_ERROR,
                UNKNOWN,
                Answer(Verdict.accepted),
                Answer(Verdict.duplicate),
                Answer(Verdict.rejected),
            ]
        ),
        max_size=80,
    ),
    st.booleans(),
)
def test_every_delivery_ends_and_nothing_follows_the_end(
    answers: list[Answer], last_one: bool
) -> None:
    history, now = replace(FRESH, last_one=last_one), HELD
    for answer in answers + [UNKNOWN] * 80:
        following = next_step(answer, history, now, 0)
        history = recorded(answer, history)
        while following.kind is StepKind.wait:
            assert following.run_at is not None
            now = following.run_at
            following = at_deadline(history, now)
        if following.kind in TERMINAL:
            break
        assert following.run_at is not None
        assert following.run_at > now
        now = following.run_at

    assert following.kind in TERMINAL
    assert following.run_at is None
    assert now <= FRESH.due_at + timedelta(hours=48)
    if following.kind is StepKind.release and answer.verdict is Verdict.retry:
        assert not history.maybe_taken
