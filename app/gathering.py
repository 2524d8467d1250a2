"""Calls of several threads that go together, as a group commit does.

Who finds nothing under way goes at once. Who comes meanwhile waits, and all who wait
go next, in one call: the more there is to do the less each costs, and nobody waits
for company.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Call(Generic[Item, Answer]):
    """One thread's call; at its turn it was run with others, or it has to lead."""

    item: Item
    turn: Event = field(default_factory=Event)
    was_run: bool = False
    answers: list[Answer] = field(default_factory=list)


class Gathering(Generic[Item, Answer]):
    """A function of many items, called with one by each of many threads.

    `run` returns as many answers as it is given items, in their order, or raises and
    has done nothing. Where it raises for several items each is run again by itself:
    what is wrong with one harms no other.
    """

    def __init__(self, run: Callable[[list[Item]], list[Answer]]) -> None:
        self._run = run
        self._lock = Lock()
        self._waiting: list[_Call[Item, Answer]] = []
        self._is_under_way = False

    def __call__(self, item: Item) -> Answer:
        """Return the answer to one item; raises what `run` raises for it alone."""
        mine: _Call[Item, Answer] = _Call(item)
        with self._lock:
            self._waiting.append(mine)
            leads, self._is_under_way = not self._is_under_way, True
        if not leads:
            mine.turn.wait()
        if not mine.was_run:
            self._lead()
        return mine.answers[0] if mine.answers else self._run([item])[0]

    def _lead(self) -> None:
        """Run all that wait, the leader's own among them, and hand on the lead."""
        with self._lock:
            calls, self._waiting = self._waiting, []
        try:
            answers = self._run([call.item for call in calls])
            for call, answer in zip(calls, answers, strict=True):
                call.answers.append(answer)
        except Exception:
            if len(calls) == 1:
                raise
        finally:
            with self._lock:
                following = self._waiting[:1]
                self._is_under_way = bool(following)
            for call in calls:
                call.was_run = True
            for call in (*calls, *following):
                call.turn.set()
