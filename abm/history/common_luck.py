"""Common luck: events of one round that are not independent, as one luck moves all of their hazards."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from typing import Any

Floats: TypeAlias = "NDArray[np.float64]"
_LEAST = 1e-300  # reach of a hazard, where no luck would have a logarithm
_TAIL = 25.0  # e-folds of the weight that are looked at: what is beyond is 1e-11 of the whole
_STEP, _STEP_OF_SD = 0.5, 0.6  # of the logarithm of luck; narrower where luck hardly varies


def luck_nodes(variance: float) -> tuple[Floats, Floats]:
    r"""Values of a luck of gamma law, mean 1, and their weights: the trapezoidal rule over its logarithm.

    Where luck varies much its density has no bound at 0, and rules for smooth densities are wrong there; over the
    logarithm everything is smooth and falls off at both ends, where the trapezoidal rule converges exponentially
    (Trefethen and Weideman 2014, SIAM Review 56(3), doi:10.1137/130932132).

    Parameters
    ----------
    variance
        v of the luck, above 0 [-].

    Examples
    --------
    >>> luck, weight = luck_nodes(4.0)
    >>> round(float(weight @ luck), 4), round(float(weight @ (luck - 1) ** 2), 4)
    (1.0, 4.0)
    """
    step = min(_STEP, _STEP_OF_SD * math.sqrt(variance))
    low = -max(_TAIL * variance, 12 * math.sqrt(variance))
    high = math.log1p(2 * _TAIL * variance + 12 * math.sqrt(variance))
    log_luck = np.arange(low, high + step, step)
    luck = np.exp(log_luck)
    log_weight = (log_luck - luck) / variance
    weight = np.exp(log_weight - log_weight.max())
    return luck, weight / weight.sum()


def hazards(chances: ArrayLike, variance: float) -> Floats:
    """Hazards that are crossed with these chances: :func:`abm.rules.gatekeepers.hazard_for_chance` of many.

    Examples
    --------
    >>> hazards([0.5, 0.75], 1.0).tolist()
    [1.0, 3.0]
    """
    missed = np.log1p(-np.asarray(chances, float))
    return np.asarray(-missed if variance == 0 else np.expm1(-variance * missed) / variance)


def chance_of_all(chances: Sequence[float], variance: float) -> float:
    r"""Exact chance that all events happen: :math:`\sum_S (-1)^{|S|} (1 + v \sum_{S} H)^{-1/v}` [-].

    Inclusion and exclusion over all subsets, for a handful of events; without variance, the product.

    Examples
    --------
    >>> chance_of_all([0.5, 0.5], 0.0), round(chance_of_all([0.5, 0.5], 1.0), 6)
    (0.25, 0.333333)
    """
    if variance == 0:
        return math.prod(chances)
    each = hazards(chances, variance).tolist()
    return math.fsum(
        (-1) ** size * (1 + variance * math.fsum(some)) ** (-1 / variance)
        for size in range(len(each) + 1)
        for some in itertools.combinations(each, size)
    )


def chances_of_all(needed: NDArray[Any], logits: Floats, variance: float) -> Floats:
    """Chance that all needed events happen, case by case.

    Parameters
    ----------
    needed
        Whether a case needs an event: [cases, events].
    logits
        Logit of the chance of each event alone.
    variance
        v of the luck that is common to a case [-].

    Examples
    --------
    >>> chances_of_all(np.array([[1, 1], [1, 0]]), np.zeros(2), 1.0).round(6).tolist()
    [0.333333, 0.5]
    """
    return _chances(np.asarray(needed, float), logits, variance)[0]


def chances_and_slopes(needed: NDArray[Any], logits: Floats, variance: float) -> tuple[Floats, Floats]:
    """As :func:`chances_of_all`, with the slope along the logit of each event: [cases], and [cases, events].

    Examples
    --------
    >>> chances_and_slopes(np.array([[1, 1], [1, 0]]), np.zeros(2), 1.0)[1].round(4).tolist()
    [[0.1389, 0.1389], [0.25, 0.0]]
    """
    needed = np.asarray(needed, float)
    whole, each, slopes = _chances(needed, logits, variance, slopes=True)
    return whole, (each @ slopes.T) * needed


def _chances(needed: Floats, logits: Floats, variance: float, slopes: bool = False) -> tuple[Floats, Floats, Floats]:
    """Chances; the same by value of luck, [cases, nodes]; slopes of the log of each event, [events, nodes]."""
    missed = -np.logaddexp(0, logits)  # log of 1 - p
    p = -np.expm1(missed)
    if variance == 0:
        whole = np.exp(needed @ np.log(p))
        return whole, whole[:, None], np.exp(missed)[:, None]
    luck, weight = luck_nodes(variance)
    reach = np.maximum(np.outer(hazards(p, variance), luck), _LEAST)
    fails = np.exp(-reach)
    happens = -np.expm1(-reach)
    each = np.exp(needed @ np.log(happens)) * weight
    steepness = np.exp(-variance * missed) * p  # of the hazard along the logit
    slope = steepness[:, None] * luck * fails / happens if slopes else luck
    return each.sum(axis=1), each, slope
