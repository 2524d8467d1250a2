"""What the service tests share: a partner's server, and the way of a lead by hand."""

from collections.abc import Iterator

import pytest

from tests.partner import PartnerServer, partner_server


@pytest.fixture
def partner() -> Iterator[PartnerServer]:
    """A partner's server that accepts whatever it gets."""
    with partner_server() as server:
        yield server
