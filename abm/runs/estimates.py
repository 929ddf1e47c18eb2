"""Estimates: probabilities with their intervals, and quantiles of counted values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.notebook import Printed
from abm.runs.digits import percent

Z95 = 1.959963984540054  # 97.5 % quantile of the standard normal
Interval = tuple[Any, Any, Any]  # a mean and its bounds, all numbers or all arrays
_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}


@dataclass(frozen=True, repr=False)
class Estimate(Printed):
    """A probability with its interval, the runs it rests on, their seed, their worlds, and replicates of points.

    No worlds at central numbers, and no replicates where all draws are independent.
    """

    p: float
    low: float
    high: float
    runs: int
    seed: int
    worlds: int = 0
    replicates: int = 0

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        p, low, high = map(percent, (self.p, self.low, self.high))
        worlds = f"{self.worlds:,} world{'s' if self.worlds > 1 else ''}, " if self.worlds else ""
        runs = f"{self.runs:,} runs" + (f" in {self.replicates} replicates" if self.replicates else "")
        return f"{p} (95 % interval {low} to {high}, {worlds}{runs}, seed {self.seed})"

    def _repr_html_(self) -> str:
        said, _, rest = str(self).partition(" ")
        return f"<b>{said}</b> {rest}"


def wilson(successes: float, runs: float) -> tuple[float, float]:
    """Bounds of the Wilson 95 % interval of a probability.

    Parameters
    ----------
    successes, runs
        Counts [-], also in parts where runs weigh unequally; ``runs`` may be 0, which says nothing.

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
    p, z2 = successes / runs, Z95 * Z95 / runs
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
    25.0% (95 % interval 4.56% to 69.9%, 4 runs, seed 1)
    """
    return Estimate(successes / runs if runs else math.nan, *wilson(int(successes), int(runs)), int(runs), seed)


def spread(values: NDArray[Any], counts: NDArray[np.int64], scale: int = 1) -> dict[str, float]:
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
    found = {"mean": float(values.astype(np.float64) @ counts) / total / scale}
    for name, q in _QUANTILES.items():
        rank = q * (total - 1)  # as numpy's quantile has it by default
        below = int(rank)
        low, high = (values[np.searchsorted(upto, min(k, total - 1), side="right")] for k in (below, below + 1))
        found[name] = float(low + (high - low) * (rank - below)) / scale
    return found


def normal_interval(values: NDArray[np.float64]) -> Interval:
    """Mean of many runs with its normal 95 % interval; without bounds where there is one run alone.

    Parameters
    ----------
    values
        float64[R] or float64[R, T], a run a row, in any unit.

    Returns
    -------
    mean, low, high
        Each a number, or float64[T].

    Examples
    --------
    >>> [round(float(number), 3) for number in normal_interval(np.array([0.1, 0.2, 0.3]))]
    [0.2, 0.087, 0.313]
    """
    runs, mean = len(values), values.mean(axis=0)
    half = Z95 * values.std(axis=0, ddof=1) / np.sqrt(runs) if runs > 1 else np.full(mean.shape, np.inf)
    return mean, mean - half, mean + half


def student_interval(values: NDArray[np.float64]) -> Interval:
    """Mean of a few independent repetitions with its 95 % t-interval.

    Parameters
    ----------
    values
        float64[R] or float64[R, T], at least two repetitions, in any unit.

    Returns
    -------
    mean, low, high
        Each a number, or float64[T].

    Examples
    --------
    >>> [round(float(number), 3) for number in student_interval(np.array([0.1, 0.2, 0.3]))]
    [0.2, -0.048, 0.448]
    """
    from scipy.special import stdtrit

    repetitions, mean = len(values), values.mean(axis=0)
    half = stdtrit(repetitions - 1, 0.975) * values.std(axis=0, ddof=1) / math.sqrt(repetitions)
    return mean, mean - half, mean + half


def bootstrap_interval(resamples: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of a number by what resamples of it say: its 2.5 and 97.5 % quantiles.

    Examples
    --------
    >>> bootstrap_interval(np.arange(201.0))
    (5.0, 195.0)
    """
    low, high = np.percentile(resamples, (2.5, 97.5))
    return float(low), float(high)


