"""What a run of the auditor looks at: all there is, or what is new and some of the old.

A check asks the names below (`due_sale`, …), never the tables, where it goes over rows
that grow in number with every sale; what it looks up for each of them it looks up in
the tables.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# A run goes again over so many entries of old, with their sales and leads, and the next
# one goes on from there: a round costs the same however many there are. What a slice
# holds already is gone over as a whole each time.
SLICE = 25_000

_ALL = {
    "due_account": "SELECT * FROM account",
    "due_entry": "SELECT * FROM entry",
    "due_posting": "SELECT * FROM posting",
    "due_sale": "SELECT * FROM transaction",
    "due_lead": "SELECT * FROM lead",
    "due_window": "SELECT * FROM subscription_window",
    "due_counted": "SELECT * FROM transaction",
}
_NEWEST = {
    "due_account": "SELECT * FROM account WHERE id % :slices = :turn",
    "due_entry": "SELECT * FROM entry WHERE id >= :new_entry"
    " OR id BETWEEN :first_entry AND :last_entry",
    "due_posting": "SELECT * FROM posting WHERE entry_id >= :new_entry"
    " OR entry_id BETWEEN :first_entry AND :last_entry",
    "due_sale": "SELECT * FROM transaction WHERE id >= :new_sale"
    " OR id BETWEEN :first_sale AND :last_sale OR id = ANY(ARRAY("
    "  SELECT transaction_id FROM entry WHERE id >= :new_entry))",
    "due_lead": "SELECT * FROM lead WHERE id BETWEEN :first_lead AND :last_lead"
    " OR id = ANY(ARRAY(SELECT lead_id FROM due_sale))",
    "due_window": "SELECT * FROM subscription_window"
    " WHERE subscription_id % :slices = :turn"
    " OR kind IN ('hour', 'day') AND ends_at > CAST(:since AS timestamptz)",
    # The sales that those windows count.
    "due_counted": "SELECT * FROM transaction"
    " WHERE held_at >= CAST(:today AS timestamptz)"
    " OR subscription_id % :slices = :turn AND partner_id = ANY(ARRAY("
    "  SELECT partner_id FROM subscription WHERE id % :slices = :turn))",
}
# Who began before the last run looked may have committed after it: a minute is longer
# than any transaction lasts.
_STANDING = text("""
    WITH last AS (
      SELECT coalesce(CAST(:since AS timestamptz), max(at) - interval '1 minute',
                      '-infinity') AS since FROM audit_result
    )
    SELECT since::text,
           coalesce((SELECT id FROM entry ORDER BY id DESC LIMIT 1), 0) AS entries,
           coalesce((SELECT id FROM transaction ORDER BY id DESC LIMIT 1), 0) AS sales,
           coalesce((SELECT id FROM lead ORDER BY id DESC LIMIT 1), 0) AS leads,
           coalesce((SELECT id FROM entry WHERE at < since
                      ORDER BY id DESC LIMIT 1), 0) + 1 AS new_entry,
           coalesce((SELECT id FROM transaction WHERE held_at < since
                      ORDER BY id DESC LIMIT 1), 0) + 1 AS new_sale,
           (SELECT min(starts_at) FROM subscription_window
             WHERE kind IN ('hour', 'day') AND ends_at > since)::text AS today,
           extract(epoch FROM now())::bigint / 60 AS minute
      FROM last
""")


@dataclass(frozen=True)
class Scope:
    """What the names of a check stand for, with the values that are bound."""

    tables: str
    bound: dict[str, Any] = field(default_factory=dict)


def newest(
    session: Session,
    slice_size: int = SLICE,
    turn: int | None = None,
    since: str | None = None,
) -> Scope:
    """Return what is new since the last run, and the slice of the old whose turn it is.

    Only tests say themselves what is new, and whose turn it is.
    """
    row = session.execute(_STANDING, {"since": since}).one()
    slices = -(-row.entries // slice_size)
    if slices <= 1:
        return EVERYTHING
    turn = (row.minute if turn is None else turn) % slices
    bound = {
        "slices": slices,
        "turn": turn,
        "since": row.since,
        "today": row.today,
        "new_entry": row.new_entry,
        "new_sale": row.new_sale,
    }
    for name, last in (
        ("entry", row.entries),
        ("sale", row.sales),
        ("lead", row.leads),
    ):
        bound[f"first_{name}"] = last * turn // slices + 1
        bound[f"last_{name}"] = last * (turn + 1) // slices
    return Scope(_named(_NEWEST), bound)


def _named(tables: dict[str, str]) -> str:
    # Each is put where it is asked; kept apart, it would be read as a whole.
    return ", ".join(
        f"{name} AS NOT MATERIALIZED ({query})" for name, query in tables.items()
    )


EVERYTHING = Scope(_named(_ALL))
