"""Information: which unknown number would be worth knowing, and how far knowing it would move the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abm.core.arguments import checked
from abm.core.notebook import Printed
from abm.core.old_names import renamed
from abm.runs.estimates import bootstrap_interval

if TYPE_CHECKING:
    import pandas as pd

    from abm.sweeps.study import Study

Floats = NDArray[np.float64]
_KNOTS = (0.05, 0.35, 0.65, 0.95)  # quantiles; Harrell's, for a cubic spline of three degrees of freedom
_RESAMPLES = 200
_FEWEST = 20  # draws
_RIDGE = 1e-9  # where a resample has lost a word of a number


@dataclass(frozen=True, repr=False)
class Information(Printed):
    """What each unknown number is worth.

    Attributes
    ----------
    frame
        A row a number, the one that moves the answer most first: ``path``, then each of the following with its 95 %
        interval (``NAME_low``, ``NAME_high``), all [-]; 0.01 is a point.
        ``right``: gain in the chance of being right when one says whether the round closes (EVPPI).
        ``spread``, ``shift``: standard deviation and mean absolute movement of P(closed) on learning the number.
        ``share``: of the variance of P(closed) (first-order index).
        ``choice``: gain in P(closed) by choosing among the actions once the number is known (EVPPI); with actions only.
    everything
        The same, were all the numbers known (EVPI): an upper bound of each row.
    actions
        Names of the actions; all but ``choice`` is about the first.
    draws, runs, seed
        Draws of the numbers [-], runs at each (None: not told, or not the same), and the seed of the intervals.
    """

    frame: pd.DataFrame
    everything: dict[str, float]
    actions: tuple[str, ...]
    draws: int
    runs: int | None
    seed: int

    def __str__(self) -> str:
        """Say what matters most, the way it may be quoted."""
        first = self.frame.iloc[0]
        each = "" if self.runs is None else f" of {self.runs:,} runs"
        return (
            f"{first['path']}: learning it moves the probability by {first['shift']:.1%} on average (95 % interval "
            f"{first['shift_low']:.1%} to {first['shift_high']:.1%}, {self.draws:,} draws{each}, seed {self.seed})"
        )


@checked
def value_of_information(
    draws: pd.DataFrame,
    p: ArrayLike,
    actions: Sequence[str] | None = None,
    runs: ArrayLike | None = None,
    seed: int = 1,
) -> Information:
    r"""Find what learning each unknown number would be worth, from draws of all of them.

    What one would expect on learning the number x is a regression of the probability on x (cubic spline, straight
    beyond the outer knots):

    .. math:: E[\max(P_x, 1 - P_x)] - \max(\bar P, 1 - \bar P), \quad P_x = E[P | x]; \qquad
              E[\max_a E[P_a | x]] - \max_a \bar P_a

    The first is about the decision to count on the round or not, the second about a choice among actions. The
    regression averages Monte Carlo noise out, but for the luck that all draws share. It bends a little with what is
    left: what it moves is drawn in until its variance is the one that adjusted R2 leaves, so that a number without
    effect is worth about 0. Of several numbers at once, or of what only matters together, nothing is said.

    Intervals come from draws drawn again, and, where they are given one by one, runs drawn again, the same for all.
    What noise adds to a resample for the second time is taken out, too. Of answers or actions that are worth the same
    on average, luck makes one look better: there ``right`` and ``choice`` are too low by about as much, and their
    intervals too short.

    Parameters
    ----------
    draws
        One row a draw, one column a number, of numbers, dates, or a few words.
    p
        Probability of closing [-], float[draws] or float[draws, actions]; or what happened in each run, which tells
        noise from effect best: bool[draws, actions, runs], the same luck in all.
    actions
        Names of the actions; default: ``action 1`` and on.
    runs
        Runs behind each probability [-], int or int[draws]; None: the probabilities are exact.
    seed
        Of the resamples.

    Returns
    -------
    Information
        Of every column that varies.

    Raises
    ------
    ValueError
        Where draws and probabilities do not fit each other, or there are too few.

    References
    ----------
    Strong, M., Oakley, J. E. & Brennan, A. (2014). Estimating multiparameter partial expected value of perfect
    information from a probabilistic sensitivity analysis sample: a nonparametric regression approach. Medical Decision
    Making 34(3), 311-326. doi:10.1177/0272989X13505910

    Examples
    --------
    >>> import pandas as pd
    >>> x = np.linspace(0, 1, 200)
    >>> found = value_of_information(pd.DataFrame({"rate": x, "rank": x * 991 % 1}), x)
    >>> found.frame["path"].tolist(), round(float(found.frame["right"][0]), 2)  # E max(x, 1 - x) - 1/2 = 1/4
    (['rate', 'rank'], 0.25)
    """
    import pandas as pd

    happened = _checked(draws, np.asarray(p, np.float64))
    names = tuple(actions or (f"action {k + 1}" for k in range(happened.shape[1])))
    if len(names) != happened.shape[1]:
        raise ValueError(f"expected a name for each of {happened.shape[1]} actions, got {len(names)}")
    sample = _Sample.of(happened, runs, np.random.default_rng(seed))
    rows = [{"path": str(path)} | sample.worth(basis) for path, basis in _bases(draws)]
    if not rows:
        raise ValueError("expected a column that varies, got none")
    frame = pd.DataFrame(rows).sort_values("spread", ascending=False, kind="stable", ignore_index=True)
    each = happened.shape[2] if happened.shape[2] > 1 else None if runs is None or np.ptp(runs) else int(np.max(runs))
    return Information(frame, sample.everything(), names, len(draws), each, seed)


def _checked(draws: pd.DataFrame, p: Floats) -> Floats:
    """Probabilities or runs as float[draws, actions, runs]."""
    if p.ndim not in (1, 2, 3) or len(p) != len(draws) or 0 in p.shape:
        raise ValueError(f"expected a probability for each of {len(draws)} draws, got an array of {p.shape}")
    if len(draws) < _FEWEST:
        raise ValueError(f"expected at least {_FEWEST} draws, got {len(draws)}")
    if not (np.isfinite(p) & (p >= 0) & (p <= 1)).all():
        raise ValueError(f"expected probabilities from 0 to 1, got {np.nanmin(p):g} to {np.nanmax(p):g}")
    return p.reshape(p.shape + (1,) * (3 - p.ndim))


# --------------------------------------------------------------------------------------------------------------------
# What a number may look like


def _bases(draws: pd.DataFrame) -> Iterator[tuple[Hashable, Floats]]:
    """Yield each column that varies, and what it is regressed on: float[draws, terms], orthonormal, constant first."""
    for path in draws:
        values = draws[path].to_numpy()
        if len(set(values.tolist())) > 1:
            terms = np.column_stack([np.ones(len(values)), *_terms(str(path), values)])
            yield path, np.linalg.qr(terms)[0] * np.sqrt(len(values))


def _terms(path: str, values: NDArray[Any]) -> list[Floats]:
    """A restricted cubic spline in a number or date, an indicator for each but the first of a few values."""
    if isinstance(values[0], dt.date):
        values = np.array([value.toordinal() for value in values])
    known = np.unique(values.astype(str) if values.dtype == object else values)
    if len(known) <= len(_KNOTS):
        return [(values == word).astype(float) for word in known[1:]]
    if values.dtype.kind not in "iuf":
        raise ValueError(f"expected numbers, dates, or at most {len(_KNOTS)} different words of {path}, got {known!r}")
    x = (values - known[0]) / (known[-1] - known[0])
    *inner, last, end = np.quantile((known - known[0]) / (known[-1] - known[0]), _KNOTS)

    def beyond(knot: float) -> Floats:
        return np.asarray(np.maximum(x - knot, 0.0) ** 3)

    return [x] + [
        beyond(knot) - (beyond(last) * (end - knot) - beyond(end) * (last - knot)) / (end - last) for knot in inner
    ]


# --------------------------------------------------------------------------------------------------------------------
# What a number is worth


@dataclass(frozen=True)
class _Sample:
    """The draws, and the draws drawn again: the first sample is the one that was given.

    Sides are the probability under the first action, then how much each action has over the best on average.
    """

    sides: Floats  # float[draws, sides, samples]
    weights: Floats  # how often each draw is in a sample, float[draws, samples]
    noise: Floats  # Monte Carlo variance of each side, float[sides]
    times: Floats  # how often that is in the variance over the draws of each sample, float[samples]

    @classmethod
    def of(cls, happened: Floats, runs: ArrayLike | None, chance: np.random.Generator) -> _Sample:
        """Draw again: draws, and runs where they are known one by one."""
        size, actions, each = happened.shape
        p = happened.mean(axis=2)
        best = int(p.mean(axis=0).argmax())
        several = [happened - happened[:, [best]]] if actions > 1 else []
        sides = np.concatenate([happened[:, :1], *several], axis=1)
        picked = np.ones((1 + _RESAMPLES, each))
        if each > 1:
            picked[1:] = chance.multinomial(each, np.full(each, 1 / each), size=_RESAMPLES)
        weights = np.ones((size, 1 + _RESAMPLES))
        weights[:, 1:] = chance.multinomial(size, np.full(size, 1 / size), size=_RESAMPLES).T
        noise = _interaction(sides) if each > 1 else _binomial(sides[:, :, 0], runs)
        times = np.where(np.arange(1 + _RESAMPLES) > 0, 2.0 if each > 1 else 1.0, 1.0)
        return cls(sides @ picked.T / each, weights, noise, times)

    def worth(self, basis: Floats) -> dict[str, float]:
        """What it is worth to know the number behind a basis."""
        size, sides, samples = self.sides.shape
        terms = basis.shape[1]
        squares = (basis[:, :, None] * basis[:, None, :]).reshape(size, -1)
        gram = (self.weights.T @ squares).reshape(samples, terms, terms) + _RIDGE * size * np.eye(terms)
        weighted = (self.weights[:, None] * self.sides).reshape(size, -1)
        right = (basis.T @ weighted).reshape(terms, sides, samples).transpose(2, 0, 1)
        slopes = np.linalg.solve(gram, right).transpose(1, 2, 0).reshape(terms, -1)
        fit = (basis @ slopes).reshape(self.sides.shape)
        left = ((self.sides[:, :, 0] - fit[:, :, 0]) ** 2).sum(axis=0) / (size - terms)
        bend = (terms - 1) * left / size  # variance that noise alone gives to a fit
        times = np.where(np.arange(samples) > 0, 2.0, 1.0)
        return self._summed(fit, bend[:, None] * times)

    def everything(self) -> dict[str, float]:
        """What it is worth to know the probability itself."""
        return self._summed(self.sides, self.noise[:, None] * self.times)

    def _summed(self, fit: Floats, noise: Floats) -> dict[str, float]:
        """Draw a fit in until its variance is what noise leaves, and see what it is good for."""
        mean, moved, variance = self._drawn_in(fit, noise)
        known = mean[0] + moved[:, 0]
        right = self._mean(np.maximum(known, 1 - known)) - np.maximum(mean[0], 1 - mean[0])
        whole = self._drawn_in(self.sides[:, :1], self.noise[:1, None] * self.times)[2][0]
        share = np.where(whole > 0, variance[0] / np.where(whole > 0, whole, 1.0), 0.0)
        found = {"right": right, "spread": np.sqrt(variance[0]), "shift": self._mean(np.abs(moved[:, 0]))}
        found["share"] = np.minimum(share, 1.0)
        if len(mean) > 1:
            found["choice"] = self._mean((mean[1:] + moved[:, 1:]).max(axis=1)) - mean[1:].max(axis=0)
        columns: dict[str, float] = {}
        for name, values in found.items():
            value, (low, high) = max(0.0, float(values[0])), bootstrap_interval(np.maximum(values[1:], 0.0))
            columns |= {name: value, f"{name}_low": min(low, value), f"{name}_high": max(high, value)}
        return columns

    def _drawn_in(self, fit: Floats, noise: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean, movements about it and their variance, over the draws of each sample, noise taken out."""
        mean = self._mean(fit)
        moved = fit - mean
        variance = self._mean(moved * moved)
        left = np.maximum(variance - noise, 0.0)
        shrink = np.sqrt(left / np.where(variance > 0, variance, 1.0))
        return mean, moved * shrink, left

    def _mean(self, values: Floats) -> Floats:
        """Mean over the draws of each sample."""
        mean: Floats = np.einsum("n...r,nr->...r", values, self.weights) / len(values)
        return mean


