"""Choosing another row: a list of few, a search of many.

Only the chosen row is rendered where there are many; the target's own screen answers
the search, within its base filters.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import current_app, url_for
from sqlalchemy import Select, false, func, inspect, or_, select, true
from sqlalchemy.orm import joinedload
from wtforms import SelectField
from wtforms.fields.choices import Choice
from wtforms.validators import StopValidation

from app.db import db
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.models.vendor import Vendor

FEW = 20
MAX_ID_DIGITS = 18
WILD = re.compile(r"[\\%_]")
TARGETS: dict[str, type] = {
    "campaign_id": Campaign,
    "endpoint_id": Endpoint,
    "partner_id": Partner,
    "source_id": Source,
    "vendor_id": Vendor,
}
# What narrows the choice: an endpoint is one of its partner's.
DEPENDS = {"endpoint_id": "partner_id"}
LISTED = "Choose one of the list."


class RowField(SelectField):
    """The id of another row, of those that may be chosen and the one that is.

    `rows` gives them all; without it few are listed and many are searched.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        model: Any,  # noqa: ANN401 - a model
        rows: Callable[[], Iterable[Any]] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, coerce=_id, choices=[], **kwargs)
        self.model = model
        self.rows = rows
        self.owner: tuple[str, int] | None = None

    def bind(self, _form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a row
        """Keep to what belongs to the row's own owner."""
        name = DEPENDS.get(self.short_name)
        if name and item is not None and getattr(item, name, None) is not None:
            self.owner = (name, getattr(item, name))

    @property
    def search(self) -> dict[str, str]:
        """What the script needs to search, where there are more than few."""
        if self.rows is not None or len(self._few()) <= FEW:
            return {}
        url = options_url(self.model, dict([self.owner]) if self.owner else {})
        needs = "" if self.owner else DEPENDS.get(self.short_name, "")
        return {"data-url": url, "data-depends": needs}

    def iter_choices(self) -> Iterable[Choice]:
        """Yield a blank, the rows that are listed, and the present one."""
        for value, label in self._offered():
            yield Choice(value, label, value == (self.data or ""), {})

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401, ARG002 - as WTForms asks
        """Refuse an id that may not be chosen."""
        if self.data is None or self.data == self.object_data:
            return
        if self.rows is not None:
            if self.data not in {row.id for row in self.rows()}:
                raise StopValidation(LISTED)
        elif db.session.scalar(self._query().where(self.model.id == self.data)) is None:
            raise StopValidation(LISTED)

    def _offered(self) -> list[tuple[int | str, str]]:
        few = list(self.rows()) if self.rows is not None else self._few()
        listed = few if self.rows is not None or len(few) <= FEW else []
        # Rows that are given are all of one owner, who need not be named.
        name = label_of if self.rows is None else str
        rows = {row.id: name(row) for row in listed}
        if self.data is not None and self.data not in rows:
            rows |= self._present()
        return [("", "Please choose"), *rows.items()]

    def _present(self) -> dict[int, str]:
        """Return the row that is set; a forged choice is not even named."""
        if self.data == self.object_data:
            row = db.session.get(self.model, self.data)
        elif self.rows is None:
            row = db.session.scalar(self._query().where(self.model.id == self.data))
        else:
            row = None
        return {} if row is None else {row.id: label_of(row) + _state_of(row)}

    def _few(self) -> Sequence[Any]:
        if not hasattr(self, "_found"):
            query = self._query().order_by(self.model.name).limit(FEW + 1)
            self._found = db.session.scalars(query).all()
        return self._found

    def _query(self) -> Select[Any]:
        query = choosable(self.model).where(true() if may_list(self.model) else false())
        if self.owner:
            name, value = self.owner
            query = query.where(getattr(self.model, name) == value)
        return query


def choosable(model: Any) -> Select[Any]:  # noqa: ANN401 - a model
    """Return the query of the rows of a model that may be chosen, named at once."""
    query = select(model)
    if "status" in inspect(model).columns:
        query = query.where(model.status != "archived")
    if "partner" in inspect(model).relationships:
        query = query.options(joinedload(model.partner))
    return query


def may_list(model: Any) -> bool:  # noqa: ANN401 - a model
    """Whether the reader may open the list of a model's rows; its names go no further.

    What another list holds of the model is given by a form or screen itself (`rows`).
    """
    security = current_app.extensions["appbuilder"].sm
    return bool(security.has_access("can_list", model.__name__))


def begins_with(attribute: Any, text: str) -> Any:  # noqa: ANN401 - SQL
    """Return the condition that a text begins so, in any case; in quotes: is just that.

    An index of the lowered text serves both; to look inside of texts would read all.
    """
    lowered = func.lower(attribute)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return lowered == text[1:-1].lower()
    return lowered.like(WILD.sub(r"\\\g<0>", text.lower()) + "%")


def matching(model: Any, text: str) -> Any:  # noqa: ANN401 - a model, a condition
    """Return the condition that a row is meant by what was typed."""
    found = [begins_with(model.name, text)]
    if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS:
        found.append(model.id == int(text))
    return or_(*found)


def options_url(model: Any, owner: dict[str, Any]) -> str:  # noqa: ANN401 - a model
    """Return where rows of a model are searched for."""
    return str(url_for(f"{model.__name__}Screen.options", **owner))


def option_of(row: Any) -> dict[str, Any]:  # noqa: ANN401 - any row
    """Return a row as a search answers it; amounts beside it are in its currency."""
    currency = getattr(row, "currency", None)
    return {"value": row.id, "text": label_of(row), "currency": currency}


def label_of(row: Any) -> str:  # noqa: ANN401 - any row
    """Name a row among others; an endpoint with its partner."""
    partner = getattr(row, "partner", None)
    return f"{row} ({partner})" if partner is not None else str(row)


def _state_of(row: Any) -> str:  # noqa: ANN401 - any row
    name = getattr(getattr(row, "status", None), "name", "active")
    return "" if name == "active" else f" ({name})"


def _id(value: object) -> int | None:
    text = str(value if value is not None else "")
    if text and (not text.isdecimal() or len(text) > MAX_ID_DIGITS):
        raise ValueError(LISTED)
    return int(text) if text else None
