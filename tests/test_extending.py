"""Extending: what CONTRIBUTING promises of a new kind of condition holds, from the file to the story."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

NEW_KIND = """
@condition("constant"{says}, min_day=Key("count", "count"))
def late_enough(atom: Any, i: int, book: Book) -> bool:
    \"\"\"Hold from that day on.\"\"\"
    return book.facts.day >= atom.count


MIN_OWN_SHARE ="""

SCENARIO = """
format = 1
id = "late"
title = "One who waits for a day"
as_of = 2025-01-01
horizon_weeks = 12
round = { target_bn = 2.0, deadline = 2025-03-01, pre_money_bn = 10.0 }
[[investors]]
id = "patient"
kind = "crossover"
role = "follower"
ticket_bn = 2.0
signed_at_start = true
conditions = [[{ min_day = 20 }]]
"""

ASK = """
import abm
from abm.analysis.story import tell_story
from abm.report.parameters_page import parameters_text
from abm.scenario import json_schema

scenario = abm.load_scenario("late.toml")
for engine in ("ensemble", "mesa"):
    print(engine, abm.simulate(scenario, runs=2, seed=1, engine=engine, workers=1).to_frame()["closed_day"].tolist())
print(tell_story(scenario, 1, 0).text())
print("in the schema", "min_day" in str(json_schema()))
print("on the page", "| `min_day` |" in parameters_text())
"""


@pytest.fixture(params=["", ', says="day {wanted}"'], ids=["without a phrase", "with a phrase"])
def package(request, tmp_path):
    """A copy of the package in which one function was added, as CONTRIBUTING says."""
    shutil.copytree(ROOT / "abm", tmp_path / "abm")
    rules = tmp_path / "abm" / "rules" / "conditions.py"
    text = rules.read_text("utf-8")
    rules.write_text(text.replace("\nMIN_OWN_SHARE =", NEW_KIND.replace("{says}", request.param), 1), "utf-8")
    (tmp_path / "late.toml").write_text(SCENARIO, "utf-8")
    return tmp_path, "day 20" if request.param else "min day 20"


def test_a_new_kind_of_condition_is_one_function(package):
    folder, phrase = package
    place = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": "1"}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=place, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "late.toml: sound" in python("-m", "abm.cli", "check", "late.toml")
    answer = python("-c", ASK)
    assert "ensemble [21.0, 21.0]" in answer  # the first week that ends after day 20
    assert "mesa [21.0, 21.0]" in answer
    assert f"on condition that {phrase}" in answer
    assert f"waited for {phrase}" in answer
    assert "in the schema True" in answer
    assert "on the page True" in answer
    assert phrase in python("-m", "abm.cli", "explain", "late.toml", "--run", "0", "--json")
