"""Bad inputs for every call of the OpenAPI document: refused by name, never a 5xx.

The inputs are made of what the document says of each field, and tried one at a time
on a body that is otherwise good.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.architecture.world import World, undone
from tests.partner import PartnerServer
from tests.web.openapi import Json
from tests.web.test_operations import Operation, Scene

DEEP: Any = {}
for _ in range(40):
    DEEP = {"all": [DEEP]}
BEYOND = 2**63
PARTS = 12
# Never right, whatever the field; JSON says what Python's floats and ints do.
BAD: tuple[Any, ...] = (
    *(2.7, 1.0, 1e300, -1, 0, BEYOND, -BEYOND - 1, 10**400, True, False, None),
    *(
        "",
        " ",
        "25",
        "x" * 70_000,
        "a\x00b",
        "\ud800",
        "é" * 300,
        "\u202e",
        "%s",
        "'--",
    ),
    *([], {}, [None], [[]], [{}], [True], ["a\x00"], {"a": "\ud800"}, {"": None}),
    *(DEEP, {"type": []}, [{"check": {}}], [{"name": []}], [{"target": {}}]),
    *({"field": [], "op": {}, "value": {}}, {"not": 5}, {"all": {}}, {"any": 7}),
    *([{"days": 5, "from": [], "to": {}}], [{"when": [], "verdict": {}}]),
    *(
        "JPY",
        "XXX",
        "usd",
        "Mars/Olympus",
        "http://[",
        "http://127.0.0.1:1/",
        "file:///",
    ),
)
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}
Q = (
    *("(page:-1)", "(page:99999999)", "(page:9223372036854775808)", "(page_size:0)"),
    *("(page_size:-1)", "(page_size:9223372036854775808)", "(page_size:1.5)"),
    *("(order_column:nothing)", "(order_column:password)", "(order_direction:up)"),
    *("(columns:!(nothing))", "(keys:!(none))", "(filters:!((col:id,opr:eq,value:a)))"),
    *("(filters:!((col:nothing,opr:eq,value:1)))", "(filters:!((col:id,opr:rel_o_m)))"),
    *("(filters:!((col:id,opr:rel_o_m,value:1)))", "(filters:!((col:id,opr:eq)))"),
    *("(filters:!((col:id,opr:eq,value:(a:(b:!(!()))))))", "(filters:(col:id))"),
    *("(filters:!((col:id,opr:in,value:!(!n,!t,1.5))))", "(filters:!(!(!(!()))))"),
    *("(filters:!((col:id,opr:gt,value:9223372036854775808)))", "(a:b", "!!", "'"),
    *('{"filters":[{"col":"id","opr":"eq","value":"\\u0000"}]}', '{"page":NaN}'),
    *(
        '{"filters":[{"col":"id","opr":"in","value":[[]]}]}',
        '{"page":1e999}',
        "[]",
        "1",
    ),
    *("\x00", "\ud800", "(" * 4000, "!(" * 3900, '{"a":' * 1500, "9" * 5000),
)
QUERY = (
    *("page=0", "page=-1", "page=1.0", "page=9223372036854775808", "page=99999999999"),
    *("page_size=0", "page_size=-1", "page_size=x", "page=1&page=2", "after=%00"),
    *("after=%ED%A0%80", "after=AAAA", "after=1", "page=1&after=", "nothing=1"),
    *(
        "format=xml",
        "status=nothing",
        "campaign=%27",
        "from=yesterday",
        "to=0001-01-01",
    ),
    *(
        "from=9999-12-31T23:59:59-14:00",
        "kind=x",
        "industry=" + "x" * 70,
        "page=%EF%BC%91",
    ),
    *("page=%C2%B2", "page_size=%F0%9D%9F%99", "from=2026-13-01", "status=%00"),
)


@pytest.fixture
def scene(database: Flask, partner: PartnerServer) -> Scene:
    return Scene(World(database, partner.url))


def test_bad_values_are_refused_by_name(scene: Scene) -> None:
    """Try a few; which is as good as drawn."""
    assert_none(found_wrong(scene, lambda number: number % 197 == 0))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_every_bad_value_is_refused_by_name(scene: Scene, part: int) -> None:
    assert_none(found_wrong(scene, lambda number: number % PARTS == part))


def assert_none(wrong: list[str]) -> None:
    assert not wrong, "\n".join(wrong)


def found_wrong(scene: Scene, keep: Callable[[int], bool]) -> list[str]:
    """Return what is wrong with the answers to the bad inputs that are kept."""
    wrong, number = [], 0
    for call in scene.operations():
        for name, value, send in attempts(scene, call):
            number += 1
            if not keep(number):
                continue
            with undone():
                answer = send()
            problem = why_wrong(scene, call, name, answer)
            if problem:
                wrong.append(f"{call.name} {name}={value!r:.60}: {problem}")
    return wrong


def attempts(
    scene: Scene, call: Operation
) -> Iterator[tuple[str, Any, Callable[[], TestResponse]]]:
    """Return the bad inputs for a call: the field's name, its value, how to send it."""
    names = {part["name"] for part in call.told["parameters"] if part["in"] == "query"}
    for q in Q if "q" in names else ():
        yield "q", q, lambda q=q: scene.ask(call, query_string=_quoted(q))
    for query in QUERY if "page" in names else ():
        yield "query", query, lambda query=query: scene.ask(call, query_string=query)
    if "requestBody" not in call.told:
        return
    good = scene.body(call)
    is_loose = "/api/auth/login" in call.name
    for name, shape in properties(scene.document, call).items():
        for value in BAD:
            body = {**good, name: value}
            if not _fits(value, shape) and not is_loose:
                yield name, value, lambda body=body: scene.ask(call, json=body)
            else:
                yield f"?{name}", value, lambda body=body: scene.ask(call, json=body)
    for name in good:
        body = {key: value for key, value in good.items() if key != name}
        yield f"?{name}", "left out", lambda body=body: scene.ask(call, json=body)
    unknown = {**good, "nothing_known": 1}
    # A log-in and a lead may bring more than is asked for.
    strict = "" if call.told["security"] and "auth" not in call.name else "?"
    yield f"{strict}nothing_known", 1, lambda: scene.ask(call, json=unknown)


