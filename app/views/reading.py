"""The reading half of every screen: the list, and the page of one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access

from app.db import db
from app.views.formats import shown_as
from app.views.listing import first_direction
from app.views.lists import MAX_PK, ListScreen
from app.views.querying import joined


@dataclass(frozen=True)
class Related:
    """Rows of another screen that belong to a row: its list, by one of its columns."""

    screen: str
    column: str
    label: str


@dataclass(frozen=True)
class RelatedPart:
    """A part of a row's page, loaded when it is opened."""

    label: str
    list_url: str
    url: str


class ReadingScreen(ListScreen):
    """A list, and a page per row."""

    related: ClassVar[Sequence[Related]] = ()
    history: ClassVar[bool] = True

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        """Show one row."""
        model = self.datamodel.obj
        item = self.get_or_404(pk, joined(model, [*self.show_columns]))
        shown = self.show_widget(
            view=self,
            item=item,
            label_columns=self.label_columns,
            include_columns=self.show_columns,
            fieldsets=self.show_fieldsets,
        )
        return self.render(
            self.show_template,
            self.title_of(item),
            pk=item.id,
            item=item,
            widgets={"show": shown},
            related=self.related_of(item),
            **self.more_of(item),
        )

    def history_url(self, item: Any) -> str | None:  # noqa: ANN401 - a row
        """Return where the changes of a row are listed, to who may read them."""
        if self.history and self.appbuilder.sm.has_access("can_list", "AuditLog"):
            kind = item.__tablename__.removeprefix("ab_")
            return str(url_for("AuditScreen.list", subject=f"{kind}:{item.id}"))
        return None

    def related_of(self, item: Any) -> Sequence[RelatedPart]:  # noqa: ANN401 - a row
        """Return the parts of other screens that the reader may open."""
        screens = {view.endpoint: view for view in self.appbuilder.baseviews}
        return [
            RelatedPart(
                part.label,
                url_for(f"{part.screen}.list", **{part.column: item.id}),
                url_for(f"{part.screen}.list", **{part.column: item.id, "part": 1}),
            )
            for part in self.related
            if part.screen in screens and screens[part.screen].may("list")
        ]

    def first_direction(self, name: str) -> str:
        """Return the direction in which a column is ordered at the first click."""
        return first_direction(self.datamodel.obj, name)

    def row_url(self, pk: int) -> str | None:
        """Return where a row of the list leads to."""
        if not self.may("show"):
            return None
        return str(url_for(f"{self.endpoint}.show", pk=pk))

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value as the screens show it."""
        value = item
        for part in name.split("."):
            value = getattr(value, part, None)
        formatter = self.formatters_columns.get(name)
        return formatter(value) if formatter else shown_as(item, name, value)

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a row
        """Return the heading of a row's page."""
        return str(item)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - for subclasses
        """Return what else a row's page shows."""
        return {}

    def get_or_404(self, pk: str, options: Sequence[Any] = ()) -> Any:  # noqa: ANN401
        """Return the row if the base filters show it to the reader."""
        text = str(pk)
        if not text.isascii() or not text.isdecimal() or len(text) > MAX_PK:
            abort(404)
        model = self.datamodel.obj
        query = self._base_filters.apply_all(db.session.query(model))
        item = query.filter(model.id == int(text)).options(*options).one_or_none()
        if item is None:
            abort(404)
        return item
