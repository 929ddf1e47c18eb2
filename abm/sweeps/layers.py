"""Layers: how unsure a probability is because of the world, and how unsure because of the runs."""

from __future__ import annotations

from dataclasses import dataclass


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
