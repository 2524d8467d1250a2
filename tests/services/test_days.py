"""Days of the reports: counted from scratch, again and again, and compared."""

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import text

from app.db import db
from app.domain.states import LeadStatus
from app.models.lead import Lead
from app.models.report import LeadDay
from app.services.days import KEPT_DAYS, count_days
from app.services.integrity import run_checks
from tests.factories import count, make_campaign, make_source, take

CHECK = "reports_equal_their_rows"


def figures() -> set[tuple[int, str, int]]:
    """Return what the days say: how long ago, state, leads."""
    today = datetime.now(UTC).date()
    db.session.expire_all()
    rows = db.session.query(LeadDay).all()
    return {((today - row.day).days, row.status, row.leads) for row in rows}


def take_leads(*days_ago: int) -> list[Lead]:
    """Take a lead for each of those days."""
    source = make_source(make_campaign())
    made = []
    for days in days_ago:
        take(source)
        lead = db.session.query(Lead).order_by(Lead.id.desc()).first()
        lead.received_at -= timedelta(days=days)
        made.append(lead)
    db.session.commit()
    return made


def check() -> bool:
    """Say whether the auditor agrees with a day that is over."""
    checks = {one["name"]: one["ok"] for one in run_checks()["checks"]}
    return bool(checks[CHECK])


def test_days_are_counted_by_state_however_often(database: Flask) -> None:
    take_leads(0, 0, 5, KEPT_DAYS + 1)

    count_days()
    count_days()

    assert figures() == {(0, "received", 2), (5, "received", 1)}
    assert count("counted_day") == KEPT_DAYS


def test_a_lead_that_changes_later_is_counted_anew(database: Flask) -> None:
    [lead] = take_leads(5)
    count_days()
    lead.status = LeadStatus.expired
    db.session.commit()
    # Its day's turn comes, as it does within half an hour.
    db.session.execute(text("UPDATE counted_day SET counted_at = '-infinity'"))

    count_days()

    assert figures() == {(5, "expired", 1)}


def test_the_auditor_misses_a_lead_that_a_day_does_not_count(database: Flask) -> None:
    take_leads(5)
    count_days()
    db.session.execute(text("DELETE FROM counted_day WHERE day <> current_date - 5"))
    was_right = check()
    db.session.execute(text("UPDATE lead_day SET leads = leads + 1"))

    assert was_right
    assert not check()
