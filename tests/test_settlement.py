"""Settlement: who pays how much for which shares, and what it costs whom (verification cases V17b, V19, V21, V22)."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.core.records import ROUND, TRAITS
from abm.population.contracts import new_record, new_records
from abm.rules.allocation import allocation_cap, pro_rata, ration, rights, split
from abm.rules.closing import GREATEST, closing_gap
from abm.rules.failure import CAUSES, LINK_CAUSES, Links, broken_links, cause_of_failure, diagnose
from abm.rules.settlement import (
    SHARES_BEFORE,
    dilution,
    extend_dates,
    protected_price,
    settle,
    shares_for,
    waive,
    worth_musd,
)
from tests.oracles import Problem, extremes, posed, random_problem

often = settings(deadline=None, max_examples=200)
moderately = settings(deadline=None, max_examples=50)
amounts = st.integers(0, 50_000)
queues = st.lists(
    st.tuples(st.integers(0, 5_000), st.floats(0.0, 1.0), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


def columns(queue):
    """Demand, rights within demand, leads, priority of a queue, and no minimum tickets (tests/test_reserves.py)."""
    demand, insisted, leads, priority = (np.array(column) for column in zip(*queue, strict=True))
    return demand, (insisted * demand).astype(np.int64), leads, priority, np.zeros(len(queue), np.int64)


def settled(problem: Problem, select: int = GREATEST, minimum_close: int = 0, unreliable: str = "", **traits):
    """Money paid and names of those who did not pay, by the rules; ``traits`` by investor's id."""
    signed, paid, contracts, book = posed(problem)
    greatest = np.array([name in extremes(problem)[1] for name in problem.ids])
    terms = new_record(ROUND, {"cap_musd": problem.cap, "minimum_close_musd": minimum_close})
    who = new_records(TRAITS, [traits.get(name, {}) for name in problem.ids])
    shaky = np.array([name in unreliable.split() for name in problem.ids])
    result = settle(greatest, signed, paid, shaky, contracts, book, select, terms, who)
    return dict(zip(problem.ids, result[0].tolist(), strict=True)), problem.names(result[1])


# --------------------------------------------------------------------------------------------------------------------
# V22: rationing


def flagship_tranche(lead: bool):
    """Demand of 41.5 for a tranche of 8.3 billion, in 5 tickets; the first is a lead with 2.8."""
    demand = np.array([2_800, 20_001, 10_000, 5_700, 2_999])
    none = np.zeros(5, np.int64)
    leads = np.array([lead, False, False, False, False])
    return demand, ration(demand, none, leads, none, none, 8_300)


def test_v22_a_tranche_five_times_covered_gives_everybody_a_fifth():
    demand, given_ = flagship_tranche(lead=False)
    assert demand.sum() == 41_500
    assert given_.sum() == 8_300
    assert np.abs(given_ - 0.2 * demand).max() < 1


def test_v22_served_first_the_lead_leaves_a_seventh_to_the_others():
    demand, given_ = flagship_tranche(lead=True)
    assert given_[0] == 2_800
    assert given_.sum() == 8_300
    assert np.abs(given_[1:] - 0.142119 * demand[1:]).max() < 1.0 + 1e-6 * demand.max()


@often
@given(st.integers(0, 100_000), st.lists(st.integers(0, 50_000), min_size=1, max_size=12))
def test_a_split_is_exact_and_nobody_is_a_million_off_his_share(amount, weights):
    parts = split(amount, np.array(weights))
    total = sum(weights)
    assert parts.sum() == (amount if total else 0)
    for part, weight in zip(parts.tolist(), weights, strict=True):
        assert abs(part * total - amount * weight) < max(1, total)


@often
@given(queues, st.integers(0, 20_000))
def test_rationing_takes_exactly_the_least_of_demand_and_room_and_gives_nobody_more_than_he_wants(queue, room):
    demand, insisted, leads, priority, minimum = columns(queue)
    allocated = ration(demand, insisted, leads, priority, minimum, room)
    assert allocated.sum() == min(demand.sum(), room)
    assert (allocated >= 0).all()
    assert (allocated <= demand).all()


