"""Layers: how unsure a probability is because of the world, and how unsure because of the runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Layers:
    """How unsure a probability is, and of what: of the world, and of the runs.

    Attributes
    ----------
    mean
        Mean of the probability over the points [-].
    spread
        Standard deviation of the probability over the points, Monte Carlo noise taken out [-]: at least, for
        points that share their luck differ by less noise than is taken out.
    error
        Standard error of the mean from the runs alone, at most: points that share their luck err together [-].
    points
        Number of points.
    quantiles
        5, 25, 50, 75 and 95 % quantiles of the estimates over the points [-].
    """

    mean: float
    spread: float
    error: float
    points: int
    quantiles: dict[str, float]


def layers_of(p: NDArray[np.float64], runs: NDArray[np.float64], drawn_together: bool = False) -> Layers:
    """Tell apart what the runs leave open and what the world leaves open, over points with their probabilities.

    Parameters
    ----------
    p, runs
        float64[points], probability of each point, and the runs behind it [-]; points of fewer than two do not count.
    drawn_together
        Whether the quantiles are those of the estimates drawn towards their mean until they spread as far as they do
        without noise: for points of few runs, each with luck of its own.

    Examples
    --------
    >>> found = layers_of(np.array([0.2, 0.4, 0.6]), np.array([1e9, 1e9, 1e9]))
    >>> round(found.mean, 6), round(found.spread, 6), found.points
    (0.4, 0.2, 3)
    """
    known = (runs > 1) & np.isfinite(p)
    if not known.any():
        nothing = dict.fromkeys(("p05", "p25", "p50", "p75", "p95"), math.nan)
        return Layers(math.nan, math.nan, math.nan, 0, nothing)
    p, n = p[known], runs[known]
    noise = p * (1 - p) / (n - 1)
    spread = math.sqrt(max(0.0, float(np.var(p, ddof=1)) - float(np.mean(noise)))) if len(p) > 1 else 0.0
    if drawn_together and spread < (apart := float(np.std(p, ddof=1)) if len(p) > 1 else 0.0):
        p = np.mean(p) + (p - np.mean(p)) * (spread / apart)
    quantiles = {f"p{q:02}": float(np.quantile(p, q / 100)) for q in (5, 25, 50, 75, 95)}
    return Layers(float(np.mean(p)), spread, float(np.mean(np.sqrt(noise))), len(p), quantiles)
