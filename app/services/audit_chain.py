"""The auditor of the audit log: finds rows that were edited, deleted, swapped, cut off.

Each row's hash covers the row before it, so that whoever changes one must rewrite all
that follow; the anchors, sealed with keys the database does not have, tell that apart.
Who holds the keys as well is found by the log alone, where each anchor is told too.
"""

import logging
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.sealing import seal, unseal

log = logging.getLogger(__name__)

PLACE = "audit.anchor"
# What one run hashes again of the old rows, about a second; the next run goes on from
# there, so that a million rows are gone over every twenty minutes.
SLICE = 50_000
MOST_FOUND = 10
START, END = -(2**62), 2**62

# Spelled out here, not left to the database's own function: that may be tampered with.
LINKS = text("""
    SELECT CASE WHEN previous IS DISTINCT FROM nullif(id - 1, 0)
             THEN 'audit ' || id - 1 || ' is missing before ' || id
             ELSE 'audit ' || id || ' was changed' END
      FROM (SELECT id, hash, lag(id) OVER by_id AS previous,
                   sha256(coalesce(lag(hash) OVER by_id, '')
                     || convert_to(jsonb_build_array(
                       id, (extract(epoch FROM at) * 1000000)::bigint, user_id, key_id,
                       role, action, subject, before, after, address, request_id
                     )::text, 'UTF8')) AS right_hash
              FROM audit WHERE id BETWEEN :first - 1 AND :last
            WINDOW by_id AS (ORDER BY id)) AS link
     WHERE id >= :first
       AND (previous IS DISTINCT FROM nullif(id - 1, 0) OR hash <> right_hash)
     ORDER BY id LIMIT :most
""")
ENDS = text("""
    SELECT coalesce(head.id, 0) AS id, head.hash,
           CASE WHEN coalesce(last.id, 0) < head.id
                  THEN 'audit ' || coalesce(last.id, 0) + 1 || ' is missing at the end'
                WHEN last.id IS DISTINCT FROM head.id OR last.hash <> head.hash
                  THEN 'audit ' || last.id || ' is not the head' END AS wrong
      FROM (SELECT 1) AS one
      LEFT JOIN audit_head AS head ON true
      LEFT JOIN (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1) AS last ON true
""")
ANCHORS = text("""
    SELECT anchor.audit_id, anchor.sealed, encode(audit.hash, 'hex') AS hash,
           coalesce((SELECT max(earlier.audit_id) FROM audit_anchor AS earlier
                      WHERE earlier.audit_id < anchor.audit_id), 0) AS previous
      FROM audit_anchor AS anchor LEFT JOIN audit ON audit.id = anchor.audit_id
     WHERE anchor.audit_id BETWEEN :first - 1 AND :last
     ORDER BY anchor.audit_id
""")
LAST_ANCHOR = text("SELECT coalesce(max(audit_id), 0) FROM audit_anchor")
MINUTE = text("SELECT extract(epoch FROM now())::bigint / 60")
ADD_ANCHOR = text(
    "INSERT INTO audit_anchor (audit_id, sealed) VALUES (:id, :sealed)"
    " ON CONFLICT DO NOTHING"
)


def broken_links(session: Session) -> list[str]:
    """Go over the whole log; return what is wrong, the first bad row first."""
    ends = session.execute(ENDS).one()
    return _wrong(session, ends, [(START, END)])


def audit_newest(session: Session) -> list[str]:
    """Go over what is new and a slice of the old; anchor it where nothing is wrong.

    Return what is wrong, the first bad row first.
    """
    ends = session.execute(ENDS).one()
    anchored = session.scalar(LAST_ANCHOR) or 0
    minute = session.scalar(MINUTE) or 0
    wrong = _wrong(session, ends, ranges_of(anchored, minute))
    if not wrong and ends.id > anchored:
        _anchor(session, ends.id, ends.hash.hex(), anchored)
    return wrong


def ranges_of(anchored: int, minute: int) -> list[tuple[int, int]]:
    """Return which rows, first and last, are due in a minute: a slice, and what is new.

    `anchored` rows were gone over before. Each of them is again, in its turn.
    """
    slices = -(-anchored // SLICE)
    if slices <= 1:
        return [(START, END)]
    turn = minute % slices
    first = turn * SLICE + 1 if turn else START
    return [(first, min((turn + 1) * SLICE, anchored)), (anchored + 1, END)]


def _wrong(
    session: Session,
    ends: Any,  # noqa: ANN401 - a row
    ranges: list[tuple[int, int]],
) -> list[str]:
    wrong: list[str] = []
    for first, last in ranges:
        bound = {"first": first, "last": last}
        wrong += session.scalars(LINKS, bound | {"most": MOST_FOUND})
        wrong += _wrong_anchors(session, bound)
    return [*wrong, ends.wrong] if ends.wrong else wrong


def _wrong_anchors(session: Session, bound: dict[str, int]) -> list[str]:
    return [
        f"audit {row.audit_id} is not what was anchored"
        for row in session.execute(ANCHORS, bound)
        if _opened(row) != _sealed_text(row.previous, row.audit_id, row.hash)
    ]


def _opened(row: Any) -> str:  # noqa: ANN401 - a row
    try:
        return unseal(bytes(row.sealed), PLACE)
    except ValueError:
        return "does not open"


def _anchor(session: Session, audit_id: int, digest: str, previous: int) -> None:
    sealed = seal(_sealed_text(previous, audit_id, digest), PLACE)
    session.execute(ADD_ANCHOR, {"id": audit_id, "sealed": sealed})
    log.info("audit log reaches %d: %s", audit_id, digest)


def _sealed_text(previous: int, audit_id: int, digest: str | None) -> str:
    # An anchor names the one before it: a deleted anchor is missed by the next.
    return f"{previous}:{audit_id}:{digest}"