@often
@given(queues, st.integers(0, 20_000))
def test_rights_are_honoured_where_there_is_room_for_all_of_them(queue, room):
    demand, insisted, leads, priority, minimum = columns(queue)
    allocated = ration(demand, insisted, leads, priority, minimum, room)
    if insisted.sum() <= room:
        assert (allocated >= insisted).all()


@often
@given(queues, st.integers(0, 20_000))
def test_nobody_gets_more_than_his_right_before_everybody_of_a_higher_rank_has_all_he_wants(queue, room):
    demand, insisted, leads, priority, minimum = columns(queue)
    allocated = ration(demand, insisted, leads, priority, minimum, room)
    rank = np.where(leads, 10**6, priority)
    for i in np.flatnonzero(allocated > insisted):
        higher = rank > rank[i]
        assert (allocated[higher] == demand[higher]).all()


def test_the_smallest_of_those_whose_ticket_would_be_too_small_goes_first():
    """At 100/190, 90 becomes 47 (of at least 60) and 40 becomes 21 (of at least 30): without the 40, the 90 gets 60."""
    assert pro_rata(np.array([90, 60, 40]), np.array([60, 30, 30]), 100).tolist() == [60, 40, 0]


# --------------------------------------------------------------------------------------------------------------------
# V19, V21: shares and prices


def test_v19_cash_in_is_cash_out_and_the_shares_are_worth_it():
    pre_money, tickets = 260_000, [30_000, 7_500, 2_500]
    shares = [shares_for(ticket, pre_money) for ticket in tickets]
    everybody = SHARES_BEFORE + sum(shares)
    assert sum(tickets) == 40_000
    assert [worth_musd(own, pre_money) for own in shares] == tickets
    assert worth_musd(everybody, pre_money) == 300_000
    assert shares[0] / everybody == pytest.approx(0.10, abs=5e-9)
    assert dilution(sum(shares), SHARES_BEFORE) == pytest.approx(0.133333, abs=5e-7)
    assert SHARES_BEFORE / everybody == pytest.approx(0.866667, abs=5e-7)


@often
@given(st.integers(1, 1_000_000), st.integers(1, 1_000_000))
def test_v19_shares_are_worth_the_money_paid_to_the_million(money_musd, pre_money_musd):
    shares = shares_for(money_musd, pre_money_musd)
    assert abs(shares * pre_money_musd - money_musd * SHARES_BEFORE) <= pre_money_musd // 2 + 1
    assert worth_musd(shares, pre_money_musd) == money_musd


def test_v21_broad_based_protection_lowers_the_conversion_price_from_ten_to_nine():
    assert protected_price(10.0, 1_000.0, 2_000.0, 2_000.0 / 6.0) == pytest.approx(9.0, rel=1e-9)


@often
@given(st.floats(0.5, 100.0), st.floats(0.1, 1.0), st.floats(1.0, 1e9), st.floats(1.0, 1e9))
def test_v21_the_protected_price_lies_between_the_new_and_the_old_one(old_price, fall, old_shares, money_usd):
    new_price = old_price * fall
    protected = protected_price(old_price, old_shares, money_usd, money_usd / new_price)
    assert new_price * (1 - 1e-9) <= protected <= old_price * (1 + 1e-9)


# --------------------------------------------------------------------------------------------------------------------
# Calling the closers (C4)


def test_who_does_not_pay_takes_down_those_who_waited_for_him():
    chain = Problem(
        {"a": 10, "b": 20, "c": 30, "d": 40},
        {"b": [[{"investor": "a"}]], "c": [[{"investor": "b"}]], "d": [[{"total_bn": 0.040}]]},
    )
    assert settled(chain) == ({"a": 10, "b": 20, "c": 30, "d": 40}, frozenset())
    assert settled(chain, unreliable="a") == ({"a": 0, "b": 0, "c": 0, "d": 40}, frozenset("a"))
    assert settled(chain, unreliable="c") == ({"a": 10, "b": 20, "c": 0, "d": 40}, frozenset("c"))


