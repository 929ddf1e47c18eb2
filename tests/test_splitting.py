"""Splitting: unbiased on walks and worlds whose small probabilities are known, and honest where it fails."""

from __future__ import annotations

import dataclasses
import itertools
import math

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import abm
from abm.analysis.rare.levels import LEVELS, player
from abm.analysis.rare.splitting import branch, run_of, split
from abm.analysis.tails import Tail, plain, tail
from abm.core import draws
from abm.ensemble.block import RunBlock
from abm.ensemble.lineages import Lineages
from abm.plots.tails import steps, tails
from abm.plots.theme import new_figure, styled
from abm.population import prepare
from abm.runs.estimates import student_interval
from tests.blocks import begin, pass_week
from tests.test_model_company import firm, ruin_by_recursion
from tests.worlds import bound, consent, day, rich_world, signer, thinker, world

SPAN = 2**22


def hashed(run, week):
    """A uniform for each pair of whole numbers: a mixing of their bits that nothing here shares with the model."""
    x = np.asarray(run, np.uint64) * np.uint64(4_096) + np.uint64(week)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0x9E3779B97F4A7C15)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def whose(lineages, weeks):
    """Whose luck each lineage has in each week, lineages by weeks."""
    runs = np.empty((len(lineages), weeks), np.int64)
    for n, lineage in enumerate(lineages):
        for week, run in lineage:
            runs[n, week - 1 :] = run
    return runs


def walk(up, goal, weeks):
    """A walk from 1 that goes up or down by one a week until it is ruined at 0 or has reached its goal."""

    def play(lineages):
        runs, place = whose(lineages, weeks), np.ones(len(lineages), np.int64)
        scores = np.zeros((len(lineages), weeks))
        on = np.arange(len(lineages))
        for week in range(1, weeks + 1):
            place[on] += np.where(hashed(runs[on, week - 1], week) < up, 1, -1)
            scores[on, week - 1] = np.where(place[on] == goal, np.inf, place[on])
            on = on[(place[on] > 0) & (place[on] < goal)]
            if not len(on):
                break
        return scores

    return play


def ruin(up, goal):
    """Chance to reach the goal before 0 from 1, by the formula of the ruined gambler."""
    odds = (1 - up) / up
    return (odds - 1) / (odds**goal - 1)


def repeated(play, particles, repetitions, **how):
    return [
        split(play, particles, np.random.default_rng((1, n)), first_run=n * SPAN, **how) for n in range(repetitions)
    ]


def deviation(found, expected):
    """How many standard errors the mean of the repetitions is away from what is expected."""
    each = np.array([one.p for one in found])
    return float((each.mean() - expected) / (each.std(ddof=1) / math.sqrt(len(each))))


# --------------------------------------------------------------------------------------------------------------------
# The algorithm


def test_v30_a_walk_that_hits_30_before_0_once_in_383_000():
    assert ruin(0.4, 30) == pytest.approx(2.607561e-06, rel=1e-6)
    found = repeated(walk(0.4, 30, 450), 300, 8)
    each = np.array([one.p for one in found])
    assert abs(deviation(found, ruin(0.4, 30))) < 2
    assert each.std(ddof=1) / each.mean() * math.sqrt(300 / 1e5) < 0.10  # the error falls with the root of particles
    assert sum(one.played for one in found) < 1e5  # where plain simulation sees it once in four times as many


def test_a_walk_that_plain_simulation_sees_agrees_with_it_and_with_the_formula():
    play, exact = walk(0.4, 6, 150), ruin(0.4, 6)
    seen = np.isinf(play([((1, SPAN * 99 + run),) for run in range(20_000)])).any(axis=1).mean()
    assert abs(seen - exact) < 3 * math.sqrt(exact * (1 - exact) / 20_000)
    assert abs(deviation(repeated(play, 100, 40), exact)) < 2.5


