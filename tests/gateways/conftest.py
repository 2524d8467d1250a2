"""What the tests of the gateways share: a partner on loopback."""

from collections.abc import Iterator

import pytest

from tests.gateways.peer import Peer, running_peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with running_peer() as peer:
        yield peer
