"""Posterior: numbers drawn from the normal law around the most probable ones, weighted to be what the cases say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from abm.history.common_luck import Floats
from abm.history.fitting import Fitted, Question, log_density

_WIDER = 1.1  # the normal law that is drawn from, as its tails must not be thinner than the posterior's


@dataclass(frozen=True)
class Draws:
    """Drawn numbers and their weights.

    Attributes
    ----------
    numbers
        On the scale of the priors: [draws, numbers].
    weights
        They sum to one.
    """

    numbers: Floats
    weights: Floats = field(repr=False)

    @property
    def effective(self) -> float:
        """How many draws of equal weight they are worth [-]."""
        return float(1 / (self.weights**2).sum())

    @property
    def sd(self) -> Floats:
        """Standard deviation of each number."""
        mean = self.weights @ self.numbers
        return np.asarray(np.sqrt(self.weights @ (self.numbers - mean) ** 2))

    def quantile(self, share: float) -> Floats:
        """Value of each number below which a share of the weight lies."""
        found = np.empty(self.numbers.shape[1])
        for k, column in enumerate(self.numbers.T):
            order = np.argsort(column, kind="stable")
            found[k] = np.interp(share, np.cumsum(self.weights[order]) - self.weights[order] / 2, column[order])
        return found

    def ranks(self, truth: Floats) -> Floats:
        """Share of the weight that lies below the truth, number by number."""
        return np.minimum(self.weights @ (self.numbers < truth), 1.0)  # weights may sum to a hair more


def sample(fitted: Fitted, question: Question, number: int, seed: int | tuple[int, ...]) -> Draws:
    """Draw numbers from the posterior: from the normal law of the fit, weighted by what it misses.

    Examples
    --------
    Without cases it is the prior.

    >>> from abm.history.fitting import fit
    >>> from abm.history.forecasting import DealTable
    >>> nothing = Question(DealTable.of([]), np.zeros(0, bool))
    >>> draws = sample(fit(nothing), nothing, 4_000, seed=1)
    >>> draws.numbers.shape, bool(abs(draws.sd / fit(nothing).prior_sd - 1).max() < 0.1)
    ((4000, 22), True)
    """
    z = np.random.default_rng(seed).standard_normal((number, len(fitted.mode))) * _WIDER
    numbers = fitted.mode + z @ np.linalg.cholesky(fitted.covariance).T
    log_weight = np.array([log_density(one, question) for one in numbers]) + (z**2).sum(axis=1) / (2 * _WIDER**2)
    weights = np.exp(log_weight - log_weight.max())
    return Draws(numbers, weights / weights.sum())
