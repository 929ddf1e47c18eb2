"""One thread against two."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import abm
from benchmarks.engines import SEED
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, alternately, median, ratios, said


def one_against_two(sizes: Sizes) -> Iterator[Figure]:
    """Row e: the same totals from one thread and from two, preparing the scenario left out."""
    scenario, runs = abm.load_scenario(sizes.scenario), sizes.threaded_runs
    found = set()

    def simulate(workers: int) -> None:
        totals = abm.simulate(scenario, runs, SEED, keep="totals", workers=workers)
        found.add(totals.probability("closed").p)

    prepared, one, two = alternately(
        [partial(abm.batches, scenario, runs, SEED), partial(simulate, 1), partial(simulate, 2)], sizes.pairs
    )
    assert len(found) == 1, "the totals depend on the number of threads"
    alone = [a - p for a, p in zip(one, prepared, strict=True)]
    shared = [b - p for b, p in zip(two, prepared, strict=True)]
    detail = f"{runs:,} runs of {scenario.id}: {said(median(one))} against {said(median(two))}"
    yield Figure("threads", "one thread / two threads", ratios(one, two), detail=detail)
    detail = f"preparing the scenario once takes {said(median(prepared))} of both"
    yield Figure("threads", "one thread / two, simulation alone", ratios(alone, shared), detail=detail)
