"""Bias table: the bias of an investor for any inclination at once, so that worlds need not solve for it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from abm.core.arithmetic import exp, log
from abm.core.records import Floats, Record
from abm.core.solved import kept
from abm.population.calibration import known_advantages, signing_chance, signing_chances
from abm.population.layout import Population
from abm.scenario.defaults import STRONGEST_BIAS

_STEPS = 48  # between the lowest and the highest bias of a table
_NARROWEST, _WIDEST = 0.4, 8.0  # steps of noise between two biases


class BiasTable(NamedTuple):
    """Biases of one investor, over what they make of his inclination.

    Between neighbours a cubic goes through the log odds of a signature against the largest chance that he could have:
    both ends of it are straight lines.
    """

    log_odds: Floats  #: ascending
    biases: Floats  #: descending
    slopes: Floats
    most: float  #: largest inclination that he could have [-]

    def bias(self, inclination: float) -> float:
        """Bias of an investor whose inclination it is, or NaN where he cannot have it [-]."""
        if inclination <= 0.0:
            return STRONGEST_BIAS
        if inclination >= self.most:
            return math.nan
        x, xs = log(inclination / (self.most - inclination)), self.log_odds
        k = min(max(int(np.searchsorted(xs, x)) - 1, 0), len(xs) - 2)
        width = xs[k + 1] - xs[k]
        t = (x - xs[k]) / width
        if not 0.0 <= t <= 1.0:
            end = k if t < 0.0 else k + 1
            bias = self.biases[end] + self.slopes[end] * (x - xs[end])
        else:
            chord = self.biases[k + 1] - self.biases[k]
            first, second = width * self.slopes[k] - chord, chord - width * self.slopes[k + 1]
            bias = self.biases[k] + t * chord + t * (1.0 - t) * ((1.0 - t) * first + t * second)
        return float(min(max(bias, -STRONGEST_BIAS), STRONGEST_BIAS))


def tabulated(traits: Record, zeta: Floats, days: Floats, low: float, high: float) -> BiasTable:
    """Tabulate the bias of an investor over a range of his inclination.

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record.
    zeta, days
        From :func:`abm.population.calibration.frozen_advantages`.
    low, high
        Ends of the range [-].
    """
    most = float(signing_chance(traits, -STRONGEST_BIAS, zeta, days))
    noise, wanted = float(traits.choice_noise), zeta[days > 0.0]
    middle = float(np.median(wanted)) if len(wanted) else 0.0
    chances, width = np.zeros(_STEPS + 1), _NARROWEST
    while True:
        biases: Floats = np.asarray(middle + width * noise * (np.arange(_STEPS + 1) - _STEPS / 2), np.float64)
        signing_chances(traits, float(biases[0]), exp(width), zeta, days, chances)
        if width >= _WIDEST or (chances[0] >= min(high, 0.999 * most) and chances[-1] <= max(low, 1e-9)):
            break
        width *= 1.5
    kept = (chances > 0.0) & (chances < most * (1.0 - 1e-12))
    chances, biases = chances[kept][::-1], biases[kept][::-1]
    if len(chances) < 2:  # noqa: PLR2004, nothing to go through: nobody can have an inclination
        return BiasTable(np.array([0.0, 1.0]), np.zeros(2), np.zeros(2), 0.0)
    log_odds = np.log(chances / (most - chances))
    return BiasTable(log_odds, biases, np.asarray(np.gradient(biases, log_odds), np.float64), most)


def table_for(world: Population, place: int, offers: bytes, low: float, high: float) -> BiasTable:
    """Tabulate the bias of the investor at a place of a world; ``offers`` are bytes of its frozen offers."""
    traits, deadline_day = world.traits[place].copy(), float(world.round.deadline_day)
    traits.sign_bias = 0.0  # as it was when the bias was solved for, so that what was found then is found again
    given = traits.tobytes(), world.market.tobytes(), offers, deadline_day

    def columns() -> Floats:
        table = tabulated(traits, *known_advantages(*given), low, high)
        return np.array([*table[:3], np.full(len(table.biases), table.most)])

    log_odds, biases, slopes, most = kept("bias table", (*given, low, high), columns)
    return BiasTable(log_odds, biases, slopes, float(most[0]))
