"""Incidence: how closing, and each first cause of failure, come about over time, as risks that compete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.estimates import wilson
from abm.outcomes import Outcomes
from abm.rules.failure import CASH, CAUSES

if TYPE_CHECKING:
    import pandas as pd

CENSORED = 0
_Z = 1.959963984540054  # 97.5 % quantile of the standard normal


def aalen_johansen(days: Any, causes: Any) -> pd.DataFrame:
    r"""Cumulative incidence of each cause, where whoever ends of one can no longer end of another.

    .. math:: F_k(t) = \sum_{t_i \le t} S(t_i-)\,\frac{d_{ki}}{n_i},\qquad S(t) = \prod_{t_i \le t} (1 - d_i/n_i)

    Parameters
    ----------
    days
        float[R], when each run ended, or was last seen.
    causes
        int[R], of what it ended: 1, 2, …; 0 if it was only last seen then (censored). Who is censored on a day was
        still at risk on it.

    Returns
    -------
    DataFrame
        One row a day on which something ended and a cause: ``day``, ``cause``, ``p``, ``low``, ``high`` [-],
        ``at_risk``. The interval is Wilson's where nothing is censored before, and otherwise from the delta method on
        the log-log scale.

    Raises
    ------
    ValueError
        Where the two do not fit together.

    References
    ----------
    Aalen, O. O. & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based on
    censored observations. Scandinavian Journal of Statistics 5(3), 141-150. Variance: Marubini, E. & Valsecchi, M. G.
    (1995). Analysing survival data from clinical trials and observational studies, 10.3. Wiley.

    Examples
    --------
    Four runs; one is lost sight of after the first has ended:

    >>> frame = aalen_johansen([1, 2, 3, 3], [1, 0, 1, 2])
    >>> frame.loc[frame["day"] == 3, ["cause", "p"]].to_numpy().tolist()
    [[1.0, 0.625], [2.0, 0.375]]
    """
    import pandas as pd

    days, causes = np.asarray(days, float), np.asarray(causes, int)
    if days.shape != causes.shape or days.ndim != 1 or not np.isfinite(days).all() or (causes < 0).any():
        raise ValueError("expected as many finite days as causes, which are 0 or above")
    kinds = sorted(set(causes.tolist()) - {CENSORED})
    grid, place = np.unique(days, return_inverse=True)
    ended = np.array([np.bincount(place[causes == kind], minlength=len(grid)) for kind in kinds]).reshape(-1, len(grid))
    leaving = np.bincount(place, minlength=len(grid))
    at_risk = len(days) - np.concatenate([[0], np.cumsum(leaving)[:-1]]) if len(grid) else np.zeros(0)
    events = ended.sum(axis=0)
    left = np.cumprod(1 - events / at_risk)
    before = np.concatenate([[1.0], left[:-1]])
    rows = []
    for kind, mine in zip(kinds, ended, strict=True):
        p = np.cumsum(before * mine / at_risk)
        variance = _variance(p, before, mine, events, at_risk)
        censored = np.cumsum(leaving - events) - (leaving - events)  # before each day
        for i in np.flatnonzero(events):
            low, high = _bounds(float(p[i]), float(variance[i]), len(days), bool(censored[i]))
            rows.append((grid[i], kind, p[i], low, high, at_risk[i]))
    frame = pd.DataFrame(rows, columns=["day", "cause", "p", "low", "high", "at_risk"])
    return frame.sort_values(["day", "cause"], ignore_index=True)


def _variance(p: Any, before: Any, mine: Any, events: Any, n: Any) -> Any:
    """Variance of a cumulative incidence on each day, by the delta method."""
    found = np.zeros(len(p))
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(n > events, events / (n * (n - events)), 0.0)
    for i in np.flatnonzero(events):
        apart = p[i] - p[: i + 1]
        s, d, k = before[: i + 1], mine[: i + 1], n[: i + 1]
        spread = (
            np.sum(apart**2 * hazard[: i + 1]) + np.sum(s**2 * (k - d) * d / k**3) - 2 * np.sum(apart * s * d / k**2)
        )
        found[i] = max(0.0, spread)
    return found


def _bounds(p: float, variance: float, runs: int, censored: bool) -> tuple[float, float]:
    if not censored:
        return wilson(round(p * runs), runs)
    if not 0 < p < 1:
        return p, p
    half = _Z * math.sqrt(variance) / (p * math.log(p))
    low, high = sorted((p ** math.exp(-half), p ** math.exp(half)))
    return low, high


def ends(outcomes: Outcomes) -> tuple[Any, Any]:
    """Day on which the round of each run ended [days after as_of], and of what: 0 it closed, else a first cause.

    A round that fails does so on its last day: that of the default where the company ran out of cash, and otherwise its
    deadline, extended or not, within the horizon.

    Returns
    -------
    days, causes
        float[R], and int[R] as places in ``rules.failure.CAUSES``.
    """
    rows, terms = outcomes.batch.rows, outcomes.scenario.round
    last = outcomes.scenario.window_days + np.where(rows["extended"], float(terms.extension_days), 0.0)
    last = np.minimum(last, 7.0 * float(outcomes.scenario.horizon_weeks))
    days = np.where(rows["closed"], rows["closed_day"], np.where(rows["cause"] == CASH, rows["default_day"], last))
    return days, np.where(rows["closed"], 0, rows["cause"]).astype(int)


def incidence(outcomes: Outcomes) -> pd.DataFrame:
    """Share of the runs that have closed, or failed of each first cause, by each day.

    Returns
    -------
    DataFrame
        As :func:`aalen_johansen`, with ``cause`` in words: ``closed`` or one of ``rules.failure.CAUSES``; and ``date``.

    Examples
    --------
    >>> import abm
    >>> frame = incidence(abm.simulate("three-investors", runs=200, seed=1))
    >>> round(float(frame[frame["day"] == frame["day"].max()]["p"].sum()), 9)
    1.0
    """
    days, causes = ends(outcomes)
    frame = aalen_johansen(days, causes + 1)
    names = {k + 1: name or "closed" for k, name in enumerate(CAUSES)}
    dates = [outcomes.scenario.date(day) for day in frame["day"]]
    return frame.assign(cause=frame["cause"].map(names), date=dates)


def time_to_close(outcomes: Outcomes, quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> pd.DataFrame:
    """Quantiles of the closing day over the runs that close.

    Returns
    -------
    DataFrame
        One row a quantile: ``quantile``, ``day`` [days after as_of] and ``date``; ``low`` and ``high``, days between
        which it lies with 95 %, from order statistics (no law is assumed); ``runs`` that closed.

    Raises
    ------
    ValueError
        Where no run closed.

    Examples
    --------
    >>> import abm
    >>> time_to_close(abm.simulate("three-investors", runs=200, seed=1))["runs"].tolist()[0] > 20
    True
    """
    import pandas as pd
    from scipy.stats import binom

    rows, made = outcomes.batch.rows, []
    days = np.sort(rows["closed_day"][rows["closed"]])
    n = len(days)
    if n == 0:
        raise ValueError(f"expected a run that closes, got none among {outcomes.runs:,}")
    for q in quantiles:
        places = (math.ceil(q * n) - 1, int(binom.ppf(0.025, n, q)) - 1, int(binom.ppf(0.975, n, q)))
        day, low, high = (float(days[min(max(place, 0), n - 1)]) for place in places)
        made.append((q, day, outcomes.scenario.date(day), low, high, n))
    return pd.DataFrame(made, columns=["quantile", "day", "date", "low", "high", "runs"])
