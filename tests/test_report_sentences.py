"""Report sentences: every number in a sentence is the one of its table, times what the word beside it says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import abm
from abm.report import opening, reasons, sections, story_page
from abm.report.comparison_text import levers_text, pivotal_text
from abm.runs.estimates import estimate

TARGET = "the round: new money wanted"
SMALL = abm.load_scenario("three-investors")


def said(section) -> str:
    """Return all that a section says, without its pictures and tables."""
    return " ".join(part.text for part in section.parts if part.text).replace("\N{NO-BREAK SPACE}", " ")


def rows(section) -> list[tuple[str, ...]]:
    """Return the cells of its tables."""
    tables = [part.table.rows for part in section.parts if part.table]
    return [tuple(str(cell).replace("\N{NO-BREAK SPACE}", " ") for cell in row) for table in tables for row in table]


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    """Leave out the pictures, which take most of the time."""
    monkeypatch.setattr(reasons, "picture", lambda *_, **__: None)
    monkeypatch.setattr(sections, "picture", lambda *_, **__: None)


# --------------------------------------------------------------------------------------------------------------------
# Who decides


def parties(*players: tuple[str, float, float, float], leave_out: float = 0.1, shared: float = 0.3):
    """Players with their part and its interval."""
    table = pd.DataFrame(
        [
            {"player": name, "name": name.title(), "shapley": part, "low": low, "high": high}
            for name, part, low, high in players
        ]
    )
    table = table.assign(leave_out=leave_out, leave_out_low=0.05, leave_out_high=0.15, bind=0.02, bind_low=0.01)
    table = table.assign(bind_high=0.03, shubik=0.25)
    sure = estimate(300, 1_000, 7)
    return SimpleNamespace(table=table, shared=shared, method="By hand.", total=sure, empty_coalition=estimate(0, 9, 7))


def test_the_first_is_named_alone_where_his_part_is_clear_of_the_others():
    found = parties(("lead", 0.213, 0.2, 0.226), ("fund", 0.05, 0.04, 0.06))
    assert reasons.leaders(found) == "the largest part is that of “Lead”, 21.3 points (20.0 to 22.6)."


def test_several_are_named_where_their_intervals_meet_that_of_the_first():
    found = parties(*((name, 0.1 - 0.01 * k, 0.05, 0.15) for k, name in enumerate("abcde")), ("f", 0.01, 0.0, 0.02))
    assert reasons.leaders(found) == (
        "the largest parts are “A” 10.0 points (5.0 to 15.0), “B” 9.0 points (5.0 to 15.0) and “C” 8.0 points (5.0 to "
        "15.0); 2 more may be as large; their intervals overlap, so that their order is open."
    )
    equal = parties(("a", 0.1, 0.05, 0.15), ("b", 0.1, 0.05, 0.15))
    assert reasons.leaders(equal) == "all parts are equal, 10.0 points (5.0 to 15.0)."
    nearly = parties(("a", 0.1, 0.05, 0.15), ("b", 0.09, 0.05, 0.15))
    assert reasons.leaders(nearly) == "all parts are equal within their error, 10.0 points (5.0 to 15.0) the largest."


@pytest.mark.parametrize(
    ("leave_out", "words"),
    [
        (0.3, " adds up to 60 points, far more than the whole, because every link of a chain can break it."),
        (0.05, " adds up to 10 points, far less than the whole, because others stand in."),
        (0.16, ""),
    ],
)
def test_losses_one_by_one_are_compared_with_the_whole(leave_out, words):
    found = parties(("a", 0.2, 0.1, 0.3), ("b", 0.1, 0.05, 0.2), leave_out=leave_out)
    text = said(reasons.pivotal_parties(SimpleNamespace(pivotal=found, pairs=None)))
    assert "add up to 30.0%. All parts are equal within their error, 20.0 points (10.0 to 30.0) the largest." in text
    assert text.count("What is lost when one alone stays away") == bool(words)
    assert words in text


def test_the_table_of_who_decides_is_in_points_and_power_in_percent():
    found = parties(("lead", 0.213, 0.2, 0.226), ("fund", 0.05, 0.04, 0.06))
    found.table.loc[1, ["bind", "shubik"]] = np.nan
    assert rows(reasons.pivotal_parties(SimpleNamespace(pivotal=found, pairs=None))) == [
        ("Lead", "+21.3 (+20.0 to +22.6)", "+10.0 (+5.0 to +15.0)", "+2.0 (+1.0 to +3.0)", "25%"),
        ("Fund", "+5.0 (+4.0 to +6.0)", "+10.0 (+5.0 to +15.0)", "", ""),
    ]
    lines = pivotal_text("Round", "closed", found).splitlines()
    (lead,) = (line for line in lines if line.startswith("Lead"))
    assert " ".join(lead.split()) == "Lead +21.3 (+20.0 to +22.6) +10.0 (+5.0 to +15.0) +2.0 (+1.0 to +3.0)"


# --------------------------------------------------------------------------------------------------------------------
# What drives it


def worth(second_high: float = 0.05, first_low: float = 0.06):
    frame = pd.DataFrame(
        {
            "path": ["round.target_bn", "investors.lead.wealth_bn"],
            "shift": [0.08, 0.04],
            "shift_low": [first_low, 0.02],
            "shift_high": [0.1, second_high],
            "right": [0.031, 0.012],
        }
    )
    return SimpleNamespace(frame=frame, everything={"right": 0.057, "shift": 0.123}, draws=256)


def test_what_a_number_is_worth_is_said_in_points():
    table = pd.DataFrame({"path": ["round.target_bn"], "mu_star": [0.1], "grade": ["fact"]})
    drivers = SimpleNamespace(table=table, weight="mu_star", points=20, runs=100, seed=7)
    text = said(
        reasons.what_drives(SimpleNamespace(drivers=drivers, information=worth(), scenario=SMALL, pivotal=None))
    )
    assert f"would move the probability most if it were “{TARGET}”: by 8.0 points on average." in text
    assert (
        "no number alone adds more than 3.1 points to the chance of being right; all of them together would add 5.7."
        in text
    )


def test_a_number_is_the_foremost_only_where_it_stands_out_of_its_error_and_of_the_next():
    assert reasons.foremost(worth())["path"] == "round.target_bn"
    assert reasons.foremost(worth(second_high=0.07)) is None
    assert reasons.foremost(worth(first_low=-0.01)) is None


# --------------------------------------------------------------------------------------------------------------------
# In which worlds


def found_worlds(better: bool = True, worlds: int = 64):
    limit = abm.analysis.box.limits.Limit("round.target_bn", high=9.0)
    box = SimpleNamespace(limits=(limit,), density=0.71, coverage=0.43)
    stability = pd.DataFrame({"path": ["round.target_bn", "round.target_bn"], "share": [0.35, 0.86]})
    return SimpleNamespace(
        box=box, holdout=SimpleNamespace(density=0.62, low=0.55, high=0.69), better=better, base=0.29, resamples=20,
        stability=stability, worlds=range(worlds), trajectory=None,
    )  # fmt: skip


def test_a_rule_is_quoted_with_what_it_covers_what_it_is_worth_elsewhere_and_how_stable_it_is():
    leaves = [
        SimpleNamespace(limits=(), density=d, support=s, coverage=c)
        for d, s, c in ((0.1, 0.25, 0.08), (0.4, 0.75, 0.92))
    ]
    dossier = SimpleNamespace(discovery=found_worlds(), scenario=SMALL, tree=SimpleNamespace(leaves=leaves))
    section = reasons.worlds(dossier)
    text = said(section)
    assert text.startswith("It closes in 71% of the runs of worlds where ")
    assert ", which covers 43% of all closings." in text
    assert "Over all 64 worlds it closes in 29% of the runs." in text
    assert "is kept on the other half, it closes in 62% (55% to 69%) of the runs." in text
    assert "share of 20 resamples" in text
    assert f"“{TARGET}” 86%." in text
    assert [row[2:] for row in rows(section)] == [("10%", "25%", "8%"), ("40%", "75%", "92%")]


@pytest.mark.parametrize(("worlds", "few"), [(63, True), (64, False)])
def test_where_no_rule_holds_it_is_said_so(worlds, few):
    dossier = SimpleNamespace(discovery=found_worlds(better=False, worlds=worlds), scenario=SMALL, tree=None)
    text = said(reasons.worlds(dossier))
    assert text.startswith("No rule was found:")
    assert ("Half of so few worlds can hardly show it." in text) == few


# --------------------------------------------------------------------------------------------------------------------
# Levers


def gains(second_low: float = 0.01) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "words": ["the lead stands firm", "the target is lower", "nothing at all", "nonsense"],
            "lever": ["bind", "target", "none", "no"],
            "change": [0.214, 0.05, 0.0, 0.0],
            "low": [0.2, second_low, -0.01, 0.0],
            "high": [0.2301, 0.07, 0.01, 0.0],
            "funded_change": [1.25, -0.5, 0.0, 0.0],
            "survived_change": [0.031, -0.02, 0.0, 0.0],
            "dilution_change": [0.42, -0.11, 0.0, 0.0],
            "cost": [2.5, 0.0, 0.0, 0.0],
            "cost_unit": ["USD billion", "", "", ""],
            "counted": ["money", "", "", ""],
            "per_cost": [0.0856, np.nan, np.nan, np.nan],
            "runs": 8_000,
            "seed": 7,
            "refused": ["", "", "", "there is no such thing"],
        }
    )
    return frame


def test_levers_are_in_points_billions_and_points_a_billion():
    section = reasons.levers(SimpleNamespace(gains=gains(), seed=7, scenario=SMALL, regret=None))
    cells = rows(section)
    survival = ("+3.1", "-2.0") if SMALL.company else ()
    assert cells[0] == (
        *("the lead stands firm", "+21.4 (+20.0 to +23.0)", "+1.25"),
        *survival[:1],
        *("+0.42", "USD 2.50 billion; +8.6 points a billion"),
    )
    assert cells[1] == (
        *("the target is lower", "+5.0 (+1.0 to +7.0)", "-0.50"),
        *survival[1:],
        *("-0.11", "nothing counted"),
    )
    assert len(cells) == 3  # a lever that was refused is none


def test_on_the_terminal_levers_that_stand_out_have_a_line_and_the_others_a_word():
    text = " ".join(levers_text("Round", gains()).split())
    assert "8,000 pairs of runs under the same luck, seed 7." in text
    assert (
        "the lead stands firm [bind] +21.4 points (+20.0 to +23.0), +1.25 billion; at stake: USD 2.50 billion (money) "
        "the target is lower [target] +5.0 points (+1.0 to +7.0), -0.5 billion; at stake: nothing counted"
    ) in text
    assert "What does not stand out of its own error: nothing at all." in text
    assert "Refused: nonsense (there is no such thing)." in text


# --------------------------------------------------------------------------------------------------------------------
# In short


def in_short(causes, frame=None, pivotal=None, information=None):
    dossier = SimpleNamespace(
        outcomes=SimpleNamespace(causes=lambda: causes), gains=gains() if frame is None else frame, pivotal=pivotal,
        discovery=None, information=information, scenario=SMALL,
    )  # fmt: skip
    return list(opening.in_short(dossier))


def test_the_first_cause_is_a_share_of_the_failures_where_it_is_the_first():
    few, many, more = (estimate(k, 1_000, 7) for k in (100, 300, 310))
    assert in_short({"gate": many, "demand": few})[0].endswith(" (75% of the failures).")
    assert "% of the failures" not in in_short({"gate": more, "demand": many})[0]
    assert in_short({"gate": few})[0].endswith(" (100% of the failures).")


def test_findings_are_in_whole_points():
    pivotal = parties(("lead", 0.213, 0.2, 0.226), ("fund", 0.05, 0.04, 0.06))
    lever, decides, drives = in_short({}, pivotal=pivotal, information=worth())
    assert lever == (
        "What would change it: most of all if the lead stands firm, +21 points (+20 to +23) under the same luck."
    )
    assert decides == f"Who decides: {reasons.leaders(pivotal)}"
    assert drives.endswith("learning it would move the probability by 8 points on average.")
    close = gains().assign(high=[0.2301, 0.21, 0.01, 0.0])
    assert "among the first if the lead stands firm" in in_short({}, close)[0]
    assert in_short({}, gains().assign(low=-0.01)) == []


def test_what_the_world_leaves_open_is_said_in_percent_and_its_spread_in_points():
    layers = SimpleNamespace(
        points=256, mean=0.34, spread=0.151, error=0.012,
        quantiles={"p05": 0.09, "p25": 0.22, "p50": 0.33, "p75": 0.44, "p95": 0.62},
    )  # fmt: skip
    effort = SimpleNamespace(runs_of_a_screen=200)
    around = SimpleNamespace(layers=lambda: layers)
    text = opening._of_worlds(SimpleNamespace(around=around, inert=(), effort=effort, scenario=SMALL))
    assert "over 256 draws" in text
    assert "34% on average, in half of them between 22% and 44%, in nine of ten between 9% and 62%." in text
    assert "is at least 15.1 points; the Monte Carlo error of their mean is at most 1.2 points." in text
    some = opening._of_worlds(SimpleNamespace(around=around, inert=("round.target_bn",), effort=effort, scenario=SMALL))
    assert some.endswith(
        f"Left alone, because none of 200 runs ends otherwise when it is moved over its range: “{TARGET}”."
    )


# --------------------------------------------------------------------------------------------------------------------
# Stories


@pytest.mark.parametrize(("ending", "ended", "ends"), [("closed", "closed", "closes"), ("gate", "failed", "fails")])
def test_a_story_is_headed_by_how_its_run_ended(ending, ended, ends, monkeypatch):
    story = SimpleNamespace(title="Round", run=12, ending=ending, scenario="round", seed=7)
    explained = SimpleNamespace(story=story, twin=None)
    monkeypatch.setattr(story_page, "story_context", lambda _: {})
    monkeypatch.setattr(sections, "story_context", lambda _: {})
    written = {}
    monkeypatch.setattr("abm.report.page.write_page", lambda *_, **given: written.update(given))
    story_page.write_story(explained, "story.html", "abm explain")
    assert written["title"] == f"Round: how run 12 {ended}"
    assert f"How it {ends}: run 12" in said(sections.stories(SimpleNamespace(stories=[explained])))
    stops = "stopped" if ended == "closed" else "closed"
    assert story_page.twin_words(explained) == (
        f"No single change of a lever or a condition would have {stops} this run."
    )
    explained.twin = SimpleNamespace(words="the target were lower", distance=0.25)
    turned = "not have closed" if ended == "closed" else "have closed"
    assert f"this run would {turned} if one thing had been different" in story_page.twin_words(explained)
