"""The form field behind every editor: ways to fill it, rows read and shown again.

A value that the inputs cannot hold without loss is edited as JSON, and only so.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import render_template
from markupsafe import Markup
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from app.views.fields import JsonField

AS_JSON = "json"
MAX_ROWS = 500
PLACE = re.compile(r"(?:\.\w+)?\[(\d{1,6})\](?:\.(\w+))?.*|\.(\w+).*", re.DOTALL)

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One input: kind text, short, area, choice, check, days, secret or rules.

    `counts` says that a row in which it is filled is no blank row.
    """

    name: str
    label: str
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    suggestions: Sequence[str] = ()
    counts: bool = True


@dataclass(frozen=True)
class Way:
    """One way to fill an editor: a value of its own, or inputs, or rows of them."""

    name: str
    label: str
    value: Any = None
    head: tuple[Column, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in."""
        return bool(self.head or self.columns)


@dataclass(frozen=True)
class Filled:
    """What an editor's inputs hold: the way, the inputs above the rows, the rows."""

    way: str
    head: Row
    rows: Sequence[Row] = ()


class EditorField(JsonField):
    """A JSON value edited by inputs; subclasses say which, and translate both ways."""

    ways: ClassVar[tuple[Way, ...]]
    has_json: ClassVar[bool] = True

    def widget(self, field: "EditorField", **kwargs: Any) -> Markup:  # noqa: ANN401
        """Render the editor."""
        shown = self.filled or self._shown()
        return Markup(  # noqa: S704 - a template's own output
            render_template(
                "screens/editor.html", field=field, shown=shown, attributes=kwargs
            )
        )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return what the inputs hold for a value; None where they cannot hold it."""
        raise NotImplementedError

    def read(self, filled: Filled) -> Any:  # noqa: ANN401 - JSON
        """Return the value of what is filled in; raises ValueError with the fix."""
        raise NotImplementedError

    def process(
        self,
        formdata: Any,  # noqa: ANN401 - a MultiDict
        data: Any = unset_value,  # noqa: ANN401
        extra_filters: Sequence[Any] | None = None,
    ) -> None:
        """Keep the whole form at hand: the inputs have names of their own."""
        self.formdata = formdata
        self.filled: Filled | None = None
        self.kept: list[int] = []
        self.row_errors: dict[tuple[int | None, str], list[str]] = {}
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the chosen way; a form without one holds JSON."""
        name = (self.formdata or {}).get(f"{self.name}-as")
        way = next((way for way in self.all_ways if way.name == name), None)
        if way is None or name == AS_JSON:
            super().process_formdata(valuelist)
            return
        self.data = None
        self.filled = self._filled(way)
        if not way.asks:
            self.data = way.value
            return
        self.kept = [
            index
            for index, row in enumerate(self.filled.rows)
            if any(row[column.name] for column in way.columns if column.counts)
        ]
        rows = [self.filled.rows[index] for index in self.kept]
        self.data = self.read(Filled(way.name, self.filled.head, rows))

    @property
    def all_ways(self) -> tuple[Way, ...]:
        """The ways to fill it, JSON last."""
        text = (Way(AS_JSON, "As JSON"),) if self.has_json else ()
        return (*self.ways, *text)

    def say(self, place: str, message: str) -> str:
        """Note an error at a place such as `[2].type`; return it with the place."""
        found = PLACE.fullmatch(place)
        if found is None or (found[1] is None and found[3] is None):
            return message
        if found[1] is None:
            self.row_errors.setdefault((None, found[3]), []).append(message)
            return f"{found[3].replace('_', ' ').capitalize()}: {message}"
        index, name = int(found[1]), found[2] or ""
        row = self.kept[index] if index < len(self.kept) else index
        self.row_errors.setdefault((row, name), []).append(message)
        said = name.removesuffix("_cents").replace("_", " ")
        where = f"row {row + 1}" + (f", {said}" if said else "")
        return f"{where.capitalize()}: {message}"

    def errors_at(self, row: int | None, name: str) -> list[str]:
        """Return the errors of one input."""
        return self.row_errors.get((row, name), [])

    def errors_by_input(self) -> dict[str, list[str]]:
        """Return the errors of the inputs that were sent, by the names they have."""
        if self.filled is None:
            return {}
        way = next(way for way in self.all_ways if way.name == self.filled.way)
        prefix = f"{self.name}-{way.name}"
        numbers = self._indexes(prefix)
        return {
            f"{prefix}-{numbers[row]}-{name or way.columns[0].name}": messages
            for (row, name), messages in self.row_errors.items()
            if row is not None and row < len(numbers)
        }

    def _shown(self) -> Filled:
        if self.raw_data and self.raw_data[0]:
            return Filled(AS_JSON, {})
        for way in self.ways:
            if not way.asks and way.value == self.data:
                return Filled(way.name, {})
        filled = self.fill(self.data)
        if filled is not None and self.holds(filled):
            return filled
        return Filled(AS_JSON, {})

    def holds(self, filled: Filled) -> bool:
        """Whether saving what would be shown keeps the value as it is."""
        try:
            return bool(self.read(filled) == self.data)
        except (ValueError, LookupError, TypeError):
            return False

    def _filled(self, way: Way) -> Filled:
        prefix = f"{self.name}-{way.name}"
        head = {c.name: self._typed(f"{prefix}-{c.name}", c) for c in way.head}
        rows = [
            {c.name: self._typed(f"{prefix}-{index}-{c.name}", c) for c in way.columns}
            for index in self._indexes(prefix)
        ]
        return Filled(way.name, head, rows)

    def _indexes(self, prefix: str) -> list[int]:
        pattern = re.compile(re.escape(prefix) + r"-(\d{1,6})-\w+")
        found = {
            int(match[1]) for key in self.formdata if (match := pattern.fullmatch(key))
        }
        return sorted(found)[:MAX_ROWS]

    def _typed(self, key: str, column: Column) -> Any:  # noqa: ANN401 - by its kind
        if column.kind == "days":
            return self.formdata.getlist(key)
        text = self.formdata.get(key, "")
        if column.kind == "check":
            return bool(text)
        return text if column.kind in ("secret", "area") else text.strip()


class EditorWithAmounts(EditorField):
    """An editor whose amounts are read when their currency is known: at validation."""

    find_currency: Callable[[], str] = staticmethod(lambda: "")

    def process_formdata(self, _valuelist: list[str]) -> None:
        """Keep what was typed for `pre_validate`."""
        self.data = None

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 - as WTForms asks
        """Read what was typed; raises StopValidation with the fix."""
        try:
            super().process_formdata(self.raw_data or [])
        except ValueError as error:
            raise StopValidation(str(error)) from None


def listed(text: str) -> list[str]:
    """Return the parts of a text between commas or lines, without blank ones."""
    parts = (part.strip() for part in re.split(r"[,\n]", text))
    return [part for part in parts if part]


def joined(values: object) -> str:
    """Return a list of texts as one line; raises ValueError for anything else."""
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError("not a list of texts")
    return ", ".join(values)


def only(item: object, keys: set[str]) -> Mapping[str, Any]:
    """Return an object that has no other keys; raises ValueError."""
    if not isinstance(item, dict) or not set(item) <= keys:
        raise ValueError("other keys")
    return item
