"""Stream: the runs of a simulation, batch by batch in order, from however many workers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from abm.core.batch import Batch
from abm.population import Population, Unknowns
from abm.population.sobol import Sampling
from abm.population.unknowns import world_of
from abm.runs.clusters import GROUPS, Kinship, counted, estimate_over_worlds, groups_of
from abm.runs.collecting import Statistic, played
from abm.runs.columns import Columns
from abm.runs.estimates import half_width
from abm.runs.processes import process_pool
from abm.scenario import Scenario

EngineName = Literal["ensemble", "mesa"]

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
LOOK = 500  # runs between two looks at the width; results depend on it, so it is never tuned
_CHUNK = {"ensemble": 200, "mesa": 40}  # runs of a task, a pair of worlds: worth its start, short enough to stop
_AHEAD = 4  # tasks given out for each worker, so that none waits, and memory stays small
_WORTH_A_PROCESS = 400  # fewer runs than this are done before a second process has started


@dataclass
class Stream:
    """The runs of a simulation, batch by batch in order of their numbers; made by :func:`abm.batches`.

    Attributes
    ----------
    scenario, population, unknowns, seed, engine, first_run, within, workers, path_runs, agents, event, statistics,
    sampling
        What is simulated, as :func:`abm.batches` was asked; ``unknowns`` is None where no number is drawn.
    most
        Runs wanted or, where a half-width is wanted, allowed [-].
    done, known, successes
        Runs that came so far, in how many of them it is known whether the event happened, and in how many it did [-].
    """

    scenario: Scenario
    population: Population
    seed: int
    engine: EngineName
    first_run: int
    most: int
    within: float | None
    workers: int | None
    path_runs: int
    agents: dict[str, type[Any]]
    event: str = "closed"
    statistics: tuple[Statistic, ...] = ()
    unknowns: Unknowns | None = None
    sampling: Sampling = "random"
    done: int = field(default=0, init=False)
    known: int = field(default=0, init=False)
    successes: int = field(default=0, init=False)
    _by_group: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((2, GROUPS), np.int64), init=False, repr=False
    )

    @property
    def width(self) -> float:
        """Half-width of the 95 % interval of the event over the runs that came so far [-]."""
        if not self.kin.grouped:
            return half_width(self.successes, self.known)
        happened, known = self._by_group
        worlds = self._worlds if self.drawn else 0
        found = estimate_over_worlds(happened, known, worlds, self.seed, self.kin.points)
        return (found.high - found.low) / 2

    @property
    def kin(self) -> Kinship:
        """How the runs hang together."""
        return Kinship(self.drawn, self.sampling == "sobol")

    @property
    def drawn(self) -> bool:
        """Whether the numbers that nobody knows are drawn, world by world."""
        return self.unknowns is not None

    @property
    def _worlds(self) -> int:
        """Worlds of the runs that came so far [-]."""
        return world_of(self.first_run + self.done - 1) - world_of(self.first_run) + 1

    @property
    def reached(self) -> bool | None:
        """Whether the half-width wanted is reached, or None where none is."""
        return None if self.within is None else self.width <= self.within

    @property
    def columns(self) -> Columns:
        """Names and units of what comes."""
        weeks = int(self.scenario.horizon_weeks)
        own = [column for statistic in self.statistics for column in statistic.columns(weeks)]
        return Columns.of(self.scenario, self.population.ids, self.population.gate_ids, own)

    def study(self) -> tuple[Scenario, int, str, Sequence[str], Sequence[str]]:
        """What is simulated, as :class:`abm.Outcomes` and :class:`abm.Totals` want to know it."""
        return self.scenario, self.seed, self.engine, self.population.ids, self.population.gate_ids

    def __iter__(self) -> Generator[Batch]:
        """Simulate: from the first run on, until all have come or the half-width is reached."""
        self.done = self.known = self.successes = 0
        self._by_group = np.zeros((2, GROUPS), np.int64)
        columns = self.columns
        few = self.engine == "mesa" and self.most < _WORTH_A_PROCESS
        workers = self.workers or (1 if few else os.cpu_count() or 1)
        starts = range(self.first_run, self.first_run + self.most, _CHUNK[self.engine])
        over = _over_threads if self.engine == "ensemble" else _over_processes
        with closing(over(_Job(self), starts, workers)) as made:
            for batch in made:
                for part in self._cut(batch):
                    truth, known = columns.truth(part, self.event)
                    groups = groups_of(part.rows["run"])
                    self._by_group += counted(groups, truth & known), counted(groups, known)
                    self.done, self.known = self.done + part.runs, self.known + int(np.count_nonzero(known))
                    self.successes += int(np.count_nonzero(truth & known))
                    yield part
                    if self.reached and (self.done % LOOK == 0 or self.done == self.most):
                        return

    def _cut(self, batch: Batch) -> Iterator[Batch]:
        """Cut a batch at the looks, if there are any."""
        start = 0
        while start < batch.runs:
            room = batch.runs if self.within is None else LOOK - self.done % LOOK
            yield batch.part(start, min(start + room, batch.runs))
            start += room


class _Job:
    """What a worker needs to know, sent along with every task."""

    def __init__(self, stream: Stream) -> None:
        self.seed, self.size = stream.seed, _CHUNK[stream.engine]
        self.stop, self.path_stop = stream.first_run + stream.most, stream.first_run + stream.path_runs
        self.simulate = engine_of(
            stream.engine, stream.scenario, stream.population, stream.agents, stream.statistics, stream.unknowns,
            stream.sampling,
        )  # fmt: skip

    def __call__(self, start: int) -> Batch:
        """Simulate a chunk of runs."""
        runs = range(start, min(start + self.size, self.stop))
        return self.simulate(self.seed, runs, start < self.path_stop)


def engine_of(
    name: EngineName,
    scenario: Scenario,
    population: Population,
    agents: Mapping[str, type[Any]],
    statistics: Sequence[Statistic] = (),
    unknowns: Unknowns | None = None,
    sampling: Sampling = "random",
) -> Callable[[int, range, bool], Batch]:
    """Return what simulates runs of a scenario: a function of seed, runs, and whether to keep their weekly paths.

    Parameters
    ----------
    name
        ``"ensemble"``, which lets other threads work meanwhile, or ``"mesa"``.
    scenario, population
        What to simulate.
    agents
        Classes of one's own, for the Mesa model.
    statistics
        Statistics of one's own, of the Mesa model.
    unknowns
        What nobody knows, drawn world by world; None: every run is at ``population``.
    sampling
        How the draws that decide most are taken.
    """
    if name == "mesa":
        return partial(_mesa, scenario, population, unknowns, {**agents, "sampling": sampling}, statistics)
    from abm.ensemble import Ensemble

    return Ensemble(population, unknowns, sampling)


def _mesa(
    scenario: Scenario,
    population: Population,
    unknowns: Unknowns | None,
    given: Mapping[str, Any],
    statistics: Sequence[Statistic],
    seed: int,
    runs: range,
    paths: bool,
) -> Batch:
    """Simulate runs with the readable model, one after the other."""
    from abm.agents import FundingModel

    results, told, weeks = [], [], int(scenario.horizon_weeks)
    for run in runs:
        own = unknowns.population(seed, world_of(run), given["sampling"]) if unknowns else population
        model = FundingModel(scenario, seed, run, prepared=own, narrate=False, **given)
        told.append(played(model, statistics, weeks))
        results.append(model.result())
        model.free()
    batch = Batch.of(results, len(population.ids), len(population.gate_ids), weeks if paths else None)
    return batch._replace(collected=np.array(told)) if statistics else batch


def _over_threads(job: _Job, starts: range, workers: int) -> Generator[Batch]:
    """Results of the chunks in their order, from this thread or from several."""
    if workers == 1 or len(starts) == 1:
        yield from map(job, starts)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from _in_order(lambda start: pool.submit(job, start), starts, workers)


def _over_processes(job: _Job, starts: range, workers: int) -> Generator[Batch]:
    """Results of the chunks in their order, from this process or from several."""
    if workers == 1 or len(starts) == 1:
        yield from map(job, starts)
        return
    yield job(starts[0])  # compiles, so that the workers find everything in the cache
    pool = process_pool(workers)
    yield from _in_order(lambda start: pool.submit(job, start), starts[1:], workers)


def _in_order(submit: Callable[[int], Future[Batch]], starts: range, workers: int) -> Generator[Batch]:
    """Give out tasks a few at a time, and pass their results on in the order of the tasks."""
    pending: deque[Future[Batch]] = deque()
    try:
        for start in starts:
            pending.append(submit(start))
            if len(pending) >= _AHEAD * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
