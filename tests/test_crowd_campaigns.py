"""Crowds and campaigns: totals of a hundred thousand against their laws, and e19 with its file of moments."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

import abm
from abm.ensemble import Ensemble
from abm.population import prepare
from tests.worlds import world

ROOT = Path(__file__).parent.parent
FILE = ROOT / "experiments" / "crowdfunding_moments.toml"
CROWD, CHANCE, RUNS = 100_000, 0.3, 64
USD = 1e-9  # billion


@pytest.fixture
def moments(monkeypatch):
    """The reader of the experiment, which is a script and no package."""
    monkeypatch.syspath_prepend(ROOT / "experiments")
    import crowd_moments

    return crowd_moments


def totals(ticket, goal_usd, **terms):
    """What a hundred thousand independent backers bring [USD], run by run."""
    pool = {"id": "crowd", "count": CROWD, "kind": "person", "ticket_bn": ticket, "signing_probability": CHANCE}
    given = {"target_bn": goal_usd * USD, "cap_bn": 1.0, "pre_money_bn": 1.0, "close_when": "deadline"} | terms
    population = prepare(abm.scenario_from(world([], pools=[pool], days=28, **given)))
    assert population.units_per_bn == 10**9
    rows = Ensemble(population)(1, range(RUNS)).rows
    return rows["paid_musd"].astype(float), rows["closed"]


def agree(paid, mean, variance):
    """Whether mean and variance of independent totals are those of a law, within four standard errors."""
    assert abs(paid.mean() - mean) < 4 * math.sqrt(variance / RUNS)
    assert abs(paid.var(ddof=1) / variance - 1) < 4 * math.sqrt(2 / (RUNS - 1))


def test_equal_pledges_of_a_hundred_thousand_have_the_binomial_law():
    needed = CROWD * CHANCE + 100  # two thirds of a standard deviation above the mean
    paid, closed = totals(47 * USD, 47 * needed)
    agree(paid / 47, CROWD * CHANCE, CROWD * CHANCE * (1 - CHANCE))
    assert (paid % 47 == 0).all()
    assert ((paid >= 47 * needed) == closed).all()
    p = binom.sf(needed - 1, CROWD, CHANCE)
    assert p == pytest.approx(
        norm.sf((needed - 0.5 - CROWD * CHANCE) / math.sqrt(CROWD * CHANCE * (1 - CHANCE))), abs=1e-3
    )
    assert abs(closed.mean() - p) < 4 * math.sqrt(p * (1 - p) / RUNS)


def test_lognormal_pledges_of_a_hundred_thousand_have_the_normal_law():
    median, sd = 62.0, 0.76  # of successful campaigns, in dollars
    first, second = median * math.exp(sd**2 / 2), median**2 * math.exp(2 * sd**2)
    mean, variance = CROWD * CHANCE * first, CROWD * (CHANCE * second - (CHANCE * first) ** 2)
    goal = round(mean + 0.5 * math.sqrt(variance))
    law = {"lognormal_median": median * USD, "sd_log": sd}
    paid, closed = totals(law, goal, piecemeal_probability=0.0, already_closed_bn=1 * USD)
    p = norm.sf(0.5)
    assert abs(closed.mean() - p) < 4 * math.sqrt(p * (1 - p) / RUNS)
    assert (paid[~closed] == 0).all()
    kept, _ = totals(law, goal, already_closed_bn=1 * USD)  # the same, had they kept what came
    agree(kept, mean, variance + CROWD * CHANCE / 12)  # a twelfth for each whole dollar
    assert (kept[closed] == paid[closed]).all()
    assert ((kept >= goal) == closed).all()


# --------------------------------------------------------------------------------------------------------------------
# The packaged campaign and e19


def test_the_packaged_campaign_over_worlds_has_two_humps():
    """Bounds are loose: the file has the central goal alone, and triangles for what e19 draws from normals."""
    scenario = abm.load_scenario("crowd-campaign").with_values({"round.piecemeal_probability": 1.0})
    funded = abm.simulate(scenario, runs=12_000, seed=1, keep="totals")
    share = abm.simulate(scenario, runs=8_000, seed=1, keep="rows").batch.rows["paid_musd"] / 5_000
    assert 0.25 < funded.probability("closed").p < 0.6
    assert (share < 0.2).mean() > 0.3
    assert ((share >= 0.6) & (share < 1)).mean() < 0.05
    assert ((share >= 1) & (share < 1.25)).mean() > 0.08


def test_the_fitted_law_of_e19_has_the_two_humps_of_the_data(moments):
    """Few campaigns, so the bounds are loose; what the data say stands in the file."""
    import campaigns

    data = moments.read_moments(FILE)
    best = pd.read_parquet(ROOT / "results" / "e19_crowd_campaigns" / "law.parquet").iloc[0]
    law = campaigns.Law(**{name: float(best[name]) for name in campaigns.Law._fields})
    behaviour = campaigns.Behaviour(float(best["lockup"]), float(best["herding"]))
    share = campaigns.simulated(campaigns.drawn(law, 120, data), behaviour).share
    assert abs((share >= 1).mean() - data["success", "overall"]) < 0.15
    assert abs((share < 0.2).mean() - 0.5) < 0.15  # 11.8 + 14.7 + 10.9 + 6.3 + 6.6 = 50.3 %
    assert ((share >= 0.6) & (share < 1)).mean() < 0.05  # 1.2 %
    assert ((share >= 1) & (share < 1.25)).mean() > 0.08  # 22.5 %


def test_the_file_of_moments_is_that_of_the_facts(moments):
    data = moments.read_moments(FILE)
    assert data.campaigns == 5_210
    assert data["shares", "percent"].sum() == pytest.approx(100, abs=0.5)
    assert data.histogram()[-9:].sum() == pytest.approx(data["success", "overall"], abs=0.005)
    assert len(moments.classes(data)) == len(data.histogram())


BROKEN = {
    "no table": ("[goals]", "[other]", "goals.mean_log10: expected a number, got nothing"),
    "text": ("overall = 0.401", 'overall = "high"', "success.overall: expected a number, got 'high'"),
    "beyond": ("overall = 0.401", "overall = 40.1", "success.overall: expected numbers from 0 to 1, got 40.1"),
    "too few": ("0.15, 0.08]", "0.15]", "success.by_goal: expected 9 numbers, to go with goal_to, got 8"),
    "falling": ("[500, 1000,", "[1000, 500,", "success.goal_to: expected numbers that rise"),
    "sum": ("[11.8, 14.7", "[51.8, 14.7", "shares.percent: expected percentages that add up to 100, within 1, got"),
    "no toml": ("[goals]", "[goals", "expected a TOML file of moments, got"),
    "goal": ("1.0, 1.05, 1.1, 1.25", "1.01, 1.05, 1.1, 1.25", "shares.edges: expected 1.0 among them"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bad_file_of_moments_is_refused_in_one_sentence(moments, name, tmp_path, capsys):
    old, new, says = BROKEN[name]
    path = tmp_path / "moments.toml"
    text = FILE.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(SystemExit) as ended:
        moments.moments_or_exit(path)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert says in told
    assert str(path) in told
    assert told.count("\n") == 1


def test_a_file_of_moments_that_is_not_there_is_refused(moments, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        moments.moments_or_exit(tmp_path / "none.toml")
    assert ended.value.code == 2
    assert "expected a file of moments, got: No such file" in capsys.readouterr().err


def test_moments_of_campaigns_that_are_known_come_out(moments):
    data = moments.read_moments(FILE)
    goal = np.array([400.0, 4_000.0, 200_000.0, 9_000.0])
    share = np.array([[1.02], [0.0], [0.5], [3.0]])
    campaigns = moments.Campaigns(goal, share, share, 10 * share, np.full(4, 0.25))
    rows = {(row.block, row.moment): row.model for row in moments.measured(campaigns, data)}
    assert rows["success", "all"] == 0.5
    assert rows["success by goal", "goal up to 500"] == 1.0
    assert rows["success by goal", "goal above"] == 0.0
    assert (
        rows["final share", "nothing"] == rows["final share", "0.5 to 0.6"] == rows["final share", "1 to 1.05"] == 0.25
    )
    assert rows["failed", "nothing"] == 0.5
    assert rows["successful", "under 1.1"] == rows["successful", "above 2"] == 0.5
    assert rows["success by share", "final share at least 0.5"] == pytest.approx(2 / 3)
    law = sum(row.model for row in moments.measured(campaigns, data) if row.block == "final share")
    assert law == pytest.approx(1.0)


def test_the_rule_of_the_game_reads_beliefs_as_the_binomial_law(moments):
    import threshold_game as game

    for threshold in (2, 4, 5):
        for belief in (0.1, 0.5, 0.9):
            p = binom.sf(threshold - 2, 4, belief)
            expected = 1 / (1 + math.exp(-(2 * p - 1) / 0.2))  # what is won weighs as much as what is lost
            assert game.contributes(belief, threshold, game.READINGS[1], 0.0, 0.2) == pytest.approx(expected)
    data = moments.read_moments(FILE)
    for reading in game.READINGS:
        curve = game.by_belief(data, reading, *game.BEFORE)
        assert (np.diff(curve) > 0).all()
        assert game.fit(data, reading).deviance < game.fit(data, reading).deviance_before


def experiment(monkeypatch, *arguments):
    """Run the script of e19."""
    script = ROOT / "experiments" / "e19_crowd_campaigns.py"
    monkeypatch.setattr(sys, "argv", [script.name, "--runs", "3", *map(str, arguments)])
    return runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--moments", "campaigns: expected numbers from 1 to inf, got 0"),
        ("--law", "expected a table of a fitted law, as this script writes law.parquet"),
    ],
)
def test_the_experiment_stops_at_a_bad_file(moments, option, says, tmp_path, monkeypatch, capsys):
    bad = tmp_path / "bad.toml"
    bad.write_text("campaigns = 0\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        experiment(monkeypatch, "--out", tmp_path / "out", option, bad)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_a_law_is_held_against_other_data_as_it_was_fitted(moments, tmp_path, monkeypatch, capsys):
    other = tmp_path / "other.toml"
    other.write_text(FILE.read_text("utf-8").replace("overall = 0.401", "overall = 0.5"), "utf-8")
    law = ROOT / "results" / "e19_crowd_campaigns" / "law.parquet"
    monkeypatch.setattr("abm.plots.DPI", 40)
    experiment(monkeypatch, "--out", tmp_path, "--moments", other, "--law", law)
    told = " ".join(capsys.readouterr().out.split())
    assert "| success | all | 50.0 |" in told
    assert "*Fitted* is the law of law.parquet, fitted before and not to these data: appeal" in told
    assert not (tmp_path / "law.parquet").exists()
