"""A campaign's fields, for the intake, its pages and its posting instructions."""

from app.domain.fields import FieldSpec, read_specs
from app.models.campaign import Campaign


def fields_of(campaign: Campaign) -> tuple[FieldSpec, ...]:
    """Return the fields that a campaign asks for, the standard ones by default."""
    return read_specs(campaign.fields)
