"""Pages: the report and the story of a run, as files, and as a browser shows them."""

from __future__ import annotations

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import markupsafe
import pytest

import abm
from abm.analysis.dossier import Effort, investigate, target_of
from abm.analysis.explanation import explained
from abm.analysis.incidence import cumulative_incidence
from abm.analysis.pivotal import shapley_values
from abm.report.answer import answer_text
from abm.report.left_out import LEFT_OUT, what_is_left_out
from abm.report.opening import answer
from abm.report.reasons import pivotal_parties
from abm.report.sections import causes
from abm.report.story_page import explained_json, explained_text, write_story
from abm.report.whole import write_report
from abm.runs.simulation import simulate
from abm.scenario import load_scenario
from abm.scenario.sources import provenance
from tests.browser import CHROMIUM, chromium, look_at

EFFORT = Effort(
    runs=1_000, draws=40, runs_of_a_draw=100, orders=4, block=50, walks=2, runs_of_a_step=50, runs_of_a_lever=800,
    worlds=12, runs_of_a_world=50,
)  # fmt: skip
RANGES = {
    "investors.fund.signing_probability": {
        "value": 0.6,
        "low": 0.2,
        "high": 0.9,
        "grade": "judgement",
        "source": "a guess",
    },
    "gatekeepers.restructuring.hazard_per_year": {
        "value": 2.0,
        "low": 0.5,
        "high": 6.0,
        "grade": "calc",
        "source": "a sum",
    },
    "investors.swf.wealth_bn": {"value": 900.0, "low": 300.0, "high": 1_200.0, "grade": "fact", "source": "a report"},
}
ROOT = Path(__file__).parent.parent
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no browser to look with")


@pytest.fixture(scope="module")
def scenario():
    return abm.load_scenario("three-investors").with_values(RANGES)


@pytest.fixture(scope="module")
def dossier(scenario):
    return investigate(scenario, seed=2, effort=EFFORT)


@pytest.fixture(scope="module")
def page(dossier, tmp_path_factory):
    return write_report(dossier, tmp_path_factory.mktemp("page") / "report.html", "abm report mine.toml --seed 2")


@pytest.fixture(scope="module")
def story(scenario, tmp_path_factory):
    told = explained(scenario, 2, "failed", 300)
    return told, write_story(told, tmp_path_factory.mktemp("story") / "story.html", "abm explain mine.toml --failed")


@pytest.fixture
def unpainted(monkeypatch):
    """Let figures be drawn, and not written twice each, where nobody looks at them."""
    monkeypatch.setattr("abm.report.page._data", lambda figure: "data:image/svg+xml;base64,")


class Outline(HTMLParser):
    """What a page asks for, and how it is built."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "link", "input", "source"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("which", ["report", "story"])
def test_a_page_is_one_file_that_asks_for_nothing(which, page, story):
    path = page if which == "report" else story[1]
    text = path.read_text("utf-8")
    outline = Outline(text)
    assert not outline.open, "every tag is closed"
    assert not outline.of("script")
    assert not outline.of("link")
    assert not re.search(r"""(src|href)=["'](?!data:|#)|url\(|@import""", text)
    assert all(image["alt"] for image in outline.of("img"))
    assert path.stat().st_size < 3_000_000


def test_the_report_opens_with_the_deal_the_answer_and_findings_and_folds_the_rest(page, dossier):
    text = page.read_text("utf-8")
    assert re.findall(r'<h2 id="([\w-]+)">', text) == ["deal", "answer", "findings", "left-out"]
    assert re.findall(r'<details id="([\w-]+)">', text) == [
        "doubt", "causes", "pivotal", "drivers", "worlds", "levers", "company", "stories", "sources", "again",
    ]  # fmt: skip
    assert text.index('<details id="doubt">') > text.index('<h2 id="left-out">')
    assert len(re.findall(r'<p class="item">', text)) == 3
    chance = dossier.outcomes.probability("closed")
    assert f"{chance.low:.1%} to {chance.high:.1%}" in text
    assert "1,000 runs, seed 2" in text
    layers = dossier.around.layers()
    assert f"between {layers.quantiles['p05']:.0%} and {layers.quantiles['p95']:.0%}" in text


def test_every_number_of_the_file_stands_in_the_report_with_its_source(page, scenario):
    text = page.read_text("utf-8")
    for row in provenance(scenario):
        assert f">{row.parameter}</td>" in text
    assert text.count("a guess") == 1


def test_the_report_leaves_nothing_unsaid_that_is_no_number(page):
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.read_text("utf-8"), flags=re.S)
    assert not re.search(r"\bnan\b|\bNone\b|\{|\}|00:00:00|investors\.\w+\.\w+ (above|below)", words), "a raw value"


