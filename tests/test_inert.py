"""Inert numbers, and worlds around the central value: nothing is said of what no run shows, nor of shared bad luck."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abm
from abm.analysis.dossier import Effort, investigate
from abm.analysis.inert import moving
from abm.analysis.worlds import around
from abm.report.opening import in_short
from abm.report.reasons import foremost
from abm.scenario import scenario_from
from abm.sweeps.axis import axes_of

TRIALS = Path(__file__).parent / "trials"
QUICK = Effort().scaled(0.05)


def two_needed(first: float, second: float, **more: float) -> abm.Scenario:
    """Both must sign: P = first x second; a third is a spectator, whose ticket is not needed."""
    start = abm.load_scenario("three-investors")
    investors = [
        {"id": name, "kind": "venture", "ticket_bn": 1.0, "signing_probability": p}
        for name, p in (("a", first), ("b", second))
    ]
    idle = {"id": "idle", "kind": "venture", "ticket_bn": 0.1, "signing_probability": 0.5, **more}
    return scenario_from(
        {
            "format": 1, "id": "two", "title": "Two of three", "as_of": start.as_of,
            "round": {"target_bn": 2.0, "cap_bn": 3.0, "pre_money_bn": 8.0, "deadline": start.round.deadline},
            "investors": [*investors, idle],
        }
    )  # fmt: skip


AXES = axes_of(
    {
        "investors.a.signing_probability": (0.2, 0.8),
        "investors.idle.signing_probability": (0.0, 1.0),
        "valuation.news_precision": (0.0, 50.0),
        "investors.b": ["as_is", "out", "bound"],
    }
)


def test_a_number_is_inert_if_no_run_ends_otherwise():
    moves, inert = moving(two_needed(0.5, 0.5), AXES, runs=60)
    assert [axis.name for axis in moves] == ["investors.a.signing_probability", "investors.b"]
    assert [axis.name for axis in inert] == ["investors.idle.signing_probability", "valuation.news_precision"]


def test_a_number_that_only_matters_in_other_worlds_is_not_inert():
    """As the file is, A never signs and nothing closes, whatever B does; where A may sign, B decides."""
    axes = axes_of({"investors.a.signing_probability": (0.0, 0.9), "investors.b.signing_probability": (0.1, 0.9)})
    hidden = two_needed(0.0, 0.5)
    assert len(moving(hidden, axes, runs=100, worlds=0)[0]) == 1
    assert len(moving(hidden, axes, runs=100, worlds=2)[0]) == 2


def test_another_event_may_move_with_what_is_inert_for_the_closing():
    axes = AXES[1:2]
    assert moving(two_needed(0.5, 0.5), axes, runs=60)[0] == ()
    assert moving(two_needed(0.5, 0.5), axes, event="funded_bn > 2", runs=60)[0] == axes


def test_without_ranges_there_is_nothing_to_screen():
    with pytest.raises(abm.ScenarioError, match="expected numbers with low and high"):
        moving(two_needed(0.5, 0.5))


def test_worlds_are_estimated_around_the_central_value():
    """By hand: P_c p(w | c) + (1 - P_c) p(w | not c); a world like the centre has exactly the answer of the centre."""
    scenario, runs = two_needed(0.5, 0.6), 60
    axes = {"investors.a.signing_probability": [0.3, 0.5, 0.7]}
    study = abm.sweep(scenario, axes, runs=runs, seed=5, workers=1)
    central = abm.simulate(scenario, 6_000, seed=5, workers=1)
    found = around(study, central)
    closed = central.to_frame()["closed"].to_numpy()
    whole = closed.mean()
    for index, p in enumerate(found.p):
        world = study.runs(index)["closed"].to_numpy()
        assert p == pytest.approx(whole * world[closed[:runs]].mean() + (1 - whole) * world[~closed[:runs]].mean())
    assert found.p[1] == pytest.approx(whole)
    assert list(found.points().columns[1:]) == ["p", "low", "high", "runs"]


def test_it_takes_bad_luck_out_of_all_worlds():
    """The mean over the worlds errs by far less than that of plain shares: 200 seeds, where the truth is known."""
    scenario, truth = two_needed(0.5, 0.6), 0.6 * np.array([0.4, 0.5, 0.6])
    axes = {"investors.a.signing_probability": [0.4, 0.5, 0.6]}
    plain, weighed = [], []
    for seed in range(25):
        study = abm.sweep(scenario, axes, runs=50, seed=seed, workers=1)
        found = around(study, abm.simulate(scenario, 4_000, seed=seed, workers=1))
        plain.append(np.mean(study.points()["p"]) - truth.mean())
        weighed.append(np.mean(found.p) - truth.mean())
    assert np.std(weighed) < 0.5 * np.std(plain)
    assert abs(np.mean(weighed)) < 4 * np.std(weighed) / 5


def test_a_study_of_another_seed_keeps_its_shares():
    scenario = two_needed(0.5, 0.6)
    study = abm.sweep(scenario, {"investors.a.signing_probability": [0.3, 0.7]}, runs=40, seed=1, workers=1)
    assert around(study, abm.simulate(scenario, 100, seed=2, workers=1)).p.tolist() == study.points()["p"].tolist()


def test_the_report_holds_its_tongue_where_nothing_stands_out():
    """One number has a range, and 23 % at the centre must not stand beside 12 to 18 % over the worlds."""
    dossier = investigate(abm.load_scenario(TRIALS / "quick_report_range.toml"), effort=QUICK)
    only = "investors.cushman.signing_probability"
    assert dossier.drivers is not None
    assert dossier.drivers.table["path"].tolist() == [only]
    assert dossier.around is not None
    assert dossier.around.frame.columns.tolist() == [only]
    quantiles = dossier.around.layers().quantiles
    assert quantiles["p05"] < dossier.outcomes.probability("closed").p < quantiles["p95"] + 0.02
    ranged = abm.load_scenario(TRIALS / "quick_report_range.toml").raw
    ranged["investors"][0]["reputation"] = {"value": 1.0, "low": 0.5, "high": 2.0}  # nobody hears of stated decisions
    again = investigate(scenario_from(ranged), effort=QUICK)
    assert again.inert == ("investors.pipe-anchors.reputation",)
    assert not any("reputation" in sentence for sentence in in_short(again))


def _information(*rows: tuple[str, float, float, float]) -> object:
    frame = pd.DataFrame(rows, columns=["path", "shift", "shift_low", "shift_high"])
    return type("Information", (), {"frame": frame})


def test_a_driver_is_named_only_if_it_stands_out_of_its_own_error_and_that_of_the_next():
    assert foremost(_information(("a", 0.05, 0.04, 0.06), ("b", 0.02, 0.01, 0.03)))["path"] == "a"
    assert foremost(_information(("a", 0.05, 0.02, 0.08), ("b", 0.03, 0.01, 0.05))) is None
    assert foremost(_information(("a", 0.05, 0.0, 0.10))) is None
