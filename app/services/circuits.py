"""Circuits: endpoints that fail in a row rest a while; one that is gone is disabled.

Judged in a transaction of its own, after the outcomes: an endpoint's row has no place
in the order of locks that a sale takes.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text

from app.db import transaction
from app.domain.delivery import Answer, Verdict

log = logging.getLogger(__name__)

BREAK_AFTER = 10
OPEN_FOR_S = 30

HEALTH = text(
    "UPDATE endpoint SET"
    " failures = CASE WHEN :failed THEN failures + :count ELSE 0 END,"
    " open_until = CASE WHEN :failed AND failures + :count >= :most"
    "   THEN now() + make_interval(secs => :open_for) END"
    " WHERE id = :id AND (:failed OR failures > 0 OR open_until IS NOT NULL)"
)
DISABLE = text("UPDATE endpoint SET status = 'disabled' WHERE id = ANY(:ids)")


def judge_endpoints(answers: Sequence[tuple[int, Answer]]) -> None:
    """Count failures in a row: (endpoint id, answer), in the order they came."""
    failures: dict[int, int] = defaultdict(int)
    for id_, answer in answers:
        failed = answer.verdict in {Verdict.retry, Verdict.unknown}
        failures[id_] = failures[id_] + 1 if failed else 0
    gone = sorted({id_ for id_, answer in answers if answer.disables_endpoint})
    with transaction("delivery.judge") as session:
        for id_, failed_now in sorted(failures.items()):
            session.execute(
                HEALTH,
                {
                    "id": id_,
                    "failed": failed_now > 0,
                    "count": failed_now,
                    "most": BREAK_AFTER,
                    "open_for": OPEN_FOR_S,
                },
            )
        if gone:
            session.execute(DISABLE, {"ids": gone})
            log.warning("endpoints disabled: %s", gone)
