"""Sobol: scrambled Sobol' points in place of independent numbers, for the few draws that decide most.

Runs of a replicate take the points of one scrambled sequence, which fill the space evenly, so that their mean is known
better than that of as many independent runs. Replicates are scrambled independently of each other: an interval comes
from the spread between them, and from nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core import draws
from abm.core.draws import joined
from abm.core.records import DECISIVE, Records
from abm.population.layout import Population

Sampling = Literal["random", "sobol"]

#: Independent sequences: enough to see their spread, few enough for each to become long.
REPLICATES = 20
#: Runs that share a world: run r is one of world r // RUNS_OF_A_WORLD, whoever simulates it.
RUNS_OF_A_WORLD = 100
#: Worlds that are drawn together, in the same replicate.
WORLDS_OF_A_PAIR = 2
RUNS_OF_A_PAIR = RUNS_OF_A_WORLD * WORLDS_OF_A_PAIR

#: Purposes of draws that belong to an investor.
OF_INVESTORS = (draws.SIGNING, draws.PRIVATE_SIGNAL, draws.PRIOR_DEVIATION)

_COORDINATES = 32  # of a point: as many draws can take one
_INVESTORS = 6  # with the most money, whose draws take one
_AT_ONCE = 1024  # points made together: a power of two, as such a set is the most even
_RUNS, _WORLDS = 1, 2  # what the sequences of a seed are for


class Points(NamedTuple):
    """Coordinates of some runs.

    Attributes
    ----------
    decisive
        ``records.DECISIVE[D]``: which draw takes which coordinate.
    u
        float64[R, coordinates], strictly between 0 and 1 [-].
    """

    decisive: Records
    u: NDArray[np.float64]

    def coordinate_of(self, purpose: int) -> NDArray[np.float64] | None:
        """Coordinates, a run each, that the first draw of a purpose takes; None where it takes none."""
        places = np.flatnonzero(self.decisive["purpose"] == purpose)
        return self.u[:, self.decisive["coordinate"][places[0]]] if len(places) else None

    def of_run(self, place: int) -> dict[tuple[int, int], float]:
        """Coordinate of each decisive draw of one of the runs, by its purpose and whose it is."""
        return {(int(p), int(k)): float(self.u[place, c]) for p, k, c in self.decisive.tolist()}


def decisive_draws(population: Population) -> Records:
    """Draws that take a coordinate: what all share, consents, the true value, then investors with the most money.

    Members of pools take none, as it is their number that decides. Worlds of a scenario take those of its central
    population, so that a coordinate means the same in all.

    Returns
    -------
    Records
        ``records.DECISIVE[D]``; draws that are one and the same number have the same coordinate.

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> len(decisive_draws(prepare(abm.load_scenario("three-investors")))) > 0
    True
    """
    gates, traits, market = population.gate_params, population.traits, population.market
    found: list[tuple[int, int, tuple[str, int]]] = []
    found += [(draws.FRAILTY, 0, ("shared", 0))] if market.frailty_variance > 0.0 else []
    found += [(draws.CONSENT, g, ("consent", g)) for g in range(len(gates))]
    found += [(draws.BLOCK, g, ("block", g)) for g in range(len(gates)) if gates[g].block_per_year > 0.0]
    found += [(draws.TRUE_VALUE, 0, ("value", 0))] if market.sd_log > 0.0 else []
    named = [i for i in range(len(traits)) if not population.pool_distributions[i].pooled]
    ranked = sorted(named, key=lambda i: (-max(int(traits["max_ticket_musd"][i]), int(traits["stated_musd"][i])), i))
    for i in ranked[:_INVESTORS]:
        found += [(draws.SIGNING, k, ("signing", int(traits[i].luck))) for k in _alike(population, i)]
        if traits[i].behavioural:
            found += [(draws.PRIVATE_SIGNAL, i, ("signal", i)), (draws.PRIOR_DEVIATION, i, ("prior", i))]
    places = {key: k for k, key in enumerate(dict.fromkeys(key for *_, key in found))}
    rows = [(purpose, place, places[key]) for purpose, place, key in found if places[key] < _COORDINATES]
    return np.array(list(dict.fromkeys(rows)), DECISIVE).view(np.recarray)


def _alike(population: Population, place: int) -> list[int]:
    """Everybody whose signature hangs on the same luck."""
    luck = population.traits.luck
    return [k for k in range(len(luck)) if luck[k] == luck[place]]


def points_of_runs(decisive: Records, seed: int, runs: range) -> Points:
    """Coordinates of consecutive runs, for draws of :func:`decisive_draws`.

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> points = points_of_runs(decisive_draws(prepare(abm.load_scenario("three-investors"))), 1, range(100))
    >>> points.u.shape, bool(0.2 < points.u[:, 0].mean() < 0.8)
    ((100, 32), True)
    """
    numbers = np.arange(runs.start, runs.stop)
    pair, within = np.divmod(numbers, RUNS_OF_A_PAIR)
    return Points(
        decisive,
        _coordinates(seed, _RUNS, pair % REPLICATES, pair // REPLICATES * RUNS_OF_A_PAIR + within, _COORDINATES),
    )


def point_of_world(seed: int, world: int, numbers: int) -> NDArray[np.float64]:
    """Coordinates of a world, one for each number that nobody knows.

    Examples
    --------
    >>> point_of_world(1, 7, 3).shape
    (3,)
    """
    pair, mirrored = divmod(world, WORLDS_OF_A_PAIR)
    u: NDArray[np.float64]
    u = _coordinates(seed, _WORLDS, np.array([pair % REPLICATES]), np.array([pair // REPLICATES]), numbers)[0]
    return 1.0 - u if mirrored else u


def _coordinates(
    seed: int, use: int, replicates: NDArray[np.int64], indices: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Points of a sequence each, by their index in it."""
    found = np.empty((len(indices), count))
    keys = np.stack([replicates, indices // _AT_ONCE], axis=1)
    for replicate, part in np.unique(keys, axis=0).tolist():
        here = (keys == (replicate, part)).all(axis=1)
        found[here] = _part(seed, use, replicate, part, count)[indices[here] % _AT_ONCE]
    return found


@lru_cache(256)
def _part(seed: int, use: int, replicate: int, part: int, count: int) -> NDArray[np.float64]:
    """Some points of a sequence that follow each other."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(count, scramble=True, rng=joined(joined(seed, use), replicate))
    if part:
        sequence.fast_forward(part * _AT_ONCE)
    u: NDArray[np.float64] = sequence.random(_AT_ONCE) + 2.0**-31  # never 0
    return u
