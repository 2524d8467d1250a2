"""The auditor: what may never happen (DESIGN §4), each as a query that finds nothing.

A check fails with the first rows it finds, named by their ids.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.models.platform import AuditResult
from app.services.audit_chain import audit_newest, broken_links
from app.services.book_checks import BOOK_CHECKS

log = logging.getLogger(__name__)

Findings = dict[str, Any]

SHOWN = 5
PATIENCE_MS = 120_000
KEEP = text(
    "INSERT INTO audit_result (name, ok, detail) VALUES (:name, :ok, :detail)"
    " ON CONFLICT (name) DO UPDATE SET ok = excluded.ok, detail = excluded.detail,"
    " at = now()"
)

# A check that is no more must not be told of for ever.
FORGET = text("DELETE FROM audit_result WHERE name <> ALL(:names)")
LAST = select(AuditResult).order_by(AuditResult.ok, AuditResult.name)

# Each query returns one text per wrong row.
CHECKS: dict[str, str] = {
    **BOOK_CHECKS,
    "leads_within_their_share_limit": """
        SELECT 'lead ' || l.id FROM lead l
         WHERE l.slots_taken > l.max_sales OR l.slots_taken <> (
           SELECT count(*) FROM transaction t WHERE t.lead_id = l.id
              AND (t.status <> 'released' OR t.slot_burnt) AND NOT t.slot_freed)
            OR l.sold_count <> (
           SELECT count(*) FROM transaction t WHERE t.lead_id = l.id
              AND t.status IN ('captured', 'refunded') AND NOT t.slot_freed)""",
    "no_lead_twice_to_a_partner": """
        SELECT 'lead ' || lead_id FROM transaction
         WHERE status <> 'released' OR slot_burnt
         GROUP BY lead_id, partner_id HAVING count(*) > 1""",
    # What a return freed is what a return that was approved and refunded gave back.
    "returns_equal_their_refunds": """
        SELECT 'return ' || r.id FROM lead_return r
          JOIN transaction t ON t.id = r.transaction_id
          LEFT JOIN entry e ON e.id = r.entry_id
         WHERE r.status = 'approved' AND NOT coalesce(t.slot_freed
           AND t.status = 'refunded' AND t.lead_id = r.lead_id
           AND t.partner_id = r.partner_id AND e.kind = 'refund'
           AND e.transaction_id = t.id AND r.amount_cents = (
             SELECT sum(p.amount_cents) FROM posting p
               JOIN account a ON a.id = p.account_id AND a.kind = 'wallet'
              WHERE p.entry_id = e.id), false)
        UNION ALL
        SELECT 'transaction ' || t.id FROM transaction t
         WHERE t.slot_freed AND NOT EXISTS (SELECT FROM lead_return r
           WHERE r.transaction_id = t.id AND r.status = 'approved')""",
    "nothing_is_returned_twice": """
        SELECT 'transaction ' || transaction_id FROM lead_return
         WHERE status <> 'denied' GROUP BY transaction_id HAVING count(*) > 1""",
    "windows_within_caps_and_budgets": """
        SELECT 'subscription ' || subscription_id || ' ' || kind
          FROM subscription_window
         WHERE holds > holds_limit OR cents > cents_limit""",
    "windows_equal_transactions": """
        SELECT 'subscription ' || w.subscription_id || ' ' || w.kind
          FROM subscription_window w
          LEFT JOIN transaction t ON t.subscription_id = w.subscription_id
           AND t.held_at >= w.starts_at AND t.held_at < w.ends_at
           AND (t.status <> 'released' OR t.slot_burnt)
           AND NOT (SELECT is_test FROM lead WHERE lead.id = t.lead_id)
         GROUP BY w.subscription_id, w.kind, w.starts_at, w.holds, w.cents
        HAVING w.holds <> count(t.id) OR w.cents <> coalesce(sum(t.price_cents), 0)""",
    "windows_do_not_overlap": """
        SELECT 'subscription ' || a.subscription_id || ' ' || a.kind
          FROM subscription_window a JOIN subscription_window b
            ON b.subscription_id = a.subscription_id AND b.kind = a.kind
           AND b.starts_at > a.starts_at AND b.starts_at < a.ends_at""",
    # Until a switch has settled, sales that had begun before it may still end.
    "nothing_is_sold_while_stopped": """
        SELECT 'transaction ' || t.id || ' (switch ' || k.id || ')'
          FROM kill_switch k JOIN transaction t
            ON t.held_at > coalesce(k.settled_at, k.on_at + interval '1 minute')
           AND t.held_at < coalesce(k.off_at, 'infinity')
           AND t.campaign_id = coalesce(k.campaign_id, t.campaign_id)
           AND t.partner_id = coalesce(k.partner_id, t.partner_id)""",
    "captures_have_an_accepted_delivery": """
        SELECT 'transaction ' || t.id FROM transaction t
         WHERE t.status IN ('captured', 'refunded') AND NOT EXISTS (
           SELECT FROM delivery d
            WHERE d.transaction_id = t.id AND d.status = 'accepted')""",
    "open_deliveries_have_a_hold": """
        SELECT 'delivery ' || d.id FROM delivery d
          JOIN transaction t ON t.id = d.transaction_id
         WHERE (d.ended_at IS NULL) <> (t.status = 'held')""",
    "deliveries_end_by_their_deadline": """
        SELECT 'delivery ' || id FROM delivery
         WHERE ended_at IS NULL AND breached_at IS NULL
           AND due_at < now() - interval '60 seconds'""",
    "no_stage_is_forgotten": """
        SELECT 'work ' || id FROM work
         WHERE set_aside_at IS NULL AND NOT is_bulk
           AND greatest(run_at, lease_until) < now() - interval '60 seconds'
        UNION ALL
        SELECT 'delivery ' || id FROM delivery
         WHERE set_aside_at IS NULL AND ended_at IS NULL AND NOT is_bulk
           AND greatest(run_at, lease_until) < now() - interval '60 seconds'""",
    "received_leads_are_at_a_stage": """
        SELECT 'lead ' || l.id FROM lead l
         WHERE l.status = 'received'
           AND NOT EXISTS (SELECT FROM work w WHERE w.lead_id = l.id)""",
    "nothing_is_set_aside": """
        SELECT 'work ' || id FROM work WHERE set_aside_at IS NOT NULL
        UNION ALL
        SELECT 'delivery ' || id FROM delivery WHERE set_aside_at IS NOT NULL""",
    # What came on a day and was sold on it changes no more, but for its states and
    # refunds; one day of those that were over when they were counted, by chance.
    "reports_equal_their_rows": """
        SELECT 'day ' || d.day
          FROM (SELECT day FROM counted_day
                 WHERE counted_at > day + interval '25 hours'
                 ORDER BY random() LIMIT 1) d
         WHERE (SELECT jsonb_object_agg(campaign_id, leads) FROM (
                  SELECT campaign_id, sum(leads)::bigint AS leads FROM lead_day
                   WHERE day = d.day GROUP BY campaign_id) told)
               IS DISTINCT FROM (SELECT jsonb_object_agg(campaign_id, leads) FROM (
                  SELECT campaign_id, count(*) AS leads FROM report_lead
                   WHERE received_at >= d.day AND received_at < d.day + 1
                   GROUP BY campaign_id) counted)
            OR (SELECT jsonb_object_agg(partner_id, sales) FROM (
                  SELECT partner_id, sum(sales)::bigint AS sales FROM sale_day
                   WHERE day = d.day GROUP BY partner_id) told)
               IS DISTINCT FROM (SELECT jsonb_object_agg(partner_id, sales) FROM (
                  SELECT partner_id, count(*) AS sales FROM report_sale
                   WHERE captured_at >= d.day AND captured_at < d.day + 1
                   GROUP BY partner_id) counted)""",
    # A day that was over when it was counted is as the books say; one by chance.
    "booked_days_equal_the_books": """
        SELECT 'day ' || d.day
          FROM (SELECT day FROM booked_day WHERE counted_at >= day + interval '25 hours'
                 ORDER BY random() LIMIT 1) d
         WHERE (SELECT jsonb_object_agg(currency, cents) FROM (
                  SELECT currency, sum(captured_cents - refunded_cents)::bigint AS cents
                    FROM money_day WHERE day = d.day GROUP BY currency) told)
               IS DISTINCT FROM (SELECT jsonb_object_agg(currency, cents) FROM (
                  SELECT e.currency, coalesce(sum(p.amount_cents) FILTER (
                           WHERE a.kind IN ('revenue', 'payable')), 0)::bigint AS cents
                    FROM entry e LEFT JOIN posting p ON p.entry_id = e.id
                    LEFT JOIN account a ON a.id = p.account_id
                   WHERE e.at >= d.day AND e.at < d.day + 1
                     AND e.kind IN ('capture', 'override', 'refund')
                   GROUP BY e.currency) booked)""",
}


def run_checks(audit_log: Callable[[Session], list[str]] = broken_links) -> Findings:
    """Run every check, the whole audit log's included.

    Return `{"ok", "checks": [...]}`.
    """
    with transaction() as session:
        session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))
        checks = find_wrong(session)
        checks.append(_told("audit_chain", audit_log(session)))
        return {"ok": all(check["ok"] for check in checks), "checks": checks}


def find_wrong(session: Session) -> list[Findings]:
    """Ask every query of CHECKS; return each with the rows that are wrong."""
    limit = f" LIMIT {SHOWN + 1}"
    return [
        _told(name, list(session.scalars(text(query + limit))))
        for name, query in CHECKS.items()
    ]


def last_results() -> Sequence[AuditResult]:
    """Return what the last run of each check found, what is broken first."""
    with transaction() as session:
        return session.scalars(LAST).all()


def audit() -> None:
    """Run every check, keep what it found, and say what fails.

    Of the audit log only what is new and a slice of what is old is gone over.
    """
    result = run_checks(audit_newest)
    with transaction() as session:
        session.execute(FORGET, {"names": [one["name"] for one in result["checks"]]})
        for check in result["checks"]:
            session.execute(KEEP, check)
            if not check["ok"]:
                log.error("integrity: %s: %s", check["name"], check["detail"])


def _told(name: str, rows: list[str]) -> Findings:
    more = " and more" if len(rows) > SHOWN else ""
    detail = ", ".join(rows[:SHOWN]) + more if rows else None
    return {"name": name, "ok": not rows, "detail": detail}
