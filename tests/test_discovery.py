"""Discovery: boxes that were planted are found, luck is not, and what is said of a box is true of its points."""

from __future__ import annotations

import datetime as dt
import math
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import abm
from abm.analysis.box.limits import Limit, Table
from abm.analysis.box.prim import find
from abm.analysis.box.regions import Search, chance, explained
from abm.analysis.box.resampling import holdout
from abm.analysis.discovery import cover, discover
from abm.analysis.trees import grow_tree
from abm.core.errors import Refusal
from abm.plots import drawn
from abm.plots.discovery import box_among_worlds, trajectory
from abm.runs.estimates import wilson
from tests.worlds import consent, signer, world

ENDS = {"x0": (None, 0.4873), "x1": (0.4139, None), "x2": (None, 0.7791)}


def planted(points, dimensions, seed, inside=0.85, outside=0.15, runs=20):
    """Uniform worlds, of which those within ENDS close more often: parameters, observed shares, and the truth."""
    luck = np.random.default_rng(seed)
    frame = pd.DataFrame(luck.random((points, dimensions)), columns=[f"x{k}" for k in range(dimensions)])
    truth = within(frame)
    return frame, luck.binomial(runs, np.where(truth, inside, outside)) / runs, truth


def within(frame):
    return np.array((frame["x0"] < 0.4873) & (frame["x1"] > 0.4139) & (frame["x2"] < 0.7791))


def limits(box):
    return {limit.path: (limit.low, limit.high) for limit in box.limits}


def searched(frame, p, **how):
    table = Table.of(frame)
    return table, *find(table, np.asarray(p, float), Search(**how))


# --------------------------------------------------------------------------------------------------------------------
# What was planted is found


@pytest.mark.parametrize(("dimensions", "runs"), [(10, 20), (10, 1), (100, 20), (100, 1)])
def test_a_planted_box_is_found_to_within_a_few_neighbouring_points(dimensions, runs):
    frame, p, _ = planted(256, dimensions, seed=5, runs=runs)
    box = discover(frame, p, resamples=0).box
    found = limits(box)
    assert found.keys() == ENDS.keys()
    for path, ends in ENDS.items():
        others = np.logical_and.reduce([Limit(one, *ENDS[one]).holds(frame[one]) for one in ENDS if one != path])
        spacing = 1 / others.sum()  # of the points that show where this limit is
        for truth, end in zip(ends, found[path], strict=True):
            assert (truth is None) == (end is None)
            assert truth is None or abs(truth - end) <= (4 if runs > 1 else 8) * spacing


def test_without_noise_the_box_is_the_truth():
    frame, _, truth = planted(300, 20, seed=2)
    found = discover(frame, truth.astype(float), resamples=0)
    assert found.box.density == found.box.coverage == 1.0
    assert (found.worlds["inside"] == truth).all()


def test_both_ends_are_found():
    luck = np.random.default_rng(7)
    frame = pd.DataFrame(luck.random((256, 30)), columns=[f"x{k}" for k in range(30)])
    p = luck.binomial(20, np.where(np.abs(frame["x3"] - 0.5) < 0.15, 0.9, 0.1)) / 20
    ((path, (low, high)),) = limits(discover(frame, p, resamples=0).box).items()
    assert (path, low, high) == ("x3", pytest.approx(0.35, abs=3 / 256), pytest.approx(0.65, abs=3 / 256))


def test_words_dates_and_whole_numbers_are_limited_as_what_they_are():
    luck = np.random.default_rng(1)
    mode, funds = luck.choice(["as_is", "out", "bound"], 400), luck.integers(1, 9, 400)
    days = luck.integers(0, 300, 400)
    frame = pd.DataFrame(
        {"lead": mode, "funds": funds, "vote": [dt.date(2025, 8, 1) + dt.timedelta(int(d)) for d in days]}
    )
    p = ((mode != "out") & (funds >= 4) & (days <= 180)).astype(float)
    box = discover(frame, p, resamples=0).box
    told = {limit.path: limit for limit in box.limits}
    assert set(told["lead"].members) == {"as_is", "bound"}
    assert told["lead"].others == ("out",)
    assert (told["funds"].low, told["funds"].high) == (4, None)
    last = dt.date(2025, 8, 1) + dt.timedelta(int(days[(days <= 180) & (mode != "out") & (funds >= 4)].max()))
    assert last <= told["vote"].high <= dt.date(2025, 8, 1) + dt.timedelta(181)
    assert (box.holds(frame) == p).all()
    assert told["lead"].text({"lead": "what the lead does"}) == "what the lead does is not out"
    assert told["funds"].text() == "funds is at least 4"


