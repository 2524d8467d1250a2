"""Circuits: endpoints that fail in a row rest a while; one that is gone is disabled.

Judged in a transaction of its own, after the outcomes: an endpoint's row has no place
in the order of locks that a sale takes.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.delivery import Answer, Verdict

log = logging.getLogger(__name__)

BREAK_AFTER = 10
OPEN_FOR_S = 30

# Locked in the order of their ids; where all is well there is nothing to write.
HEALTH = (
    "WITH told AS ("
    "  SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:counts AS bigint[]))"
    "  AS told (id, failed)"
    "), locked AS ("
    "  SELECT e.id, told.failed, e.{failures} + told.failed AS failures"
    "    FROM endpoint e JOIN told ON told.id = e.id"
    "   WHERE told.failed > 0 OR e.{failures} > 0 OR e.{open_until} IS NOT NULL"
    "   ORDER BY e.id FOR NO KEY UPDATE OF e"
    ")"
    " UPDATE endpoint SET"
    " {failures} = CASE WHEN locked.failed > 0 THEN locked.failures ELSE 0 END,"
    " {open_until} = CASE WHEN locked.failed > 0 AND locked.failures >= :most"
    "   THEN now() + make_interval(secs => :open_for) END"
    " FROM locked WHERE endpoint.id = locked.id"
)
OF_LEADS = text(HEALTH.format(failures="failures", open_until="open_until"))
# Who answers no question may well take what it is sent, and the other way round.
OF_PINGS = text(HEALTH.format(failures="ping_failures", open_until="ping_open_until"))
DISABLE = text("UPDATE endpoint SET status = 'disabled' WHERE id = ANY(:ids)")


def has_failed(answer: Answer) -> bool:
    """Say whether an answer counts as a failure of its endpoint."""
    return answer.verdict in {Verdict.retry, Verdict.unknown}


def judge_endpoints(answers: Sequence[tuple[int, Answer]]) -> None:
    """Count failures in a row: (endpoint id, answer), in the order they came."""
    told = _told([(id_, has_failed(answer)) for id_, answer in answers])
    gone = sorted({id_ for id_, answer in answers if answer.disables_endpoint})
    with transaction("delivery.judge") as session:
        session.execute(OF_LEADS, told)
        if gone:
            session.execute(DISABLE, {"ids": gone})
            log.warning("endpoints disabled: %s", gone)


def judge_pings(asked: Sequence[tuple[int, bool]]) -> None:
    """Count questions without an answer: (endpoint id, failed), as they came."""
    with transaction("ping.judge") as session:
        session.execute(OF_PINGS, _told(asked))


def _told(outcomes: Sequence[tuple[int, bool]]) -> Mapping[str, Any]:
    failures: dict[int, int] = defaultdict(int)
    for id_, failed in outcomes:
        failures[id_] = failures[id_] + 1 if failed else 0
    return {
        "ids": list(failures),
        "counts": list(failures.values()),
        "most": BREAK_AFTER,
        "open_for": OPEN_FOR_S,
    }
