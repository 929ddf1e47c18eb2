"""Reserves: a round too small for all is shared so that no condition breaks by it, tried against every allocation."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abm
from abm.rules.allocation import pro_rata, ration
from abm.scenario import scenario_from
from tests.oracles import Problem, extremes
from tests.test_settlement import settled

# --------------------------------------------------------------------------------------------------------------------
# The oracle: every allocation in whole units


def holds(problem: Problem, pays: dict[str, int], own: str) -> bool:
    """Whether one clause of ``own`` holds by what everybody pays; nobody is in who pays nothing."""
    clauses = problem.conditions.get(own, [])
    return not clauses or any(all(_holds(problem, pays, atom, own) for atom in clause) for clause in clauses)


def _holds(problem: Problem, pays: dict[str, int], atom: dict[str, Any], own: str) -> bool:
    def units(key: str) -> int:
        return round(1000 * atom.get(key, 0))

    total = sum(pays.values())
    if "total_bn" in atom:
        counted = total - (0 if atom.get("count_own", True) else pays[own])
        return counted + (problem.already_closed if atom.get("count_closed", True) else 0) >= units("total_bn")
    if "investor" in atom:
        return pays[atom["investor"]] >= max(1, units("amount_bn"))
    if "any_of" in atom:
        return sum(pays[name] > 0 for name in atom["any_of"]) >= atom.get("at_least", 1)
    if "kind" in atom:
        there = sum(pays[name] for name in pays if problem.kinds.get(name, "venture") == atom["kind"])
        return there >= units("amount_bn")
    raise AssertionError(atom)


def sound(problem: Problem, pays: dict[str, int], minimum: dict[str, int]) -> bool:
    """Whether an allocation is within tickets, minimum tickets and the cap, and keeps every payer's conditions."""
    return (
        sum(pays.values()) <= problem.cap
        and all(q == 0 or minimum.get(name, 1) <= q <= problem.tickets[name] for name, q in pays.items())
        and all(holds(problem, pays, name) for name, q in pays.items() if q)
    )


def some_sound(problem: Problem, minimum: dict[str, int], closers: frozenset[str]) -> dict[str, int] | None:
    """An allocation by which somebody pays, or None: tried one after the other."""
    sizes = [range(problem.tickets[name] + 1) if name in closers else (0,) for name in problem.ids]
    every = (dict(zip(problem.ids, pays, strict=True)) for pays in product(*sizes))
    return next((pays for pays in every if any(pays.values()) and sound(problem, pays, minimum)), None)


def book(chance: Random) -> tuple[Problem, dict[str, int], dict[str, dict[str, Any]]]:
    """A book of two to four investors that is larger than its cap; who waits for whom, minimum tickets, ranks."""
    ids = [f"i{k}" for k in range(chance.randint(2, 4))]
    tickets = {name: chance.randint(1, 5) for name in ids}
    kinds = {name: chance.choice(["venture", "sovereign"]) for name in ids}

    def atom(own: str) -> dict[str, Any]:
        other = chance.choice([name for name in ids if name != own])
        named = chance.sample(ids, chance.randint(1, len(ids)))
        return chance.choice(
            [
                {"investor": other},
                {"investor": other, "amount_bn": chance.randint(1, 4) / 1000},
                {"any_of": named, "at_least": chance.randint(1, len(named))},
                {"kind": chance.choice(["venture", "sovereign"]), "amount_bn": chance.randint(1, 5) / 1000},
                {"total_bn": chance.randint(1, 10) / 1000, "count_own": chance.random() < 0.7},
            ]
        )

    def clauses(own: str) -> list[list[dict[str, Any]]]:
        return [[atom(own) for _ in range(chance.randint(1, 2))] for _ in range(chance.choice([0, 0, 1, 1, 2]))]

    minimum = {name: chance.choice([1, 1, chance.randint(1, tickets[name])]) for name in ids}
    traits = {
        name: {"min_ticket_musd": minimum[name], "lead": chance.random() < 0.3, "priority": chance.randint(0, 2)}
        for name in ids
    }
    cap = chance.randint(1, max(1, sum(tickets.values()) - 1))
    return Problem(tickets, {name: clauses(name) for name in ids}, kinds, cap=cap), minimum, traits


