"""States that the database has room for, and no row is in as yet."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from app.domain.states import TransactionStatus

State = TypeVar("State", bound=Enum)

# They wait for a card, and cards are not there.
NOT_YET = frozenset({TransactionStatus.paying, TransactionStatus.funding})


def in_use(states: type[State]) -> Mapping[str, State]:
    """Return the states by name, without those that are not told of yet."""
    return {
        name: state
        for name, state in states.__members__.items()
        if state not in NOT_YET
    }