def _interaction(sides: Floats) -> Floats:
    """Variance that runs leave in the differences between draws, which share their luck: float[sides].

    The mean square of the interaction of draws and runs, over the number of runs: luck that helps all draws alike
    drops out.
    """
    size, _, each = sides.shape
    apart = sides - sides.mean(axis=0) - sides.mean(axis=2, keepdims=True) + sides.mean(axis=(0, 2))[:, None]
    variance: Floats = (apart**2).sum(axis=(0, 2)) / ((size - 1) * (each - 1)) / each
    return variance


def _binomial(sides: Floats, runs: ArrayLike | None) -> Floats:
    """Variance of probabilities of so many runs, float[sides]; of differences, the least there can be."""
    if runs is None:
        return np.zeros(sides.shape[1])
    size = np.abs(sides)
    return np.asarray(np.mean(size * (1 - size) / np.maximum(np.reshape(runs, (-1, 1)) - 1, 1), axis=0))


# --------------------------------------------------------------------------------------------------------------------
# Studies


@checked
def information_of(study: Study | Mapping[str, Study], seed: int = 1, but: Collection[str] = ()) -> Information:
    """Find what learning each number of a study would be worth.

    Parameters
    ----------
    study
        A finished sweep over draws (:meth:`abm.Design.prior`); or several over the same design and seed, one an action,
        by the actions' names. Draws without runs are left out.
    seed
        Of the resamples.
    but
        Numbers to say nothing of.

    Returns
    -------
    Information
        As :func:`value_of_information` finds it; run by run where all draws have the same runs.

    Raises
    ------
    ValueError
        Where studies do not share draws and seed.

    Examples
    --------
    >>> import abm
    >>> axes = {"gatekeepers.restructuring.hazard_per_year": (0.5, 8.0), "company.cash_bn": (2.0, 2.5)}
    >>> study = abm.sweep("three-investors", abm.Design.sobol(axes, 32), runs=50, workers=1)
    >>> information_of(study).frame["path"][0]
    'gatekeepers.restructuring.hazard_per_year'
    """
    named = dict(study) if isinstance(study, Mapping) else {"as it is": study}
    first, *others = named.values()
    draws = first.worlds_frame()
    for other in others:
        if other.job.seed != first.job.seed or not other.worlds_frame().equals(draws):
            raise ValueError("expected studies of the same draws and seed, got different ones")
    tables = [study.points() for study in named.values()]
    runs = np.array([table["runs"].to_numpy() for table in tables])
    kept = runs.min(axis=0) > 0
    if np.ptp(runs[:, kept]) == 0 and not any(table["failed"].any() for table in tables):
        p = np.array([[_happened(study, k) for study in named.values()] for k in np.flatnonzero(kept).tolist()])
    else:
        p = np.array([table["p"].to_numpy()[kept] for table in tables]).T
    draws = draws.drop(columns=[path for path in but if path in draws])
    return value_of_information(draws[kept], p, tuple(named), runs.min(axis=0)[kept], seed)


def _happened(study: Study, index: int) -> NDArray[np.bool_]:
    from abm.runs.columns import true_in

    return true_in(study.runs(index), study.job.event)


__getattr__ = renamed(__name__, {"information": "value_of_information"})