@moderately
@given(st.randoms(use_true_random=False))
def test_v19_a_settlement_pays_what_the_closing_without_the_failures_brings_and_no_more_than_the_cap(chance):
    problem = random_problem(chance, most=6)
    unreliable = [name for name in problem.ids if chance.random() < 0.3]
    paid, failed = settled(problem, unreliable=" ".join(unreliable))
    standing = replace(problem, absent=problem.absent | failed)
    closers = extremes(standing)[1]
    assert failed <= set(unreliable) - problem.paid
    assert not (closers - problem.paid) & set(unreliable)
    demand, before = problem.money(closers - problem.paid), problem.money(problem.paid)
    room = max(0, problem.cap - before)
    assert sum(paid.values()) <= room
    if demand <= room:  # who is cut back beyond that: tests/test_reserves.py
        assert sum(paid.values()) == demand
    assert {name for name, amount in paid.items() if amount} <= closers - problem.paid


def test_a_closing_below_the_minimum_does_not_happen():
    pair = Problem({"a": 10, "b": 20}, {"b": [[{"investor": "a"}]]})
    assert settled(pair, minimum_close=30)[0] == {"a": 10, "b": 20}
    assert settled(pair, minimum_close=31)[0] == {"a": 0, "b": 0}
    assert settled(pair, minimum_close=30, unreliable="b") == ({"a": 0, "b": 0}, frozenset("b"))


def test_what_was_paid_before_counts_towards_the_minimum_and_takes_room():
    again = Problem({"a": 10, "b": 20}, cap=25, paid=frozenset("a"))
    assert settled(again, minimum_close=25)[0] == {"a": 0, "b": 15}


def test_v17b_a_limit_on_the_post_money_is_met_by_cutting_back():
    """Pre-money 260, A 20, C 10, and B 15 only up to 300 after the money: 40 of the 45 are taken, so 35 are reached."""
    three = Problem({"A": 20_000, "B": 15_000, "C": 10_000}, {"B": [[{"max_post_money_bn": 300.0}]]}, pre_money=260_000)
    signed, paid, contracts, book = posed(three)
    assert allocation_cap(signed, paid, contracts, book, three.cap) == 40_000
    allocated = settled(three)[0]
    assert sum(allocated.values()) == 40_000
    assert [abs(allocated[name] - three.tickets[name] * 40 / 45) < 1 for name in "ABC"] == [True] * 3


def test_a_minimum_stake_is_met_by_a_guaranteed_allocation():
    """Pre-money 100, room for 50: a tenth of 150 is 15, though pro rata would have given half."""
    guaranteed = Problem({"a": 85, "b": 15}, {"b": [[{"min_own_share": 0.1}]]}, pre_money=100, cap=50)
    assert settled(guaranteed)[0] == {"a": 35, "b": 15}
    assert settled(replace(guaranteed, conditions={}))[0] == {"a": 43, "b": 7}


def test_a_pro_rata_right_is_an_option_on_that_share_of_the_round():
    assert settled(Problem({"a": 80, "b": 20}, cap=50), b={"pro_rata_share": 0.25})[0]["b"] >= 13
    signed, _, contracts, book = posed(Problem({"a": 80, "b": 20}))
    granted = rights(signed, contracts, book, np.array([0.0, 0.25]), 0, 40)
    assert granted.tolist() == [0, 10]


def test_a_right_to_seven_per_cent_of_a_hundred_is_seven():
    signed, _, contracts, book = posed(Problem({"a": 80, "b": 20}))
    assert rights(signed, contracts, book, np.array([0.0, 0.07]), 0, 100).tolist() == [0, 7]


def test_a_minimum_stake_is_guaranteed_in_a_second_closing_too():
    """Pre-money 100, 30 paid before, room for 20 more: a tenth of 150 is 15."""
    second = Problem(
        {"a": 30, "b": 15, "c": 20},
        {"b": [[{"min_own_share": 0.1}]]},
        pre_money=100,
        cap=50,
        paid=frozenset("a"),
    )
    assert settled(second)[0] == {"a": 0, "b": 15, "c": 5}


def test_a_closing_that_is_cut_back_below_the_minimum_does_not_happen():
    limited = Problem({"a": 20, "b": 15}, {"b": [[{"max_post_money_bn": 0.120}]]}, pre_money=100)
    assert sum(settled(limited, minimum_close=30)[0].values()) == 0


