"""The drain of the ping queue."""

from app.domain.states import Stage
from app.jobs.auctions import Auctions
from app.metrics import count
from app.queue import doorbell
from app.services.outbound import outbound_guard


def drain() -> int:
    """Ask for bids and route what is due; return how many leads were claimed."""
    doorbell().answer(Stage.ping)
    count("drains", stage=Stage.ping.value)
    return Auctions(outbound_guard()).drain()
