"""How a lead fares, told to the source that sent it."""

from typing import Any

from sqlalchemy import select

from app.db import transaction
from app.domain.errors import NotFound
from app.models.lead import Lead
from app.services.lookup import read_uuid
from app.services.trace import rfc3339


def status_of(public_id: str, source_id: int) -> dict[str, Any]:
    """Return a lead's status for its own source; raises NotFound for any other."""
    with transaction() as session:
        query = select(Lead).where(
            Lead.public_id == read_uuid(public_id), Lead.source_id == source_id
        )
        lead = session.scalar(query)
        if lead is None:
            raise NotFound("There is no such lead.")
        return {
            "id": str(lead.public_id),
            "status": lead.status.value,
            "validation_status": lead.validation_status.value,
            "approval_status": lead.approval_status.value,
            "sold": lead.sold_count,
            "due_at": rfc3339(lead.due_at),
            "delivered_at": rfc3339(lead.delivered_at),
            "reason": lead.reason,
        }
