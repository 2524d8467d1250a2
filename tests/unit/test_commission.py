"""Which share of a sale the platform keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.commission import Commission, Terms, commission_in_force

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON, PAST = NOW + timedelta(seconds=1), NOW
VENDOR = Terms(bp=2000)
NOTHING = Terms()


@pytest.mark.parametrize(
    ("vendor", "campaign", "share"),
    [
        (VENDOR, NOTHING, Commission(2000)),
        (VENDOR, Terms(bp=0), Commission(0)),
        (VENDOR, Terms(bp=500, fixed_cents=300), Commission(0, 300)),
        (Terms(2000, 700), NOTHING, Commission(0, 700)),
        (Terms(2000, 700), Terms(bp=100), Commission(100)),
        (Terms(2000, 5000), NOTHING, Commission(0, 1000)),
        (Terms(2000, None, 0, SOON), Terms(bp=500), Commission(0)),
        (Terms(2000, None, 0, PAST), Terms(bp=500), Commission(500)),
        (VENDOR, Terms(900, None, 10, SOON), Commission(10)),
        (Terms(2000, None, 7, SOON), Terms(900, None, 10, SOON), Commission(7)),
        (None, Terms(fixed_cents=5), Commission(10_000)),
    ],
)
def test_the_share_in_force(
    vendor: Terms | None, campaign: Terms, share: Commission
) -> None:
    assert commission_in_force(vendor, campaign, 1000, NOW) == share
