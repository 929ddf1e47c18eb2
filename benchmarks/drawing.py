"""Runs over what nobody knows against runs at central values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import abm
from benchmarks.engines import SEED
from benchmarks.sizes import Sizes
from benchmarks.timing import Figure, alternately, median, ratios, said


def over_worlds(sizes: Sizes) -> Iterator[Figure]:
    """Row h: the same number of runs at central values, and over worlds with the central value beside them."""
    runs = sizes.threaded_runs

    def simulate(central: bool) -> object:
        scenario = abm.load_scenario(sizes.scenario)  # read again, so that nothing is known of its worlds
        totals = abm.simulate(scenario, runs, SEED, keep="totals", central=central)
        return totals if central else totals.central

    fixed, drawn = alternately([partial(simulate, True), partial(simulate, False)], sizes.pairs)
    detail = f"{runs:,} runs of {sizes.scenario}: {said(median(drawn))} against {said(median(fixed))}"
    yield Figure("worlds", "over worlds / at central values", ratios(drawn, fixed), "x", "at most 1.5x", detail)
