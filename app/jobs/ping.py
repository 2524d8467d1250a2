"""The drain of the ping queue, over what its process has in hand."""

from functools import cache

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.domain.states import Stage
from app.jobs.auctions import Auctions
from app.metrics import count
from app.queue import doorbell
from app.services.outbound import outbound_guard


@cache
def auctions(_process: object) -> Auctions:
    """Return the process's auctions."""
    return Auctions(outbound_guard())


def drain() -> int:
    """Ask for bids and route what is due; return how many leads were claimed."""
    doorbell().answer(Stage.ping)
    count("drains", stage=Stage.ping.value)
    own = _own_auctions()
    try:
        return own.drain()
    except OperationalError:
        # What is still ours has to be claimed anew once the database is back.
        own.give_up()
        auctions.cache_clear()
        raise


def drain_alone() -> int:
    """Ask where nobody rings for this process; nothing stays in its hands."""
    try:
        return drain()
    finally:
        finish()


def finish() -> None:
    """End well: bring the auctions of this process to their end."""
    _own_auctions().finish()


def _own_auctions() -> Auctions:
    return auctions(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