def test_what_is_the_same_at_both_ends_is_said_once():
    """Nothing lies "from 31 October 2021 to 31 October 2021"."""
    sure = abm.load_scenario("three-investors").with_values({
        "investors.lead.conditions": "off", "investors.fund": "bound", "investors.fund.conditions": "off",
    })  # fmt: skip
    outcomes = abm.simulate(sure, 60, 1)
    dossier = SimpleNamespace(
        outcomes=outcomes, scenario=sure, around=None, inert=(), incidence=cumulative_incidence(outcomes)
    )
    told = " ".join(part.text for build in (answer, causes) for part in build(dossier).parts) + answer_text(outcomes)
    assert "If it closes, it does so nearly always on 4 August 2025." in told
    assert not re.search(r"from ([\d.]+|[\d-]+|\d+ \w+ \d+) to \1\b", told)


def test_the_report_leaves_out_what_the_page_of_the_model_says(page):
    part = (ROOT / "docs/model.md").read_text("utf-8").split("## What the model leaves out")[1]
    explained = [" ".join(point.replace("**", "").split()) for point in part.split("\n- ")[1:]]
    of_the_page = [point for point in explained if not point.startswith("Ranges are not propagated")]  # a report does
    assert len(of_the_page) == len(LEFT_OUT)
    for point, said in zip(of_the_page, LEFT_OUT, strict=True):
        assert point.startswith(said.rstrip("."))
    shown = re.findall(r'<p class="point">(.*?)</p>', page.read_text("utf-8"))
    of_a_known_outcome = "Numbers of judgement were written by people who know the outcome."
    assert shown == [str(markupsafe.escape(said)) for said in LEFT_OUT if said != of_a_known_outcome]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("openai-2025", {}, (True, True)),
        ("three-investors", {}, (True, False)),
        ("three-investors", {"gatekeepers.restructuring": "never"}, (False, False)),
        ("mutual-conditions", {}, (False, False)),
    ],
)
def test_what_is_true_of_the_flagship_alone_is_said_of_nobody_else(name, changes, said):
    scenario = load_scenario(name).with_values(changes)
    section = what_is_left_out(SimpleNamespace(scenario=scenario))
    told = [part.text for part in section.parts]
    rates, hindsight = list(LEFT_OUT)[:2]
    assert (rates in told, hindsight in told) == said
    assert told[1 + sum(said) :][:-1] == list(LEFT_OUT)[2:]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"investors.lead": "out"}, "No coalition closes in any run, so there is nothing to share out."),
        ({"round.target_bn": 1}, "far less than the whole, because others stand in."),
        ({}, "far more than the whole, because every link of a chain can break it."),
    ],
)
def test_who_decides_is_said_of_rounds_that_never_or_always_close_too(changes, words):
    told = shapley_values(load_scenario("three-investors").with_values(changes), runs=60)
    said = [part.text for part in pivotal_parties(SimpleNamespace(pivotal=told, pairs=None)).parts if part.text]
    assert said[0].endswith(words)


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("which", ["report", "story"])
def test_a_browser_shows_a_page_without_anything_sticking_out(which, width, page, story, tmp_path):
    seen = look_at(page if which == "report" else story[1], width, tmp_path)
    assert seen["wide"] == [], "wider than the window"
    assert seen["width"] <= width
    assert seen["broken"] == 0
    assert seen["cut"] == 0 or width < 800, "a table that must be pushed sideways on a desktop"
    assert seen["images"] >= (8 if which == "report" else 1)
    assert seen["links"] == 0, "a link that leads nowhere"
    assert seen["smallest"] >= 12, "too small to be read"
    assert seen["height"] > 900


@needs_browser
def test_the_report_prints(page, tmp_path):
    printed = tmp_path / "report.pdf"
    chromium(tmp_path, f"--print-to-pdf={printed}", page.resolve().as_uri())
    pages = len(re.findall(rb"/Type\s*/Page[^s]", printed.read_bytes()))
    assert 4 <= pages <= 40


