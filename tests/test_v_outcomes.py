"""What is reported (verification case V32)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.runs.outcomes import estimate


def test_v32_the_interval_is_wilsons():
    answer = estimate(4_213, 10_000, seed=1)
    assert answer.p == 0.4213
    assert (answer.low, answer.high) == pytest.approx((0.411654, 0.431006), abs=5e-7)


def test_v32_an_event_that_was_never_seen_is_not_impossible():
    """Wilson at k = 0: from 0 to z^2 / (n + z^2)."""
    answer = estimate(0, 1_000, seed=1)
    z2 = 1.959963984540054**2
    assert (answer.p, answer.low) == (0.0, 0.0)
    assert answer.high == pytest.approx(z2 / (1_000 + z2), rel=1e-9)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 100_000), st.floats(0, 1))
def test_v32_the_bounds_are_the_chances_that_are_just_not_rejected(runs, share):
    """Wilson's bounds p solve |k/n - p| = z sqrt(p (1 - p) / n)."""
    successes = round(share * runs)
    answer = estimate(successes, runs, seed=1)
    assert 0.0 <= answer.low <= answer.p <= answer.high <= 1.0
    for bound in (answer.low, answer.high):
        if 0.0 < bound < 1.0:
            distance = 1.959963984540054 * math.sqrt(bound * (1 - bound) / runs)
            assert abs(successes / runs - bound) == pytest.approx(distance, rel=1e-6)
