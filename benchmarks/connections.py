"""Ten thousand open connections, each silent for long, with a steady flow of leads."""

from benchmarks.figures import Figure
from benchmarks.house import House

CONNECTIONS = 10_000
RATE = 330.0
SECONDS = 20.0


def measure_connections(house: House) -> list[Figure]:
    """Measure the intake over 10,000 kept connections; any error ends it."""
    with house.web():
        result = house.post_leads(
            house.shapes["ten"], seconds=SECONDS, rate=RATE, connections=CONNECTIONS
        )
    name = f"intake, {CONNECTIONS:,} connections at {RATE:.0f} requests/s"
    return [
        Figure(
            f"{name}, errors", result.failed, "errors", least=0, less_is_better=True
        ),
        Figure(
            f"{name}, p95", result.p95_ms, "ms", least=200, goal=50, less_is_better=True
        ),
        Figure(f"{name}, rate", result.per_second, "requests/s", RATE, 0.95),
    ]
