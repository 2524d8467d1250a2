"""The router's sales: leads held by one thread and captured beside it by another."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from flask import Flask
from sqlalchemy import text

from app.db import transaction
from app.direct import fetch
from app.domain.delivery import Step, StepKind
from app.domain.states import DeliveryStatus
from app.services.routing import route_due
from app.services.settlement import settle
from benchmarks import fill
from benchmarks.figures import Figure
from benchmarks.floor import CLIENTS, LEADS, SALE, sales_per_second
from benchmarks.house import CannotMeasure, House
from benchmarks.seed import Shape

ROUNDS = 3
COUNT = 3_000
BATCH = 100
PAUSE_S = 0.005
LEAST = {"one": 300.0, "fifty": 600.0}
AVAILABLE = (
    "UPDATE lead SET status = 'available' WHERE status = 'received'",
    "UPDATE work SET stage = 'routing'",
)
RESET = f"""
TRUNCATE floor_lead, floor_transaction, floor_delivery, floor_entry, floor_posting
RESTART IDENTITY;
INSERT INTO floor_lead (campaign_id, status, slots_taken, email_hash, phone_hash)
SELECT 1, 'available', 0, '\\x00', '\\x01'
  FROM generate_series(0, {CLIENTS * LEADS});
"""  # noqa: S608 - numbers of ours
HELD = "SELECT id FROM delivery WHERE ended_at IS NULL ORDER BY id LIMIT %(size)s"
ACCEPTED = Step(StepKind.capture, None, DeliveryStatus.accepted, "")
ACCEPT = text(
    "UPDATE delivery SET status = 'accepted', ended_at = now() WHERE id = ANY(:ids)"
)


def measure_sales(house: House) -> list[Figure]:
    """Measure sales a second on one wallet and over fifty, without the partners."""
    figures = []
    for name, least in LEAST.items():
        shape, floors, rates = house.shapes[name], [], []
        for _ in range(ROUNDS):
            floors.append(_floor(house, shape))
            rates.append(_sales_rate(house, shape))
        title = f"available to captured, {shape.partners} wallet(s)"
        rate = median(rates)
        figures += [
            Figure(title, rate, "sales/s", least=least),
            Figure(f"{title} / pgbench", rate, "sales/s", median(floors), goal=0.5),
        ]
    return figures


def _floor(house: House, shape: Shape) -> float:
    house.admin.execute(RESET)
    house.admin.execute("VACUUM (ANALYZE) floor_lead")
    return sales_per_second(house.postgres, SALE, shape.partners)


def _sales_rate(house: House, shape: Shape) -> float:
    fill.forget_work(house.admin)
    fill.fill_waiting(house.admin, shape, COUNT)
    for statement in AVAILABLE:
        house.admin.execute(statement)
    fill.let_go(house.admin)
    fill.settle(house.admin)
    with ThreadPoolExecutor(1) as pool, house.app.app_context():
        began = time.monotonic()
        routed = pool.submit(_route, house.app)
        sold = 0
        while True:
            is_all_held = routed.done()
            captured = _capture()
            sold += captured
            if is_all_held and not captured:
                break
        elapsed = time.monotonic() - began
    routed.result()
    if sold != COUNT:
        raise CannotMeasure(f"{sold} of {COUNT} leads were sold")
    return sold / elapsed


def _route(app: Flask) -> None:
    with app.app_context():
        while route_due():
            pass


def _capture() -> int:
    ids = [row.id for row in fetch(HELD, {"size": BATCH})]
    if not ids:
        time.sleep(PAUSE_S)
        return 0
    with transaction() as session:
        settle(session, dict.fromkeys(ids, ACCEPTED), (ACCEPT, {"ids": ids}))
    return len(ids)
