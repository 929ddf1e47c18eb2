"""Runner: hands the blocks of a sweep to workers, writes down what comes back, and stops where enough is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np

from abm.population.unknowns import world_of
from abm.runs.clusters import Counts, with_worlds
from abm.runs.stream import LOOK
from abm.sweeps.axis import Changes
from abm.sweeps.design import Design
from abm.sweeps.stopping import Stopping
from abm.sweeps.store import Store, key_of
from abm.sweeps.work import Block, Job, Task, name_of

_TASK_SECONDS = 0.5  # of work that is handed out at once
_AHEAD = 3  # tasks given out for each worker
_PATIENCE = 3  # times that a task is tried when its worker dies
_PILOT = 4  # points that are looked at first, to tell what all of them will take
_BEAT = 0.2  # seconds between two looks at what has come


@dataclass
class Point:
    """What is known of a point so far."""

    index: int
    changes: Changes
    name: str
    blocks: dict[int, bytes] = field(default_factory=dict)  # keys of those that are there and not counted, by number
    upto: int = 0  # blocks that are there without a gap, and counted
    asked: int = 0  # blocks that are there or handed out
    runs: int = 0
    successes: int = 0
    lost: int = 0
    worlds: Counts | None = None  # successes and runs of each world, where they are drawn
    doubt: float = 0.5  # half-width of the interval
    settled: bool = False

    @property
    def known(self) -> tuple[int, int, Counts | None]:
        """What a rule of stopping wants to know."""
        return self.successes, self.runs, self.worlds


class Settled(NamedTuple):
    """What is kept of a point that is done: its blocks, runs, and the half-width of its interval."""

    blocks: int
    runs: int
    doubt: float


@dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    points, settled
        Points of the design, and those that are done [-].
    runs, expected
        Runs that are there, and that it will take in all by what is known now [-].
    rate
        Runs a second of this session [1/s].
    seconds_left
        By rate and expectation [s]; infinite before the first runs have come.
    worst
        Widest half-width among the points that have begun [-].
    """

    points: int
    settled: int
    runs: int
    expected: int
    rate: float
    seconds_left: float
    worst: float


