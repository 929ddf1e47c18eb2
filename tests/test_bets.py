"""Bets: means of few numbers that spread little are told soon, and wrong ones rarely, however often one looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.runs.bets import capital_against, mean_sequence, mean_verdict
from abm.runs.estimates import evidence_against

STUDIES, NUMBERS = 2_000, 60
SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def gambled(values, mean, error):
    """The capital of the hedged bet, number by number, as Waudby-Smith and Ramdas write it (section 4.4)."""
    higher = lower = 0.5
    total, squares = 0.5, 0.25
    for i, value in enumerate(values, start=1):
        stake = math.sqrt(2 * math.log(2 / error) / (squares / i * i * math.log(i + 1)))
        higher *= 1 + min(stake, 0.75 / mean) * (value - mean)
        lower *= 1 - min(stake, 0.75 / (1 - mean)) * (value - mean)
        total += value
        squares += (value - total / (i + 1)) ** 2
    return max(higher, lower)


@given(SHARES, st.floats(0.01, 0.99), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_capital_is_that_of_somebody_who_bets_number_by_number(values, mean, error):
    assert capital_against(np.array(values), mean, error) == pytest.approx(math.log(gambled(values, mean, error)))


@given(SHARES, st.floats(0.02, 0.98))
def test_a_verdict_is_given_exactly_for_thresholds_that_the_sequence_excludes(values, threshold):
    numbers = np.array(values)
    low, high = mean_sequence(numbers)
    if min(abs(threshold - low), abs(threshold - high)) > 1e-6 and (low, high) != (0.0, 1.0):
        said = mean_verdict(numbers, threshold)
        assert said == (None if low < threshold < high else threshold <= low)


def studies(mean, strength, seed):
    """Numbers from 0 to 1 that spread as chances over worlds do (Beta): float[studies, numbers]."""
    return np.random.default_rng(seed).beta(mean * strength, (1 - mean) * strength, (STUDIES, NUMBERS))


@pytest.mark.statistical
@pytest.mark.parametrize(("mean", "strength"), [(0.05, 4), (0.35, 30), (0.5, 1), (0.9, 10)])
def test_a_verdict_on_the_mean_itself_is_given_in_one_of_twenty_studies_at_most(mean, strength):
    limit = -math.log(0.05)
    wrong = sum(
        any(capital_against(study[:look], mean) >= limit for look in range(1, NUMBERS + 1))
        for study in studies(mean, strength, 3)[:400]
    )
    assert wrong <= 400 * 0.05


@pytest.mark.statistical
def test_calm_numbers_are_decided_sooner_than_counts():
    """Thirty pairs of worlds that say .35 +- .09: against .5 that is clear; thirty single runs would leave it open."""
    decided = [mean_verdict(study[:30], 0.5) for study in studies(0.35, 30, 5)[:200]]
    assert decided.count(False) >= 190
    assert decided.count(True) == 0
    assert evidence_against(round(0.35 * 30), 30, 0.5) < -math.log(0.05)


def test_before_the_first_number_nothing_is_known():
    assert mean_sequence(np.zeros(0)) == (0.0, 1.0)
    assert mean_verdict(np.zeros(0), 0.5) is None
