"""Scrambled Sobol' points: they fill the space evenly, both engines take them, and intervals come from replicates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import abm
from abm.core import draws
from abm.population import prepare
from abm.population.sobol import REPLICATES, RUNS_OF_A_PAIR, decisive_draws, point_of_world, points_of_runs
from abm.runs.clusters import GROUPS, estimate_over_worlds, groups_of
from abm.runs.estimates import wilson
from abm.runs.stream import LOOK
from abm.sweeps.work import Job

ROOT = Path(__file__).parent.parent


def of(name: str):
    return decisive_draws(prepare(abm.load_scenario(name)))


def runs_of(replicate: int, points: int) -> list[int]:
    """Numbers of the runs that take the first points of a replicate, told by what a run is called alone."""
    return [r for r in range(REPLICATES * (points + 400)) if r // RUNS_OF_A_PAIR % REPLICATES == replicate][:points]


@pytest.mark.parametrize("replicate", [0, 7])
def test_the_first_points_of_a_replicate_fill_the_space(replicate):
    """A digital net: each of as many strips as there are points holds one, in every coordinate (Sobol' 1967)."""
    u = np.concatenate([points_of_runs(of("openai-2025"), 3, range(r, r + 1)).u for r in runs_of(replicate, 256)])
    strips = np.sort(np.floor(u * 256).astype(int), axis=0)
    assert (strips == np.arange(256)[:, None]).all()
    assert ((u > 0) & (u < 1)).all()


def test_a_point_depends_on_seed_and_run_alone():
    decisive = of("three-investors")
    whole = points_of_runs(decisive, 5, range(5_000)).u
    for part in (range(17), range(190, 210), range(4_093, 5_000)):
        assert (points_of_runs(decisive, 5, part).u == whole[part.start : part.stop]).all()
    assert (points_of_runs(decisive, 6, range(200)).u != whole[:200]).all()


def test_replicates_are_independent():
    """Means of two points each, over 40 replicates of two seeds: uncorrelated between replicates, mean one half."""
    decisive = of("three-investors")
    first = np.array([
        points_of_runs(decisive, seed, range(k * RUNS_OF_A_PAIR, k * RUNS_OF_A_PAIR + 1)).u[0]
        for seed in range(40) for k in range(REPLICATES)
    ])  # fmt: skip
    assert abs(first.mean() - 0.5) < 4 * np.sqrt(1 / 12 / first.size)
    assert abs(np.corrcoef(first[:-1].ravel(), first[1:].ravel())[0, 1]) < 4 / np.sqrt(first.size)


def test_worlds_of_a_pair_are_mirror_images():
    assert np.allclose(point_of_world(1, 6, 5) + point_of_world(1, 7, 5), 1.0)


def test_investors_under_one_luck_share_a_coordinate():
    scenario = abm.load_scenario("openai-2025")
    decisive = decisive_draws(prepare(scenario))
    gates = [row for row in decisive.tolist() if row[0] == draws.CONSENT]
    assert len(gates) == len(scenario.gatekeepers)
    assert len({tuple(row) for row in decisive.tolist()}) == len(decisive)
    luck = prepare(scenario).traits.luck
    signing = [row for row in decisive.tolist() if row[0] == draws.SIGNING]
    for _, one, first in signing:
        for _, other, second in signing:
            assert (luck[one] == luck[other]) == (first == second)


@pytest.mark.parametrize("name", ["openai-2025", "three-investors", "experiments/metro-2023.toml"])
@pytest.mark.parametrize("central", [True, False])
def test_engines_take_the_same_points(name, central):
    source = ROOT / name if name.endswith(".toml") else name
    asked = {"runs": 12, "seed": 9, "first_run": 95, "central": central, "sampling": "sobol"}
    fast, readable = (abm.simulate(source, engine=engine, **asked) for engine in ("ensemble", "mesa"))
    assert fast.batch.rows.tobytes() == readable.batch.rows.tobytes()
    assert fast.batch.fates.tobytes() == readable.batch.fates.tobytes()
    assert fast.batch.gate_days.tobytes() == readable.batch.gate_days.tobytes()
    plain = abm.simulate(source, **{**asked, "sampling": "random"})
    assert plain.batch.rows.tobytes() != fast.batch.rows.tobytes()


def test_a_run_alone_is_that_of_the_many():
    many = abm.simulate("openai-2025", 30, 4, sampling="sobol")
    model = abm.FundingModel("openai-2025", 4, 21, sampling="sobol")
    model.run_model()
    assert model.result().record["paid_musd"] == many.batch.rows["paid_musd"][21]


def test_interval_is_that_of_the_replicates():
    """By hand: four replicates of 100 runs with shares .1, .2, .3, .4; the quantile of t with 3 degrees is 3.182446."""
    successes, runs = np.zeros((2, GROUPS), np.int64)
    for group, came in ((0, 4), (REPLICATES, 6), (1, 20), (2, 30), (REPLICATES + 3, 40)):
        successes[group], runs[group] = came, 100 if came >= 20 else 50
    found = estimate_over_worlds(successes, runs, 0, 1, points=True)
    variance = 4 / 3 * (15**2 + 5**2 + 5**2 + 15**2) / 400**2
    worth = 0.25 * 0.75 / variance * (1.959964 / 3.182446) ** 2
    assert (found.p, found.runs, found.replicates, found.worlds) == (0.25, 400, 4, 0)
    assert (found.low, found.high) == pytest.approx(wilson(0.25 * worth, worth), rel=1e-5)


def test_groups_belong_to_one_replicate():
    runs = np.arange(0, 100_000, 50)
    assert (groups_of(runs) % REPLICATES == runs // RUNS_OF_A_PAIR % REPLICATES).all()


def test_intervals_cover_the_truth():
    """Of 120 studies of 4,000 runs, at least 104 intervals hold the mean of all: 95 % less four standard errors."""
    found = [
        abm.simulate("three-investors", 4_000, seed, keep="totals", sampling="sobol").probability("closed")
        for seed in range(2_000, 2_120)
    ]
    truth = np.mean([one.p for one in found])
    plain = abm.simulate("three-investors", 500_000, 1, keep="totals").probability("closed")
    assert plain.low - 0.001 < truth < plain.high + 0.001
    assert sum(one.low <= truth <= one.high for one in found) >= 104
    independent = np.sqrt(truth * (1 - truth) / 4_000)
    assert np.std([one.p for one in found]) < 0.25 * independent  # 36 times fewer runs, measured; here at least 16


def test_certain_events_keep_the_interval_of_wilson():
    found = abm.simulate("three-investors", 2_000, 1, keep="totals", events=["funded_bn >= 0"], sampling="sobol")
    assert found.probability("funded_bn >= 0").low == pytest.approx(1 / (1 + 1.959964**2 / 2_000), rel=1e-6)


def test_width_is_reached_with_fewer_runs():
    asked = {"seed": 2, "within": 0.01, "keep": "totals", "central": True}
    even, plain = (abm.simulate("three-investors", sampling=how, **asked) for how in ("sobol", "random"))
    assert even.reached is plain.reached is True
    assert even.runs < plain.runs / 4


@pytest.mark.parametrize("central", [True, False])
def test_point_of_a_sweep_is_the_simulation(central, tmp_path):
    asked = {"central": central, "sampling": "sobol"}
    study = abm.sweep("openai-2025", {"round.target_bn": [20, 30]}, 1_000, 3, folder=tmp_path, **asked)
    for index, target in enumerate((20, 30)):
        alone = abm.simulate(
            abm.load_scenario("openai-2025").with_values({"round.target_bn": target}), 1_000, 3, **asked
        )
        assert study.estimate(index) == alone.probability("closed")
    assert ("worlds" in study.points()) == (not central)
    again = abm.sweeps.Study.open(tmp_path)
    assert again.points().equals(study.points())
    other = abm.sweep("openai-2025", {"round.target_bn": [20, 30]}, 1_000, 3, folder=tmp_path, central=central)
    assert "sampling" in " ".join(other.notes)


def test_a_sweep_simulates_at_most_twice_the_runs_that_its_interval_needs(monkeypatch):
    handed_out, simulate = [], Job.__call__
    monkeypatch.setattr(
        Job, "__call__", lambda job, task: (handed_out.append(task.blocks * LOOK), simulate(job, task))[1]
    )
    study = abm.sweep("three-investors", {"round.target_bn": range(3, 11)}, within=0.01, sampling="sobol")
    needed = sum(study.estimate(point).runs for point in range(8))
    assert needed <= sum(handed_out) <= 2 * needed


def test_decisions_need_independent_runs():
    with pytest.raises(ValueError, match="independent runs"):
        abm.sweep("three-investors", {"round.target_bn": [8]}, decide="closed > 0.5", sampling="sobol")


def test_command_says_replicates(command):
    code, said, _ = command("run", "three-investors", "--runs", "800", "--sampling", "sobol")
    assert code == 0
    assert "800 runs in 4 replicates, seed 1" in " ".join(said.split())


@pytest.mark.parametrize("asked", ["run three-investors", "sweep three-investors --vary round.target_bn=8"])
def test_unknown_sampling_is_refused(asked, command):
    code, _, told = command(*asked.split(), "--sampling", "halton")
    assert code == 2
    assert "--sampling: expected random or sobol, got 'halton'" in told
