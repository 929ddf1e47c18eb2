"""Closing: the rules against the enumeration of all sets (verification cases V14 to V17b, V36, V37, V40)."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.rules.book import post_money_bn
from abm.rules.clauses import AS_IT_IS, satisfied
from abm.rules.closing import (
    ELIMINATION,
    GREATEST,
    LEAST,
    SELECT,
    Closing,
    bounds,
    clinching_rung,
    close,
    counterfactual_money,
    money,
)
from tests.oracles import (
    Problem,
    answers,
    eliminated,
    extremes,
    fixed_points,
    posed,
    random_problem,
)

chances = st.randoms(use_true_random=False)
moderately = settings(deadline=None, max_examples=50)


def closing_of(problem: Problem, select: int = GREATEST) -> Closing:
    """Close a problem by the rules, the masks turned into names."""
    signed, paid, contracts, book = posed(problem)
    return Closing(*(problem.names(mask) for mask in close(signed, paid, contracts, book, select)))


def bounds_of(problem: Problem, literal: bool = False) -> tuple[frozenset[str], frozenset[str]]:
    """Least and greatest consistent set by the rules."""
    signed, paid, contracts, book = posed(problem)
    book.facts.literal = literal
    least, greatest = bounds(signed, paid, contracts, book)
    return problem.names(least), problem.names(greatest)


# --------------------------------------------------------------------------------------------------------------------
# V14: six investors, worked out by hand


def six(law_done: bool) -> Problem:
    return Problem(
        {"L": 22_500, "A": 2_800, "B": 3_000, "C": 2_000, "D": 1_200, "E": 1_500},
        {
            "L": [[{"gate": "law"}]],
            "B": [[{"total_bn": 8.0}]],
            "C": [[{"investor": "B"}]],
            "D": [[{"any_of": ["A", "B", "C", "E"], "at_least": 2}]],
            "E": [[{"investor": "C"}, {"total_bn": 7.0}]],
        },
        gates={"law": 92.0 if law_done else math.inf},
    )


def test_v14_with_the_law_done_everybody_closes_and_there_is_no_other_consistent_set():
    problem = six(law_done=True)
    closing = closing_of(problem)
    assert fixed_points(problem) == [frozenset("LABCDE")]
    assert closing.greatest == closing.least == frozenset("LABCDE")
    assert problem.money(closing.greatest) == 33_000


def test_v14_without_the_law_one_investor_closes_alone_or_five_close_together():
    problem = six(law_done=False)
    closing = closing_of(problem)
    assert fixed_points(problem) == [frozenset("A"), frozenset("ABCDE")]
    assert (closing.least, closing.greatest) == (frozenset("A"), frozenset("ABCDE"))
    assert (problem.money(closing.least), problem.money(closing.greatest)) == (2_800, 10_500)
    assert problem.money(closing.greatest) - problem.money(closing.least) == 7_700


def test_v14_the_least_closing_is_reached_in_five_sweeps_of_which_the_last_changes_nothing():
    signed, paid, contracts, book = posed(six(law_done=True))
    current, sweeps, changed = paid.copy(), 0, True
    while changed:
        book.inside[:] = book.against[:] = current
        book.totals[:] = book.tickets[current].sum()
        following = np.array([satisfied(i, contracts, book) for i in range(len(signed))])
        sweeps, changed = sweeps + 1, bool((following != current).any())
        current = following
    assert current.all()
    assert sweeps == 5


@pytest.mark.parametrize(("select", "names"), [("greatest", "ABCDE"), ("least", "A"), ("elimination", "ABCDE")])
def test_the_way_of_selecting_decides_which_consistent_set_closes(select, names):
    assert closing_of(six(law_done=False), SELECT[select]).selected == frozenset(names)


def test_those_held_together_by_their_bootstraps_are_barred_from_the_least_closing_only():
    assert closing_of(six(law_done=False), LEAST).barred == frozenset()
    mutual = Problem({"a": 1, "b": 1}, {"a": [[{"investor": "b"}]], "b": [[{"investor": "a"}]]})
    assert closing_of(mutual, LEAST).selected == frozenset()
    assert closing_of(mutual, GREATEST).selected == frozenset("ab")


# --------------------------------------------------------------------------------------------------------------------
# V14b, V15, V16: monotone systems


def test_v14b_two_thousand_random_monotone_systems_close_as_the_enumeration_of_all_sets_says():
    chance, several = Random(14), 0
    for _ in range(2_000):
        problem = random_problem(chance)
        closing = closing_of(problem)
        assert (closing.least, closing.greatest) == extremes(problem), problem
        assert closing.selected == closing.greatest
        several += closing.least != closing.greatest
    assert several > 100  # a test of unique solutions would prove little


def test_v15_with_total_conditions_only_the_sorted_form_gives_both_extremes():
    asked = (0, 4, 12, 13, 14, 30)
    tickets = {f"i{k}": 1_000 * (k + 2) for k in range(6)}
    problem = Problem(tickets, {f"i{k}": [[{"total_bn": float(x)}]] for k, x in enumerate(asked)})
    closing = closing_of(problem)
    assert (problem.money(closing.greatest), problem.money(closing.least)) == (20_000, 5_000)


@pytest.mark.parametrize("by_count", [True, False])
@pytest.mark.parametrize(("second", "least"), [(1, 100), (2, 1)])
def test_v16_granovetters_riot_of_a_hundred_hangs_on_the_second_person(second, least, by_count):
    thresholds = [0, second, *range(2, 100)]
    ids = [f"i{k}" for k in range(100)]

    def condition(k: int, others: int) -> list[list[dict[str, object]]]:
        if by_count:
            return [[{"any_of": ids[:k] + ids[k + 1 :], "at_least": others}]] if others else []
        return [[{"total_bn": others / 1000, "count_own": False}]]

    problem = Problem(dict.fromkeys(ids, 1), {f"i{k}": condition(k, x) for k, x in enumerate(thresholds)})
    closing = closing_of(problem)
    assert (len(closing.least), len(closing.greatest)) == (least, 100)


# --------------------------------------------------------------------------------------------------------------------
# V17, V17b: what one more investor does


def with_newcomer(problem: Problem, ticket: int) -> Problem:
    return replace(problem, tickets={**problem.tickets, "new": ticket})


def test_v17_one_more_unconditional_investor_never_shrinks_the_closing_of_a_monotone_system():
    chance, crowded_in = Random(17), 0
    for _ in range(2_000):
        problem = random_problem(chance)
        before = closing_of(problem)
        after = closing_of(with_newcomer(problem, chance.randint(1, 9)))
        assert before.greatest < after.greatest, problem
        assert before.least < after.least, problem
        crowded_in += len(after.greatest) > len(before.greatest) + 1
    assert crowded_in > 40


def capped_at_300() -> Problem:
    return Problem({"A": 20_000, "B": 15_000}, {"B": [[{"max_post_money_bn": 300.0}]]}, pre_money=260_000)


def test_v17b_a_limit_on_the_post_money_breaks_dominance_where_it_is_a_condition_of_membership():
    before, after = capped_at_300(), with_newcomer(capped_at_300(), 10_000)
    assert before.money(closing_of(before, ELIMINATION).selected) == 35_000
    closing = closing_of(after, ELIMINATION)
    assert closing.selected == frozenset({"A", "new"})
    assert after.money(closing.selected) == 30_000


def test_v17b_a_limit_on_the_post_money_keeps_dominance_where_it_is_a_right_of_allocation():
    before, after = capped_at_300(), with_newcomer(capped_at_300(), 10_000)
    assert before.money(closing_of(before).selected) == 35_000
    assert closing_of(after).selected == frozenset({"A", "B", "new"})


# --------------------------------------------------------------------------------------------------------------------
# V36: clearing payments, as commitments of one unit each


@pytest.mark.parametrize("units_per_dollar", [2, 12])
def test_v36_the_clearing_payments_of_eisenberg_and_noe_are_a_closing_of_unit_commitments(units_per_dollar):
    """The k-th unit of a debtor is paid if what he owns and receives makes k units; a unit counts in twelfths."""
    owned, owed, twelfths = (2, 1, 0.5), (4, 3, 1), ((0, 9, 3), (4, 0, 8), (6, 6, 0))  # debtor to creditor
    units = {d: [f"{d}.{k}" for k in range(1, owed[d] * units_per_dollar + 1)] for d in range(3)}
    conditions = {}
    for d in range(3):
        received = [unit for other in range(3) for unit in units[other] for _ in range(twelfths[other][d])]
        for k, unit in enumerate(units[d], start=1):
            missing = round(12 * (k - owned[d] * units_per_dollar))
            conditions[unit] = [[{"any_of": received, "at_least": missing}]] if missing > 0 else []
    problem = Problem({unit: 1 for own in units.values() for unit in own}, conditions)
    closing = closing_of(problem)
    for cleared in (closing.greatest, closing.least):
        payments = [sum(unit in cleared for unit in units[d]) / units_per_dollar for d in range(3)]
        assert payments == [3.5, 3.0, 1.0]


# --------------------------------------------------------------------------------------------------------------------
# V37: systems that are not monotone


def upper_and_lower_totals(chance: Random) -> Problem:
    ids = [f"i{k}" for k in range(chance.randint(2, 9))]
    tickets = {name: chance.randint(1, 9) for name in ids}
    total = sum(tickets.values())

    def condition() -> list[list[dict[str, float]]]:
        if chance.random() < 0.5:
            return [[{"total_bn": chance.randint(0, total) / 1000}]]
        return [[{"max_post_money_bn": (100 + chance.randint(0, total)) / 1000}]]

    return Problem(tickets, {name: condition() for name in ids}, pre_money=100)


def test_v37_two_thousand_systems_of_upper_and_lower_totals_are_eliminated_to_a_stable_set_within_their_bounds():
    chance, without_solution, determined = Random(37), 0, 0
    for _ in range(2_000):
        problem = upper_and_lower_totals(chance)
        closing = closing_of(problem, ELIMINATION)
        assert closing.selected == eliminated(problem), problem
        everybody_content(problem, closing.selected, literal=True)
        least, greatest = bounds_of(problem, literal=True)
        solutions = fixed_points(problem, literal=True)
        assert all(least <= solution <= greatest for solution in solutions), problem
        without_solution += not solutions
        if least == greatest:
            determined += 1
            assert solutions == [least], problem
    assert without_solution > 20  # some systems have no consistent set at all
    assert determined > 500


def everybody_content(problem: Problem, closers: frozenset[str], literal: bool) -> None:
    """Every member's conditions hold in the set, by the oracle."""
    bits = sum(1 << k for k, name in enumerate(problem.ids) if name in closers)
    assert bits & ~int(answers(problem, literal)[bits]) == 0, problem


