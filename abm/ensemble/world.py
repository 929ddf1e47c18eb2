"""World: everything that a compiled run reads and writes, laid out once a batch and used for every run of it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from abm import state
from abm.contracts import new_book, records
from abm.layout import Population
from abm.rules.closing import Contracts
from abm.rules.conditions import FACTS, Book
from abm.rules.gatekeepers import look_ahead, standing
from abm.rules.totals import moved
from abm.schedule import week_end
from abm.state import BLOCKED, OPEN, SATISFIED

#: Weeks of public luck that are drawn at once.
AHEAD = 24

# Rows of ``World.luck``.
SENTIMENT, VALUE, NEWS, REVENUE, BURN, TALENT = range(6)

#: Whose luck a run draws, and how far it is into the weeks that are drawn.
KEY = np.dtype([("seed", np.int64), ("run", np.int64), ("ahead", np.int64)])

_MOST_STANDINGS = 256  # ways in which consents can stand, beyond which each run looks ahead for itself


class Scenario(NamedTuple):
    """What no run changes."""

    terms: Any  #: state.ROUND[1]
    market: Any  #: state.MARKET[1]
    firm: Any  #: state.FIRM[1]
    listing: Any  #: state.LISTING[1]
    ladder_musd: Any  #: int64[rungs]
    listing_gates: Any  #: int64
    gates: Any  #: state.GATEKEEPER[G]
    gate_order: Any  #: int64[G]
    required: Any  #: int64
    plan: Any  #: state.PLAN[weeks + 1]
    claims: Any  #: state.CLAIM[C]
    later_rounds: Any  #: state.LATER_ROUND[L]
    traits: Any  #: state.TRAITS[N]
    lottery: Any  #: state.LOTTERY[N]
    atoms: Any  #: ATOM[A]
    standings: Any  #: int64[S], numbers of the ways in which consents can stand; none where there are too many
    outlooks: Any  #: float64[2, weeks + 1, S, G], what the market gives to each consent; [1]: after an extension
    opinions_pull: bool  #: whether anybody's opinion moves another's


class World(NamedTuple):
    """A scenario and one run of it. ``N`` investors, ``G`` gatekeepers."""

    scenario: Scenario
    key: Any  #: KEY[1], whose luck it is
    now: Any  #: state.ROUND_STATE[1]
    sky: Any  #: state.MARKET_STATE[1]
    company: Any  #: state.COMPANY_STATE[1]
    gates: Any  #: state.GATE_STATE[G]
    investors: state.Investors
    traits: Any  #: state.TRAITS[N]
    contracts: Contracts
    book: Book
    offer: Any  #: state.OFFER[1]
    news: Any  #: state.NEWS[2, N], commitments that everybody hears of, and those that wait for next week
    authors: Any  #: int64[2, N], whose they are
    heard: Any  #: int64[2], how many
    luck: Any  #: float64[6, AHEAD], public luck of the weeks ahead
    weeks: Any  #: int64[AHEAD], which weeks these are
    nobody: Any  #: int64[AHEAD], zeros: public luck has no agent
    signed: Any  #: bool[N]
    paid: Any  #: bool[N]
    unpaid: Any  #: bool[N]
    refused: Any  #: bool[N]
    closers: Any  #: bool[N], who closes this week
    stirred: Any  #: bool[2], whether a closing could end otherwise than the last; whether one is to be settled
    paths: Any  #: int64[3, weeks]: committed, paid, cash [USD million]


def world_of(population: Population) -> World:
    """Lay out the memory of a batch of runs."""
    n, g = len(population.ids), len(population.gate_ids)
    weeks = int(population.round.horizon_weeks)
    contracts = population.contracts
    investors = state.Investors(
        mean=np.zeros(n),
        precision=np.zeros(n),
        sign_clock=np.zeros(n),
        withdrawal_clock=np.zeros(n),
        sign_day=np.zeros(n),
        diligence_done=np.zeros(n, np.bool_),
        stage=np.zeros(n, np.int64),
        ticket_musd=np.zeros(n, np.int64),
        paid_musd=np.zeros(n, np.int64),
        shares=np.zeros(n, np.int64),
    )
    kinds = np.ascontiguousarray(population.traits.kind)
    book = new_book(np.zeros(n, np.int64), kinds, np.zeros(g), contracts.members, records(FACTS, [{}])[0])
    return World(
        scenario=_scenario_of(population),
        key=np.zeros(1, KEY),
        now=np.zeros(1, state.ROUND_STATE),
        sky=np.zeros(1, state.MARKET_STATE),
        company=np.zeros(1, state.COMPANY_STATE),
        gates=np.zeros(g, state.GATE_STATE),
        investors=investors,
        traits=_plain(population.traits).copy(),
        contracts=contracts._replace(atoms=_plain(contracts.atoms).copy()),
        book=book,
        offer=np.zeros(1, state.OFFER),
        news=np.zeros((2, n), state.NEWS),
        authors=np.zeros((2, n), np.int64),
        heard=np.zeros(2, np.int64),
        luck=np.zeros((6, AHEAD)),
        weeks=np.zeros(AHEAD, np.int64),
        nobody=np.zeros(AHEAD, np.int64),
        signed=np.zeros(n, np.bool_),
        paid=np.zeros(n, np.bool_),
        unpaid=np.zeros(n, np.bool_),
        refused=np.zeros(n, np.bool_),
        closers=np.zeros(n, np.bool_),
        stirred=np.zeros(2, np.bool_),
        paths=np.zeros((3, weeks), np.int64),
    )


def _plain(array: Any) -> Any:
    """Records without the attribute access of plain Python."""
    return np.array(array, np.dtype(array.dtype.descr))


def _one(record: Any) -> Any:
    return np.array([record.item()], np.dtype(record.dtype.descr))


def _scenario_of(population: Population) -> Scenario:
    standings = _standings(population)
    return Scenario(
        terms=_one(population.round),
        market=_one(population.market),
        firm=_one(population.firm),
        listing=_one(population.listing),
        ladder_musd=population.ladder_musd,
        listing_gates=population.listing_gates,
        gates=_plain(population.gates),
        gate_order=population.gate_order,
        required=population.required,
        plan=_plain(population.plan),
        claims=_plain(population.claims),
        later_rounds=_plain(population.later_rounds),
        traits=_plain(population.traits),
        lottery=_plain(population.lottery),
        atoms=_plain(population.contracts.atoms),
        standings=np.array([standing(np.array(status, np.int64)) for status in standings], np.int64),
        outlooks=_outlooks(population, standings),
        opinions_pull=bool((population.traits.opinion_pull > 0.0).any()),
    )


def _standings(population: Population) -> list[tuple[int, ...]]:
    """Ways in which consents can stand, each after those it requires; none where there are too many to list."""
    gates = population.gates
    found = new = {(OPEN,) * len(gates)}
    while new and len(found) <= _MOST_STANDINGS:
        following = set()
        for status in new:
            for g, gate in enumerate(gates):
                required = population.required[gate.first : gate.last]
                if status[g] == OPEN and all(status[k] == SATISFIED for k in required):
                    answers = (SATISFIED, BLOCKED) if gate.block_per_year > 0.0 else (SATISFIED,)
                    following |= {(*status[:g], answer, *status[g:][1:]) for answer in answers}
        new = following - found
        found = found | new
    return sorted(found, key=lambda status: standing(np.array(status, np.int64))) if not new else []


def _outlooks(population: Population, standings: list[tuple[int, ...]]) -> Any:
    """What the market gives to each consent that is open, for every week and standing, float64[2, weeks + 1, S, G]."""
    terms, gates = population.round, population.gates
    deadlines = [float(terms.deadline_day)]
    if terms.extension_probability > 0.0:
        deadlines.append(moved(float(terms.deadline_day), float(terms.extension_days)))
    table = np.zeros((2, int(terms.horizon_weeks) + 1, len(standings), len(gates)))
    never = np.full(len(gates), math.inf)
    for extended, deadline in enumerate(deadlines):
        for week in range(table.shape[1]):
            until = week_end(week, deadline)
            if until > deadline or (extended and until < deadlines[0]):
                continue
            for place, status in enumerate(standings):
                table[extended, week, place] = look_ahead(
                    gates,
                    population.gate_order,
                    population.required,
                    np.array(status, np.int64),
                    never,
                    deadline,
                    until,
                )
    return table
