"""Notebook: what a session shows of outcomes, estimates, studies, traces and stories, printed and as HTML."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
from html.parser import HTMLParser
from pathlib import Path

import pandas
import pytest

import abm
from abm.analysis.explanation import explained
from abm.analysis.story import tell_story
from abm.analysis.twin import nearest_twin

BAD = "<script>alert(1)</script> & <img src=x onerror=alert(1)>"
TAGS = {"p", "b", "table", "thead", "tbody", "tr", "td", "th", "pre"}


class Tags(HTMLParser):
    """Which tags and attributes a text has, and what a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.seen = set[str](), set[str](), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.seen += data + " "


@pytest.fixture(scope="module")
def hostile() -> abm.Scenario:
    """A round in which every text is markup."""
    names = {f"investors.{who}.name": BAD for who in ("lead", "fund", "swf")}
    changed = abm.load_scenario("three-investors").with_values({**names, "title": BAD, "company.name": BAD})
    return changed.with_values({"gatekeepers.restructuring.name": BAD})


@pytest.fixture(scope="module")
def things(hostile):
    outcomes = abm.simulate(hostile, runs=40, seed=1, workers=1)
    totals = abm.simulate(hostile, runs=40, seed=1, workers=1, keep="totals")
    study = abm.sweep(hostile, {"investors.lead": ["as_is", "out"], "round.target_bn": [6, 8]}, runs=20)
    model = abm.FundingModel(hostile, seed=1, run=0)
    model.run_model()
    return {
        "Outcomes": outcomes, "Totals": totals, "Estimate": outcomes.probability("closed"), "Study": study,
        "Trace": model.trace, "Story": tell_story(hostile, 1, 0), "Explained": explained(hostile, 1, 0),
        "Difference": study.difference(0, 2), "Twin": nearest_twin(hostile, 1, 7),
    }  # fmt: skip


NAMES = ("Outcomes", "Totals", "Estimate", "Study", "Trace", "Story", "Explained", "Difference", "Twin")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_session_shows_is_what_is_printed(name, things):
    thing = things[name]
    assert repr(thing) == str(thing)
    assert " object at 0x" not in repr(thing)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_notebook_shows_is_harmless_whatever_the_names_are(name, things):
    page = Tags(things[name]._repr_html_())
    assert page.tags <= TAGS
    assert page.attributes <= {"style"}
    if name in ("Outcomes", "Totals", "Study", "Story", "Explained"):
        assert BAD in page.seen


def test_outcomes_say_in_short_what_came_out(things):
    outcomes = things["Outcomes"]
    lines = str(outcomes).splitlines()
    assert lines[0] == f"{BAD}: 40 runs, seed 1, ensemble engine"
    assert lines[1] == f"  closes: {outcomes.probability('closed')}"
    causes = [f"  fails, as a consent was missing: {outcomes.causes()['gate']}"]
    assert causes[0] in lines
    assert str(things["Totals"]) == str(outcomes)


def test_a_study_shows_its_points_and_says_where_it_is_unfinished(things, tmp_path):
    study = things["Study"]
    text = str(study)
    assert text.splitlines()[1].split() == ["investors.lead", "round.target_bn", "closed", "runs"]
    assert len(text.splitlines()) == 2 + 4
    for row in study.points().to_dict("records"):
        assert f"{row['runs']}" in text
    abm.sweep("three-investors", {"round.target_bn": [6, 8]}, runs=10, folder=tmp_path)
    (tmp_path / "blocks.parquet").unlink()
    assert "expected a finished study" in str(abm.Study.open(tmp_path))


def test_many_points_are_counted_rather_than_shown():
    study = abm.sweep("three-investors", {"round.target_bn": [5 + k / 10 for k in range(30)]}, runs=2)
    assert str(study).splitlines()[-1] == "and 10 more points; points() has all of them"


@pytest.mark.parametrize("name", ["book", "funded", "causes", "cash", "payers"])
def test_outcomes_draw_themselves_and_a_notebook_shows_it(name):
    figure = abm.simulate("three-investors", runs=20, seed=1, workers=1).plot(name)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_picture_that_does_not_exist_is_refused():
    outcomes = abm.simulate("mutual-conditions", runs=2, workers=1)
    with pytest.raises(ValueError, match=r"^name: expected 'book', 'funded', 'causes', 'cash' or 'payers', got 'x'$"):
        outcomes.plot("x")
    with pytest.raises(ValueError, match="got 'cash' without a company"):
        outcomes.plot("cash")


USER = """
import abm
from abm.analysis.pivotal import shapley_values

scenario = abm.load_scenario("three-investors")
outcomes = abm.simulate(scenario, runs=10, seed=1)
reveal_type(outcomes)
reveal_type(abm.simulate(scenario, keep="totals"))
reveal_type(outcomes.probability("closed").p)
reveal_type(abm.FundingModel(scenario).trace)
reveal_type(abm.sweep(scenario, {"round.target_bn": [6, 8]}).points())
reveal_type(shapley_values(scenario).shared)
abm.simulate(scenario, runs="100")


class Follower(abm.Investor):
    def decide(self) -> None:
        reveal_type(self.model.booked_musd)
"""


def test_a_users_script_is_typed(tmp_path):
    """As mypy sees it from an empty folder, with the package installed as a plain path: types, and the wrong call."""
    (tmp_path / "user.py").write_text(USER)
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv").glob("lib/*/site-packages")
    libraries = Path(pandas.__file__).parent.parent
    (site / "abm.pth").write_text(f"{Path(abm.__file__).parent.parent}\n{libraries}\n")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache")]
    asked = [*mypy, "--python-executable", str(tmp_path / "venv" / "bin" / "python"), "user.py"]
    said = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False).stdout.splitlines()
    kinds = [re.search(r'"(?:.*\.)?(\w+)"', line)[1] for line in said if "Revealed type" in line]
    assert kinds == ["Outcomes", "Totals", "float", "Trace", "DataFrame", "float", "int"]
    errors = [line for line in said if ": error:" in line]
    assert len(errors) == 1, errors
    assert re.search(r'user.py:13: error: .* "str"', errors[0])


def test_an_editable_install_is_a_plain_path_that_type_checkers_follow():
    """An import hook, which setuptools makes otherwise, is nothing to them."""
    root = Path(__file__).parent.parent
    told = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert told["package-dir"] == {"": "."}
    assert "py.typed" in told["package-data"]["abm"]
    assert (root / "abm" / "py.typed").exists()
