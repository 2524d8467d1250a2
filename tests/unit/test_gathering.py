"""Calls go together when others are under way, and none harms another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from app.gathering import Gathering

SOON_S = 10


class Slow:
    """Squares numbers; refuses negative ones; the first call waits to be let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.has_begun = Event()
        self.may_end = Event()

    def __call__(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        self.has_begun.set()
        assert self.may_end.wait(SOON_S)
        if any(number < 0 for number in numbers):
            raise ValueError(numbers)
        return [number**2 for number in numbers]


def waiting(gathering: Gathering[int, int], count: int) -> Callable[[], bool]:
    return lambda: len(gathering._waiting) == count


def while_one_is_under_way(slow: Slow, numbers: list[int]) -> dict[int, object]:
    """Call with 1, then with the numbers one after the other before 1 is answered."""
    gathering = Gathering(slow)
    found: dict[int, object] = {}

    def call(number: int) -> None:
        try:
            found[number] = gathering(number)
        except ValueError as error:
            found[number] = error.args[0]

    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        pool.submit(call, 1)
        assert slow.has_begun.wait(SOON_S)
        for count, number in enumerate(numbers, 1):
            pool.submit(call, number)
            poll(waiting(gathering, count))
        slow.may_end.set()
    return found


def poll(is_so: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(1000):
        if is_so():
            return
        pause.wait(SOON_S / 1000)
    raise AssertionError("it never came to be")


def test_lone_call_goes_at_once() -> None:
    slow = Slow()
    slow.may_end.set()
    gathering = Gathering(slow)

    assert [gathering(2), gathering(3)] == [4, 9]
    assert slow.batches == [[2], [3]]


def test_who_comes_meanwhile_goes_together_next() -> None:
    slow = Slow()

    found = while_one_is_under_way(slow, [2, 3, 4])

    assert slow.batches == [[1], [2, 3, 4]]
    assert found == {1: 1, 2: 4, 3: 9, 4: 16}


def test_call_that_fails_harms_no_other() -> None:
    slow = Slow()

    found = while_one_is_under_way(slow, [2, -3, 4])

    assert found == {1: 1, 2: 4, -3: [-3], 4: 16}
    assert sorted(slow.batches[2:]) == [[-3], [2], [4]]


def test_call_that_failed_alone_is_not_tried_again_and_stops_nobody() -> None:
    slow = Slow()
    slow.may_end.set()
    gathering = Gathering(slow)

    with pytest.raises(ValueError, match="-1"):
        gathering(-1)

    assert gathering(2) == 4
    assert slow.batches == [[-1], [2]]


def test_every_caller_among_many_gets_its_own_answer() -> None:
    slow = Slow()
    slow.may_end.set()
    gathering = Gathering(slow)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(gathering, range(2000)))

    assert answers == [number**2 for number in range(2000)]
    assert sorted(n for batch in slow.batches for n in batch) == list(range(2000))
