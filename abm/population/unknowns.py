"""Unknowns: the numbers of a file that nobody knows, drawn world by world, and the population of each world."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core import draws
from abm.core.errors import Fault
from abm.population.bias_table import BiasTable, table_for
from abm.population.calibration import frozen_offers, side_by_side
from abm.population.layout import Population, members_of, records_of
from abm.population.population import prepare, records_of_baseline
from abm.population.sobol import RUNS_OF_A_WORLD, WORLDS_OF_A_PAIR, Sampling, point_of_world
from abm.scenario import Scenario
from abm.scenario.checks import faults_of
from abm.scenario.fields import Section, Value
from abm.scenario.filling import followers
from abm.scenario.sources import Unknown, numbers_of, unknowns

_TRIES = 16  # times that the numbers at fault are drawn again, and then all numbers
_FIXED = ("horizon_weeks", "count")  # how many weeks and members there are: all runs have as many


class Unknowns:
    """The law of what nobody knows about a scenario.

    A world sets every number that has a range. Each is drawn by the seed, the pair of worlds and its own path, from a
    triangular law over its range whose top is its value (every whole number alike), so that another number more or less
    changes no draw of the others. The second world of a pair takes one minus every uniform of the first: what one draws
    too high the other draws too low, and the mean over both is known better than over two that are independent.

    Where a world contradicts itself, the numbers of whoever is at fault are drawn again; after 16 times all numbers
    are; after 32 the world has the values of the file. Biases stay calibrated to the file. What a file of
    ``format = 2`` leaves to be computed from such numbers follows them (:func:`abm.scenario.filling.followers`).

    Parameters
    ----------
    scenario
        The scenario, with at least one number that has a range.

    References
    ----------
    Antithetic variates: Hammersley, J. M. & Morton, K. W. (1956). A new Monte Carlo technique: antithetic variates.
    Mathematical Proceedings of the Cambridge Philosophical Society 52(3), 449-475. doi:10.1017/S0305004100031455
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.numbers = scenario, drawn_in_worlds(scenario)
        self.central = prepare(scenario)
        self._followers = _followers(scenario, self.numbers)
        self._tree = _tree(scenario, [number.path for number in self.numbers] + [path for path, *_ in self._followers])
        names = [hashlib.sha256(number.path.encode()).digest() for number in self.numbers]
        self._addresses = np.array([np.frombuffer(name[:8], "<u4") for name in names], np.int64)
        self._last: tuple[tuple[int, int, Sampling], Population] | None = None

    def values(self, seed: int, world: int, sampling: Sampling = "random") -> dict[str, float]:
        """What each number is in a world, by its path."""
        values = self._drawn(seed, world, sampling)[0]
        return {number.path: value for number, value in zip(self.numbers, values, strict=True)}

    def _with(self, values: list[float]) -> Scenario:
        """Tables with these values, and with what follows them."""
        follow = [value * math.prod(values[k] ** n for k, n in powers) for _, value, powers in self._followers]
        tables: Scenario = _with(self.scenario, self._tree, values + follow)
        return tables

    def population(self, seed: int, world: int, sampling: Sampling = "random") -> Population:
        """Return the records of a world, with its biases."""
        if self._last is not None and self._last[0] == (seed, world, sampling):
            return self._last[1]
        values, tables = self._drawn(seed, world, sampling)
        found = self.central
        if tables is not self.scenario:
            found = records_of(tables, self.central.units_per_bn)
            found.traits["sign_bias"][self._inclined] = self.central.traits["sign_bias"][self._inclined]
            for k, (members, table) in self._biases.items():
                found.traits["sign_bias"][members] = table.bias(values[k])
        self._last = (seed, world, sampling), found
        return found

    def of_runs(self, seed: int, runs: range, sampling: Sampling = "random") -> Iterator[tuple[Population, range]]:
        """Split consecutive runs by their worlds."""
        for world, own in worlds_of(runs):
            yield self.population(seed, world, sampling), own

    def _uniforms(self, seed: int, world: int) -> NDArray[np.float64]:
        """A uniform of a world for each number, independent of those of other pairs of worlds."""
        u, (pair, mirrored) = np.empty(len(self.numbers)), divmod(world, WORLDS_OF_A_PAIR)
        draws.uniforms(u, seed, pair, self._addresses[:, 0], self._addresses[:, 1], draws.WORLD)
        return 1.0 - u if mirrored else u

    def _drawn(self, seed: int, world: int, sampling: Sampling) -> tuple[list[float], Scenario]:
        """Values of the numbers in a world that does not contradict itself, and the tables that have them."""
        pair, mirrored = divmod(world, WORLDS_OF_A_PAIR)
        evenly = sampling == "sobol"
        u = point_of_world(seed, world, len(self.numbers)) if evenly else self._uniforms(seed, world)
        values = [number.at(one) for number, one in zip(self.numbers, u.tolist(), strict=True)]
        for attempt in range(1, 2 * _TRIES + 1):
            tables = self._with(values)
            faults = self._faults(tables, values)
            if not faults:
                return values, tables
            for k in self._at_fault(faults) if attempt <= _TRIES else range(len(values)):
                agent, step = map(int, self._addresses[k])
                one = draws.uniform(seed, pair, agent, step, draws.WORLD, attempt)
                values[k] = self.numbers[k].at(1.0 - one if mirrored else one)
        return [number.value for number in self.numbers], self.scenario

    def _faults(self, tables: Scenario, values: list[float]) -> list[Fault]:
        """What a world contradicts itself in."""
        faults = faults_of(tables)
        if any(a <= b for a, b in itertools.pairwise(tables.round.pre_money_bn)):
            faults.append(Fault("round.pre_money_bn", "expected prices in descending order"))
        for k, (_, table) in self._biases.items():
            if not values[k] < table.most:
                faults.append(Fault(self.numbers[k].path, "expected an inclination that he can have"))
        return faults

    def _at_fault(self, faults: Collection[Fault]) -> list[int]:
        """Numbers of those whom the faults are about; all numbers where these have none."""
        whose = {_owner(fault.key) for fault in faults}
        return [k for k, number in enumerate(self.numbers) if _owner(number.path) in whose] or [
            *range(len(self.numbers))
        ]

    @cached_property
    def _members(self) -> dict[str, list[int]]:
        """Places of the members of each investor and pool that has an inclination."""
        found: dict[str, list[int]] = {}
        for place, (_, name, table) in enumerate(members_of(self.scenario)):
            if table.inclination is not None:
                found.setdefault(name.split("#")[0], []).append(place)
        return found

    @cached_property
    def _inclined(self) -> list[int]:
        return [place for members in self._members.values() for place in members]

    @cached_property
    def _biases(self) -> dict[int, tuple[list[int], BiasTable]]:
        """Whose bias follows which number, and how; in the world of the file as it was written."""
        scenario, base = self.scenario, records_of_baseline(self.scenario, self.central)
        baseline = scenario.baseline
        known = {who.id for who in baseline.investors} | {pool.id for pool in baseline.investor_pools}
        asked = {
            k: (number, _owner(number.path).partition(".")[2])
            for k, number in enumerate(self.numbers)
            if number.path.endswith(".inclination")
        }
        tables: dict[tuple[str, float, float], BiasTable] = baseline.known.setdefault("bias tables", {})
        # all that is made of a file shares the world it was written in
        shared = {k: (who, number.low, number.high) for k, (number, who) in asked.items() if who in known}
        new = [k for k in asked if shared.get(k) not in tables]
        worlds = {k: base if k in shared else self.central for k in new}
        offers = {id(world): frozen_offers(world).tobytes() for world in ((base, self.central) if new else ())}

        def tabulated(k: int) -> BiasTable:
            number, section_id = asked[k]
            place = worlds[k].ids.index(self.central.ids[self._members[section_id][0]])
            return table_for(worlds[k], place, offers[id(worlds[k])], number.low, number.high)

        made = dict(zip(new, side_by_side(tabulated, new), strict=True))
        tables.update((shared[k], made[k]) for k in new if k in shared)
        return {k: (self._members[who], made.get(k) or tables[shared[k]]) for k, (_, who) in asked.items()}


