"""Claiming what is due: leases, tokens, fair turns, rows set aside.

A claim is one statement that commits by itself. What is done with a claimed row counts
only while its token still stands.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.direct import fetch
from app.domain.states import Stage
from app.metrics import count
from app.trips import Asked, ask

log = logging.getLogger(__name__)

LEASE_S = 15
MAX_CLAIMS = 3

# Groups are walked by the index, not scanned: a million waiting rows of one source
# cost no more than one. Each group gives its oldest rows; turns are taken by rank.
FIND = """
{kind}_groups AS (
  (SELECT group_id FROM work
    WHERE stage = %(stage)s AND {is_bulk} AND set_aside_at IS NULL
    ORDER BY group_id LIMIT 1)
  UNION ALL
  SELECT (SELECT group_id FROM work
           WHERE stage = %(stage)s AND {is_bulk} AND set_aside_at IS NULL
             AND group_id > last.group_id
           ORDER BY group_id LIMIT 1)
    FROM {kind}_groups AS last WHERE last.group_id IS NOT NULL
), {kind}_due AS (
  SELECT row.id, row.run_at,
         row_number() OVER (PARTITION BY g.group_id ORDER BY row.run_at, row.id)
           AS turn
    FROM {kind}_groups g, LATERAL (
      SELECT id, run_at FROM work
       WHERE stage = %(stage)s AND {is_bulk} AND set_aside_at IS NULL
         AND group_id = g.group_id AND run_at <= now()
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY run_at, id LIMIT %(size)s
    ) AS row
), {kind} AS MATERIALIZED (
  SELECT work.id
    FROM (SELECT * FROM {kind}_due ORDER BY turn, run_at, id LIMIT 2 * %(size)s) due
    JOIN work ON work.id = due.id
   WHERE work.lease_until IS NULL OR work.lease_until < now()
   ORDER BY due.turn, due.run_at, due.id LIMIT {room}
     FOR UPDATE OF work SKIP LOCKED
)"""
LIVE = FIND.format(kind="live", is_bulk="NOT is_bulk", room="%(size)s")
# A live lead waits for the batch that is under way, so that bulk's are small.
BULK = FIND.format(
    kind="bulk",
    is_bulk="is_bulk",
    room="least(%(size)s / 4, %(size)s - (SELECT count(*) FROM live))",
)
CLAIM = f"""WITH RECURSIVE {LIVE}, {BULK}, mine AS (
  SELECT id FROM live UNION ALL SELECT id FROM bulk
)
UPDATE work
   SET lease_until = now() + make_interval(secs => %(lease)s),
       lease_token = %(token)s,
       attempts = attempts + 1,
       set_aside_at = CASE WHEN attempts >= %(most)s THEN now() END
  FROM mine WHERE work.id = mine.id
RETURNING work.id, work.lead_id, work.campaign_id, work.set_aside_at, work.attempts
"""  # noqa: S608 - both parts are ours
GIVE_BACK = (
    "UPDATE work SET lease_until = NULL, lease_token = NULL,"
    " attempts = greatest(attempts - 1, 0)"
    " WHERE id = ANY(%(ids)s) AND lease_token = ANY(%(tokens)s)"
)
PASS_ON = text(
    "UPDATE work SET stage = :stage, run_at = now(), lease_until = NULL,"
    " lease_token = NULL, attempts = 0 WHERE lead_id = ANY(:leads)"
)
FINISH = text("DELETE FROM work WHERE lead_id = ANY(:leads)")

# Claims that could not be given back while the database was away.
_owed: list["Claim"] = []


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
    """Claim up to `size` due rows: live leads first, bulk at most a quarter."""
    token = uuid4()
    bound = {
        "stage": stage.value,
        "size": size,
        "lease": LEASE_S,
        "token": token,
        "most": MAX_CLAIMS,
    }
    found = fetch(CLAIM, bound, f"{stage.value}.claim")
    for row in found:
        if row.set_aside_at is not None:
            log.error("set aside: stage=%s lead=%s", stage.value, row.lead_id)
    count("claims", len(found), stage=stage.value)
    if taken_over := sum(row.attempts > 1 for row in found):
        count("leases_lost", taken_over, stage=stage.value)
    rows = [
        Claimed(row.id, row.lead_id, row.campaign_id, row.attempts)
        for row in found
        if row.set_aside_at is None
    ]
    return Claim(token, tuple(rows))


def give_back(claims: Sequence[Claim]) -> None:
    """Give claimed rows back, not counting the claim: the database was away."""
    bound = {
        "ids": sorted(row.work_id for one in claims for row in one.rows),
        "tokens": [one.token for one in claims],
    }
    fetch(GIVE_BACK, bound, "work.give_back")


def work_through(stage: Stage, size: int, do: Callable[[Claim], None]) -> int:
    """Claim a batch and do it part by part; return how many rows were claimed.

    A part that fails is logged and comes due again by its lease; the other parts go
    on. While the database is away nothing counts as a failure of the rows.
    """
    if _owed:
        give_back(_owed)
        _owed.clear()
    claimed = claim(stage, size)
    for part in _parts(claimed):
        try:
            attempt(stage, part, do)
        except OperationalError:
            owe([claimed])
            raise
    return len(claimed.rows)


def attempt(stage: Stage, part: Claim, do: Callable[[Claim], None]) -> None:
    """Do a part; a failure is logged, and its rows come due again by their lease.

    Raises OperationalError while the database is away.
    """
    try:
        do(part)
    except OperationalError:
        raise
    except Exception:  # whatever is wrong with one part, the others are sound
        log.exception("failed: stage=%s leads=%s", stage.value, part.lead_ids)


def owe(claims: Iterable[Claim]) -> None:
    """Give claims back as soon as the database is there again."""
    _owed.extend(claims)


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


def finish(session: Session, lead_ids: Sequence[int]) -> None:
    """Take those leads off the stages: nothing is due for them any more."""
    ask(session, finished(lead_ids))


def finished(lead_ids: Sequence[int]) -> Asked:
    """Return the statement that takes those leads off the stages."""
    return FINISH, {"leads": list(lead_ids)}


def pass_on(lead_ids: Sequence[int], stage: Stage) -> Asked:
    """Return the statement that makes another stage due for those leads now."""
    return PASS_ON, {"leads": list(lead_ids), "stage": stage.value}


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
            " attempts = 0, set_aside_at = NULL, waits_for = NULL"
        ),
        {"lead": lead_id, "stage": stage.value, "at": at},
    )


def due_stages() -> list[Stage]:
    """Return the stages for which something is due and not leased."""
    return [stage for stage in Stage if is_due(stage)]


def is_due(stage: Stage) -> bool:
    """Say whether anything is due at the stage and not leased."""
    return bool(fetch(DUE[stage], {"stage": stage.value}, "work.look"))


_DUE_WORK = (
    "SELECT 1 FROM work WHERE stage = %(stage)s AND set_aside_at IS NULL"
    " AND run_at <= now() AND (lease_until IS NULL OR lease_until < now()) LIMIT 1"
)
DUE = {
    Stage.validation: _DUE_WORK,
    Stage.routing: _DUE_WORK,
    Stage.ping: _DUE_WORK,
    Stage.delivery: (
        "SELECT 1 FROM delivery WHERE set_aside_at IS NULL AND ended_at IS NULL"
        " AND run_at <= now() AND (lease_until IS NULL OR lease_until < now()) LIMIT 1"
    ),
}
