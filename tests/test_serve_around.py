"""Serve, around the page: studies and experiments, notebooks, what matters most, ways out, and stories."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pandas as pd
import pytest

import abm
from abm.analysis.explanation import explained
from abm.cli.commands import main
from abm.core.errors import Refusal, StoreError
from abm.scenario import parse_setting
from abm.serve import explorer as explorers
from abm.serve.app import _end
from abm.serve.controls import controls_of
from abm.serve.desk import Desk
from abm.serve.matter import effects_of
from abm.serve.mends import mends_of
from abm.serve.points import opened
from abm.serve.position import Position, settings_of
from abm.serve.saving import saved
from abm.serve.server import PageServer

ROOT = Path(__file__).parent.parent


# --------------------------------------------------------------------------------------------------------------------
# Studies and experiments


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "mine"
    axes = {"round.target_bn": [6, 8], "investors.lead": ["as_is", "out", "bound"]}
    return abm.sweep("three-investors", axes, runs=200, folder=folder)


def test_a_point_of_a_study_is_what_its_settings_give(study):
    scenario, source, told = opened(str(study.folder))
    assert (source, told["axes"]) == ("three-investors", ["round.target_bn", "investors.lead"])
    assert len(told["points"]) == told["all"] == 6
    for place, point in enumerate(told["points"]):
        assert dict(map(parse_setting, point["settings"])) == study.design[place]
        position = Position(tuple(point["settings"]), told["event"], told["seed"], 200, told["central"])
        found = dict(Desk(scenario).answer("me", position))["number"]
        assert found["p"] == point["cells"]["p"]


@pytest.mark.parametrize("name", ["e02_appetite_and_burn", "e04_price_cliff", "e05_when_conditions_matter"])
def test_what_an_experiment_has_left_opens(name):
    folder = ROOT / "results" / name
    frame = pd.read_parquet(folder / "data.parquet")
    scenario, _, told = opened(str(folder))
    assert [point["cells"]["p"] for point in told["points"]] == frame["p"].tolist()
    assert all(point["settings"] for point in told["points"])
    for point in told["points"][:: max(1, len(told["points"]) // 4)]:
        Position(tuple(point["settings"])).of(scenario)


def test_a_point_of_an_experiment_gives_the_number_of_its_table():
    scenario, _, told = opened(str(ROOT / "results" / "e05_when_conditions_matter"))
    point = told["points"][7]
    position = Position(
        tuple(point["settings"]), runs=point["cells"]["runs"], seed=told["seed"], central=told["central"]
    )
    found = dict(Desk(scenario).answer("me", position))["number"]
    assert found["p"] == point["cells"]["p"]


def test_a_folder_without_points_is_refused_and_says_where_some_are(tmp_path, capsys):
    with pytest.raises(Refusal, match="expected a scenario, the folder of a study"):
        opened(str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--no-browser", str(ROOT / "results")])
    assert ended.value.code == 2
    assert "e02_appetite_and_burn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("record", "table"),
    [
        ("{", {"runs": [1]}),
        ('{"scenario": "three-investors"}', {"runs": [1]}),
        ('{"scenario": "three-investors", "seed": 1}', {"p": [1]}),
        ('{"scenario": "three-investors", "seed": 1, "scenario_sha256": "0"}', {"runs": [1], "p": [0.5]}),
    ],
)
def test_a_damaged_experiment_is_refused_in_a_sentence(tmp_path, record, table):
    (tmp_path / "manifest.json").write_text(record)
    pd.DataFrame(table).to_parquet(tmp_path / "data.parquet")
    with pytest.raises(StoreError, match=r"expected (the )?points"):
        opened(str(tmp_path))


def test_an_experiment_of_a_scenario_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text('{"scenario": "../../nowhere", "seed": 1}')
    pd.DataFrame({"runs": [1], "p": [0.5]}).to_parquet(tmp_path / "data.parquet")
    with pytest.raises(Refusal, match="expected a packaged scenario"):
        opened(str(tmp_path))


# --------------------------------------------------------------------------------------------------------------------
# What matters most, and ways out


def test_what_matters_is_what_moves_the_answer_at_its_ends():
    scenario = abm.load_scenario("three-investors")
    found = {effect.path: effect for effect in effects_of(scenario, controls_of(scenario))}
    at_ends = [
        abm.simulate(scenario.with_values({"gatekeepers.restructuring": word}), 400, central=True)
        .probability("closed")
        .p
        for word in ("as_is", "given", "never")
    ]
    effect = found["gatekeepers.restructuring"]
    assert (effect.low, effect.high) == (min(at_ends), max(at_ends))
    assert found["company.cash_bn"].width == 0.0
    widths = [effect.width for effect in found.values()]
    assert widths == sorted(widths, reverse=True)


def test_what_matters_waits_while_somebody_asks_and_ends_with_the_page():
    desk = Desk(abm.load_scenario("three-investors"))
    desk.close()
    assert dict(desk.effects())["effects"] == {"effects": []}


def test_whoever_was_moved_last_is_mended_first():
    base = abm.load_scenario("three-investors")
    desk = Desk(base)
    position = Position(("round.target_bn=12", "round.cap_bn=11"))
    refused = dict(desk.answer("me", position, moved="round.target_bn"))["refused"]
    assert refused["mends"][0]["settings"] == ["round.target_bn=12", "round.cap_bn=12"]
    refused = dict(desk.answer("me", position, moved="round.cap_bn"))["refused"]
    assert refused["mends"][0]["words"].startswith(("Go no further", "Leave"))
    for mend in refused["mends"]:
        Position(tuple(mend["settings"])).of(base)


@pytest.mark.parametrize(
    "settings",
    [
        ["round.minimum_close_bn=11"],
        ["round.deadline=2025-01-01"],
        ["horizon_weeks=3"],
        ["investors.fund.ticket_bn=-1"],
        ["round.close_select=loudest"],
        ["nobody.there=3"],
        ["investors.nobody=out"],
        ["round.target_bn=many"],
        ["investors.lead.conditions=12", "round.target_bn=40"],
    ],
)
def test_every_refusal_has_a_way_out(settings):
    base = abm.load_scenario("three-investors")
    with pytest.raises(abm.ScenarioError) as refused:
        Position(tuple(settings)).of(base)
    mends = mends_of(base, settings, refused.value.faults)
    assert mends
    for mend in mends:
        Position(mend.settings).of(base)


@pytest.mark.parametrize(
    "changes", [{"a.b": "out"}, {"a.b": "6"}, {"a": True}, {"a": "x = 1\n#"}, {"a": [1, 2.5]}, {"a": 1e-7}]
)
def test_changes_are_written_as_they_are_read(changes):
    assert dict(map(parse_setting, settings_of(changes))) == changes


# --------------------------------------------------------------------------------------------------------------------
# Stories and files


@pytest.mark.parametrize("central", [False, True])
def test_the_story_of_a_run_is_that_of_the_command(capsys, central):
    desk = Desk(abm.load_scenario("openai-2025"))
    position = Position(("investors.softbank.conditions=off",), seed=3, central=central)
    told = dict(desk.tale("me", position, 11))
    words = ["explain", "openai-2025", "--run", "11", "--seed", "3", "--set", position.settings[0], "--json"]
    with pytest.raises(SystemExit):
        main([*words, *(["--central"] if central else [])])
    printed = json.loads(capsys.readouterr().out)
    twin = printed.pop("twin")
    story = json.loads(json.dumps(told["story"]))
    assert {key: story[key] for key in printed} == printed
    assert told["twin"]["twin"] == {key: value for key, value in twin.items() if key != "tried"}
    model = abm.FundingModel(position.of(desk.scenario), seed=3, run=11, central=central)
    model.run_model()
    assert told["story"]["weeks"]["paid"][-1] == model.population.bn(model.paid_musd)


def test_a_typical_story_is_the_one_that_explain_chooses():
    scenario = abm.load_scenario("three-investors")
    told = dict(Desk(scenario).tale("me", Position(), "failed"))
    assert told["story"]["run"] == explained(scenario, 1, "failed", 1_000).story.run
    assert told["story"]["why"]


@pytest.mark.parametrize("run", [-1, 2**32, 1.5, True, "best", None, [1]])
def test_a_run_that_there_is_not_is_refused(run):
    told = dict(Desk(abm.load_scenario("three-investors")).tale("me", Position(), run))
    assert told["refused"]["faults"][0]["key"] == "story"


@pytest.mark.parametrize("what", ["../page.py", "book", "book.exe", "scenario", "report.html.exe", "cash.gif"])
def test_a_file_that_there_is_not_is_refused(what):
    with pytest.raises(Refusal, match="expected"):
        saved(abm.load_scenario("three-investors"), "three-investors", Position(), what)


# --------------------------------------------------------------------------------------------------------------------
# Notebooks


def test_a_notebook_shows_the_page_in_a_frame_with_a_table_beside_it():
    explorer = abm.load_scenario("three-investors").explore(height=700)
    try:
        shown = explorer._repr_html_()
        assert shown.startswith(f'<iframe src="{explorer.link}"')
        assert "height:700px" in shown
        assert "<table>" in shown
        policy = httpx.get(explorer.link).headers["content-security-policy"]
        assert "frame-ancestors http://localhost:* http://127.0.0.1:*" in policy
        assert explorer.link in str(explorer)
    finally:
        explorer.close()
    assert "<iframe" not in explorer._repr_html_()
    assert str(explorer) == str(abm.simulate("three-investors", 2_000, keep="rows"))


@pytest.mark.parametrize("name", explorers._ELSEWHERE)
def test_where_the_browser_is_on_another_machine_there_is_a_table(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    explorer = abm.load_scenario("three-investors").explore()
    assert explorer.link is None
    assert explorer._repr_html_().startswith("<p><b>A lead with a condition")


def test_where_no_port_can_be_had_there_is_a_table(monkeypatch):
    def refuse(*given, **named):
        raise Refusal("no port")

    monkeypatch.setattr(explorers, "PageServer", refuse)
    assert "<iframe" not in abm.load_scenario("three-investors").explore()._repr_html_()


def test_names_of_a_hostile_file_stay_text_in_a_notebook():
    bad = '"><script>alert(1)</script>'
    explorer = abm.load_scenario("three-investors").with_values({"title": bad}).explore()
    try:
        assert "<script" not in explorer._repr_html_()
    finally:
        explorer.close()


def test_a_changed_scenario_is_explored_as_it_is_changed():
    changed = abm.load_scenario("three-investors").with_values({"round.target_bn": 6})
    explorer = changed.explore()
    try:
        with httpx.stream("POST", f"{explorer.link}answer", json={"position": {"runs": 400}}, timeout=None) as heard:
            lines = list(heard.iter_lines())
        told = json.loads(lines[lines.index("event: number") + 1].removeprefix("data: "))
        assert told["p"] == abm.simulate(changed, 400).probability("closed").p
    finally:
        explorer.close()


def test_a_session_that_ends_leaves_no_server_behind():
    code = "import abm; print(abm.load_scenario('three-investors').explore().link)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with pytest.raises(httpx.ConnectError):
        httpx.get(done.stdout.strip())


def test_a_page_that_is_no_notebook_may_not_frame_the_served_page():
    with PageServer(Desk(abm.load_scenario("three-investors"))) as server:
        assert "frame-ancestors 'none'" in httpx.get(server.link).headers["content-security-policy"]


def test_what_still_computes_is_closed_once_it_stops_and_without_a_fault():
    """A server that ends while somebody waits for a first number would else print a traceback."""
    began, go_on = threading.Event(), threading.Event()

    def messages():
        began.set()
        go_on.wait(60)
        yield "number", {}

    making = messages()
    at_work = threading.Thread(target=lambda: next(making))
    at_work.start()
    assert began.wait(60)
    with pytest.raises(ValueError, match="already executing"):
        making.close()
    threading.Timer(0.1, go_on.set).start()
    _end(making)
    at_work.join(60)
    assert next(making, None) is None
