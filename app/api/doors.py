"""Doors: the routes of the partners' and vendors' API, each with its policy and forms.

A door finds out who calls, holds them to their side and right, reads the query, calls
the view with the actor and answers by a schema. The OpenAPI document is made of the
same doors, so that it cannot say anything else.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema

from app.api.queries import Query, read_query, spell_cursor
from app.api.tables import as_csv
from app.domain.errors import NotAllowed, NotFound
from app.domain.people import Actor, Right, Role
from app.headers import csrf
from app.once import answered_once
from app.schemas import write_body
from app.security import require_caller
from app.services.paging import MAX_TOTAL, Asked, Page

Row = TypeVar("Row")
View = TypeVar("View", bound=Callable[..., Any])
PARTNERS, VENDORS = frozenset({Role.client}), frozenset({Role.vendor})
BOTH = PARTNERS | VENDORS
WORDS = {Role.client: "a partner's", Role.vendor: "a vendor's"}
MAX_DIGITS = 19


@dataclass(frozen=True)
class Door:
    """One route: who may use it, what it takes, what it answers."""

    method: str
    rule: str
    name: str
    summary: str
    roles: frozenset[Role]
    right: Right
    status: int = 200
    answer: Schema | None = None
    query: Query | None = None
    body: Schema | None = None
    refuses: frozenset[int] = frozenset()  # besides what every such door does


DOORS: list[Door] = []


class Doors:
    """The doors of one blueprint, used by the people and keys of `roles`."""

    def __init__(self, name: str, roles: frozenset[Role]) -> None:
        self.blueprint = Blueprint(name, __name__)
        self.roles = roles
        csrf.exempt(self.blueprint)

    def list(
        self, rule: str, answer: Schema, query: Query, right: Right = Right.read
    ) -> Callable[[View], View]:
        """Open a list: the view gets actor, part and filters, and returns a Page."""

        def tell(view: View, actor: Actor, parts: Mapping[str, str]) -> Response:
            name = view.__name__
            asked, wants_csv, filters = read_query(query, name)
            page: Page[Any] = view(actor, asked, **parts, **filters)
            following = None if page.next is None else spell_cursor(name, page.next)
            if wants_csv:
                return _table(name, as_csv(answer, page.items), following)
            items = [answer.dump(item) for item in page.items]
            return jsonify(_told(asked, page.total, items, following))

        return self._open("GET", rule, right, tell, answer=answer, query=query)

    def get(
        self, rule: str, answer: Schema, right: Right = Right.read
    ) -> Callable[[View], View]:
        """Open one thing to readers."""
        return self._open("GET", rule, right, _shown(answer, 200), answer=answer)

    def post(
        self,
        rule: str,
        right: Right,
        answer: Schema,
        body: Schema,
        refuses: Collection[int] = (),
    ) -> Callable[[View], View]:
        """Open a place to make something, once for each Idempotency-Key.

        The view reads the body. What the answer marks as `x-once` is a secret.
        """
        tell = _made(answer)
        forms = {"answer": answer, "body": body, "status": 201}
        forms["refuses"] = frozenset(refuses)
        return self._open("POST", rule, right, tell, **forms)

    def act(self, rule: str, right: Right, answer: Schema) -> Callable[[View], View]:
        """Open something to be done, which takes no body."""
        return self._open("POST", rule, right, _shown(answer, 200), answer=answer)

    def patch(
        self, rule: str, right: Right, answer: Schema, body: Schema
    ) -> Callable[[View], View]:
        """Open a thing to changes; the view reads the body."""
        tell = _shown(answer, 200)
        return self._open("PATCH", rule, right, tell, answer=answer, body=body)

    def delete(self, rule: str, right: Right) -> Callable[[View], View]:
        """Open a thing to its end."""

        def tell(view: View, actor: Actor, parts: Mapping[str, str]) -> Response:
            view(actor, **parts)
            return Response(status=204)

        return self._open("DELETE", rule, right, tell, status=204)

    def _open(
        self,
        method: str,
        rule: str,
        right: Right,
        tell: Callable[[Any, Actor, Mapping[str, str]], Response],
        **forms: Any,  # noqa: ANN401 - of a Door
    ) -> Callable[[View], View]:
        def open_(view: View) -> View:
            name, summary = view.__name__, str(view.__doc__)
            door = Door(method, rule, name, summary, self.roles, right, **forms)
            DOORS.append(door)

            def handle(**parts: str) -> Response:
                actor = require_caller()
                check_door(door, actor)
                return tell(view, actor, parts)

            self.blueprint.add_url_rule(rule, name, handle, methods=[method])
            return view

        return open_


def check_door(door: Door, actor: Actor) -> None:
    """Hold the actor to the door's side and right; raises NotAllowed."""
    if actor.role not in door.roles or actor.side is None:
        whose = " or ".join(WORDS[role] for role in Role if role in door.roles)
        raise NotAllowed(f"This is {whose}; staff use /api/v1.")
    if door.right not in actor.rights:
        raise NotAllowed(f"This needs the right to {door.right.name}.")


def row_id(text: str) -> int:
    """Return the id that a part of an address spells; raises NotFound."""
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        found = int(text)
        if 0 < found < 2**63:
            return found
    raise NotFound("There is no such row.")


def save_body(
    row: Row,
    body: Schema,
    save: Callable[[Row, Actor], Mapping[str, str] | None],
    actor: Actor,
    *,
    shown: Schema,
    partial: bool = False,
) -> Row:
    """Set what the body says on a row and save it; return the row.

    What the service shows this once is an attribute of the row. Raises InvalidInput
    with every error, and what the service raises.
    """

    def write(data: Mapping[str, Any]) -> Row:
        for name, value in data.items():
            setattr(row, name, value)
        once = save(row, actor) or {}
        # Beside the columns, so that nothing takes it for a change of the row.
        vars(row).update(once)
        return row

    return write_body(body, write, partial=partial, shown=shown.fields)


def _shown(
    answer: Schema, status: int
) -> Callable[[Any, Actor, Mapping[str, str]], Response]:
    def tell(view: Any, actor: Actor, parts: Mapping[str, str]) -> Response:  # noqa: ANN401
        made = jsonify(answer.dump(view(actor, **parts)))
        made.status_code = status
        return made

    return tell


def _made(answer: Schema) -> Callable[[Any, Actor, Mapping[str, str]], Response]:
    fields = answer.fields.items()
    secrets = [name for name, field in fields if field.metadata.get("x-once")]

    def tell(view: Any, actor: Actor, parts: Mapping[str, str]) -> Response:  # noqa: ANN401
        return answered_once(
            actor, lambda: (201, answer.dump(view(actor, **parts))), secrets
        )

    return tell


def _told(
    asked: Asked, total: int, items: list[Any], following: str | None
) -> dict[str, Any]:
    return {
        "items": items,
        "page": asked.page if asked.after is None else None,
        "page_size": asked.size,
        "total": min(total, MAX_TOTAL),
        "next": following,
        **({"more": True} if total > MAX_TOTAL else {}),
    }


def _table(name: str, text: str, following: str | None) -> Response:
    answer = Response(text, content_type="text/csv; charset=utf-8")
    file = f"{name.replace('_', '-')}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    if following is not None:
        kept = {k: v for k, v in request.args.items() if k not in {"page", "after"}}
        query = urlencode({**kept, "after": following})
        answer.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return answer
