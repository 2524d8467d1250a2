"""Posting instructions, made from the campaign as it is now; no log-in, no secret."""

import json
from typing import Any

from flask import Blueprint, abort, render_template

from app.domain.errors import NotFound
from app.domain.fields import CONTACT, FieldSpec
from app.services.pages import PostingGuide, posting_guide
from app.settings import settings

EXAMPLES: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.org",
    "phone": "+1 415 555 2671",
    "address": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
}
TYPED: dict[str, Any] = {
    "number": 12.5,
    "integer": 12,
    "boolean": True,
    "date": "2026-11-21",
}
CONSENT = {
    "text": "I agree…",
    "given_at": "2026-11-20T10:00:00Z",
    "url": "https://www.example.org/form",
    "ip": "203.0.113.9",
}

blueprint = Blueprint("posting", __name__)


@blueprint.get("/docs/post/<slug>")
def show(slug: str) -> str:
    """Show how to post leads to a campaign."""
    try:
        guide = posting_guide(slug)
    except NotFound:
        abort(404)
    url = f"{settings.public_url}/api/campaigns/{guide.slug}/leads"
    return render_template(
        "landing/posting.html",
        guide=guide,
        rows=[(spec, place_of(spec)) for spec in guide.specs],
        url=url,
        status_url=f"{settings.public_url}/api/leads/<id>/status",
        example=json.dumps(example_of(guide), indent=2, ensure_ascii=False),
    )


def place_of(spec: FieldSpec) -> str:
    """Return where in the body a field stands."""
    if spec.name in CONTACT or spec.name == "consent":
        return spec.name
    return f"fields.{spec.name}"


def example_of(guide: PostingGuide) -> dict[str, Any]:
    """Return a body that the campaign would take."""
    body: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for spec in guide.specs:
        if spec.name == "consent":
            body["consent"] = CONSENT
        elif spec.name in CONTACT:
            body[spec.name] = EXAMPLES[spec.name]
        elif spec.type == "multiselect":
            answers[spec.name] = list(spec.options[:1])
        elif spec.type == "select":
            answers[spec.name] = next(iter(spec.options), "")
        else:
            answers[spec.name] = TYPED.get(spec.type, "…")
    return {**body, "fields": answers} if answers else body
