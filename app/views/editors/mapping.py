"""The lines of a mapping as rows: what an input cannot hold is edited as JSON."""

from collections.abc import Sequence
from typing import Any

from app.gateways.delivery.transforms import TRANSFORMS
from app.views.editors.base import Column, listed, only
from app.views.editors.lists import ANY
from app.views.formats import words

KEYS = frozenset({"target", "source", "transform"})
# What has a setting, as it is chosen; the setting stands in an input of its own.
SET = {
    "by-date": ("date", "Date by a pattern"),
    "by-phone": ("phone", "Phone by a pattern"),
    "by-truncate": ("truncate", "Cut after so many"),
    "by-join": ("join", "Joined by"),
}
CHOSEN = {key: name for name, (key, _) in SET.items()}
CHANGES = [
    ANY,
    *((name, words(name)) for name in TRANSFORMS),
    *((name, label) for name, (_, label) in SET.items()),
]


def columns(target: str, source: str, suggestions: Sequence[str]) -> tuple[Column, ...]:
    """Return the inputs of a line, with what stands in the empty ones."""
    return (
        Column("target", "Goes to", hint=target),
        Column("source", "Comes from", hint=source, suggestions=suggestions),
        Column("transform", "Changed by", "choice", CHANGES, counts=False),
        Column("setting", "Pattern or number", hint="MM/DD/YYYY", counts=False),
        Column("values", "Values", hint="tile = T, slate = S", counts=False),
        Column("otherwise", "Otherwise", counts=False),
    )


def row_of(line: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the row of a line; raises ValueError where it does not fit."""
    given = only(line, set(KEYS)).get("transform")
    steps = list(given) if isinstance(given, list) else [given] if given else []
    row = {"transform": "", "setting": "", "values": "", "otherwise": ""}
    if steps and isinstance(steps[0], str):
        row["transform"] = steps.pop(0)
    elif steps and len(steps[0]) == 1 and (name := next(iter(steps[0]))) in CHOSEN:
        row["transform"], row["setting"] = CHOSEN[name], str(steps.pop(0)[name])
    if steps and "map" in steps[0]:
        row["values"] = ", ".join(f"{a} = {b}" for a, b in steps[0]["map"].items())
    if steps:
        row["otherwise"] = steps.pop(0).get("default", "")
    return {"target": line["target"], "source": line["source"], **row}


def line_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the line of a row; raises ValueError with the fix."""
    steps = [*_chosen(row["transform"], row["setting"]), *_known(row)]
    transform = steps if len(steps) > 1 else next(iter(steps), None)
    return {"target": row["target"], "source": row["source"], "transform": transform}


def _chosen(name: str, setting: str) -> list[Any]:
    if name not in SET:
        return [name] if name else []
    is_number = name == "by-truncate" and setting.isascii() and setting.isdecimal()
    return [{SET[name][0]: int(setting) if is_number else setting}]


def _known(row: dict[str, Any]) -> list[dict[str, Any]]:
    more = {"default": row["otherwise"]} if row["otherwise"] else {}
    if not row["values"]:
        return [more] if more else []
    pairs = [part.partition("=") for part in listed(row["values"])]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("Enter values like tile = T, slate = S.")
    return [{"map": {name.strip(): to.strip() for name, _, to in pairs}, **more}]
