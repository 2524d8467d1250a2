"""Every route as everybody, with rows of their own, of others and missing.

The routes are those of the application as it stands, the policy is `app.access`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access import ALL, POLICIES, Who, as_markdown, policy_of
from app.db import db
from tests.architecture.world import World
from tests.partner import PartnerServer
from tests.web.portal import Browser

HERE = Path(__file__).parents[2]
# A registration to decide is a user who waits; everybody of the world is in already.
ONLY_PENDING = {"UserResource.approve", "UserResource.reject"}
STRANGE = ("PUT", "PATCH", "DELETE", "POST", "GET")
# What tells the time, or is drawn anew with each page.
CHANGING = re.compile(r'nonce[-=]"?[\w-]+|csrf_token[^>]*|request-id[^<]*|[0-9a-f]{32}')


@pytest.fixture
def world(database: Flask, partner: PartnerServer) -> World:
    return World(database, partner.url)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def test_every_route_has_a_policy_and_every_policy_a_route(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    views = {endpoint.partition(".")[0] for endpoint in endpoints}

    assert sorted(one for one in endpoints if policy_of(one) is None) == []
    assert sorted(set(POLICIES) - endpoints - views) == []


def test_the_table_in_the_documents_is_the_policy() -> None:
    written = (HERE / "docs" / "roles.md").read_text()

    assert written == as_markdown(), "python -m app.access > docs/roles.md"


def test_nothing_of_fabs_own_administration_is_there(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}

    for word in ("/roles", "/permission", "/viewmenus", "/groups", "/action"):
        assert not [rule for rule in rules if word in rule], word
    assert not [rule for rule in rules if re.search(r"/delete/", rule)]
    assert not [rule for rule in rules if rule.startswith("/api/v1/security")]


def test_every_route_answers_everybody_as_its_policy_says(world: World) -> None:
    """Try a few of those whom a route is for, and of all others."""
    wrong = found_wrong(world, sampled=True)

    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
def test_every_route_answers_every_other_as_well(world: World) -> None:
    wrong = found_wrong(world, sampled=False)

    assert not wrong, "\n".join(wrong)


def found_wrong(world: World, *, sampled: bool) -> list[str]:
    """Return what is wrong with the routes' answers.

    `sampled` leaves out most of those whom a route lets in or refuses: it tries one of
    them, another one for each route, and nobody.
    """
    wrong = []
    for number, (rule, method) in enumerate(routes(world.app)):
        policy = policy_of(rule.endpoint) or frozenset()
        # What is for everybody must only not fall over, whoever asks.
        tried = [Who.nobody] if policy == ALL else [w for w in Who if w in policy]
        refused = [who for who in Who if who not in policy]
        if sampled:
            tried, refused = _some(tried, number), _some(refused, number)
        wrong += [
            f"{method} {rule.rule} as {who.name}: {problem}"
            for who in [*tried, *refused]
            if (problem := why_wrong(world, rule, method, who, who in policy))
        ]
    return wrong


def _some(people: list[Who], number: int) -> list[Who]:
    others = [who for who in people if who is not Who.nobody]
    turn = [others[number % len(others)]] if others else []
    return [*turn, *(who for who in people if who is Who.nobody)]


def why_wrong(
    world: World, rule: Rule, method: str, who: Who, allowed: bool
) -> str | None:
    """Return what is wrong with a route's answers to somebody, or None."""
    is_program = rule.rule.startswith("/api/")
    own = world.path_of(rule, who, "own")
    answer = world.ask(who, method, own, token=is_program)
    if answer.status_code >= 500:
        return str(answer.status_code)
    if policy_of(rule.endpoint) == ALL:
        return None
    if not allowed:
        return None if is_refusal(answer, who, is_program) else f"{answer.status_code}"
    # Swagger's page reads the OpenAPI document by the session of who looks at it.
    if is_program and who is not Who.nobody and rule.endpoint != "OpenApi.get":
        by_session = world.ask(who, method, own, token=False)
        if by_session.status_code not in {401, 405}:
            return f"{by_session.status_code} by a browser's session"
    known = own != world.path_of(rule, who, "missing") or not rule.arguments
    known = known and rule.endpoint not in ONLY_PENDING
    # Choices are asked for by a field's name; without one there is nothing there.
    known = known and not rule.endpoint.endswith(".options")
    expected = {401, 403, 404} if known else {401, 403}
    if answer.status_code in expected or is_to_login(answer):
        return f"{answer.status_code} for an own row"
    return why_told_apart(world, rule, method, who, is_program)


def why_told_apart(
    world: World, rule: Rule, method: str, who: Who, is_program: bool
) -> str | None:
    """Return how another's row differs from a missing one, or None."""
    foreign = world.path_of(rule, who, "foreign")
    if foreign == world.path_of(rule, who, "own"):
        return None
    missing = world.ask(
        who, method, world.path_of(rule, who, "missing"), token=is_program
    )
    if missing.status_code != 404:
        return f"{missing.status_code} for a missing row"
    if who in {Who.admin, Who.operator}:
        return None
    other = world.ask(who, method, foreign, token=is_program)
    if other.status_code != 404:
        return f"{other.status_code} for another's row"
    return None if body_of(other) == body_of(missing) else "bodies differ"


def body_of(answer: TestResponse) -> str:
    return CHANGING.sub("", answer.text)


def is_refusal(answer: TestResponse, who: Who, is_program: bool) -> bool:
    """Say whether an answer is the one that the contract has for this caller."""
    if is_program:
        return answer.status_code == (401 if who is Who.nobody else 403)
    if who is Who.nobody:
        return is_to_login(answer)
    return answer.status_code == 403 or is_home(answer)


def is_to_login(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.location.startswith("/login/")


def is_home(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.location == "/"


def test_no_route_answers_a_method_it_does_not_have(world: World) -> None:
    """Try two of the methods that an address does not have, others at each."""
    assert strange_answers(world, most=2) == {}


@pytest.mark.soak
def test_no_route_answers_any_method_it_does_not_have(world: World) -> None:
    assert strange_answers(world, most=len(STRANGE)) == {}


def strange_answers(world: World, most: int) -> dict[tuple[str, str], int]:
    """Return the answers to methods that an address does not have, refusals left out.

    At most so many methods of each address are tried.
    """
    known: dict[str, set[str]] = {}
    for rule, method in routes(world.app):
        path = world.path_of(rule, Who.admin, "own")
        known.setdefault(path, set()).add(method)
    found = {}
    for number, (path, methods) in enumerate(known.items()):
        strange = [method for method in STRANGE if method not in methods]
        turn = number % len(strange) if strange else 0
        for method in (strange[turn:] + strange[:turn])[:most]:
            is_program = path.startswith("/api/")
            answer = world.ask(Who.admin, method, path, token=is_program)
            if answer.status_code not in {404, 405}:
                found[method, path] = answer.status_code
    return found


def test_reading_changes_nothing(world: World) -> None:
    admin = Browser(world.app, world.app.response_class)
    admin.set_cookie("session", world.callers[Who.admin].session)
    before = checksums()
    for rule, method in routes(world.app):
        if method == "GET":
            path = world.path_of(rule, Who.admin, "own")
            admin.get(path, headers=world.callers[Who.admin].headers)

    assert checksums() == before


def checksums() -> dict[str, str]:
    """Return a checksum of every table's rows, the house's counters left out."""
    db.session.remove()
    names = set(db.metadata.tables) - {"metric"}
    query = "SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM"
    return {
        name: db.session.execute(text(f'{query} "{name}" AS t')).scalar_one()
        for name in sorted(names)
    }
