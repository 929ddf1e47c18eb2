"""Work: the runs of a sweep, block by block, done wherever there is a worker."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core.batch import Batch
from abm.core.errors import Fault, ScenarioError
from abm.population import prepare, unknowns_of
from abm.population.sobol import Sampling
from abm.population.unknowns import world_of
from abm.runs.clusters import by_world
from abm.runs.collecting import statistics_of
from abm.runs.columns import Columns
from abm.runs.stream import LOOK, EngineName, engine_of
from abm.scenario import Scenario
from abm.sweeps.own_classes import OwnClass

#: Runs of a block, the unit that is kept: results do not depend on it, but stored ones do, so it is never tuned.
BLOCK: dict[EngineName, int] = {"ensemble": LOOK, "mesa": 20}

#: Lists beside the columns of a run: for each world of a block how often the event came, and in how many runs.
WORLDS = ("world.successes", "world.runs")

_KEPT = 6  # points that a worker keeps prepared


class Failure(NamedTuple):
    """A run that failed, or a point that cannot be simulated at all (then ``run`` is None)."""

    place: int  # index of its point in the design; the JSON of a study has the field under this name
    run: int | None
    seed: int
    message: str
    traceback: str


class Block(NamedTuple):
    """Some consecutive runs of a point: how often the event came, and the columns that are kept.

    Attributes
    ----------
    point, first_run
        The point's index in the design, and the number of the first run.
    runs
        Runs in which it is known whether the event came [-].
    successes
        How often it did [-].
    values
        Raw values of each column, one a run; and, where what nobody knows is drawn, those of :data:`WORLDS`.
    failures
        Runs that are missing.
    units_per_bn
        What the point counts money in: units of a billion dollars [-].
    """

    point: int
    first_run: int
    runs: int
    successes: int
    values: dict[str, NDArray[Any]]
    failures: tuple[Failure, ...] = ()
    units_per_bn: int = 1000


class Task(NamedTuple):
    """Consecutive blocks of one point, to be done together."""

    point: int
    changes: Mapping[str, Any]
    first_block: int
    blocks: int


@dataclass(frozen=True)
class Job:
    """What all tasks of a sweep share; it travels to the workers with them.

    Attributes
    ----------
    scenario
        The scenario that the points change.
    seed, engine
        As in :func:`abm.simulate`.
    agents
        Classes of a user's own, by role.
    event
        What is counted.
    columns
        Columns of :meth:`abm.Outcomes.to_frame` that are kept for every run.
    most
        Runs of a point at most [-].
    collect
        Statistics of a user's own, by name.
    collected
        Their columns in the scenario as it is; they are kept for every run.
    sampling
        As in :func:`abm.simulate`.
    central
        Whether every number that has a range keeps its value, as in :func:`abm.simulate`.
    """

    scenario: Scenario
    seed: int
    engine: EngineName
    event: str
    columns: tuple[str, ...]
    most: int
    agents: Mapping[str, OwnClass] = field(default_factory=dict)
    collect: Mapping[str, OwnClass] = field(default_factory=dict)
    collected: tuple[str, ...] = ()
    central: bool = False
    sampling: Sampling = "random"

    @property
    def grouped(self) -> bool:
        """Whether runs hang together, so that those of each world are counted."""
        return not self.central or self.sampling == "sobol"

    @cached_property
    def lists(self) -> tuple[str, ...]:
        """Names of the lists that are kept of a block."""
        return (*self.columns, *WORLDS) if self.grouped else self.columns

    @cached_property
    def block(self) -> int:
        """Runs of a block [-]."""
        return BLOCK[self.engine]

    @cached_property
    def name(self) -> str:
        """Name of everything that decides a result, but for the point and the runs."""
        parts = [self.scenario.digest, self.seed, self.engine, self.event, *self.columns]
        parts += [f"{role}={given.name} {given.code}" for role, given in sorted(self.agents.items())]
        parts += [f"collect {name}={given.name} {given.code}" for name, given in sorted(self.collect.items())]
        parts += [] if self.central else ["over worlds"]
        parts += [] if self.sampling == "random" else [self.sampling]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def point(self, changes: Mapping[str, Any]) -> Scenario:
        """Scenario of a point.

        Raises
        ------
        ScenarioError
            Where its changes contradict each other.
        """
        return self.scenario.with_values(changes) if changes else self.scenario

    def __call__(self, task: Task) -> list[Block]:
        """Simulate the blocks of a task; what fails is told, not raised."""
        starts = [k * self.block for k in range(task.first_block, task.first_block + task.blocks)]
        try:
            prepared = _prepared(self, task)
        except ScenarioError as error:
            failure = Failure(task.point, None, self.seed, str(error), "")
            return [Block(task.point, start, 0, 0, {}, (failure,)) for start in starts]
        return [prepared.block(task.point, range(start, min(start + self.block, self.most))) for start in starts]


class _Point:
    """A point made ready to be simulated."""

    def __init__(self, job: Job, changes: Mapping[str, Any]) -> None:
        scenario = job.point(changes)
        population = prepare(scenario)
        self.job = job
        told = statistics_of({name: given.loaded() for name, given in job.collect.items()})
        own = [column for one in told for column in one.columns(int(scenario.horizon_weeks))]
        self.columns = Columns.of(scenario, population.ids, population.gate_ids, own)
        missing = [name for name in job.columns if name not in self.columns.names]
        if missing:
            raise ScenarioError(scenario.file, [Fault("columns", "expected columns of the outcomes", repr(missing[0]))])
        agents = {role: given.loaded() for role, given in job.agents.items()}
        law = None if job.central else unknowns_of(scenario)
        self.grouped = law is not None or job.sampling == "sobol"
        self.simulate: Callable[[int, range, bool], Batch] = engine_of(
            job.engine, scenario, population, agents, told, law, job.sampling
        )

    def block(self, index: int, runs: range) -> Block:
        """Simulate the runs of a block; if that fails, one by one, so that only those that fail are missing."""
        try:
            return self._counted(index, runs, self.simulate(self.job.seed, runs, False), ())
        except Exception:
            pass
        done, failures = [self.columns.empty()], []
        for run in runs:
            try:
                done.append(self.simulate(self.job.seed, range(run, run + 1), False))
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                failures.append(Failure(index, run, self.job.seed, message, traceback.format_exc()))
        return self._counted(index, runs, Batch.joined(done), tuple(failures))

    def _counted(self, index: int, runs: range, batch: Batch, failures: tuple[Failure, ...]) -> Block:
        truth, known = self.columns.truth(batch, self.job.event)
        values = {name: self.columns.raw(batch, name)[0].copy() for name in self.job.columns}
        if self.grouped:
            first = world_of(runs.start)
            counts = np.zeros((2, world_of(runs[-1]) - first + 1), np.int64)  # also of a world whose runs all failed
            worlds, found = by_world(batch.rows["run"], truth, known)
            counts[:, worlds - first] = found.T
            values |= zip(WORLDS, counts, strict=True)
        came, told = int(np.count_nonzero(truth & known)), int(np.count_nonzero(known))
        return Block(index, runs.start, told, came, values, failures, self.columns.units_per_bn)


@dataclass
class _Slot:
    """Where a point is kept, once it is ready; its lock is held while it is made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    point: _Point | None = None


_points: OrderedDict[tuple[str, str], _Slot] = OrderedDict()
_points_lock = threading.Lock()


def _start_anew() -> None:
    """Forget the points in a child that was forked: another thread of the parent may have held a lock."""
    global _points_lock  # noqa: PLW0603
    _points.clear()
    _points_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def name_of(changes: Mapping[str, Any]) -> str:
    """Name of a point: what it changes, whatever its index in a design.

    Examples
    --------
    >>> name_of({"b": 2, "a": 1.0}) == name_of({"a": 1.0, "b": 2})
    True
    """
    return json.dumps(changes, sort_keys=True, default=str)


def _prepared(job: Job, task: Task) -> _Point:
    """Return the point of a task, made ready once for all of its tasks that come to this worker."""
    key = (job.name, name_of(task.changes))
    with _points_lock:
        slot = _points.setdefault(key, _Slot())
        _points.move_to_end(key)
        while len(_points) > _KEPT:
            _points.popitem(last=False)
    with slot.lock:  # whoever comes second waits for what the first makes
        if slot.point is None:
            slot.point = _Point(job, task.changes)
        return slot.point
