"""The drain of the delivery queue, over the one sender of its process."""

from functools import cache

from flask import current_app

from app.domain.states import Stage
from app.jobs.sender import Sender
from app.metrics import count
from app.queue import doorbell
from app.services.outbound import outbound_guard


@cache
def sender(_process: object) -> Sender:
    """Return the process's one sender."""
    return Sender(outbound_guard())


def drain() -> int:
    """Hand over what is due; return how many parcels were claimed."""
    doorbell().answer(Stage.delivery)
    count("drains", stage=Stage.delivery.value)
    return _own_sender().drain()


def drain_alone() -> int:
    """Hand over where nobody rings for this process; nothing stays in its hands.

    What stayed would go out with the next drain here, long after another process
    took it over.
    """
    try:
        return drain()
    finally:
        finish()


def finish() -> None:
    """End well: wait for the answers of what is under way in this process."""
    _own_sender().finish()


def _own_sender() -> Sender:
    return sender(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
