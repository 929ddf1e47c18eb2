"""Events: a hazard that piles up until it crosses a threshold drawn once (verification cases V10 to V10i, V18, V41)."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from abm.core.draws import BLOCK, CONSENT, exponential
from abm.core.jit import rule
from abm.core.records import GATEKEEPER
from abm.population.contracts import new_record
from abm.population.sampling import frailties
from abm.rules.clocks import clock_after, event_day, per_day_of_year
from abm.rules.decision import withdrawal_rate
from abm.rules.environment import weekly_chance
from abm.rules.gatekeepers import (
    base_hazard,
    crossing_day,
    hazard_between,
    hazard_left,
    in_force_day,
    last_useful_day,
    moved_hazard,
    race,
    rate_for_probability,
)
from abm.rules.outlook import consent_curve, known_curve
from tests.oracles import agrees

often = settings(deadline=None, max_examples=300)
DEADLINE, RUNS = 156.0, 400_000
FOUR_WEEKS = 365.0 * 4.0 / 52.0  # s = 4/52 years, in days
hazards = st.floats(0.01, 20.0)
effects = st.sampled_from([0.0, 0.5, 3.0, 20.0])
thresholds = st.floats(1e-6, 12.0)


def chance(hazard: float) -> float:
    return -math.expm1(-hazard)


@rule
def consent_day(threshold, h0, effect, scale, deadline, until, step):
    """Day of a consent if the clock is looked at every ``step`` days, as a gatekeeper does."""
    clock, day0 = 0.0, 0.0
    while day0 < until:
        day1 = min(day0 + step, until)
        day = crossing_day(hazard_left(threshold, clock), h0, effect, scale, deadline, day0, day1)
        if day < math.inf:
            return day
        clock += hazard_between(h0, effect, scale, deadline, day0, day1)
        day0 = day1
    return math.inf


@rule
def signature_day(threshold, rate_per_day, until, step):
    """Day of a signature if the clock is looked at every ``step`` days, as an investor does."""
    clock, day0 = 0.0, 0.0
    while day0 < until:
        day1 = min(day0 + step, until)
        day = event_day(clock, threshold, rate_per_day, day0, day1)
        if day < math.inf:
            return day
        clock = clock_after(clock, rate_per_day, day0, day1)
        day0 = day1
    return math.inf


@rule
def consent_days(days, h0, effect, scale, deadline, step):
    for run in range(days.shape[0]):
        threshold = exponential(10, run, 0, 0, CONSENT, 0)
        days[run] = consent_day(threshold, h0, effect, scale, deadline, deadline, step)


@rule
def consents_before_blocks(h0, effect, scale, block, deadline, runs):
    count = 0
    for run in range(runs):
        yes = consent_day(exponential(10, run, 0, 0, CONSENT, 0), h0, effect, scale, deadline, deadline, 7.0)
        no = consent_day(exponential(10, run, 0, 0, BLOCK, 0), block, 0.0, 1.0, deadline, deadline, 7.0)
        count += yes < math.inf and not no < yes
    return count


@rule
def all_consents(h0s, lucks):
    count = 0
    for run in range(lucks.shape[0]):
        there = 0
        for gate in range(h0s.shape[0]):
            rate = moved_hazard(h0s[gate], lucks[run], 0.0, 0.0)
            threshold = exponential(104, run, gate, 0, CONSENT, 0)
            there += crossing_day(threshold, rate, 0.0, 1.0, 156.0, 0.0, 156.0) < math.inf
        count += there == h0s.shape[0]
    return count


# --------------------------------------------------------------------------------------------------------------------
# V10: closed forms


@pytest.mark.parametrize(
    ("hazard", "expected"), [(0.8, 0.289593), (1.2, 0.401229), (2.5, 0.656474), (4.0, 0.819060), (5.0, 0.881990)]
)
def test_v10_a_constant_hazard_gives_the_exponential_law(hazard, expected):
    assert chance(hazard_between(hazard, 0.0, 28.0, DEADLINE, 0.0, DEADLINE)) == pytest.approx(expected, abs=5e-7)
    assert rate_for_probability(expected, DEADLINE) == pytest.approx(hazard, abs=2e-5)


def test_v10b_hazards_of_two_phases_add_up():
    total = hazard_between(1.0, 0.0, 1.0, DEADLINE, 0.0, 60.0) + hazard_between(4.0, 0.0, 1.0, DEADLINE, 60.0, 156.0)
    assert chance(total) == pytest.approx(0.703716, abs=5e-7)


def test_v10c_a_block_competes_with_the_consent():
    consent, block = (hazard_between(h, 0.0, 1.0, DEADLINE, 0.0, DEADLINE) for h in (2.5, 0.4))
    assert race(consent, block) == pytest.approx(0.612463, abs=5e-7)


@pytest.mark.statistical
def test_v10c_simulated_clocks_race_as_the_closed_form_says():
    assert agrees(consents_before_blocks(2.5, 0.0, 1.0, 0.4, DEADLINE, RUNS), RUNS, 0.612463)


def test_v10d_three_independent_consents_multiply():
    chances = [chance(hazard_between(h, 0.0, 1.0, DEADLINE, 0.0, DEADLINE)) for h in (6.0, 8.0, 5.0)]
    assert math.prod(chances) == pytest.approx(0.787453, abs=5e-7)


def shared_luck(variance: float, runs: int) -> np.ndarray:
    case = SimpleNamespace(market=SimpleNamespace(frailty_variance=variance))
    return frailties(case, 104, range(runs))


@pytest.fixture(scope="module")
def lucks() -> np.ndarray:
    return shared_luck(0.5, 100_000)


@pytest.mark.statistical
def test_v10d_shared_luck_makes_three_consents_rarer_than_independence_says(lucks):
    together = all_consents(np.array([6.0, 8.0, 5.0]), lucks)
    assert agrees(together, len(lucks), 0.620913)
    assert not agrees(together, len(lucks), 0.787453)


@pytest.mark.statistical
def test_v10e_shared_luck_makes_a_single_consent_rarer_too(lucks):
    assert agrees(all_consents(np.array([2.5]), lucks), len(lucks), 0.575175)


@pytest.mark.statistical
def test_shared_luck_is_gamma_with_mean_one_and_the_stated_variance(lucks):
    assert np.mean(lucks) == pytest.approx(1.0, abs=4 * math.sqrt(0.5 / len(lucks)))
    for level in (0.2, 1.0, 3.0):
        assert agrees(int((lucks <= level).sum()), len(lucks), float(special.gammainc(2.0, 2.0 * level)))
    assert set(shared_luck(0.0, 3)) == {1.0}


def test_v10f_the_nearer_the_deadline_the_faster_the_consent():
    total = hazard_between(1.5, 3.0, FOUR_WEEKS, DEADLINE, 0.0, DEADLINE)
    assert total == pytest.approx(0.985912, abs=5e-7)
    assert chance(total) == pytest.approx(0.626901, abs=5e-7)


def test_v10f_the_stated_average_is_the_average_of_the_window():
    h0 = base_hazard(2.0, 3.0, FOUR_WEEKS, DEADLINE)
    assert 2.0 / h0 == pytest.approx(1.538, abs=1e-3)
    assert hazard_between(h0, 3.0, FOUR_WEEKS, DEADLINE, 0.0, DEADLINE) == pytest.approx(2.0 * DEADLINE / 365, rel=1e-9)


def test_v10g_sentiment_multiplies_the_hazard():
    hazard = moved_hazard(1.5, 1.0, 0.6, 1.2)
    assert chance(hazard_between(hazard, 0.0, 1.0, DEADLINE, 0.0, DEADLINE)) == pytest.approx(0.732086, abs=5e-7)


# --------------------------------------------------------------------------------------------------------------------
# V10h, V10i: steps


@pytest.mark.statistical
def test_v10h_daily_weekly_and_monthly_steps_give_every_run_the_same_day():
    runs = {step: np.empty(RUNS) for step in (1.0, 7.0, 30.0)}
    for step, days in runs.items():
        consent_days(days, 2.5, 0.0, 28.0, DEADLINE, step)
    by_deadline = np.isfinite(runs[7.0])
    for days in runs.values():
        assert (np.isfinite(days) == by_deadline).all()
        assert np.abs(days[by_deadline] - runs[7.0][by_deadline]).max() < 1e-6
    assert agrees(int(by_deadline.sum()), RUNS, 0.656474)
    assert not agrees(int(by_deadline.sum()), RUNS, 0.665446)  # rate times step as a weekly chance


def test_v10h_the_weekly_chance_is_that_of_the_hazard_and_not_rate_times_step():
    weeks = DEADLINE / 7.0
    assert 1.0 - (1.0 - weekly_chance(2.5)) ** weeks == pytest.approx(0.656474, abs=5e-7)
    assert 1.0 - (1.0 - 2.5 * 7.0 / 365.0) ** weeks == pytest.approx(0.665446, abs=5e-7)


@pytest.mark.statistical
def test_v10i_deadline_effect_and_block_together_are_simulated_without_a_step_error():
    consents = consents_before_blocks(2.0, 3.0, FOUR_WEEKS, 0.2, DEADLINE, RUNS)
    assert agrees(consents, RUNS, 0.700897)
    assert not agrees(consents, RUNS, 0.740396)  # rates at the right end of 23 full weeks


@pytest.mark.parametrize(("step", "expected"), [(0.01, 0.700897), (7.0, 0.700910)])
def test_v10i_exact_increments_cut_at_the_deadline_leave_only_the_race_within_a_step(step, expected):
    edges = np.append(np.arange(0.0, DEADLINE, step), DEADLINE)
    survived, total = 1.0, 0.0
    for day0, day1 in itertools.pairwise(edges):
        consent = hazard_between(2.0, 3.0, FOUR_WEEKS, DEADLINE, day0, day1)
        block = hazard_between(0.2, 0.0, 1.0, DEADLINE, day0, day1)
        total += survived * race(consent, block)
        survived *= math.exp(-consent - block)
    assert total == pytest.approx(expected, abs=5e-7)


@often
@given(thresholds, hazards, effects, st.floats(1.0, 100.0), st.sampled_from([1.0, 7.0, 30.0]))
def test_halving_the_steps_leaves_the_day_of_a_consent_unchanged(threshold, h0, effect, scale, step):
    days = [consent_day(threshold, h0, effect, scale, DEADLINE, 400.0, s) for s in (step, step / 2)]
    assert days[0] == pytest.approx(days[1], abs=1e-6)


@often
@given(thresholds, st.floats(1e-4, 2.0), st.sampled_from([1.0, 7.0, 30.0]))
def test_halving_the_steps_leaves_the_day_of_a_signature_unchanged(threshold, rate, step):
    days = [signature_day(threshold, rate, 400.0, s) for s in (step, step / 2)]
    assert days[0] == pytest.approx(days[1], abs=1e-6)


@often
@given(thresholds, hazards, effects, st.floats(1.0, 100.0))
def test_the_hazard_up_to_the_day_of_a_consent_is_its_threshold(threshold, h0, effect, scale):
    day = crossing_day(threshold, h0, effect, scale, DEADLINE, 0.0, 400.0)
    if day < math.inf:
        assert hazard_between(h0, effect, scale, DEADLINE, 0.0, day) == pytest.approx(threshold, abs=1e-8)
    else:
        assert hazard_between(h0, effect, scale, DEADLINE, 0.0, 400.0) < threshold


@often
@given(hazards, effects, st.floats(1.0, 100.0), st.lists(st.floats(0.0, 400.0), min_size=3, max_size=3))
def test_hazards_of_adjoining_spans_add_up_and_are_never_negative(h0, effect, scale, days):
    first, middle, last = sorted(days)
    parts = [hazard_between(h0, effect, scale, DEADLINE, *span) for span in ((first, middle), (middle, last))]
    assert min(parts) >= 0.0
    assert sum(parts) == pytest.approx(hazard_between(h0, effect, scale, DEADLINE, first, last), rel=1e-9, abs=1e-9)


# --------------------------------------------------------------------------------------------------------------------
# V18, V41: monotone run by run


@pytest.mark.statistical
@pytest.mark.parametrize("effect", [0.0, 3.0])
def test_v18_a_later_deadline_never_loses_a_consent(effect):
    early, late = np.empty(RUNS // 4), np.empty(RUNS // 4)
    consent_days(early, 2.5, effect, FOUR_WEEKS, DEADLINE, 7.0)
    consent_days(late, 2.5, effect, FOUR_WEEKS, DEADLINE + 30.0, 7.0)
    assert not (np.isfinite(early) & ~np.isfinite(late)).any()
    if effect == 0.0:
        assert agrees(int(np.isfinite(early).sum()), len(early), 0.656474)
        assert agrees(int(np.isfinite(late).sum()), len(late), 0.720282)


@often
@given(thresholds, hazards, st.floats(1.0, 5.0), effects, st.floats(0.0, 2.0))
def test_v41_raising_a_hazard_never_delays_its_consent(threshold, h0, factor, effect, more_effect):
    day = consent_day(threshold, h0, effect, 28.0, DEADLINE, 400.0, 7.0)
    assert consent_day(threshold, h0 * factor, effect, 28.0, DEADLINE, 400.0, 7.0) <= day + 1e-8
    assert consent_day(threshold, h0, effect + more_effect, 28.0, DEADLINE, 400.0, 7.0) <= day + 1e-8


@often
@given(thresholds, st.floats(1e-4, 2.0), st.floats(1.0, 5.0))
def test_v41_raising_a_rate_never_delays_its_signature(threshold, rate, factor):
    assert signature_day(threshold, rate * factor, 400.0, 7.0) <= signature_day(threshold, rate, 400.0, 7.0) + 1e-8


@often
@given(thresholds, hazards, effects, st.floats(0.0, 400.0), st.floats(0.0, 60.0))
def test_an_event_lies_within_the_span_that_is_looked_at(threshold, h0, effect, day0, length):
    for day in (
        crossing_day(threshold, h0, effect, 28.0, DEADLINE, day0, day0 + length),
        event_day(0.0, threshold, h0 / 365.0, day0, day0 + length),
    ):
        assert day == math.inf or day0 <= day <= day0 + length


def test_a_consent_on_the_last_useful_day_is_in_force_at_the_deadline():
    assert in_force_day(last_useful_day(DEADLINE, 30.0), 30.0) == DEADLINE


# --------------------------------------------------------------------------------------------------------------------
# V42: withdrawals


def test_v42_nine_term_sheets_in_ten_survive_eight_calm_weeks():
    per_year = withdrawal_rate(0.0329252 * 365.0 / 7.0, 0.6, 3.0, 0.05, 0.0, 5.0)
    assert math.exp(-clock_after(0.0, per_day_of_year(per_year), 0.0, 56.0)) == pytest.approx(0.9, abs=5e-7)


def test_bad_news_and_shocks_quicken_withdrawals_and_good_news_does_not_slow_them():
    calm = withdrawal_rate(1.7, 0.6, 3.0, 0.0, 0.0, 5.0)
    assert withdrawal_rate(1.7, 0.6, 3.0, -0.1, 0.0, 5.0) == pytest.approx(calm * math.exp(0.3), rel=1e-9)
    assert withdrawal_rate(1.7, 0.6, 3.0, 0.1, -0.2, 5.0) == pytest.approx(calm * math.exp(1.0), rel=1e-9)
    assert withdrawal_rate(1.7, 0.6, 3.0, 0.1, 0.2, 5.0) == calm


# --------------------------------------------------------------------------------------------------------------------
# What the market expects


def test_the_outlook_of_a_chain_of_three_consents_is_the_law_of_the_sum_of_their_waits():
    """Three waits at 6 a year, one after the other: gamma with shape 3."""
    law = new_record(GATEKEEPER, {"h0_per_year": 6.0, "scale_days": 28.0})
    curve = known_curve(1.0)
    for _ in range(3):
        curve = consent_curve(curve, law, DEADLINE, 0.0, DEADLINE, 0)
    assert curve[-1] == pytest.approx(special.gammainc(3.0, 6.0 * DEADLINE / 365.0), abs=0.005)


def test_the_outlook_of_one_consent_against_a_block_is_their_race_up_to_its_last_useful_day():
    law = new_record(GATEKEEPER, {"h0_per_year": 2.5, "block_per_year": 0.4, "scale_days": 28.0})
    curve = consent_curve(known_curve(1.0), law, DEADLINE, 0.0, DEADLINE, 0)
    assert curve[-1] == pytest.approx(0.612463, abs=5e-7)
    assert (np.diff(curve) > 0).all()
    hurried = consent_curve(known_curve(1.0), law, DEADLINE, 0.0, 60.0, 0)
    assert hurried[-1] == pytest.approx(2.5 / 2.9 * chance(2.9 * 60.0 / 365.0), rel=1e-9)
    assert consent_curve(known_curve(0.0), law, DEADLINE, 0.0, DEADLINE, 0).max() == 0.0
    assert (
        consent_curve(curve, law, DEADLINE, 0.0, DEADLINE, 32)[-1]
        == consent_curve(curve, law, DEADLINE, 0.0, DEADLINE, 0)[-1]
    )