def two_weeks(lineages):
    """Level 0, 0, 1 or 2 in the first week, one in four each; the event in the second with .05, .05, .1 and .4."""
    runs = whose(lineages, 2)
    level = np.array([0, 0, 1, 2])[np.int64(4 * hashed(runs[:, 0], 1))]
    happens = hashed(runs[:, 1], 2) < np.array([0.05, 0.1, 0.4])[level]
    return np.array([level, np.where(happens, np.inf, 0.0)]).T


@pytest.mark.parametrize(("particles", "share"), [(2, 0.5), (3, 0.3), (5, 0.5), (20, 0.1)])
def test_it_is_unbiased_with_any_number_of_particles_ties_and_extinction(particles, share):
    found = repeated(two_weeks, particles, 9_000 // particles, share=share)
    assert abs(deviation(found, (0.05 + 0.05 + 0.1 + 0.4) / 4)) < 3
    assert particles > 3 or any(one.p == 0 for one in found)


def test_what_is_unbiased_is_so_by_every_week():
    up, goal, weeks = 0.4, 8, 60
    law = np.zeros(goal + 1)
    law[1] = 1.0
    by = []
    for _ in range(weeks):
        inner = [up * law[k - 1] * (k > 1) + (1 - up) * law[k + 1] * (k + 1 < goal) for k in range(1, goal)]
        law = np.array([law[0] + (1 - up) * law[1], *inner, law[goal] + up * law[goal - 1]])
        by.append(law[goal])
    each = np.array([one.by_week for one in repeated(walk(up, goal, weeks), 200, 60)])
    error = each.std(axis=0, ddof=1) / math.sqrt(60)
    for week in (8, 12, 20, 60):
        assert abs(each[:, week - 1].mean() - by[week - 1]) < 3 * error[week - 1], week
    assert not each[:, :6].any()  # the goal is seven steps away


def test_any_moment_to_give_up_leaves_it_unbiased():
    found = repeated(walk(0.4, 6, 150), 50, 200, most=120)
    assert all(one.stopped for one in found)
    assert abs(deviation(found, ruin(0.4, 6))) < 3


def test_where_nobody_can_come_further_all_die_out():
    found = split(lambda lineages: np.ones((len(lineages), 3)), 10, np.random.default_rng(1))
    assert (found.p, found.kept, found.played, found.lineages, found.stopped) == (0.0, (0.0,), 10, (), False)


def test_what_is_certain_needs_no_step():
    found = split(lambda lineages: np.full((len(lineages), 3), np.inf), 10, np.random.default_rng(1))
    assert (found.p, found.levels, found.first_runs) == (1.0, (), 10)


def test_a_clone_lives_its_parents_weeks_and_then_its_own():
    parent = ((1, 7), (5, 8), (9, 11))
    assert branch(parent, 9, 20) == ((1, 7), (5, 8), (9, 20))
    assert branch(parent, 2, 20) == ((1, 7), (2, 20))
    assert [run_of(branch(parent, 6, 20), week) for week in range(1, 8)] == [7, 7, 7, 7, 8, 20, 20]


def test_luck_that_does_not_repeat_itself_is_found_out():
    calls = itertools.count()

    def forgetful(lineages):
        return np.arange(len(lineages), dtype=float)[:, None] - 100.0 * next(calls)

    with pytest.raises(ValueError, match=r"expected a clone to exceed 0\.0 as its parent did"):
        split(forgetful, 10, np.random.default_rng(1))


def test_a_single_particle_is_refused():
    with pytest.raises(ValueError, match=r"expected at least 2 particles and a share between 0 and 1, got 1 and 0\.1"):
        split(two_weeks, 1, np.random.default_rng(1))


def test_the_interval_of_four_repetitions_is_students():
    mean, low, high = student_interval(np.array([0.1, 0.2, 0.3, 0.4]))
    half = 3.182446305 * 0.1290994 / 2  # Student's 97.5 % quantile with 3 degrees; sample deviation; root of 4
    assert (mean, low, high) == pytest.approx((0.25, 0.25 - half, 0.25 + half), abs=1e-6)


# --------------------------------------------------------------------------------------------------------------------
# Lineages


def same(one, other):
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one.dtype.names)


