"""Lists of alike objects: a row for each."""

from typing import Any

from app.views.editors.base import EditorField, Filled, only

ANY = ("", "–")  # noqa: RUF001 - a dash for the eye


class ListField(EditorField):
    """A list of objects, a row for each."""

    keys: frozenset[str]
    missing = "Add a row, or choose another way."

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return a row for each object."""
        if not isinstance(value, list):
            return None
        try:
            rows = [self.row_of(dict(only(item, set(self.keys)))) for item in value]
        except (ValueError, LookupError, TypeError):
            return None
        return Filled("rows", {}, rows)

    def read(self, filled: Filled) -> list[dict[str, Any]]:
        """Return the objects; raises ValueError without any."""
        if not filled.rows:
            raise ValueError(self.missing)
        return [self.item_of(dict(row)) for row in filled.rows]

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of an object."""
        raise NotImplementedError

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the object of a row."""
        raise NotImplementedError
