"""Reading a post: normalised, checked offline, every bad field told at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain.body import why_unstorable
from app.domain.consent import read_consent
from app.domain.errors import FieldError, InvalidInput
from app.domain.fields import check_answers, split_body
from app.gateways.checks.offline import read_contact
from app.services.channels import Channel

MAX_SUB_ID = 200


@dataclass(frozen=True)
class Enquiry:
    """A body that passed the offline checks, ready to be stored."""

    contact: Mapping[str, str | None]
    answers: Mapping[str, Any]
    extra: Mapping[str, Any]
    consent: Mapping[str, Any] | None
    industry: str
    sub_id: str | None
    is_test: bool


def read_enquiry(
    channel: Channel, body: Mapping[str, Any], *, as_text: bool = False
) -> Enquiry:
    """Normalise a body and check it offline; raises InvalidInput with all errors.

    JSON was found storable when it was parsed (`app.bodies`), a form's text was not.
    """
    if as_text and (reason := why_unstorable(body)) is not None:
        raise InvalidInput.one("body", "invalid", reason)
    raw, answers, extra = split_body(channel.specs, body)
    contact, errors = read_contact(raw)
    values, more = check_answers(channel.specs, contact, answers, as_text=as_text)
    told = {error.field for error in errors}
    more = [error for error in more if error.field not in told]
    wants = any(spec.name == "consent" and spec.required for spec in channel.specs)
    now = datetime.now(UTC)
    consent, bad_consent = read_consent(body.get("consent"), now, required=wants)
    errors = [*errors, *more, *bad_consent]
    if not isinstance(body.get("fields", {}), Mapping | None):
        errors.append(FieldError("fields", "invalid", "Send an object of answers."))
    industry = _short(body, "industry", 64, errors)
    sub_id = _short(body, "sub_id", MAX_SUB_ID, errors)
    is_test = body.get("test", False)
    if not isinstance(is_test, bool):
        errors.append(FieldError("test", "invalid", "Send true or false."))
    if errors:
        raise InvalidInput(errors)
    return Enquiry(
        contact, values, extra, consent, industry or channel.industry, sub_id, is_test
    )


def _short(
    body: Mapping[str, Any], name: str, most: int, errors: list[FieldError]
) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        message = f"Send a text of at most {most} characters."
        errors.append(FieldError(name, "invalid", message))
        return None
    return value.strip()
