"""Money is counted in whole minor units: no float comes near it.

Read off the syntax: in what decides, keeps and serves nothing calls `float`, writes a
fraction or divides with `/`. What is no money is named here, with its reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
FLOORS = ("domain", "models", "services")
NO_MONEY = {
    "domain/delivery.py": "seconds between attempts, with jitter",
    "services/measures.py": "what Prometheus is told",
    "services/parcels.py": "a score, as it is sent",
    "services/channels.py": "seconds in which a channel is remembered",
    "services/policy.py": "seconds in which policy is remembered",
    "services/readiness.py": "the path of a file",
    "services/overview.py": "a column of a chart",
    "services/delivery.py": "a path of a template",
}


def floats_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and kind of everything that makes a float."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float()):
                yield node.lineno, "a fraction"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "a division"
            case ast.Call(func=ast.Name(id="float")):
                yield node.lineno, "float()"


def money_modules() -> list[Path]:
    found = [path for floor in FLOORS for path in (APP / floor).rglob("*.py")]
    return [path for path in found if str(path.relative_to(APP)) not in NO_MONEY]


def test_no_float_comes_near_money() -> None:
    wrong = [
        f"{path.relative_to(APP)}:{line}: {kind}"
        for path in money_modules()
        for line, kind in floats_in(path.read_text())
    ]

    assert wrong == []


def test_nothing_is_spared_that_needs_it_no_more() -> None:
    spared = [name for name in NO_MONEY if not [*floats_in((APP / name).read_text())]]

    assert spared == []


@pytest.mark.parametrize(
    "source", ["x = 0.5", "x = a / b", "x /= 2", "x = float(y)", "x = 1e3"]
)
def test_the_rule_sees_each_kind(source: str) -> None:
    assert [*floats_in(source)]
