"""Rounds worked out by hand, through the whole model: closing, rationing, prices, settlement (V14, V17b, V19, V22)."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import abm
from abm.agents import FundingModel
from abm.core.draws import SETTLEMENT
from tests.oracles import agrees
from tests.worlds import NEVER, bound, consent, luck, paid, play, signer, thinker, told, world

# --------------------------------------------------------------------------------------------------------------------
# Which set closes: the book of V14, and a circle of two


def v14(chance_of_consent, **terms):
    """The six of V14 with their conditions."""
    investors = [
        bound("l", 22.5, [{"gate": "legal"}], role="lead"),
        bound("a", 2.8),
        bound("b", 3.0, [{"total_bn": 8.0}]),
        bound("c", 2.0, [{"investor": "b"}]),
        bound("d", 1.2, [{"any_of": ["a", "b", "c", "e"], "at_least": 2}]),
        bound("e", 1.5, [{"investor": "c"}, {"total_bn": 7.0}]),
    ]
    return world(investors, [consent("legal", chance_of_consent)], days=20, target_bn=30.0, **terms)


@pytest.mark.parametrize("when", ["weekly", "deadline"])
@pytest.mark.parametrize(
    ("select", "with_consent", "without"), [("greatest", 33.0, 10.5), ("least", 33.0, 2.8), ("elimination", 33.0, 10.5)]
)
def test_v14_the_book_closes_with_what_enumeration_finds(when, select, with_consent, without):
    given = told(v14(1000.0, close_select=select, close_when=when))
    refused = told(v14(NEVER, close_select=select, close_when=when))
    assert (given.paid_musd / 1000, refused.paid_musd / 1000) == (with_consent, without)
    assert (given.gap_musd, refused.gap_musd) == (0 if when == "deadline" else given.gap_musd, 7_700)
    assert (given.closed, refused.closed) == (True, False)


def test_v14_everybody_but_the_lead_is_in_the_greatest_closing_and_alpha_alone_in_the_least():
    assert set(paid(v14(NEVER))) == {"a", "b", "c", "d", "e"}
    assert paid(v14(NEVER, close_select="least")) == {"a": 2.8}


@pytest.mark.parametrize(("select", "money"), [("greatest", 5.0), ("least", 0.0), ("elimination", 5.0)])
def test_a_circle_of_two_closes_only_if_both_close_at_once(select, money):
    book = [bound("a", 3.0, [{"investor": "b"}]), bound("b", 2.0, [{"investor": "a"}])]
    model = told(world(book, days=10, target_bn=5.0, close_select=select))
    assert (model.paid_musd, model.gap_musd) == (1000 * money, 5_000)
    assert model.closed == (money == 5.0)


def test_money_paid_in_an_earlier_closing_counts_for_those_who_come_later():
    """Alpha closes in the first week; the circle is then complete for beta, who signs later and asks for 5 in all."""
    raw = world([bound("a", 3.0), signer("b", 2.0, 0.9, conditions=[[{"total_bn": 5.0}]])], days=35, target_bn=5.0)
    frame = play(raw, 60)
    assert frame["paid_bn.a"].eq(3.0).all()
    assert frame["paid_bn.b"].eq(np.where(frame["sign_day.b"].notna(), 2.0, 0.0)).all()
    due = np.ceil(frame["sign_day.b"] / 7) * 7
    assert frame["closed_day"].equals(due)


def test_closing_on_the_deadline_pays_nobody_before_it():
    raw = world([bound("a", 3.0), bound("b", 2.0)], days=30, target_bn=5.0)
    assert told(raw).closed_day == 7.0
    late = told(raw | {"round": raw["round"] | {"close_when": "deadline"}})
    assert late.closed_day == 30.0
    assert {event.day for event in late.trace if event.what not in {"opened", "had signed"}} == {30.0}


@pytest.mark.parametrize(
    ("atom", "holds"),
    [
        ({"total_bn": 12.0}, True),
        ({"total_bn": 12.5}, False),
        ({"total_bn": 7.0, "count_closed": False}, True),
        ({"total_bn": 8.0, "count_closed": False}, False),
        ({"total_bn": 10.0, "count_own": False}, True),
        ({"total_bn": 10.5, "count_own": False}, False),
        ({"investor": "a", "amount_bn": 3.0}, True),
        ({"investor": "a", "amount_bn": 3.0 - 1e-9}, True),
        ({"any_of": ["a", "b", "x"], "at_least": 3}, True),
        ({"any_of": ["a", "b"], "at_least": 2}, True),
        ({"kind": "sovereign", "amount_bn": 2.0}, True),
        ({"kind": "venture", "amount_bn": 5.0}, True),
        ({"kind": "venture", "amount_bn": 5.001}, False),
        ({"max_pre_money_bn": 260.0}, True),
        ({"max_own_share": 0.008}, True),
        ({"max_own_share": 0.007}, False),
        ({"min_sentiment": -0.2}, True),
        ({"min_sentiment": -0.1}, False),
        ({"without": "a"}, False),
        ({"without": "absent"}, True),
        ({"gate": "no"}, False),
    ],
)
def test_every_condition_decides_by_what_is_really_there(atom, holds):
    """Besides x, who brings 2: a 3, b 2 of a sovereign; 5 are closed already, and sentiment stands at -0.15."""
    crowd = [bound("x", 2.0, [atom]), bound("a", 3.0), bound("b", 2.0, kind="sovereign"), signer("absent", 9.0, 0.0)]
    mood = {"sentiment_start": -0.15, "sentiment_mean": -0.15}
    terms = {"already_closed_bn": 5.0, "days": 10, "sections": {"environment": mood}}
    assert ("x" in paid(world(crowd, [consent("no", NEVER)], **terms))) == holds


def test_one_clause_of_several_is_enough_and_all_of_its_atoms_must_hold():
    gates = [consent("yes"), consent("no", NEVER)]
    book = [
        bound("either", 1.0, [{"gate": "no"}], [{"gate": "yes"}]),
        bound("both", 2.0, [{"gate": "no"}, {"gate": "yes"}]),
        bound("all", 4.0, [{"gate": "yes"}, {"investor": "either"}]),
    ]
    assert paid(world(book, gates, days=14)) == {"either": 1.0, "all": 4.0}


# --------------------------------------------------------------------------------------------------------------------
# The least that closes, the most that is taken, and how it is shared out


def test_a_closing_below_the_minimum_waits_until_enough_is_there():
    book = [bound("a", 3.0), bound("b", 3.0, [{"gate": "late"}])]
    gates = [consent("late", lag_days=30)]
    model = told(world(book, gates, days=60, target_bn=6.0, minimum_close_bn=5.0))
    assert [(event.day, event.who) for event in model.trace if event.what == "paid"] == [(35.0, "a"), (35.0, "b")]
    alone = told(world(book, [consent("late", NEVER)], days=60, target_bn=6.0, minimum_close_bn=5.0))
    assert alone.paid_musd == 0


def test_the_minimum_counts_what_was_paid_in_earlier_closings():
    book = [bound("a", 5.0), signer("b", 1.0, 0.99)]
    frame = play(world(book, days=35, target_bn=6.0, minimum_close_bn=5.0), 30)
    assert frame["paid_bn.b"].eq(np.where(frame["sign_day.b"].notna(), 1.0, 0.0)).all()


CROWD = (10.0, 9.5, 8.2, 6.0, 5.0)


def v22(**lead):
    """Demand of 41.5 for 8.3."""
    book = [bound(f"f{k}", ticket) for k, ticket in enumerate(CROWD)] + [bound("first", 2.8, **lead)]
    return world(book, days=7, target_bn=8.3, cap_bn=8.3)


def test_v22_a_round_that_is_asked_for_five_times_gives_everybody_a_fifth():
    expected = {f"f{k}": ticket / 5 for k, ticket in enumerate(CROWD)} | {"first": 0.56}
    assert paid(v22()) == pytest.approx(expected, abs=1e-12)


def largest_remainders(amount, weights):
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [math.floor(one) for one in exact]
    order = sorted(range(len(weights)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: amount - sum(parts)]:
        parts[k] += 1
    return parts


def test_v22_a_lead_is_served_first_and_the_others_share_what_is_left():
    shares = largest_remainders(5_500, [round(1000 * ticket) for ticket in CROWD])
    assert sum(shares) == 5_500
    assert shares[0] / 10_000 == pytest.approx(0.142119, abs=1e-4)
    expected = {f"f{k}": share / 1000 for k, share in enumerate(shares)} | {"first": 2.8}
    assert paid(v22(role="lead")) == expected


def test_rank_goes_before_proportion():
    book = [bound("c", 10.0), bound("b", 5.0, priority=1), bound("a", 5.0, priority=2)]
    assert paid(world(book, days=7, target_bn=8.0, cap_bn=8.0)) == {"a": 5.0, "b": 3.0}


def test_a_pro_rata_right_is_served_before_the_rest():
    """A quarter of 40 is 10 of 12; the other 2 share the remaining 30 with 60."""
    book = [bound("holder", 12.0, pro_rata_share=0.25), bound("new", 60.0)]
    rest = largest_remainders(30_000, [2_000, 60_000])
    expected = {"holder": (10_000 + rest[0]) / 1000, "new": rest[1] / 1000}
    assert paid(world(book, days=7, target_bn=40.0, cap_bn=40.0)) == expected


def test_a_minimum_stake_is_a_guaranteed_allocation():
    """8 % of 260 + 40 is 24; the other 6 share the remaining 16 with 30."""
    book = [bound("a", 30.0), bound("b", 30.0, [{"min_own_share": 0.08}])]
    rest = largest_remainders(16_000, [30_000, 6_000])
    expected = {"a": rest[0] / 1000, "b": (24_000 + rest[1]) / 1000}
    assert paid(world(book, days=7, target_bn=40.0, cap_bn=40.0)) == expected


def test_who_would_get_less_than_his_minimum_ticket_is_left_out_while_the_others_fill_the_round():
    book = [bound("a", 30.0), bound("b", 20.0), bound("c", 10.0, min_ticket_bn=8.0)]
    assert paid(world(book, days=7, target_bn=30.0, cap_bn=30.0)) == {"a": 18.0, "b": 12.0}


def test_v17b_a_limit_on_the_post_money_cuts_the_round_back_instead_of_losing_its_owner():
    book = [bound("a", 20.0), bound("b", 15.0, [{"max_post_money_bn": 300.0}]), bound("c", 10.0)]
    shares = largest_remainders(40_000, [20_000, 15_000, 10_000])
    assert paid(world(book[:2], days=7, target_bn=35.0)) == {"a": 20.0, "b": 15.0}
    assert paid(world(book, days=7, target_bn=35.0)) == {k: v / 1000 for k, v in zip("abc", shares, strict=True)}


def test_v17b_read_literally_the_limit_on_the_post_money_loses_its_owner():
    book = [bound("a", 20.0), bound("b", 15.0, [{"max_post_money_bn": 300.0}]), bound("c", 10.0)]
    raw = world(book, days=7, target_bn=35.0, close_select="elimination")
    assert paid(raw) == {"a": 20.0, "c": 10.0}
    assert not told(raw).closed


def test_first_come_first_served_leaves_no_room_for_those_who_sign_later():
    """Together in the first week 8 and 5 share 10, so the second gets 3.846; later he finds 2 left."""
    frame = play(world([bound("a", 8.0), signer("b", 5.0, 0.9)], days=35, target_bn=8.0, cap_bn=10.0), 40)
    expected = np.select([frame["sign_day.b"] <= 7, frame["sign_day.b"] <= 35], [3.846, 2.0], 0.0)
    assert frame["paid_bn.b"].eq(expected).all()
    assert set(expected) == {0.0, 2.0, 3.846}


@pytest.mark.parametrize("cap", [8.0, 10.0, 11.5])
def test_the_cap_is_never_exceeded(cap):
    book = [bound("a", 4.0), bound("b", 4.0), bound("c", 4.0)]
    assert told(world(book, days=7, target_bn=8.0, cap_bn=cap)).paid_musd == 1000 * cap


# --------------------------------------------------------------------------------------------------------------------
# Price


LADDER = [300.0, 260.0, 220.0]
MISSED = (156.0, "missed its target", 0.4)


def test_v19_forty_billion_at_260_make_a_seventh_and_a_half_of_the_company_and_a_lead_of_thirty_a_tenth():
    model = told(world([bound("lead", 30.0, role="lead"), bound("rest", 10.0)], days=7, target_bn=40.0))
    result = model.result()
    assert result.dilution == pytest.approx(40 / 300, abs=1e-9)
    assert result.investor_shares[0] / (1e9 + result.new_shares) == pytest.approx(0.1, rel=1e-8)
    assert 1 - result.dilution == pytest.approx(0.866667, abs=5e-7)


def test_at_the_deadline_the_price_falls_to_the_highest_rung_that_fills_the_round():
    book = [bound("a", 6.0), bound("b", 4.0, [{"max_pre_money_bn": 270.0}])]
    terms = {"days": 28, "target_bn": 10.0, "pre_money_bn": LADDER, "price_cut_lag": 1.0}
    result = told(world(book, close_when="deadline", **terms)).result()
    assert (result.rung, result.pre_money_musd, result.paid_musd) == (1, 260_000, 10_000)
    assert result.investor_shares == [round(6_000e9 / 260_000), round(4_000e9 / 260_000)]


def test_a_price_that_does_not_fill_the_round_is_not_cut_at_the_deadline():
    book = [bound("a", 5.0), bound("b", 4.0, [{"max_pre_money_bn": 270.0}])]
    result = told(world(book, days=28, pre_money_bn=LADDER, price_cut_lag=1.0, close_when="deadline")).result()
    assert (result.rung, result.paid_musd) == (0, 5_000)


def test_an_empty_book_cuts_the_price_when_time_runs_a_quarter_ahead_and_again_four_weeks_later():
    """Elapsed at the start of a week: 35/156 = .224 in week 6, 42/156 = .269 in week 7; 0.4 % are booked."""
    book = [bound("b", 0.4, [{"max_pre_money_bn": 230.0}])]
    model = told(world(book, pre_money_bn=LADDER, target_bn=100.0))
    story = [(event.day, event.what, event.amount_bn) for event in model.trace]
    assert story[2:] == [
        (7.0, "waits", 0.4),
        (49.0, "cut the price", 260.0),
        (77.0, "cut the price", 220.0),
        (77.0, "paid", 0.4),
        MISSED,
    ]


def test_shares_are_issued_at_the_price_of_their_closing():
    book = [bound("early", 4.0), bound("patient", 4.0, [{"max_pre_money_bn": 270.0}])]
    result = told(world(book, pre_money_bn=[300.0, 260.0], target_bn=100.0)).result()
    assert result.investor_shares == [round(4_000e9 / 300_000), round(4_000e9 / 260_000)]


# --------------------------------------------------------------------------------------------------------------------
# Settlement


@pytest.mark.parametrize("when", ["weekly", "deadline"])
def test_who_does_not_pay_takes_those_with_him_who_depend_on_him(when):
    book = [
        bound("a", 3.0, settlement_failure_probability=1.0),
        bound("b", 2.0, [{"investor": "a"}]),
        bound("c", 1.0, [{"investor": "b"}]),
        bound("d", 4.0, [{"total_bn": 9.5}]),
        bound("e", 5.0, [{"total_bn": 5.0}]),
    ]
    frame = play(world(book, days=14, close_when=when))
    assert frame.filter(like="stage.").iloc[0].tolist() == ["unpaid", "lapsed", "lapsed", "lapsed", "paid"]
    assert frame["funded_bn"].item() == 5.0


@pytest.mark.statistical
def test_dependants_pay_exactly_when_the_one_they_depend_on_does():
    book = [bound("a", 3.0, settlement_failure_probability=0.3), bound("b", 2.0, [{"investor": "a"}]), bound("c", 1.0)]
    frame = play(world(book, days=21), 1_000)
    able = luck(SETTLEMENT, 0, 1_000) >= 0.3
    assert frame["funded_bn"].eq(np.where(able, 6.0, 1.0)).all()
    assert agrees(able.sum(), 1_000, 0.7)


def test_a_failure_to_pay_makes_room_for_those_who_were_cut_back():
    book = [bound("a", 6.0, settlement_failure_probability=1.0), bound("b", 6.0), bound("c", 6.0)]
    assert paid(world(book, days=7, target_bn=10.0, cap_bn=10.0)) == {"b": 5.0, "c": 5.0}
    assert told(world(book, days=7, target_bn=13.0)).result().cause == 2


def dependant():
    return [bound("a", 3.0, settlement_failure_probability=1.0), bound("b", 2.0, [{"investor": "a"}], fallback_bn=0.5)]


def test_who_loses_the_one_he_depends_on_before_the_deadline_pays_his_fallback_on_it():
    assert paid(world(dependant(), days=14)) == {"b": 0.5}


def test_who_loses_the_one_he_depends_on_in_the_last_closing_still_pays_his_fallback():
    assert paid(world(dependant(), days=14, close_when="deadline")) == {"b": 0.5}


def test_nobody_pays_into_a_round_that_a_limit_keeps_below_the_total_he_asks_for():
    """The limit of b lets the round take 2; a asks for 8."""
    book = [bound("a", 6.0, [{"total_bn": 8.0}]), bound("b", 2.0, [{"max_post_money_bn": 262.0}])]
    assert paid(world(book, days=7)) == {"b": 2.0}


def test_a_round_that_is_extended_beyond_the_horizon_still_comes_to_an_end():
    raw = world([bound("a", 6.0, [{"gate": "no"}], fallback_bn=1.0)], [consent("no", NEVER)], days=14)
    raw["round"]["extension_probability"] = 1.0
    model = told(raw)
    assert (model.paid_musd, model.open) == (1_000, False)


def test_nobody_pays_because_of_one_who_is_cut_back_to_nothing():
    """B goes first and fills the round, so that a, without whom b would not be there, gets nothing."""
    book = [bound("a", 5.0), bound("b", 5.0, [{"investor": "a"}], priority=1)]
    assert set(paid(world(book, days=7, target_bn=5.0, cap_bn=5.0))) != {"b"}


def test_a_fallback_is_never_more_than_the_ticket_it_falls_back_from():
    mind = {"sign_bias": -50.0, "sign_rate_per_week": 10.0, "max_ticket_bn": 0.5}
    book = [thinker("t", fallback_bn=5.0, conditions=[[{"gate": "no"}]], **mind)]
    raw = world(book, [consent("no", NEVER)], days=40, sections={"valuation": {"mean_bn": 400.0}})
    try:
        money = paid(raw)
    except abm.ScenarioError:
        return
    assert 0 < money["t"] <= 0.5


# --------------------------------------------------------------------------------------------------------------------
# What the market expects


def forecasts(raw):
    """The forecast posted in every week of the first run [USD billion]."""
    model = FundingModel(abm.scenario_from(raw), seed=1)
    found = []
    while model.running:
        model.step()
        found.append(model.offer.forecast_bn)
    model.free()
    return found


def test_the_market_counts_every_commitment_once():
    """4 are signed and 6 expected of 10; a pays and b signs in the first week, and the forecast stays where it was."""
    book = [bound("a", 4.0), signer("b", 2.0, conditions=[[{"investor": "c"}]]), signer("c", 1.0, 0.0)]
    assert forecasts(world(book, days=42)) == [10.0] * 6
    assert forecasts(world(book, days=42, expected_coverage=0.5)) == [7.0] * 6
    assert forecasts(world(book, days=42, expected_coverage=0.0)) == [4.0] + [6.0] * 5


def test_the_market_weighs_a_condition_by_the_chance_of_its_consent_and_counts_the_fallback():
    """Even chances of 6 or a fallback of 1, beside 4 expected: 7.5; the chance falls as time passes in silence."""
    book = [bound("lead", 6.0, [{"gate": "g"}], fallback_bn=1.0)]
    raw = world(book, [{"id": "g", "probability_by_deadline": 0.5}], days=70)
    silent = 1 - 0.5 ** ((70 - 7 * np.arange(10)) / 70)
    model = told(raw)
    known = model.gates[0].satisfied_day <= 7 * np.arange(10)
    assert forecasts(raw) == pytest.approx(np.where(known, 10.0, 5.0 + 5.0 * silent), abs=1e-9)
    assert 0 < known.sum() < 10