def test_true_and_false_are_words():
    luck = np.random.default_rng(1)
    frame = pd.DataFrame({"signed": luck.random(100) < 0.4, "x": luck.random(100)})
    (limit,) = discover(frame, frame["signed"].astype(float), resamples=0).box.limits
    assert (limit.path, limit.members) == ("signed", (True,))


def test_a_second_box_is_found_outside_of_the_first():
    luck = np.random.default_rng(3)
    frame = pd.DataFrame(luck.random((400, 6)), columns=list("abcdef"))
    first, second = frame["c"] > 0.8, (frame["a"] < 0.3) & (frame["b"] < 0.5)
    p = luck.binomial(20, np.where(first | second, 0.9, 0.05)) / 20
    found = cover(frame, p, boxes=4, resamples=10)
    assert [set(limits(one.box)) for one in found] == [{"c"}, {"a", "b"}]
    assert sum(one.box.coverage for one in found) == pytest.approx(p[first | second].sum() / p.sum(), abs=0.03)


# --------------------------------------------------------------------------------------------------------------------
# Luck is not


def test_among_a_hundred_parameters_luck_is_hardly_ever_taken_for_a_box():
    found = 0
    for seed in range(20):
        luck = np.random.default_rng(seed)
        frame = pd.DataFrame(luck.random((128, 100)), columns=[f"x{k}" for k in range(100)])
        found += bool(searched(frame, luck.beta(0.5, 1.0, 128))[2].ends())
    assert found <= stats.binom.ppf(0.99, 20, 0.05)  # 5 % each


def test_where_nothing_matters_the_discovery_says_so_and_its_interval_holds_the_average():
    for seed in range(5):
        luck = np.random.default_rng(seed)
        frame = pd.DataFrame(luck.random((200, 8)), columns=list("abcdefgh"))
        found = discover(frame, luck.beta(0.5, 1.0, 200), resamples=10, seed=seed, search=Search(level=math.inf))
        assert found.holdout.low < found.base < found.holdout.high
        assert found.box.density > found.base + 0.05, "on the worlds it was found on, any box looks good"
        assert not found.better
        assert "no few limits were found" in found.sentence()


def test_what_a_box_is_worth_elsewhere_is_told_from_the_worlds_at_hand():
    fresh, held = planted(4000, 6, seed=99)[0], 0
    truth = np.where(within(fresh), 0.85, 0.15)
    for seed in range(10):
        frame, p, _ = planted(300, 6, seed, runs=1)
        found = discover(frame, p, resamples=6)
        held += found.holdout.low <= truth[found.box.holds(fresh)].mean() <= found.holdout.high
    assert held >= 8


# --------------------------------------------------------------------------------------------------------------------
# What is said of a box is true


def test_density_coverage_and_support_are_those_of_the_points_within_the_limits():
    frame, p, _ = planted(200, 12, seed=1, runs=3)
    found = discover(frame, p, resamples=4)
    tree = grow_tree(frame, p)
    for box in (found.box, *found.steps, *tree.leaves):
        inside = box.holds(frame)
        assert box.points == inside.sum()
        assert box.support == pytest.approx(inside.mean())
        assert box.density == pytest.approx(p[inside].mean())
        assert box.coverage * p.sum() == pytest.approx(box.density * box.points)
    assert (found.worlds["inside"] == found.box.holds(frame)).all()
    steps = found.trajectory
    assert steps["restricted"].tolist() == [len(box.limits) for box in found.steps]
    assert (steps["density"].diff().dropna() > 0).all()
    assert (steps["points"].diff().dropna() < 0).all()
    assert steps["restricted"].max() <= Search().most
    assert steps["points"].min() >= 10


def test_a_failure_is_what_is_not_a_closing():
    frame, p, _ = planted(128, 5, seed=1)
    failed, other = discover(frame, p, wanted="failed", resamples=3), discover(frame, 1 - p, resamples=3)
    assert failed.box == other.box
    assert failed.holdout == other.holdout