def _quoted(q: str) -> str:
    return f"q={quote(q.encode(errors='surrogatepass'))}"


def properties(document: Json, call: Operation) -> Json:
    """Return the fields of a call's body, with what the document says of them."""
    shape = call.told["requestBody"]["content"]["application/json"]["schema"]
    for part in [shape, *shape.get("allOf", ())]:
        if "$ref" in part:
            shape = document["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    found: Json = shape["properties"]
    return found


def _fits(value: Any, shape: Json) -> bool:
    """Say whether a value may be what the field takes, as far as its type tells."""
    if value is None:
        return bool(shape.get("nullable")) or not shape
    if "enum" in shape and value not in shape["enum"]:
        return False
    if "type" not in shape:
        return True
    if isinstance(value, bool):
        return bool(shape["type"] == "boolean")
    fits = isinstance(value, TYPES[shape["type"]])
    return fits and (not isinstance(value, int) or -BEYOND <= value < BEYOND)


def why_wrong(
    scene: Scene, call: Operation, name: str, answer: TestResponse
) -> str | None:
    """Return what is wrong with an answer to a bad input, or None.

    A name with a question mark may be taken: its type allows the value.
    """
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if problem := scene.declared.why_unfit(call.told, answer, whole=False):
        return problem
    may_be_taken = name.startswith("?") or name in {"q", "query"}
    if answer.status_code < 300:
        return None if may_be_taken else f"{answer.status_code}"
    named = {error["field"] for error in answer.json.get("errors", ())}
    at = (f"{name}.", f"{name}[")
    if answer.status_code != 422 or (named and may_be_taken):
        return None
    hits = [one for one in named if one == name or one.startswith(at)]
    return None if hits else f"{named or 'no field'} is named"