# --------------------------------------------------------------------------------------------------------------------
# Properties of any book


@moderately
@given(chances)
def test_the_extremes_of_a_monotone_system_are_consistent_and_enclose_every_consistent_set(chance):
    problem = random_problem(chance, most=7)
    closing, solutions = closing_of(problem), fixed_points(problem)
    assert closing.least in solutions
    assert closing.greatest in solutions
    assert all(closing.least <= solution <= closing.greatest for solution in solutions)


@moderately
@given(chances)
def test_the_bounds_of_any_system_enclose_every_consistent_set(chance):
    problem = random_problem(chance, antitone=True, most=7)
    for literal in (False, True):
        least, greatest = bounds_of(problem, literal)
        assert all(least <= solution <= greatest for solution in fixed_points(problem, literal))


@moderately
@given(chances, st.sampled_from([GREATEST, LEAST, ELIMINATION]))
def test_whoever_closes_is_content_with_the_company_he_is_in(chance, select):
    problem = random_problem(chance, antitone=True, most=7)
    closing = closing_of(problem, select)
    everybody_content(problem, closing.selected, literal=select == ELIMINATION)
    assert closing.least <= closing.greatest


@moderately
@given(chances, st.sampled_from([GREATEST, LEAST, ELIMINATION]))
def test_whoever_has_paid_is_in_and_whoever_has_not_signed_is_out(chance, select):
    problem = random_problem(chance, antitone=True)
    for names in closing_of(problem, select)[:3]:
        assert problem.paid <= names
        assert not names & (problem.absent - problem.paid)