def unknowns_of(scenario: Scenario) -> Unknowns | None:
    """Return the law of what nobody knows about a scenario, worked out once; None where every number is known.

    Examples
    --------
    >>> import abm
    >>> unknowns_of(abm.load_scenario("three-investors")) is None
    True
    >>> law = unknowns_of(abm.load_scenario("openai-2025"))
    >>> [round(law.values(seed=1, world=world)["valuation.mean_bn"], 1) for world in (0, 1)]
    [260.3, 392.1]
    """
    known = scenario.known
    if "unknowns" not in known:
        known["unknowns"] = Unknowns(scenario) if drawn_in_worlds(scenario) else None
    found: Unknowns | None = known["unknowns"]
    return found


def population_of(
    scenario: Scenario, seed: int, run: int, central: bool = False, sampling: Sampling = "random"
) -> Population:
    """Return the population of one run: that of its world, or of the scenario where every number is known.

    Examples
    --------
    >>> import abm
    >>> scenario = abm.load_scenario("openai-2025")
    >>> [round(float(population_of(scenario, 1, 0, central).market.mean_bn), 1) for central in (False, True)]
    [260.3, 330.0]
    """
    law = None if central else unknowns_of(scenario)
    return prepare(scenario) if law is None else law.population(seed, world_of(run), sampling)


