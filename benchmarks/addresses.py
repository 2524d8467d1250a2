"""A list's addresses: each filter, order, size and place, and pairs with periods."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import DateTime, Enum

from app.domain.states import DeliveryStatus, EntryKind
from app.views.listing import columns_of
from app.views.reports import OFFERED

# Some rows, many, and none: what finds nothing has to look furthest.
PERIODS = ("today", "30d", "90d", "2020-01-01..2020-01-31")
TEXTS = ("Acme 12", "Acme 120", "Nobody")
NOBODY = 2**40
SAMPLES: dict[str, Sequence[str]] = {
    "action": ("partner.changed", "nothing.changed"),
    "delivery": [state.name for state in DeliveryStatus],
    "from": ("2026-01-01", "2030-01-01"),
    "kind": [kind.name for kind in EntryKind],
    "person": ("u12", "nobody"),
    "since": ("2026-01-01", "2030-01-01"),
    "subject": ("partner:12", "partner:0"),
    "until": ("2020-01-01", "2030-01-01"),
}
# Each kind of line, some days of long ago, the middle and the end of all lines.
STATEMENT = [
    "&".join(filter(None, parts))
    for parts in product(
        ["", "kind=all", *(f"kind={kind.name}" for kind in EntryKind)],
        ["", "since={month_ago}", "since={month_ago}&until={month_ago}"],
        ["", "after=500000", "after=5000"],
    )
]
# What a page that is no list of rows is narrowed by.
OTHERS: dict[str, Sequence[str]] = {
    "/reports": [f"period={period}" for period in OFFERED],
    "/portal/wallet": STATEMENT,
    "/portal/statement": STATEMENT,
    "/sandbox": ["inbox=bench"],
}


def addresses_of(
    view: Any,  # noqa: ANN401 - a view
    ids: Mapping[str, int],
    rows: Sequence[int],
) -> Iterator[str]:
    """Yield a list's addresses; `ids` are the rows to filter by, by their columns."""
    path = f"{view.route_base}/list/"
    yield path
    for base, queries in OTHERS.items():
        if path.startswith(base):
            month_ago = datetime.now(UTC).date() - timedelta(days=30)
            told = (query.format(month_ago=month_ago) for query in queries)
            yield from (f"{path}?{query}" for query in told)
    if not hasattr(view, "read_listing"):
        return
    for column, direction in product(view.order_columns, ("asc", "desc")):
        ordered = {"order": column, "direction": direction, "size": 25}
        yield _address(path, ordered)
        yield from _deep(path, ordered, rows)
    # A list keeps the order that was asked for last, so the usual one is asked for too.
    column, direction = view.base_order
    usual = {"order": column, "direction": direction, "size": view.page_size}
    yield _address(path, usual)
    yield from _deep(path, usual, rows)
    yield from _filtered(view, path, ids)
    yield _address(path, usual | {"size": 100})


def _deep(path: str, state: dict[str, Any], rows: Sequence[int]) -> Iterator[str]:
    for place in {rows[0] // 2, rows[-1]} if rows else ():
        yield _address(path, state | {"after": place, "at": 5000})
        yield _address(path, state | {"before": place, "at": 5000})


def _filtered(view: Any, path: str, ids: Mapping[str, int]) -> Iterator[str]:  # noqa: ANN401
    columns = columns_of(view.datamodel.obj)
    periods: dict[str, Sequence[Any]] = {}
    others: dict[str, Sequence[Any]] = {}
    for name in [*view.search_columns, *view.row_filters]:
        kind = getattr(columns.get(name), "type", None)
        if isinstance(kind, DateTime):
            periods[name] = PERIODS
        elif isinstance(kind, Enum):
            others[name] = kind.enums
        elif name in ids:
            others[name] = (ids[name], ids[name] + 20, NOBODY)
        else:
            others[name] = SAMPLES.get(name, TEXTS)
    for name, values in {**periods, **others}.items():
        yield from (_address(path, {name: value}) for value in values)
    for (when, bounds), (name, values) in product(periods.items(), others.items()):
        for period, value in product(bounds, values):
            yield _address(path, {when: period, name: value})


def _address(path: str, parts: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(parts)}"
