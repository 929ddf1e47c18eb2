"""The ensemble against its own floor: the time to generate nothing but the random numbers that its runs consume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from abm.core import draws
from abm.core.jit import rule
from abm.ensemble import Ensemble
from benchmarks.counting import LAWS, consumed
from benchmarks.engines import SCENARIO, SEED, flagship
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, alternately, median, ratios, said

_UNIFORM, _NORMAL, _EXPONENTIAL = 0, 1, 2


@rule
def one_by_one(counts: Any, seed: int) -> float:
    """Draw so many numbers of each law in each run, an address at a time; their sum keeps the loop from vanishing."""
    total = 0.0
    for run in range(counts.shape[0]):
        for k in range(counts[run, _UNIFORM]):
            total += draws.uniform(seed, run, k, 0, draws.REGIME, 0)
        for k in range(counts[run, _NORMAL]):
            total += draws.normal(seed, run, k, 0, draws.VALUE, 0)
        for k in range(counts[run, _EXPONENTIAL]):
            total += draws.exponential(seed, run, k, 0, draws.SIGNING, 0)
    return total


@rule
def at_once(counts: Any, seed: int, out: Any, agents: Any, steps: Any) -> float:
    """Draw the same numbers, all those of a law and a run at once."""
    total = 0.0
    for run in range(counts.shape[0]):
        n = counts[run, _UNIFORM]
        draws.uniforms(out[:n], seed, run, agents[:n], steps[:n], draws.REGIME)
        total += out[0]
        n = counts[run, _NORMAL]
        draws.uniforms(out[:n], seed, run, agents[:n], steps[:n], draws.VALUE)
        draws.to_normals(out[:n])
        total += out[0]
        n = counts[run, _EXPONENTIAL]
        draws.uniforms(out[:n], seed, run, agents[:n], steps[:n], draws.SIGNING)
        for k in range(n):
            out[k] = draws.waited(out[k])
        total += out[0]
    return total


def against_floor(sizes: Sizes) -> Iterator[Figure]:
    """Row c: a run of the ensemble over the draws of the same run, generated in two ways."""
    scenario, population = flagship()
    ensemble, runs = Ensemble(population), range(sizes.counted_runs)
    counts, purposes = consumed(scenario, population, SEED, runs)
    most = int(counts.max())
    room = np.zeros(most), np.arange(most), np.zeros(most, np.int64)

    def simulate() -> None:
        for _ in range(sizes.repeats // 5 + 1):
            ensemble(SEED, runs)

    def single() -> None:
        for _ in range(sizes.repeats):
            one_by_one(counts, SEED)

    def together() -> None:
        for _ in range(sizes.repeats):
            at_once(counts, SEED, *room)

    measured = alternately([simulate, single, together], sizes.pairs)
    calls = (sizes.repeats // 5 + 1, sizes.repeats, sizes.repeats)
    whole, alone, all_at_once = ([s / n / len(runs) for s in column] for column, n in zip(measured, calls, strict=True))
    means = ", ".join(f"{mean:.1f} {law}" for mean, law in zip(counts.mean(axis=0), LAWS, strict=True))
    counted = (
        f"what the Mesa model draws in runs 0 to {len(runs) - 1} of {SCENARIO}, each address once, when it is needed: "
        f"{means} numbers a run ({_told(purposes, len(runs))}); the ensemble draws public luck some weeks ahead, which "
        "is not in the floor"
    )
    for way, floor, more in (("one by one", alone, counted), ("many at once", all_at_once, "the same numbers")):
        detail = f"{said(median(whole))} against {said(median(floor))} a run; {more}"
        yield Figure("floor", f"ensemble / its draws, {way}", ratios(whole, floor), wanted="at most 4", detail=detail)


def _told(purposes: dict[str, int], runs: int) -> str:
    names = sorted(purposes, key=lambda name: -purposes[name])
    return ", ".join(f"{name.lower().replace('_', ' ')} {purposes[name] / runs:.1f}" for name in names)
