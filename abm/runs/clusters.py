"""Clusters: the runs of a world stand or fall together, so that an estimate over worlds counts worlds, not runs."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core.solved import kept
from abm.population.sobol import REPLICATES, RUNS_OF_A_PAIR, RUNS_OF_A_WORLD, WORLDS_OF_A_PAIR
from abm.runs.estimates import Z95, Estimate, Interval, estimate, normal_interval, wilson
from abm.runs.layers import Layers, layers_of

Counts = NDArray[np.int64]

#: Pairs of worlds are counted in so many groups, each pair in one of them: the same memory for any number of runs.
#: A group is of one replicate of points, as they are so many times as many.
GROUPS = 5 * REPLICATES


class Kinship(NamedTuple):
    """How runs hang together: whether those of a world share what nobody knows, and those of a replicate its points."""

    worlds: bool = False
    points: bool = False

    @property
    def grouped(self) -> bool:
        """Whether runs are independent between groups only."""
        return self.worlds or self.points


def groups_of(runs: NDArray[Any]) -> Counts:
    """Group of each run, by its number: worlds of a pair are drawn together, and different pairs independently.

    Examples
    --------
    >>> groups_of(np.array([0, 199, 200, 20_000])).tolist()
    [0, 0, 1, 0]
    """
    found: Counts = np.asarray(runs, np.int64) // RUNS_OF_A_PAIR % GROUPS
    return found


def number_of_worlds(runs: NDArray[Any]) -> int:
    """Worlds of some runs, by their numbers [-].

    Examples
    --------
    >>> number_of_worlds(np.array([0, 99, 100, 700]))
    3
    """
    return len(np.unique(np.asarray(runs) // RUNS_OF_A_WORLD))


def counted(groups: Counts, flags: NDArray[np.bool_]) -> Counts:
    """How many of some runs each group has, int64[GROUPS].

    Examples
    --------
    >>> counted(np.array([0, 0, 2]), np.array([True, False, True]))[:3].tolist()
    [1, 0, 1]
    """
    return np.bincount(groups[flags], minlength=GROUPS)


def by_day(days: NDArray[np.float64], groups: Counts) -> tuple[NDArray[np.float64], Counts]:
    """Days that came, each once, and in how many runs of each group; runs without a day do not count.

    Examples
    --------
    >>> days, counts = by_day(np.array([7.0, 14.0, np.nan, 7.0]), np.array([0, 0, 0, 1]))
    >>> days.tolist(), counts[:, :2].tolist()
    ([7.0, 14.0], [[1, 1], [1, 0]])
    """
    known = np.isfinite(days)
    found, places = np.unique(days[known], return_inverse=True)
    counts = np.bincount(places * GROUPS + groups[known], minlength=len(found) * GROUPS)
    return found, counts.reshape(len(found), GROUPS)


def by_world(runs: NDArray[Any], truth: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """Worlds of some runs, each once, and in how many runs of each an event came, and was known.

    Examples
    --------
    >>> worlds, counts = by_world(np.array([0, 1, 100]), np.array([True, False, False]), np.array([True, True, False]))
    >>> worlds.tolist(), counts.tolist()
    ([0, 1], [[1, 2], [0, 0]])
    """
    worlds, places = np.unique(np.asarray(runs, np.int64) // RUNS_OF_A_WORLD, return_inverse=True)
    columns = [np.bincount(places[flags], minlength=len(worlds)) for flags in (truth & known, known)]
    return worlds, np.stack(columns, axis=1).astype(np.int64)


def with_worlds(counts: Counts, first: int, more: Counts) -> Counts:
    """Add successes and runs of consecutive worlds, int64[worlds, 2], to those of the worlds from number 0 on.

    Examples
    --------
    >>> with_worlds(np.array([[3, 100], [1, 50]]), 1, np.array([[2, 50], [7, 100]])).tolist()
    [[3, 100], [3, 100], [7, 100]]
    """
    found = np.zeros((max(len(counts), first + len(more)), 2), np.int64)
    found[: len(counts)] += counts
    found[first : first + len(more)] += more
    return found


def estimate_of_worlds(counts: Counts, seed: int, kin: Kinship = Kinship(worlds=True)) -> Estimate:  # noqa: B008, never changed
    """Estimate a probability from the successes and runs of the worlds from number 0 on, int64[worlds, 2].

    Examples
    --------
    >>> print(estimate_of_worlds(np.array([[10, 100], [20, 100], [30, 100], [40, 100]]), seed=1))
    25.0% (95 % interval 4.56% to 69.9%, 4 worlds, 400 runs, seed 1)
    """
    groups = np.arange(len(counts)) // WORLDS_OF_A_PAIR % GROUPS
    successes, runs = (np.bincount(groups, counts[:, k], GROUPS).astype(np.int64) for k in (0, 1))
    return estimate_over_worlds(successes, runs, len(counts) if kin.worlds else 0, seed, kin.points)


def pair_means(counts: Counts) -> NDArray[np.float64]:
    """Shares of successes in the whole pairs of worlds from number 0 on, which are independent of each other.

    Examples
    --------
    >>> pair_means(np.array([[10, 100], [20, 100], [30, 100], [40, 60], [50, 100]])).tolist()
    [0.15]
    """
    whole = counts[: len(counts) // WORLDS_OF_A_PAIR * WORLDS_OF_A_PAIR].reshape(-1, WORLDS_OF_A_PAIR, 2)
    successes, runs = whole.sum(axis=1).T
    known = runs > 0
    known[-1:] &= runs[-1:] == RUNS_OF_A_PAIR  # the last pair may still grow
    found: NDArray[np.float64] = successes[known] / runs[known]
    return found


def layers_of_worlds(counts: Counts | None) -> Layers:
    """Tell how far a probability spreads over worlds, from the successes and runs of each, int64[worlds, 2].

    Worlds of few runs do not count.
    """
    successes, runs = np.zeros((2, 0)) if counts is None else counts.T.astype(float)
    enough = 2 * runs >= RUNS_OF_A_WORLD
    return layers_of(successes[enough] / runs[enough], runs[enough], drawn_together=True)


def estimate_over_worlds(successes: Counts, runs: Counts, worlds: int, seed: int, points: bool = False) -> Estimate:
    r"""Estimate a probability over runs of many worlds, with an interval for both: that of the runs and of the worlds.

    The Wilson interval of as many independent runs as these are worth, :math:`n^* = p(1-p)/v \cdot (z/t)^2`, where v is
    the variance of the mean between groups of pairs of worlds, and t the quantile of as many groups. A world is worth
    one run at least, and a run no more than a run. Where runs take points, groups are the replicates, and a run
    may well be worth more than an independent one.

    Parameters
    ----------
    successes, runs
        Counts of each group [-].
    worlds
        Worlds that they belong to [-]; 0 where none were drawn.
    seed
        The seed of the runs.
    points
        Whether runs of a replicate share a sequence of points.

    Returns
    -------
    Estimate
        With the number of worlds.

    References
    ----------
    Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24(2), 193-201.

    Examples
    --------
    >>> print(estimate_over_worlds(np.array([30, 70, 20, 60]), np.array([200, 200, 200, 200]), worlds=8, seed=1))
    22.5% (95 % interval 9.32% to 45.1%, 8 worlds, 800 runs, seed 1)
    """
    plain = estimate(int(successes.sum()), int(runs.sum()), seed)
    if not plain.runs or not (worlds or points):
        return plain
    if points:
        successes, runs = successes.reshape(-1, REPLICATES).sum(axis=0), runs.reshape(-1, REPLICATES).sum(axis=0)
    worth = worth_in_runs(successes, runs, worlds, points)
    replicates = int(np.count_nonzero(runs)) if points else 0
    return Estimate(plain.p, *wilson(plain.p * worth, worth), plain.runs, seed, min(worlds, plain.runs), replicates)


def estimate_of_runs(
    happened: NDArray[np.bool_],
    seed: int,
    drawn: NDArray[Any] | None = None,
    kin: Kinship = Kinship(worlds=True),  # noqa: B008, never changed
) -> Estimate:
    """Estimate a probability from whether something happened, run by run.

    Parameters
    ----------
    happened
        One value a run.
    seed
        The seed of the runs.
    drawn
        Their numbers, where runs hang together: the interval is then one over worlds, or replicates.
    kin
        How they do.

    Examples
    --------
    >>> happened = np.repeat([True, False, True, False], 100)
    >>> print(estimate_of_runs(happened, seed=1))
    50.0% (95 % interval 45.1% to 54.9%, 400 runs, seed 1)
    >>> estimate_of_runs(happened, seed=1, drawn=np.arange(400)).worlds
    4
    """
    if drawn is None:
        return estimate(int(np.count_nonzero(happened)), len(happened), seed)
    groups, worlds = groups_of(drawn), number_of_worlds(drawn) if kin.worlds else 0
    every = counted(groups, np.ones(len(happened), np.bool_))
    return estimate_over_worlds(counted(groups, happened), every, worlds, seed, kin.points)


def worth_of_each(values: NDArray[Any], runs: NDArray[Any]) -> float:
    """What a run of many worlds is worth for the mean of a number, against an independent run, above 0 and up to 1.

    Parameters
    ----------
    values
        One value a run, in any unit.
    runs
        Their numbers.

    Examples
    --------
    >>> worth_of_each(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 1, 200, 201]))
    0.5
    >>> round(worth_of_each(np.arange(40_000) % 7, np.arange(40_000)), 2)
    1.0
    """
    groups, least = groups_of(runs), number_of_worlds(runs) / max(len(runs), 1)
    sizes = np.bincount(groups, minlength=GROUPS)
    there, mean, variance = int(np.count_nonzero(sizes)), float(np.mean(values)), float(np.var(values))
    if there < 2 or variance == 0.0:  # noqa: PLR2004, no spread can be seen
        return least
    apart = np.bincount(groups, values, GROUPS) - mean * sizes
    clustered = there / (there - 1) * float(apart @ apart) / len(runs)
    wider = _wider(there)
    return 1.0 if clustered <= 0.0 else min(max(variance / clustered * wider * wider, least), 1.0)


def mean_interval(values: NDArray[np.float64], drawn: NDArray[Any] | None) -> Interval:
    """Mean of many runs with its 95 % interval; over worlds, where the numbers of their runs are given.

    Examples
    --------
    >>> [round(float(number), 3) for number in mean_interval(np.array([0.1, 0.2, 0.3]), None)]
    [0.2, 0.087, 0.313]
    """
    mean, low, high = normal_interval(values)
    wider = 1.0 if drawn is None or len(values) < 2 else 1.0 / math.sqrt(worth_of_each(values, drawn))  # noqa: PLR2004
    return mean, mean - wider * (mean - low), mean + wider * (high - mean)


def worth_in_runs(successes: Counts, runs: Counts, worlds: int, points: bool = False) -> float:
    """How many independent runs would tell as much as these [-]; see :func:`estimate_over_worlds`."""
    total, there = float(runs.sum()), int(np.count_nonzero(runs))
    p, least = float(successes.sum()) / total, float(min(worlds, total)) if worlds else total
    if there < 2 or not 0.0 < p < 1.0:  # noqa: PLR2004, no spread can be seen
        return least
    variance = there / (there - 1) * float(np.sum((successes - p * runs) ** 2)) / total**2
    if variance <= 0.0:
        return total
    worth = p * (1.0 - p) / variance * _wider(there) ** 2
    return max(worth, 1.0) if points else min(max(worth, least), total)


def _wider(groups: int) -> float:
    """How much wider an interval is, as the spread between groups is known from few of them [-]."""
    return Z95 / float(_student()[groups - 2])


@cache
def _student() -> NDArray[np.float64]:
    """Quantiles of Student's t at 97.5 %, for one degree of freedom and more."""

    def solve() -> NDArray[np.float64]:
        from scipy.special import stdtrit

        return np.asarray(stdtrit(np.arange(1.0, GROUPS), 0.975))

    return kept("student", (GROUPS,), solve)
