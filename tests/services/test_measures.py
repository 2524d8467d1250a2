"""Counters of all processes, added up and told to Prometheus."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import metrics
from app.db import transaction
from app.services.integrity import audit
from app.services.measures import exposition
from tests.factories import make_campaign, make_source, take

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def nothing_counted(database: Flask) -> None:
    metrics.flush()
    with transaction() as session:
        session.execute(metrics.text("DELETE FROM metric"))


def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = exposition().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_of_several_flushes_add_up() -> None:
    for _ in range(2):
        metrics.count("drains", stage="routing")
        metrics.flush()

    assert samples()["leadnexus_drains_total", (("stage", "routing"),)] == 2


def test_histograms_count_up_to_each_bound() -> None:
    for value in (0.5, 2.0, 99.0):
        metrics.observe("promise_minutes", value, metrics.BUCKETS_MIN)
    metrics.flush()

    found = samples()
    bucket = "leadnexus_promise_minutes_bucket"
    assert found[bucket, (("le", "1.0"),)] == 1
    assert found[bucket, (("le", "5.0"),)] == 2
    assert found[bucket, (("le", "+Inf"),)] == 3
    assert found["leadnexus_promise_minutes_sum", ()] == 101.5


def test_waiting_rows_and_failing_checks_are_told() -> None:
    source = make_source(make_campaign())
    take(source)
    with transaction() as session:
        session.execute(metrics.text("UPDATE work SET set_aside_at = now()"))
    take(source)
    audit()

    found = samples()
    assert found["leadnexus_due", (("stage", "validation"),)] == 1
    assert found["leadnexus_set_aside", ()] == 1
    assert (
        found["leadnexus_integrity_failed", (("check", "nothing_is_set_aside"),)] == 1
    )


def test_an_audit_that_is_old_or_missing_is_told() -> None:
    with transaction() as session:
        session.execute(metrics.text("DELETE FROM audit_result"))
    missing = ("leadnexus_integrity_age_seconds", ()) in samples()
    audit()
    with transaction() as session:
        old = "UPDATE audit_result SET at = now() - interval '10 minutes'"
        session.execute(metrics.text(old))

    assert not missing
    assert 600 <= samples()["leadnexus_integrity_age_seconds", ()] < 700


def test_requests_are_counted_by_their_rule(client: FlaskClient) -> None:
    client.get("/api/leads/whose-name-is-ada/status")
    metrics.flush()

    text = client.get("/metrics").get_data(as_text=True)

    assert 'rule="/api/leads/<public_id>/status"' in text
    assert "ada" not in text
