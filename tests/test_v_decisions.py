"""Beliefs, appetite, signatures (verification cases V1 to V4, V11, V12, V20, V26 to V28, V41)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom

from abm.core.draws import DILIGENCE, PRIVATE_SIGNAL, TRUE_VALUE, normal, normal_cdf, normal_quantile, uniform
from abm.core.jit import rule
from abm.rules.appetite import (
    binary_share,
    certainty_gain,
    crra_share,
    openness,
    ticket_musd,
    wait_hurdle,
    waiting_value,
)
from abm.rules.belief import (
    doubt_left,
    drifted_mean,
    implied_value,
    prior_variance,
    rights_premium,
    sight_spread,
    signal,
    updated_mean,
    updated_variance,
    widened_variance,
)
from abm.rules.decision import advantage, expit, signing_rate, success_belief
from abm.rules.environment import jump_size
from tests.oracles import agrees, mean_agrees

often = settings(deadline=None, max_examples=300)
RUNS = 200_000

# --------------------------------------------------------------------------------------------------------------------
# V1, V27: learning

PRIOR, SIGNAL = math.log(300.0), 0.35**-2


@rule
def learnt(means, log_value):
    """Posterior means of investors with the same prior; ``log_value`` is given, or drawn where it is nan."""
    for run in range(means.shape[0]):
        value = log_value
        if math.isnan(log_value):
            value = jump_size(math.log(300.0), 0.5, normal(1, run, 0, 0, TRUE_VALUE, 0))
        seen = signal(value, 1.0 / (0.35 * 0.35), normal(1, run, 0, 0, PRIVATE_SIGNAL, 0))
        means[run] = updated_mean(math.log(300.0), seen, doubt_left(prior_variance(0.5), 1.0 / (0.35 * 0.35)))


def test_v1_a_signal_counts_by_its_precision():
    assert updated_mean(0.0, 1.0, doubt_left(prior_variance(0.5), SIGNAL)) == pytest.approx(0.671141, abs=5e-7)


def test_v1_the_chance_to_be_convinced_by_a_good_company_is_that_of_a_lucky_enough_signal():
    def conviction(luck: float) -> float:
        return updated_mean(PRIOR, signal(math.log(330.0), SIGNAL, luck), doubt_left(0.25, SIGNAL)) - (PRIOR + 0.10)

    assert normal_cdf(-brentq(conviction, -9, 9)) == pytest.approx(0.439042, abs=5e-7)


@pytest.mark.statistical
def test_v1_simulated_investors_are_convinced_as_often_as_the_closed_form_says():
    means = np.empty(RUNS)
    learnt(means, math.log(330.0))
    assert agrees(int((means > PRIOR + 0.10).sum()), RUNS, 0.439042)
    learnt(means, math.nan)
    assert agrees(int((means > PRIOR + 0.10).sum()), RUNS, 0.403565)
    assert np.std(means) == pytest.approx(0.409616, abs=4 * 0.409616 / math.sqrt(2 * RUNS))


def test_v1_diligence_moves_a_belief_as_far_as_the_law_of_the_posterior_mean_says():
    assert sight_spread(0.25, SIGNAL, 0.0, 0.5, 0.0, 0.0) == pytest.approx(0.409616, abs=5e-7)
    assert normal_cdf(-0.10 / sight_spread(0.25, SIGNAL, 0.0, 0.5, 0.0, 0.0)) == pytest.approx(0.403565, abs=5e-7)


@pytest.mark.statistical
@pytest.mark.parametrize(("start", "expected"), [(0.0, 0.163413), (0.1, 0.118259), (-0.1, 0.118259)])
def test_v27_diligence_is_worth_the_option_to_change_ones_mind(start, expected):
    means = np.empty(RUNS)
    learnt(means, math.nan)
    assert mean_agrees(np.maximum(means - PRIOR + start, 0.0) - max(start, 0.0), expected)


@often
@given(
    st.floats(-5, 5),
    st.floats(0.1, 50),
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 50)), min_size=2, max_size=2),
)
def test_the_order_of_two_signals_does_not_matter(mean, precision, signals):
    answers = []
    for order in (signals, signals[::-1]):
        mu, variance = mean, 1.0 / precision
        for seen, weight in order:
            left = doubt_left(variance, weight)
            mu, variance = updated_mean(mu, seen, left), updated_variance(variance, left)
        answers.append((mu, variance))
        assert variance == pytest.approx(1.0 / (precision + sum(weight for _, weight in signals)), rel=1e-12)
    assert answers[0] == pytest.approx(answers[1], rel=1e-9, abs=1e-12)


def test_a_belief_about_a_moving_value_drifts_and_widens_the_same_in_weeks_and_in_one_go():
    mu, variance = 5.7, 1.0 / 8.0
    for _ in range(52):
        mu, variance = drifted_mean(mu, 0.25, 0.55, 1 / 52), widened_variance(variance, 0.55, 1 / 52)
    assert mu == pytest.approx(5.7 + 0.25 - 0.55**2 / 2, rel=1e-9)
    assert variance == pytest.approx(1 / 8.0 + 0.55**2, rel=1e-9)


@often
@given(st.floats(-1, 1), st.floats(0.05, 2.0), st.floats(1.0, 10.0))
def test_a_commitment_reveals_the_belief_that_it_was_made_on(m, s2, gamma):
    share = crra_share(m, s2, gamma)
    assert implied_value(share, gamma, s2, 5.7, 0.06, 0.1) == pytest.approx(5.7 + m - 0.06 - 0.1, rel=1e-9)


# --------------------------------------------------------------------------------------------------------------------
# V2: choice


@pytest.mark.parametrize(("x", "expected"), [(-1.0, 0.268941), (0.4, 0.598688), (2.0, 0.880797)])
def test_v2_a_noisy_choice_is_logistic(x, expected):
    assert expit(x) == pytest.approx(expected, abs=5e-7)
    assert signing_rate(0.2 * x + 0.3, 0.3, 0.2, 1.0) == pytest.approx(expected, abs=5e-7)


@rule
def choices(x, runs):
    count = 0
    for run in range(runs):
        count += uniform(2, run, 0, 0, DILIGENCE, 0) < expit(x)
    return count


@pytest.mark.statistical
@pytest.mark.parametrize(("x", "expected"), [(-1.0, 0.268941), (0.4, 0.598688), (2.0, 0.880797)])
def test_v2_simulated_choices_are_as_frequent_as_the_logistic_law_says(x, expected):
    assert agrees(choices(x, RUNS), RUNS, expected)


@often
@given(st.floats(-1e308, 1e308))
def test_the_logistic_function_never_overflows_and_is_symmetric(x):
    assert 0.0 <= expit(x) <= 1.0
    assert expit(x) + expit(-x) == pytest.approx(1.0, rel=1e-12)


# --------------------------------------------------------------------------------------------------------------------
# V3, V4, V26, V20: appetite and price


@pytest.mark.parametrize(
    ("p", "gamma", "expected"), [(0.4, 1.0, 0.3), (0.4, 3.0, 0.087428), (0.4, 6.0, 0.041962), (0.2, 3.0, -0.005626)]
)
def test_v3_the_share_on_an_all_or_nothing_bet(p, gamma, expected):
    assert binary_share(p, 3.0, 0.8, gamma) == pytest.approx(expected, abs=5e-7)


def test_v3_nobody_signs_for_a_bet_he_would_rather_sell():
    assert ticket_musd(binary_share(0.2, 3.0, 0.8, 3.0), 100_000.0, 0.10, 5_000.0, 0) == 0


@often
@given(st.floats(0.05, 0.95), st.floats(0.1, 5.0), st.floats(0.1, 1.0), st.floats(0.5, 8.0))
def test_v3_the_share_on_an_all_or_nothing_bet_maximises_expected_utility(p, gain, loss, gamma):
    share = binary_share(p, gain, loss, gamma)
    marginal_gain = p * gain * (1 + share * gain) ** -gamma
    marginal_loss = (1 - p) * loss * (1 - share * loss) ** -gamma
    assert marginal_gain == pytest.approx(marginal_loss, rel=1e-6)


def test_v4_the_share_of_wealth_on_a_lognormal_return_and_its_worth():
    share = crra_share(0.05, 0.36, 4.0)
    assert share == pytest.approx(0.159722, abs=5e-7)
    assert certainty_gain(share, 0.05, 0.36, 4.0) == pytest.approx(0.018368, abs=5e-7)
    assert crra_share(-0.15, 0.36, 4.0) == pytest.approx(0.020833, abs=5e-7)


@pytest.mark.parametrize(("m", "wealth_bn", "expected"), [(0.05, 100, 5_000), (0.05, 20, 2_000), (-0.15, 20, 0)])
def test_v4_a_ticket_is_the_share_under_every_limit_and_nothing_below_the_minimum(m, wealth_bn, expected):
    share = crra_share(m, 0.36, 4.0)
    assert ticket_musd(share, wealth_bn * 1_000.0, 0.10, min(12_000.0, 5_000.0), 500) == expected


@often
@given(st.floats(-1, 1), st.floats(0.05, 2.0), st.floats(1.0, 10.0), st.floats(-0.5, 0.5))
def test_v4_no_other_share_is_worth_more(m, s2, gamma, other):
    best = crra_share(m, s2, gamma)
    assert certainty_gain(best, m, s2, gamma) >= certainty_gain(best + other, m, s2, gamma) - 1e-12


tickets = st.tuples(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1e5))


@often
@given(tickets, tickets, st.integers(0, 1_000))
def test_v41_more_appetite_wealth_or_dry_powder_never_makes_a_smaller_ticket(one, other, minimum):
    less, more = np.minimum(one, other), np.maximum(one, other)
    small, large = ticket_musd(*less, minimum), ticket_musd(*more, minimum)
    assert small <= large
    assert large == 0 or large >= minimum


def test_a_minimum_ticket_equal_to_the_concentration_cap_is_met():
    assert ticket_musd(0.9, 100_000.0, 0.29, 50_000.0, 28_999) == 29_000
    assert ticket_musd(0.9, 100_000.0, 0.29, 50_000.0, 29_000) == 29_000


@pytest.mark.parametrize(
    ("r", "delta", "sigma", "expected"),
    [(0.05, 0.05, 0.4, 3.296663), (0.10, 0.08, 0.6, 4.202562), (0.10, 0.30, 0.6, 1.741980)],
)
def test_v26_the_hurdle_of_a_perpetual_option_to_invest(r, delta, sigma, expected):
    assert wait_hurdle(r, delta, sigma) == pytest.approx(expected, abs=5e-7)


@often
@given(st.floats(1.01, 20.0), st.floats(0.0, 1.0), st.floats(0.0, 50.0), st.floats(0.0, 10.0), st.floats(0.5, 52.0))
def test_the_value_of_waiting_dies_with_the_window_and_never_rises_on_the_way(hurdle, weight, left, passed, decay):
    value = waiting_value(math.log(hurdle), weight, openness(left, decay))
    assert (
        0.0
        <= waiting_value(math.log(hurdle), weight, openness(left - passed, decay))
        <= value
        <= weight * math.log(hurdle)
    )
    assert waiting_value(math.log(hurdle), weight, openness(0.0, decay)) == 0.0


@pytest.mark.parametrize(("multiple", "value", "premium"), [(1.0, 55.26527, 0.38163), (2.0, 69.98235, 0.74956)])
def test_v20_a_liquidation_preference_makes_the_paper_worth_more_than_common_stock(multiple, value, premium):
    log_premium = rights_premium(multiple, 40.0, 300.0, 0.9, 4.0)
    assert 40.0 * math.exp(log_premium) == pytest.approx(value, abs=5e-6)
    assert math.expm1(log_premium) == pytest.approx(premium, abs=5e-6)


@often
@given(st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.floats(0.01, 0.9), st.floats(0.05, 1.5), st.floats(0.25, 15.0))
def test_a_preference_is_never_worth_less_than_nothing_and_more_of_it_never_less(multiple, more, share, sigma, years):
    less, most = (rights_premium(k, 300.0 * share, 300.0, sigma, years) for k in (multiple, multiple + more))
    assert -1e-12 <= less <= most + 1e-12


# --------------------------------------------------------------------------------------------------------------------
# V11, V12: global games, solved with the rules for belief, success and advantage


def state_of_indifference(c: float, alpha: float, y: float, beta: float, lead: float = 0.0, lead_in: bool = False):
    """Critical state and signal: the one at the signal is indifferent, and those above it just carry the round."""
    committed = lead if lead_in else 0.0

    def threshold_signal(theta: float) -> float:
        needed = (1.0 - theta - committed) / (1.0 - lead)  # share of the others who must invest
        return theta - normal_quantile(needed) / math.sqrt(beta)

    def indifference(theta: float) -> float:
        x = threshold_signal(theta)
        left = doubt_left(1.0 / alpha, beta)
        doubt = math.sqrt(updated_variance(1.0 / alpha, left))
        p = success_belief(updated_mean(y, x, left), theta, doubt)
        return advantage(p, 1.0 - c, 1.0, c, 0.0, 0.0)

    easiest, hardest = lead - committed, 1.0 - committed
    theta = brentq(indifference, easiest + 1e-12, hardest - 1e-12, xtol=1e-13)
    return theta, threshold_signal(theta)


@pytest.mark.parametrize(
    ("y", "theta", "x"), [(0.5, 0.236339, -0.122725), (0.2, 0.295016, 0.025621), (0.8, 0.185826, -0.260867)]
)
def test_v11_the_critical_state_and_signal_of_a_global_game(y, theta, x):
    assert state_of_indifference(0.3, 1.0, y, 4.0) == pytest.approx((theta, x), abs=1e-6)


def test_v11_with_a_flat_prior_the_critical_state_is_the_cost_of_failure():
    theta, x = state_of_indifference(0.3, 1e-12, 0.0, 4.0)
    assert theta == pytest.approx(0.3, abs=1e-9)
    assert x == pytest.approx(0.037800, abs=5e-7)


@rule
def successes(theta, investors, runs):
    """Rounds that succeed when each invests who sees more than the critical signal."""
    count = 0
    for run in range(runs):
        invested = 0
        for i in range(investors):
            invested += signal(theta, 4.0, normal(11, run, i, 0, PRIVATE_SIGNAL, 0)) > 0.037800
        count += invested >= (1.0 - theta) * investors
    return count


@pytest.mark.statistical
@pytest.mark.parametrize(("theta", "expected"), [(0.25, 0.0), (0.29, 0.056), (0.31, 0.950), (0.35, 1.0)])
def test_v11b_two_thousand_investors_come_close_to_a_continuum(theta, expected):
    frequency = successes(theta, 2_000, 4_000) / 4_000
    assert frequency == pytest.approx(expected, abs=0.0005 + 4 * math.sqrt(expected * (1 - expected) * 2 / 4_000))


def test_v12_a_lead_moves_the_critical_state_by_exactly_his_weight():
    committed = state_of_indifference(0.3, 1e-12, 0.0, 4.0, lead=0.25, lead_in=True)[0]
    out = state_of_indifference(0.3, 1e-12, 0.0, 4.0, lead=0.25, lead_in=False)[0]
    assert committed == pytest.approx(0.225, abs=1e-9)
    assert out == pytest.approx(0.475, abs=1e-9)
    assert out - committed == pytest.approx(0.25, abs=1e-9)


# --------------------------------------------------------------------------------------------------------------------
# V28: assurance


@pytest.mark.parametrize(
    ("c", "p", "mixed", "success"), [(0.02, 0.090909, 0.293386, 0.042661), (0.05, 0.2, 0.366087, 0.115192)]
)
def test_v28_with_locked_money_one_signs_from_a_certain_belief_in_success_on(c, p, mixed, success):
    assert brentq(lambda belief: advantage(belief, 0.20, 1.0, c, 0.0, 0.0), 0, 1) == pytest.approx(p, abs=5e-7)

    def of_one_more(chance: float) -> float:
        return advantage(float(binom.sf(4, 9, chance)), 0.20, 1.0, c, 0.0, 0.0)

    chance = brentq(of_one_more, 1e-6, 1 - 1e-6, xtol=1e-12)
    assert chance == pytest.approx(mixed, abs=5e-7)
    assert binom.sf(5, 10, chance) == pytest.approx(success, abs=1e-6)


@pytest.mark.parametrize("belief", [1e-9, 0.01, 0.5, 1.0])
def test_v28_a_bonus_that_covers_the_cost_of_failure_makes_signing_dominant(belief):
    assert advantage(belief, 0.20, 1.0, max(0.0, 0.02 - 0.03), 0.0, 0.0) > 0.0


costs = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@often
@given(st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1), costs, st.floats(0, 1))
def test_the_advantage_lies_between_all_cost_and_all_gain_and_grows_with_belief(belief, gain, share, three, more):
    now = advantage(belief, gain, share, *three)
    assert -1.0 <= now <= 1.0
    if gain > 0.0 and belief > 0.0:
        assert advantage(min(1.0, belief + more), gain, share, *three) >= now - 1e-12
