"""Bets: whether the mean of numbers from 0 to 1 lies above a threshold, whenever one looks, and where it lies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Means = NDArray[np.float64]

_MOST = 0.75  # of the capital that a bet may lose
_EDGE = 1e-9  # from 0 and 1, where a bet knows no bound


def capital_against(values: Means, mean: float, error: float = 0.05) -> float:
    r"""Log capital of somebody who bets that independent numbers from 0 to 1 have another mean [-].

    Half of it bets that the mean is higher, half that it is lower:

    .. math:: \tfrac12 \prod_i (1 + \lambda_i (X_i - m)) \quad\text{and}\quad \tfrac12 \prod_i (1 - \lambda_i (X_i - m))

    A stake is known before its number, :math:`\lambda_i = \sqrt{2 \log(2/a) / (\hat\sigma^2_{i-1} i \log(1 + i))}`, and
    cut so that a bet loses three quarters at most. If m is the mean, the capital is a martingale that starts at 1 and
    ever exceeds 1/a with probability a at most (Ville): one may look after every number and stop when one likes. What
    the numbers spread little in is decided by few of them, unlike with counts.

    Parameters
    ----------
    values
        Numbers from 0 to 1 in the order in which they came, float64[n].
    mean
        The mean in question [-].
    error
        Chance a of ever being wrong, for which the stakes are chosen [-].

    Returns
    -------
    float
        Log of the larger half.

    References
    ----------
    Waudby-Smith, I. & Ramdas, A. (2024). Estimating means of bounded random variables by betting. Journal of the Royal
    Statistical Society B 86(1), 1-27. doi:10.1093/jrsssb/qkad009

    Examples
    --------
    >>> calm = np.tile([0.34, 0.38], 20)
    >>> round(capital_against(calm, 0.5), 2), round(capital_against(calm, 0.36), 2)
    (6.92, -0.7)
    """
    return max(_halves(values, min(max(mean, _EDGE), 1.0 - _EDGE), error))


def mean_verdict(values: Means, threshold: float, error: float = 0.05) -> bool | None:
    """Whether the mean of independent numbers is above a threshold, or None while that is open.

    Wrong with ``error`` at most, however often one looks.

    Examples
    --------
    >>> calm = np.tile([0.34, 0.38], 20)
    >>> mean_verdict(calm, 0.5), mean_verdict(calm, 0.35), mean_verdict(calm, 0.2)
    (False, None, True)
    """
    higher, lower = _halves(values, threshold, error)
    return None if max(higher, lower) < -math.log(error) else higher > lower


def mean_sequence(values: Means, error: float = 0.05) -> tuple[float, float]:
    """Bounds of a mean that hold at all looks together with probability 1 - ``error``: one may stop when one likes.

    Examples
    --------
    >>> [round(bound, 2) for bound in mean_sequence(np.tile([0.34, 0.38], 20))]
    [0.32, 0.43]
    """
    if not len(values):
        return 0.0, 1.0
    from scipy.optimize import brentq

    def beyond(mean: float) -> float:
        return capital_against(values, mean, error) + math.log(error)

    inside = min(max(float(values.mean()), _EDGE), 1.0 - _EDGE)
    if beyond(inside) >= 0.0:  # the bets were on another mean than the one that came: nothing is said
        return 0.0, 1.0
    low = brentq(beyond, _EDGE, inside, xtol=1e-12) if beyond(_EDGE) > 0.0 else 0.0
    high = brentq(beyond, inside, 1.0 - _EDGE, xtol=1e-12) if beyond(1.0 - _EDGE) > 0.0 else 1.0
    return float(low), float(high)


def _halves(values: Means, mean: float, error: float) -> tuple[float, float]:
    """Log capital of the half that bets on a higher mean, and of the half that bets on a lower one [-]."""
    if not len(values):
        return -math.log(2.0), -math.log(2.0)
    count = np.arange(1, len(values) + 1)
    seen = (0.5 + np.cumsum(values)) / (count + 1)
    spread = (0.25 + np.cumsum((values - seen) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    stakes = np.sqrt(2.0 * math.log(2.0 / error) / (before * count * np.log1p(count)))
    higher = np.log1p(np.minimum(stakes, _MOST / mean) * (values - mean)).sum()
    lower = np.log1p(-np.minimum(stakes, _MOST / (1.0 - mean)) * (values - mean)).sum()
    return float(higher) - math.log(2.0), float(lower) - math.log(2.0)