def test_a_limit_on_the_post_money_does_not_bind_where_the_other_clause_holds():
    either = Problem(
        {"a": 20, "b": 15},
        {"b": [[{"max_post_money_bn": 0.110}], [{"gate": "law"}]]},
        gates={"law": 10.0},
        pre_money=100,
    )
    assert settled(either)[0] == {"a": 20, "b": 15}


def test_nobody_pays_into_a_round_that_a_limit_on_the_post_money_cuts_below_the_total_he_asked_for():
    """A joins up to 110 after the money, which leaves 10; B asked for 30, so A closes alone."""
    halved = Problem(
        {"a": 20, "b": 15}, {"a": [[{"max_post_money_bn": 0.110}]], "b": [[{"total_bn": 0.030}]]}, pre_money=100
    )
    assert settled(halved)[0] == {"a": 10, "b": 0}
    assert settled(replace(halved, conditions={"b": [[{"total_bn": 0.030}]]}, cap=10))[0] == {"a": 10, "b": 0}


def test_the_limit_of_one_who_has_paid_goes_on_binding_when_the_mood_changes():
    """A paid 20 up to 130 after the money: 10 more can be taken, whatever sentiment is by now."""
    limit = [[{"max_post_money_bn": 0.130}, {"min_sentiment": 0.0}]]
    before = Problem({"a": 20, "b": 40}, {"a": limit}, pre_money=100, paid=frozenset("a"), sentiment=0.5)
    assert settled(before)[0] == {"a": 0, "b": 10}
    assert settled(replace(before, sentiment=-0.5))[0] == {"a": 0, "b": 10}


# --------------------------------------------------------------------------------------------------------------------
# Why a round failed


def diagnosed(problem: Problem, target: int, paid_musd: int = 0, unpaid: str = "", refused: str = "", **traits) -> str:
    """Name of the cause of failure, by the rules; everybody but those in ``problem.absent`` has signed or paid."""
    return CAUSES[diagnose(links_of(problem, unpaid, refused, **traits), target, paid_musd)]


def links_of(problem: Problem, unpaid: str = "", refused: str = "", **traits) -> Links:
    """Money that each link cost, everybody but those in ``problem.absent`` signed or paid."""
    signed, paid, contracts, book = posed(problem)
    lost = np.array([name in unpaid.split() for name in problem.ids])
    unwilling = np.array([name in refused.split() for name in problem.ids])
    who = new_records(TRAITS, [{"stated_musd": problem.tickets[name], **traits.get(name, {})} for name in problem.ids])
    terms = new_record(ROUND, {"cap_musd": problem.cap})
    return broken_links(signed, paid, lost, unwilling, book.tickets.copy(), contracts, book, terms, who)


@pytest.mark.parametrize(
    ("condition", "link"),
    [
        ({"gate": "law"}, "gated"),
        ({"max_pre_money_bn": 200.0}, "priced_out"),
        ({"min_sentiment": 0.5}, "market_down"),
        ({"max_own_share": 0.0001}, "stakes_off"),
        ({"without": "fund"}, "rivals_in"),
    ],
)
def test_each_link_costs_the_money_that_waits_for_it_and_no_more(condition, link):
    """60 wait for one thing, 30 are paid already: whatever it is, it costs the 60."""
    problem = Problem(
        {"lead": 60, "fund": 30}, {"lead": [[condition]]}, gates={"law": math.inf}, paid=frozenset({"fund"})
    )
    assert getattr(links_of(problem), link) == 60


def test_a_consent_that_did_not_come_is_the_cause_where_most_money_waited_for_it():
    waiting = Problem(
        {"lead": 60, "fund": 30}, {"lead": [[{"gate": "law"}]]}, gates={"law": math.inf}, paid=frozenset({"fund"})
    )
    assert diagnosed(waiting, 90, 30) == "gate"


def test_money_that_waited_for_the_money_that_waited_for_a_consent_is_lost_to_the_consent():
    chain = Problem(
        {"lead": 60, "fund": 30},
        {"lead": [[{"gate": "law"}]], "fund": [[{"investor": "lead"}]]},
        gates={"law": math.inf},
    )
    assert diagnosed(chain, 90) == "gate"


