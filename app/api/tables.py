"""Rows as CSV, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from marshmallow import Schema, fields

from app.domain.cells import cell
from app.services.trace import rfc3339


def as_csv(schema: Schema, rows: Sequence[Any]) -> str:
    """Return the rows under one header; inner objects become dotted columns.

    What a service told as a mapping has the schema's names already: spelling ten
    thousand of them by the schema would cost more than reading them.
    """
    flat = [
        flatten(row if isinstance(row, Mapping) else schema.dump(row)) for row in rows
    ]
    columns = dict.fromkeys(columns_of(schema))
    for row in flat:
        columns |= dict.fromkeys(row)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(map(cell, columns))
    table.writerows([cell(row.get(name)) for name in columns] for row in flat)
    return text.getvalue()


def columns_of(schema: Schema, before: str = "") -> list[str]:
    """Return the columns that a schema always has."""
    found = []
    for key, field in schema.fields.items():
        name = field.data_key or key
        if isinstance(field, fields.Nested):
            found += columns_of(field.schema, f"{before}{name}.")
        elif not isinstance(field, fields.Dict):
            found.append(before + name)
    return found


def flatten(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return a row without inner objects: `{"a": {"b": 1}}` is `{"a.b": 1}`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{before}{name}.")
        elif value is not None:
            flat[before + str(name)] = spelled(value)
    return flat


def spelled(value: object) -> object:
    """Return a value as JSON shows it; what JSON has itself stays."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return rfc3339(value)
    return float(value) if isinstance(value, Decimal) else value
