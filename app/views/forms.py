"""Forms made from a model's columns: one field per column, of the kind that fits.

What a form holds is the body that CONTRACT §6 gives to a program: states by name,
other rows as `<name>_id`, money in minor units.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask_appbuilder.forms import DynamicForm
from sqlalchemy import Boolean, Column, Enum, Integer, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from wtforms import BooleanField, Field, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.db import db
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.vendor import Vendor
from app.views.fields import (
    JsonField,
    MoneyField,
    RowField,
    StateField,
    TextField,
    WholeField,
)
from app.views.listing import columns_of

ENTER = "Enter this, please."
TARGETS: dict[str, type] = {
    "campaign_id": Campaign,
    "endpoint_id": Endpoint,
    "partner_id": Partner,
    "vendor_id": Vendor,
}


def make_form(
    model: type,
    names: Sequence[str],
    labels: Mapping[str, str],
    helps: Mapping[str, str],
    extra: Mapping[str, Field],
) -> type[DynamicForm]:
    """Return a form class of those columns; `extra` replaces or adds fields."""
    columns = columns_of(model)
    fields = {
        name: extra.get(name)
        or _field(
            columns[name],
            label=labels.get(name) or name,
            description=helps.get(name, ""),
        )
        for name in names
    }
    return type(f"{model.__name__}Form", (DynamicForm,), fields)


def body_of(form: DynamicForm, names: Sequence[str]) -> dict[str, Any]:
    """Return what the form holds, as the services take it."""
    return {name: form[name].data for name in names}


def _field(column: Column[Any], **kwargs: Any) -> Field:  # noqa: ANN401, PLR0911 - one return per type
    """Return the field that fits a column's type."""
    default = _default(column)
    needed = not column.nullable and default != ""
    checks: list[Any] = [InputRequired(ENTER) if needed else Optional()]
    kwargs |= {"validators": checks, "default": default}
    if column.name in TARGETS:
        return _row_field(column, **kwargs)
    match column.type:
        case Enum():
            states = cast(type[enum.Enum], column.type.enum_class)
            return StateField(states=states, **kwargs)
        case Boolean():
            return BooleanField(**kwargs | {"validators": []})
        case JSONB():
            kwargs["render_kw"] = {"class": "json", "spellcheck": "false"}
            return JsonField(**kwargs)
        case Integer():
            kwargs["render_kw"] = {"class": "num-input", "inputmode": "decimal"}
            is_money = column.name.endswith("_cents")
            return (MoneyField if is_money else WholeField)(**kwargs)
        case Text():
            return TextAreaField(**kwargs)
    if (most := getattr(column.type, "length", None)) is not None:
        checks.append(Length(max=most, message=f"At most {most} characters."))
    return TextField(empty=default if default == "" else None, **kwargs)


def _row_field(column: Column[Any], **kwargs: Any) -> RowField:  # noqa: ANN401
    """Return a choice of the rows that the column may point to."""
    model = TARGETS[column.name]
    return RowField(model=model, rows=lambda: active_rows(model), **kwargs)


def active_rows(model: Any) -> Sequence[Any]:  # noqa: ANN401 - a model
    """Return the rows of a model that may be chosen, by name."""
    query = select(model).where(model.status != "archived").order_by(model.name)
    return db.session.scalars(query).all()


def _default(column: Column[Any]) -> Any:  # noqa: ANN401 - of the column's type
    """Return the database's own default, as the form shows it."""
    if column.server_default is None:
        return None
    text = str(getattr(column.server_default, "arg", ""))
    if isinstance(column.type, Boolean):
        return text == "true"
    if isinstance(column.type, Integer):
        return int(text)
    return text
