"""Differences: how much more probable, or larger, something is in one world than in another under the same luck."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.notebook import Printed
from abm.runs.clusters import worth_of_each
from abm.runs.estimates import Z95


@dataclass(frozen=True, repr=False)
class Difference(Printed):
    """How much more probable, or larger, something is in one world than in another under the same luck, run by run.

    Attributes
    ----------
    change, low, high
        Difference of the probabilities [-], or of the means in their unit, with its 95 % interval.
    runs, seed
        Pairs of runs, and the seed that they share.
    gain
        Variance reduction: how many times more runs it would have taken with luck of their own [-].
    of_means
        Whether means are compared, not probabilities.
    """

    change: float
    low: float
    high: float
    runs: int
    seed: int
    gain: float
    of_means: bool = False

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        form, scale, unit = ("+.3g", 1, "") if self.of_means else ("+.1f", 100, " points")
        change, low, high = (format(scale * number, form) for number in (self.change, self.low, self.high))
        return f"{change}{unit} (95 % interval {low} to {high}, {self.runs:,} pairs of runs, seed {self.seed})"


def unknown_difference(seed: int) -> Difference:
    """Return the difference of what cannot be compared: nothing is known of it.

    Examples
    --------
    >>> found = unknown_difference(seed=1)
    >>> found.runs, math.isnan(found.change)
    (0, True)
    """
    return Difference(math.nan, math.nan, math.nan, 0, seed, math.nan)


def paired(both: float, only_first: float, only_second: float, neither: float, seed: int) -> Difference:
    """Estimate how much more often something happens in the second of two worlds that share their luck.

    Parameters
    ----------
    both, only_first, only_second, neither
        Pairs of runs in which it happened in both worlds, in one, in none [-]; also in parts.
    seed
        The seed of the runs.

    Returns
    -------
    Difference
        The difference as observed; its interval from counts with half a pair added to each of the four.

    References
    ----------
    Agresti, A. & Min, Y. (2005). Simple improved confidence intervals for comparing matched proportions. Statistics in
    Medicine 24(5), 729-740. doi:10.1002/sim.1781

    Examples
    --------
    >>> print(paired(300, 20, 80, 600, seed=1))
    +6.0 points (95 % interval +4.1 to +7.9, 1,000 pairs of runs, seed 1)
    """
    runs = both + only_first + only_second + neither
    if runs == 0:
        return Difference(math.nan, -1.0, 1.0, 0, seed, math.nan)
    n, first, second = runs + 2.0, only_first + 0.5, only_second + 0.5
    centre = (second - first) / n
    half = Z95 * math.sqrt(first + second - (second - first) ** 2 / n) / n
    p, q = (both + only_first) / runs, (both + only_second) / runs
    apart = p * (1 - p) + q * (1 - q)
    together = (only_first + only_second) / runs - (q - p) ** 2
    gain = apart / together if together > 0 else math.inf if apart > 0 else math.nan
    return Difference(q - p, max(-1.0, centre - half), min(1.0, centre + half), int(runs), seed, gain)


def paired_events(
    first: NDArray[np.bool_], second: NDArray[np.bool_], seed: int, drawn: NDArray[Any] | None = None
) -> Difference:
    """Estimate how much more often something happens in the second of two worlds, from whether it did, run by run.

    Parameters
    ----------
    first, second
        One value a run, in the same order of runs.
    seed
        The seed of the runs.
    drawn
        Their numbers, where those of a world share what nobody knows: the interval is then one over worlds.

    Examples
    --------
    >>> paired_events(np.array([True, False, False]), np.array([True, True, False]), seed=1) == paired(1, 0, 1, 1, 1)
    True
    """
    both, only_first, only_second, neither = (
        int(np.count_nonzero(a & b)) for a in (first, ~first) for b in (second, ~second)
    )
    found = paired(both, only_first, only_second, neither, seed)
    if drawn is None or not len(drawn):
        return found
    each = worth_of_each(second.astype(float) - first, drawn)
    wider = paired(each * both, each * only_first, each * only_second, each * neither, seed)
    return replace(found, low=wider.low, high=wider.high)


def paired_means(first: NDArray[Any], second: NDArray[Any], seed: int, drawn: NDArray[Any] | None = None) -> Difference:
    """Estimate how much larger something is on average in the second of two worlds that share their luck.

    Parameters
    ----------
    first, second
        One value a run, in the same order of runs; in any unit, which is that of the result.
    seed, drawn
        As in :func:`paired_events`.

    Examples
    --------
    >>> print(paired_means(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.5]), seed=1))
    +1.17 (95 % interval +0.84 to +1.49, 3 pairs of runs, seed 1)
    """
    runs, apart = len(first), second - first
    if runs < 2:  # noqa: PLR2004, no spread can be seen
        return Difference(float(apart.mean()) if runs else math.nan, -math.inf, math.inf, runs, seed, math.nan, True)
    change, spread_of = float(apart.mean()), float(apart.var(ddof=1))
    half = Z95 * math.sqrt(spread_of / runs / (1.0 if drawn is None else worth_of_each(apart, drawn)))
    alone = float(first.var(ddof=1) + second.var(ddof=1))
    gain = alone / spread_of if spread_of > 0 else math.inf if alone > 0 else math.nan
    return Difference(change, change - half, change + half, runs, seed, gain, of_means=True)
