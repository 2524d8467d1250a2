"""The drain of the validation queue."""

from app.domain.states import Stage
from app.jobs.drains import drain_stage
from app.services.validation import validate_due


def drain() -> int:
    """Check received leads until none is due; return how many."""
    return drain_stage(Stage.validation, validate_due)