@moderately
@given(chances, st.sampled_from([GREATEST, LEAST, ELIMINATION]))
def test_barred_are_exactly_those_left_out_although_their_conditions_hold(chance, select):
    problem = random_problem(chance, antitone=True, most=7)
    closing = closing_of(problem, select)
    bits = sum(1 << k for k, name in enumerate(problem.ids) if name in closing.selected)
    content = problem.names(answers(problem, literal=select == ELIMINATION)[bits])
    assert closing.barred == content - closing.selected


@moderately
@given(chances, st.sampled_from([GREATEST, LEAST, ELIMINATION]))
def test_v40_the_order_of_the_investors_in_the_file_does_not_matter(chance, select):
    problem = random_problem(chance, antitone=True)
    order = problem.ids
    chance.shuffle(order)
    shuffled = replace(problem, tickets={name: problem.tickets[name] for name in order})
    assert closing_of(shuffled, select) == closing_of(problem, select)


@moderately
@given(chances, st.sampled_from([GREATEST, LEAST, ELIMINATION]))
def test_v40_an_investor_without_money_whom_nobody_names_changes_nothing(chance, select):
    problem = random_problem(chance, antitone=True)
    closing = closing_of(problem, select)
    with_inert = closing_of(with_newcomer(problem, 0), select)
    assert with_inert.selected == closing.selected | {"new"}
    assert (with_inert.least - {"new"}, with_inert.greatest - {"new"}) == (closing.least, closing.greatest)


