"""The ensemble against the Mesa model on the same runs: one by one, and through ``mesa.batch_run``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import mesa
import numpy as np
from mesa.batchrunner import batch_run

import abm
from abm.agents import FundingModel
from abm.core.batch import Batch
from abm.ensemble import Ensemble
from abm.population import prepare
from abm.population.layout import Population
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, median, ratios, said, seconds

SCENARIO, SEED = "openai-2025", 1


@cache
def flagship() -> tuple[abm.Scenario, Population]:
    """Return the scenario that most rows measure, and its population."""
    scenario = abm.load_scenario(SCENARIO)
    return scenario, prepare(scenario)


def against_mesa(sizes: Sizes) -> Iterator[Figure]:
    """Row a: the same runs, in one process and on one core; every outcome is asserted equal."""
    scenario, population = flagship()

    def read(runs: range) -> Batch:
        results = []
        for run in runs:
            model = FundingModel(scenario, SEED, run, prepared=population, narrate=False)
            model.run_model()
            results.append(model.result())
            model.free()
        return Batch.of(results, len(population.ids), len(population.gate_ids))

    yield from _compared("mesa", "Mesa model / ensemble", "at least 1000", sizes, population, read, _same)


def against_batch_run(sizes: Sizes) -> Iterator[Figure]:
    """Row b: the same model as ``mesa.batch_run`` runs it, in one process, its money and closings collected weekly."""
    scenario, population = flagship()

    class Collected(FundingModel):
        """A model as ``batch_run`` wants it; ``rng``, which Mesa 3.5 gives to every model, is not used."""

        def __init__(self, number: int, rng: Any = None) -> None:
            super().__init__(scenario, SEED, number, prepared=population, narrate=False)
            reporters = {name: name for name in ("paid_musd", "closed", "cause")}
            self.datacollector = mesa.DataCollector(model_reporters=reporters)

        def step(self) -> None:
            super().step()
            self.datacollector.collect(self)
            if not self.running:
                self.free()

    def read(runs: range) -> list[dict[str, Any]]:
        return batch_run(Collected, {"number": runs}, number_processes=1, display_progress=False)

    def same(rows: list[dict[str, Any]], batch: Batch) -> bool:
        names = ("paid_musd", "closed", "cause")
        return all([row[name] for row in rows] == batch.rows[name].tolist() for name in names)

    yield from _compared("batch_run", "mesa.batch_run / ensemble", "", sizes, population, read, same)


def _compared(
    row: str,
    what: str,
    wanted: str,
    sizes: Sizes,
    population: Population,
    read: Callable[[range], Any],
    same: Callable[[Any, Batch], bool],
) -> Iterator[Figure]:
    """Compare time per run: of the same runs, which the ensemble repeats, and of as many as a study asks for."""
    ensemble = Ensemble(population)

    def repeat(runs: range) -> None:
        for _ in range(sizes.repeats):
            ensemble(SEED, runs)

    slow, fast, at_once = [], [], []
    for pair in range(sizes.pairs):
        runs = range(pair * sizes.shared_runs, (pair + 1) * sizes.shared_runs)
        assert same(read(runs), ensemble(SEED, runs)), f"outcomes differ among runs {runs}"
        slow.append(seconds(partial(read, runs)) / sizes.shared_runs)
        fast.append(seconds(partial(repeat, runs)) / sizes.shared_runs / sizes.repeats)
        at_once.append(seconds(partial(ensemble, SEED, range(sizes.study_runs))) / sizes.study_runs)
    equal = f"runs 0 to {sizes.pairs * sizes.shared_runs - 1} of {SCENARIO}, seed {SEED}, outcomes equal"
    for runs_at_once, times in ((sizes.study_runs, at_once), (sizes.shared_runs, fast)):
        detail = f"{said(median(slow))} against {said(median(times))} a run; {equal}"
        yield Figure(row, f"{what}, {runs_at_once:,} at once", ratios(slow, times), wanted=wanted, detail=detail)


def _same(one: Batch, other: Batch) -> bool:
    """Whether every number of two batches is the same, to the last bit."""
    columns = zip(one[:3], other[:3], strict=True)  # without the weekly paths, which neither keeps
    return all(np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes() for a, b in columns)
