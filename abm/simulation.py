"""Simulation: many runs of one scenario, over the cores of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from abm.outcomes import Outcomes, RunResult
from abm.population import Population, prepare
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from abm.agents import Company, Gatekeeper, Investor

Progress = Callable[[int, int], None]

_CHUNK = 40  # runs of a task, about half a second of work
_WORTH_A_PROCESS = 400  # fewer runs than this are done before a second process has started
_LARGEST_KEY = 2**32


def simulate(
    scenario: Scenario | str | Path,
    runs: int = 2_000,
    seed: int = 1,
    *,
    engine: Literal["mesa"] = "mesa",
    first_run: int = 0,
    workers: int | None = None,
    investor: type[Investor] | None = None,
    gatekeeper: type[Gatekeeper] | None = None,
    company: type[Company] | None = None,
    progress: Progress | None = None,
) -> Outcomes:
    """Simulate a scenario many times.

    The result depends on scenario, seed and run numbers alone: not on workers, chunks or their order.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    runs, seed
        Number of runs, and the seed that all of them share.
    engine
        ``"mesa"``: the readable agent model.
    first_run
        Number of the first run, so that a study can be continued.
    workers
        Processes to use (default: one a core where it pays).
    investor, gatekeeper, company
        Agent classes of one's own, in place of those of :mod:`abm.agents`.
    progress
        Called with runs done and runs wanted.

    Returns
    -------
    Outcomes
        One row a run.

    Raises
    ------
    ScenarioError
        Where the scenario cannot be simulated.
    ValueError
        Where runs, seed or engine make no sense.

    Examples
    --------
    >>> outcomes = simulate("three-investors", runs=50, seed=1)
    >>> outcomes.runs, outcomes.engine
    (50, 'mesa')
    """
    if engine != "mesa":
        raise ValueError(f"expected the engine 'mesa', got {engine!r}")
    if runs < 1 or first_run < 0 or first_run + runs > _LARGEST_KEY:
        raise ValueError(f"expected runs of at least 1 and run numbers below 2**32, got {runs} from {first_run}")
    if not 0 <= seed < _LARGEST_KEY:
        raise ValueError(f"expected a seed from 0 to 2**32 - 1, got {seed}")
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    population = prepare(scenario)
    agents = {"investor": investor, "gatekeeper": gatekeeper, "company": company}
    chosen = {name: cls for name, cls in agents.items() if cls is not None}
    job = _Job(scenario, population, seed, chosen)
    chunks = [range(a, min(a + _CHUNK, first_run + runs)) for a in range(first_run, first_run + runs, _CHUNK)]
    results: list[RunResult] = []
    for part in _over_cores(job, chunks, workers or (os.cpu_count() or 1 if runs >= _WORTH_A_PROCESS else 1)):
        results += part
        if progress is not None:
            progress(len(results), runs)
    return Outcomes(scenario, seed, engine, population.ids, population.gate_ids, results)


class _Job:
    """What a worker needs to know, sent along with every chunk."""

    def __init__(self, scenario: Scenario, population: Population, seed: int, agents: dict[str, type[Any]]) -> None:
        self.scenario, self.population, self.seed, self.agents = scenario, population, seed, agents

    def __call__(self, runs: range) -> list[RunResult]:
        """Simulate a chunk of runs, one after the other."""
        from abm.agents import FundingModel

        results = []
        for run in runs:
            model = FundingModel(self.scenario, self.seed, run, prepared=self.population, **self.agents)
            model.run_model()
            results.append(model.result())
            model.free()
        return results


def _over_cores(job: _Job, chunks: list[range], workers: int) -> Iterator[list[RunResult]]:
    """Results of the chunks as they come in, from this process or from several."""
    if workers == 1 or len(chunks) == 1:
        yield from map(job, chunks)
        return
    from loky import get_reusable_executor  # starts from plain scripts too, without a __main__ guard

    yield job(chunks[0])  # compiles, so that the workers find everything in the cache
    executor = get_reusable_executor(max_workers=workers, timeout=60)
    pending: set[Future[list[RunResult]]] = {executor.submit(job, chunk) for chunk in chunks[1:]}
    try:
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in pending:
            future.cancel()