@moderately
@given(chances)
def test_the_three_ways_of_selecting_agree_where_a_monotone_system_has_one_solution(chance):
    problem = random_problem(chance)
    closing = closing_of(problem)
    if closing.least == closing.greatest:
        assert {closing_of(problem, select).selected for select in SELECT.values()} == {closing.least}
    assert closing_of(problem, ELIMINATION).selected == closing.greatest


@moderately
@given(chances)
def test_v41_a_consent_that_comes_into_force_never_shrinks_the_greatest_closing(chance):
    problem = random_problem(chance)
    consented = replace(problem, gates=dict.fromkeys(problem.gates, 10.0))
    assert closing_of(problem).greatest <= closing_of(consented).greatest
    assert closing_of(problem).least <= closing_of(consented).least


def test_rivals_who_exclude_each_other_leave_the_question_undetermined():
    rivals = Problem({"a": 1, "b": 1}, {"a": [[{"without": "b"}]], "b": [[{"without": "a"}]]})
    assert fixed_points(rivals) == [frozenset("a"), frozenset("b")]
    assert bounds_of(rivals) == (frozenset(), frozenset("ab"))
    assert closing_of(rivals, ELIMINATION).selected == frozenset()
    assert closing_of(rivals, ELIMINATION).barred == frozenset("ab")


# --------------------------------------------------------------------------------------------------------------------
# The price ladder (C7.1)


@moderately
@given(chances)
def test_the_clinching_rung_is_the_highest_at_which_the_greatest_closing_brings_what_is_needed(chance):
    problem = random_problem(chance, most=6)
    ladder = sorted({chance.randint(10, 30) for _ in range(5)}, reverse=True)
    start, needed = chance.randrange(len(ladder)), chance.randint(1, 1 + problem.money(problem.ids))
    greatest = [extremes(replace(problem, pre_money=price))[1] for price in ladder]
    brought = [min(problem.money(names), problem.cap) for names in greatest]
    expected = next((rung for rung in range(start, len(ladder)) if brought[rung] >= needed), start)
    signed, paid, contracts, book = posed(problem)
    assert clinching_rung(signed, paid, contracts, book, np.array(ladder), start, needed) == expected
    assert book.facts.pre_money_musd == problem.pre_money
    assert counterfactual_money(signed, paid, contracts, book, AS_IT_IS, False) == problem.money(extremes(problem)[1])