def quantile_ranks(runs: int, shares: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks of the ordered values between which each quantile lies in 95 % of all samples or more, whatever the law.

    The number of values below a quantile is binomial; each side misses it in 2.5 % of all samples at most.

    Parameters
    ----------
    runs
        How many values there are [-].
    shares
        The quantiles, between 0 and 1 [-].

    Returns
    -------
    low, high
        From 0 (below all values) to ``runs`` + 1 (above all values) [-].

    References
    ----------
    David, H. A. & Nagaraja, H. N. (2003). Order statistics. 3rd edition, Wiley, section 7.1. doi:10.1002/0471722162

    Examples
    --------
    >>> low, high = quantile_ranks(60, np.array([0.5]))
    >>> low.tolist(), high.tolist()
    ([22], [39])
    """
    from scipy.stats import binom

    low, high = binom.ppf(0.025, runs, shares), binom.ppf(1 - 0.025, runs, shares) + 1
    return np.asarray(low, np.int64), np.asarray(high, np.int64)


def evidence_against(successes: int, runs: int, p: float) -> float:
    r"""Log evidence of the runs so far against a probability, whenever one looks [-].

    .. math:: \log \frac{B(1 + k, 1 + n - k)}{p^k (1 - p)^{n - k}}

    The ratio is a martingale under p that starts at 1, so it ever exceeds 1/a with probability a at most (Ville): one
    may look after every run and stop when one likes.

    Parameters
    ----------
    successes, runs
        Counts k and n [-].
    p
        The probability in question [-].

    Returns
    -------
    float
        Log evidence [-]; infinite where p cannot have led to these runs.

    References
    ----------
    Robbins, H. (1970). Statistical methods related to the law of the iterated logarithm. Annals of Mathematical
    Statistics 41(5), 1397-1409. doi:10.1214/aoms/1177696786

    Examples
    --------
    >>> evidence_against(0, 0, 0.5), round(evidence_against(10, 10, 0.5), 6), evidence_against(1, 2, 0.0)
    (0.0, 4.533577, inf)
    """
    failures = runs - successes
    if (p <= 0.0 and successes) or (p >= 1.0 and failures):
        return math.inf
    mixture = math.lgamma(successes + 1) + math.lgamma(failures + 1) - math.lgamma(runs + 2)
    return mixture - (successes * math.log(p) if successes else 0.0) - (failures * math.log1p(-p) if failures else 0.0)


def confidence_sequence(successes: int, runs: int, error: float = 0.05) -> tuple[float, float]:
    """Bounds that hold at all looks together with probability 1 - ``error``: one may stop when one likes.

    Parameters
    ----------
    successes, runs
        Counts [-].
    error
        Chance of ever being wrong [-].

    Returns
    -------
    low, high
        Bounds [-]: the probabilities that the evidence does not exclude (:func:`evidence_against`).

    Examples
    --------
    >>> low, high = confidence_sequence(4_213, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.4024, 0.4404)
    """
    if runs == 0:
        return 0.0, 1.0
    from scipy.optimize import brentq

    limit, p = -math.log(error), successes / runs

    def beyond(q: float) -> float:
        return min(evidence_against(successes, runs, q), 1e9) - limit  # a search for a root cannot take infinity

    low = brentq(beyond, 0.0, p, xtol=1e-16) if successes else 0.0
    high = brentq(beyond, p, 1.0, xtol=1e-16) if successes < runs else 1.0
    return float(low), float(high)


def verdict(successes: int, runs: int, threshold: float, error: float = 0.05) -> bool | None:
    """Whether a probability is above a threshold, or None while that is open; wrong with at most ``error``.

    Parameters
    ----------
    successes, runs
        Counts [-].
    threshold
        What the probability is compared with [-].
    error
        Chance of ever giving the wrong answer, however often one looks [-].

    Examples
    --------
    >>> verdict(60, 100, 0.5), verdict(70, 100, 0.5), verdict(3, 100, 0.5)
    (None, True, False)
    """
    if evidence_against(successes, runs, threshold) < -math.log(error):
        return None
    return successes > threshold * runs