@pytest.mark.parametrize("name", ["three-investors", "openai-2025", "a rich world"])
def test_a_lineage_of_one_run_is_that_run(name):
    scenario = abm.scenario_from(rich_world()) if name == "a rich world" else abm.load_scenario(name)
    expected = abm.simulate(scenario, 60, seed=5, first_run=100, workers=1, central=True).batch
    lineages = [((1, run),) for run in range(100, 160)]
    found = Lineages(prepare(scenario))(5, lineages, int(scenario.horizon_weeks))
    assert same(found.rows, expected.rows)
    assert (found.paths[:, :3] == expected.paths).all()
    renamed = Lineages(prepare(scenario))(5, [((1, run), (10**4, 7)) for run in range(100, 160)], 12)
    assert (renamed.paths[:, :3] == expected.paths[:, :, :12]).all()  # a change after the end changes nothing


def test_lineages_repeat_themselves_whatever_was_played_before():
    scenario = abm.scenario_from(rich_world())
    engine = Lineages(prepare(scenario))
    lineages = [((1, run), (3, run + 50), (9, run + 90), (30, run + 200)) for run in range(40)]
    together = engine(5, lineages, 40)
    alone = [Lineages(prepare(scenario))(5, [lineage], 40) for lineage in lineages[::-1]][::-1]
    assert all(
        (together.paths[n] == one.paths[0]).all() and same(together.rows[n], one.rows[0]) for n, one in enumerate(alone)
    )


@pytest.mark.parametrize("week", [2, 9, 25, 26])
def test_a_change_leaves_the_weeks_before_as_they_were_and_no_other(week):
    engine = Lineages(prepare(abm.scenario_from(rich_world())))
    before = engine(5, [((1, run),) for run in range(60)], 40).paths
    after = engine(5, [((1, run), (week, run + 1_000)) for run in range(60)], 40).paths
    assert (before[:, :, : week - 1] == after[:, :, : week - 1]).all()
    assert (before[:, 2, week - 1] != after[:, 2, week - 1]).mean() > 0.5  # cash, whose burn is noisy


def test_public_luck_comes_from_the_run_of_its_week_in_the_middle_of_a_block_as_well():
    raw = firm(weeks=52, cash_bn=900.0, net_burn_bn_per_year=100.0, burn_volatility_bn=30.0)
    lineage = ((1, 3), (10, 17), (24, 18), (40, 19))
    cash = Lineages(prepare(abm.scenario_from(raw)))(1, [lineage], 52).paths[0, 2]
    luck = [draws.normal(1, run_of(lineage, week), 0, week, draws.BURN, 0) for week in range(1, 53)]
    expected = 900_000 - np.cumsum(100_000 * 7 / 365 + 30_000 * math.sqrt(7 / 365) * np.array(luck))
    assert cash == pytest.approx(expected, abs=1.0)


def test_a_change_of_hands_alters_no_law():
    """Runs that change hands every other week have the outcomes of runs that never do, in all that a world can do."""
    population = prepare(abm.scenario_from(rich_world()))
    engine, runs, weeks = Lineages(population), 4_000, int(population.round.horizon_weeks)
    plain_rows = engine(5, [((1, run),) for run in range(runs)], weeks).rows
    changes = range(1, weeks + 1, 2)
    mixed = [tuple((week, 10**6 + run * 100 + week) for week in changes) for run in range(runs)]
    mixed_rows = engine(5, mixed, weeks).rows
    for name in (
        "paid_musd",
        "closed",
        "survived",
        "default_day",
        "listed",
        "extended",
        "end_cash_musd",
        "gap_musd",
        "rung",
    ):
        one, other = (np.nan_to_num(rows[name].astype(float), nan=-1.0) for rows in (plain_rows, mixed_rows))
        assert abs(one.mean() - other.mean()) <= 4 * math.sqrt((one.var() + other.var()) / runs), name
        assert one.var() > 0, name


