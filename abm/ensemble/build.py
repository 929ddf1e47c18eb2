"""Build: the memory of a compiled run, laid out once for a scenario and used for every run of a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.core.records import BLOCKED, OPEN, SATISFIED, Floats
from abm.core.schedule import week_end
from abm.ensemble import closings
from abm.ensemble.memory import address_of
from abm.ensemble.world import AHEAD, ARRAYS, CALLS, WORLD
from abm.population.layout import Population
from abm.rules.conditions import CONDITIONS
from abm.rules.outlook import look_ahead, standing
from abm.rules.sums import add
from abm.scenario.fields import KINDS

_MOST_STANDINGS = 256  # ways in which consents can stand, beyond which each run looks ahead for itself


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
            "gate_params": population.gate_params,
            "gate_order": population.gate_order,
            "required": population.required,
            "plan": population.plan,
            "claims": population.claims,
            "later_rounds": population.later_rounds,
            "base": population.traits,
            "pool_distributions": population.pool_distributions,
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
        lengths = {"gate_states": g, "outlooks": g, "gate_days": g, "totals": 2, "sets": 8 * n}
        lengths |= {"kind_musd": len(KINDS), "base_musd": 1 + len(KINDS)}
        lengths |= dict.fromkeys(("weeks_ahead", "zeros"), AHEAD)
        self.arrays: dict[str, Any] = {}
        for name, layout in ARRAYS.items():
            length = AHEAD if name.endswith(("_z", "_u")) else weeks if name.endswith("_path") else lengths.get(name, n)
            values = np.array(given[name], layout) if name in given else np.zeros(length, layout)
            self.arrays[name] = values.reshape(-1)
        memory = np.zeros(1, WORLD)
        for name, array in self.arrays.items():
            memory[f"{name}_at"], memory[f"{name}_n"] = array.ctypes.data, len(array)
        for name in ("round", "market", "firm", "listing"):
            memory["terms" if name == "round" else name] = np.array(
                getattr(population, name).item(), WORLD["terms" if name == "round" else name]
            )
        kinds = tuple(CONDITIONS.values())
        memory["unsteady"] = any(not kinds[code].steady for code in contracts.atoms["kind"])
        memory["opinions_pull"] = bool((population.traits.opinion_pull > 0.0).any())
        self.record = memory.view(np.recarray)[0]
        for name in CALLS:
            memory[f"{name}_call"] = address_of(getattr(closings, name), self.record)


def _standings(population: Population) -> list[tuple[int, ...]]:
    """Ways in which consents can stand, each after those it requires; none where there are too many to list."""
    gates = population.gate_params
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


def _outlooks(population: Population, standings: list[tuple[int, ...]]) -> Floats:
    """What the market gives to each consent that is open, float64[2, weeks + 1, standings, gates]."""
    terms, gates = population.round, population.gate_params
    deadlines = [float(terms.deadline_day)]
    if terms.extension_probability > 0.0:
        deadlines.append(add(float(terms.deadline_day), float(terms.extension_days)))
    table = np.zeros((2, len(population.plan), len(standings), len(gates)))
    never = np.full(len(gates), math.inf)
    for extended, deadline in enumerate(deadlines):
        for week in range(table.shape[1]):
            until = week_end(week, deadline)
            if until > deadline or (extended and until < deadlines[0]):
                continue
            for index, status in enumerate(standings):
                how = np.array(status, np.int64)
                table[extended, week, index] = look_ahead(
                    gates, population.gate_order, population.required, how, never, deadline, until
                )
    return table
