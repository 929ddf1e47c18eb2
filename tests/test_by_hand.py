"""By hand: rules worked out on paper, where a sign, a side or an order could stand the other way round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from abm.core import draws
from abm.core.records import NEWS, OFFER, TRAITS
from abm.population import prepare
from abm.population.contracts import new_record
from abm.rules.allocation import rights
from abm.rules.book import expected_musd, rung_after
from abm.rules.clauses import AS_IT_IS, GRANTS, satisfied
from abm.rules.closing import counterfactual_money
from abm.rules.conditions import CONDITIONS
from abm.rules.decision import PRICE, TOO_SMALL, WILLING, appraise, hear, premium_of
from abm.rules.environment import gathered_spread, kept_share
from abm.rules.eventual import still_to_come
from abm.rules.gatekeepers import crossing_day
from abm.scenario import scenario_from
from tests.oracles import Problem, posed
from tests.worlds import bound, world

# --------------------------------------------------------------------------------------------------------------------
# The price ladder


@pytest.mark.parametrize(
    ("pace", "rung"),
    [(0.4, 0), (0.2, 0), (0.0, 0), (-0.2, 0), (-0.25, 0), (-0.26, 1), (-0.9, 1)],
    ids=["far ahead", "a little ahead", "on time", "a little late", "as late as is borne", "later", "far too late"],
)
def test_the_price_is_cut_only_where_the_book_is_later_than_is_borne(pace, rung):
    assert rung_after(0, 3, pace, 0.25, 5, 4) == rung


@pytest.mark.parametrize(("waited", "rung"), [(3, 0), (4, 1)])
def test_the_price_is_cut_no_sooner_than_the_wait_between_two_cuts(waited, rung):
    assert rung_after(0, 3, -0.5, 0.25, waited, 4) == rung


@pytest.mark.parametrize(("rung", "after"), [(0, 1), (1, 2), (2, 2)])
def test_below_the_last_rung_there_is_none(rung, after):
    assert rung_after(rung, 3, -0.5, 0.25, 5, 4) == after


# --------------------------------------------------------------------------------------------------------------------
# Rights and conditions


def test_a_stake_is_a_share_of_all_that_the_company_is_worth_after_the_money():
    """Pre-money 100, 20 before as_of, 10 since, room for 30: a quarter of 160 is 40."""
    problem = Problem({"a": 50, "b": 90}, {"b": [[{"min_own_share": 0.25}]]}, pre_money=100, already_closed=20)
    signed, _, contracts, book = posed(problem)
    assert rights(signed, contracts, book, np.zeros(2), 10, 30).tolist() == [0, 40]


def test_of_a_stake_and_a_pro_rata_right_the_larger_counts_and_neither_beyond_the_ticket():
    problem = Problem({"a": 50, "b": 90}, {"b": [[{"min_own_share": 0.25}]]}, pre_money=100)
    signed, _, contracts, book = posed(problem)
    assert rights(signed, contracts, book, np.array([0.5, 0.5]), 0, 60).tolist() == [30, 40]  # a quarter of 160
    assert rights(signed, contracts, book, np.array([0.5, 0.5]), 0, 120).tolist() == [50, 60]  # half of 120; a ticket


@pytest.mark.parametrize(
    ("own", "total", "holds"), [(True, 7, True), (True, 8, False), (False, 4, True), (False, 5, False)]
)
@pytest.mark.parametrize("inside", [True, False])
def test_a_total_counts_his_own_ticket_once_or_not_at_all(own, total, holds, inside):
    """A brings 4 and B, who asks, 3: whether B is in the set already or not, it is 7 with his own, and 4 without."""
    problem = Problem({"a": 4, "b": 3}, {"b": [[{"total_bn": total / 1000, "count_own": own}]]})
    _, _, contracts, book = posed(problem)
    book.inside[:] = [True, inside]
    book.totals[0] = 7 if inside else 4
    assert satisfied(1, contracts, book) == holds


#: One clause each that asks for what is not there, by the cause that it stands for.
REFUSED = {
    "gate": {"gate": "law"},
    "price": {"max_pre_money_bn": 0.050},
    "market": {"min_sentiment": 0.5},
    "stake": {"max_own_share": 0.01},
    "rival": {"without": "a"},
}


@pytest.mark.parametrize("granted", GRANTS)
@pytest.mark.parametrize("cause", REFUSED)
def test_what_is_granted_is_granted_and_nothing_else(cause, granted):
    """A counterfactual takes one kind of condition for granted, before it asks whether it holds."""
    problem = Problem(
        {"a": 10, "b": 20}, {"b": [[REFUSED[cause]]]}, gates={"law": math.inf}, pre_money=100, sentiment=0.0
    )
    signed, paid, contracts, book = posed(problem)
    for bit, expected in ((AS_IT_IS, 10), (1 << GRANTS.index(granted), 30 if granted == cause else 10)):
        assert counterfactual_money(signed, paid, contracts, book, bit, False) == expected


def test_every_cause_that_can_be_granted_is_tried():
    assert set(REFUSED) == set(GRANTS)
    assert {CONDITIONS[next(iter(atom))].cause for atom in REFUSED.values()} == set(GRANTS)


# --------------------------------------------------------------------------------------------------------------------
# The forecast


def test_the_market_expects_of_a_ticket_its_chance_and_of_a_fallback_the_rest():
    """120 if a consent comes that is given one chance in four, else 40; 10 for sure; 999 have not signed."""
    problem = Problem(
        {"lead": 120, "sure": 10, "gone": 999},
        {"lead": [[{"gate": "law"}]]},
        gates={"law": math.inf},
        absent=frozenset({"gone"}),
    )
    signed, _, contracts, book = posed(problem)
    fallbacks = np.array([40, 5, 7])
    for chance, expected in ((0.25, 30 + 30 + 10), (0.0, 40 + 10), (1.0, 120 + 10)):
        assert expected_musd(signed, book.tickets, fallbacks, contracts, np.array([chance])) == expected


def test_of_several_clauses_the_market_expects_the_best_and_of_two_consents_both():
    """Half times half for both consents together, 0.4 for the third: 40 of 100."""
    problem = Problem(
        {"lead": 100},
        {"lead": [[{"gate": "one"}, {"gate": "two"}], [{"gate": "three"}]]},
        gates={"one": math.inf, "two": math.inf, "three": math.inf},
    )
    signed, _, contracts, book = posed(problem)
    none = np.zeros(1, np.int64)
    assert expected_musd(signed, book.tickets, none, contracts, np.array([0.5, 0.5, 0.4])) == pytest.approx(40)
    assert expected_musd(signed, book.tickets, none, contracts, np.array([0.9, 0.5, 0.4])) == pytest.approx(45)


# --------------------------------------------------------------------------------------------------------------------
# The decision

#: He expects 6.0 at a price of 5.9, with a variance of 1/4 + 3/4, a risk aversion of 2 and 10 billion: 30 % of it.
WHO = {
    "risk_to_exit": 0.75, "risk_aversion": 2.0, "wealth_bn": 10.0, "concentration_cap": 1.0, "dry_powder_musd": 5_000,
    "max_ticket_musd": 4_000, "ownership_cap": 1.0, "needed_share": 1.0, "forecast_sd": 0.1, "lockup_cost": 0.1,
    "waiting_weight": 0.5, "log_wait_hurdle": 0.2, "sign_bias": 0.5, "choice_noise": 0.3, "sign_rate_per_week": 0.4,
    "horizon_years": 4.0,
}  # fmt: skip
WHAT = {"post_bn": 300.0, "log_post": 5.9, "target_bn": 20.0, "forecast_bn": 17.0}


def weighed(open_share: float = 0.0, offer: dict[str, float] | None = None, **traits: float):
    who, what = new_record(TRAITS, WHO | traits), new_record(OFFER, WHAT | (offer or {}))
    return appraise(who, 6.0, 0.25, open_share, what, premium_of(who, what))


def test_an_offer_is_weighed_as_on_paper():
    """With his 3 billion the 20 are as likely as not: .5 * (.18 - .09) for it, .5 * .1 * .3 against."""
    found = weighed()
    assert (found.ticket_musd, found.reason) == (3_000, WILLING)
    assert found.expected_return == pytest.approx(0.1)
    assert found.advantage == pytest.approx((0.045 - 0.015) / 0.06)
    assert found.rate_per_week == pytest.approx(0.2)  # half of the fastest, as the advantage is the bias


@pytest.mark.parametrize("more", [{"diligence_cost_bn": 0.15}, {"open_share": 0.5}], ids=["diligence", "waiting"])
def test_what_diligence_costs_and_what_waiting_is_worth_count_against_it(more):
    assert weighed(**more).advantage == pytest.approx((0.045 - 0.03) / 0.075)


@pytest.mark.parametrize(
    ("limit", "ticket"),
    [
        ({"max_ticket_musd": 1_000}, 1_000),
        ({"dry_powder_musd": 500}, 500),
        ({"ownership_cap": 0.002}, 600),
        ({"concentration_cap": 0.07}, 700),
        ({"min_ticket_musd": 3_000}, 3_000),
    ],
)
def test_every_limit_cuts_the_ticket(limit, ticket):
    assert weighed(**limit).ticket_musd == ticket


def test_who_will_not_sign_says_whether_it_is_the_price_or_his_minimum():
    dear, small = weighed(offer={"log_post": 6.7}), weighed(min_ticket_musd=3_001)
    assert (dear.ticket_musd, dear.rate_per_week, dear.advantage, dear.reason) == (0, 0.0, -1.0, PRICE)
    assert (small.ticket_musd, small.rate_per_week, small.advantage, small.reason) == (0, 0.0, -1.0, TOO_SMALL)
    assert dear.expected_return == pytest.approx(-0.7)


# --------------------------------------------------------------------------------------------------------------------
# Clocks


@pytest.mark.parametrize("effect", [0.0, 0.5], ids=["a constant rate", "a rate that rises"])
@pytest.mark.parametrize("left", [0.0, -0.1])
def test_what_has_waited_long_enough_happens_at_once_and_never_earlier(left, effect):
    assert crossing_day(left, 1.0, effect, 28.0, 156.0, 50.0, 150.0) == 50.0


@pytest.mark.parametrize(("day0", "day1"), [(50.0, 50.0), (50.0, 40.0)])
def test_in_no_time_nothing_happens(day0, day1):
    assert crossing_day(0.0, 1.0, 0.0, 28.0, 156.0, day0, day1) == math.inf


# --------------------------------------------------------------------------------------------------------------------
# Sentiment, and many draws at once


def test_what_a_week_keeps_and_gathers_of_sentiment_is_that_of_an_ornstein_uhlenbeck_process():
    """Reversion of 2 a year over a quarter: e^-0.5 is kept; 0.3 * sqrt((1 - e^-1) / 4) is gathered."""
    assert kept_share(2.0, 0.25) == pytest.approx(0.606530659713, rel=1e-12)
    assert gathered_spread(0.3, 2.0, 0.25) == pytest.approx(0.3 * math.sqrt(0.158030139707), rel=1e-9)


def test_the_arrays_of_a_scenario_hold_the_step_of_a_week():
    raw = world([bound("a", 1.0)]) | {"environment": {"sentiment_reversion_per_year": 3.0, "sentiment_volatility": 0.4}}
    market, years = prepare(scenario_from(raw)).market, 7 / 365
    assert market.sentiment_kept == pytest.approx(math.exp(-3.0 * years), rel=1e-12)
    assert market.sentiment_spread == pytest.approx(0.4 * math.sqrt((1 - math.exp(-6.0 * years)) / 6.0), rel=1e-9)


def test_many_draws_at_once_are_normal_from_tail_to_tail():
    """Centre, both tails, far tails: scipy's quantiles, and one by one the same bits."""
    u = np.concatenate([[2.0**-53, 1e-12, 1e-6], np.linspace(0.001, 0.999, 999), [1 - 1e-6, 1 - 1e-12]])
    at_once = u.copy()
    draws.to_normals(at_once)
    assert np.allclose(at_once, special.ndtri(u), rtol=1e-13, atol=1e-16)
    assert at_once.tolist() == [draws.normal_quantile(float(one)) for one in u]


# --------------------------------------------------------------------------------------------------------------------
# Hearing, and what is decided already


def heard(log_price: float, capped: bool) -> tuple[float, float]:
    """Belief (6, variance 0.25) of somebody after a peer took a twentieth of his wealth at a price."""
    peer = {"share": 0.05, "risk_aversion": 2.0, "reputation": 1.0, "log_price": log_price, "capped": capped}
    observer = new_record(TRAITS, WHO | {"social_precision": 1.0})
    return hear(observer, 6.0, 0.25, new_record(NEWS, peer), new_record(OFFER, WHAT))


def test_who_took_all_he_may_is_heard_only_where_he_says_more_than_one_knows():
    assert heard(3.0, capped=True) == (6.0, 0.25)
    assert heard(3.0, capped=False)[0] < 6.0 < heard(9.0, capped=True)[0]
    assert heard(9.0, capped=True) == heard(9.0, capped=False)
    assert heard(9.0, capped=True)[1] == 0.2  # one more observation of precision 1


def test_nothing_is_still_to_come_by_a_day_that_has_passed():
    assert still_to_come(0.8, 0.5, 0.4) == 0.0
    assert still_to_come(0.8, 0.5, 0.6) == pytest.approx(0.8 * 0.1 / 0.5)
