"""Splitting: how probable a rare event is, from particles that are selected and played on (Brehier et al. 2016).

Nothing here knows what is simulated. A particle is a *lineage*: weeks and numbers of the luck that holds from these
weeks on. Whoever simulates replays lineages and returns how far each had come in every week; a clone is its parent's
lineage with fresh luck from one week on. Lineages must be reproducible, and luck of a fresh number must be independent
of all luck before: then the estimator is unbiased, for any score, any number of particles, and with any ties.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Lineage = tuple[tuple[int, int], ...]

#: Replays lineages: float[P, T], the score of each at the end of weeks 1 to T, infinite once the event has happened.
Play = Callable[[Sequence[Lineage]], NDArray[np.float64]]


@dataclass(frozen=True)
class Repetition:
    """One run of the algorithm.

    Attributes
    ----------
    p
        The estimate [-], unbiased: 0 or far too small in many repetitions, too large in a few where particles are few.
    by_week
        float64[T], the estimate that the event has happened by the end of weeks 1 to T [-], unbiased as well.
    levels, kept
        What was to be exceeded step by step, and the share of particles that did [-].
    played
        Lineages played, the first particles among them [-].
    lineages
        Of the particles in which the event happened in the end.
    stopped
        Whether it ended because ``most`` were played.
    """

    p: float
    by_week: NDArray[np.float64]
    levels: tuple[float, ...]
    kept: tuple[float, ...]
    played: int
    lineages: tuple[Lineage, ...]
    stopped: bool

    @property
    def first_runs(self) -> int:
        """How many different first runs the particles come from in which the event happened."""
        return len({lineage[0][1] for lineage in self.lineages})


def run_of(lineage: Lineage, week: int) -> int:
    """Whose luck holds in a week: of the last run that starts by then.

    Parameters
    ----------
    lineage
        Weeks and runs.
    week
        Counted from 1 [-].

    Examples
    --------
    >>> [run_of(((1, 7), (5, 8)), week) for week in (1, 4, 5, 9)]
    [7, 7, 8, 8]
    """
    return next(run for start, run in reversed(lineage) if start <= week)


def branch(parent: Lineage, week: int, run: int) -> Lineage:
    """Return a lineage that shares its parent's luck before a week, and has another from there on.

    Parameters
    ----------
    parent
        Weeks and runs.
    week, run
        From when on, counted from 1, and whose luck [-].

    Examples
    --------
    >>> branch(((1, 7), (5, 8), (9, 11)), 6, 20)
    ((1, 7), (5, 8), (6, 20))
    """
    return (*(part for part in parent if part[0] < week), (week, run))


def split(
    play: Play,
    particles: int,
    chance: np.random.Generator,
    *,
    share: float = 0.1,
    first_run: int = 0,
    most: int | None = None,
) -> Repetition:
    r"""Estimate the probability of a rare event by adaptive multilevel splitting in discrete time.

    Until at least a share of the particles have come to the event: take the level that just this share does not exceed,
    kill all :math:`K_q` particles that do not exceed it, and put in the place of each a clone of a survivor, drawn
    uniformly, that shares its luck up to the first week above the level. Where nobody survives, the estimate is 0.

    .. math:: \hat p = \prod_q \left(1 - \frac{K_q}{N}\right) \cdot \frac{1}{N} \sum_n 1\{\text{event in } n\}

    Parameters
    ----------
    play
        Replays lineages; must give equal answers to equal lineages.
    particles
        N, at least 2 [-].
    chance
        Draws the parents; the luck of the particles is not its concern.
    share
        Share of the particles to kill at a level, more where there are ties [-].
    first_run
        Number of the first particle's luck; the others and the clones take those that follow [-].
    most
        Play at most about so many lineages [-]. What is left of the event by then counts, so it is still unbiased.

    Raises
    ------
    ValueError
        Where the settings make no sense, or ``play`` does not repeat itself.

    References
    ----------
    Brehier, C.-E., Gazeau, M., Goudenege, L., Lelievre, T. & Rousset, M. (2016). Unbiasedness of some generalized
    adaptive multilevel splitting algorithms. Annals of Applied Probability 26(6), 3559-3601. doi:10.1214/16-AAP1185

    Examples
    --------
    >>> def heads(lineage, week):  # a coin a week; the event: heads in each of 10 weeks
    ...     return np.random.default_rng((run_of(lineage, week), week)).random() < 0.5
    >>> def play(lineages):
    ...     won = np.array([[heads(lineage, week) for week in range(1, 11)] for lineage in lineages]).cumsum(axis=1)
    ...     return np.where(won == 10, np.inf, won)
    >>> found = split(play, 100, np.random.default_rng(1))
    >>> round(found.p, 5), round(0.5**10, 5)
    (0.00138, 0.00098)
    """
    if particles < 2 or not 0.0 < share < 1.0:  # noqa: PLR2004
        raise ValueError(f"expected at least 2 particles and a share between 0 and 1, got {particles} and {share}")
    lineages: list[Lineage] = [((1, first_run + n),) for n in range(particles)]
    highest = _records(play(lineages))
    weight, played, levels, kept = 1.0, particles, list[float](), list[float]()
    rank = math.ceil(share * particles) - 1
    while (level := np.partition(highest[:, -1], rank)[rank]) < math.inf and played < (most or math.inf):
        killed, alive = np.flatnonzero(highest[:, -1] <= level), np.flatnonzero(highest[:, -1] > level)
        levels.append(float(level))
        kept.append(len(alive) / particles)
        weight *= kept[-1]
        if not len(alive):
            break
        parents = alive[chance.integers(len(alive), size=len(killed))]
        weeks = np.argmax(highest[parents] > level, axis=1) + 2  # luck is fresh from the week after
        for n, (index, parent, week) in enumerate(zip(killed, parents, weeks, strict=True)):
            lineages[index] = branch(lineages[parent], int(week), first_run + played + n)
        highest[killed] = _records(play([lineages[index] for index in killed]))
        played += len(killed)
        if highest[killed, -1].min() <= level:
            raise ValueError(f"expected a clone to exceed {level} as its parent did, got one that does not")
    there = np.isinf(highest) & (highest > 0.0)
    return Repetition(
        weight * float(there[:, -1].mean()),
        weight * there.mean(axis=0),
        tuple(levels),
        tuple(kept),
        played,
        tuple(lineages[n] for n in np.flatnonzero(there[:, -1])) if weight else (),
        bool(weight and level < math.inf),
    )


def _records(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest score so far, week by week."""
    return np.maximum.accumulate(scores, axis=1)
