"""Levels: how close a run has come to an event that is rare, week by week."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.analysis.rare.splitting import Play
from abm.core.schedule import DAYS, YEARS
from abm.ensemble.lineages import WATCHED, Lineage, Lineages
from abm.population.layout import Population

_CALM = 0.001  # noise to reckon with where there is none [USD billion in a year]

Floats = NDArray[np.float64]
Paths = dict[str, NDArray[Any]]  # whole USD million, or rates

#: Events, and in which weeks they have happened: from money committed, paid, cash ... [USD million], runs by weeks.
EVENTS: dict[str, Callable[[Paths, Population], NDArray[np.bool_]]] = {
    "default": lambda paths, _: paths["cash"] < 0.0,
    "closed": lambda paths, population: paths["paid"] >= float(population.round.full_musd),
}


@dataclass(frozen=True)
class Level:
    """A way to tell how close a run is to an event; the better it tells, the narrower the interval, never its place.

    Attributes
    ----------
    event
        A key of :data:`EVENTS`.
    words, unit
        What is measured, and in what.
    score
        Of paths and population: float64[P, weeks], higher is closer.
    """

    event: str
    words: str
    unit: str
    score: Callable[[Paths, Population], Floats]


def cash(paths: Paths, population: Population) -> Floats:
    """Cash, less is closer to a default [-USD million]."""
    return -paths["cash"]


def runway(paths: Paths, population: Population) -> Floats:
    """Weeks that cash net of debts lasts at the outflow of the week, fewer are closer to a default [-weeks]."""
    return -_net(paths) / np.maximum(paths["outflow"], 1.0)


def shortfall(paths: Paths, population: Population) -> Floats:
    """Planned bills of the weeks still to come, less cash net of debts and money expected [USD million].

    Expected is what the market gives to those who have signed and not paid, while the round is open.
    """
    weeks = paths["cash"].shape[1]
    plan = population.plan[1 : weeks + 1]
    bills = plan["burn_musd"] + plan["firm_musd"] + plan["deferrable_musd"]
    for claim in population.claims:
        if 0.0 < claim["day"] <= DAYS * weeks:
            bills[math.ceil(claim["day"] / DAYS) - 1] += claim["musd"]
    to_come: Floats = np.cumsum(bills[::-1])[::-1] - bills
    return to_come - _net(paths) - paths["expected"]


def strain(paths: Paths, population: Population) -> Floats:
    """Shortfall, in spreads of what the noise of the burn can still add until the last week [-].

    The same shortfall is worse the less can still happen: were burn the only luck, default would have the chance
    Phi of this, looked at once in the end. It is the level that splits best where luck runs all the time.
    """
    weeks = paths["cash"].shape[1]
    calm = _CALM * population.units_per_bn
    a_week = max(1000.0 * float(population.firm.burn_volatility_bn), calm) * math.sqrt(YEARS)
    return shortfall(paths, population) / (a_week * np.sqrt(np.arange(weeks, 0, -1)))


def _net(paths: Paths) -> Floats:
    """Cash less what is owed to suppliers and on the bridge [USD million]; their limits nobody has seen."""
    return paths["cash"] - paths["debt"]


def book(paths: Paths, population: Population) -> Floats:
    """Share of the target that is signed or paid, more is closer to closing [-]."""
    return paths["committed"] / float(population.round.target_musd)


def paid(paths: Paths, population: Population) -> Floats:
    """Share of the target that is paid, more is closer to closing [-]."""
    return paths["paid"] / float(population.round.target_musd)


#: All levels by name.
LEVELS = {
    "strain": Level("default", "planned bills that cash will not cover, against noise still to come", "-", strain),
    "shortfall": Level("default", "planned bills that cash will not cover", "USD million", shortfall),
    "cash": Level("default", "cash left", "-USD million", cash),
    "runway": Level("default", "weeks that cash lasts", "-weeks", runway),
    "book": Level("closed", "share of the target signed or paid", "-", book),
    "paid": Level("closed", "share of the target paid", "-", paid),
}

#: The level to use where nobody names one.
USUAL = {"default": "strain", "closed": "book"}


def player(population: Population, seed: int, event: str, level: str, weeks: int) -> Play:
    """Return what plays lineages of a scenario and scores them, as :func:`abm.analysis.rare.splitting.split` wants it.

    Parameters
    ----------
    population
        The scenario's population.
    seed
        The seed of all luck [-].
    event, level
        Keys of :data:`EVENTS` and :data:`LEVELS`.
    weeks
        When to stop [weeks].

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> play = player(prepare(abm.load_scenario("three-investors")), 1, "closed", "paid", 25)
    >>> play([((1, 3),), ((1, 3), (20, 4))]).shape
    (2, 25)
    """
    engine, happened, score = Lineages(population), EVENTS[event], LEVELS[level].score

    def play(lineages: Sequence[Lineage]) -> Floats:
        paths = dict(zip(WATCHED, engine(seed, lineages, weeks).paths.transpose(1, 0, 2), strict=True))
        return np.where(happened(paths, population), np.inf, score(paths, population))

    return play