def test_with_a_threshold_worlds_close_or_fail():
    frame, p, _ = planted(128, 5, seed=1)
    hard, other = discover(frame, p, threshold=0.5, resamples=3), discover(frame, (p >= 0.5) * 1.0, resamples=3)
    assert hard.box == other.box
    assert "closes with at least 50% in 100% of worlds" in hard.sentence()


def test_neither_the_order_of_worlds_nor_the_scale_of_a_parameter_matters():
    frame, p, _ = planted(150, 6, seed=4)
    inside = discover(frame, p, resamples=0).worlds["inside"].to_numpy()
    order = np.random.default_rng(1).permutation(len(p))
    again = discover(frame.iloc[order], p[order], resamples=0).worlds["inside"].to_numpy()
    assert (again == inside[order]).all()
    stretched = frame.assign(x0=np.exp(5 * frame["x0"]), x1=-1000 * frame["x1"])
    assert (discover(stretched, p, resamples=0).worlds["inside"] == inside).all()


def test_one_variable_boxes_are_as_good_as_the_best_of_all_that_there_are():
    for seed in range(12):
        luck = np.random.default_rng(seed)
        frame = pd.DataFrame(luck.random((50, 3)), columns=list("abc"))
        p = luck.binomial(4, np.where(np.abs(frame["b"] - 0.55) < 0.25, 0.8, 0.2)) / 4
        table, _, region = searched(frame, p, most=1, level=1.0, alpha=0.02)
        inside, best = region.inside(table), 0.0
        for name in frame:
            ordered = p[np.argsort(frame[name].to_numpy())]
            for first in range(41):
                for last in range(first + 10, 51):
                    box = ordered[first:last]
                    if len(box) < 50 and box.mean() > p.mean():
                        rest = np.concatenate([ordered[:first], ordered[last:]])
                        left = ((box - box.mean()) ** 2).sum() + ((rest - rest.mean()) ** 2).sum()
                        best = max(best, 1 - left / ((p - p.mean()) ** 2).sum())
        assert float(explained(p[inside].sum(), inside.sum(), p)) == pytest.approx(best, abs=1e-9)


def test_what_a_box_explains_is_the_squared_correlation():
    luck = np.random.default_rng(1)
    p, member = luck.random(50), luck.random(50) < 0.3
    p[member] += 0.5
    expected = np.corrcoef(p, member)[0, 1] ** 2
    assert float(explained(p[member].sum(), member.sum(), p)) == pytest.approx(expected)


def test_the_chance_of_a_limit_is_the_binomial_of_bryant_and_lempert_where_few_of_many_are_kept():
    p = np.repeat([1.0, 0.0], [6_000, 14_000])
    kept = np.zeros(20_000, bool)
    kept[:12], kept[6_000:6_008] = True, True  # 12 of 20 where 30 % are to be expected
    assert chance(p, kept) == pytest.approx(stats.binom.sf(11, 20, 0.3), rel=0.02)


@pytest.mark.parametrize(("closed", "kept", "both"), [(20, 30, 15), (20, 48, 20), (10, 12, 6)])
def test_the_chance_of_a_limit_is_near_to_that_of_a_blind_draw(closed, kept, both):
    p, mask = np.repeat([1.0, 0.0], [closed, 60 - closed]), np.zeros(60, bool)
    mask[:both], mask[closed : closed + kept - both] = True, True
    exact = stats.hypergeom.sf(both - 1, 60, closed, kept)
    assert exact / 4 < chance(p, mask) < 4 * exact


def test_the_chance_of_a_limit_among_probabilities_is_near_to_that_of_a_blind_draw():
    luck = np.random.default_rng(1)
    p, mask = luck.beta(0.5, 1.5, 80), np.arange(80) < 25
    p[mask] += 0.12
    p = np.minimum(p, 1.0)
    drawn_blindly = [luck.permutation(p)[:25].mean() >= p[mask].mean() for _ in range(20_000)]
    assert chance(p, mask) == pytest.approx(np.mean(drawn_blindly), rel=0.35)


