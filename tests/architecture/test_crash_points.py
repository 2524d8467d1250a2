"""Every step of a lead's way is named, so that a process can be killed around it."""

import ast
from pathlib import Path

import pytest

from app.crashes import POINTS, STEPS, WITHIN, arm, reached
from app.domain.states import Stage

APP = Path(__file__).parents[2] / "app"
WAY = (
    "services/intake.py",
    "services/refusals.py",
    "services/validation.py",
    "services/routing.py",
    "services/pings.py",
    "services/delivery.py",
    "services/leases.py",
    "services/circuits.py",
    "services/work.py",
    "clock.py",
)
# These only read, or serve a person's call; what they change a named step wrote.
UNNAMED = {
    "services/intake.py": {"take_page_lead", "_answered_before"},
    "services/validation.py": {"_validate_part"},
    "services/routing.py": {"sell_lead"},
    "services/pings.py": {"questions_for"},
    "services/delivery.py": {"_step_of_going_on"},
    "services/leases.py": {"stopped"},
}

# Where the step stands among the arguments.
PLACES = {"transaction": 0, "call": 2, "fetch": 2}


def transactions(path: str) -> list[tuple[str, ast.expr | None]]:
    """Return (function, step) of every transaction that a module makes."""
    tree = ast.parse((APP / path).read_text())
    return [
        (function.name, _step(call, PLACES[call.func.id]))
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in PLACES
    ]


def _step(call: ast.Call, place: int) -> ast.expr | None:
    return call.args[place] if len(call.args) > place else None


@pytest.mark.parametrize("path", WAY)
def test_every_transaction_on_the_way_is_a_named_step(path: str) -> None:
    unnamed = {name for name, step in transactions(path) if step is None}

    assert unnamed == UNNAMED.get(path, set())


def test_every_named_step_has_a_point_and_is_used() -> None:
    named = {
        step.value
        for path in WAY
        for _, step in transactions(path)
        if isinstance(step, ast.Constant)
    }
    claims = {f"{stage.value}.claim" for stage in Stage}

    assert named | claims == set(STEPS)


def test_every_point_within_a_step_is_reached_somewhere() -> None:
    sources = "".join(path.read_text() for path in APP.rglob("*.py"))

    assert [p for p in WITHIN if f'reached("{p}")' not in sources] == []
    assert len(POINTS) >= 25


def test_unknown_point_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CRASH_AT"):
        arm("nowhere", tmp_path)


def test_unarmed_point_does_nothing(tmp_path: Path) -> None:
    arm("", tmp_path)

    for point in POINTS:
        reached(point)

    assert list(tmp_path.iterdir()) == []
