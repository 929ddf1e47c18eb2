"""Nature: sentiment, regimes, shocks (verification cases V23 to V25)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.core.draws import JUMP_SIZE, JUMP_WAIT, REGIME, SENTIMENT, exponential, normal, normal_cdf, uniform
from abm.core.jit import rule
from abm.rules.environment import (
    arrival_days,
    cold_after,
    gathered_spread,
    jump_size,
    kept_share,
    log_value_after,
    sentiment_after,
    sentiment_after_jump,
    value_after_jump,
)
from tests.oracles import agrees, mean_agrees

often = settings(deadline=None, max_examples=200)
RUNS = 200_000

# --------------------------------------------------------------------------------------------------------------------
# V23: sentiment


def moved_sentiment(sentiment: float, mean: float, dt: float, luck: float) -> float:
    """Sentiment after a time, at a reversion of 2 and a volatility of 0.5."""
    return sentiment_after(sentiment, mean, kept_share(2.0, dt), gathered_spread(0.5, 2.0, dt), luck)


def moments(steps: int) -> tuple[float, float]:
    """Mean and spread after half a year in equal steps, read off the rule."""
    dt = 0.5 / steps
    mean, variance = -0.8, 0.0
    for _ in range(steps):
        kept = moved_sentiment(1.0, 0.0, dt, 0.0)
        spread = moved_sentiment(0.0, 0.0, dt, 1.0)
        mean = moved_sentiment(mean, 0.0, dt, 0.0)
        variance = kept * kept * variance + spread * spread
    return mean, math.sqrt(variance)


@pytest.mark.parametrize("steps", [1, 6, 26, 182])
def test_v23_sentiment_has_the_exact_law_whatever_the_step(steps):
    mean, spread = moments(steps)
    assert mean == pytest.approx(-0.294304, abs=5e-7)
    assert spread == pytest.approx(0.232468, abs=5e-7)
    assert normal_cdf(mean / spread) == pytest.approx(0.102758, abs=5e-7)
    assert (mean, spread) == pytest.approx(moments(1), rel=1e-9)


@rule
def sentiments(ends, weeks):
    kept, spread = kept_share(2.0, 0.5 / weeks), gathered_spread(0.5, 2.0, 0.5 / weeks)
    for run in range(ends.shape[0]):
        ends[run] = -0.8
        for week in range(weeks):
            luck = normal(23, run, 0, week, SENTIMENT, 0)
            ends[run] = sentiment_after(ends[run], 0.0, kept, spread, luck)


@pytest.mark.statistical
def test_v23_simulated_sentiment_recovers_as_often_as_its_law_says():
    ends = np.empty(RUNS)
    sentiments(ends, 26)
    assert agrees(int((ends > 0).sum()), RUNS, 0.102758)
    assert mean_agrees(ends, -0.294304)
    assert mean_agrees((ends + 0.294304) ** 2, 0.232468**2)


def test_v23_sentiment_settles_at_its_stationary_spread():
    assert moved_sentiment(0.7, 0.1, 50.0, 0.0) == pytest.approx(0.1, rel=1e-9)
    assert moved_sentiment(0.0, 0.0, 50.0, 1.0) == pytest.approx(0.25, rel=1e-9)


# --------------------------------------------------------------------------------------------------------------------
# V24: hot and cold markets


def turning_chances() -> np.ndarray:
    """Transition matrix (hot, cold), as the part of all luck with which the rule turns the market."""
    luck = (np.arange(10_000) + 0.5) / 10_000
    cold_from_hot = np.mean([cold_after(False, 0.02, 0.05, float(u)) for u in luck])
    cold_from_cold = np.mean([cold_after(True, 0.02, 0.05, float(u)) for u in luck])
    return np.array([[1 - cold_from_hot, cold_from_hot], [1 - cold_from_cold, cold_from_cold]])


def test_v24_hot_and_cold_markets_alternate_as_a_markov_chain():
    chain = turning_chances()
    assert chain == pytest.approx(np.array([[0.98, 0.02], [0.05, 0.95]]), abs=1e-12)
    assert np.linalg.matrix_power(chain, 1_000)[0, 0] == pytest.approx(0.714286, abs=5e-7)
    assert np.linalg.matrix_power(chain, 26)[0, 0] == pytest.approx(0.757586, abs=5e-7)
    assert chain[0, 0] ** 22 == pytest.approx(0.641171, abs=5e-7)


@rule
def markets(counts, runs):
    """Count hot markets after 26 weeks, and markets that were never cold in 22."""
    for run in range(runs):
        cold, never = False, True
        for week in range(26):
            cold = cold_after(cold, 0.02, 0.05, uniform(24, run, 0, week, REGIME, 0))
            never = never and (week >= 22 or not cold)
        counts[0] += not cold
        counts[1] += never


@pytest.mark.statistical
def test_v24_simulated_markets_are_hot_as_often_as_the_chain_says():
    counts = np.zeros(2, np.int64)
    markets(counts, RUNS)
    assert agrees(counts[0], RUNS, 0.757586)
    assert agrees(counts[1], RUNS, 0.641171)


# --------------------------------------------------------------------------------------------------------------------
# V25: competitors


@rule
def shocks(sums, numbers):
    """Shocks of a year, by the waits and sizes that the market draws."""
    for run in range(sums.shape[0]):
        day = arrival_days(exponential(25, run, 0, 0, JUMP_WAIT, 0), 2.0)
        while day <= 365.0:
            sums[run] += jump_size(-0.08, 0.06, normal(25, run, 0, 0, JUMP_SIZE, numbers[run]))
            numbers[run] += 1
            day += arrival_days(exponential(25, run, 0, 0, JUMP_WAIT, numbers[run]), 2.0)


@pytest.mark.statistical
def test_v25_the_shocks_of_a_year_are_compound_poisson():
    sums, numbers = np.zeros(RUNS), np.zeros(RUNS, np.int64)
    shocks(sums, numbers)
    assert agrees(int((numbers == 0).sum()), RUNS, 0.135335)
    assert mean_agrees(numbers, 2.0)
    assert mean_agrees(sums, -0.16)
    assert mean_agrees((sums + 0.16) ** 2, 0.0200)
    assert mean_agrees(np.exp(sums), 0.860328)


@often
@given(st.floats(-1.0, 0.5), st.floats(0.0, 1.0))
def test_what_lasts_of_a_shock_and_what_passes_make_the_whole_shock(jump, share):
    assert (value_after_jump(5.7, jump, share) - 5.7) + sentiment_after_jump(0.0, jump, share) == pytest.approx(
        jump, abs=1e-12
    )


def test_the_mean_of_a_value_grows_at_its_rate_whatever_its_volatility():
    """E[exp(v)] of a lognormal value: mean of the log plus half its variance, read off the rule."""
    middle = log_value_after(5.0, 0.25, 0.55, 0.5, 0.0)
    spread = log_value_after(5.0, 0.25, 0.55, 0.5, 1.0) - middle
    assert middle + spread * spread / 2 == pytest.approx(5.0 + 0.25 * 0.5, rel=1e-9)
