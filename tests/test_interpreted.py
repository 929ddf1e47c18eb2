"""The fast engine uncompiled: the same bits, real exceptions, and planted faults that the lockstep catches."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.ensemble import Ensemble
from abm.population import prepare
from tests.worlds import rich_world

ROOT = Path(__file__).parent.parent

# Populations are prepared by compiled code and handed over: anchoring takes minutes uncompiled.
SIMULATE = """
import hashlib, pickle, sys
import numpy as np
from abm.ensemble import Ensemble
for population, runs in pickle.load(open(sys.argv[1], "rb")):
    batch = Ensemble(population)(11, range(runs), paths=True)
    print(hashlib.sha256(b"".join(np.ascontiguousarray(column).tobytes() for column in batch[:4])).hexdigest())
"""

WALK = """
import pickle, sys
import abm
from tests.test_lockstep import walk
from tests.worlds import rich_world
population = pickle.load(open(sys.argv[1], "rb"))
walk(abm.scenario_from(rich_world()), population, 3, range(2))
"""


def uncompiled(code: str, given: Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a script without the compiler, every warning of numpy an error."""
    surroundings = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root)}
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", code, str(given)]
    return subprocess.run(command, cwd=root, env=surroundings, capture_output=True, text=True, check=False)


def test_the_engine_leaves_the_same_bits_compiled_and_read(tmp_path):
    scenarios = [abm.load_scenario("three-investors"), abm.load_scenario("mutual-conditions")]
    given = [(prepare(scenario), 4) for scenario in (*scenarios, abm.scenario_from(rich_world()))]
    (tmp_path / "given").write_bytes(pickle.dumps(given))
    expected = []
    for population, runs in given:
        batch = Ensemble(population)(11, range(runs), paths=True)
        expected.append(hashlib.sha256(b"".join(np.ascontiguousarray(c).tobytes() for c in batch[:4])).hexdigest())
    read = uncompiled(SIMULATE, tmp_path / "given")
    assert read.returncode == 0, read.stderr
    assert read.stdout.split() == expected


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package and its tests to plant faults in, and the prepared population of a rich world."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("abm", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "given").write_bytes(pickle.dumps(prepare(abm.scenario_from(rich_world()))))
    return root


def test_the_lockstep_passes_where_nothing_was_planted(copied):
    walked = uncompiled(WALK, copied / "given", copied)
    assert walked.returncode == 0, walked.stderr[-2_000:]


PLANTED = {
    "a rule's argument": (
        "surroundings.py",
        "firm.revenue_volatility, z",
        "firm.burn_volatility_bn, z",
        "operations",
    ),
    "a draw's purpose": (
        "beginning.py",
        "_draw_mood(block, draws.VALUE",
        "_draw_mood(block, draws.NEWS",
        "environment",
    ),
    "a draw's agent": (
        "parts.py",
        "state.run, index, 0, draws.LATER_ROUND",
        "state.run, 7, 0, draws.LATER_ROUND",
        "company_policy",
    ),
    "a phase left out": (
        "minds.py",
        '    """Second thoughts come before new signatures."""\n',
        '    """Second thoughts come before new signatures."""\n    return\n',
        "withdrawals",
    ),
    "nobody called": (
        "closings.py",
        "state.called = anybody",
        "state.called = False",
        "settlement",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_caught_with_week_phase_and_field(copied, fault):
    file, text, instead, phase = PLANTED[fault]
    path = copied / "abm" / "ensemble" / file
    whole = path.read_text("utf-8")
    assert whole.count(text) == 1
    path.write_text(whole.replace(text, instead), "utf-8")
    try:
        walked = uncompiled(WALK, copied / "given", copied)
    finally:
        path.write_text(whole, "utf-8")
    assert walked.returncode == 1
    last = walked.stderr.strip().splitlines()[-1]
    assert last.startswith("AssertionError: run "), last
    assert ", week " in last
    assert " in the model, " in last
    assert f"after {phase}" in last, last
