"""Planted truth: libraries drawn from known values, which a calibration has to give back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.history.common_luck import Floats
from abm.history.fitting import CENTRE, SPREAD, Question, fit, values_of
from abm.history.forecasting import DealTable, forecast
from abm.history.posterior import sample


@dataclass(frozen=True)
class Ranks:
    """Where the planted numbers lie among those that the calibration thinks possible: uniform where it is right.

    Attributes
    ----------
    ranks
        Share of the posterior below the truth: [libraries, numbers], in the order of the classes, then variance of
        luck and share kept.
    seed
        Of everything that was drawn.
    """

    ranks: Floats
    seed: int

    def p_value(self, bins: int = 10) -> float:
        """Chance of a histogram of all ranks at least so uneven, were they uniform (chi-square)."""
        from scipy.stats import chisquare

        return float(chisquare(np.histogram(self.ranks, bins, (0, 1))[0]).pvalue)


def planted_ranks(deals: DealTable, libraries: int, seed: int, draws: int = 500) -> Ranks:
    """Simulation-based calibration: draw values from the priors, endings of the deals from the values, and fit.

    Talts and others 2018, arXiv:1804.06788.

    Examples
    --------
    >>> from abm.history import library
    >>> from abm.history.translation import translate
    >>> deals = DealTable.of([translate(case) for case in list(library())[:20]])
    >>> planted_ranks(deals, 2, seed=1, draws=50).ranks.shape
    (2, 22)
    """
    ranks = []
    for number in range(libraries):
        chance = np.random.default_rng((seed, number))
        truth = CENTRE + SPREAD * chance.standard_normal(len(CENTRE))
        full = chance.random(len(deals)) < forecast(deals, values_of(truth)).full
        question = Question(deals, full)
        ranks.append(sample(fit(question), question, draws, (seed, number, 1)).ranks(truth))
    return Ranks(np.array(ranks), seed)
