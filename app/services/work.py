"""Claiming what is due: leases, tokens, fair turns, rows set aside.

A claim is one short transaction of its own. What is done with a claimed row counts
only while its token still stands (`still_ours`).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.states import Stage
from app.metrics import count

log = logging.getLogger(__name__)

LEASE_S = 15
MAX_CLAIMS = 3

# Groups are walked by the index, not scanned: a million waiting rows of one source
# cost no more than one. Each group gives its oldest rows; turns are taken by rank.
CLAIM = """
WITH RECURSIVE groups AS (
  (SELECT group_id FROM work
    WHERE stage = :stage AND is_bulk = :bulk AND set_aside_at IS NULL
    ORDER BY group_id LIMIT 1)
  UNION ALL
  SELECT (SELECT group_id FROM work
           WHERE stage = :stage AND is_bulk = :bulk AND set_aside_at IS NULL
             AND group_id > groups.group_id
           ORDER BY group_id LIMIT 1)
    FROM groups WHERE groups.group_id IS NOT NULL
), due AS (
  SELECT row.id, row.run_at,
         row_number() OVER (PARTITION BY groups.group_id ORDER BY row.run_at, row.id)
           AS turn
    FROM groups, LATERAL (
      SELECT id, run_at FROM work
       WHERE stage = :stage AND is_bulk = :bulk AND set_aside_at IS NULL
         AND group_id = groups.group_id AND run_at <= now()
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY run_at, id LIMIT :size
    ) AS row
), mine AS (
  SELECT work.id
    FROM (SELECT * FROM due ORDER BY turn, run_at, id LIMIT 2 * :size) due
    JOIN work ON work.id = due.id
   WHERE work.lease_until IS NULL OR work.lease_until < now()
   ORDER BY due.turn, due.run_at, due.id LIMIT :size
     FOR UPDATE OF work SKIP LOCKED
)
UPDATE work
   SET lease_until = now() + make_interval(secs => :lease),
       lease_token = :token,
       attempts = attempts + 1,
       set_aside_at = CASE WHEN attempts >= :most THEN now() END
  FROM mine WHERE work.id = mine.id
RETURNING work.id, work.lead_id, work.campaign_id, work.set_aside_at, work.attempts
"""


@dataclass(frozen=True)
class Claimed:
    """One lead's stage, ours until the lease ends."""

    work_id: int
    lead_id: int
    campaign_id: int
    attempts: int


@dataclass(frozen=True)
class Claim:
    """A batch of claimed rows under one token."""

    token: UUID
    rows: tuple[Claimed, ...]

    @property
    def lead_ids(self) -> list[int]:
        """The leads that were claimed."""
        return [row.lead_id for row in self.rows]


