"""Landing pages: each with a source of its own, and texts for its template."""

import re
from typing import Any

from app.db import transaction
from app.domain.body import why_unstorable
from app.domain.errors import FieldError, InvalidInput
from app.domain.people import Actor
from app.domain.states import SourceKind
from app.models.campaign import Campaign, LandingPage
from app.models.source import Source
from app.services.campaigns import check_slug
from app.services.saving import (
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    store,
)
from app.services.sources import give_key
from app.services.stored import is_new

TEMPLATES = ("plain",)
MAX_WEIGHT = 1_000_000
MAX_TEXTS = 50
MAX_TEXT = 5000
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def save_landing_page(page: LandingPage, actor: Actor) -> None:
    """Store a new or changed page; a new one gets its own source.

    Raises NotAllowed, InvalidInput with every error, Taken for its slug.
    """
    with transaction() as session:
        with checking(session, page, actor) as errors:
            # The source is the page's own; nobody is asked for it.
            errors[:] = [error for error in errors if error.field != "source_id"]
            check_slug(page, errors)
            check_final(page, errors)
            check_unchanged(page, "campaign_id", errors)
            check_range(page, "weight", 0, MAX_WEIGHT, errors)
            if page.template is not None and page.template not in TEMPLATES:
                message = f"Choose one of {', '.join(TEMPLATES)}."
                errors.add("template", "choice", message)
            errors.attempt(lambda: check_content(page.content))
            find(session, Campaign, page, "campaign_id", errors)
        if is_new(page):
            page.source = _source_of(page)
        store(session, page, actor)


def check_content(content: object) -> None:
    """Check the texts of a page: an object of strings; null is the template's own."""
    if content is None:
        return
    if not isinstance(content, dict) or len(content) > MAX_TEXTS:
        message = f"Send an object of at most {MAX_TEXTS} texts."
        raise InvalidInput.one("content", "type", message)
    errors = [error for pair in content.items() for error in _text_errors(*pair)]
    if errors:
        raise InvalidInput(errors)


def _text_errors(name: str, value: Any) -> list[FieldError]:  # noqa: ANN401 - JSON
    if not NAME.fullmatch(name):
        message = "Name texts in lower-case letters, digits and _."
        return [FieldError("content", "invalid", message)]
    if not isinstance(value, str):
        return [FieldError(f"content.{name}", "type", "Send a text.")]
    if len(value) > MAX_TEXT:
        message = f"Send at most {MAX_TEXT} characters."
        return [FieldError(f"content.{name}", "too_long", message)]
    reason = why_unstorable(value)
    return [FieldError(f"content.{name}", "invalid", reason)] if reason else []


def _source_of(page: LandingPage) -> Source:
    source = Source(name=page.name, campaign_id=page.campaign_id, kind=SourceKind.page)
    give_key(source)
    return source
