"""The seam where Flask-AppBuilder turns columns of a model into a schema."""

from typing import Any, ClassVar

from flask_appbuilder.api.convert import BaseModel2SchemaConverter
from marshmallow import Schema, fields

from app.schemas import Strict, column_field


class Converter(BaseModel2SchemaConverter):
    """FAB's seam: columns of a model to a schema."""

    extra: ClassVar[dict[str, fields.Field[Any]]] = {}

    def convert(
        self,
        columns: list[str],
        model: Any = None,  # noqa: ANN401, ARG002 - FAB's signature
        nested: bool = True,  # noqa: ARG002
        parent_schema_name: str | None = None,
    ) -> Schema:
        """Return a schema of those columns; a name that is none must be in `extra`."""
        table = self.datamodel.obj.__mapper__.columns
        made = {
            name: self.extra[name] if name in self.extra else column_field(table[name])
            for name in columns
        }
        name = (parent_schema_name or "Schema").replace(".", "_")
        return Strict.from_dict(made, name=name)()
