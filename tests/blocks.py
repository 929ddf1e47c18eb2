"""Blocks: the compiled engine, taken by the hand from Python: a phase or a week at a time."""

from __future__ import annotations

from typing import Any

from abm.core.jit import entry
from abm.core.schedule import PHASES
from abm.ensemble import beginning, kernel, phases, repacking
from abm.ensemble.arrays import at
from abm.ensemble.block import RunBlock
from abm.population import Population
from abm.population.sampling import frailties, kept_shares


def entered(phase: Any) -> Any:
    """Enter what takes a block from Python."""

    @entry
    def enter(record: Any) -> None:
        phase(at(record, 0))

    return enter


PHASE = {name: entered(getattr(phases, name)) for name in PHASES}
begin_week, pass_week = entered(kernel.begin_week), entered(kernel.pass_week)
repack, _begin_runs = entered(repacking.repack_if_worth_it), entered(beginning.begin_runs)


def begin(block: RunBlock, population: Population, seed: int, runs: range) -> None:
    """Set a block to the start of some runs."""
    block.record.seed, block.record.runs = seed, len(runs)
    place = {"index": range(len(runs)), "run": runs, "root": runs, "kept": kept_shares(population, seed, runs)}
    place["frailty"] = frailties(population, seed, runs)
    for name, values in place.items():
        block.values("round_state", name)[0, : len(runs)] = values
    _begin_runs(block.record)


def lanes_of(block: RunBlock, runs: int) -> list[int]:
    """The lane that each run is in by now."""
    index = block.values("round_state", "index")[0].tolist()
    return [index.index(run) for run in range(runs)]
