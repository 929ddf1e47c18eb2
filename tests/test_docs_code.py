"""Code of the documents: every block of Python runs, every function is imported, every name of an agent exists."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import mesa
import pytest

import abm
import abm.analysis
from abm.agents.host import Host
from abm.report.columns_page import columns_text

ROOT = Path(__file__).parent.parent
PAGES = [
    page for page in [ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))] if "```python" in page.read_text()
]
NOT_RUN = {"sweeps.md": 1}  # a Dask scheduler at an address that is only an example
SMALL = r"(?<=runs=)\d[\d_]*|(?<=orders=)\d+|(?<=, )\d{3,}(?=[,)])"  # the last: worlds of a design, runs
PYTHON = (ROOT / "docs" / "python.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The package")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch, capsys):
    """With few runs; blocks with prompts are compared with what they print."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    blocks = re.findall(r"^```python( no-run)?\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert sum(bool(mark) for mark, _ in blocks) == NOT_RUN.get(page.name, 0)
    for mark, code in blocks:
        if ">>>" in code:
            told = doctest.DocTestParser().get_doctest(code, names, page.name, page.name, 0)
            failed, tried = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
                told, clear_globs=False
            )
            assert (failed, tried > 0) == (0, True)
            names.update(told.globs)
        elif not mark:
            exec(compile(re.sub(SMALL, "40", code), page.name, "exec"), names)
    capsys.readouterr()


def test_every_function_of_the_analysis_that_the_page_names_is_imported_on_it():
    text = (ROOT / "docs" / "analysis.md").read_text("utf-8")
    imported = {
        name
        for line in re.findall(r"^from abm\.analysis\.\w+ import ([\w, ]+)", text, re.MULTILINE)
        for name in line.replace(" ", "").split(",")
    }
    there = set()
    for module in pkgutil.iter_modules(abm.analysis.__path__, "abm.analysis."):
        home = importlib.import_module(module.name)
        there |= {
            name for name, thing in vars(home).items() if inspect.isfunction(thing) and thing.__module__ == module.name
        }
    named = set(re.findall(r"`(\w+)(?:\([^`]*\))?`", text)) & there
    assert len(named) > 12
    assert named <= imported


def test_the_columns_of_a_run_are_those_that_the_program_has():
    assert columns_text() in PYTHON, (
        "run: python -c 'import abm.report.columns_page as page; print(page.columns_text())'"
    )
    outcomes = abm.simulate("three-investors", runs=2, workers=1)
    named = set(re.findall(r"^\| `([\w.]+)` \|", PYTHON.split("## One run")[0], re.MULTILINE))
    assert {re.sub(r"^(paid_bn|stage|sign_day|gate_day)\..*", r"\1.ID", name) for name in outcomes.to_frame()} == named


MODEL = abm.FundingModel("three-investors", seed=1, run=0)
AGENTS = {"abm.Investor": MODEL.investors[0], "abm.Gatekeeper": MODEL.gates[0], "abm.Company": MODEL.company}


def promised(row: str) -> set[str]:
    """Names in one row of the table of agents."""
    (line,) = re.findall(rf"^\| `{re.escape(row)}`[^|]*\|(.*)$", PYTHON, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", line))


@pytest.mark.parametrize("name", AGENTS)
def test_what_an_agent_of_ones_own_may_use_is_what_there_is(name):
    agent = AGENTS[name]
    mesas = {one for one in dir(mesa.Agent) if not one.startswith("_")} | {"model", "unique_id", "pos"}
    own = {one for one, thing in vars(type(agent)).items() if inspect.isfunction(thing) or isinstance(thing, property)}
    public = {one for one in {*vars(agent), *own} if not one.startswith("_")} - mesas - {"place", "law"}  # old names
    assert promised(name) == public


def test_what_a_model_promises_exists_and_is_what_hosts_have():
    for name in promised("self.model"):
        assert hasattr(MODEL, name), name
    hosts = set(Host.__annotations__) | {name for name in vars(Host) if not name.startswith("_")}
    assert promised("self.model") <= hosts
