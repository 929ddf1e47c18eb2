"""The company: burn, runway, ruin, and the order of payments (verification cases V9, V9b, V9c)."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from abm.core.draws import BURN, normal, uniform
from abm.core.jit import rule
from abm.rules.company import (
    burn_musd,
    carried_over,
    cut_after,
    path_between,
    runway_years,
    span_between,
    weekly_noise,
    whole,
)
from abm.rules.liquidity import default_day, defaulted, waterfall
from abm.rules.sums import add
from tests.oracles import agrees

often = settings(deadline=None, max_examples=300)
RUNS = 200_000

# --------------------------------------------------------------------------------------------------------------------
# V9: ruin, looked at once a week


@rule
def ruins(counts, cash_musd, burn_per_year, noise_per_root_year, looks, runs):
    """Count ruins within half a year and within a year, if one looks so many times a year."""
    for run in range(runs):
        cash, carried = cash_musd, 0.0
        for look in range(looks):
            luck = normal(9, run, 0, look, BURN, 0)
            noise = noise_per_root_year * math.sqrt(1.0 / looks)
            burn = burn_musd(burn_per_year / looks, 0.0, 0.0, 0.0, noise, luck)
            due = whole(burn, carried)
            carried = carried_over(burn, carried, due)
            cash = waterfall(cash, due, 0, 0, 0, 0, 0, 0).cash_musd
            if defaulted(cash):
                counts[0] += 2 * look < looks
                counts[1] += 1
                break


def first_passage(cash: float, burn: float, sd: float, years: float) -> float:
    """Chance that a Brownian cash balance has touched zero: the inverse Gaussian law (E2)."""
    root = sd * math.sqrt(years)
    echo = math.exp(2 * burn * cash / sd**2) * norm.cdf(-(burn * years + cash) / root)
    return float(norm.cdf((burn * years - cash) / root) + echo)


@pytest.mark.parametrize(("years", "expected"), [(0.5, 0.039670), (0.75, 0.333794), (1.0, 0.688759)])
def test_v9_the_oracle_of_continuous_ruin_has_the_published_values(years, expected):
    assert first_passage(9.0, 10.0, 3.0, years) == pytest.approx(expected, abs=5e-7)


@pytest.mark.statistical
def test_v9_a_company_looked_at_weekly_is_ruined_as_often_as_the_density_recursion_says():
    """Cash of 9 and burn of 10 a year, in units of USD 1,000 billion so that whole millions do not matter."""
    counts = np.zeros(2, np.int64)
    ruins(counts, 9_000_000, 10e6, 3e6, 52, RUNS)
    assert agrees(counts[0], RUNS, 0.032807)
    assert agrees(counts[1], RUNS, 0.663802)
    assert not agrees(counts[1], RUNS, 0.688759)  # looked at without a break


@pytest.mark.statistical
def test_v9_looking_eight_times_a_week_comes_nearer_to_the_inverse_gaussian_law():
    counts = np.zeros(2, np.int64)
    ruins(counts, 9_000_000, 10e6, 3e6, 8 * 52, 100_000)
    assert 0.663802 < counts[1] / 100_000 < 0.688759
    assert 0.032807 < counts[0] / 100_000 < 0.039670
    assert not agrees(counts[1], 100_000, 0.663802)


@rule
def gamblers(runs):
    """Count ruins of one who has 5, wins 1 with probability 0.48 or loses 1, and stops at 0 or 15."""
    count = 0
    for run in range(runs):
        cash, step = 5, 0
        while 0 < cash < 15:
            cash = add(cash, 1 if uniform(9, run, 0, step, BURN, 0) < 0.48 else -1)
            step += 1
        count += defaulted(waterfall(cash, 1, 0, 0, 0, 0, 0, 0).cash_musd)
    return count


@pytest.mark.statistical
def test_v9b_the_gambler_wins_fifteen_before_he_is_ruined_as_often_as_the_formula_says():
    odds = 0.52 / 0.48
    assert (1 - odds**5) / (1 - odds**15) == pytest.approx(0.211926, abs=5e-7)
    assert agrees(RUNS - gamblers(RUNS), RUNS, 0.211926)


# --------------------------------------------------------------------------------------------------------------------
# V9c: the flagship's cash, without luck

AS_OF = dt.date(2025, 7, 28)
BURN_DAYS = np.array([0.0, (dt.date(2026, 1, 1) - AS_OF).days, (dt.date(2027, 1, 1) - AS_OF).days])
BURN_RATES = np.array([12_000.0, 17_000.0, 35_000.0])


def cash_out_day(cash_musd: int) -> float:
    """Day on which cash is gone, bills paid every week as the company does."""
    carried, day = 0.0, 0.0
    while True:
        burn = burn_musd(path_between(BURN_DAYS, BURN_RATES, day, day + 7.0), 0.0, 0.0, 0.0, 0.0, 0.0)
        due = whole(burn, carried)
        carried = carried_over(burn, carried, due)
        left = waterfall(cash_musd, due, 0, 0, 0, 0, 0, 0).cash_musd
        if defaulted(left):
            return default_day(cash_musd, left, day, day + 7.0)
        cash_musd, day = left, day + 7.0


@pytest.mark.parametrize(
    ("money_bn", "days", "date"),
    [(0, 402, dt.date(2026, 9, 3)), (10, 568, dt.date(2027, 2, 16)), (30, 776, dt.date(2027, 9, 12))],
)
def test_v9c_new_money_moves_the_day_on_which_cash_runs_out(money_bn, days, date):
    cash = 17_500 - 12_000 * 28 / 365
    assert cash == pytest.approx(16_579, abs=0.5)
    day = cash_out_day(round(cash) + 1_000 * money_bn)
    assert math.floor(day) == days
    assert AS_OF + dt.timedelta(days=math.floor(day)) == date


@often
@given(st.lists(st.floats(0.0, 900.0), min_size=2, max_size=6))
def test_what_a_path_costs_does_not_depend_on_how_its_time_is_cut(days):
    edges = [0.0, *sorted(days), 900.0]
    parts = [path_between(BURN_DAYS, BURN_RATES, *span) for span in itertools.pairwise(edges)]
    assert sum(parts) == pytest.approx(path_between(BURN_DAYS, BURN_RATES, 0.0, 900.0), rel=1e-9)


@often
@given(st.lists(st.floats(-500.0, 500.0), min_size=1, max_size=60))
def test_rounding_to_whole_millions_never_adds_up(bills):
    carried, paid = 0.0, 0
    for bill in bills:
        due = whole(bill, carried)
        carried = carried_over(bill, carried, due)
        paid += due
        assert abs(carried) <= 0.5 + 1e-9
    assert paid + carried == pytest.approx(sum(bills), abs=1e-6)


def test_the_noise_of_the_weeks_of_a_year_adds_up_to_the_yearly_one():
    assert weekly_noise(3.0) * math.sqrt(365.0 / 7.0) == pytest.approx(3_000.0, rel=1e-9)


def test_an_obligation_counts_only_within_its_dates():
    assert span_between(100.0, 200.0, 0.0, 99.0) == 0.0
    assert span_between(100.0, 200.0, 0.0, 365.0) == pytest.approx(100 / 365, rel=1e-12)
    assert span_between(100.0, math.inf, 150.0, 157.0) == pytest.approx(7 / 365, rel=1e-12)


def test_a_company_that_cuts_stops_at_its_most_and_never_cuts_a_surplus():
    cut = 0.0
    for _ in range(40):
        cut = cut_after(cut, runway_years(1_000, 100.0), 0.75, 0.02, 0.30)
    assert cut == pytest.approx(0.30)
    assert burn_musd(100.0, cut, 0.0, 0.0, 0.0, 0.0) == pytest.approx(70.0)
    assert burn_musd(-100.0, cut, 0.0, 0.0, 0.0, 0.0) == -100.0


# --------------------------------------------------------------------------------------------------------------------
# The waterfall (E4)

amounts = st.integers(0, 10_000)
bills = st.tuples(*[amounts] * 8)


@often
@given(bills)
def test_the_waterfall_neither_makes_nor_loses_money(case):
    cash, firm, deferrable, minimum, vendor, vendor_limit, bridge, bridge_limit = case
    after = waterfall(*case)
    borrowed = (after.vendor_musd - vendor) + (after.bridge_musd - bridge)
    assert after.cash_musd == cash - firm - deferrable + borrowed
    assert 0 <= after.vendor_musd <= max(vendor, vendor_limit)
    assert 0 <= after.bridge_musd <= max(bridge, bridge_limit)
    assert minimum >= 0


@often
@given(bills)
def test_a_company_defaults_only_if_suppliers_and_lenders_give_no_more(case):
    _, _, deferrable, _, vendor, vendor_limit, bridge, bridge_limit = case
    after = waterfall(*case)
    if defaulted(after.cash_musd):
        assert after.bridge_musd == max(bridge, bridge_limit)
        assert after.vendor_musd == vendor + min(deferrable, max(0, vendor_limit - vendor))


@often
@given(bills)
def test_debts_are_repaid_from_cash_above_the_minimum_suppliers_first(case):
    minimum, bridge = case[3], case[6]
    after = waterfall(*case)
    if after.cash_musd > minimum:
        assert (after.vendor_musd, after.bridge_musd) == (0, 0)
    if after.bridge_musd < bridge:
        assert after.vendor_musd == 0


@often
@given(bills, st.integers(0, 5_000))
def test_more_cash_never_leaves_less_cash_or_more_debt(case, more):
    richer = waterfall(case[0] + more, *case[1:])
    poorer = waterfall(*case)
    assert richer.cash_musd >= poorer.cash_musd
    assert richer.vendor_musd + richer.bridge_musd <= poorer.vendor_musd + poorer.bridge_musd


@often
@given(st.integers(0, 10_000), st.integers(1, 20_000), st.floats(0.0, 700.0))
def test_cash_runs_out_on_the_day_on_which_an_even_outflow_has_used_it_up(cash, outflow, day0):
    day = default_day(cash, cash - outflow, day0, day0 + 7.0)
    assert day0 <= day <= day0 + 7.0
    if outflow >= cash:
        assert (day - day0) / 7.0 * outflow == pytest.approx(cash, abs=1e-6 * outflow)
