"""The texts of a landing page, one input each."""

from typing import Any

from app.views.editors.base import Column, EditorField, Filled, Way, only

TEXTS = (
    Column("headline", "Headline"),
    Column("text", "Text", "area"),
    Column("button", "Button", hint="Get my quotes"),
    Column("consent_text", "Consent", "area"),
    Column("thanks", "Thanks", "area"),
)


class ContentField(EditorField):
    """What a page says; what is left empty is the template's own."""

    ways = (
        Way("standard", "The template's own texts"),
        Way("texts", "These texts; empty ones are the template's own", head=TEXTS),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return the texts by their names."""
        try:
            given = only(value, {column.name for column in TEXTS})
        except ValueError:
            return None
        return Filled("texts", {c.name: given.get(c.name, "") for c in TEXTS})

    def read(self, filled: Filled) -> dict[str, str] | None:
        """Return the texts that are not empty; none of them is null."""
        texts = {n: t.replace("\r\n", "\n").strip() for n, t in filled.head.items()}
        return {name: text for name, text in texts.items() if text} or None
