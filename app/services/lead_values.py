"""What filters see of a lead: the columns that a query reads, and the flat values."""

from typing import Any

from app.domain.fields import CONTACT

# Of a lead `l`, its contact row `k` and its campaign `c`.
COLUMNS = (
    "l.score, l.source_id, l.vendor_id, l.sub_id, l.industry, l.is_test,"
    " l.validation_status, l.received_at, c.slug AS campaign,"
    " k.first_name, k.last_name, k.email, k.phone, k.address, k.city, k.state, k.zip,"
    " k.country, k.fields"
)
OF_LEAD = ("score", "source_id", "vendor_id", "sub_id", "industry", "validation_status")
AS_READ = (*OF_LEAD, *CONTACT, "campaign")
# Standard names that a campaign may ask for among its own fields.
ANSWERS = ("company", "title", "website", "revenue", "employees", "notes", "created_at")
# Each standard name on its own, for who looks at few of them of many leads.
SPELLED = {
    **{name: f"l.{name}" for name in OF_LEAD},
    **{name: f"k.{name}" for name in CONTACT},
    "campaign": "c.slug",
    "name": "concat_ws(' ', k.first_name, k.last_name)",
    "submitted_at": "l.received_at",
    "test": "l.is_test",
}


def lead_values(row: Any) -> dict[str, object]:  # noqa: ANN401 - a row
    """Return what filters see of a lead, the campaign's own fields by `fields.`."""
    answers = row.fields or {}
    values: dict[str, object] = {name: getattr(row, name) for name in AS_READ}
    values |= {f"fields.{name}": value for name, value in answers.items()}
    for name in answers.keys() & ANSWERS:
        values[name] = answers[name]
    values["test"] = row.is_test
    values["submitted_at"] = row.received_at.isoformat()
    values["name"] = f"{row.first_name or ''} {row.last_name or ''}".strip()
    return values
