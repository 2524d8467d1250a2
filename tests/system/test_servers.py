"""Valkey and PostgreSQL fail in every way: intake answers, nothing is lost or doubled.

No process of the application is started anew, and the bell rings again afterwards.
"""

import time
from collections.abc import Callable

import pytest

from tests.processes.helpers import until
from tests.system import harm
from tests.system.conftest import Launch
from tests.system.market import Market, Posted, market

pytestmark = pytest.mark.soak

Note = Callable[[str, float], None]
ROUNDS = 3
SLOWER_S = 3.0
BACK_S = 10.0
# What was claimed at the moment of the stop comes due again with its lease.
CAUGHT_S = 20.0


@pytest.mark.parametrize("harm_it", harm.VALKEY_HARMS)
def test_intake_needs_no_valkey(harm_it: harm.Harm, launch: Launch, note: Note) -> None:
    system = launch()
    before = harm.application(system)

    for _ in range(ROUNDS):
        with market(system) as made:
            usual = calm(made)
            posted, _ = harmed(made, harm_it)
            slowest = max(harm.delays(made)[2 * len(usual) :])
            wrongs = made.wrongs(usual + posted)
            calmly = max(harm.delays(made)[: 2 * len(usual)])
            is_ringing = until(lambda m=made: harm.is_quick(m), 15)

        note(f"{harm_it.__name__}: slowest lead before", calmly)
        note(f"{harm_it.__name__}: slowest lead", slowest)
        assert [one.refused for one in posted] == [0] * len(posted)
        assert wrongs == []
        assert slowest <= calmly + SLOWER_S
        assert is_ringing
    assert harm.application(system) == before


@pytest.mark.parametrize("harm_it", harm.POSTGRES_HARMS)
def test_nothing_acknowledged_is_lost_with_postgresql(
    harm_it: harm.Harm, launch: Launch, note: Note
) -> None:
    system = launch()
    before = harm.application(system)

    for _ in range(ROUNDS):
        with market(system) as made:
            posted, at = harmed(made, harm_it)
            back_at = min(one.answered_at for one in posted if one.refused)
            new = made.post()
            is_settled = until(lambda: made.is_settled(len(posted) + 1), CAUGHT_S)  # noqa: B023
            wrongs = made.wrongs([*posted, new])
            slowest = max(harm.delays(made))

        note(f"{harm_it.__name__}: intake away for", back_at - at)
        note(f"{harm_it.__name__}: slowest lead", slowest)
        assert is_settled
        assert wrongs == []
        assert back_at - at <= BACK_S
    assert harm.application(system) == before


def calm(made: Market) -> list[Posted]:
    """Post for a while with all in order."""
    with harm.steady(made) as posted:
        time.sleep(2)
    assert until(lambda: made.is_settled(len(posted)), 20)
    return posted


def harmed(made: Market, harm_it: harm.Harm) -> tuple[list[Posted], float]:
    """Post before, during and after a harm; return that, and when it was done."""
    before = len(made.leads())
    with harm.steady(made) as posted:
        time.sleep(1)
        at = time.time()
        harm_it(made.system)
        time.sleep(3)
    assert until(lambda: made.is_settled(before + len(posted)), 40)
    return posted, at
