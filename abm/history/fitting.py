"""Fitting: what cases with known ends say about the classes, as the most probable values and their spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from abm.history.common_luck import Floats, chances_and_slopes, chances_of_all
from abm.history.forecasting import ClassValues, DealTable, chance_kept
from abm.history.priors import CLASSES, KEPT, LOG_VARIANCE_SD, LOGIT_SD, PRIORS, VARIANCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LEAST, _NUDGE = 1e-12, 1e-5
_FLAT = 1e-7  # slope at which the highest point is found
_JEFFREYS = 0.5


def _logit(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def expit(logit: Floats) -> Floats:
    """Chances of log odds.

    Examples
    --------
    >>> expit(np.array([0.0])).tolist()
    [0.5]
    """
    return 1 / (1 + np.exp(-logit))


def spread_of(width: float) -> Floats:
    """Spread of all priors, of which those of chances have a width in log odds.

    Examples
    --------
    >>> spread_of(0.7)[[0, -2, -1]].tolist()
    [0.7, 1.0, 0.7]
    """
    return np.array([*[width] * len(CLASSES), LOG_VARIANCE_SD, width])


#: Centre and spread of the priors: logits of the classes, log variance of luck, logit of the mean share kept.
CENTRE = np.array([*(_logit(prior.chance) for prior in PRIORS.values()), np.log(VARIANCE), _logit(KEPT.chance)])
SPREAD = spread_of(LOGIT_SD)


@dataclass(frozen=True)
class Question:
    """What is fitted: deals, whether each closed in full, and what is held fixed.

    Attributes
    ----------
    luck
        False: events are independent, the variance of luck is nought.
    libraries
        Number of the library of each case; given, each has a nuisance intercept that no forecast uses.
    width
        Spread of the priors of chances, in log odds.
    """

    deals: DealTable
    full: NDArray[np.bool_]
    luck: bool = True
    libraries: NDArray[np.int64] | None = None
    width: float = LOGIT_SD

    @property
    def intercepts(self) -> int:
        """How many libraries there are with an intercept of their own."""
        return 0 if self.libraries is None else int(self.libraries.max(initial=-1)) + 1

    def prior(self) -> tuple[Floats, Floats]:
        """Centre and spread of all priors; those of intercepts come last."""
        extra = self.intercepts
        return np.append(CENTRE, np.zeros(extra)), np.append(spread_of(self.width), np.ones(extra))


@dataclass(frozen=True)
class Fitted:
    """Most probable numbers, and their covariance: a normal law by the expected information there (Laplace).

    Attributes
    ----------
    mode, covariance
        On the scale of the priors: logits, log variance of luck, logit of the mean share kept, intercepts.
    prior_sd
        Of the same numbers before the cases.
    part
        Counted pair: rounds that are not full and paid a part, and those that paid nothing.
    """

    mode: Floats
    covariance: Floats = field(repr=False)
    prior_sd: Floats = field(repr=False)
    luck: bool = True
    part: tuple[int, int] = (0, 0)

    @property
    def values(self) -> ClassValues:
        """The most probable numbers."""
        return values_of(self.mode, self.luck, self.part)

    @property
    def sd(self) -> Floats:
        """Standard deviations on the scale of the priors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def learned(self) -> Floats:
        """How much of each number the cases say rather than the prior: one minus the ratio of variances [-]."""
        return 1 - (self.sd / self.prior_sd) ** 2


def values_of(numbers: Floats, luck: bool = True, part: tuple[int, int] = (0, 0)) -> ClassValues:
    """Numbers on the scale of the priors as the values of a forecast; the share that pays a part by Jeffreys."""
    share = (part[0] + _JEFFREYS) / (sum(part) + 2 * _JEFFREYS)
    variance = float(np.exp(numbers[len(CLASSES)])) if luck else 0.0
    return ClassValues(numbers[: len(CLASSES)], variance, float(expit(numbers[len(CLASSES) + 1])), share)


def fit(question: Question, part: tuple[int, int] = (0, 0)) -> Fitted:
    """Find the most probable numbers, and how sure they are.

    Examples
    --------
    Without cases it is the prior.

    >>> nothing = fit(Question(DealTable.of([]), np.zeros(0, bool)))
    >>> bool(np.allclose(nothing.mode, CENTRE)), abs(round(float(nothing.learned.sum()), 6))
    (True, 0.0)
    """
    from scipy.optimize import minimize

    start, spread = question.prior()
    # in coordinates in which the density falls off alike in all directions, few steps lead to its highest point
    axes = np.linalg.cholesky(np.linalg.inv(_information(start, question)))
    found = minimize(
        lambda x: -log_density(start + axes @ x, question), np.zeros(len(start)), method="BFGS",
        jac=lambda x: -axes.T @ slope_of_density(start + axes @ x, question), options={"gtol": _FLAT},
    )  # fmt: skip
    mode = start + axes @ found.x
    return Fitted(mode, np.asarray(np.linalg.inv(_information(mode, question))), spread, question.luck, part)