def test_the_report_of_a_study_takes_its_points_for_the_worlds(tmp_path, scenario):
    folder = tmp_path / "study"
    study = abm.sweep(scenario, abm.Design.prior(scenario, 40, seed=7), runs=60, seed=3, folder=folder)
    found = investigate(target_of(str(folder)), seed=3, effort=EFFORT)
    assert found.worlds.points()["p"].tolist() == study.points()["p"].tolist()
    assert found.scenario.digest == scenario.digest


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("points", [3, 10])
def test_the_report_of_a_study_of_few_points_shows_them_and_draws_worlds_of_its_own(points, tmp_path, scenario):
    grid, few = abm.Design.grid({"round.target_bn": [6, 8, 9]}), abm.Design.prior(scenario, 10, seed=7)
    study = abm.sweep(scenario, grid if points == 3 else few, runs=60, seed=3, folder=tmp_path / "study")
    found = investigate(target_of(str(tmp_path / "study")), seed=3, effort=EFFORT)
    assert len(found.worlds.design) == EFFORT.draws
    text = write_report(found, tmp_path / "study.html", "abm report").read_text("utf-8")
    shown = re.search(r'<details id="points">.*?</details>', text, re.S)[0].replace("\N{NO-BREAK SPACE}", " ")
    for row in study.points().itertuples():
        assert f"{row.p:.1%} ({row.low:.1%} to {row.high:.1%})" in shown
    assert f"{points} points ({study.design.kind}), 60 runs each; seed 3" in shown


def test_a_study_that_is_damaged_or_not_finished_is_refused_before_any_work(tmp_path, scenario, command, monkeypatch):
    monkeypatch.setattr("abm.analysis.dossier.simulate", lambda *_, **__: pytest.fail("the work was done first"))
    abm.sweep(scenario, abm.Design.grid({"round.target_bn": [6, 8]}), runs=20, seed=3, folder=tmp_path)
    table = tmp_path / "blocks.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    for asked in (("report", str(tmp_path)), ("study", "show", str(tmp_path)), ("study", "verify", str(tmp_path))):
        code, text, faults = command(*asked)
        assert (code, text) == (2, "")
        assert faults.startswith(f"{table}: expected the results of a study, the file is damaged")
    table.unlink()
    code, _, faults = command("report", str(tmp_path))
    assert code == 2
    assert "expected a finished study; go on with: abm study resume" in faults


@pytest.mark.usefixtures("unpainted")
def test_a_file_that_is_sure_of_everything_gets_a_report_without_worlds(tmp_path):
    found = investigate(abm.load_scenario("mutual-conditions"), seed=1, effort=EFFORT)
    assert found.worlds is None
    text = write_report(found, tmp_path / "sure.html", "abm report").read_text("utf-8")
    assert "No number of the file has a range" in text
    assert 'id="worlds"' not in text
    assert 'id="company"' not in text
    assert "Runway" not in text


def test_the_twin_in_the_story_really_ends_the_other_way(story, scenario):
    told, _ = story
    assert told.twin is not None
    assert told.story.ending != "closed"
    changed = scenario.with_values(told.twin.changes)
    for engine in ("ensemble", "mesa"):
        rows = simulate(changed, 1, 2, engine=engine, first_run=told.story.run, workers=1).batch.rows
        assert rows["closed"][0]
    assert told.twin.words in " ".join(explained_text(told).split())
    assert json.loads(json.dumps(explained_json(told), allow_nan=False))["twin"]["closed"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("explain", "three-investors", "--failed", "--closed"), "expected one of --run, --failed"),
        (("explain", "three-investors", "--failed", "--set", "round.target_bn=0.5"), "expected a run that"),
        (("explain", "thre-investors"), "did you mean 'three-investors'?"),
        (("report", "."), "expected the folder of a study, or a scenario"),
        (("report", "nosuch"), "expected a packaged id or the path of a TOML file"),
        (("report", "three-investors", "--out", "/proc/none/report.html"), "expected a place to read or write"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence(arguments, sentence, command):
    code, out, faults = command(*arguments)
    assert (code, out) == (2, "")
    assert sentence in faults
    assert len(faults.strip().splitlines()) == 1


def test_explaining_a_run_by_its_number_tells_exactly_that_run(tmp_path, command):
    out = tmp_path / "run.html"
    code, text, faults = command("explain", "three-investors", "--run", "7", "--out", str(out))
    assert (code, faults) == (0, "")
    assert "run 7 (seed 1)" in text
    assert "Written to" in text
    assert max(map(len, text.splitlines())) <= 110
    assert "how run 7" in out.read_text("utf-8")
    told = json.loads(command("explain", "three-investors", "--run", "7", "--json")[1])
    paid = simulate("three-investors", 1, 1, first_run=7, workers=1).batch.rows["paid_musd"][0]
    assert told["figures"]["paid_bn"] == paid / 1000
    assert Path(out).stat().st_size > 5_000


def test_a_report_that_lacks_a_library_says_so_before_any_work(monkeypatch, command):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "SALib" else found(name, *more)
    )
    code, out, faults = command("report", "three-investors")
    assert (code, out) == (2, "")
    assert faults == "expected the library SALib, it is not there; install it with: pip install SALib\n"