def drawn_in_worlds(scenario: Scenario) -> tuple[Unknown, ...]:
    """Numbers that differ between worlds: all with a range but those that say how many weeks or members there are."""
    return tuple(number for number in unknowns(scenario) if number.path.rpartition(".")[2] not in _FIXED)


def world_of(run: int) -> int:
    """World of a run.

    Examples
    --------
    >>> world_of(0), world_of(RUNS_OF_A_WORLD)
    (0, 1)
    """
    return run // RUNS_OF_A_WORLD


def worlds_of(runs: range) -> Iterator[tuple[int, range]]:
    """Split consecutive runs by their worlds.

    Examples
    --------
    >>> [(world, len(own)) for world, own in worlds_of(range(RUNS_OF_A_WORLD - 1, RUNS_OF_A_WORLD + 3))]
    [(0, 1), (1, 3)]
    """
    start = runs.start
    while start < runs.stop:
        stop = min((world_of(start) + 1) * RUNS_OF_A_WORLD, runs.stop)
        yield world_of(start), range(start, stop)
        start = stop


def _followers(scenario: Scenario, numbers: Sequence[Unknown]) -> list[tuple[str, float, list[tuple[int, float]]]]:
    """What follows the numbers: its path, a factor, and the place and the power of each number that it follows."""
    places = {number.path: k for k, number in enumerate(numbers)}
    found = []
    for path, follows in followers(scenario.raw).items():
        powers = [(places[source], power) for source, power in follows.items() if source in places]
        if powers:
            stated = (number for name, number, _ in numbers_of(scenario) if name == path)
            value = next(float(number) for number in stated if isinstance(number, Value))
            found.append((path, value / math.prod(numbers[k].value ** power for k, power in powers), powers))
    return found


def _owner(path: str) -> str:
    """Whom a key is about: the first two steps of a path, as ``investors.softbank``; ``round`` and its like alone."""
    first, _, rest = path.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first in ("investors", "investor_pools", "gatekeepers") else first


# --------------------------------------------------------------------------------------------------------------------
# Tables with other numbers, without reading them again: every number has been checked, and its range with it


def _tree(scenario: Scenario, paths: list[str]) -> dict[Any, Any]:
    """Where in the tables each number stands: fields and places, one in the other, that lead to its position."""
    tree: dict[Any, Any] = {}
    for k, path in enumerate(paths):
        node, (*way, last) = tree, _way(scenario, path.split("."))
        for step in way:
            node = node.setdefault(step, {})
        node[last] = k
    return tree


def _way(node: Any, steps: list[str]) -> list[Any]:
    """Fields and places that a dotted path leads through."""
    if not steps:
        return [0] if isinstance(node, tuple) else []  # a schedule or a ladder of one number
    first, rest = steps[0], steps[1:]
    if isinstance(node, Section):
        fields = type(node).model_fields
        name = next(name for name, field in fields.items() if first == (field.alias or name))
        return [name, *_way(getattr(node, name), rest)]
    ids = [getattr(item, "id", None) for item in node]
    place = ids.index(first) if first in ids else int(first)
    return [place, *([] if not rest else _way(node[place], rest))]


def _with(node: Any, tree: Mapping[Any, Any] | int, values: list[float]) -> Any:
    """Return tables with other numbers."""
    if isinstance(tree, int):
        return (node[0], values[tree]) if isinstance(node, tuple) else values[tree]
    if isinstance(node, tuple):
        return tuple(_with(item, tree[place], values) if place in tree else item for place, item in enumerate(node))
    return node.model_copy(update={name: _with(getattr(node, name), part, values) for name, part in tree.items()})
