"""Stopping: as many runs as the answer needs, and intervals that hold in spite of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import betaln

from abm.runs.differences import paired
from abm.runs.estimates import confidence_sequence, evidence_against, verdict
from abm.runs.stream import LOOK
from abm.sweeps.stopping import Stopping, stopping_of

STUDIES, LOOKS = 2_000, 40


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.floats(0.001, 0.999))
def test_the_evidence_is_the_beta_binomial_mixture(successes, failures, p):
    runs = successes + failures
    expected = betaln(1 + successes, 1 + failures) - successes * math.log(p) - failures * math.log1p(-p)
    assert evidence_against(successes, runs, p) == pytest.approx(expected, rel=1e-9, abs=1e-7)


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.01, 0.5))
@example(1, 205, 0.01)
def test_the_sequence_is_where_the_evidence_reaches_its_limit(successes, extra, error):
    runs = successes + extra
    low, high = confidence_sequence(successes, runs, error)
    assert 0.0 <= low <= successes / runs <= high <= 1.0
    for bound in (low, high):
        if 0.0 < bound < 1.0:
            assert evidence_against(successes, runs, bound) == pytest.approx(-math.log(error), abs=1e-6)
    inside = (low + high) / 2
    assert verdict(successes, runs, inside, error) is None


def test_nothing_is_known_before_the_first_run():
    assert confidence_sequence(0, 0) == (0.0, 1.0)
    assert verdict(0, 0, 0.5) is None
    assert evidence_against(3, 5, 0.0) == math.inf == evidence_against(3, 5, 1.0)


def counts(p, seed):
    """Successes after every look of many studies: int[studies, looks]."""
    luck = np.random.default_rng(seed)
    return np.cumsum(luck.binomial(LOOK, p, (STUDIES, LOOKS)), axis=1)


@pytest.mark.statistical
@pytest.mark.parametrize("p", [0.01, 0.3, 0.5, 0.99])
def test_verdicts_are_wrong_in_one_of_twenty_studies_at_most(p):
    """The hardest question: the threshold is the truth, so that every verdict is wrong."""
    wrong = 0
    for study in counts(p, 11):
        wrong += any(verdict(int(k), LOOK * (look + 1), p) is not None for look, k in enumerate(study))
    assert wrong <= STUDIES * 0.05


@pytest.mark.statistical
@pytest.mark.parametrize("p", [0.01, 0.5, 0.99])
def test_the_sequence_covers_the_truth_at_all_looks_together(p):
    limit = -math.log(0.05)
    missed = sum(
        any(evidence_against(int(k), LOOK * (look + 1), p) >= limit for look, k in enumerate(study))
        for study in counts(p, 12)
    )
    assert missed <= STUDIES * 0.05


@pytest.mark.statistical
@pytest.mark.parametrize(("p", "within"), [(0.01, 0.005), (0.3, 0.02), (0.99, 0.005)])
def test_the_interval_of_a_width_rule_covers_the_truth_at_its_nominal_rate(p, within):
    rule = Stopping(LOOK * LOOKS, within)
    covered = 0
    for study in counts(p, 13):
        look = next((n for n, k in enumerate(study) if rule.settled(int(k), LOOK * (n + 1))), LOOKS - 1)
        estimate = rule.estimate(int(study[look]), LOOK * (look + 1), seed=1)
        covered += estimate.low <= p <= estimate.high
    assert covered >= STUDIES * (0.95 - 4 * math.sqrt(0.95 * 0.05 / STUDIES))


@pytest.mark.statistical
def test_clear_questions_are_decided_soon_and_the_right_way():
    rule = Stopping(LOOK * LOOKS, threshold=0.5)
    runs = []
    for study in counts(0.6, 14):
        look = next(n for n, k in enumerate(study) if rule.settled(int(k), LOOK * (n + 1)))
        assert rule.above(int(study[look]), LOOK * (look + 1)) is True
        runs.append(LOOK * (look + 1))
    assert np.mean(runs) < 2 * LOOK


def test_expected_runs_are_those_that_the_rule_takes():
    assert Stopping(1_000).expected(0, 0) == 1_000
    for p in (0.1, 0.5):
        rule = Stopping(1_000_000, 0.01)
        needed = rule.expected(round(1_000 * p), 1_000)
        assert rule.settled(round(1.02 * needed * p), round(1.02 * needed))
        assert not rule.settled(round(0.96 * needed * p), round(0.96 * needed))
    rule = Stopping(1_000_000, threshold=0.5)
    needed = rule.expected(5_200, 10_000)
    assert not rule.settled(round(0.52 * needed / 2), needed // 2)
    assert rule.settled(round(0.52 * needed * 1.3), round(needed * 1.3))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((0, None, None), "at least 1 run"),
        ((None, 0.1, "closed > 0.5"), "not both"),
        ((None, 0.6, None), "above 0 and below 0.5, got 0.6"),
        ((None, None, "closed"), "a question such as 'closed > 0.5'"),
        ((None, None, "closed > 1.5"), "threshold between 0 and 1, got 'closed > 1.5'"),
        ((None, None, "closed > e"), "a question such as"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        stopping_of(*asked, "closed", 1_000)


def test_a_question_may_be_about_a_condition():
    rule = stopping_of(None, None, "funded_bn >= 20 < 0.25", "closed", 1_000)
    assert (rule.event, rule.threshold, rule.most) == ("funded_bn >= 20", 0.25, 1_000)


# --------------------------------------------------------------------------------------------------------------------
# Differences under the same luck


def test_a_paired_difference_is_that_of_agresti_and_min():
    """By hand: (80.5 - 20.5)/1002 = .0598802, and 1.959964 sqrt(101 - 3600/1002)/1002 = .0193053 to either side."""
    found = paired(300, 20, 80, 600, seed=4)
    assert found.change == pytest.approx(0.06)
    assert (found.low, found.high) == pytest.approx((0.0405750, 0.0791855), abs=1e-6)
    assert found.gain == pytest.approx((0.32 * 0.68 + 0.38 * 0.62) / (0.1 - 0.0036))


def test_worlds_that_never_differ_gain_without_end_and_no_runs_say_nothing():
    assert paired(10, 0, 0, 30, seed=1).gain == math.inf
    nothing = paired(0, 0, 0, 0, seed=1)
    assert math.isnan(nothing.change)
    assert (nothing.low, nothing.high) == (-1.0, 1.0)


@pytest.mark.statistical
def test_the_paired_interval_covers_the_difference():
    luck, covered = np.random.default_rng(5), 0
    for _ in range(STUDIES):
        cells = luck.multinomial(400, [0.3, 0.02, 0.05, 0.63])
        found = paired(*(int(k) for k in cells), seed=1)
        covered += found.low <= 0.03 <= found.high
    assert covered >= STUDIES * (0.95 - 4 * math.sqrt(0.95 * 0.05 / STUDIES))
