"""Sweeps over what nobody knows: a point is what `simulate` says of it, world by world, however it is made."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import abm
from abm.runs.clusters import estimate_over_worlds, with_worlds
from abm.runs.differences import paired_events, paired_means
from abm.sweeps import Study
from abm.sweeps.manifest import MANIFEST, read_manifest, write_manifest
from abm.sweeps.stopping import Stopping
from abm.sweeps.store import SPARE, TABLE

AXES = {"investors.softbank": ["as_is", "out"], "round.target_bn": [20, 30]}
RUNS = 700


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return abm.sweep("openai-2025", AXES, RUNS, seed=3, folder=tmp_path_factory.mktemp("worlds"))


def at(study, index, **how):
    return abm.simulate(study.job.scenario.with_values(study.design[index]), seed=3, **how)


def test_a_point_is_what_simulate_says(study):
    for index in range(len(study.design)):
        alone = at(study, index, runs=RUNS)
        assert study.estimate(index) == alone.probability("closed")
        assert study.estimate(index).worlds == 7
        assert study.over_worlds(index) == alone.over_worlds()
        assert study.runs(index)["funded_bn"].tolist() == alone.to_frame()["funded_bn"].tolist()
    frame = study.points()
    assert frame["worlds"].tolist() == [7] * 4
    assert frame["p95"].tolist() == [at(study, k, runs=RUNS).over_worlds().quantiles["p95"] for k in range(4)]


def test_central_points_are_those_of_simulate_too(study):
    central = abm.sweep("openai-2025", AXES, 200, seed=3, central=True)
    assert central.estimate(1) == at(study, 1, runs=200, central=True).probability("closed")
    assert "worlds" not in central.points()
    assert central.runs(1)["closed"].tolist() != study.runs(1)["closed"].tolist()[:200]


def test_where_no_number_has_a_range_worlds_change_nothing():
    drawn, central = (
        abm.sweep("three-investors", {"round.target_bn": [6, 8]}, 200, seed=3, central=central)
        for central in (False, True)
    )
    assert drawn.points().equals(central.points())


def test_a_point_stops_where_simulate_stops(study):
    narrow = abm.sweep("openai-2025", {"round.target_bn": [20, 30]}, 4_000, seed=3, within=0.03)
    for index, target in enumerate((20, 30)):
        scenario = study.job.scenario.with_values({"round.target_bn": target})
        alone = abm.simulate(scenario, 4_000, seed=3, within=0.03)
        assert narrow.estimate(index) == alone.probability("closed")


def test_both_engines_draw_the_same_worlds():
    how = {"runs": 130, "seed": 3, "workers": 1}
    fast, slow = (
        abm.sweep("openai-2025", {"round.target_bn": [25]}, engine=engine, **how) for engine in ("ensemble", "mesa")
    )
    assert fast.points().equals(slow.points())
    assert fast.estimate(0).worlds == 2


def test_more_runs_and_other_workers_end_in_the_same_bytes(study, tmp_path):
    abm.sweep("openai-2025", AXES, 500, seed=3, folder=tmp_path / "grown", workers=1)
    grown = abm.sweep("openai-2025", AXES, RUNS, seed=3, folder=tmp_path / "grown", workers=1)
    assert (grown.folder / TABLE).read_bytes() == (study.folder / TABLE).read_bytes()
    copied = abm.sweep("openai-2025", AXES, RUNS, seed=3, folder=tmp_path / "copied", reuse=[study.folder])
    assert (copied.folder / TABLE).read_bytes() == (study.folder / TABLE).read_bytes()
    assert Study.open(study.folder).points().equals(study.points())


def test_a_difference_counts_worlds_and_is_that_of_two_simulations(study):
    one, other = (at(study, index, runs=RUNS).to_frame() for index in (1, 0))
    numbers = one["run"].to_numpy()
    closed = [frame["closed"].to_numpy() for frame in (one, other)]
    assert study.difference(1, 0) == paired_events(*closed, 3, numbers)
    assert study.difference(1, 0) != paired_events(*closed, 3)
    money = [frame["funded_bn"].to_numpy() for frame in (one, other)]
    assert study.mean_difference(1, 0, "funded_bn") == paired_means(*money, 3, numbers)


def test_a_study_says_which_numbers_it_drew(study, tmp_path):
    assert Study.open(study.folder).job.central is False
    before = abm.sweep("openai-2025", {"round.target_bn": [20]}, 100, folder=tmp_path, central=True)
    assert Study.open(tmp_path).job.central is True
    after = abm.sweep("openai-2025", {"round.target_bn": [20]}, 100, folder=tmp_path)
    assert after.notes == [
        f"{tmp_path}: replaces a study of another choice of worlds; its runs are put aside in {SPARE}"
    ]
    assert before.job.name != after.job.name


def test_studies_that_do_not_say_it_were_made_at_central_numbers(tmp_path):
    made = abm.sweep("openai-2025", {"round.target_bn": [20]}, 100, folder=tmp_path, central=True)
    record = read_manifest(tmp_path / MANIFEST)
    assert record.pop("central") is True
    record.pop("format")
    write_manifest(tmp_path / MANIFEST, record)
    assert "central" not in json.loads((tmp_path / MANIFEST).read_text())
    assert Study.open(tmp_path).points().equals(made.points())


def test_a_damaged_count_of_a_world_is_repeated_and_told(study):
    from abm.sweeps.verify import verify

    assert verify(study, blocks=8, seed=1)[0] == []
    study_of_others = Study.open(study.folder)
    study_of_others.job = replace(study_of_others.job, seed=4)
    assert len(verify(study_of_others, blocks=8, seed=1)[0]) > 0


def test_worlds_of_blocks_add_up():
    """Blocks of 20 runs share a world of 100: 2 of 20, 3 of 20, then 1 of 20 in world 0 and 4 of 20 in world 1."""
    counts = np.zeros((0, 2), np.int64)
    for first, part in ((0, [[2, 20]]), (0, [[3, 20]]), (0, [[1, 20], [4, 20]])):
        counts = with_worlds(counts, first, np.array(part))
    assert counts.tolist() == [[6, 60], [4, 20]]


def test_intervals_over_worlds_are_those_of_the_groups_of_pairs():
    """Four worlds are two pairs: 30 of 200 and 70 of 200 came; the third pair has one world."""
    worlds = np.array([[10, 100], [20, 100], [30, 100], [40, 100], [25, 100]])
    found = Stopping(500).estimate(125, 500, 1, worlds)
    successes, runs = np.zeros((2, 100), np.int64)
    successes[:3], runs[:3] = (30, 70, 25), (200, 200, 100)
    assert found == estimate_over_worlds(successes, runs, 5, 1)


@pytest.mark.statistical
def test_questions_are_decided_over_worlds_and_rarely_wrong():
    """Chances of worlds from .1 to .6, mean .35, in mirrored pairs: few verdicts against .35, all against .45."""
    luck, wrong, right = np.random.default_rng(8), 0, 0
    for _ in range(200):
        u = luck.random(40)
        chances = 0.1 + 0.5 * np.stack([u, 1 - u], axis=1).reshape(-1)
        worlds = np.stack([luck.binomial(100, chances), np.full(80, 100)], axis=1)
        whole = (int(worlds[:, 0].sum()), 8_000, worlds)
        wrong += Stopping(8_000, threshold=0.35).above(*whole) is not None
        right += Stopping(8_000, threshold=0.45).above(*whole) is False
    assert wrong <= 200 * 0.05
    assert right >= 190