def claim(stage: Stage, size: int) -> Claim:
    """Claim up to `size` due rows: live leads first, bulk at most half of them."""
    token = uuid4()
    with transaction(f"{stage.value}.claim") as session:
        rows = _claim(session, stage, token, size, bulk=False)
        room = min(size - len(rows), size // 2)
        if room > 0:
            rows += _claim(session, stage, token, room, bulk=True)
    return Claim(token, tuple(rows))


def _claim(
    session: Session, stage: Stage, token: UUID, size: int, *, bulk: bool
) -> list[Claimed]:
    found = session.execute(
        text(CLAIM),
        {
            "stage": stage.value,
            "bulk": bulk,
            "size": size,
            "lease": LEASE_S,
            "token": token,
            "most": MAX_CLAIMS,
        },
    ).all()
    for row in found:
        if row.set_aside_at is not None:
            log.error("set aside: stage=%s lead=%s", stage.value, row.lead_id)
    count("claims", len(found), stage=stage.value)
    if taken_over := sum(row.attempts > 1 for row in found):
        count("leases_lost", taken_over, stage=stage.value)
    return [
        Claimed(row.id, row.lead_id, row.campaign_id, row.attempts)
        for row in found
        if row.set_aside_at is None
    ]


def still_ours(
    session: Session, token: UUID, lead_ids: Sequence[int]
) -> frozenset[int]:
    """Return the leads whose work row still bears the token, and lock those rows."""
    rows = session.execute(
        text(
            "SELECT lead_id FROM work"
            " WHERE lead_id = ANY(:leads) AND lease_token = :token"
            " ORDER BY lead_id FOR UPDATE"
        ),
        {"leads": list(lead_ids), "token": token},
    )
    return frozenset(row.lead_id for row in rows)


def give_back(token: UUID) -> None:
    """Give claimed rows back, not counting the claim: the database was away."""
    with transaction("work.give_back") as session:
        session.execute(
            text(
                "UPDATE work SET lease_until = NULL, lease_token = NULL,"
                " attempts = greatest(attempts - 1, 0) WHERE lease_token = :token"
            ),
            {"token": token},
        )


def work_through(stage: Stage, size: int, do: Callable[[Claim], None]) -> int:
    """Claim a batch and do it part by part; return how many rows were claimed.

    A part that fails is logged and comes due again by its lease; the other parts go
    on. While the database is away nothing counts as a failure of the rows.
    """
    claimed = claim(stage, size)
    for part in _parts(claimed):
        try:
            do(part)
        except OperationalError:
            with suppress(OperationalError):
                give_back(claimed.token)
            raise
        except Exception:  # whatever is wrong with one part, the others are sound
            log.exception("failed: stage=%s leads=%s", stage.value, part.lead_ids)
    return len(claimed.rows)


def _parts(claimed: Claim) -> list[Claim]:
    """Part a claim by campaign; rows that failed before stand alone."""
    fresh: dict[int, list[Claimed]] = defaultdict(list)
    again = []
    for row in claimed.rows:
        if row.attempts == 1:
            fresh[row.campaign_id].append(row)
        else:
            again.append(Claim(claimed.token, (row,)))
    return [Claim(claimed.token, tuple(rows)) for rows in fresh.values()] + again


def pass_on(session: Session, lead_ids: Sequence[int], stage: Stage) -> None:
    """Make the next stage of those leads due now, in the same transaction."""
    session.execute(
        text(
            "UPDATE work SET stage = :stage, run_at = now(), lease_until = NULL,"
            " lease_token = NULL, attempts = 0 WHERE lead_id = ANY(:leads)"
        ),
        {"leads": list(lead_ids), "stage": stage.value},
    )


def finish(session: Session, lead_ids: Sequence[int]) -> None:
    """Take those leads off the stages: nothing is due for them any more."""
    session.execute(
        text("DELETE FROM work WHERE lead_id = ANY(:leads)"),
        {"leads": list(lead_ids)},
    )


def put(
    session: Session, lead_id: int, stage: Stage, at: datetime | None = None
) -> None:
    """Make a stage due for a lead that may be at another stage or at none."""
    session.execute(
        text(
            "INSERT INTO work (stage, lead_id, campaign_id, group_id, is_bulk, run_at)"
            " SELECT :stage, id, campaign_id, source_id, is_bulk,"
            " coalesce(:at, now()) FROM lead WHERE id = :lead"
            " ON CONFLICT (lead_id) DO UPDATE SET stage = excluded.stage,"
            " run_at = excluded.run_at, lease_until = NULL, lease_token = NULL,"
            " attempts = 0, set_aside_at = NULL"
        ),
        {"lead": lead_id, "stage": stage.value, "at": at},
    )


def due_stages() -> list[Stage]:
    """Return the stages for which something is due and not leased."""
    with transaction("clock.look") as session:
        return [
            stage
            for stage in Stage
            if session.execute(text(DUE[stage]), {"stage": stage.value}).first()
        ]


_DUE_WORK = (
    "SELECT 1 FROM work WHERE stage = :stage AND set_aside_at IS NULL"
    " AND run_at <= now() AND (lease_until IS NULL OR lease_until < now()) LIMIT 1"
)
DUE = {
    Stage.validation: _DUE_WORK,
    Stage.routing: _DUE_WORK,
    Stage.delivery: (
        "SELECT 1 FROM delivery WHERE set_aside_at IS NULL AND ended_at IS NULL"
        " AND run_at <= now() AND (lease_until IS NULL OR lease_until < now()) LIMIT 1"
    ),
}