def test_waits_that_change_hands_do_not_remember():
    """A consent at 2 a year and a signature by its stated chance come as often, however often their luck is new."""
    book = [signer("one", 4.0, 0.3), bound("two", 6.0, [{"gate": "court"}])]
    raw = world(book, [consent("court", 2.0)], days=154, close_when="deadline")
    engine, runs = Lineages(prepare(abm.scenario_from(raw))), 6_000
    lineages = [tuple((week, run * 30 + week) for week in range(1, 23)) for run in range(runs)]
    paid = engine(1, lineages, 22).rows["paid_musd"]
    expected = {4_000: 0.3, 6_000: -math.expm1(-2 * 154 / 365)}
    for musd, chance in expected.items():
        came = (paid == musd) | (paid == 10_000)
        assert abs(came.mean() - chance) < 3 * math.sqrt(chance * (1 - chance) / runs)


def test_the_wait_for_the_listing_stays_that_of_the_first_run():
    """It is read every week; were it drawn again, a company that has waited long would file too soon."""
    listing = {
        "raise_bn": 5.0,
        "earliest": day(0),
        "filing_per_year": 1.0,
        "lead_weeks": 2,
        "withdrawal_probability": 0.0,
    }
    raw = firm(weeks=40, ipo=listing | {"minimum_sentiment": -1.0}, cash_bn=90.0)
    engine = Lineages(prepare(abm.scenario_from(raw)))
    kept = engine(1, [((1, run),) for run in range(400)], 40).rows["listed"]
    changed = engine(1, [tuple((w, run if w == 1 else run + 999 * w) for w in range(1, 40)) for run in range(400)], 40)
    assert 0.3 < kept.mean() < 0.7
    assert (changed.rows["listed"] == kept).all()


@pytest.mark.parametrize("week", [3, 12])
def test_a_bridge_is_drawn_again_until_it_is_asked_for(week):
    """Cash of 1,000 lasts 14 weeks at 70 a week; the bridge is there in one run of two, and known from week 15 on."""
    raw = firm(weeks=40, levers={"bridge_limit_bn": 0.7, "bridge_probability": 0.5, "vendor_limit_bn": 0.0})
    engine, runs = Lineages(prepare(abm.scenario_from(raw))), range(400)
    there = engine(1, [((1, run),) for run in runs], 40).rows["default_day"] > 110
    later = engine(1, [((1, run), (week, run + 999)) for run in runs], 40).rows["default_day"] > 110
    after = engine(1, [((1, run), (16, run + 999)) for run in runs], 40).rows["default_day"] > 110
    fresh = engine(1, [((1, run + 999),) for run in runs], 40).rows["default_day"] > 110
    assert 0.4 < there.mean() < 0.6
    assert (later == fresh).all()
    assert (after == there).all()


@pytest.mark.parametrize(("week", "whose"), [(3, 999), (8, 0)])
def test_whether_somebody_pays_is_drawn_again_until_he_was_called(week, whose):
    """He is called on day 42, the end of week 6, and pays in one run of two by a draw that has an address."""
    raw = world([bound("one", 10.0, settlement_failure_probability=0.5)], days=42, weeks=12, close_when="deadline")
    runs = range(200)
    engine = Lineages(prepare(abm.scenario_from(raw)))
    closed = engine(1, [((1, run), (week, run + 999)) for run in runs], 12).rows["closed"]
    expected = [draws.uniform(1, run + whose, 0, 0, draws.SETTLEMENT, 0) >= 0.5 for run in runs]
    assert closed.tolist() == expected


def test_who_was_called_once_has_been_tested_and_nobody_else():
    book = [bound("there", 4.0), bound("later", 6.0, [{"gate": "court"}]), signer("never", 1.0, 0.0)]
    population = prepare(abm.scenario_from(world(book, [consent("court", 0.0)], days=28)))
    block = RunBlock(population)
    begin(block, population, 1, range(1))
    assert not block.values("investors", "tested").any()
    pass_week(block.record)
    assert block.values("investors", "tested")[:, 0].tolist() == [True, False, False]


