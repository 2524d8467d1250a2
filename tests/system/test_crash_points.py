"""Each named point, killed with -9 three times: nothing lost, nothing done twice."""

from collections.abc import Callable

import pytest

from app.crashes import POINTS
from tests.system.conftest import Launch
from tests.system.crash import RECOVERY_S, crash

pytestmark = pytest.mark.soak

ROUNDS = 3


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_it_goes_on_within_20_s(
    point: str, launch: Launch, note: Callable[[str, float], None]
) -> None:
    system = launch((point,))

    for _ in range(ROUNDS):
        wrongs, seconds = crash(system, point)

        note(f"crash at {point}", seconds)
        assert wrongs == []
        assert seconds <= RECOVERY_S
