"""Build: the memory of a compiled run, laid out once for a scenario and used for every run of a batch."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.records import BLOCKED, OPEN, SATISFIED
from abm.ensemble import closings
from abm.ensemble.memory import address_of
from abm.ensemble.world import AHEAD, ARRAYS, CALLS, WORLD
from abm.population.layout import Population
from abm.rules.conditions import CONDITIONS
from abm.rules.outlook import standing
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
        lengths = {"gate_states": g, "outlooks": g, "gate_days": g, "totals": 2, "sets": 8 * n}
        lengths |= {"kind_musd": len(KINDS), "base_musd": 1 + len(KINDS)}
        lengths |= dict.fromkeys(("weeks_ahead", "zeros"), AHEAD)
        self.arrays: dict[str, Any] = {}
        self._memory = np.zeros(1, WORLD)
        self.record = self._memory.view(np.recarray)[0]
        self.load(population)
        for name, layout in ARRAYS.items():
            if name not in self.arrays:
                length = (
                    AHEAD if name.endswith(("_z", "_u")) else weeks if name.endswith("_path") else lengths.get(name, n)
                )
                self._point_to(name, np.zeros(length, layout))
        for name in CALLS:
            self._memory[f"{name}_call"] = address_of(getattr(closings, name), self.record)

    def load(self, population: Population) -> None:
        """Let the runs to come be of a population, which has as many investors, gatekeepers and weeks as the last."""
        self.population, contracts = population, population.contracts
        standings = _standings(population)
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
            "outlook_table": np.full(2 * len(population.plan) * len(standings) * len(population.gate_ids), math.nan),
            "traits": population.traits,
            "atoms": contracts.atoms,
        }
        for name, values in given.items():
            self._point_to(name, np.array(values, ARRAYS[name]).reshape(-1))
        memory = self._memory
        for name in ("round", "market", "firm", "listing"):
            field = "terms" if name == "round" else name
            memory[field] = np.array(getattr(population, name).item(), WORLD[field])
        kinds = tuple(CONDITIONS.values())
        memory["unsteady"] = any(not kinds[code].steady for code in contracts.atoms["kind"])
        memory["opinions_pull"] = bool((population.traits.opinion_pull > 0.0).any())

    def _point_to(self, name: str, array: NDArray[Any]) -> None:
        """Keep an array, and tell compiled code where it is."""
        self.arrays[name] = array
        self._memory[f"{name}_at"], self._memory[f"{name}_n"] = array.ctypes.data, len(array)


def _standings(population: Population) -> tuple[tuple[int, ...], ...]:
    """Ways in which consents can stand, each after those it requires; none where there are too many to list."""
    gates, required = population.gate_params, population.required.tolist()
    return _all_standings(tuple((tuple(required[g.first : g.last]), bool(g.block_per_year > 0.0)) for g in gates))


@lru_cache
def _all_standings(gates: tuple[tuple[tuple[int, ...], bool], ...]) -> tuple[tuple[int, ...], ...]:
    """Ways in which consents can stand that require others, and can be refused for good or not."""
    found = new = {(OPEN,) * len(gates)}
    while new and len(found) <= _MOST_STANDINGS:
        following = set()
        for status in new:
            for g, (required, blockable) in enumerate(gates):
                if status[g] == OPEN and all(status[k] == SATISFIED for k in required):
                    answers = (SATISFIED, BLOCKED) if blockable else (SATISFIED,)
                    following |= {tuple(answer if k == g else s for k, s in enumerate(status)) for answer in answers}
        new = following - found
        found = found | new
    return tuple(sorted(found, key=lambda status: standing(np.array(status, np.int64)))) if not new else ()