def test_mutual_conditions_that_a_rolling_close_leaves_open_are_a_failure_of_coordination():
    mutual = Problem({"a": 50, "b": 40}, {"a": [[{"investor": "b"}]], "b": [[{"investor": "a"}]]})
    assert diagnosed(mutual, 90) == "coordination"


def test_a_lead_who_never_signed_is_the_cause_though_others_waited_for_him():
    headless = Problem({"lead": 60, "fund": 30}, {"fund": [[{"investor": "lead"}]]}, absent=frozenset({"lead"}))
    assert diagnosed(headless, 90, lead={"lead": True}) == "lead"


def test_a_price_above_the_limits_is_the_cause_of_what_it_keeps_out():
    dear = Problem({"a": 60, "b": 30}, {"a": [[{"max_pre_money_bn": 200.0}]]}, paid=frozenset("b"))
    assert diagnosed(dear, 90, 30) == "price"
    unwilling = Problem({"a": 60, "b": 30}, paid=frozenset("b"), absent=frozenset("a"))
    assert diagnosed(unwilling, 90, 30, refused="a") == "price"


def test_called_money_that_was_not_paid_is_a_failure_of_settlement():
    broken = Problem({"a": 60, "b": 30}, paid=frozenset("b"), absent=frozenset("a"))
    assert diagnosed(broken, 90, 30, unpaid="a") == "settlement"


def test_what_no_broken_link_explains_is_a_lack_of_demand():
    assert diagnosed(Problem({"a": 30}, paid=frozenset("a")), 90, 30) == "demand"


def test_a_round_that_reached_its_target_has_no_cause_of_failure():
    assert diagnosed(Problem({"a": 90}, paid=frozenset("a")), 90, 90) == ""


@often
@given(st.integers(-10, 100), st.lists(st.integers(0, 100), min_size=8, max_size=8))
def test_the_cause_is_the_link_that_cost_most_unless_nothing_explains_more(missing, costs):
    named = CAUSES[cause_of_failure(missing, *costs)]
    explained = dict(zip(LINK_CAUSES, costs, strict=True))
    if missing <= 0:
        assert named == ""
    elif named == "demand":
        assert all(min(cost, missing) <= missing / 2 for cost in costs)
    else:
        assert min(explained[named], missing) == min(max(costs), missing)


# --------------------------------------------------------------------------------------------------------------------
# At the deadline


def test_a_waived_condition_always_holds_and_the_others_stay():
    two = Problem(
        {"a": 10, "b": 10}, {n: [[{"gate": "law"}, {"total_bn": 9.0}]] for n in "ab"}, gates={"law": math.inf}
    )
    signed, paid, contracts, book = posed(two)
    waive(0, contracts)
    terms, who = new_record(ROUND, {"cap_musd": 100}), new_records(TRAITS, [{}, {}])
    nobody = np.zeros(2, np.bool_)
    closers = np.array([True, False])
    result = settle(closers, signed, paid, nobody, contracts, book, GREATEST, terms, who)
    assert result[0].tolist() == [10, 0]


def test_an_extension_moves_the_condition_dates_on_the_deadline_and_no_others():
    dated = Problem(
        {"a": 10, "b": 10},
        {"a": [[{"gate": "law", "by": 156.0}]], "b": [[{"gate": "law", "by": 100.0}]]},
        gates={"law": 1.0},
    )
    contracts = posed(dated)[2]
    extend_dates(contracts, 156.0, 246.0)
    assert contracts.atoms.by_day.tolist() == [246.0, 100.0]


def test_the_gap_between_the_extremes_counts_only_money_that_can_be_taken():
    tickets, greatest, least = np.array([10, 20, 30]), np.array([True] * 3), np.array([True, False, False])
    assert closing_gap(greatest, least, tickets, 1_000) == 50
    assert closing_gap(greatest, least, tickets, 25) == 15


def test_v19_no_settlement_takes_more_than_the_cap_or_gives_anybody_more_than_his_ticket():
    chance = Random(19)
    for _ in range(300):
        problem = random_problem(chance, antitone=True)
        allocated, _ = settled(problem)
        assert sum(allocated.values()) <= max(0, problem.cap - problem.money(problem.paid))
        assert all(0 <= allocated[name] <= problem.tickets[name] for name in problem.ids)