@pytest.mark.parametrize("seed", range(40))
def test_where_some_allocation_keeps_every_condition_one_is_found(seed):
    chance, served = Random(seed), 0
    for _ in range(75):
        problem, minimum, traits = book(chance)
        closers = extremes(problem)[1]
        if problem.money(closers) <= problem.cap:
            continue
        pays, _ = settled(problem, **traits)
        if any(pays.values()):
            assert sound(problem, pays, minimum), (problem, minimum, traits, pays)
            served += 1
        else:
            assert some_sound(problem, minimum, closers) is None, (problem, minimum, traits)
    assert served > 10


# --------------------------------------------------------------------------------------------------------------------
# By hand

WAITS = Problem({"lead": 100, "co": 30}, {"lead": [[{"investor": "co"}]]}, cap=100)
FIRST = {"lead": {"lead": True}}


def test_a_lead_who_waits_for_a_partner_is_not_served_before_him():
    """Served first the lead would take all 100 and stay out himself; pro rata it is 77 and 23."""
    assert settled(WAITS, **FIRST)[0] == {"lead": 77, "co": 23}
    assert settled(replace(WAITS, cap=101), **FIRST)[0] == {"lead": 100, "co": 1}
    assert settled(replace(WAITS, conditions={}), **FIRST)[0] == {"lead": 100, "co": 0}


def test_what_is_asked_of_a_partner_is_kept_for_him():
    asks = replace(WAITS, conditions={"lead": [[{"investor": "co", "amount_bn": 0.028}]]})
    assert settled(asks, **FIRST)[0] == {"lead": 71, "co": 29}  # 1 and 28, and of the other 71 by what is left: 99 to 2


def test_a_kind_of_money_that_is_asked_for_is_kept():
    of_kind = Problem(
        {"lead": 60, "a": 20, "b": 20, "c": 20},
        {"lead": [[{"kind": "sovereign", "amount_bn": 0.039}]]},
        {"a": "sovereign", "b": "sovereign"},
        cap=90,
    )
    pays = settled(of_kind, **FIRST)[0]
    assert pays["a"] + pays["b"] >= 39
    assert sum(pays.values()) == 90


@pytest.mark.parametrize("engine", ["ensemble", "mesa"])
def test_a_round_whose_cap_is_its_target_closes_with_lead_and_partner(engine):
    raw = abm.load_scenario("three-investors").raw
    raw["round"] = {key: raw["round"][key] for key in ("deadline", "pre_money_bn")} | {"target_bn": 1.0}
    raw["investors"] = [
        {"id": "lead", "kind": "venture", "role": "lead", "ticket_bn": 1.0, "signed_at_start": True,
         "conditions": [[{"investor": "partner"}]]},
        {"id": "partner", "kind": "venture", "ticket_bn": 0.3, "signed_at_start": True},
    ]  # fmt: skip
    paid = abm.simulate(scenario_from(raw), 20, engine=engine, workers=1).to_frame()
    assert paid["closed"].all()
    assert set(paid["paid_bn.lead"]) == {0.769}
    assert set(paid["paid_bn.partner"]) == {0.231}


# --------------------------------------------------------------------------------------------------------------------
# Minimum tickets

queues = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans(), st.integers(0, 2)), max_size=6)


@settings(deadline=None, max_examples=300)
@given(queues.filter(bool), st.integers(0, 120), st.floats(0.0, 1.0))
def test_nobody_gets_less_than_his_minimum_ticket(queue, room, right):
    demand, minimum, leads, priority = (np.array(column) for column in zip(*queue, strict=True))
    insisted = (demand * right).astype(np.int64)
    for allocated in (ration(demand, insisted, leads, priority, minimum, room), pro_rata(demand, minimum, room)):
        assert allocated.sum() <= min(room, demand.sum())
        assert (allocated <= demand).all()
        assert ((allocated == 0) | (allocated >= np.minimum(minimum, demand))).all()


@settings(deadline=None, max_examples=300)
@given(queues.filter(bool), st.integers(0, 120))
def test_pro_rata_fills_the_room_where_all_minimum_tickets_fit(queue, room):
    demand, minimum, *_ = (np.array(column) for column in zip(*queue, strict=True))
    minimum = np.minimum(minimum, demand)
    if minimum.sum() <= room:
        assert pro_rata(demand, minimum, room).sum() == min(room, demand.sum())


def test_minimum_tickets_by_hand():
    assert pro_rata(np.array([60, 50]), np.array([0, 50]), 100).tolist() == [50, 50]  # not 55 and 45
    assert pro_rata(np.array([30, 30]), np.array([30, 30]), 40).tolist() == [30, 0]  # no room for both
    assert pro_rata(np.array([100, 10]), np.array([0, 10]), 100).tolist() == [100, 0]  # the rest fills the room
