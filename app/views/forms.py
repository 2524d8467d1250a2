"""Forms made from a model's columns: one field per column, of the kind that fits.

What a form holds is the body that CONTRACT §6 gives to a program: states by name,
other rows as `<name>_id`, money in minor units.
"""

import enum
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask import request
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import Boolean, Column, DateTime, Enum, Integer, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from wtforms import BooleanField, Field, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.db import db
from app.domain.errors import LeadNexusError
from app.services.policy import policy
from app.views.choosing import TARGETS
from app.views.editors import EDITORS
from app.views.editors.base import EditorField
from app.views.fields import (
    JsonField,
    MomentField,
    MoneyField,
    PercentField,
    RowField,
    StateField,
    TextField,
    WholeField,
)
from app.views.formats import currency_of
from app.views.listing import columns_of

ENTER = "Enter this, please."
NUMBER = {"class": "num-input", "inputmode": "decimal", "autocomplete": "off"}
ONCE = "once"
# Texts that are one of many known ones: the list that the shell offers for them.
SUGGESTED = {"currency": "known-currencies", "timezone": "known-zones"}


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


def bind_form(form: DynamicForm, item: Any = None) -> DynamicForm:  # noqa: ANN401 - a row
    """Tell the fields what they are about: the row, its owner, the currency."""
    for field in form:
        if hasattr(field, "find_currency"):
            field.find_currency = lambda: currency_for(form, item)
        if bind := getattr(field, "bind", None):
            bind(form, item)
    return form


def currency_for(form: DynamicForm, item: Any = None) -> str:  # noqa: ANN401 - a row
    """Return the currency that a form's amounts are in, as far as it is known."""
    if "currency" in form and form.currency.data:
        return str(form.currency.data).upper()[:3]
    if item is not None and (known := currency_of(item)):
        return known
    for name in ("campaign_id", "partner_id"):
        chosen = form[name].data if name in form else None
        if chosen is not None:
            model: Any = TARGETS[name]
            query = select(model.currency).where(model.id == chosen)
            if found := db.session.scalar(query):
                return str(found)
        if name in form:
            # It is not chosen yet, and its currency not known.
            return ""
    return policy.default_currency


def body_of(form: DynamicForm, names: Sequence[str]) -> dict[str, Any]:
    """Return what the form holds, as the services take it."""
    return {name: form[name].data for name in names}


def say_at(form: DynamicForm, refusal: LeadNexusError) -> None:
    """Put what a service refused at the form's fields, or over the form."""
    errors = getattr(refusal, "errors", None)
    for error in errors or ():
        _say_at(form, error.field, error.message)
    if errors is None:
        form.form_errors.append(refusal.message)


def _say_at(form: DynamicForm, place: str, message: str) -> None:
    name = re.split(r"[.\[]", place, maxsplit=1)[0]
    if name not in form:
        form.form_errors.append(message)
        return
    field = form[name]
    is_editor = isinstance(field, EditorField)
    # What the form itself says of a value comes before what the service says.
    if field.process_errors or (field.errors and not is_editor):
        return
    if is_editor:
        message = field.say(place.removeprefix(name), message)
    field.errors = [*field.errors, message]


def sent_once() -> tuple[str | None, bytes]:
    """Return the key of the form that was sent, and a digest of what it holds."""
    pairs = sorted(request.form.items(multi=True))
    kept = [pair for pair in pairs if pair[0] not in (ONCE, "csrf_token")]
    digest = hashlib.sha256(repr(kept).encode()).digest()
    return request.form.get(ONCE) or None, digest


def _field(column: Column[Any], **kwargs: Any) -> Field:  # noqa: ANN401, PLR0911 - one return per type
    """Return the field that fits a column's type."""
    default = _default(column)
    needed = not column.nullable and default != ""
    checks: list[Any] = [InputRequired(ENTER) if needed else Optional()]
    kwargs |= {"validators": checks, "default": default}
    if column.name in TARGETS:
        return RowField(model=TARGETS[column.name], **kwargs)
    match column.type:
        case Enum():
            states = cast(type[enum.Enum], column.type.enum_class)
            return StateField(states=states, **kwargs)
        case Boolean():
            return BooleanField(**kwargs | {"validators": []})
        case JSONB():
            kwargs["render_kw"] = {"class": "json", "spellcheck": "false"}
            return EDITORS.get(column.name, JsonField)(**kwargs)
        case Integer():
            return _number(column, **kwargs)
        case DateTime():
            return MomentField(**kwargs)
        case Text():
            return TextAreaField(**kwargs)
    return _text(column, checks, **kwargs)


def _number(column: Column[Any], **kwargs: Any) -> Field:  # noqa: ANN401
    kwargs["render_kw"] = NUMBER
    if column.name.endswith("_cents"):
        return MoneyField(**kwargs)
    if column.name.endswith("_bp"):
        return PercentField(**kwargs)
    return WholeField(**kwargs)


def _text(column: Column[Any], checks: list[Any], **kwargs: Any) -> Field:  # noqa: ANN401
    if (most := getattr(column.type, "length", None)) is not None:
        checks.append(Length(max=most, message=f"At most {most} characters."))
    if column.name in SUGGESTED:
        kwargs["render_kw"] = {"list": SUGGESTED[column.name], "autocomplete": "off"}
    return TextField(
        empty=kwargs["default"] if kwargs["default"] == "" else None, **kwargs
    )


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
