"""The base of every REST resource: strict in, the contract's JSON out, problems else.

FAB registers the routes, checks the permission and queries; what is written goes
through the aggregate's service.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from apispec import APISpec
from flask import Response
from flask_appbuilder.api import ModelRestApi, expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import Schema, fields

from app.domain.errors import NotFound
from app.openapi import Json
from app.schemas import write_body
from app.services.lookup import read_uuid
from app.views.base import OwnFilters
from app.views.resources.arguments import (
    check_filters,
    read_arguments,
    read_page,
    refused,
)
from app.views.resources.commands import once
from app.views.resources.document import describe
from app.views.resources.schema import Converter
from app.views.service_interface import MAX_COUNT, ServiceInterface

READ = frozenset({"get", "get_list"})
WRITE = READ | {"post", "put", "delete"}
LISTS = ("list_columns", "show_columns", "add_columns", "edit_columns")


class ResourceApi(OwnFilters, ModelRestApi):
    """A resource: its four lists of columns are explicit, or it does not start."""

    datamodel: ServiceInterface
    extra_fields: ClassVar[Mapping[str, fields.Field[Any]]] = {}
    # For the document: what one row shows besides, what a new one shows this once,
    # what a list understands besides, and whether a change may meet another row (409).
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {}
    shown_once: ClassVar[Mapping[str, fields.Field[Any]]] = {}
    list_parameters: ClassVar[list[Json]] = []
    may_conflict: ClassVar[bool] = False
    include_route_methods = set(WRITE)
    base_order = ("id", "desc")
    page_size = 25
    max_page_size = 100
    csrf_exempt = True
    allow_browser_login = False

    def __init__(self) -> None:
        for name in (*LISTS, "search_columns", "order_columns"):
            if getattr(self, name) is None:
                raise TypeError(f"{type(self).__name__} must set {name}")
        self.model2schemaconverter = type(
            "OwnConverter", (Converter,), {"extra": dict(self.extra_fields)}
        )
        super().__init__()

    def _init_properties(self) -> None:
        # FAB takes an empty list for one to fill in; here it means none.
        kept = {name: list(getattr(self, name)) for name in LISTS}
        super()._init_properties()
        for name, columns in kept.items():
            setattr(self, name, columns)

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def get_list(self) -> Response:  # noqa: D102 - FAB's
        arguments = read_arguments()
        columns = self._columns(arguments, self.list_columns)
        page, size = read_page(arguments, self.page_size)
        order = self._order(arguments)
        wanted = arguments.get("filters", [])
        table = self.datamodel.obj.__mapper__.columns
        check_filters(wanted, self._filters.get_search_filters(), table)
        count, rows = self.datamodel.query(
            self._handle_filters_args(arguments), *order, page=page, page_size=size
        )
        shown = self.show_all(rows)
        body: dict[str, Any] = {
            "count": min(count, MAX_COUNT),
            "ids": [row.id for row in rows],
            "result": [{name: row[name] for name in columns} for row in shown],
        }
        if count > MAX_COUNT:
            body["more"] = True
        return self.answer(200, **body)

    @expose("/<pk>", methods=["GET"])
    @protect()
    @permission_name("get")
    def get(self, pk: str) -> Response:  # noqa: D102 - FAB's
        item = self.find(pk)
        shown = self.show(item)
        columns = self._columns(read_arguments(), list(shown))
        result = {name: shown[name] for name in columns}
        return self.answer(200, id=item.id, result=result)

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("post")
    @once
    def post(self) -> Response:  # noqa: D102 - FAB's
        item = self.save(self.datamodel.obj(), self.add_model_schema, partial=False)
        result = {**self.show(item), **self.datamodel.secrets_of(item)}
        return self.answer(201, id=item.id, result=result)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @permission_name("put")
    def put(self, pk: str) -> Response:  # noqa: D102 - FAB's
        item = self.save(self.find(pk), self.edit_model_schema, partial=True)
        return self.answer(200, id=item.id, result=self.show(item))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    def delete(self, pk: str) -> Response:  # noqa: D102 - FAB's
        self.datamodel.delete(self.find(pk))
        return self.answer(204)

    def add_api_spec(self, api_spec: APISpec) -> None:
        """Describe every route in the OpenAPI document."""
        describe(self, api_spec)

    def answer(self, status: int, /, **body: Any) -> Response:  # noqa: ANN401 - JSON
        """Return an answer in JSON."""
        made: Response = self.response(status, **body)
        return made

    def find(self, pk: str) -> Any:  # noqa: ANN401 - a row
        """Return the row of that id, or public id where it has one; raises NotFound."""
        public_id = read_uuid(pk)
        if public_id is not None and "public_id" in self.show_columns:
            model = self.datamodel.obj
            found = self.datamodel.session.query(model.id)
            pk = found.filter(model.public_id == public_id).scalar() or ""
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            raise NotFound("There is no such row.")
        return item

    def save(self, item: Any, schema: Schema, *, partial: bool) -> Any:  # noqa: ANN401
        """Change the item as the body says; raises InvalidInput with every error.

        What has a wrong type and what the service refuses are told in one answer.
        """
        return write_body(
            schema,
            lambda data: self.write(item, data),
            partial=partial,
            shown=self.show_columns,
        )

    def write(self, item: Any, data: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Set the values and store the item by its service; return what is shown."""
        for name, value in data.items():
            setattr(item, name, value)
        self.datamodel.add(item)
        return item

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
        """Return everything that is shown of one row."""
        shown: dict[str, Any] = self.show_model_schema.dump(item)
        return shown

    def show_all(self, items: list[Any]) -> list[dict[str, Any]]:
        """Return what a list shows of its rows."""
        shown: list[dict[str, Any]] = self.list_model_schema.dump(items, many=True)
        return shown

    def _columns(self, arguments: Mapping[str, Any], known: list[str]) -> list[str]:
        wanted = arguments.get("columns") or arguments.get("select_columns") or known
        if unknown := [name for name in wanted if name not in known]:
            raise refused(f"There is no column {', '.join(unknown)}.")
        return list(wanted)

    def _order(self, arguments: Mapping[str, Any]) -> tuple[str, str]:
        column = arguments.get("order_column") or ""
        if not column:
            return self.base_order
        if column not in self.order_columns:
            raise refused(f"Order by {', '.join(self.order_columns)}.")
        return column, arguments.get("order_direction") or "asc"


class ReadOnlyApi(ResourceApi):
    """A resource that is only read; what happens to it are calls of their own."""

    include_route_methods = set(READ)
    add_columns: ClassVar[list[str]] = []
    edit_columns: ClassVar[list[str]] = []
