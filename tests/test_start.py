"""Start: a command that has been given before answers without waiting for libraries that it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from abm.core.code_state import INTERPRETED
from tests.guard import HANGS_S

HEAVY = ("numba", "scipy", "pandas", "mesa", "matplotlib", "seaborn", "pyarrow", "networkx", "jsonschema", "rich")
GIVEN = """
import sys
from abm.cli import main
try:
    main(sys.argv[2:])
finally:
    print(*(name for name in sys.argv[1].split(",") if name in sys.modules), file=sys.stderr)
"""


def given(*command: str) -> tuple[str, set[str]]:
    """What a command prints, and what of all that is heavy it has imported."""
    run = subprocess.run(
        [sys.executable, "-c", GIVEN, ",".join(HEAVY), *command],
        capture_output=True, text=True, check=True, timeout=HANGS_S,
    )  # fmt: skip
    return run.stdout, set(run.stderr.split())


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
@pytest.mark.parametrize(
    "command",
    [
        ("openai-2025", "--runs", "1200"),
        ("openai-2025", "--central", "--within", "0.05"),
        ("three-investors", "--json"),
        ("openai-2025", "--runs", "300", "--set", "round.target_bn=20"),
    ],
)
def test_the_second_time_nothing_heavy_is_imported_and_nothing_is_said_otherwise(command):
    first, _ = given("run", *command)
    assert given("run", *command) == (first, set())


def test_help_imports_nothing_heavy():
    assert given("--help")[1] <= {"rich"}


OFTEN = """
from abm.agents import FundingModel
from abm.core.waking import Compiled
from abm.rules import belief

found = []
for run in (*range(25), 0):
    model = FundingModel("three-investors", 1, run, narrate=False)
    model.run_model()
    found.append((type(belief.updated_mean) is Compiled, model.result()))
print([ours for ours, _ in found].index(False), found[0][1] == found[-1][1])
"""


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_the_readable_engine_calls_numba_itself_once_it_runs_often_and_says_the_same():
    run = subprocess.run([sys.executable, "-c", OFTEN], capture_output=True, text=True, check=True, timeout=HANGS_S)
    assert run.stdout.split() == ["19", "True"]
