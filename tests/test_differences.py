"""Differences: paired counts and means, worked out by hand, and where nothing can be known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from abm.runs.differences import paired, paired_events, paired_means


def test_a_paired_difference_has_the_interval_of_agresti_and_min():
    """Of 10 pairs 3 only in the first, 1 only in the second; with half a pair each: (1.5 - 3.5) / 12 in the middle."""
    found = paired(2, 3, 1, 4, seed=7)
    half = 1.959963984540054 * math.sqrt(5.0 - 4.0 / 12.0) / 12.0
    assert found.change == pytest.approx(0.3 - 0.5)
    assert (found.low, found.high) == (pytest.approx(-1 / 6 - half), pytest.approx(-1 / 6 + half))
    assert (found.runs, found.seed, found.of_means) == (10, 7, False)
    # .5 * .5 + .3 * .7 with luck of their own, against .4 - .2 * .2 with the same
    assert found.gain == pytest.approx(0.46 / 0.36)


def test_no_probability_changes_by_more_than_all_of_it():
    assert (paired(0, 0, 2, 0, 1).high, paired(0, 2, 0, 0, 1).low) == (1.0, -1.0)


def test_events_are_counted_by_where_they_happened():
    first, second = (np.array(list(marks)) == "x" for marks in ("xxxx.....", "x...xx..."))
    assert paired_events(first, second, 1) == paired(1, 3, 2, 3, 1)


def test_what_never_differs_gains_without_end_and_what_never_happens_nothing():
    assert paired(3, 0, 0, 4, 1).gain == math.inf
    assert math.isnan(paired(0, 0, 0, 4, 1).gain)
    assert paired_means(np.array([1.0, 2.0]), np.array([2.0, 3.0]), 1).gain == math.inf
    assert math.isnan(paired_means(np.ones(3), np.ones(3), 1).gain)


def test_a_difference_of_means_is_that_of_the_pairs():
    """Apart by 1, 3 and 5: 3 on average, with a variance of 4; alone the two have 1 and 9."""
    found = paired_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 5.0, 8.0]), 7)
    half = 1.959963984540054 * math.sqrt(4.0 / 3.0)
    assert (found.change, found.low, found.high) == (3.0, pytest.approx(3.0 - half), pytest.approx(3.0 + half))
    assert found.gain == pytest.approx(10.0 / 4.0)
    assert (found.runs, found.seed, found.of_means) == (3, 7, True)


def test_of_one_pair_or_none_nothing_is_known_of_the_error():
    one, none = paired_means(np.array([1.0]), np.array([3.0]), 7), paired_means(np.zeros(0), np.zeros(0), 7)
    assert (one.change, one.low, one.high, one.runs) == (2.0, -math.inf, math.inf, 1)
    assert math.isnan(none.change)
    assert (none.low, none.high, none.runs) == (-math.inf, math.inf, 0)
    nothing = paired(0, 0, 0, 0, 7)
    assert math.isnan(nothing.change)
    assert (nothing.low, nothing.high, nothing.runs) == (-1.0, 1.0, 0)