class Runner:
    """One session of a sweep.

    Parameters
    ----------
    design, job, stopping
        What is asked.
    store
        Where results go, and where those of earlier sessions are.
    code
        Name of the sources that decide results.
    reuse
        Stores of other studies to copy blocks from.
    """

    def __init__(
        self, design: Design, job: Job, stopping: Stopping, store: Store, code: str, reuse: tuple[Store, ...] = ()
    ) -> None:
        self.design, self.job, self.stopping = design, job, stopping
        self.store, self.code, self.reuse = store, code, reuse
        self.last = -(-stopping.most // job.block)  # blocks of a point at most
        self.points: dict[int, Point] = {}  # begun, and not settled yet
        self.finished: dict[int, Settled] = {}
        self.opened = 0
        first = sorted({round(k * (len(design) - 1) / (_PILOT - 1)) for k in range(_PILOT)})
        self.pilot = len(first)  # points that are still to be looked at before all others
        self.indices = chain(first, (index for index in range(len(design)) if index not in first))
        self.seconds_per_run = 0.0
        self.simulated = 0
        self.started = time.monotonic()

    def key(self, point: Point, block: int) -> bytes:
        """Key of a block of a point."""
        start = block * self.job.block
        size = min(self.job.block, self.stopping.most - start)
        return key_of(self.job.name, self.code, point.name, start, size)

    def wanted(self) -> list[tuple[int, bytes]]:
        """Points and keys of the blocks that make up the result, in order; every point is settled by now."""
        rows = []
        for index in range(len(self.design)):
            point = Point(index, {}, name_of(self.design[index]))
            rows += [(index, self.key(point, block)) for block in range(self.finished[index].blocks)]
        return rows

    # ----------------------------------------------------------------------------------------------------------------
    # Points

    def _open(self) -> Point | None:
        """Begin with the next point that needs runs; blocks that exist are counted first."""
        for index in self.indices:
            changes = self.design[index]
            point = Point(index, changes, name_of(changes))
            self.opened += 1
            self.points[index] = point
            self._find(point)
            self._count(point)
            if not point.settled:
                return point
        return None

    def _find(self, point: Point) -> None:
        """Look for blocks of a point that exist, here or in other studies."""
        for block in range(self.last):
            key = self.key(point, block)
            if key not in self.store:
                source = next((other for other in self.reuse if key in other), None)
                if source is None:
                    if block > point.asked + _AHEAD:  # a gap: no later ones
                        return
                    continue
                self.store.copy_from(source, [key])
            point.blocks[block] = key
            point.asked = block + 1 if block == point.asked else point.asked

    def _count(self, point: Point) -> None:
        """Count the blocks of a point as far as there is no gap, and see whether they are enough."""
        while not point.settled and point.upto in point.blocks:
            key = point.blocks.pop(point.upto)
            runs, successes, lost = self.store.counts(key)
            if (worlds := self.store.worlds(key)) is not None:
                before = np.zeros((0, 2), np.int64) if point.worlds is None else point.worlds
                point.worlds = with_worlds(before, world_of(point.upto * self.job.block), worlds)
            point.upto += 1
            point.runs, point.successes, point.lost = point.runs + runs, point.successes + successes, point.lost + lost
            done = min(point.upto * self.job.block, self.stopping.most)
            at_look = done % LOOK == 0 or done == self.stopping.most
            hopeless = runs == 0 and lost == 1 < self.job.block  # the point itself cannot be simulated
            enough = at_look and self.stopping.settled(*point.known)
            point.settled = point.upto == self.last or hopeless or enough
        point.doubt = self.stopping.doubt(*point.known)
        if point.settled:
            self.finished[point.index] = Settled(point.upto, point.runs, point.doubt)
            self.points.pop(point.index, None)

    def _next_task(self) -> Task | None:
        """Return what to hand out next; None: nothing, until something comes back."""
        while True:
            if self.pilot and (point := self._open()):  # a block each of points far apart tells what all will take
                self.pilot, size = self.pilot - 1, 1
            else:
                waiting = (point for point in self.points.values() if self._open_blocks(point))
                point = next(waiting, None) or self._open()
                size = min(self._open_blocks(point), self._blocks_of_a_task()) if point else 0
            if point is None:
                return None
            while point.asked in point.blocks or point.asked < point.upto:
                point.asked += 1
            first = point.asked
            while point.asked < min(first + size, self.last) and point.asked not in point.blocks:
                point.asked += 1
            if point.asked > first:
                return Task(point.index, point.changes, first, point.asked - first)

    def _open_blocks(self, point: Point) -> int:
        """Blocks of a point that should be handed out by what is known of it [-]."""
        expected = self.stopping.expected(*point.known)
        wanted = min(self.last, -(-expected // self.job.block))
        if self.stopping.kin.points:  # the more there are, the more each tells: fewer will do than are expected
            wanted = min(wanted, 2 * point.upto)
        idle = point.asked == point.upto  # nothing is under way: at least one more, or it would never settle
        return max(wanted - point.asked, 1 if idle and point.asked < self.last else 0)

    def _blocks_of_a_task(self) -> int:
        if not self.seconds_per_run:
            return 1
        return max(1, min(64, round(_TASK_SECONDS / (self.seconds_per_run * self.job.block))))

    # ----------------------------------------------------------------------------------------------------------------
    # Work

    def run(
        self,
        executor: Executor,
        workers: int,
        renew: Callable[[], Executor] | None,
        log: Callable[[Progress], None],
    ) -> None:
        """Work until every point is settled.

        Parameters
        ----------
        executor, workers
            Who does the work, and how many they are [-].
        renew
            Makes another executor where this one has lost a worker; None: that ends the session.
        log
            Called with the progress, a few times a second.
        """
        pending: dict[Future[tuple[float, list[Block]]], tuple[Task, int]] = {}
        again: list[tuple[Task, int]] = []
        try:
            while True:
                while len(pending) < _AHEAD * workers:
                    task, tries = again.pop() if again else (self._next_task(), 0)
                    if task is None:
                        break
                    pending[executor.submit(_timed, self.job, task)] = (task, tries + 1)
                if not pending:
                    break
                done, _ = wait(pending, timeout=_BEAT, return_when=FIRST_COMPLETED)
                lost = []
                for future in done:
                    task, tries = pending.pop(future)
                    try:
                        seconds, blocks = future.result()
                    except BrokenExecutor:
                        if renew is None or tries >= _PATIENCE:
                            raise
                        lost.append((task, tries))
                        continue
                    self._take(task, seconds, blocks)
                if lost:  # with one worker goes the executor, and with it every task that was handed out
                    lost += pending.values()
                    pending.clear()
                    again, executor = again + lost, renew() if renew else executor
                log(self.progress())
        finally:
            for future in pending:
                future.cancel()

    def _take(self, task: Task, seconds: float, blocks: list[Block]) -> None:
        """Write down what came back."""
        runs = sum(block.runs + len(block.failures) for block in blocks)
        self.simulated += runs
        per_run = seconds / max(runs, 1)
        # smoothed, so that one slow task, such as the first that compiles, does not set the size of all that follow
        self.seconds_per_run = per_run if not self.seconds_per_run else 0.7 * self.seconds_per_run + 0.3 * per_run
        point = self.points.get(task.point)
        if point is None:
            return  # settled meanwhile
        keys = [self.key(point, block.first_run // self.job.block) for block in blocks]
        new = [k for k, key in enumerate(keys) if key not in self.store]
        if new:
            self.store.append([keys[k] for k in new], [blocks[k] for k in new])
        point.blocks.update((block.first_run // self.job.block, key) for key, block in zip(keys, blocks, strict=True))
        self._count(point)

    def progress(self) -> Progress:
        """How far it is."""
        begun = list(self.points.values())
        there: list[Settled | Point] = [*self.finished.values(), *begun]
        runs = sum(point.runs for point in there)
        expected = sum(point.runs for point in self.finished.values())
        expected += sum(self.stopping.expected(*point.known) for point in begun)
        known = len(self.finished) + sum(1 for point in begun if point.runs)
        typical = expected / max(len(there), 1) if known else self.stopping.most
        expected += round(typical * (len(self.design) - self.opened))
        rate = self.simulated / max(time.monotonic() - self.started, 1e-9)
        left = (expected - runs) / rate if rate > 0 else float("inf")
        worst = max((point.doubt for point in there if point.runs), default=0.5)
        return Progress(len(self.design), len(self.finished), runs, expected, rate, left, worst)


def _timed(job: Job, task: Task) -> tuple[float, list[Block]]:
    """Do a task, and say how long it took [s]."""
    start = time.perf_counter()
    blocks = job(task)
    return time.perf_counter() - start, blocks
