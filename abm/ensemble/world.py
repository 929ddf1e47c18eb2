"""World: everything that a compiled run reads and writes, laid out once and used for every run of a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm import state
from abm.knobs import KINDS
from abm.layout import Population
from abm.memory import address_of, column
from abm.rules.conditions import ATOM, FACTS
from abm.rules.failure import Links
from abm.rules.gatekeepers import look_ahead, standing
from abm.rules.totals import moved
from abm.schedule import week_end
from abm.state import BLOCKED, OPEN, SATISFIED

#: Weeks of public luck that are drawn at once.
AHEAD = 24

_MOST_STANDINGS = 256  # ways in which consents can stand, beyond which each run looks ahead for itself

_WHOLE, _NUMBER, _FLAG = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.bool_)

#: The arrays of a world and their elements. First what no run changes, then what is one run's.
ARRAYS = {
    "ladder_musd": _WHOLE,
    "listing_gates": _WHOLE,
    "laws": state.GATEKEEPER,
    "gate_order": _WHOLE,
    "required": _WHOLE,
    "plan": state.PLAN,
    "claims": state.CLAIM,
    "later_rounds": state.LATER_ROUND,
    "base": state.TRAITS,
    "lottery": state.LOTTERY,
    "base_atoms": ATOM,
    "clauses": _WHOLE,
    "owners": _WHOLE,  # where each investor's clauses start
    "members": _WHOLE,
    "kinds": _WHOLE,
    "standings": _WHOLE,  # numbers of the ways in which consents can stand; none where there are too many
    "outlook_table": _NUMBER,  # [extended, week, standing, gate], laid out flat
    "traits": state.TRAITS,
    "atoms": ATOM,
    "gates": state.GATE_STATE,
    **{name: state.INVESTOR_STATE[name] for name in state.INVESTOR_STATE.names or ()},
    "news": state.NEWS,  # commitments that everybody hears of this week
    "announced": state.NEWS,  # and those that wait for the next
    "sentiment_luck": _NUMBER,  # public luck of the weeks ahead
    "value_luck": _NUMBER,
    "news_luck": _NUMBER,
    "revenue_luck": _NUMBER,
    "burn_luck": _NUMBER,
    "talent_luck": _NUMBER,
    "weeks_ahead": _WHOLE,
    "nobody": _WHOLE,  # zeros: public luck has no agent
    "outlooks": _NUMBER,
    "signed": _FLAG,
    "paid": _FLAG,
    "unpaid": _FLAG,
    "refused": _FLAG,
    "closers": _FLAG,  # who closes this week
    "tested": _FLAG,  # of whom it is known whether they pay when called
    "content": _FLAG,  # who needs nobody but those who have paid
    "allocated": _WHOLE,
    "tickets": _WHOLE,
    "inside": _FLAG,
    "against": _FLAG,
    "totals": _WHOLE,
    "kind_musd": _WHOLE,
    "base_musd": _WHOLE,
    "gate_days": _NUMBER,
    "who": _WHOLE,
    "sets": _FLAG,
    "committed_path": _WHOLE,
    "paid_path": _WHOLE,
    "cash_path": _WHOLE,
}

#: What each broken link cost a round that failed (see ``rules.failure.Links``) [USD million].
LINKS = np.dtype([(name, np.int64) for name in Links._fields])

#: Functions that compiled phases reach through addresses in the world (``jit.far``).
CALLS = ("clinch", "close_the_book", "pay_the_book", "look_for_causes", "fall_back")

#: One pointer to everything: the records themselves, and addresses and lengths of the arrays.
WORLD = np.dtype(
    [
        ("seed", np.int64),
        ("run", np.int64),  # whose luck the weeks have
        ("root", np.int64),  # whose luck was drawn once for all weeks; another than ``run`` in a lineage only
        ("ahead", np.int64),  # how far the run is into the weeks that are drawn
        ("heard", np.int64),  # how many commitments are news
        ("waiting", np.int64),  # how many wait to become it
        ("last_closing_day", np.float64),
        ("last_closing_sentiment", np.float64),
        ("stirred", np.bool_),  # whether a closing could end otherwise than the last
        ("called", np.bool_),  # whether closers are called this week
        ("opinions_pull", np.bool_),  # whether anybody's opinion moves another's
        ("terms", state.ROUND),
        ("market", state.MARKET),
        ("firm", state.FIRM),
        ("listing", state.LISTING),
        ("now", state.ROUND_STATE),
        ("sky", state.MARKET_STATE),
        ("company", state.COMPANY_STATE),
        ("offer", state.OFFER),
        ("facts", FACTS),
        ("links", LINKS),
        *((f"{name}_call", np.int64) for name in CALLS),
        *((f"{name}_{part}", np.int64) for name in ARRAYS for part in ("at", "n")),
    ]
)


class World:
    """The memory of one run at a time.

    Attributes
    ----------
    record
        The ``WORLD`` record that compiled code reads.
    arrays
        Its arrays by name.
    """

    def __init__(self, population: Population) -> None:
        n, g, weeks = len(population.ids), len(population.gate_ids), int(population.round.horizon_weeks)
        standings = _standings(population)
        contracts = population.contracts
        given = {
            "ladder_musd": population.ladder_musd,
            "listing_gates": population.listing_gates,
            "laws": population.gates,
            "gate_order": population.gate_order,
            "required": population.required,
            "plan": population.plan,
            "claims": population.claims,
            "later_rounds": population.later_rounds,
            "base": population.traits,
            "lottery": population.lottery,
            "base_atoms": contracts.atoms,
            "clauses": contracts.clauses,
            "owners": contracts.investors,
            "members": contracts.members,
            "kinds": population.traits.kind,
            "standings": [standing(np.array(status, np.int64)) for status in standings],
            "outlook_table": _outlooks(population, standings),
            "traits": population.traits,
            "atoms": contracts.atoms,
        }
        lengths = {"gates": g, "outlooks": g, "gate_days": g, "totals": 2, "sets": 8 * n}
        lengths |= {"kind_musd": len(KINDS), "base_musd": 1 + len(KINDS)}
        lengths |= dict.fromkeys(("weeks_ahead", "nobody"), AHEAD)
        self.arrays: dict[str, Any] = {}
        for name, layout in ARRAYS.items():
            length = AHEAD if name.endswith("_luck") else weeks if name.endswith("_path") else lengths.get(name, n)
            values = np.array(given[name], layout) if name in given else np.zeros(length, layout)
            self.arrays[name] = values.reshape(-1)
        memory = np.zeros(1, WORLD)
        for name, array in self.arrays.items():
            memory[f"{name}_at"], memory[f"{name}_n"] = array.ctypes.data, len(array)
        for name in ("round", "market", "firm", "listing"):
            memory["terms" if name == "round" else name] = np.array(
                getattr(population, name).item(), WORLD["terms" if name == "round" else name]
            )
        memory["opinions_pull"] = bool((population.traits.opinion_pull > 0.0).any())
        self.record = memory.view(np.recarray)[0]
        from abm.ensemble import closings  # which needs the accessors below

        for name in CALLS:
            memory[f"{name}_call"] = address_of(getattr(closings, name), self.record)


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
                    following |= {tuple(answer if k == g else s for k, s in enumerate(status)) for answer in answers}
        new = following - found
        found = found | new
    return sorted(found, key=lambda status: standing(np.array(status, np.int64))) if not new else []


def _outlooks(population: Population, standings: list[tuple[int, ...]]) -> Any:
    """What the market gives to each consent that is open, float64[2, weeks + 1, standings, gates]."""
    terms, gates = population.round, population.gates
    deadlines = [float(terms.deadline_day)]
    if terms.extension_probability > 0.0:
        deadlines.append(moved(float(terms.deadline_day), float(terms.extension_days)))
    table = np.zeros((2, len(population.plan), len(standings), len(gates)))
    never = np.full(len(gates), math.inf)
    for extended, deadline in enumerate(deadlines):
        for week in range(table.shape[1]):
            until = week_end(week, deadline)
            if until > deadline or (extended and until < deadlines[0]):
                continue
            for place, status in enumerate(standings):
                how = np.array(status, np.int64)
                table[extended, week, place] = look_ahead(
                    gates, population.gate_order, population.required, how, never, deadline, until
                )
    return table


# One accessor for each array, to be called from compiled code: ``traits(world)``.
ladder_musd = column("ladder_musd", ARRAYS["ladder_musd"])
listing_gates = column("listing_gates", ARRAYS["listing_gates"])
laws = column("laws", ARRAYS["laws"])
gate_order = column("gate_order", ARRAYS["gate_order"])
required = column("required", ARRAYS["required"])
plan = column("plan", ARRAYS["plan"])
claims = column("claims", ARRAYS["claims"])
later_rounds = column("later_rounds", ARRAYS["later_rounds"])
base = column("base", ARRAYS["base"])
lottery = column("lottery", ARRAYS["lottery"])
base_atoms = column("base_atoms", ARRAYS["base_atoms"])
clauses = column("clauses", ARRAYS["clauses"])
owners = column("owners", ARRAYS["owners"])
members = column("members", ARRAYS["members"])
kinds = column("kinds", ARRAYS["kinds"])
standings = column("standings", ARRAYS["standings"])
outlook_table = column("outlook_table", ARRAYS["outlook_table"])
traits = column("traits", ARRAYS["traits"])
atoms = column("atoms", ARRAYS["atoms"])
gates = column("gates", ARRAYS["gates"])
mean = column("mean", ARRAYS["mean"])
precision = column("precision", ARRAYS["precision"])
sign_clock = column("sign_clock", ARRAYS["sign_clock"])
withdrawal_clock = column("withdrawal_clock", ARRAYS["withdrawal_clock"])
sign_day = column("sign_day", ARRAYS["sign_day"])
diligence_done = column("diligence_done", ARRAYS["diligence_done"])
stage = column("stage", ARRAYS["stage"])
ticket_musd = column("ticket_musd", ARRAYS["ticket_musd"])
paid_musd = column("paid_musd", ARRAYS["paid_musd"])
shares = column("shares", ARRAYS["shares"])
news = column("news", ARRAYS["news"])
announced = column("announced", ARRAYS["announced"])
sentiment_luck = column("sentiment_luck", ARRAYS["sentiment_luck"])
value_luck = column("value_luck", ARRAYS["value_luck"])
news_luck = column("news_luck", ARRAYS["news_luck"])
revenue_luck = column("revenue_luck", ARRAYS["revenue_luck"])
burn_luck = column("burn_luck", ARRAYS["burn_luck"])
talent_luck = column("talent_luck", ARRAYS["talent_luck"])
weeks_ahead = column("weeks_ahead", ARRAYS["weeks_ahead"])
nobody = column("nobody", ARRAYS["nobody"])
outlooks = column("outlooks", ARRAYS["outlooks"])
signed = column("signed", ARRAYS["signed"])
paid = column("paid", ARRAYS["paid"])
unpaid = column("unpaid", ARRAYS["unpaid"])
refused = column("refused", ARRAYS["refused"])
closers = column("closers", ARRAYS["closers"])
tested = column("tested", ARRAYS["tested"])
content = column("content", ARRAYS["content"])
allocated = column("allocated", ARRAYS["allocated"])
tickets = column("tickets", ARRAYS["tickets"])
inside = column("inside", ARRAYS["inside"])
against = column("against", ARRAYS["against"])
totals = column("totals", ARRAYS["totals"])
kind_musd = column("kind_musd", ARRAYS["kind_musd"])
base_musd = column("base_musd", ARRAYS["base_musd"])
gate_days = column("gate_days", ARRAYS["gate_days"])
who = column("who", ARRAYS["who"])
sets = column("sets", ARRAYS["sets"])
committed_path = column("committed_path", ARRAYS["committed_path"])
paid_path = column("paid_path", ARRAYS["paid_path"])
cash_path = column("cash_path", ARRAYS["cash_path"])
