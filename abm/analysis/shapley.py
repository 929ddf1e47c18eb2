"""Shapley: how a result is shared among those who bring it about together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked

#: What a coalition is worth in each of R runs, in the same order of runs: float64[R] or bool[R].
Value = Callable[[frozenset[int]], NDArray[np.float64] | NDArray[np.bool_]]


@checked
def exact_shares(players: int, value: Value) -> NDArray[np.float64]:
    r"""Shapley value of every player in every run, from all coalitions.

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!}\,(v(S \cup i) - v(S))

    Parameters
    ----------
    players
        n [-].
    value
        What a coalition of places is worth, in each of R runs.

    Returns
    -------
    ndarray
        float64[R, n]; each row adds up to what all are worth in that run, less what nobody is.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II, 307-317. Princeton.

    Examples
    --------
    Two who are only worth something together:

    >>> exact_shares(2, lambda inside: np.array([float(len(inside) == 2)])).tolist()
    [[0.5, 0.5]]
    """
    worth = np.array([np.asarray(value(members(mask, players)), float) for mask in range(1 << players)])
    sizes = np.array([mask.bit_count() for mask in range(1 << players)])
    weights = np.array([1.0 / (players * math.comb(players - 1, size)) for size in range(players)])
    shares = np.zeros((worth.shape[1], players))
    masks = np.arange(1 << players)
    for i in range(players):
        without = masks[masks & (1 << i) == 0]
        shares[:, i] = weights[sizes[without]] @ (worth[without | (1 << i)] - worth[without])
    return shares


@checked
def members(mask: int, players: int) -> frozenset[int]:
    """Places of a coalition that is written as bits.

    Examples
    --------
    >>> sorted(members(0b101, 3))
    [0, 2]
    """
    return frozenset(i for i in range(players) if mask >> i & 1)


@checked
def sampled_shares(players: int, value: Value, order: Sequence[int]) -> NDArray[np.float64]:
    """Marginal contributions along an order of the players and along its reverse, on average over both and all runs.

    Parameters
    ----------
    players, value
        As in :func:`exact_shares`.
    order
        A permutation of the places.

    Returns
    -------
    ndarray
        float64[n]: an unbiased draw of the Shapley value if the order is random. The reverse takes much of the noise
        out, because who came early comes late.

    References
    ----------
    Castro, J., Gomez, D. & Tejada, J. (2009). Polynomial calculation of the Shapley value based on sampling. Computers
    & Operations Research 36(5), 1726-1730. Mitchell, R. et al. (2022). Sampling permutations for Shapley value
    estimation. JMLR 23(43).

    Examples
    --------
    >>> sampled_shares(2, lambda inside: np.array([float(len(inside) == 2)]), [0, 1]).tolist()
    [0.5, 0.5]
    """
    shares = np.zeros(players)
    for path in (list(order), list(order)[::-1]):
        inside: frozenset[int] = frozenset()
        before = float(np.mean(value(inside)))
        for player in path:
            inside = inside | {player}
            after = float(np.mean(value(inside)))
            shares[player] += (after - before) / 2
            before = after
    return shares


@checked
def shapley_shubik(weights: Sequence[int], quota: int) -> list[float]:
    """Power in a vote by weights: how often each is the one who brings a random order over the quota.

    Parameters
    ----------
    weights, quota
        Whole numbers [any unit].

    Returns
    -------
    list of float
        One share a player [-]; they add up to 1 if all together reach the quota, and are 0 otherwise.

    References
    ----------
    Shapley, L. S. & Shubik, M. (1954). A method for evaluating the distribution of power in a committee system.
    American Political Science Review 48(3), 787-792. Counting by generating functions: Mann & Shapley (1962), RAND
    RM-3158.

    Examples
    --------
    >>> [round(share, 6) for share in shapley_shubik([225, 28, 30, 20, 12, 15], 280)]
    [0.5, 0.15, 0.15, 0.066667, 0.066667, 0.066667]
    """
    n, unit = len(weights), math.gcd(quota, *weights) or 1
    heavy, wanted = [weight // unit for weight in weights], quota // unit
    if sum(heavy) < wanted or wanted <= 0:
        return [0.0] * n
    factors = np.array([1.0 / (n * math.comb(n - 1, size)) for size in range(n)])
    return [float(factors @ _pivots(heavy[:i] + heavy[i + 1 :], heavy[i], wanted)) for i in range(n)]


def _pivots(others: Sequence[int], own: int, quota: int) -> NDArray[np.float64]:
    """How many coalitions of others, by their size, one turns from below the quota to at least it."""
    ways = np.zeros((len(others) + 1, quota))
    ways[0, 0] = 1.0
    for size, weight in enumerate(others, start=1):
        for k in range(size, 0, -1):
            if weight < quota:
                ways[k, weight:] += ways[k - 1, : quota - weight]
    return np.asarray(ways[: len(others) + 1, max(0, quota - own) :].sum(axis=1))