def test_the_price_falls_to_the_rung_at_which_a_limit_on_the_post_money_leaves_enough_room():
    """B joins up to 310 after the money: that leaves 10 at a price of 300, and 30 at a price of 280."""
    problem = Problem({"A": 20, "B": 15}, {"B": [[{"max_post_money_bn": 0.310}]]}, pre_money=300)
    signed, paid, contracts, book = posed(problem)
    assert clinching_rung(signed, paid, contracts, book, np.array([300, 280]), 0, 30) == 1


@moderately
@given(chances)
def test_money_is_the_sum_of_the_tickets_of_a_set(chance):
    problem = random_problem(chance)
    signed, paid, _, book = posed(problem)
    everybody = signed | paid
    assert money(everybody, book.tickets) == problem.money(problem.names(everybody))


# --------------------------------------------------------------------------------------------------------------------
# Boundaries count (2.2: inclusive)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"total_bn": 0.100}, True),
        ({"total_bn": 0.101}, False),
        ({"total_bn": 0.071, "count_own": False}, True),
        ({"total_bn": 0.072, "count_own": False}, False),
        ({"investor": "other", "amount_bn": 0.071}, True),
        ({"investor": "other", "amount_bn": 0.072}, False),
        ({"any_of": ["own", "other"], "at_least": 2}, True),
        ({"kind": "venture", "amount_bn": 0.100}, True),
        ({"kind": "venture", "amount_bn": 0.101}, False),
        ({"gate": "law", "by": 60.0}, True),
        ({"gate": "law", "by": 59.0}, False),
        ({"max_pre_money_bn": 0.400}, True),
        ({"max_pre_money_bn": 0.399}, False),
        ({"min_sentiment": -0.3}, True),
        ({"min_sentiment": -0.29}, False),
        ({"max_post_money_bn": 0.500}, True),
        ({"max_post_money_bn": 0.499}, False),
    ],
)
def test_every_kind_of_condition_holds_at_its_boundary_and_not_beyond(condition, holds):
    problem = Problem(
        {"own": 29, "other": 71}, {"own": [[condition]]}, gates={"law": 60.0}, pre_money=400, sentiment=-0.3
    )
    assert ("own" in closing_of(problem, ELIMINATION).selected) == holds


@pytest.mark.parametrize(("ticket", "condition"), [(29, {"max_own_share": 0.29}), (7, {"min_own_share": 0.07})])
def test_a_stake_of_exactly_the_stated_share_satisfies_its_limit(ticket, condition):
    problem = Problem({"own": ticket}, {"own": [[condition]]}, pre_money=100 - ticket)
    assert closing_of(problem, ELIMINATION).selected == frozenset({"own"})


def test_the_post_money_that_a_condition_reads_is_the_one_that_the_offer_states():
    assert post_money_bn(260_000, 10_000, 30_000) == 300.0
    refused = Problem(
        {"fund": 30_000}, {"fund": [[{"max_post_money_bn": 299.0}]]}, pre_money=260_000, already_closed=10_000
    )
    assert closing_of(refused, ELIMINATION).selected == frozenset()


@pytest.mark.parametrize("order", ["".join(order) for order in itertools.permutations("abc")])
def test_a_chain_of_conditions_closes_whatever_the_order_of_its_links(order):
    follows = {"a": [[{"investor": "b"}]], "b": [[{"investor": "c"}]]}
    problem = Problem(dict.fromkeys(order, 1), follows)
    assert closing_of(problem, LEAST).selected == frozenset("abc")
