"""Inert: uncertain numbers that change no run from one end of their range to the other, so nothing is said of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.errors import ScenarioError
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.sweeps import Design
from abm.sweeps.axis import Axis

Happened = NDArray[np.bool_]


@checked
def moving(
    scenario: Scenario,
    axes: Sequence[Axis] | None = None,
    event: str = "closed",
    runs: int = 200,
    worlds: int = 1,
    seed: int = 1,
) -> tuple[tuple[Axis, ...], tuple[Axis, ...]]:
    """Tell numbers that move the answer from those that cannot be seen to: run by run, under the same luck.

    A number is set to both ends of its range, all others as the file has them, and then as each of some draws of what
    nobody knows has them. Where not one run ends otherwise, it is inert: luck cannot make it look important, because
    it is not asked about any more.

    Parameters
    ----------
    scenario, event, seed
        What is simulated, which event is looked at, and the seed of runs and draws.
    axes
        What may move; default: every number of the file with a range.
    runs
        Runs of each point [-].
    worlds
        How many draws of all numbers are tried beside the file itself [-].

    Returns
    -------
    moving, inert
        The axes, each in one of the two, in their order.

    Raises
    ------
    ScenarioError
        Where no number of the file has a range.

    Examples
    --------
    >>> import abm
    >>> from abm.sweeps.axis import axes_of
    >>> axes = axes_of({"round.target_bn": (6, 10), "valuation.news_precision": (0, 10)})
    >>> found = moving(abm.load_scenario("three-investors"), axes, runs=50, worlds=1)
    >>> [axis.name for axis in found[0]], [axis.name for axis in found[1]]
    (['round.target_bn'], ['valuation.news_precision'])
    """
    asked = tuple(Design.prior(scenario, 1, seed).axes if axes is None else axes)
    luck = np.random.default_rng(seed).random((worlds, len(asked)))
    drawn: list[dict[str, Any]] = [{} for _ in range(worlds)]
    for world, row in zip(drawn, luck, strict=True):
        for axis, u in zip(asked, row, strict=True):
            world.update(axis.changes(axis.at(u)))
    still = dict(enumerate(asked))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for base in ({}, *drawn):
            points = [(k, {**base, **axis.changes(end)}) for k, axis in still.items() for end in axis.ends]
            asking = [base, *(changes for _, changes in points)]
            here, *ends = pool.map(lambda changes: _happened(scenario, changes, event, runs, seed), asking)
            for (k, _), end in zip(points, ends, strict=True):
                if here is not None and (end is None or not np.array_equal(here, end)):  # what is refused moves
                    still.pop(k, None)
    return tuple(axis for k, axis in enumerate(asked) if k not in still), tuple(still.values())


def _happened(scenario: Scenario, changes: dict[str, Any], event: str, runs: int, seed: int) -> Happened | None:
    """Whether the event happened, in each run; None where the changes contradict each other."""
    try:
        changed = scenario.with_values(changes) if changes else scenario
        found = simulate(changed, runs, seed, workers=1, keep="rows", central=True)
    except ScenarioError:
        return None
    return found.columns.happened(found.batch, event)