# --------------------------------------------------------------------------------------------------------------------
# Tails of rounds


@pytest.fixture(scope="module")
def gambler():
    """A company that burns 10 a year out of 9.5 with a noise of 3, in billions, and is looked at once a week."""
    return abm.scenario_from(firm(weeks=52, cash_bn=95.0, net_burn_bn_per_year=100.0, burn_volatility_bn=30.0))


def test_v9_a_rare_ruin_is_as_probable_as_the_recursion_says_by_every_week(gambler):
    found = tail(gambler, "default", 15, particles=200, repetitions=16)
    exact = ruin_by_recursion(9.5, 10.0, 3.0, 15)
    assert 2.02e-5 < exact < 2.04e-5
    assert abs(found.p - exact) < 2.5 * found.relative_error * found.p
    assert found.relative_error < 0.15
    assert found.gain > 20
    early = found.curve.set_index("week").loc[14]
    assert early["low"] < ruin_by_recursion(9.5, 10.0, 3.0, 14) < early["high"]
    assert found.warnings == ()


def test_the_level_moves_the_error_and_not_the_estimate(gambler):
    exact = ruin_by_recursion(9.5, 10.0, 3.0, 24)
    for level in ("strain", "shortfall", "cash", "runway"):
        found = tail(gambler, "default", 24, level=level, particles=100, repetitions=10, seed=3)
        assert abs(found.p - exact) < 3 * found.relative_error * found.p, level


@pytest.fixture(scope="module")
def hazardous():
    """A world in which everything can go wrong, and the company defaults within 20 weeks once in thirty times."""
    raw = rich_world()
    raw["company"] |= {"cash_bn": 8.0}
    return abm.scenario_from(raw)


def test_tail_and_plain_simulation_agree_on_a_world_where_all_is_on(hazardous):
    weeks = 20
    seen = plain(hazardous, "default", weeks, runs=6_000)
    found = tail(hazardous, "default", weeks, particles=200, repetitions=12)
    apart = math.hypot(found.relative_error * found.p, math.sqrt(seen.p * (1 - seen.p) / seen.runs))
    assert 0.005 < seen.p < 0.06
    assert abs(found.p - seen.p) < 3 * apart
    assert seen.seed == found.seed


def test_a_round_that_hardly_ever_closes_closes_as_often_as_its_hazards_say():
    """Four must sign, each with one chance in ten: 1e-4, and the last chance is the deadline."""
    raw = world([signer(f"m{k}", 2.5, 0.1) for k in range(4)], days=140)
    found = tail(abm.scenario_from(raw), "closed", 20, particles=500, repetitions=12)
    assert abs(found.p - 1e-4) < 2.5 * found.relative_error * found.p
    assert found.relative_error < 0.3


def test_the_result_depends_on_the_seed_and_not_on_the_threads(gambler):
    one, two, other = (
        tail(gambler, "default", 20, particles=40, repetitions=3, workers=workers, seed=seed)
        for workers, seed in ((1, 1), (2, 1), (1, 2))
    )
    assert (one.each == two.each).all()
    assert one.runs == two.runs
    assert (one.each != other.each).all()


def test_more_repetitions_begin_with_the_same_ones(gambler):
    few, many = (tail(gambler, "default", 20, particles=40, repetitions=n) for n in (2, 4))
    assert (many.each[:2] == few.each).all()


def test_the_levels_of_a_tail_multiply_to_its_estimate(gambler):
    found = tail(gambler, "default", 20, particles=40, repetitions=3)
    last = found.levels.groupby("repetition")["reached"].min()
    assert (found.each <= last).all()
    assert (found.each >= last * 0.85).all()  # at the end, more than nine in ten have reached the event
    assert found.levels["kept"].between(0.0, 0.9).all()
    assert found.curve["p"].is_monotonic_increasing
    assert found.curve["p"].iloc[-1] == pytest.approx(found.p)


