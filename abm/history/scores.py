"""Scores: how good forecasts were, by proper rules, and how sure their differences are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.history.common_luck import Floats
from abm.runs.estimates import wilson

_SURE = 1e-6  # no forecast counts as surer than that: one sure error would outweigh all else in a log score
RESAMPLES = 4_000


def brier_score(p: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared error of probabilities (Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2) [-].

    Examples
    --------
    >>> brier_score([0.5, 1.0], [True, False])
    0.625
    """
    return float(((np.asarray(p, float) - np.asarray(happened, float)) ** 2).mean())


def log_score(p: ArrayLike, happened: ArrayLike) -> float:
    """Mean surprise at what happened, in natural units (Good 1952) [-].

    Examples
    --------
    >>> round(log_score([0.5, 0.5], [True, False]), 6)
    0.693147
    """
    sure = np.clip(np.asarray(p, float), _SURE, 1 - _SURE)
    return float(-np.log(np.where(happened, sure, 1 - sure)).mean())


def auc(p: ArrayLike, happened: ArrayLike) -> float:
    """Chance that a case that happened was thought more likely than one that did not; ties count half [-].

    Examples
    --------
    >>> auc([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    0.875
    """
    p, happened = np.asarray(p, float), np.asarray(happened, bool)
    one, other = p[happened][:, None], p[~happened][None, :]
    return float(((one > other) + 0.5 * (one == other)).mean()) if one.size and other.size else float("nan")


def crps(values: Floats, weights: Floats, seen: Floats) -> Floats:
    r"""Continuous ranked probability score, case by case: :math:`E|X - y| - E|X - X'|/2`.

    Gneiting and Raftery 2007, doi:10.1198/016214506000001437.

    Parameters
    ----------
    values, weights
        Law of each case: [cases, points], as values and their probabilities.
    seen
        What came.

    Examples
    --------
    A law of a coin's two sides, and a sure one:

    >>> crps(np.array([[0.0, 1.0], [0.7, 0.7]]), np.full((2, 2), 0.5), np.array([1.0, 1.0])).round(6).tolist()
    [0.25, 0.3]
    """
    order = np.argsort(values, axis=1)
    x, w = np.take_along_axis(values, order, 1), np.take_along_axis(weights, order, 1)
    below = np.cumsum(w, axis=1)[:, :-1]
    apart = (below * (1 - below) * np.diff(x, axis=1)).sum(axis=1)  # half the mean distance of two draws
    return np.asarray((w * np.abs(x - seen[:, None])).sum(axis=1) - apart)


class Bin(NamedTuple):
    """Cases of like forecasts, and how often they happened."""

    n: int
    least: float
    most: float
    mean: float
    happened: float
    low: float
    high: float


def calibration_bins(p: Floats, happened: NDArray[np.bool_], number: int = 5) -> list[Bin]:
    """Forecasts from low to high in equal groups, beside how often they came true, with the Wilson interval.

    Examples
    --------
    >>> two = calibration_bins(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]), 2)
    >>> [(one.n, round(one.mean, 2), one.happened) for one in two]
    [(2, 0.15, 0.0), (2, 0.85, 1.0)]
    """
    found = []
    for part in np.array_split(np.argsort(p, kind="stable"), min(number, len(p))):
        low, high = wilson(float(happened[part].sum()), len(part))
        mean, share = float(p[part].mean()), float(happened[part].mean())
        found.append(Bin(len(part), float(p[part].min()), float(p[part].max()), mean, share, low, high))
    return found


def difference_interval(differences: Floats, groups: Sequence[str], seed: int) -> tuple[float, float, float]:
    """Mean of paired differences with its 90 % interval: groups of cases are drawn again, not cases.

    Examples
    --------
    >>> difference_interval(np.array([0.1, 0.1, 0.1]), ["a", "a", "b"], seed=1)
    (0.1, 0.1, 0.1)
    """
    _, number = np.unique(np.asarray(groups), return_inverse=True)
    sums, counts = np.bincount(number, differences), np.bincount(number)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.05, 0.95))
    return tuple(round(float(one), 12) for one in (differences.mean(), low, high))  # type: ignore[return-value]
