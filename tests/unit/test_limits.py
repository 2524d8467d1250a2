"""Limits by weekday: what may be set, and which day's holds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.limits import check_weekdays, day_limit
from app.domain.schedule import DAYS
from app.domain.windows import Window, window_bounds
from tests.unit.test_windows import CHANGES, MOMENTS, ZONES

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LIMITS = st.dictionaries(st.sampled_from(DAYS), st.integers(0, 10**9), min_size=1)


@given(LIMITS)
def test_limits_of_days_are_whole_numbers_from_zero(limits: dict[str, int]) -> None:
    check_weekdays("weekday_caps", limits, 10**9)


def test_null_is_no_limit_of_its_own() -> None:
    check_weekdays("weekday_caps", None, 10)

    assert day_limit(None, 7, datetime(2026, 11, 20, tzinfo=UTC), SAO_PAULO) == 7


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({}, "weekday_caps"),
        ([1], "weekday_caps"),
        ("mon", "weekday_caps"),
        (5, "weekday_caps"),
        ({"monday": 1}, "weekday_caps.monday"),
        ({"Mon": 1}, "weekday_caps.Mon"),
        ({"mon": -1}, "weekday_caps.mon"),
        ({"mon": 11}, "weekday_caps.mon"),
        ({"mon": 2**64}, "weekday_caps.mon"),
        ({"mon": 2.0}, "weekday_caps.mon"),
        ({"mon": "2"}, "weekday_caps.mon"),
        ({"mon": True}, "weekday_caps.mon"),
        ({"mon": None}, "weekday_caps.mon"),
    ],
)
def test_bad_limit_is_refused_at_its_day(limits: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_weekdays("weekday_caps", limits, 10)

    [error] = refused.value.errors
    assert error.field == field
    assert error.message.endswith(".")


def test_every_bad_day_is_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_weekdays("weekday_caps", {"mon": -1, "tue": 1, "xyz": 0}, 10)

    told = [error.field for error in refused.value.errors]
    assert told == ["weekday_caps.mon", "weekday_caps.xyz"]


@given(MOMENTS | CHANGES, ZONES, LIMITS)
def test_a_days_window_has_the_limit_of_its_weekday(
    at: datetime, zone: ZoneInfo, limits: dict[str, int]
) -> None:
    starts, ends = window_bounds(Window.day, at, zone)

    # The day's own noon is on its date, whatever the clock does at its midnight.
    noon = (
        starts.astimezone(zone)
        if ends - starts < timedelta(hours=12)
        else (starts + (ends - starts) / 2).astimezone(zone)
    )
    assert day_limit(limits, 5, starts, zone) == limits.get(DAYS[noon.weekday()], 5)


def test_a_day_that_starts_at_one_is_itself() -> None:
    starts, _ = window_bounds(
        Window.day, datetime(2018, 11, 4, 12, tzinfo=UTC), SAO_PAULO
    )

    assert day_limit({"sun": 3}, None, starts, SAO_PAULO) == 3
