"""Estimates: probabilities with their intervals, and quantiles of counted values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

_Z = 1.959963984540054  # 97.5 % quantile of the standard normal
_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}


@dataclass(frozen=True)
class Estimate:
    """A probability with its interval, the runs it rests on, and their seed."""

    p: float
    low: float
    high: float
    runs: int
    seed: int

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        return f"{self.p:.1%} (95 % interval {self.low:.1%} to {self.high:.1%}, {self.runs:,} runs, seed {self.seed})"


def wilson(successes: int, runs: int) -> tuple[float, float]:
    """Bounds of the Wilson 95 % interval of a probability.

    Parameters
    ----------
    successes, runs
        Counts [-]; ``runs`` may be 0, which says nothing.

    Returns
    -------
    low, high
        Bounds [-], from 0 to 1.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> low, high = wilson(4_213, 10_000)
    >>> round(low, 6), round(high, 6)
    (0.411654, 0.431006)
    """
    if runs == 0:
        return 0.0, 1.0
    p, z2 = successes / runs, _Z * _Z / runs
    centre = (p + z2 / 2) / (1 + z2)
    half = math.sqrt(z2 * (p * (1 - p) + z2 / 4)) / (1 + z2)
    return centre - half if successes else 0.0, centre + half if successes < runs else 1.0


def half_width(successes: int, runs: int) -> float:
    """Half the width of the Wilson 95 % interval [-].

    Examples
    --------
    >>> round(half_width(4_213, 10_000), 6), half_width(0, 0)
    (0.009676, 0.5)
    """
    low, high = wilson(successes, runs)
    return (high - low) / 2


def estimate(successes: int, runs: int, seed: int) -> Estimate:
    """Estimate a probability from counts, with its interval.

    Parameters
    ----------
    successes, runs
        Counts [-]; ``runs`` may be 0, which says nothing.
    seed
        The seed of the runs.

    Returns
    -------
    Estimate
        With bounds from :func:`wilson`.

    Examples
    --------
    >>> print(estimate(1, 4, seed=1))
    25.0% (95 % interval 4.6% to 69.9%, 4 runs, seed 1)
    """
    return Estimate(successes / runs if runs else math.nan, *wilson(int(successes), int(runs)), int(runs), seed)


def spread(values: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], scale: int = 1) -> dict[str, float]:
    """Mean and 5, 50 and 95 % quantiles of values that came so often, straight between neighbours.

    Parameters
    ----------
    values
        Each value once, in ascending order.
    counts
        How often each came [-].
    scale
        What the result is divided by, such as 1000 USD million a billion.

    Returns
    -------
    dict
        ``mean``, ``p05``, ``p50``, ``p95``; NaN where nothing came.

    Examples
    --------
    >>> spread(np.array([0, 6_000, 9_500, 10_000]), np.array([2, 1, 1, 1]), scale=1_000)
    {'mean': 5.1, 'p05': 0.0, 'p50': 6.0, 'p95': 9.9}
    """
    upto = np.cumsum(counts)
    total = int(upto[-1]) if len(upto) else 0
    if total == 0:
        return dict.fromkeys(("mean", *_QUANTILES), math.nan)
    if values.dtype == np.bool_:
        values = values.astype(np.int64)
    found = {"mean": float(values @ counts) / total / scale}
    for name, q in _QUANTILES.items():
        rank = q * (total - 1)
        below = int(rank)
        low, high = (values[np.searchsorted(upto, min(k, total - 1), side="right")] for k in (below, below + 1))
        found[name] = float(low + (high - low) * (rank - below)) / scale
    return found
