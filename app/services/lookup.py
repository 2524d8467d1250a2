"""Finding a lead or a transaction by its integer id or its public id."""

from uuid import UUID

from sqlalchemy import select

from app.db import transaction
from app.domain.errors import NotFound
from app.models.lead import Lead
from app.models.sale import Transaction

MAX_ID = 2**63 - 1


def lead_id_of(given: str | int) -> int:
    """Return the lead's id; raises NotFound."""
    return _id_of(Lead, given, "lead")


def transaction_id_of(given: str | int) -> int:
    """Return the transaction's id; raises NotFound."""
    return _id_of(Transaction, given, "transaction")


def _id_of(model: type[Lead] | type[Transaction], given: str | int, what: str) -> int:
    text = str(given)
    with transaction() as session:
        found: int | None = None
        if text.isascii() and text.isdigit() and int(text) <= MAX_ID:
            query = select(model.id).where(model.id == int(text))
            found = session.scalar(query)
        elif (public_id := read_uuid(text)) is not None:
            query = select(model.id).where(model.public_id == public_id)
            found = session.scalar(query)
        if found is None:
            raise NotFound(f"There is no such {what}.")
        return found


def read_uuid(text: str) -> UUID | None:
    """Return the UUID that the text spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