def test_what_cannot_happen_is_said_to_be_out_of_sight():
    raw = world([bound("one", 5.0, [{"gate": "no"}]), signer("two", 5.0, 0.5)], [consent("no", 0.0)], days=35)
    found = tail(abm.scenario_from(raw), "closed", 5, particles=50, repetitions=2)
    assert (found.p, found.low, found.extinct) == (0.0, 0.0, 2)
    assert found.high == pytest.approx(1.96**2 / (100 + 1.96**2), abs=1e-4)  # Wilson's bound for none of 100
    assert found.warnings == ("no repetition reached the event; the bound is that of plain simulation",)
    assert math.isnan(found.gain)


def test_a_tail_warns_of_few_ancestors_wide_intervals_and_extinction():
    frame = pd.DataFrame()
    each, roots = np.array([0.0, 1e-6, 3e-6]), np.array([0, 2, 9])
    found = Tail("default", "cash", 4, 4 / 3e6, 0.0, 1e-5, 0.66, 10, 3, 99, 1, 1, 1, each, roots, frame, frame)
    assert found.warnings == (
        "the relative error of 66% is itself uncertain; take more particles",
        "1 of 3 repetitions never reached the event, and count as 0",
        "in 1 of 3 repetitions, all comes from fewer than 5 first runs",
        "1 of 3 repetitions gave up; more particles go further",
    )
    assert str(found).startswith("default within 4 weeks: 1.33e-06 (95 % interval 0.00e+00 to 1.00e-05, 3 repetitions")
    assert found.gain == pytest.approx(1 / (4 / 3e6 * 99 * 0.66**2), rel=1e-5)
    calm = dataclasses.replace(found, relative_error=0.1, extinct=0, stopped=0, first_runs=roots + 9)
    assert calm.warnings == ()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"event": "flood"}, "expected one of the events default, closed, got 'flood'"),
        ({"event": "closed", "level": "cash"}, "expected one of the levels book, paid for 'closed', got 'cash'"),
        ({"within_weeks": 53}, "expected 1 to 52 weeks, the horizon, got 53"),
        ({"repetitions": 1}, "expected particles from 2 to .* and repetitions from 2 to 1,024, got 1000 and 1"),
    ],
)
def test_a_question_without_sense_gets_a_sentence(gambler, asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        tail(gambler, **asked)


def test_without_a_company_nobody_defaults():
    with pytest.raises(ValueError, match="expected a scenario with a company, which alone can default"):
        plain(abm.scenario_from(world([thinker("one", max_ticket_bn=1.0)])), "default", 4, runs=10)


def test_every_level_ranks_every_week_of_a_run(gambler):
    population = prepare(gambler)
    for name, level in LEVELS.items():
        scores = player(population, 1, level.event, name, 20)([((1, 0),), ((1, 1),)])
        assert scores.shape == (2, 20)
        assert not np.isnan(scores).any()


# --------------------------------------------------------------------------------------------------------------------
# Pictures


def test_the_pictures_draw_a_line_of_estimates_and_one_a_repetition(gambler):
    found = tail(gambler, "default", 24, particles=40, repetitions=3)
    points = pd.DataFrame({"week": [20, 24], "p": [0.0, 0.01], "low": [0.0, 0.005], "high": [0.001, 0.02]})
    with styled(), mpl.rc_context():
        _, axes = new_figure(1, 2)
        tails(found.curve, axes[0], points)
        steps(found.levels, axes[1], LEVELS[found.level].unit)
    line = axes[0].lines[0].get_xydata()
    shown = found.curve[found.curve["p"] > 0]
    assert line.tolist() == shown[["week", "p"]].to_numpy().tolist()
    assert axes[0].get_yscale() == axes[1].get_yscale() == "log"
    assert len(axes[1].lines) == 3
