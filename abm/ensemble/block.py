"""Block: the memory of runs side by side, laid out once for a scenario and used for every block of a batch."""

from __future__ import annotations

import math
from functools import lru_cache
from inspect import ismodule
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.batch import PATH, PATHS
from abm.core.records import BLOCKED, DECISIVE, OPEN, SATISFIED, Integers
from abm.ensemble import beginning, closings, parts, phases, repacking
from abm.ensemble.lanes import AHEAD, ARRAYS, BLOCK, CALLS, DRAWN, LANED, OWN, PUBLIC_LUCK, SHARED_OF, VECTOR, WORD
from abm.ensemble.memory import address_of
from abm.population.contracts import POOLS
from abm.population.layout import Population
from abm.population.sobol import Points
from abm.rules.conditions import CONDITIONS, MIN_SENTIMENT
from abm.rules.outlook import standing
from abm.scenario.fields import KINDS

_MOST_STANDINGS = 256  # ways in which consents can stand, beyond which each run looks ahead for itself
_MOST = 64  # lanes: as many as have been seen to pay
_MEMORY = 768 * 1024  # of the runs of a block [bytes]: what a core keeps near


class RunBlock:
    """The memory of runs side by side.

    Parameters
    ----------
    population
        The scenario's population.
    runs
        How many runs will be asked for at once, at most [-].
    memory
        ``BLOCK[1]`` to be used, a part of a larger array perhaps; None: one of its own.

    Attributes
    ----------
    record
        The ``BLOCK`` record that compiled code reads.
    lanes
        How many runs there is room for: fewer, where a run needs much memory.
    """

    def __init__(self, population: Population, runs: int = _MOST, memory: NDArray[Any] | None = None) -> None:
        n, g = len(population.ids), len(population.gate_ids)
        counts = {"investors": n, "borrowers": len(population.borrowers), "gates": g}
        counts |= dict.fromkeys(PUBLIC_LUCK, AHEAD)
        self._rows = {name: counts.get(name, 1) for name in LANED}
        rows = sum(self._rows[name] * len(table.fields) for name, table in LANED.items())
        self.lanes = _lanes(rows * WORD, runs)
        self._words = _zeros((rows, self.lanes), np.int64)
        self._arrays: dict[str, NDArray[Any]] = {}
        self._memory = np.zeros(1, BLOCK) if memory is None else memory
        self.record = self._memory.view(np.recarray)[0]
        memory, first = self._memory, 0
        memory["here"], memory["lanes"], memory["step"] = memory.ctypes.data, self.lanes, self.lanes * WORD
        self._first: dict[str, int] = {}
        for name, table in LANED.items():
            self._first[name] = first
            memory[f"{name}_at"], memory[f"{name}_n"] = self._words[first:].ctypes.data, self._rows[name]
            first += self._rows[name] * len(table.fields)
        self.load(population)
        self._point_to("words", self._words.reshape(-1))
        self._point_to("words_as_numbers", self._words.reshape(-1).view(np.float64))
        self._point_to("numbers", self.values("round_state", "run")[0])
        lengths = {"outlooks": g, "gate_days": g, "totals": 2, "sets": 8 * n}
        lengths |= {"kind_musd": len(KINDS)} | dict.fromkeys(("agents", "steps"), max(n, AHEAD))
        lengths |= dict.fromkeys(("luck", "tails", "places"), max(n, AHEAD) * self.lanes)
        self.take(None)
        self.keep(None)
        for name, layout in ARRAYS.items():
            if name not in self._arrays:
                self._point_to(name, _zeros(lengths.get(name, n), layout))
        lengths = {"own": 0, "atoms": len(population.contracts.atoms), "base_musd": 1 + len(KINDS)}
        if population.round.summed:
            lengths |= dict.fromkeys(("news", "announced"), POOLS + 1)
        self._lay_out_own(lengths, n)
        for name, function in FAR.items():
            memory[f"{name}_call"] = address_of(function)

    def load(self, population: Population) -> None:
        """Let the runs to come be of a population, which has as many investors, gatekeepers and weeks as the last."""
        self.population, contracts = population, population.contracts
        standings = _standings(population)
        given = {
            "ladder_musd": population.ladder_musd,
            "listing_gates": population.listing_gates,
            "gate_order": population.gate_order,
            "required": population.required,
            "base_atoms": contracts.atoms,
            "clauses": contracts.clauses,
            "owners": contracts.investors,
            "members": contracts.members,
            "kinds": population.traits.kind,
            "mood_seeds": population.mood_seeds,
            "mood_weights": population.mood_weights,
            "standings": standings,
            "outlook_table": np.full(2 * len(population.plan) * len(standings) * len(population.gate_ids), math.nan),
        }
        for name, values in given.items():
            self._point_to(name, np.array(values, ARRAYS[name]).reshape(-1))
        shared = {
            "investors": population.traits,
            "bases": population.traits,
            "pools": population.pool_distributions,
            "borrowers": population.borrowers,
            "gates": population.gate_params,
            "plan": population.plan,
            "claims": population.claims,
            "later_rounds": population.later_rounds,
        }
        for name, values in shared.items():
            self._point_to(f"{name}_shared", np.array(values, SHARED_OF[name]).reshape(-1))
        memory = self._memory
        for name in ("terms", "market", "firm", "listing"):
            field = "round" if name == "terms" else name
            memory[name] = np.array(getattr(population, field).item(), BLOCK[name])
        for name in DRAWN:  # what a run does not draw stays as the scenario states it
            self.values("investors", name)[:] = population.traits[name][:, None]
        self.values("investors", "held")[:] = True
        kinds = tuple(CONDITIONS.values())
        memory["unsteady"] = any(not kinds[code].steady for code in contracts.atoms["kind"])
        asked = bool((contracts.atoms["kind"] == MIN_SENTIMENT).any())
        memory["moody"] = asked or bool((population.pool_distributions.weight_sentiment > 0.0).any())
        memory["opinions_pull"] = bool((population.traits.opinion_pull > 0.0).any())

    def take(self, points: Points | None) -> None:
        """Let points stand in for the draws that decide most in the runs to come; None: draw all."""
        decisive, u = (np.zeros(0, DECISIVE), np.zeros((0, 0))) if points is None else points
        self._memory["coordinates"] = u.shape[1]
        self._point_to("decisive", decisive)
        self._point_to("points", u.reshape(-1))

    def keep(self, paths: Integers | None) -> None:
        """Write the weekly paths of the runs to come into an array [run, path, week]; None: nobody asks for them."""
        weekly = np.zeros((0, 0, len(PATHS)), np.int64) if paths is None else paths.transpose(0, 2, 1)
        self._point_to("paths", weekly.reshape(-1).view(PATH))

    def values(self, table: str, field: str) -> NDArray[Any]:
        """Give the numbers of a field that each run has for itself: an array [rows of the table, lanes]."""
        fields = LANED[table].fields
        names, first, rows = list(fields), self._first[table], self._rows[table]
        found = self._words[first : first + rows * len(names)].reshape(len(names), rows, self.lanes)[names.index(field)]
        return found.view(np.float64) if fields[field].kind == "f" else found

    def _lay_out_own(self, lengths: dict[str, int], otherwise: int) -> None:
        """Lay out the arrays of each run, one after the other, each from a whole word on."""
        offsets, words = {}, 0
        for name, layout in OWN.items():
            offsets[name] = words
            words += -(-lengths.setdefault(name, otherwise) * layout.itemsize // WORD)
        lengths["own"] = words
        self._own = _zeros((self.lanes, words), np.int64)
        self._memory["own_step"] = words * WORD
        for name, first in offsets.items():
            at, n = f"{name}_at", f"{name}_n"
            self._memory[at], self._memory[n] = self._own.ctypes.data + first * WORD, lengths[name]

    def _point_to(self, name: str, array: NDArray[Any]) -> None:
        """Keep an array, and tell compiled code where it is, and how long, or how long that of each run is."""
        self._arrays[name] = array
        self._memory[f"{name}_at"], self._memory[f"{name}_n"] = array.ctypes.data, array.shape[-1]


_MODULES = (beginning, closings, parts, phases, repacking)
_FUNCTIONS = {name: one for module in _MODULES for name, one in vars(module).items() if not ismodule(one)}
#: Functions that compiled code reaches through addresses, by their names.
FAR: dict[str, Any] = {name: _FUNCTIONS[name] for name in CALLS}


def _zeros(shape: int | tuple[int, ...], layout: Any) -> NDArray[Any]:
    """Zeros that have been written: ``numpy.zeros`` leaves it to the system to find memory when somebody writes.

    A vector that skips all that it reads of such memory takes hundreds of cycles to find out that it is not there.
    """
    room = np.empty(shape, layout)
    room[...] = 0
    return room


def _lanes(bytes_of_a_run: int, runs: int) -> int:
    """How many runs to lay side by side: whole vectors of them, and no more than are asked for or fit.

    Examples
    --------
    >>> _lanes(4_000, 1_000), _lanes(4_000, 3), _lanes(1_000_000, 1_000)
    (64, 8, 8)
    """
    fit = min(_MOST, _MEMORY // max(1, bytes_of_a_run), runs)
    return max(VECTOR, -(-fit // VECTOR) * VECTOR)


def _standings(population: Population) -> tuple[int, ...]:
    """Numbers of the ways in which consents can stand, each after those it requires; none where they are too many."""
    gates, required = population.gate_params, population.required.tolist()
    return _all_standings(tuple((tuple(required[g.first : g.last]), bool(g.block_per_year > 0.0)) for g in gates))


@lru_cache
def _all_standings(gates: tuple[tuple[tuple[int, ...], bool], ...]) -> tuple[int, ...]:
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
    return tuple(sorted(standing(np.array(status, np.int64)) for status in found)) if not new else ()