def test_the_box_is_at_least_as_good_as_that_of_ema_workbench():
    # ema_workbench 2.5.3, Prim(x, y, threshold=0.5, peel_alpha=0.05).find_box(), step of the largest density x
    # coverage: x0 < 0.500, x1 > 0.401, x2 < 0.762 with density 1.0 and coverage 0.982
    luck = np.random.default_rng(0)
    x = luck.random((256, 10))
    p = luck.binomial(20, np.where((x[:, 0] < 0.5) & (x[:, 1] > 0.4) & (x[:, 2] < 0.8), 0.85, 0.15)) / 20
    box = discover(pd.DataFrame(x, columns=[f"x{k}" for k in range(10)]), p, threshold=0.5, resamples=0).box
    assert box.density * box.coverage >= 1.0 * 0.982
    ends = limits(box)
    assert ends == {"x0": (None, pytest.approx(0.5, abs=0.04)), "x1": (pytest.approx(0.401, abs=0.04), None),
                    "x2": (None, pytest.approx(0.762, abs=0.04))}  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Resampling and words


def test_a_strong_box_is_found_again_on_every_half():
    frame, p, _ = planted(300, 10, seed=1)
    found = discover(frame, p, resamples=12)
    assert found.agreed >= 11
    assert found.better
    rows = found.stability[found.stability["chosen"]].set_index("path")
    for path, (low, high) in ENDS.items():
        assert rows.loc[path, "end"] == ("low" if high is None else "high")
        assert rows.loc[path, "q50"] == pytest.approx(high if low is None else low, abs=0.05)
        assert rows.loc[path, "q05"] <= rows.loc[path, "q50"] <= rows.loc[path, "q95"]
        assert rows.loc[path, "share"] == rows.loc[path, "times"] / 12


def test_a_box_whose_main_limit_is_not_found_again_is_not_better_than_luck():
    frame, p, _ = planted(200, 4, seed=1)
    found = discover(frame, p, resamples=8)
    assert found.better
    assert not replace(found, main=3).better
    assert not replace(found, holdout=replace(found.holdout, low=found.base)).better


def test_the_interval_is_as_narrow_as_the_probabilities_are_alike():
    p = np.random.default_rng(1).normal(0.5, 0.05, 400)
    told = holdout(Table.of(pd.DataFrame({"a": np.arange(400.0)})), p, [], p.sum())
    half = 1.96 * p.std() / math.sqrt(400)  # the mean of 400 numbers
    assert (told.low, told.high) == (pytest.approx(p.mean() - half, abs=1e-4), pytest.approx(p.mean() + half, abs=1e-4))
    sure = holdout(Table.of(pd.DataFrame({"a": np.arange(400.0)})), np.repeat([0.0, 1.0], 200), [], 200.0)
    assert (sure.low, sure.high) == wilson(200, 400)


def test_the_sentence_quotes_the_numbers_in_words_of_the_field():
    luck = np.random.default_rng(1)
    frame = pd.DataFrame({"burn": 20 * luck.random(200), "appetite": luck.random(200)})
    found = discover(frame, np.where((frame["burn"] < 9) & (frame["appetite"] > 0.6), 0.9, 0.0), resamples=8)
    text = found.sentence({"burn": "the burn", "appetite": "risk appetite"})
    assert text.startswith(
        "closes in 90% of runs where risk appetite is above 0.6 and the burn is below 9, which covers 100%"
    )
    assert f"the same limits in {found.agreed} of 8 resamples" in text
    assert str(found).startswith("Closes in 90% of runs where appetite is above 0.6")
    assert found.sentence(str.upper).split(" where ")[1].startswith("APPETITE is above 0.6 and BURN")


def test_the_same_seed_finds_the_same():
    frame, p, _ = planted(100, 5, seed=1, runs=2)
    one, other = (discover(frame, p, resamples=5, seed=3) for _ in range(2))
    assert one.holdout == other.holdout
    assert one.stability.equals(other.stability)


