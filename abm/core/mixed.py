"""Mixed luck: draws of one company that partly are those of another, so that moods and shocks go together.

Companies of a market have keys of their own. What moves all of them is mixed by the Cholesky factor of equal
correlations: the first company keeps its own draws, the second takes a part of the first's, and so on. So a company
more at the end changes nobody else's luck, at no correlation everybody has his own, and at 1 all have the first's.
"""

from __future__ import annotations

import math

from abm.core import draws
from abm.core.jit import lean, rule
from abm.core.records import Floats, Integers

_LARGEST = 1.0 - 2.0**-53  # below 1


@rule
def blended(total: float, weight: float, z: float) -> float:
    """Add a part of one normal to a mixture.

    Examples
    --------
    >>> blended(0.5, 0.25, 2.0)
    1.0
    """
    return total + weight * z


@lean
def normal(seeds: Integers, weights: Floats, seed: int, run: int, step: int, purpose: int, sub: int) -> float:
    """Return the standard normal of an address, mixed over keys; of its own key, where there is nothing to mix.

    Parameters
    ----------
    seeds, weights
        int64[K] and float64[K]: keys of the draws, and their weights, whose squares add up to 1; K may be 0 [-].
    seed, run, step, purpose, sub
        As in :func:`abm.core.draws.normal`; the agent is 0 [-].

    Examples
    --------
    >>> import numpy as np
    >>> one, half = np.array([7, 8]), np.array([0.6, 0.8])
    >>> mixed = normal(one, half, 8, 0, 3, draws.SENTIMENT, 0)
    >>> first, own = (draws.normal(key, 0, 0, 3, draws.SENTIMENT, 0) for key in (7, 8))
    >>> mixed == 0.6 * first + 0.8 * own
    True
    """
    if seeds.shape[0] == 0:
        return draws.normal(seed, run, 0, step, purpose, sub)
    total = 0.0
    for k in range(seeds.shape[0]):
        total = blended(total, weights[k], draws.normal(seeds[k], run, 0, step, purpose, sub))
    return total


@lean
def uniform(seeds: Integers, weights: Floats, seed: int, run: int, step: int, purpose: int, sub: int) -> float:
    """Return the uniform of an address, mixed over keys through normals (a Gaussian copula).

    Parameters
    ----------
    seeds, weights, seed, run, step, purpose, sub
        As in :func:`normal` [-].

    Examples
    --------
    >>> import numpy as np
    >>> alone = uniform(np.array([7]), np.array([1.0]), 8, 0, 3, draws.REGIME, 0)
    >>> alone == draws.uniform(7, 0, 0, 3, draws.REGIME, 0)
    True
    """
    if seeds.shape[0] == 0:
        return draws.uniform(seed, run, 0, step, purpose, sub)
    if seeds.shape[0] == 1:  # to the last bit, which the way through normals would not keep
        return draws.uniform(seeds[0], run, 0, step, purpose, sub)
    return min(draws.normal_cdf(normal(seeds, weights, seed, run, step, purpose, sub)), _LARGEST)


def seed_of(seed: int, place: int) -> int:
    """Seed of the runs of the company at a place of a market; the first one has the market's own.

    Parameters
    ----------
    seed
        Of the market, 0 to 2**32 - 1.
    place
        Of the company in its market, from 0 on [-].

    Examples
    --------
    >>> seed_of(1, 0), seed_of(1, 1) != seed_of(1, 2)
    (1, True)
    """
    return math.floor(draws.uniform(seed, place, 0, 0, draws.COMPANY, 0) * 2**32) if place else seed


def weights_of(place: int, correlation: float) -> list[float]:
    """Weights of the companies' draws, from the first to this one, in what moves the company at a place.

    The row of the Cholesky factor of a matrix that has the correlation everywhere but on its diagonal.

    Parameters
    ----------
    place
        Of the company in its market, from 0 on [-].
    correlation
        Of any two companies, 0 to 1 [-].

    Returns
    -------
    list of float
        ``place + 1`` weights whose squares add up to 1 [-].

    Examples
    --------
    >>> weights_of(0, 0.6), weights_of(1, 0.6), weights_of(2, 0.0), weights_of(2, 1.0)
    ([1.0], [0.6, 0.8], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    >>> [round(weight, 4) for weight in weights_of(2, 0.5)]
    [0.5, 0.2887, 0.8165]
    """
    rows: list[list[float]] = []
    for j in range(place + 1):
        row: list[float] = []
        for k in range(j):
            rest = correlation - math.fsum(a * b for a, b in zip(row, rows[k], strict=False))
            row.append(rest / rows[k][k] if rows[k][k] > 0.0 else 0.0)
        row.append(math.sqrt(max(0.0, 1.0 - math.fsum(weight * weight for weight in row))))
        rows.append(row)
    return rows[place]
