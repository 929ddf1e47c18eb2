"""Design: which points of a scenario to look at, described rather than listed."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.core import draws
from abm.core.arguments import checked
from abm.core.errors import Fault, ScenarioError
from abm.scenario import Scenario
from abm.scenario.sources import unknowns
from abm.sweeps.axis import Axes, Axis, Changes, axes_of, distinct, plain_value
from abm.sweeps.tables import kinds_of, labels_of, read_table

_BLOCK = 1024  # points of a Sobol' sequence that are made at once: a power of two, as its balance asks for
_LONGEST = 10_000_000  # points of a design


@dataclass(frozen=True)
class Design(Sequence[Changes]):
    """Points of a scenario: a sequence of changes that :meth:`abm.Scenario.with_values` takes, made when asked for.

    Axes are given by dotted path, as ``--set`` takes them: a list of values, or a pair ``(low, high)`` of numbers or
    dates for a range. Several paths in a tuple move together: each takes the value, or its own part of a tuple.
    Investors can be switched: ``"investors.ID": ["as_is", "out", "bound"]``, ``"investors.ID.conditions": ["as_is",
    "off"]``; so can consents: ``"gatekeepers.ID": ["as_is", "given", "never"]``.

    Examples
    --------
    >>> design = Design.grid({"round.target_bn": [20, 30], "investors.softbank": ["as_is", "out"]})
    >>> len(design), design[3]
    (4, {'round.target_bn': 30, 'investors.softbank': 'out'})
    """

    kind: str
    axes: tuple[Axis, ...]
    points: int
    seed: int = 1
    rows: tuple[Any, ...] = field(default=(), repr=False)
    labels: tuple[str, ...] = field(default=(), repr=False)  # what the points of a table are called
    worlds: Design | None = None
    policies: tuple[tuple[str, Changes], ...] = ()  # names, and what they change in every world

    def __post_init__(self) -> None:
        if not 1 <= self.points <= _LONGEST:
            raise ValueError(f"expected a design of 1 to {_LONGEST:,} points, got {self.points:,}")

    @classmethod
    def grid(cls, axes: Axes) -> Design:
        """Every combination of the values of the axes; the last axis changes fastest."""
        read = axes_of(axes, ranges=False)
        return cls("grid", read, math.prod(len(axis.values) for axis in read))

    @classmethod
    def one_at_a_time(cls, axes: Axes) -> Design:
        """The scenario as it is, then every value of every axis alone."""
        read = axes_of(axes, ranges=False)
        return cls("one_at_a_time", read, 1 + sum(len(axis.values) for axis in read))

    @classmethod
    @checked
    def latin_hypercube(cls, axes: Axes, points: int, seed: int = 1) -> Design:
        """Points of which each falls into another stratum of every axis.

        All points are laid out at once, eight bytes a number: no stratum can be found without the others.
        """
        return cls("latin_hypercube", axes_of(axes), points, seed)

    @classmethod
    @checked
    def sobol(cls, axes: Axes, points: int, seed: int = 1) -> Design:
        """A scrambled Sobol' sequence: even over all axes together, best with a power of two points."""
        return cls("sobol", axes_of(axes), points, seed)

    @classmethod
    @checked
    def prior(cls, scenario: Scenario, points: int, seed: int = 1, but: Collection[str] = ()) -> Design:
        """Draws from what the file does not know: triangular laws (low, value, high) over its numbers with a range.

        The draws are independent. A Sobol' sequence is too short for a hundred axes: a few hundred of its points lie on
        lines between pairs of them, and one number then seems to do what another does. Numbers in ``but`` stay as they
        are, as those do that move nothing (:func:`abm.analysis.inert.moving`).

        Raises
        ------
        ScenarioError
            Where no number of the file has a range.
        """
        axes = [
            Axis((number.path,), low=number.low, high=number.high, mode=number.value, whole=number.whole)
            for number in unknowns(scenario)
            if number.path not in but
        ]
        if not axes:
            raise ScenarioError(scenario.file, [Fault("prior", "expected numbers with low and high, there are none")])
        return cls("prior", tuple(axes), points, seed)

    @classmethod
    def shares(cls, axes: Axes | Sequence[Axis], shares: ArrayLike) -> Design:
        """Points at given shares of the axes, float[points, axes] from 0 to 1, as libraries of sampling make them.

        A share is a place on the law of an axis: 0.5 is the median of a range, or the middle one of its values.

        Raises
        ------
        ValueError
            Where the shares do not fit the axes, or are not from 0 to 1.
        """
        read = axes_of(axes) if isinstance(axes, Mapping) else tuple(axes)
        rows = np.asarray(shares, float)
        if rows.ndim != 2 or rows.shape[1] != len(read) or not ((rows >= 0) & (rows <= 1)).all():  # noqa: PLR2004
            raise ValueError(f"expected shares from 0 to 1 in a column for each of {len(read)} axes")
        return cls("shares", read, len(rows), rows=tuple(map(tuple, rows.tolist())))

    @classmethod
    def table(cls, rows: str | Path | Iterable[Mapping[str, Any]] | Any) -> Design:
        """Points of one's own: a pandas frame, a list of mappings, or the path of a table (CSV, Excel).

        Two paths joined by ``+`` move together; an empty cell leaves a path as it is; a column that is no path names
        the points. See :func:`abm.sweeps.tables.read_table`.

        Raises
        ------
        ValueError
            Where there are no points, or they do not all change the same paths.
        """
        given, labels = _rows(rows)
        made = tuple(given)
        if not made or any(row.keys() != made[0].keys() for row in made):
            raise ValueError("expected a table with a column for each path and at least one row")
        if empty := [head for head in made[0] if all(row[head] is None for row in made)]:
            raise ValueError(f"expected at least one value in every column, got none for {empty[0]}")
        axes = tuple(Axis(tuple(head.split("+")), distinct(row[head] for row in made)) for head in made[0])
        return cls("table", axes, len(made), rows=made, labels=labels)

    @classmethod
    @checked
    def crossed(cls, worlds: Design, policies: Mapping[str, Mapping[str, Any]]) -> Design:
        """Every policy in every world: policies share their worlds and, run by run, their luck.

        Parameters
        ----------
        worlds
            Points that nobody chooses, such as :meth:`prior`; the policies of a world stand one after the other.
        policies
            What could be chosen: changes by dotted path, by name. A path that a policy sets it sets in every world; the
            others are compared with the first policy.

        Raises
        ------
        ValueError
            Where there are no policies, or the worlds have some already.

        Examples
        --------
        >>> worlds = Design.grid({"gatekeepers.restructuring.hazard_per_year": [1, 4]})
        >>> design = Design.crossed(worlds, {"as it is": {}, "lower": {"round.target_bn": 6}})
        >>> len(design), design[3]
        (4, {'gatekeepers.restructuring.hazard_per_year': 4, 'round.target_bn': 6})
        """
        if not policies or worlds.policies:
            raise ValueError("expected worlds, and at least one policy to be tried in each of them")
        named = tuple((str(name), {str(path): plain_value(v) for path, v in c.items()}) for name, c in policies.items())
        return cls("crossed", worlds.axes, len(worlds) * len(named), worlds.seed, worlds=worlds, policies=named)

    def __len__(self) -> int:
        """Number of points."""
        return self.points

    def __getitem__(self, index: Any) -> Any:
        """Changes of the point at an index, or of several."""
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(self.points))]
        if not -self.points <= index < self.points:
            raise IndexError(index)
        changes: Changes = {}
        for axis, value in zip(self.axes, self.values(index % self.points), strict=True):
            if value is not None:
                changes |= axis.changes(value)
        return changes | self.policies[index % len(self.policies)][1] if self.policies else changes

    @checked
    def values(self, index: int) -> tuple[Any, ...]:
        """What each axis is set to at a point; None where it is left as it is."""
        if self.worlds is not None:
            return self.worlds.values(index // len(self.policies))
        if self.kind == "table":
            return tuple(self.rows[index].values())
        if self.kind == "grid":
            return self._combination(index)
        if self.kind == "one_at_a_time":
            return self._single(index - 1)
        return tuple(axis.at(float(u)) for axis, u in zip(self.axes, self._shares(index), strict=True))

    def _shares(self, index: int) -> Sequence[float]:
        """Where on each axis a point lies, as a share of it."""
        axes = len(self.axes)
        if self.kind == "shares":
            shares: tuple[float, ...] = self.rows[index]
            return shares
        if self.kind == "prior":
            return [draws.uniform(self.seed, index, axis, 0, draws.UNKNOWN, 0) for axis in range(axes)]
        if self.kind == "latin_hypercube":
            return list(_latin(axes, self.points, self.seed)[index])
        return list(_sobol(axes, self.seed, index // _BLOCK)[index % _BLOCK])

    def _combination(self, index: int) -> tuple[Any, ...]:
        chosen = []
        for axis in reversed(self.axes):
            index, position = divmod(index, len(axis.values))
            chosen.append(axis.values[position])
        return tuple(reversed(chosen))

    def _single(self, index: int) -> tuple[Any, ...]:
        chosen: list[Any] = [None] * len(self.axes)
        for number, axis in enumerate(self.axes):
            if 0 <= index < len(axis.values):
                chosen[number] = axis.values[index]
            index -= len(axis.values)
        return tuple(chosen)

    @checked
    def check(self, scenario: Scenario) -> None:
        """Follow every axis to its values or ends, and every policy, the others left as they are.

        Raises
        ------
        ScenarioError
            With everything that leads nowhere or to nonsense.
        """
        faults = []
        for axis in self.axes:
            for value in axis.ends:
                try:
                    scenario.with_values(axis.changes(value))
                except ScenarioError as error:
                    faults += [fault for fault in error.faults if fault not in faults]
        for name, changes in self.policies:
            try:
                scenario.with_values(changes)
            except ScenarioError as error:
                faults += [Fault(f"{name}: {fault.key}", fault.expected, fault.got) for fault in error.faults]
        if faults:
            raise ScenarioError(scenario.file, faults)


def _rows(rows: Any) -> tuple[list[Changes], tuple[str, ...]]:
    """Read a table of points, and what they are called."""
    if isinstance(rows, str | Path):
        return read_table(rows)
    if hasattr(rows, "to_dict"):
        return _rows_of_frame(rows)
    return [{str(path): plain_value(value) for path, value in row.items()} for row in rows], ()


def _rows_of_frame(frame: Any) -> tuple[list[Changes], tuple[str, ...]]:
    """Points of a pandas frame, such as those of another study, and what its rows are called."""
    heads = list(map(str, frame.columns))
    if {"policy", "runs", "p"} <= set(heads):
        raise ValueError("expected points without policies; abm.sweeps.export.export writes what a policy changes, too")
    rows = [list(map(plain_value, row)) for row in frame.itertuples(index=False, name=None)]
    paths, names = kinds_of(heads, rows)
    if not paths:
        raise ValueError(f"expected paths as columns, such as round.target_bn, got {', '.join(heads)}")
    return [{heads[k]: row[k] for k in paths} for row in rows], labels_of(rows, names)


@lru_cache(maxsize=8)
def _sobol(axes: int, seed: int, block: int) -> NDArray[np.float64]:
    """Points of a scrambled Sobol' sequence, a block of them, float64[_BLOCK, axes]."""
    from scipy.stats import qmc

    engine = qmc.Sobol(axes, scramble=True, rng=seed)
    if block:
        engine.fast_forward(block * _BLOCK)
    return np.asarray(engine.random(_BLOCK))


@lru_cache(maxsize=2)
def _latin(axes: int, points: int, seed: int) -> NDArray[np.float64]:
    """Latin hypercube, float64[points, axes]."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(axes, rng=seed).random(points))