def test_worlds_without_runs_are_left_out():
    frame, p, _ = planted(100, 4, seed=1)
    holes = np.where(np.arange(100) % 10 == 0, math.nan, p)
    known = np.arange(100) % 10 > 0
    assert discover(frame, holes, resamples=0).box == discover(frame[known], p[known], resamples=0).box


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"p": [0.5] * 10}, "expected a probability for each of 30 worlds, got 10"),
        (
            {"p": [1.5] * 30},
            "expected at least 20 worlds with probabilities from 0 to 1, got 30 worlds from 1.5 to 1.5",
        ),
        ({"p": [math.nan] * 30}, "expected at least 20 worlds with probabilities from 0 to 1, got 0 worlds"),
        ({"wanted": "luck"}, "expected closed or failed to be wanted, got 'luck'"),
        ({"worlds": pd.DataFrame({"a": [math.inf] * 30})}, "expected a finite a in every world, got inf"),
    ],
)
def test_bad_input_gets_one_sentence(change, sentence):
    given = {"worlds": pd.DataFrame({"a": np.arange(30.0)}), "p": [0.5] * 30} | change
    with pytest.raises(ValueError, match="expected") as caught:
        discover(**given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("how", [{"alpha": 0.0}, {"most": 0}, {"rule": "best"}, {"least": 2.0}])
def test_a_search_that_makes_no_sense_is_refused(how):
    with pytest.raises(ValueError, match=f"expected .*{next(iter(how))}"):
        Search(**how)


# --------------------------------------------------------------------------------------------------------------------
# Trees


def test_leaves_part_all_worlds_and_new_ones():
    frame, p, _ = planted(256, 10, seed=1)
    tree = grow_tree(frame, p)
    for worlds in (frame, planted(1000, 10, seed=2)[0]):
        held = np.array([leaf.holds(worlds) for leaf in tree.leaves])
        assert (held.sum(axis=0) == 1).all()
        assert (held[tree.leaf_of(worlds), np.arange(len(worlds))]).all()
    assert np.bincount(tree.leaf_of(frame)).tolist() == [leaf.points for leaf in tree.leaves]
    assert sum(leaf.coverage for leaf in tree.leaves) == pytest.approx(1.0)
    assert sum(leaf.support for leaf in tree.leaves) == pytest.approx(1.0)


def test_the_densest_leaf_is_the_planted_box():
    frame, p, truth = planted(400, 10, seed=1)
    tree = grow_tree(frame, p)
    assert limits(tree.leaves[0]).keys() == ENDS.keys()
    assert len(tree.leaves) == 4  # three cuts
    assert (tree.leaf_of(frame) == 0).sum() == pytest.approx(truth.sum(), abs=8)
    assert tree.frame({"x0": "the burn"})["rule"].str.contains("the burn is below 0.4").any()


def test_where_nothing_matters_there_is_one_leaf():
    luck = np.random.default_rng(1)
    tree = grow_tree(pd.DataFrame(luck.random((200, 20))), luck.beta(0.5, 1.0, 200))
    assert [leaf.text() for leaf in tree.leaves] == ["anything holds"]


def test_leaves_split_by_words_and_whole_numbers():
    luck = np.random.default_rng(1)
    frame = pd.DataFrame({"lead": luck.choice(["in", "out"], 200), "funds": luck.integers(1, 7, 200)})
    tree = grow_tree(frame, np.where(frame["lead"] == "out", 0.0, np.where(frame["funds"] >= 3, 1.0, 0.5)))
    assert [leaf.text() for leaf in tree.leaves] == [
        "lead is in and funds is at least 3", "lead is in and funds is at most 2", "lead is out",
    ]  # fmt: skip
    assert tree.leaf_of(pd.DataFrame({"lead": ["out", "in", "late"], "funds": [5, 1, 5]})).tolist() == [2, 1, -1]


def test_worlds_of_more_runs_weigh_more_when_a_tree_is_grown():
    frame = pd.DataFrame({"a": np.arange(40.0)})
    p = np.repeat([0.0, 0.5, 1.0, 1.0], 10)
    first = grow_tree(frame, p, runs=np.repeat([1000, 1000, 1, 1], 10), most=2).leaves[0]
    last = grow_tree(frame, p, runs=np.repeat([1, 1000, 1000, 1000], 10), most=2).leaves[0]
    assert (limits(first)["a"], limits(last)["a"]) == ((9.5, None), (19.5, None))


def test_without_scikit_learn_trees_are_refused_in_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    with pytest.raises(Refusal, match=r"^trees need scikit-learn: pip install scikit-learn$"):
        grow_tree(pd.DataFrame({"a": np.arange(40.0)}), np.full(40, 0.5))


# --------------------------------------------------------------------------------------------------------------------
# A study


@pytest.fixture(scope="module")
def study():
    """A fund signs with a stated probability and pays if a consent comes in time; somebody else signs small cheques."""
    fund = signer("fund", 10.0, 0.5, conditions=[[{"gate": "law"}]])
    scenario = abm.scenario_from(world([fund, signer("other", 1.0, 0.5)], [consent("law", 2.0)]))
    axes = {
        "investors.fund.signing_probability": (0.0, 1.0),
        "gatekeepers.law.hazard_per_year": (0.0, 15.0),
        "investors.other.signing_probability": (0.0, 1.0),
        "investors.other.ticket_bn": (0.5, 2.0),
    }
    return abm.sweep(scenario, abm.Design.latin_hypercube(axes, 120), runs=40, seed=1, workers=1)


def test_in_a_study_the_round_closes_where_the_fund_is_likely_and_the_gatekeeper_quick(study):
    found = discover(study, resamples=10)
    fund, law = "investors.fund.signing_probability", "gatekeepers.law.hazard_per_year"
    assert limits(found.box).keys() == {fund, law}
    assert all(low is not None and high is None for low, high in limits(found.box).values())
    points = study.points()
    exact = points[fund] * (1 - np.exp(-points[law] * 156 / 365.25))
    inside = found.box.holds(points)
    assert found.box.density == pytest.approx(exact[inside].mean(), abs=0.08)  # 40 runs share their luck
    assert found.base == pytest.approx(exact.mean(), abs=0.08)
    assert found.better
    assert found.box.density * inside.sum() == pytest.approx(found.box.coverage * points["p"].sum())
    assert "investors.other" not in found.sentence()


def test_in_a_study_the_tree_splits_by_what_matters(study):
    tree = grow_tree(study)
    paths = {limit.path for leaf in tree.leaves for limit in leaf.limits}
    assert paths == {"investors.fund.signing_probability", "gatekeepers.law.hazard_per_year"}
    assert (tree.leaf_of(study.worlds_frame()) >= 0).all()


def test_what_else_a_study_counts_is_called_by_its_name():
    scenario = abm.scenario_from(world([signer("fund", 10.0, 0.5)]))
    design = abm.Design.latin_hypercube({"investors.fund.signing_probability": (0.0, 1.0)}, 40)
    found = discover(abm.sweep(scenario, design, runs=20, event="funded_bn > 5", workers=1), resamples=4)
    assert found.sentence().startswith("funded_bn > 5 holds in ")


# --------------------------------------------------------------------------------------------------------------------
# Pictures


def test_the_picture_of_the_peeling_shows_every_step_and_marks_the_box():
    frame, p, _ = planted(150, 5, seed=1)
    found = discover(frame, p, resamples=0)
    ax = drawn(trajectory, found.trajectory, box=found.box).axes[0]
    assert sum(len(part.get_offsets()) for part in ax.collections) == len(found.trajectory)
    mark = ax.lines[-1]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (100 * found.box.coverage, 100 * found.box.density)


def test_the_picture_of_the_box_has_its_limits_and_all_worlds():
    frame, p, _ = planted(150, 5, seed=1)
    found = discover(frame, p, resamples=0)
    ax = drawn(box_among_worlds, found.worlds, box=found.box, words={"x0": "the burn"}).axes[0]
    across, along = found.box.limits[:2]
    (outline,) = ax.patches
    box = outline.get_bbox()
    for limit, low, high in ((across, box.x0, box.x1), (along, box.y0, box.y1)):
        assert limit.low is None or low == pytest.approx(limit.low)
        assert limit.high is None or high == pytest.approx(limit.high)
    assert "the burn" in (ax.get_xlabel(), ax.get_ylabel())
    assert sum(len(part.get_offsets()) for part in ax.collections) == len(frame)
    with pytest.raises(ValueError, match="expected a box with a limit"):
        drawn(box_among_worlds, found.worlds, box=found.steps[0])


def test_the_picture_of_a_box_of_words_and_of_one_limit():
    luck = np.random.default_rng(1)
    frame = pd.DataFrame({"lead": luck.choice(["in", "out", "late"], 100), "x": luck.random(100)})
    found = discover(frame, (frame["lead"] != "out") * 1.0, resamples=0)
    ax = drawn(box_among_worlds, found.worlds, box=found.box).axes[0]
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert (set(names[:2]), names[2]) == ({"in", "late"}, "out")
    assert (ax.patches[0].get_x(), ax.patches[0].get_width()) == (-0.5, 2.0)
