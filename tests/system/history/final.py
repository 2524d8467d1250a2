"""What stands in the database of a run that is quiet again."""

import time
from collections import defaultdict
from typing import Any

import psycopg

from tests.system.history.log import Log
from tests.system.history.record import Account, Entry, Lead, Record, Sale
from tests.system.history.scene import Scene

LEADS = (
    "SELECT l.id, l.public_id::text, l.sub_id, l.status, l.max_sales, l.received_at,"
    " l.due_at, EXISTS (SELECT FROM routing_run r WHERE r.lead_id = l.id) AS is_routed,"
    " EXISTS (SELECT FROM work w WHERE w.lead_id = l.id) AS is_at_stage"
    " FROM lead l WHERE l.campaign_id = ANY(%(campaigns)s) ORDER BY l.id"
)
SALES = (
    "SELECT id, public_id::text AS key, lead_id, partner_id, subscription_id,"
    " price_cents, status, refunded_cents, slot_burnt, held_at, captured_at,"
    " released_at FROM transaction WHERE campaign_id = ANY(%(campaigns)s) ORDER BY id"
)
ACCOUNTS = (
    "SELECT id, kind, partner_id, floor_cents, balance_cents FROM account"
    " WHERE partner_id = ANY(%(partners)s) OR vendor_id = %(vendor)s"
    " OR (partner_id IS NULL AND vendor_id IS NULL) ORDER BY id"
)
ENTRIES = (
    "SELECT e.id, e.at, e.kind, e.transaction_id AS sale_id, e.reason, p.account_id,"
    " p.amount_cents FROM entry e LEFT JOIN posting p ON p.entry_id = e.id"
    " WHERE e.transaction_id IN"
    "   (SELECT id FROM transaction WHERE campaign_id = ANY(%(campaigns)s))"
    " OR e.id IN (SELECT entry_id FROM posting JOIN account a ON a.id = account_id"
    "   WHERE a.partner_id = ANY(%(partners)s) OR a.vendor_id = %(vendor)s)"
    " ORDER BY e.id, p.id"
)
TOTAL = "SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM posting"
OPEN = (
    "SELECT 'work of lead ' || w.lead_id || ': ' || w.stage AS what FROM work w"
    " WHERE w.campaign_id = ANY(%(campaigns)s)"
    " UNION ALL SELECT 'delivery ' || d.id || ': ' || d.status FROM delivery d"
    " JOIN lead l ON l.id = d.lead_id"
    " WHERE l.campaign_id = ANY(%(campaigns)s) AND d.ended_at IS NULL"
    " UNION ALL SELECT 'transaction ' || t.id || ': ' || t.status FROM transaction t"
    " WHERE t.campaign_id = ANY(%(campaigns)s) AND t.status = 'held'"
    " UNION ALL SELECT 'lead ' || l.id || ': ' || l.status FROM lead l"
    " WHERE l.campaign_id = ANY(%(campaigns)s) AND l.status = 'received'"
)


def open_work(scene: Scene) -> list[str]:
    """Return what is still to be done; something, while the database is away."""
    try:
        return [str(row["what"]) for row in _rows(scene, OPEN)]
    except psycopg.OperationalError:
        return ["the database is away"]


def record(scene: Scene, log: Log, began: float) -> Record:
    """Return the record of a run that began then, in seconds of the test's clock."""
    [total] = _rows(scene, TOTAL)
    return Record(
        began=began,
        ended=time.time(),
        calls=log.calls,
        faults=tuple(log.faults),
        handed=tuple(scene.manners.handed),
        leads=tuple(Lead(**row) for row in _rows(scene, LEADS)),
        sales=tuple(Sale(**row) for row in _rows(scene, SALES)),
        entries=_entries(scene),
        accounts=tuple(Account(**row) for row in _rows(scene, ACCOUNTS)),
        orders=tuple(scene.orders.values()),
        total_cents=total["cents"],
        auditor=tuple(
            f"{check['name']}: {check['detail']}" for check in scene.system.wrongs()
        ),
        open_work=tuple(open_work(scene)),
    )


def _entries(scene: Scene) -> tuple[Entry, ...]:
    heads: dict[int, dict[str, Any]] = {}
    lines: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in _rows(scene, ENTRIES):
        account, amount = row.pop("account_id"), row.pop("amount_cents")
        heads[row["id"]] = row
        if account is not None:
            lines[row["id"]].append((account, amount))
    return tuple(Entry(**head, lines=tuple(lines[id_])) for id_, head in heads.items())


def _rows(scene: Scene, query: str) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in scene.system.rows(
            query,
            campaigns=scene.campaign_ids,
            partners=list(scene.partners.values()),
            vendor=scene.vendor_id,
        )
    ]
