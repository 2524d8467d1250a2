"""What the database refused, told by the constraint's name, never by the row's text."""

from sqlalchemy.exc import IntegrityError

from app.domain.errors import Conflict, FieldError, InvalidInput, LeadNexusError

FIELDS = {
    "uq_landing_page_campaign_id_slug": "slug",
    "uq_ab_user_username": "email",
    "fk_subscription_endpoint_id_partner_id": "endpoint_id",
}
UNIQUE, FOREIGN_KEY, NOT_NULL = "23505", "23503", "23502"


class Taken(Conflict):
    """Another row has this value already; `errors` names the field (409)."""

    def __init__(self, field: str) -> None:
        message = "This is taken already; choose another."
        super().__init__(f"{field}: {message}", "taken")
        self.errors = [FieldError(field, "taken", message)]


def refusal_of(error: IntegrityError) -> LeadNexusError:
    """Return the refusal to raise for it: Taken, or InvalidInput with the field."""
    diagnosis = getattr(error.orig, "diag", None)
    state = getattr(error.orig, "sqlstate", None)
    table = getattr(diagnosis, "table_name", None) or ""
    name = getattr(diagnosis, "constraint_name", None) or ""
    kind, _, rest = name.partition("_")
    field = FIELDS.get(name) or rest.removeprefix(f"{table}_") or kind
    if state == UNIQUE:
        return Taken(field)
    if state == FOREIGN_KEY:
        return InvalidInput.one(field, "unknown", "There is no such row.")
    if state == NOT_NULL:
        column = getattr(diagnosis, "column_name", None) or field
        return InvalidInput.one(column, "required", "This field is required.")
    return InvalidInput.one(field, "out_of_range", "This value is not allowed.")
