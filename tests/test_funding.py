"""The lead's own funding (E8): what borrowed money pays, in closed forms, and how a falling market takes it away."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
import abm.analysis.story
from abm.core import draws
from abm.rules import funding
from abm.rules.failure import CAUSES
from tests.worlds import (
    CERTAIN,
    bits,
    borrowing_world,
    bound,
    consent,
    luck,
    paid,
    play,
    results,
    rich_world,
    thinker,
    told,
    world,
)

E8 = {"holdings_bn": 200.0, "net_debt_bn": 36.0}  # the example of the model basis
POUNDS = st.floats(0.1, 1_000.0)
LIMITS = st.floats(0.0, 0.9)

# --------------------------------------------------------------------------------------------------------------------
# The rule


def test_the_room_to_borrow_is_that_of_the_model_basis():
    assert funding.room_to_borrow(200.0, 36.0, 0.25) == pytest.approx(56 / 3, rel=1e-12)  # 18.67
    assert funding.room_to_borrow(200.0, 36.0, 0.35) == pytest.approx(680 / 13, rel=1e-12)  # 52.31


@given(POUNDS, st.floats(-100.0, 100.0), LIMITS)
def test_who_borrows_all_that_he_may_is_at_his_limit(holdings, debt, limit):
    room = funding.room_to_borrow(holdings, debt, limit)
    assert debt + room == pytest.approx(limit * (holdings + room), abs=1e-6)


@given(POUNDS, st.floats(-100.0, 100.0), LIMITS, st.floats(0.0, 50.0))
def test_what_he_sells_adds_just_that_to_what_he_can_pay(holdings, debt, limit, sold):
    after = funding.room_to_borrow(holdings - sold, debt - sold, limit)
    assert after == pytest.approx(funding.room_to_borrow(holdings, debt, limit) + sold, abs=1e-6)


def borrower(**numbers):
    """A record of somebody who borrows, as a population has it."""
    raw = world([bound("lead", 22.5, funding=E8 | numbers)])
    return abm.population.prepare(abm.scenario_from(raw)).borrowers[0]


def means(one, limit, move):
    return int(funding.can_pay_musd(one, limit, move))


@given(LIMITS, LIMITS, st.floats(-2.0, 2.0))
def test_a_lower_limit_never_raises_what_he_can_pay(one, other, move):
    low, high = sorted((one, other))
    who = borrower(sales_bn=3.0)
    assert means(who, low, move) <= means(who, high, move)


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(0.0, 3.0))
def test_a_falling_market_never_raises_what_he_can_pay(one, other, loading):
    low, high = sorted((one, other))
    who = borrower(holdings_loading=loading, sales_bn=3.0)
    assert means(who, 0.25, low) <= means(who, 0.25, high)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_more_debt_never_raises_what_he_can_pay(one, other):
    low, high = sorted((one, other))
    assert means(borrower(net_debt_bn=high), 0.25, -0.1) <= means(borrower(net_debt_bn=low), 0.25, -0.1)


def test_above_his_limit_he_first_pays_back_and_never_owes_a_ticket():
    who = borrower(sales_bn=10.0)
    # at half of the worth E = 100, S = 5: (0.25 x 100 - 36) / 0.75 + 5 < 0
    assert means(who, 0.25, math.log(0.5)) == 0


# --------------------------------------------------------------------------------------------------------------------
# Through the whole model, in both engines


def lead_pays(ticket=22.5, sections=None, days=14, gates=None, conditions=(), **numbers):
    """What a lead who has signed pays of his ticket [USD billion]: the readable engine, and the compiled one."""
    raw = world(
        [bound("lead", ticket, *conditions, role="lead", funding=E8 | numbers)],
        gates,
        days=days,
        sections=sections,
        target_bn=ticket,
    )
    readable, compiled = paid(raw).get("lead", 0.0), float(play(raw)["funded_bn"].iloc[0])
    assert readable == compiled
    return readable


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, 18.666),  # 56 / 3, in whole millions
        ({"loan_to_value": 0.35}, 22.5),  # 52.31 would be there
        ({"sales_bn": 2.0}, 20.666),
        ({"emergency_loan_to_value": 0.35, "emergency_probability": 1.0}, 22.5),
        ({"emergency_loan_to_value": 0.35}, 18.666),
        ({"cash_bn": 12.0, "minimum_cash_bn": 9.0}, 3.0),  # no credit beside 3 of spare cash
        ({"cash_bn": 12.0, "minimum_cash_bn": 9.0, "credit_bn": 6.5, "sales_bn": 1.0}, 10.5),
        ({"cash_bn": 8.0, "minimum_cash_bn": 9.0}, 0.0),
        ({"cash_bn": 50.0}, 18.666),  # cash is in net debt already: the limit binds
        ({"net_debt_bn": -100.0}, 22.5),
    ],
)
def test_a_lead_pays_what_the_formula_says(numbers, expected):
    assert lead_pays(**numbers) == expected


def fallen(mean):
    """A market that goes the way to a mean without noise, at the fastest rate there is."""
    return {"environment": {"sentiment_mean": mean, "sentiment_reversion_per_year": 20.0}}


@pytest.mark.parametrize("mean", [-0.6, -0.1, 0.4])
@pytest.mark.parametrize("loading", [0.0, 0.5, 1.0, 2.0])
def test_holdings_that_move_by_known_log_points_pay_exactly_so_much(mean, loading):
    # the consent comes within the third week, so the call is at its end: 21 days of exponential reversion
    move = mean * (1.0 - math.exp(-20.0 * 21 / 365))
    room = (0.25 * 200.0 * math.exp(loading * move) - 36.0) / 0.75
    expected = min(30.0, max(0.0, math.floor(room * 1000) / 1000))
    gates = [consent("court", CERTAIN, lag_days=15)]
    found = lead_pays(30.0, fallen(mean), 40, gates, ([{"gate": "court"}],), holdings_loading=loading)
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_lead_stops_paying_all_just_where_holdings_are_too_small_for_it():
    # 18 of E = 200, ND = 36 at 25 % need holdings of (18 x 0.75 + 36) / 0.25 = 198: a fall of ln(198 / 200)
    threshold = math.log(198.0 / 200.0) / (1.0 - math.exp(-20.0 * 7 / 365))
    assert lead_pays(18.0, fallen(0.999 * threshold), 7) == 18.0
    assert 17.9 < lead_pays(18.0, fallen(1.001 * threshold), 7) < 18.0


def test_what_lasts_of_shocks_stays_in_his_holdings_and_what_passes_goes_through_sentiment():
    shocks = {"competitor_jumps_per_year": 20.0, "jump_mean_log": -0.02, "jump_sd_log": 0.0}
    shocks |= {"jump_permanent_share": 0.25, "sentiment_reversion_per_year": 0.01}
    raw = world([bound("lead", 18.0, [{"gate": "never"}], funding=E8)], [consent("never", 0.0)], days=140)
    model = told(raw | {"environment": shocks})
    assert model.market.jumps > 3
    assert model.market.lasting == pytest.approx(-0.005 * model.market.jumps, rel=1e-12)
    held = model.market.sentiment + model.market.lasting
    room = (50.0 * math.exp(held) - 36.0) / 0.75
    assert model.investors[0].funds.can_pay_musd == math.floor(room * 1000)


def test_an_emergency_comes_with_its_chance_and_its_own_luck():
    numbers = {"emergency_loan_to_value": 0.35, "emergency_probability": 0.3}
    raw = world([bound("lead", 22.5, funding=E8 | numbers)], days=7, target_bn=22.5)
    found = play(raw, runs=500)["funded_bn"].to_numpy()
    assert np.array_equal(found, np.where(luck(draws.EMERGENCY, 0, 500) < 0.3, 22.5, 18.666))


def test_what_recovers_in_time_is_paid_in_full():
    # 50 e^m of room turns 20 into too much and back: the mood starts low and returns
    mood = {"environment": {"sentiment_start": 0.0, "sentiment_mean": 0.3, "sentiment_reversion_per_year": 20.0}}
    gates = [consent("court", CERTAIN, lag_days=30)]
    raw = world([bound("lead", 20.0, [{"gate": "court"}], funding=E8)], gates, days=60, target_bn=20.0, sections=mood)
    model = told(raw)
    assert model.closed
    assert model.investors[0].paid_musd == 20_000


def test_who_decides_by_the_rules_signs_for_no_more_than_he_can_fund():
    keen = thinker("lead", wealth_bn=500.0, max_ticket_bn=30.0, dry_powder_bn=30.0, sign_bias=-50.0)
    keen |= {"prior_mean_bn": 900.0, "sign_rate_per_week": 10.0}
    rich = told(world([keen | {"funding": E8 | {"loan_to_value": 0.6}}], days=70)).investors[0]
    poor = told(world([keen | {"funding": E8}], days=70)).investors[0]
    assert rich.paid_musd == 30_000
    assert poor.paid_musd == poor.funds.pledge_musd == 18_666


def test_who_waits_for_a_total_waits_for_what_can_be_paid():
    def book(**numbers):
        return world([bound("lead", 22.5, funding=E8 | numbers), bound("fund", 3.0, [{"total_bn": 25.0}])], days=14)

    assert paid(book()) == {"lead": 18.666}
    assert paid(book(loan_to_value=0.35)) == {"lead": 22.5, "fund": 3.0}


def test_a_round_that_misses_what_its_lead_cannot_fund_missed_it_for_want_of_settlement():
    raw = world([bound("lead", 22.5, funding=E8)], days=14, target_bn=22.5)
    model = told(raw)
    assert CAUSES[model.cause] == "settlement"
    assert play(raw)["cause"].iloc[0] == "settlement"
    assert any("could not fund 22.5" in event.why for event in model.trace)


# --------------------------------------------------------------------------------------------------------------------
# Off is as ever


def test_a_table_that_does_not_apply_is_as_if_it_were_not_there():
    raw, off = rich_world(), rich_world()
    off["investors"][0]["funding"] = E8 | {"applies": False, "net_debt_bn": {"value": 36.0, "low": 30.0, "high": 90.0}}
    plain, switched = abm.scenario_from(raw), abm.scenario_from(off)
    assert switched.digest == plain.digest
    assert switched.investors == plain.investors
    assert [bits(one) for one in results(switched, 3)] == [bits(one) for one in results(plain, 3)]


def test_who_could_borrow_without_end_moves_nothing_to_the_last_bit():
    ample = rich_world()
    for who in ample["investors"]:
        who["funding"] = {"holdings_bn": 90_000.0, "net_debt_bn": 0.0, "holdings_loading": 0.0}
    assert [bits(one) for one in results(ample, 12)] == [bits(one) for one in results(rich_world(), 12)]


def test_the_switch_of_the_flagship_is_off_and_says_so_once_turned():
    off = abm.load_scenario("openai-2025")
    assert off.investors[0].funding is None
    on = off.with_values({"investors.softbank.funding.applies": True})
    table = on.investors[0].funding
    assert funding.room_to_borrow(table.holdings_bn, table.net_debt_bn, table.loan_to_value) == pytest.approx(52 / 3)
    assert on.digest != off.digest


# --------------------------------------------------------------------------------------------------------------------
# What contradicts itself


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"net_debt_bn": 51.0}, "net_debt_bn: expected at most his loan_to_value of holdings_bn, 50: above it"),
        ({"emergency_loan_to_value": 0.2}, "emergency_loan_to_value: expected at least the loan_to_value of 0.25"),
        ({"emergency_probability": 0.2}, "emergency_loan_to_value: expected the limit of an emergency beside its"),
        ({"sales_bn": 201.0}, "sales_bn: expected at most the holdings of 200"),
        ({"credit_bn": 1.0}, "cash_bn: expected his cash beside credit_bn"),
        ({"minimum_cash_bn": 1.0}, "cash_bn: expected his cash beside minimum_cash_bn"),
        ({"loan_to_value": 1.0}, "loan_to_value: expected a number from 0 to 0.95"),
        ({"net_debt": 1.0}, "net_debt"),
    ],
)
def test_a_contradiction_gets_one_sentence(numbers, message):
    raw = world([bound("lead", 22.5, funding=E8 | numbers)])
    with pytest.raises(abm.ScenarioError, match=rf"investors\.lead\.funding\.{message}"):
        abm.scenario_from(raw)


def test_the_rich_world_of_borrowers_has_some_who_cannot_fund_all():
    models = [told(abm.scenario_from(borrowing_world()), run) for run in range(6)]
    assert any(event.what == "fell short" for model in models for event in model.trace)
    assert any(event.what == "recovered" for model in models for event in model.trace)


def test_the_story_says_that_a_lead_could_fund_no_more():
    raw = world([bound("lead", 22.5, funding=E8) | {"name": "The lead"}], days=14, target_bn=22.5)
    text = " ".join(abm.analysis.story.tell_story(abm.scenario_from(raw), seed=1, run=0).text().split())
    assert "The lead could fund no more of its ticket than USD 18.666 billion." in text
    assert "The lead paid USD 18.666 billion and could fund no more of what was signed." in text
