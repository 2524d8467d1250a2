"""What a campaign keeps as lists: its fields and its checks."""

from typing import Any

from app.domain.checks import Action
from app.services.campaign_checks import CHECKS, PROVIDERS, VERDICTS
from app.services.campaign_fields import TYPES
from app.views.editors.base import Column, Filled, Way, joined, listed, only
from app.views.editors.lists import ANY, ListField
from app.views.formats import words


class FieldsField(ListField):
    """What a campaign asks for."""

    keys = frozenset({"name", "label", "type", "required", "options"})
    ways = (
        Way("standard", "Name, email, phone, address and consent"),
        Way(
            "rows",
            "Its own fields",
            columns=(
                Column("name", "Name", hint="roof_age"),
                Column("label", "Label", hint="Age of the roof"),
                Column(
                    "type",
                    "Type",
                    "choice",
                    [(t, words(t)) for t in TYPES],
                    "",
                    (),
                    False,
                ),
                Column("options", "Options, with commas", hint="tile, flat"),
                Column("required", "Required", "check", counts=False),
            ),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a field."""
        options = joined(item.get("options") or [])
        required = item.get("required", False)
        return {"label": "", "type": "text", **item} | {
            "options": options,
            "required": required,
        }

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the field of a row; what is left empty is left out."""
        item = {"name": row["name"], "label": row["label"] or None, "type": row["type"]}
        item |= {"required": row["required"], "options": listed(row["options"]) or None}
        return {key: value for key, value in item.items() if value is not None}

    def holds(self, filled: Filled) -> bool:
        """Whether nothing is lost: `required` false and empty options are defaults."""
        return [_field(item) for item in self.read(filled)] == [
            _field(item) for item in self.data or ()
        ]


class ChecksField(ListField):
    """What is checked of a lead, by whom, and what follows."""

    keys = frozenset({"check", "providers", "required", "on"})
    ways = (
        Way("standard", "Email, phone, address and consent, offline"),
        Way(
            "rows",
            "These checks",
            columns=(
                Column(
                    "check", "Check", "choice", [ANY, *((c, words(c)) for c in CHECKS)]
                ),
                Column(
                    "providers",
                    "Providers, in order of trial",
                    hint=", ".join(PROVIDERS[:2]),
                    suggestions=PROVIDERS,
                    counts=False,
                ),
                *(
                    Column(
                        verdict,
                        f"If {words(verdict).lower()}",
                        "choice",
                        [ANY, *((a.value, words(a.value)) for a in Action)],
                        counts=False,
                    )
                    for verdict in VERDICTS
                ),
                Column("required", "Required", "check", counts=False),
            ),
        ),
        Way("none", "Nothing", value=[]),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a check."""
        on = only(item.get("on") or {}, set(VERDICTS))
        return {
            "check": item["check"],
            "providers": joined(item.get("providers") or []),
            "required": item.get("required", True),
            **{verdict: on.get(verdict, "") for verdict in VERDICTS},
        }

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the check of a row."""
        on = {verdict: row[verdict] for verdict in VERDICTS if row[verdict]}
        item = {"check": row["check"], "required": row["required"]}
        if row["providers"]:
            item["providers"] = listed(row["providers"])
        return {**item, "on": on} if on else item

    def holds(self, filled: Filled) -> bool:
        """Whether nothing is lost: `required` is the default."""
        return [{"required": True, **item} for item in self.read(filled)] == [
            {"required": True, **item} for item in self.data or ()
        ]


def _field(item: dict[str, Any]) -> dict[str, Any]:
    plain = {"type": "text", "required": False, **item}
    return {key: value for key, value in plain.items() if value not in (None, [])}
