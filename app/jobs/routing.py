"""The drain of the routing queue."""

from app.domain.states import Stage
from app.jobs.drains import drain_stage
from app.services.routing import route_due


def drain() -> int:
    """Route due leads until none is due; return how many."""
    return drain_stage(Stage.routing, route_due)
