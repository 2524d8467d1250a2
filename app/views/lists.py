"""The list of every screen: filters, order, pages, choices for forms, bulk actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask import Response, abort, flash, g, jsonify, redirect, request
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.security import current_actor
from app.services.list_orders import keep_order, kept_order
from app.views.base import OwnFilters
from app.views.bulk import MOST, BulkAction, known, run_on_each
from app.views.choosing import (
    FEW,
    TARGETS,
    choosable,
    matching,
    may_list,
    option_of,
)
from app.views.labels import HELP, LABELS
from app.views.listing import (
    SIZES,
    Listing,
    chips,
    columns_of,
    is_number,
    read_listing,
)
from app.views.querying import (
    Page,
    filter_input,
    filtered,
    loaded,
    ordered_by,
    page_of,
)

MAX_PK = 18
MAX_TEXT = 100
VISIBLE = 4
PART_ROWS = 10

Choices = Callable[[], Sequence[tuple[str, str]]]


class ListScreen(OwnFilters, ModelView):
    """A list of a model's rows.

    `row_filters` are other rows to filter by: a function gives their choices, None
    lists few and searches many.
    """

    noun: ClassVar[str]
    about: ClassVar[str] = ""
    empty_title: ClassVar[str] = "Nothing here yet"
    empty_text: ClassVar[str] = ""
    row_filters: ClassVar[Mapping[str, Choices | None]] = {}
    other_filters: ClassVar[Mapping[str, str]] = {}
    bulk_actions: ClassVar[Sequence[BulkAction]] = ()
    load_options: ClassVar[Sequence[Any]] = ()
    also_read: ClassVar[Sequence[str]] = ()
    owner_columns: ClassVar[Sequence[str]] = ()
    orders_by_period: ClassVar[bool] = True
    list_title = add_title = edit_title = show_title = ""
    label_columns: Mapping[str, str] = {}
    description_columns: Mapping[str, str] = {}
    search_columns: Sequence[str] = ()
    order_columns: Sequence[str] = ()
    page_size = SIZES[0]
    base_order = ("id", "desc")

    def _init_properties(self) -> None:
        self.label_columns = {**LABELS, **(self.label_columns or {})}
        self.description_columns = {**HELP, **(self.description_columns or {})}
        searched, ordered = list(self.search_columns), list(self.order_columns)
        super()._init_properties()
        # To FAB an empty list means every column, the platform's own among them.
        self.search_columns, self.order_columns = searched, ordered

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
        """Show the rows that the address asks for; a part of another page is plain."""
        listing = self.read_listing()
        if is_part := "part" in request.args:
            listing = replace(listing, size=PART_ROWS)
        # The choices first: the end of a service's transaction expires loaded rows.
        inputs = [] if is_part else self._inputs(listing)
        page = self._page(listing)
        if not page.rows and not listing.is_filtered and not listing.is_moved:
            # Where there is nothing yet, there is nothing to look among.
            inputs = []
        widgets = {
            "search": self.search_widget(
                form=None,
                include_cols=[],
                filters=self.datamodel.get_filters([]),
                inputs=inputs,
                chips=[*chips(listing, inputs, self.other_filters)],
                listing=listing,
                visible=VISIBLE,
            ),
            "list": self._list_widget(listing, page, is_part=is_part),
        }
        template = "screens/part.html" if is_part else self.list_template
        return self.render(template, self.list_title, widgets=widgets, listing=listing)

    @expose("/bulk", methods=["POST"])
    @has_access
    def bulk(self) -> str | AnyResponse:
        """Do something with the chosen rows, or with all that the list shows."""
        action = known(self.bulk_actions, request.form.get("action", ""))
        if action is None:
            abort(400)
        listing = self.read_listing()
        back = request.form.get("back", "")
        back = back if back.startswith(f"{self.list_url}?") else self.list_url
        is_all = "all" in request.form
        ids = self._chosen(listing, is_all=is_all)
        if not ids:
            flash("Choose rows first.", "warning")
            return redirect(back)
        if (action.effect or is_all) and "sure" not in request.form:
            texts = {"action": action, "ids": ids, "back": back, "most": MOST}
            return self.render("screens/sure.html", self.list_title, **texts)
        outcome = run_on_each(action, ids, current_actor())
        for text, kind in outcome.sentences(action.done, self.row_name):
            flash(text, kind)
        return redirect(back)

    @expose("/options/")
    @has_access
    @permission_name("list")
    def options(self) -> Response:
        """Answer a form that searches for a row: the first that fit, by name."""
        text = request.args.get("q", "").strip()[:MAX_TEXT].replace("\x00", "")
        model = self.datamodel.obj
        if "name" not in columns_of(model):
            abort(404)
        query = self._base_filters.apply_all(choosable(model))
        for name in self.owner_columns:
            owner = request.args.get(name, "")
            if owner.isascii() and owner.isdecimal() and len(owner) <= MAX_PK:
                query = query.where(getattr(model, name) == int(owner))
        if text:
            query = query.where(matching(model, text))
        rows = db.session.scalars(query.order_by(model.name).limit(FEW))
        return jsonify([option_of(row) for row in rows])

    def row_name(self, number: int) -> str:
        """Name a row by its number alone."""
        return f"{self.noun} {number}"

    def render(self, template: str, title: str, **values: Any) -> str:  # noqa: ANN401
        """Render a page of this screen."""
        return str(self.render_template(template, title=title, view=self, **values))

    def read_listing(self) -> Listing:
        """Return the list's state: the address's, in the order that was used last."""
        reader, name = g.user.id, self.route_base
        kept = kept_order(reader, name)
        listing = read_listing(
            self.list_url,
            request.args,
            [*self.search_columns, *self.row_filters],
            self.order_columns,
            self.base_order,
            self.page_size,
            kept or (),
        )
        state = (listing.order_column, listing.direction, listing.size)
        if state != (kept or listing.base):
            keep_order(reader, name, state)
        return listing

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401, ARG002
        """Apply what a subclass filters by besides its columns."""
        return query

    def _query(self, listing: Listing) -> Any:  # noqa: ANN401 - a query
        model = self.datamodel.obj
        query = self._base_filters.apply_all(db.session.query(model))
        return self.narrow(filtered(query, model, listing), listing)

    def _page(self, listing: Listing) -> Page:
        model = self.datamodel.obj
        read = [*self.list_columns, *self.also_read]
        options = [*loaded(model, read), *self.load_options]
        if self.orders_by_period:
            listing = replace(listing, order_column=ordered_by(listing, model))
        return page_of(self._query(listing), model, listing, options)

    def _chosen(self, listing: Listing, *, is_all: bool) -> Sequence[int]:
        """Return the ids of the chosen rows, of those that the reader may see."""
        key = self.datamodel.obj.id
        query = self._query(listing).with_entities(key).order_by(key)
        if not is_all:
            given = [text[:MAX_PK] for text in request.form.getlist("rowid")[:MOST]]
            query = self._base_filters.apply_all(db.session.query(self.datamodel.obj))
            numbers = [int(text) for text in given if text.isdecimal()]
            query = query.with_entities(key).filter(key.in_(numbers)).order_by(key)
        return [number for (number,) in query.limit(MOST)]

    def _inputs(self, listing: Listing) -> Sequence[Any]:
        model = self.datamodel.obj
        return [
            filter_input(
                model,
                name,
                self.label_columns.get(name, name),
                listing.filters.get(name, ""),
                self.row_filters.get(name),
            )
            for name in [*self.search_columns, *self.row_filters]
            if self.row_filters.get(name, True) or may_list(TARGETS[name])
        ]

    def _list_widget(self, listing: Listing, page: Page, *, is_part: bool) -> Any:  # noqa: ANN401
        return self.list_widget(
            view=self,
            listing=listing,
            page=page,
            is_part=is_part,
            bulk_actions=self.bulk_actions if self.may("bulk") and not is_part else (),
            label_columns=self.label_columns,
            include_columns=self.list_columns,
            order_columns=() if is_part else self.order_columns,
            rows=page.rows,
            sizes=SIZES,
        )
