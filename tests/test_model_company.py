"""The company in the whole model: cash worked out by hand, and ruin against a recursion (V9, V9c, E1 to E5)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

import abm
from abm.core.draws import BURN, IPO_WINDOW, normal
from tests.oracles import agrees
from tests.worlds import NEVER, bound, consent, day, play, results, told, waits, world

# A burn of 3.65 a year is 10 million a day, 70 a week.
STEADY = {"cash_bn": 1.0, "net_burn_bn_per_year": 3.65}


def firm(weeks=40, money=None, gates=None, ipo=None, **company):
    """A company that burns 70 a week out of 1,000; ``money`` is paid in the first week."""
    investors = [bound("one", money or 5.0, *([] if money else [[{"gate": "no"}]]))]
    sections = {"company": STEADY | company} | ({"ipo": ipo} if ipo else {})
    gates = [consent("no", NEVER), *(gates or [])]
    return world(investors, gates, days=21, weeks=weeks, target_bn=money or 5.0, sections=sections)


def cash(raw, week):
    """Cash at the end of a week [USD million]."""
    return told(raw).cash_path[week - 1]


# --------------------------------------------------------------------------------------------------------------------
# Burn


def test_an_even_burn_uses_up_cash_on_the_day_that_division_gives():
    model = told(firm())
    assert model.cash_path[:3] == [930, 860, 790]
    assert model.company.default_day == pytest.approx(100.0, abs=1e-9)
    assert model.result().survived is False
    assert [(e.what, e.day) for e in model.trace if e.who == "company"] == [("defaulted", pytest.approx(100.0))]


def test_new_money_buys_the_time_that_it_pays_for():
    model = told(firm(money=0.7))
    assert model.cash_path[0] == 1_630
    assert model.company.default_day == pytest.approx(170.0, abs=1e-9)


def test_money_of_the_week_cures_the_bills_of_the_week():
    assert told(firm(weeks=10, money=0.7, cash_bn=0.01)).cash_path == [640 - 70 * week for week in range(10)]


def test_a_company_with_enough_cash_survives_the_horizon():
    model = told(firm(weeks=14))
    assert (model.result().survived, model.result().end_cash_musd, model.result().least_cash_musd) == (True, 20, 20)
    assert math.isnan(model.company.default_day)


def test_default_before_the_deadline_ends_the_round_with_cash_as_the_cause():
    raw = firm(net_burn_bn_per_year=36.5)
    result = told(raw | {"round": raw["round"] | {"deadline": day(100)}}).result()
    assert (result.cause, result.survived, result.default_day) == (1, False, pytest.approx(10.0))
    assert len(result.paid_path) == 2


PATH = [[day(0), 12.0], [day(157), 17.0], [day(522), 35.0]]


@pytest.mark.parametrize(("money", "days"), [(None, 402), (10.0, 568), (30.0, 776)])
def test_v9c_new_money_moves_the_day_on_which_cash_runs_out(money, days):
    """Burn of 12 a year until the end of 2025, 17 in 2026, 35 from 2027 on; cash of 16.579."""
    assert [str(step[0]) for step in PATH] == ["2025-07-28", "2026-01-01", "2027-01-01"]
    model = told(firm(weeks=120, money=money, cash_bn=16.579, net_burn_bn_per_year=PATH))
    assert abs(math.floor(model.company.default_day) - days) <= 1


def test_a_year_of_bills_rounded_every_week_is_the_year_of_the_plan():
    assert 20_000 - cash(firm(weeks=52, cash_bn=20.0, net_burn_bn_per_year=1.2345), 52) == round(1234.5 * 364 / 365)


# --------------------------------------------------------------------------------------------------------------------
# V9: ruin of a noisy burn, looked at once a week

WEEK = 7 / 365
RUNS = 1_000


def ruin_by_recursion(start, burn, sd, looks, years=WEEK, cells=4_000, top=30.0):
    """Chance that cash was below zero at one of the looks: the density of survivors, look by look, on a grid."""
    edges = np.linspace(0.0, top, cells + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    step, spread = burn * years, sd * math.sqrt(years)
    alive = norm.cdf(edges, start - step, spread)
    mass = np.diff(alive)
    width = middle[1] - middle[0]
    reach = math.ceil(8 * spread / width)
    offsets = np.arange(-reach, reach + 1) * width
    kernel = np.diff(norm.cdf(np.append(offsets - width / 2, offsets[-1] + width / 2), -step, spread))
    for _ in range(looks - 1):
        mass = np.convolve(mass, kernel)[reach : reach + cells]
    return 1.0 - mass.sum()


@pytest.fixture(scope="module")
def gamblers():
    """Runs of a company with cash of 90, burn of 100 a year and noise of 30, looked at for a year."""
    raw = firm(weeks=52, cash_bn=90.0, net_burn_bn_per_year=100.0, burn_volatility_bn=30.0)
    return results(raw, RUNS)


def test_v9_our_own_recursion_gives_the_published_values():
    assert ruin_by_recursion(9.0, 10.0, 3.0, 52, 1 / 52) == pytest.approx(0.663802, abs=5e-6)
    assert ruin_by_recursion(9.0, 10.0, 3.0, 26, 1 / 52) == pytest.approx(0.032807, abs=5e-6)


@pytest.mark.statistical
@pytest.mark.parametrize("weeks", [26, 39, 52])
def test_v9_a_noisy_burn_ruins_the_company_as_often_as_the_recursion_says(gamblers, weeks):
    ruined = sum(result.default_day <= 7 * weeks for result in gamblers)
    assert agrees(ruined, RUNS, ruin_by_recursion(9.0, 10.0, 3.0, weeks))


def test_v9_every_run_follows_the_path_that_its_luck_draws(gamblers):
    for result in gamblers[:100]:
        luck = np.array([normal(1, result.run, 0, week, BURN, 0) for week in range(1, 53)])
        path = 90_000 - np.cumsum(100_000 * WEEK + 30_000 * math.sqrt(WEEK) * luck)
        ruined = int(np.argmax(path < 0)) + 1 if (path < 0).any() else 52
        assert len(result.cash_path) == ruined
        assert result.cash_path == pytest.approx(path[:ruined], abs=0.51)


# --------------------------------------------------------------------------------------------------------------------
# Levers


def test_a_bridge_carries_the_company_as_far_as_its_limit_reaches():
    """1,700 pay 24 whole weeks of 70; the 25th cannot be paid."""
    levers = {"bridge_limit_bn": 0.7, "bridge_rate_per_year": 0.0}
    model = told(firm(levers=levers))
    assert 168.0 <= model.company.default_day <= 175.0
    assert model.cash_path[14:24] == [0] * 10
    assert told(firm(levers=levers | {"bridge_probability": 0.0})).company.default_day == pytest.approx(100.0)


def test_new_money_repays_the_bridge():
    """Bills of 400 a week: 100 are drawn in the second week, and repaid out of the 5,000 of the third."""
    raw = firm(weeks=4, gates=[consent("late", lag_days=14)], cash_bn=0.7, levers={"bridge_limit_bn": 0.5})
    raw["company"]["net_burn_bn_per_year"] = 400 * 365 / 7 / 1000
    raw["company"]["levers"]["bridge_rate_per_year"] = 0.0
    raw["investors"] = [bound("one", 5.0, [{"gate": "late"}])]
    model = told(raw)
    assert model.cash_path == [300, 0, 4_500, 4_100]
    assert (model.company.bridge_musd, model.result().least_cash_musd) == (0, 0)


def test_interest_on_the_bridge_is_paid_week_by_week():
    """Cash of 0 and a burn of 70: at 52.142857 % a year the bridge costs 1 % a week."""
    levers = {"bridge_limit_bn": 5.0, "bridge_rate_per_year": 365 / 700}
    model = told(firm(weeks=3, cash_bn=0.0, levers=levers))
    assert model.company.bridge_musd == 70 + (70 + 1) + (70 + 1) + 0  # 0.7 and 1.407 round to 1 and 1, carrying 0.107


def deferred(**levers):
    """A contract of 3.65 a year that may wait entirely, and no other bill."""
    contract = {"id": "c", "creditor": "C", "from": day(0), "bn_per_year": 3.65, "deferrable_share": 1.0}
    return {"obligations": [contract], "net_burn_bn_per_year": 0.0, "levers": {"vendor_rate_per_year": 0.0} | levers}


def test_suppliers_wait_up_to_their_limit():
    """1,000 of cash and 350 of credit pay 19 weeks of 70; in the 20th nobody waits any more."""
    model = told(firm(**deferred(vendor_limit_bn=0.35)))
    assert 133.0 <= model.company.default_day <= 140.0
    assert told(firm(**deferred())).company.default_day == pytest.approx(100.0)


def test_cash_is_kept_at_its_minimum_while_suppliers_wait():
    path = told(firm(weeks=17, minimum_cash_bn=0.3, **deferred(vendor_limit_bn=0.5))).cash_path
    assert path[:11] == [1000 - 70 * week for week in range(1, 11)] + [300]
    assert path[11:17] == [300] * 6
    assert cash(firm(weeks=18, minimum_cash_bn=0.3, **deferred(vendor_limit_bn=0.5)), 18) == 1000 - 18 * 70 + 500


def test_a_contract_costs_money_within_its_dates_only_and_not_what_the_plan_contains_already():
    """From day 14 to day 35, half of 3.65 a year: 35 a week for three weeks."""
    contract = {"id": "c", "creditor": "C", "from": day(14), "until": day(35), "bn_per_year": 3.65}
    raw = firm(weeks=7, net_burn_bn_per_year=0.0, obligations=[contract | {"in_burn_share": 0.5}])
    assert told(raw).cash_path == [1000, 1000, 965, 930, 895, 895, 895]


def test_costs_are_cut_while_the_runway_is_short_and_never_by_more_than_the_most():
    """Burn of 100 a week falls by a tenth a week to 70; the runway is always shorter than five years."""
    levers = {"cut": True, "runway_trigger_years": 5, "cut_per_week": 0.1, "cut_max": 0.3}
    raw = firm(weeks=6, net_burn_bn_per_year=100 * 365 / 7 / 1000, levers=levers)
    assert told(raw).cash_path == [900, 810, 730, 660, 590, 520]
    assert cash(firm(weeks=6, net_burn_bn_per_year=100 * 365 / 7 / 1000), 6) == 400


def test_costs_are_not_cut_before_the_runway_is_short():
    """At 70 a week 0.2 years are 730: the cut starts in the week after cash has fallen below that."""
    levers = {"cut": True, "runway_trigger_years": 0.2, "cut_per_week": 0.5, "cut_max": 0.5}
    assert told(firm(weeks=7, levers=levers)).cash_path == [930, 860, 790, 720, 650, 615, 580]


# --------------------------------------------------------------------------------------------------------------------
# Claims, later rounds, a listing


def claim(**more):
    return firm(weeks=8, net_burn_bn_per_year=0.0, claims=[{"id": "n", "holder": "H", "on": day(30)} | more])


def test_a_claim_is_asked_back_on_its_date_unless_the_consent_is_in_force():
    assert told(claim(amount_bn=0.5)).cash_path == [1000] * 4 + [500] * 4
    assert cash(claim(amount_bn=0.5, exercise_share=0.4), 8) == 800
    assert cash(claim(amount_bn=0.5, unless_gate="no"), 8) == 500
    agreed = claim(amount_bn=0.5, unless_gate="yes")
    agreed["gatekeepers"] += [consent("yes", lag_days=20)]
    assert cash(agreed, 8) == 1000
    agreed["gatekeepers"][-1]["lag_days"] = 36
    assert cash(agreed, 8) == 500
    assert told(claim(amount_bn=1.5)).company.default_day == pytest.approx(28 + 7 * 1000 / 1500)


@pytest.mark.parametrize("on", [day(0), day(-5)])
def test_a_claim_that_no_week_will_see_is_refused(on):
    with pytest.raises(abm.ScenarioError, match="notes"):
        told(claim(id="notes", on=on, amount_bn=0.5))


@pytest.mark.parametrize(("closes", "money"), [(True, 2.0), (False, None)])
@pytest.mark.parametrize(("if_closed", "if_not"), [(1.0, 0.0), (0.0, 1.0)])
def test_later_money_depends_on_whether_this_round_reached_its_target(closes, money, if_closed, if_not):
    later = {"id": "l", "on": day(40), "amount_bn": 3.0}
    later |= {"probability_if_closed": if_closed, "probability_if_not": if_not}
    model = told(firm(weeks=8, money=money, net_burn_bn_per_year=0.0, later_rounds=[later]))
    start = 1000 + (2_000 if closes else 0)
    comes = 3_000 if (if_closed if closes else if_not) else 0
    assert model.cash_path[4:] == [start, start + comes, start + comes, start + comes]


def listing(weeks=30, gates=None, sentiment=0.0, **ipo):
    ipo = {"raise_bn": 4.0, "earliest": day(50), "filing_per_year": 50, "withdrawal_probability": 0.0} | ipo
    raw = firm(weeks=weeks, net_burn_bn_per_year=0.0, gates=gates, ipo={"lead_weeks": 10} | ipo)
    return raw | {"environment": {"sentiment_start": sentiment, "sentiment_mean": sentiment}}


def test_a_listing_is_filed_on_its_exact_day_and_brings_its_money_after_the_lead_time():
    for run in range(20):
        model = told(listing(), run=run)
        filed = 50 + float(waits(IPO_WINDOW, 0, run + 1)[run]) * 365 / 50
        listed = (math.ceil(filed / 7) + 10) * 7
        assert [e.day for e in model.trace if e.who == "company"] == pytest.approx([filed, listed], abs=1e-9)
        assert model.cash_path[listed // 7 - 2 : listed // 7] == [1_000, 5_000]
        assert model.company.listed


@pytest.mark.parametrize(
    ("ipo", "listed"),
    [
        ({}, True),
        ({"withdrawal_probability": 1.0}, False),
        ({"minimum_sentiment": 0.01}, False),
        ({"minimum_sentiment": 0.0}, True),
        ({"requires": ["no"]}, False),
        ({"requires": ["yes"]}, True),
        ({"veto_holder": "M", "veto_probability": 1.0}, False),
        ({"veto_holder": "M", "veto_probability": 0.0}, True),
        ({"veto_holder": "M", "veto_probability": 1.0, "veto_lapses_with": "no"}, False),
        ({"veto_holder": "M", "veto_probability": 1.0, "veto_lapses_with": "yes"}, True),
        ({"filing_per_year": 0}, False),
        ({"lead_weeks": 30}, False),
    ],
)
def test_a_listing_needs_its_consents_an_open_window_time_and_no_veto(ipo, listed):
    model = told(listing(gates=[consent("yes")], **ipo))
    assert (model.company.listed, model.company.cash_musd) == (listed, 5_000 if listed else 1_000)


# --------------------------------------------------------------------------------------------------------------------
# Revenue, talent


def test_revenue_that_falls_behind_its_plan_adds_to_the_burn():
    """A steady loss of talent of 0.365 a year takes 0.7 % a week off a revenue of 70 a week."""
    raw = firm(weeks=4, net_burn_bn_per_year=0.0, revenue_bn_per_year=3.65)
    raw["environment"] = {"excess_attrition_per_year": 0.365, "talent_effect": 1.0}
    missing = np.cumsum([70 * (1 - math.exp(-0.007 * week)) for week in range(1, 5)])
    assert told(raw).cash_path == pytest.approx(1000 - missing, abs=0.51)


def test_growth_of_planned_revenue_makes_the_same_gap_dearer():
    raw = firm(weeks=4, net_burn_bn_per_year=0.0, revenue_bn_per_year=3.65, revenue_growth_per_year=3.65)
    raw["environment"] = {"excess_attrition_per_year": 0.365}
    missing = np.cumsum([70 * math.exp(0.07 * week) * (1 - math.exp(-0.007 * week)) for week in range(1, 5)])
    assert told(raw).cash_path == pytest.approx(1000 - missing, abs=0.51)


def test_the_round_of_a_company_that_is_not_told_is_the_same():
    raw = firm(weeks=4, money=2.0)
    alone = {key: value for key, value in raw.items() if key != "company"}
    frame = play(alone)
    assert (frame["funded_bn"].item(), frame["survived"].isna().item()) == (2.0, True)
