"""Open stretches agree with `is_open` at every moment, also where clocks are put."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.open_hours import next_opening, open_hours, open_stretches
from app.domain.schedule import DAYS, Schedule, compile_schedule, is_open
from tests.unit.test_windows import CHANGES, MOMENTS, ZONES

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
TIMES = st.builds(
    "{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 59))
)
ENTRIES = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=7),
        "from": TIMES,
        "to": TIMES,
    }
).filter(lambda entry: entry["from"] != entry["to"])
SCHEDULES = st.none() | st.lists(ENTRIES, max_size=4).map(compile_schedule)


def whole(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@settings(max_examples=60, deadline=None)
@given(SCHEDULES, MOMENTS | CHANGES, ZONES)
def test_stretches_are_where_it_is_open(
    schedule: Schedule | None, at: datetime, zone: ZoneInfo
) -> None:
    starts = whole(at)
    moments = [starts + n * MINUTE for n in range(30 * 60)]

    stretches = list(open_stretches(schedule, starts, moments[-1] + MINUTE, zone))

    for moment in moments:
        inside = any(opens <= moment < closes for opens, closes in stretches)
        assert inside is is_open(schedule, moment, zone), moment
    ends = [closes for _, closes in stretches]
    assert all(
        end < opens for end, (opens, _) in zip(ends, stretches[1:], strict=False)
    )


@settings(max_examples=60, deadline=None)
@given(SCHEDULES, MOMENTS | CHANGES, ZONES, st.integers(0, 48 * 60))
def test_open_time_passes_only_while_it_is_open(
    schedule: Schedule | None, at: datetime, zone: ZoneInfo, minutes: int
) -> None:
    starts = whole(at)
    moment = starts + minutes * MINUTE
    hours = open_hours(schedule, starts, starts + timedelta(days=2), zone)

    passed = hours.passed(moment)

    before = (starts + n * MINUTE for n in range(minutes))
    assert passed == MINUTE * sum(is_open(schedule, one, zone) for one in before)
    again = hours.moment(passed)
    if again is None:
        assert passed == hours.total
    else:
        assert again >= moment or hours.passed(moment) == hours.passed(again)
        assert hours.passed(again) == passed
        assert is_open(schedule, again, zone)


@settings(max_examples=60, deadline=None)
@given(SCHEDULES, MOMENTS | CHANGES, ZONES)
def test_next_opening_is_the_first(
    schedule: Schedule | None, at: datetime, zone: ZoneInfo
) -> None:
    opens = next_opening(schedule, whole(at), zone)

    if opens is None:
        assert schedule is not None
        assert schedule.spans == () or all(
            not is_open(schedule, whole(at) + n * MINUTE, zone)
            for n in range(8 * 24 * 60)
        )
        return
    assert is_open(schedule, opens, zone)
    minutes = int((opens - whole(at)) / MINUTE)
    assert not any(
        is_open(schedule, whole(at) + n * MINUTE, zone) for n in range(minutes)
    )


def test_a_repeated_hour_counts_twice_and_a_skipped_one_not_at_all() -> None:
    night = compile_schedule([{"days": ["sun"], "from": "00:00", "to": "04:00"}])
    autumn = datetime(2026, 11, 1, 4, tzinfo=UTC)
    spring = datetime(2026, 3, 8, 5, tzinfo=UTC)
    day = timedelta(days=1)

    assert open_hours(night, autumn, autumn + day, NEW_YORK).total == 300 * MINUTE
    assert open_hours(night, spring, spring + day, NEW_YORK).total == 180 * MINUTE


def test_what_never_opens_has_no_open_time() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    hours = open_hours(Schedule(()), at, at + timedelta(days=1), NEW_YORK)

    assert (hours.total, hours.moment(timedelta())) == (timedelta(), None)
    assert next_opening(Schedule(()), at, NEW_YORK) is None
