"""The order and size of a list, kept for each user from one log-in to the next."""

from sqlalchemy import select, text

from app.db import transaction
from app.models.people import ListOrder

KEEP = text(
    "INSERT INTO list_order (user_id, list, order_column, direction, size)"
    " VALUES (:user_id, :list, :order_column, :direction, :size)"
    " ON CONFLICT (user_id, list) DO UPDATE SET order_column = excluded.order_column,"
    " direction = excluded.direction, size = excluded.size"
)

Order = tuple[str, str, int]


def kept_order(user_id: int, name: str) -> Order | None:
    """Return the column, direction and size that the user chose for that list."""
    query = select(ListOrder.order_column, ListOrder.direction, ListOrder.size)
    with transaction() as session:
        row = session.execute(
            query.where(ListOrder.user_id == user_id, ListOrder.list == name)
        ).first()
        return None if row is None else (row.order_column, row.direction, row.size)


def keep_order(user_id: int, name: str, order: Order) -> None:
    """Keep what the user chose for that list."""
    column, direction, size = order
    values = {"order_column": column, "direction": direction, "size": size}
    with transaction() as session:
        session.execute(KEEP, {"user_id": user_id, "list": name, **values})