def _information(numbers: Floats, question: Question) -> Floats:
    """Precision of the priors, and what cases are expected to add to it (Fisher)."""
    precision = np.diag(question.prior()[1] ** -2.0)
    chance, slopes = chances_with_slopes(numbers, question)
    chance = np.clip(chance, _LEAST, 1 - _LEAST)
    return precision + (slopes / (chance * (1 - chance))[:, None]).T @ slopes


def log_density(numbers: Floats, question: Question) -> float:
    """Log of the posterior density but for a constant.

    Examples
    --------
    >>> log_density(CENTRE + SPREAD, Question(DealTable.of([]), np.zeros(0, bool))) == -len(CENTRE) / 2
    True
    """
    centre, spread = question.prior()
    away, full = (numbers - centre) / spread, question.full
    chance = np.clip(_chances(numbers, question), _LEAST, 1 - _LEAST)
    return float(np.log(np.where(full, chance, 1 - chance)).sum() - away @ away / 2)


def slope_of_density(numbers: Floats, question: Question) -> Floats:
    """Slope of :func:`log_density` along all numbers.

    Examples
    --------
    >>> float(abs(slope_of_density(CENTRE, Question(DealTable.of([]), np.zeros(0, bool)))).max())
    0.0
    """
    centre, spread = question.prior()
    chance, slopes = chances_with_slopes(numbers, question)
    chance = np.clip(chance, _LEAST, 1 - _LEAST)
    return np.asarray(np.where(question.full, 1 / chance, -1 / (1 - chance)) @ slopes - (numbers - centre) / spread**2)


def _chances(numbers: Floats, question: Question) -> Floats:
    """Chance of each case to be full."""
    values = values_of(numbers, question.luck)
    happens = chances_of_all(question.deals.needed, values.logits, values.variance)
    chance = happens * chance_kept(question.deals.trust, values.kept)
    return chance if question.libraries is None else _shifted(chance, numbers, question.libraries)[0]


def chances_with_slopes(numbers: Floats, question: Question) -> tuple[Floats, Floats]:
    """Chance of each case to be full, and its slope along all numbers that are fitted: [cases], [cases, numbers].

    Examples
    --------
    >>> deals = DealTable(np.eye(1, len(CLASSES), dtype=bool), np.full(1, np.nan), np.zeros(1))
    >>> chance, slope = chances_with_slopes(CENTRE, Question(deals, np.ones(1, bool)))
    >>> chance.round(6).tolist(), slope[0, :2].round(6).tolist()
    ([0.9], [0.09, 0.0])
    """
    deals, k = question.deals, len(CLASSES)
    values = values_of(numbers, question.luck)
    happens, slopes = chances_and_slopes(deals.needed, values.logits, values.variance)
    stays, there = chance_kept(deals.trust, values.kept), ~np.isnan(deals.trust)
    slope = np.zeros((len(deals), len(numbers)))
    slope[:, :k] = slopes * stays[:, None]
    if question.luck:
        by_luck = _along(lambda x: chances_of_all(deals.needed, values.logits, float(np.exp(x))), numbers[k])
        slope[:, k] = by_luck * stays
    slope[there, k + 1] = happens[there] * _along(lambda x: chance_kept(deals.trust[there], _expit(x)), numbers[k + 1])
    chance = happens * stays
    if question.libraries is None:
        return chance, slope
    moved, steep = _shifted(chance, numbers, question.libraries)
    safe = np.clip(chance, _LEAST, 1 - _LEAST)
    slope *= (steep / (safe * (1 - safe)))[:, None]
    slope[np.arange(len(chance)), len(CENTRE) + question.libraries] = steep
    return moved, slope


def _shifted(chance: Floats, numbers: Floats, libraries: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Chances with the intercept of each case's library added to their log odds, and the slope along it."""
    safe = np.clip(chance, _LEAST, 1 - _LEAST)
    moved = expit(np.log(safe / (1 - safe)) + numbers[len(CENTRE) :][libraries])
    return moved, moved * (1 - moved)


def _expit(logit: float) -> float:
    return float(expit(np.asarray(logit)))


def _along(function: Callable[[float], Floats], x: float) -> Floats:
    """Slope of a function by a central difference."""
    return np.asarray(function(x + _NUDGE) - function(x - _NUDGE)) / (2 * _NUDGE)
