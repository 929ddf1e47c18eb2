"""Policies: what each would do over all worlds of a study, compared with the first under the same luck."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.runs.clusters import worth_of_each
from abm.runs.columns import true_in
from abm.runs.estimates import Z95
from abm.sweeps.study import Study

if TYPE_CHECKING:
    import pandas as pd

_RANDOM = ("prior", "latin_hypercube", "sobol")  # designs whose worlds stand for others that might have been drawn


def policies_frame(study: Study) -> pd.DataFrame:
    """Compare the policies of a crossed design over its worlds.

    Intervals hold what the runs leave open and, where worlds were drawn, what the draws leave open. Worlds that
    contradict a policy are left out for all of them.

    Returns
    -------
    DataFrame
        One row a policy, in their order: ``policy``; ``p``, ``low``, ``high``, the mean of the probability over the
        worlds [-]; ``p05``, ``p95``, its quantiles over the worlds; ``change``, ``change_low``, ``change_high``
        against the first policy [-] (NaN for itself); ``best``, the share of the worlds in which no policy does better
        [-]; ``worlds``, ``runs`` of each world, ``seed``.

    Raises
    ------
    ValueError
        Where the design has no policies, or no world could be simulated with all of them.

    Examples
    --------
    >>> import abm
    >>> worlds = abm.Design.grid({"gatekeepers.restructuring.hazard_per_year": [1, 4]})
    >>> design = abm.Design.crossed(worlds, {"as it is": {}, "lower": {"round.target_bn": 6}})
    >>> policies_frame(abm.sweep("three-investors", design, runs=200, workers=1))["best"].tolist()
    [0.0, 1.0]
    """
    import pandas as pd

    names = [name for name, _ in study.design.policies]
    if study.design.worlds is None:
        raise ValueError("expected a study of policies in worlds (Design.crossed)")
    happened, numbers = _happened(study, len(names))
    drawn = study.design.worlds.kind in _RANDOM
    chances = happened.mean(axis=2)
    best = chances >= chances.max(axis=0)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        p, half = _mean(happened[number], drawn, numbers)
        change, apart = _mean(happened[number] - happened[0], drawn, numbers) if number else (math.nan, math.nan)
        low, high = np.quantile(chances[number], (0.05, 0.95))
        rows.append({
            "policy": name, "p": p, "low": max(0.0, p - half), "high": min(1.0, p + half), "p05": low, "p95": high,
            "change": change, "change_low": change - apart, "change_high": change + apart,
            "best": best[number].mean(), "worlds": happened.shape[1], "runs": happened.shape[2],
            "seed": study.job.seed,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _happened(study: Study, policies: int) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Whether the event came, float64[policies, worlds, runs], in the worlds and runs that all policies have.

    And the numbers of these runs, where at some point those of a hundred share what nobody knows.
    """
    frames = [study.runs(point) for point in range(len(study.design))]
    worlds = [frames[first : first + policies] for first in range(0, len(frames), policies)]
    worlds = [world for world in worlds if all(len(frame) for frame in world)]
    if not worlds:
        raise ValueError("expected a world that every policy can be simulated in, there is none")
    common = worlds[0][0].index
    for frame in (frame for world in worlds for frame in world):
        common = common.intersection(frame.index)
    found = np.array([[true_in(frame.loc[common], study.job.event) for frame in world] for world in worlds], float)
    return found.transpose(1, 0, 2), study.drawn_runs(common, *range(len(study.design)))


def _mean(values: NDArray[np.float64], drawn: bool, numbers: NDArray[Any] | None) -> tuple[float, float]:
    """Mean over worlds and runs, and half of its 95 % interval: all worlds share their runs, so both layers count."""
    worlds, runs = values.shape
    worth = runs if numbers is None else runs * worth_of_each(values.mean(axis=0), numbers)
    spread = float(values.mean(axis=0).var(ddof=1)) / worth if runs > 1 else math.inf
    if drawn:
        spread += float(values.mean(axis=1).var(ddof=1)) / worlds if worlds > 1 else math.inf
    return float(values.mean()), Z95 * math.sqrt(spread)
