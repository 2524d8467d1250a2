"""Clients and faults at once on the real program; its history has nothing wrong."""

import os
import random
from pathlib import Path

import pytest

from tests.partner import partner_server
from tests.system.conftest import Launch
from tests.system.history import nemesis
from tests.system.history.checker import check
from tests.system.history.drive import Load, drive, summary, told
from tests.system.history.scene import open_scene

pytestmark = pytest.mark.soak

SECONDS = 150
EVERY_S = 4
# `SEED=…` repeats a run; each run says its own.
SEED = int(os.environ.get("SEED") or random.randrange(10**6))  # noqa: S311


@pytest.mark.parametrize("seed", [SEED])
def test_nothing_is_wrong_with_the_history(
    seed: int, launch: Launch, tmp_path: Path
) -> None:
    system = launch(**nemesis.skewed(tmp_path / "home"))
    steps = nemesis.plan(seed, SECONDS, EVERY_S)

    with partner_server() as server:
        scene = open_scene(system, server, seed)
        load = Load(SECONDS, clients=6, settle_s=90)
        record = drive(scene, load, steps, tmp_path / "history.jsonl")
    findings = check(record)

    print(f"seed {seed}: {summary(record)}")  # noqa: T201 - what was tried
    assert findings == [], told(findings, record, seed)
