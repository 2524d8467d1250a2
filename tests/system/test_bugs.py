"""Planted bugs: each is caught by the history checker, by the name of a check."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruff import find_ruff_bin

from app.crashes import POINTS
from tests.partner import partner_server
from tests.system import harm
from tests.system.history import nemesis, planting
from tests.system.history.checker import CHECKS, check
from tests.system.history.drive import Load, drive, told
from tests.system.history.manners import (
    ALL_SLOW,
    MANNERS,
    OFTEN_REFUSED,
    Kinds,
    Manners,
)
from tests.system.history.nemesis import Step
from tests.system.history.scene import open_scene
from tests.system.system import running

SEED = 7
POINT = "routing.hold:before"
# Leads pile up before the router, which takes them as one batch when it goes on.
PILE_UP = (Step(0.5, "pause router", nemesis.pause("worker-2", seconds=3)),)
CRASH = (Step(2.0, f"crash at {POINT}", lambda system: system.arm(POINT)),)
# Others send again what it had under way; then it comes back with its own answers.
FREEZE = (
    Step(
        3.0,
        "freeze sender and valkey",
        nemesis.pause("sender-1", "valkey-1", seconds=nemesis.FROZEN_S),
    ),
)
STOPS = tuple(Step(at, "stop postgres", harm.stop_postgres) for at in (2, 9))
WRONG_CLOCK = (Step(1.0, "clock of worker -1 h", nemesis.shift("worker", -3_600)),)


@dataclass(frozen=True)
class Hunt:
    """How a bug is brought out, and the check that names it."""

    caught_by: str
    steps: tuple[Step, ...] = ()
    seconds: float = 7
    settle_s: float = 12
    manners: Kinds = MANNERS
    # One stores the posts that it takes one after another.
    web_workers: int = 1


HUNTS = {
    "budget-not-looked-at": Hunt("budgets_hold"),
    "cap-read-then-written": Hunt("caps_hold", PILE_UP),
    "captured-before-the-post": Hunt("nothing_is_captured_before_it_is_taken"),
    "charged-on-retry": Hunt("each_sale_goes_one_way"),
    "commits-not-waited-for": Hunt("acknowledged_leads_are_stored", STOPS, 14),
    "completion-by-anybody": Hunt("each_sale_goes_one_way", FREEZE, 6, 25, ALL_SLOW),
    "cut-reply-is-a-no": Hunt("sold_is_what_was_taken"),
    "done-before-the-hold": Hunt("no_lead_is_forgotten", CRASH),
    "funds-not-looked-at": Hunt("balances_stay_above_their_floor", seconds=10),
    "intake-takes-no-lock": Hunt("one_person_is_one_lead", web_workers=2),
    "key-read-then-written": Hunt("commands_are_booked_once"),
    "key-without-its-body": Hunt("one_key_has_one_body"),
    "lease-too-short": Hunt("no_key_is_sent_while_it_is_under_way"),
    "own-clock-decides": Hunt("stamps_are_the_databases", WRONG_CLOCK),
    "partners-forgotten": Hunt(
        "no_lead_is_sold_twice_to_a_partner", manners=OFTEN_REFUSED
    ),
    "refund-without-limit": Hunt("refunds_stay_within_the_price"),
    "release-keeps-the-money": Hunt("each_sale_goes_one_way", manners=OFTEN_REFUSED),
    "row-never-due": Hunt("no_lead_is_forgotten", settle_s=3),
}


@pytest.mark.parametrize("name", HUNTS)
def test_each_bug_can_still_be_planted(name: str) -> None:
    for path, text in planting.spoilt_files(name).items():
        # No patch names what its file does not know any more.
        command = (find_ruff_bin(), "check", "--isolated", "--select=F821", "-q", "-")
        checked = subprocess.run(  # noqa: S603 - our own command
            command, input=text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, f"{name}: {path}\n{checked.stdout}"


def test_every_bug_is_hunted_by_a_check() -> None:
    assert sorted(HUNTS) == planting.names()
    assert {hunt.caught_by for hunt in HUNTS.values()} <= {
        one.__name__ for one in CHECKS
    }
    assert POINT in POINTS


@pytest.mark.soak
@pytest.mark.parametrize("name", HUNTS)
def test_each_planted_bug_is_caught_by_name(name: str, tmp_path: Path) -> None:
    hunt, home = HUNTS[name], tmp_path / "home"
    environment = nemesis.skewed(home) | {"WEB_WORKERS": str(hunt.web_workers)}
    project = planting.plant(name, tmp_path / "program")

    with (
        running(home, (POINT,), project, **environment) as system,
        partner_server() as server,
    ):
        manners = Manners(SEED, hunt.manners)
        scene = open_scene(system, server, SEED, manners=manners)
        load = Load(hunt.seconds, settle_s=hunt.settle_s)
        record = drive(scene, load, hunt.steps, tmp_path / "history.jsonl")
    findings = check(record)
    caught = sorted({finding.check for finding in findings})

    print(f"{name}: {', '.join(caught)}")  # noqa: T201 - how it was caught
    assert hunt.caught_by in caught, told(findings, record, SEED)
