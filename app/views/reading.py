"""The reading half of every screen: the list, and the page of one row.

Columns are listed explicitly; what the address asks for is read per request, and
shown only as far as the base filters go.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, request, url_for
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access

from app.db import db
from app.views.base import OwnFilters
from app.views.formats import shown_as
from app.views.labels import HELP, LABELS
from app.views.listing import (
    MAX_COUNT,
    Listing,
    filter_input,
    filtered,
    is_number,
    loaded,
    ordered,
    read_listing,
)

MAX_PK = 18


class ReadingScreen(OwnFilters, ModelView):
    """A list, and a page per row."""

    noun: ClassVar[str]
    about: ClassVar[str] = ""
    empty_title: ClassVar[str] = "Nothing here yet"
    empty_text: ClassVar[str] = ""
    row_filters: ClassVar[Mapping[str, Callable[[], Sequence[tuple[str, str]]]]] = {}
    bulk: ClassVar[bool] = False
    list_title: str = ""
    add_title: str = ""
    edit_title: str = ""
    show_title: str = ""
    label_columns: Mapping[str, str] = {}
    description_columns: Mapping[str, str] = {}
    page_size = 25
    base_order = ("id", "desc")

    def _init_properties(self) -> None:
        self.label_columns = {**LABELS, **(self.label_columns or {})}
        self.description_columns = {**HELP, **(self.description_columns or {})}
        super()._init_properties()

    def _init_titles(self) -> None:
        self.list_title = self.list_title or f"{self.noun}s".capitalize()
        self.add_title = self.add_title or f"Add {self.noun}"
        self.edit_title = self.edit_title or f"Edit {self.noun}"
        self.show_title = self.show_title or self.noun.capitalize()
        self.title = self.list_title

    @property
    def list_url(self) -> str:
        """The address of the list."""
        return f"{self.route_base}/list/"

    @property
    def number_columns(self) -> set[str]:
        """The listed columns that hold figures."""
        model = self.datamodel.obj
        return {name for name in self.list_columns if is_number(model, name)}

    def may(self, what: str) -> bool:
        """Whether this screen has that page and the reader may open it."""
        return what in self.include_route_methods and self.appbuilder.sm.has_access(
            f"can_{what}", self.class_permission_name
        )

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show the rows that the address asks for."""
        listing = self.read_listing()
        count, rows = self._rows(listing)
        return self.render(
            self.list_template,
            self.list_title,
            widgets={
                "search": self.search_widget(
                    form=None,
                    include_cols=[],
                    filters=self.datamodel.get_filters([]),
                    inputs=self._inputs(listing),
                    listing=listing,
                ),
                "list": self._list_widget(listing, count, rows),
            },
        )

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> str:
        """Show one row."""
        item = self.get_or_404(pk)
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
            **self.more_of(item),
        )

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

    def render(self, template: str, title: str, **values: Any) -> str:  # noqa: ANN401
        """Render a page of this screen."""
        return str(self.render_template(template, title=title, view=self, **values))

    def get_or_404(self, pk: str) -> Any:  # noqa: ANN401 - a row
        """Return the row if the base filters show it to the reader."""
        text = str(pk)
        if not text.isascii() or not text.isdecimal() or len(text) > MAX_PK:
            abort(404)
        item = self.datamodel.get(int(text), self._base_filters)
        if item is None:
            abort(404)
        return item

    def read_listing(self) -> Listing:
        """Return the list's state, as the address says it."""
        return read_listing(
            request.path,
            request.args,
            [*self.search_columns, *self.row_filters],
            self.order_columns,
            self.base_order,
            self.page_size,
        )

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401, ARG002
        """Apply what a subclass filters by besides its columns."""
        return query

    def _inputs(self, listing: Listing) -> Sequence[Any]:
        model = self.datamodel.obj
        rows = {name: choices() for name, choices in self.row_filters.items()}
        return [
            filter_input(
                model,
                name,
                self.label_columns.get(name, name),
                listing.filters.get(name, ""),
                rows.get(name, ()),
            )
            for name in [*self.search_columns, *self.row_filters]
        ]

    def _rows(self, listing: Listing) -> tuple[int, Sequence[Any]]:
        """Return the count, exact up to a limit, and the rows of the page."""
        model = self.datamodel.obj
        query = self._base_filters.apply_all(db.session.query(model))
        query = self.narrow(filtered(query, model, listing), listing)
        count = query.with_entities(model.id).limit(MAX_COUNT).count()
        rows = (
            query.options(*loaded(model, self.list_columns))
            .order_by(*ordered(model, listing))
            .offset(listing.page * listing.page_size)
            .limit(listing.page_size)
        )
        return count, rows.all()

    def _list_widget(self, listing: Listing, count: int, rows: Sequence[Any]) -> Any:  # noqa: ANN401
        return self.list_widget(
            view=self,
            listing=listing,
            count=count,
            bulk=self.bulk,
            label_columns=self.label_columns,
            include_columns=self.list_columns,
            order_columns=self.order_columns,
            rows=rows,
        )
