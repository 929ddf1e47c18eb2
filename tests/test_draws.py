"""Draws: numbers that belong to an address (verification cases V31 and V33, and the properties of model.md 2.5)."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from abm.core import draws
from abm.core.draws import (
    CONSENT,
    SIGNING,
    exponential,
    normal,
    normal_cdf,
    normal_quantile,
    philox,
    to_normals,
    uniform,
)
from abm.core.jit import rule
from tests.oracles import agrees, counter_of

often = settings(deadline=None, max_examples=300)
words = st.integers(0, 2**32 - 1)
addresses = st.tuples(*[words] * 6)
open_unit = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)


@rule
def mapped_quantile(probabilities, values):
    for k in range(probabilities.shape[0]):
        values[k] = normal_quantile(probabilities[k])


@rule
def fill_by_run(uniforms, exponentials, normals):
    for run in range(uniforms.shape[0]):
        uniforms[run] = uniform(33, run, 4, 5, SIGNING, 0)
        exponentials[run] = exponential(33, run, 4, 5, SIGNING, 0)
        normals[run] = normal(33, run, 4, 5, SIGNING, 0)


def address_of_words(word0: int, word1: int, seed: int = 2025, run: int = 0) -> tuple[int, ...]:
    """Address whose draw is made of these two words."""
    return (seed, run, *counter_of((word0, word1, 0, 0), (seed, run)))


# --------------------------------------------------------------------------------------------------------------------
# V33: published vectors


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_v33_philox_gives_the_known_answers_of_random123(counter, key, expected):
    given_words = [int(word, 16) for word in f"{counter} {key}".split()]
    assert " ".join(f"{int(word):08x}" for word in philox(*given_words)) == expected


def test_v33_the_worked_address_gives_the_published_uniform_and_normal():
    assert round(uniform(2025, 0, 3, 0, 101, 0), 12) == 0.764903828533
    assert round(normal(2025, 0, 3, 0, 101, 0), 12) == 0.722166132352


@often
@given(st.tuples(words, words, words, words), st.tuples(words, words))
def test_philox_run_backwards_finds_the_counter_again(output, key):
    assert tuple(int(word) for word in philox(*counter_of(output, key), *key)) == output


# --------------------------------------------------------------------------------------------------------------------
# Uniforms


@often
@given(addresses)
def test_a_uniform_lies_strictly_between_zero_and_one(address):
    assert 0.0 < uniform(*address) < 1.0


def test_the_smallest_uniform_is_half_a_unit_of_its_last_place_and_its_normal_is_finite():
    lowest = address_of_words(0, 0)
    assert uniform(*lowest) == 0.5 / 2**53
    assert normal(*lowest) == pytest.approx(special.ndtri(0.5 / 2**53), rel=1e-14)
    assert exponential(*lowest) == 0.5 / 2**53


def test_the_largest_uniform_is_below_one_and_its_normal_and_exponential_are_finite():
    highest = address_of_words(0xFFFFFFFF, 0xFFFFFFFF)
    assert uniform(*highest) < 1.0
    assert math.isfinite(normal(*highest))
    assert math.isfinite(exponential(*highest))


@often
@given(addresses, addresses)
def test_different_addresses_have_different_draws(one, other):
    assume(one != other)
    assert uniform(*one) != uniform(*other)


@often
@given(addresses, st.integers(0, 5), st.integers(1, 1_000))
def test_every_part_of_an_address_matters(address, part, shift):
    moved = list(address)
    moved[part] = (moved[part] + shift) % 2**32
    assert uniform(*moved) != uniform(*address)


def test_every_purpose_has_a_number_of_its_own():
    purposes = [number for name, number in vars(draws).items() if name.isupper() and not name.startswith("_")]
    assert len(purposes) > 25
    assert len(set(purposes)) == len(purposes)


@pytest.mark.statistical
def test_draws_over_runs_follow_their_laws():
    uniforms, exponentials, normals = (np.empty(200_000) for _ in range(3))
    fill_by_run(uniforms, exponentials, normals)
    assert stats.kstest(uniforms, "uniform").pvalue > 1e-4
    assert stats.kstest(exponentials, "expon").pvalue > 1e-4
    assert stats.kstest(normals, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(uniforms[:-1], uniforms[1:])[0, 1]) < 4.0 / math.sqrt(200_000)


@often
@given(addresses)
def test_normal_and_exponential_are_increasing_functions_of_the_same_uniform(address):
    u = uniform(*address)
    assert normal(*address) == normal_quantile(u)
    assert exponential(*address) == pytest.approx(-math.log1p(-u), rel=1e-15)


@rule
def paired_and_separate(first, second, counts):
    for run in range(200_000):
        with_first = uniform(31, run, 0, 0, CONSENT, 0) < first
        with_second = uniform(31, run, 0, 0, CONSENT, 0) < second
        separate = uniform(31, run, 1, 0, CONSENT, 0) < second
        counts[0] += with_first != with_second
        counts[1] += with_first != separate
        counts[2] += with_first and not with_second


@pytest.mark.statistical
def test_v31_common_draws_leave_only_the_runs_that_the_change_can_move():
    """The variance of a difference is d - d^2 with d the chance to differ: .0196 paired, .4756 with separate draws."""
    counts = np.zeros(3, np.int64)
    paired_and_separate(0.60, 0.62, counts)
    assert agrees(counts[0], 200_000, 0.02)
    assert agrees(counts[1], 200_000, 0.60 * 0.38 + 0.40 * 0.62)
    assert counts[2] == 0  # no run moves the wrong way
    paired = counts[0] / 200_000 - 0.02**2
    separate = counts[1] / 200_000 - 0.02**2
    assert paired == pytest.approx(0.0196, abs=4 * math.sqrt(0.0196 / 200_000))
    assert separate == pytest.approx(0.4756, abs=4 * math.sqrt(0.25 / 200_000))


# --------------------------------------------------------------------------------------------------------------------
# The normal distribution


@often
@given(open_unit)
@example(5e-324)
@example(0.5 / 2**53)
@example(1.0 - 2**-53)
@example(0.5)
@example(0.075)
@example(0.925)
def test_the_normal_quantile_is_scipys_to_fourteen_digits(u):
    assert normal_quantile(u) == pytest.approx(special.ndtri(u), rel=1e-14, abs=1e-16)


def test_the_normal_quantile_is_scipys_over_the_whole_range_of_draws():
    tails = 2.0 ** -np.arange(1.0, 54.5, 0.01)
    grid = np.concatenate([tails, 1.0 - tails[tails > 1e-15], np.linspace(1e-6, 1 - 1e-6, 20_001)])
    values = np.empty_like(grid)
    mapped_quantile(grid, values)
    assert np.allclose(values, special.ndtri(grid), rtol=1e-14, atol=1e-16)
    assert (np.diff(values[np.argsort(grid, kind="stable")]) >= 0).all()


@often
@given(st.floats(1e-300, 1.0 - 1e-16))
@example(0.075)
@example(math.exp(-25.0))
@example(1e-300)
def test_the_normal_quantile_is_right_to_1e_15(u):
    with mp.workdps(40):
        z = mp.mpf(normal_quantile(u))
        density = mp.npdf(z)
        missed = mp.ncdf(z) - u if z < 0 else (1 - mp.mpf(u)) - mp.erfc(z / mp.sqrt(2)) / 2
        assert abs(missed) <= density * max(abs(z) * mp.mpf(1e-15), mp.mpf(1e-16))


@pytest.mark.parametrize(("u", "z"), [(0.0, -math.inf), (1.0, math.inf), (-0.1, None), (1.1, None), (math.nan, None)])
def test_the_normal_quantile_of_what_is_no_probability_is_no_number(u, z):
    assert math.isnan(normal_quantile(u)) if z is None else normal_quantile(u) == z


@often
@given(st.integers(1, 2**53 - 1))
def test_the_normal_quantile_is_antisymmetric(word):
    u = word / 2**53
    assert normal_quantile(1.0 - u) == -normal_quantile(u)


def test_many_normals_at_once_are_those_of_one_after_the_other():
    grid = np.concatenate([np.linspace(1e-9, 1.0 - 1e-9, 997), 10.0 ** -np.arange(1.0, 300.0)])
    at_once = grid.copy()
    to_normals(at_once)
    assert at_once.tolist() == [normal_quantile(u) for u in grid.tolist()]


@often
@given(st.floats(-37.0, 8.0))
def test_the_normal_distribution_function_keeps_its_digits_in_the_lower_tail(z):
    assert normal_cdf(z) == pytest.approx(special.ndtr(z), rel=1e-12)


@often
@given(st.floats(1e-300, 0.5))
def test_the_quantile_inverts_the_distribution_function(u):
    assert normal_cdf(normal_quantile(u)) == pytest.approx(u, rel=1e-11)
