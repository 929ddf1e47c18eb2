"""Money: amounts from a thousand dollars to trillions are what the file says, to the unit it needs."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
from abm.population import prepare
from abm.rules.allocation import part_of, split
from abm.rules.settlement import SHARES_BEFORE, shares_for, worth_musd
from abm.scenario import scenario_from
from abm.scenario.money import units_for

TRIALS = Path(__file__).parent / "trials"
ENGINES = ("ensemble", "mesa")


def trial(name: str) -> abm.Scenario:
    return abm.load_scenario(TRIALS / f"{name}.toml")


# --------------------------------------------------------------------------------------------------------------------
# Rounds of less than a million


@pytest.mark.parametrize("engine", ENGINES)
def test_two_tickets_of_which_each_alone_is_too_little(engine):
    """1.5 and 1.5 million against 2.5: both must sign, which each does with 80 %."""
    runs = 4000 if engine == "ensemble" else 300
    found = abm.simulate(trial("two_tickets_needed"), runs, seed=3, engine=engine, workers=1)
    assert abs(found.probability("closed").p - 0.64) < 4.4 * math.sqrt(0.64 * 0.36 / runs)  # one in 100,000
    assert set(found.to_frame()["funded_bn"]) <= {0.0, 0.0015, 0.0025}


@pytest.mark.parametrize("engine", ENGINES)
def test_tickets_that_fill_the_target_to_the_cent(engine):
    found = abm.simulate(trial("tickets_fill_the_target"), 100, engine=engine, workers=1).to_frame()
    assert found["closed"].all()
    assert set(found["funded_bn"]) == {0.0075}
    assert (set(found["paid_bn.a"]), set(found["paid_bn.b"])) == ({0.0034}, {0.0041})


@pytest.mark.parametrize("engine", ENGINES)
def test_an_angel_round(engine):
    """The lead's 250,000 and an angel's 20,000 never come to the first closing of 400,000."""
    found = abm.simulate(trial("angel_round"), 100, engine=engine, workers=1)
    assert found.probability("closed").p == 0
    enough = trial("angel_round").with_values({"round.target_bn": 0.00025, "round.minimum_close_bn": 0.00025})
    paid = abm.simulate(enough, 100, engine=engine, workers=1).to_frame()
    assert paid["closed"].all()
    assert set(paid["paid_bn.lead"]) == {0.00025}
    assert set(paid["paid_bn.angel"]) == {0.0, 0.00002}


def _shrunk(node, factor: Fraction):
    """Tables of a file with every amount times a factor."""
    if isinstance(node, list):
        return [_shrunk(item, factor) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _times(value, factor) if key.endswith(("_bn", "bn_per_year")) else _shrunk(value, factor)
        for key, value in node.items()
    }


def _times(value, factor: Fraction):
    if isinstance(value, dict):
        return {k: _times(v, factor) if isinstance(v, (int, float)) else v for k, v in value.items()}
    if isinstance(value, list):
        return [
            [step[0], _times(step[1], factor)] if isinstance(step, list) else _times(step, factor) for step in value
        ]
    return float(Fraction(str(value)) * factor)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("power", [3, 5])
def test_a_round_in_small_is_the_round_in_large(engine, power):
    """No rule knows what money is counted in: a thousandth of every amount is a thousandth of the round."""
    raw = tomllib.loads((TRIALS / "in_dollars.toml").read_text("utf-8"))
    large = scenario_from(raw)
    small = scenario_from(_shrunk(raw, Fraction(1, 10**power)))
    assert small.round.target_bn == pytest.approx(8 / 10**power)
    runs = 200 if engine == "ensemble" else 60
    one, other = (abm.simulate(s, runs, seed=7, engine=engine, workers=1).to_frame() for s in (large, small))
    assert 0 < one["closed"].mean() < 1
    for column in one:
        if one[column].dtype == float:
            scale = 10**power if "_bn" in column else 1
            np.testing.assert_allclose(other[column] * scale, one[column], rtol=1e-9, err_msg=column)
        else:
            assert one[column].equals(other[column]), column


def test_engines_agree_on_small_rounds():
    for name in ("two_tickets_needed", "angel_round"):
        one, other = (abm.simulate(trial(name), 60, engine=engine, workers=1).to_frame() for engine in ENGINES)
        assert one.equals(other)


@pytest.mark.parametrize("round_usd", [10_000, 750_000, 7_500_000, 1_234_567_891, 3_000_000_000_000])
def test_money_paid_is_money_received_to_the_dollar(round_usd):
    """Three tickets, twice as much as there is room for: what is cut back adds up to the target, to the unit."""
    thirds = [round_usd // 3 * 2, round_usd // 2, round_usd - round_usd // 7]
    raw = {
        "format": 1, "id": "cut", "title": "Cut back", "as_of": abm.load_scenario("three-investors").as_of,
        "round": {"target_bn": round_usd / 1e9, "pre_money_bn": 4 * round_usd / 1e9, "close_when": "deadline",
                  "deadline": abm.load_scenario("three-investors").round.deadline},
        "investors": [
            {"id": f"i{k}", "kind": "venture", "ticket_bn": usd / 1e9, "signed_at_start": True}
            for k, usd in enumerate(thirds)
        ],
    }  # fmt: skip
    paid = abm.simulate(scenario_from(raw), 1, workers=1).to_frame().iloc[0]
    dollars = [round(paid[f"paid_bn.i{k}"] * 1e9) for k in range(3)]
    assert (sum(dollars), round(paid["funded_bn"] * 1e9)) == (round_usd, round_usd)
    for got, ticket in zip(dollars, thirds, strict=True):  # pro rata, to a hundredth of the round
        assert abs(got - Fraction(ticket * round_usd, sum(thirds))) <= max(1, round_usd / 100)


def test_a_book_of_small_commitments():
    book = [{"id": "a", "ticket_bn": 0.0034}, {"id": "b", "ticket_bn": 0.0041, "conditions": [[{"total_bn": 0.0075}]]}]
    closing = abm.close_book(book)
    assert (closing.closers, closing.allocated_bn) == (("a", "b"), {"a": 0.0034, "b": 0.0041})
    cut = abm.close_book(book, cap_bn=0.0075001)
    assert cut.total_bn == 0.0075
    assert abm.close_book(book, cap_bn=0.005).closers == ("a",)


# --------------------------------------------------------------------------------------------------------------------
# The unit


@pytest.mark.parametrize(
    ("amounts", "target", "units"),
    [
        ([40.0, 22.5, 0.001], math.inf, 1_000),  # whole millions
        ([0.0034, 0.0041], math.inf, 10_000),  # a hundred thousand
        ([0.00002, 0.0004], math.inf, 100_000),  # ten thousand
        ([8.0], 8.0, 1_000),
        ([0.05], 0.05, 10_000),  # 50 million: at most half a million a unit
        ([0.1 + 0.2], math.inf, 1_000),  # 0.30000000000000004
        ([1.234567891], math.inf, 1_000_000_000),
        ([0.0000000014], math.inf, 1_000_000_000),  # a dollar and forty cents is a dollar
        ([9_000.0, 0.000000001], math.inf, 100_000_000),  # no more units than the money of a million runs has room for
    ],
)
def test_units(amounts, target, units):
    assert units_for(amounts, target) == units


def test_packaged_scenarios_are_counted_in_millions_and_the_campaign_in_dollars():
    for name in set(abm.packaged()) - {"crowd-campaign"}:
        assert prepare(abm.load_scenario(name)).units_per_bn == 1_000
    assert prepare(abm.load_scenario("crowd-campaign")).units_per_bn == 10**9


@given(st.integers(1, 10**13), st.integers(0, 10**13), st.integers(1, 10**13))
def test_parts_of_large_amounts_are_exact(amount, weight, total):
    weight = min(weight, total)
    assert part_of(amount, weight, total) == divmod(amount * weight, total)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.integers(0, 10**12))
def test_splits_of_large_amounts_add_up(weights, amount):
    parts = split(amount, np.array(weights, np.int64)).tolist()
    assert sum(parts) == (amount if any(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert not any(weights) or abs(part - Fraction(amount * weight, sum(weights))) < 1


@given(st.integers(0, 10**13), st.integers(10**6, 10**13))
def test_shares_of_large_amounts_are_rounded_to_the_nearest(money, price):
    if money <= 100 * price:
        assert shares_for(money, price) == (money * SHARES_BEFORE + price // 2) // price
        assert worth_musd(shares_for(money, price), price) == pytest.approx(money, abs=price / SHARES_BEFORE + 1)
