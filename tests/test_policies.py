"""Policies over worlds: a crossed design, what comes out of it, and how sure that is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import abm
from abm.cli import main
from abm.core.errors import ScenarioError
from abm.sweeps import Design, Study
from abm.sweeps.policies import policies_frame
from tests.worlds import bound, consent, world

SMALL = "three-investors"
RATE = "gatekeepers.restructuring.hazard_per_year"
POLICIES = {"as it is": {}, "free": {"investors.lead.conditions": "off"}, "lower": {"round.target_bn": 6}}


def test_every_policy_is_tried_in_every_world():
    worlds = Design.grid({RATE: [1, 4]})
    design = Design.crossed(worlds, POLICIES)
    assert list(design) == [{RATE: rate, **changes} for rate in (1, 4) for changes in POLICIES.values()]
    assert [design.values(k) for k in range(6)] == [(1,)] * 3 + [(4,)] * 3


@pytest.mark.parametrize("worlds", [
    Design.latin_hypercube({RATE: (1.0, 4.0)}, 5, seed=2),
    Design.sobol({RATE: (1.0, 4.0)}, 8),
    Design.prior(abm.load_scenario("openai-2025"), 4),
    Design.table([{RATE: 1, "round.target_bn+round.cap_bn": 9.0}, {RATE: 2, "round.target_bn+round.cap_bn": 8.0}]),
], ids=lambda design: design.kind)  # fmt: skip
def test_the_worlds_of_a_crossed_design_are_those_of_the_design_alone(worlds):
    design = Design.crossed(worlds, {"a": {}, "b": {"round.deadline": "x"}})
    assert list(design)[::2] == list(worlds)
    assert list(design)[1::2] == [{**world, "round.deadline": "x"} for world in worlds]


def test_a_study_of_policies_is_what_single_simulations_say_and_can_be_opened_again(tmp_path):
    design = Design.crossed(Design.grid({RATE: [1, 4]}), POLICIES)
    study = abm.sweep(SMALL, design, runs=400, folder=tmp_path / "study", workers=1)
    frame = study.points()
    assert frame["policy"].tolist() == [*POLICIES] * 2
    for point, changes in enumerate(design):
        alone = abm.simulate(abm.load_scenario(SMALL).with_values(changes), 400, keep="totals")
        assert frame["p"][point] == alone.probability("closed").p
    again = Study.open(tmp_path / "study")
    assert again.design == design
    assert policies_frame(again).equals(policies_frame(study))
    table = policies_frame(study).set_index("policy")
    for name in POLICIES:
        assert table.loc[name, "p"] == pytest.approx(frame["p"][frame["policy"] == name].mean())
    assert table.loc["free", "change"] == pytest.approx(table.loc["free", "p"] - table.loc["as it is", "p"])
    assert math.isnan(table.loc["as it is", "change"])
    # free, the fund's 0.6 decides; at the lower target the consent, which comes with 0.35 at 1 a year, 0.82 at 4
    assert table["best"].tolist() == [0.0, 0.5, 0.5]


def test_intervals_hold_both_what_the_runs_and_what_the_drawn_worlds_leave_open():
    """One signer and one consent with a rate from 1 to 3: the mean over all worlds is known, and covered in 95 %."""
    raw = world([bound("anna", 3.0, [{"gate": "law"}])], [consent("law", 2.0)], target_bn=3.0)
    axis, policies = (
        {"gatekeepers.law.hazard_per_year": (1.0, 3.0)},
        {"as it is": {}, "given": {"gatekeepers.law": "given"}},
    )
    window = 156 / 365
    truth = 1 - (math.exp(-window) - math.exp(-3 * window)) / (2 * window)
    covered = 0
    for seed in range(20):
        design = Design.shares(axis, np.random.default_rng(seed).random((12, 1)))
        drawn = Design("prior", design.axes, 12, seed)
        table = policies_frame(
            abm.sweep(abm.scenario_from(raw), Design.crossed(drawn, policies), runs=60, seed=seed, workers=1)
        )
        covered += table["low"][0] <= truth <= table["high"][0]
        assert table["p"][1] == 1.0
        assert table["change_low"][1] <= table["change"][1] == pytest.approx(1 - table["p"][0])
    assert covered >= 15  # below that in one of three thousand, if 95 % are covered


def test_a_world_that_contradicts_a_policy_is_left_out_for_all_of_them():
    worlds = Design.grid({"round.cap_bn": [9.0, 12.0]})
    study = abm.sweep(SMALL, Design.crossed(worlds, {"as it is": {}, "more": {"round.target_bn": 10.0}}), runs=50)
    table = policies_frame(study)
    assert table["worlds"].tolist() == [1, 1]
    assert table["p"][0] == study.points()["p"][2]


def test_what_cannot_be_crossed_is_refused_in_a_sentence():
    worlds = Design.grid({RATE: [1, 4]})
    for given, policies in ((worlds, {}), (Design.crossed(worlds, POLICIES), POLICIES)):
        with pytest.raises(ValueError, match="expected worlds, and at least one policy"):
            Design.crossed(given, policies)
    with pytest.raises(ScenarioError, match=r"three-investors.toml: wrong: round.target: unknown key"):
        abm.sweep(SMALL, Design.crossed(worlds, {"wrong": {"round.target": 1}}), runs=10)
    with pytest.raises(ValueError, match="expected a study of policies in worlds"):
        policies_frame(abm.sweep(SMALL, worlds, runs=10))


def test_on_the_command_line_the_scenario_as_it_is_comes_first(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies.toml").write_text('[free]\ninvestors.lead.conditions = "off"\n')
    words = ["sweep", SMALL, "--vary", f"{RATE}=1,4", "--policies", "policies.toml", "--runs", "400"]
    with pytest.raises(SystemExit):
        main([*words, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert [row["policy"] for row in answer["policies"]] == ["as it is", "free"]
    assert [row["policy"] for row in answer["points"]] == ["as it is", "free"] * 2
    with pytest.raises(SystemExit):
        main([*words, "--out", "kept"])
    text = capsys.readouterr().out
    assert "Policies over 2 worlds, 400 runs of each; changes against “as it is”:" in text
    assert "free\n  " in text
    assert "Kept in kept; every point" in text


def test_where_a_point_leaves_numbers_to_be_drawn_the_interval_of_a_policy_counts_their_worlds():
    """On one point that is the difference that `simulate` tells, but for the half pairs that Agresti and Min add."""
    worlds = Design.grid({"round.target_bn": [25]})
    design = Design.crossed(worlds, {"as it is": {}, "free": {"investors.softbank.conditions": "off"}})
    study = abm.sweep("openai-2025", design, runs=2_000, seed=2)
    row = policies_frame(study).loc[1]
    told = study.difference(0, 1)
    assert row["change"] == pytest.approx(told.change)
    assert row["change_high"] - row["change"] == pytest.approx((told.high - told.low) / 2, rel=0.03)
    central = policies_frame(abm.sweep("openai-2025", design, runs=2_000, seed=2, central=True)).loc[1]
    assert row["change_high"] - row["change_low"] > 1.2 * (central["change_high"] - central["change_low"])
