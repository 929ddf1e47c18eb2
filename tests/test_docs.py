"""Documents: what they show is what the program says, and what they point to exists."""

from __future__ import annotations

import ast
import functools
import re
import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

from abm.analysis.inert import moving
from abm.analysis.levers import levers_of
from abm.plots.fonts import write_figure
from abm.report.parameters_page import parameters_text
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import Scenario, load_scenario
from abm.scenario.changes import set_path
from abm.scenario.messages import known_keys

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("experiments/*.md")]


def test_the_list_of_parameters_is_the_one_that_the_program_prints():
    assert (ROOT / "docs" / "parameters.md").read_text() == parameters_text(), (
        "run: abm parameters > docs/parameters.md"
    )


def test_the_picture_of_the_architecture_is_what_the_code_says():
    draw = runpy.run_path(str(ROOT / "docs" / "architecture.py"))["drawing"]
    assert (ROOT / "docs" / "architecture.svg").read_text("utf-8") == draw(), "run: make architecture"


def test_the_model_calls_causes_as_the_program_does():
    text = (ROOT / "docs" / "model.md").read_text("utf-8")
    table = text.split("| in words, everywhere |")[1].split("\n\n")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == CAUSE_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_key_that_the_flagship_page_names_is_in_its_file():
    text = (ROOT / "docs" / "flagship.md").read_text()
    worlds = [load_scenario(name).raw for name in ("openai-2025", "openai-2025-article")]
    named = set(re.findall(r"`((?:round|company|valuation|environment|investors|investor_pools)\.[\w.-]+)`", text))
    assert len(named) > 20
    for key in named:
        assert any(reaches(raw, key) for raw in worlds), key


def reaches(raw, key):
    try:
        set_path(raw, key, 0, lambda location: known_keys(location, Scenario))
    except LookupError:
        return "is a table" in str(sys.exc_info()[1])
    return True


@functools.cache
def _moving(name, runs, worlds):
    return moving(load_scenario(name), runs=runs, worlds=worlds)


def moving_numbers(scenario, runs, worlds):
    """What several experiments ask first of one packaged round, found once."""
    assert scenario.digest == load_scenario(scenario.id).digest
    return _moving(scenario.id, runs, worlds)


def write_png(figure, target, **options):
    """Write a figure in one of its two forms, which is half of the work; both are for the tests of plots."""
    if target.suffix == ".png":
        write_figure(figure, target, **options)


@pytest.mark.parametrize("script", sorted((ROOT / "experiments").glob("e*.py")), ids=lambda script: script.stem)
def test_every_experiment_runs_and_states_its_question(script, tmp_path, monkeypatch, capsys):
    page = script.read_text().split('"""')[1]
    assert all(part in page for part in ("Question", "Design", "Expectation", "Finding")), script.name
    monkeypatch.syspath_prepend(script.parent)
    monkeypatch.setattr("abm.plots.DPI", 40)
    monkeypatch.setattr("abm.plots.write_figure", write_png)
    monkeypatch.setattr("abm.analysis.inert.moving", moving_numbers)
    monkeypatch.setattr(sys, "argv", [script.name, "--runs", "3", "--out", str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    assert (tmp_path / "finding.md").read_text() in capsys.readouterr().out
    assert list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize("folder", sorted((ROOT / "results").glob("e*")), ids=lambda folder: folder.name)
def test_committed_results_name_the_scenario_they_came_from(folder):
    import json

    manifests = list(folder.rglob("manifest.json"))
    assert manifests
    for manifest in manifests:
        told = json.loads(manifest.read_text())
        own = ROOT / "experiments" / f"{told['scenario']}.toml"
        scenario = load_scenario(own if own.exists() else told["scenario"])
        assert told["scenario_sha256"] == scenario.digest, "run: make results"


def test_the_patterns_are_told_as_the_experiment_found_them():
    parts = pd.read_parquet(ROOT / "results" / "e18_patterns" / "parts.parquet")
    page = (ROOT / "docs" / "validation.md").read_text("utf-8").split("## Patterns")[1].split("## ")[0]
    told = [line for line in page.splitlines() if re.match(r"\| P\d", line)]
    assert told == [f"| {p.pattern} | {p.compared} | {p.result} | **{p.verdict}** |" for p in parts.itertuples()]
    assert {line[2:4] for line in told} == {f"P{number}" for number in range(1, 9)}


def test_every_lever_that_there_is_stands_in_the_page_of_the_analysis():
    made = set()
    for file in (ROOT / "abm" / "analysis" / "lever").glob("*.py"):
        for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") in ("Lever", "switch") and not isinstance(call.args[0], ast.Name):
                made.add(re.sub(r"\{.*\}", "ID", ast.unparse(call.args[0]).removeprefix("f").strip("'")))
    page = (ROOT / "docs" / "analysis.md").read_text("utf-8").split("| id | what it does |")[1].split("\n\n")[0]
    rows = page.strip().splitlines()[1:]
    named = {name for row in rows for name in re.findall(r"`([\w.-]+)`", row.split("|")[1])}
    assert named == made
    assert {lever.id.split(".")[0] for lever in levers_of("openai-2025")} <= {name.split(".")[0] for name in named}
