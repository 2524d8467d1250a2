"""The auditor: what may never happen (DESIGN §4), each as a query that finds nothing.

A check fails with the first rows it finds, named by their ids.
"""

import logging
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.models.platform import AuditResult
from app.services.audit_chain import audit_newest, broken_links
from app.services.audit_scope import EVERYTHING, Scope, newest
from app.services.book_checks import BOOK_CHECKS
from app.services.sale_checks import SALE_CHECKS

log = logging.getLogger(__name__)

Findings = dict[str, Any]

SHOWN = 5
PATIENCE_MS = 120_000
# A limit without its fence would be planned for as if six wrong rows were soon found.
ASK = """WITH {tables}, wrong (row) AS MATERIALIZED ({query})
SELECT row FROM wrong LIMIT :most"""
KEEP = text(
    "INSERT INTO audit_result (name, ok, detail) VALUES (:name, :ok, :detail)"
    " ON CONFLICT (name) DO UPDATE SET ok = excluded.ok, detail = excluded.detail,"
    " at = now()"
)

# A check that is no more must not be told of for ever.
FORGET = text("DELETE FROM audit_result WHERE name <> ALL(:names)")
LAST = select(AuditResult).order_by(AuditResult.ok, AuditResult.name)

CHECKS = BOOK_CHECKS | SALE_CHECKS
AUDIT_CHAIN = "audit_chain"


def run_checks() -> Findings:
    """Run every check over everything, the whole audit log included.

    Return `{"ok", "checks": [...]}`.
    """
    with transaction() as session:
        session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))
        checks = find_wrong(session)
        checks.append(_told(AUDIT_CHAIN, broken_links(session)))
        return {"ok": all(check["ok"] for check in checks), "checks": checks}


def find_wrong(
    session: Session,
    scope: Scope = EVERYTHING,
    as_a_whole: Collection[str] = (),
) -> list[Findings]:
    """Ask every query of CHECKS; return each with the rows that are wrong.

    What is named in `as_a_whole` goes over all there is, whatever the scope.
    """
    found = []
    for name, query in CHECKS.items():
        looked_at = EVERYTHING if name in as_a_whole else scope
        asked = text(ASK.format(tables=looked_at.tables, query=query))
        bound = {**looked_at.bound, "most": SHOWN + 1}
        found.append(_told(name, list(session.scalars(asked, bound))))
    return found


def last_results() -> Sequence[AuditResult]:
    """Return what the last run of each check found, what is broken first."""
    with transaction() as session:
        return session.scalars(LAST).all()


def audit() -> None:
    """Check what is new and some of the old, keep what was found, say what fails.

    What failed goes over everything until nothing is wrong: the slice that it was found
    in comes again much later.
    """
    with transaction() as session:
        session.execute(text(f"SET LOCAL statement_timeout = {PATIENCE_MS}"))
        failed = {one.name for one in session.scalars(LAST) if not one.ok}
        checks = find_wrong(session, newest(session), failed)
        audit_log = broken_links if AUDIT_CHAIN in failed else audit_newest
        checks.append(_told(AUDIT_CHAIN, audit_log(session)))
    with transaction() as session:
        session.execute(FORGET, {"names": [check["name"] for check in checks]})
        for check in checks:
            session.execute(KEEP, check)
            if not check["ok"]:
                log.error("integrity: %s: %s", check["name"], check["detail"])


def _told(name: str, rows: list[str]) -> Findings:
    more = " and more" if len(rows) > SHOWN else ""
    detail = ", ".join(rows[:SHOWN]) + more if rows else None
    return {"name": name, "ok": not rows, "detail": detail}
