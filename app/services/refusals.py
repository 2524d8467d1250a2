"""Refused posts, kept with their contact data masked, so that someone can read why."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import InvalidInput, LeadNexusError
from app.domain.fields import CONTACT
from app.domain.masking import mask_contact
from app.services.channels import Channel

log = logging.getLogger(__name__)

KEEP = text(
    "INSERT INTO refusal (source_id, campaign_id, vendor_id, status, code, errors,"
    " masked) VALUES (:source, :campaign, :vendor, :status, :code,"
    " CAST(:errors AS jsonb), CAST(:masked AS jsonb))"
)
STATUS_INVALID = 422
STATUS_CONFLICT = 409


def keep_refusal(
    channel: Channel, body: Mapping[str, Any], refusal: LeadNexusError
) -> None:
    """Keep why a post was refused: codes of its fields, and its contact masked."""
    found = refusal.errors if isinstance(refusal, InvalidInput) else []
    errors = [{"field": error.field, "code": error.code} for error in found]
    contact = {
        name: value for name in CONTACT if isinstance(value := body.get(name), str)
    }
    with transaction("intake.refuse") as session:
        session.execute(
            KEEP,
            {
                "source": channel.source_id,
                "campaign": channel.campaign_id,
                "vendor": channel.vendor_id,
                "status": STATUS_INVALID if found else STATUS_CONFLICT,
                "code": refusal.code,
                "errors": json.dumps(errors),
                "masked": json.dumps(mask_contact(contact)),
            },
        )
    log.info("post refused: source=%s code=%s", channel.source_id, refusal.code)
