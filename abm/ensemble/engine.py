"""Engine: batches of runs for whoever asks, from as many threads as ask."""

from __future__ import annotations

from collections.abc import Iterable
from queue import Empty, SimpleQueue

import numpy as np

from abm.core.batch import PATHS, Batch
from abm.core.records import FATE, RESULT, Floats, Records
from abm.ensemble.ahead import compile_ahead, without_collector
from abm.ensemble.block import RunBlock
from abm.ensemble.kernel import simulate
from abm.population.layout import Population
from abm.population.sampling import luck_of_runs
from abm.population.sobol import Sampling, decisive_draws, points_of_runs
from abm.population.unknowns import Unknowns


def room_for(population: Population, runs: int, paths: bool) -> Batch:
    """Room for what some runs leave behind, with or without their weekly paths."""
    investors, gates, weeks = len(population.ids), len(population.gate_ids), int(population.round.horizon_weeks)
    weekly = np.zeros((runs, weeks, len(PATHS)), np.int64).transpose(0, 2, 1) if paths else None
    return Batch(np.zeros(runs, RESULT), np.zeros((runs, investors), FATE), np.zeros((runs, gates)), weekly)


def as_written(batch: Batch) -> tuple[Records, Records, Floats]:
    """Rows, fates and days of consents, as engines write them: uncompiled code asks for attributes."""
    return batch.rows.view(np.recarray), batch.fates.view(np.recarray), batch.gate_days


class Ensemble:
    """The compiled engine of one scenario; several threads may call it at once, and work side by side.

    Parameters
    ----------
    population
        The scenario's population.
    unknowns
        What nobody knows about the scenario, so that each run is one of its world; None: all are at ``population``.
    sampling
        ``"random"``: every draw is independent. ``"sobol"``: those that decide most come from scrambled Sobol' points.

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> Ensemble(prepare(abm.load_scenario("three-investors")))(seed=1, runs=range(100)).runs
    100
    """

    def __init__(self, population: Population, unknowns: Unknowns | None = None, sampling: Sampling = "random") -> None:
        self.population, self.unknowns, self.sampling = population, unknowns, sampling
        self._decisive = decisive_draws(population) if sampling == "sobol" else None
        self._idle: SimpleQueue[RunBlock] = SimpleQueue()
        self._ahead = compile_ahead()

    def __call__(self, seed: int, runs: range, paths: bool = False) -> Batch:
        """Simulate runs, as many side by side as the memory near a core has room for.

        Parameters
        ----------
        seed, runs
            The study's seed and consecutive run numbers [-].
        paths
            Whether to keep the weekly paths.
        """
        batch = room_for(self.population, len(runs), paths)
        with without_collector():
            try:
                block = self._idle.get_nowait()
            except Empty:
                block = RunBlock(self.population)
                if self._ahead is not None:
                    self._ahead.wait()
            for population, own in self._worlds(seed, runs):
                if block.population is not population:
                    block.load(population)
                part = batch.part(own.start - runs.start, own.stop - runs.start)
                points = None
                if self._decisive is not None:
                    points = points_of_runs(self._decisive, seed, own)
                    block.take(points)
                luck = luck_of_runs(population, seed, own, points)
                block.keep(part.paths)
                simulate(block.record, seed, own.start, luck, *as_written(part))
        self._idle.put(block)
        return batch

    def _worlds(self, seed: int, runs: range) -> Iterable[tuple[Population, range]]:
        return self.unknowns.of_runs(seed, runs, self.sampling) if self.unknowns else [(self.population, runs)]
