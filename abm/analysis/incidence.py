"""Incidence: how closing and each cause of failure gather over the days, as risks that compete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.rules.failure import CASH, CAUSES
from abm.runs.estimates import wilson

if TYPE_CHECKING:
    import pandas as pd

    from abm.runs.outcomes import Outcomes

CLOSED = "closed"
_OUTSIDE = 0.025  # chance that an interval misses on either side
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def aalen_johansen(
    times: Any, causes: Any, labels: Sequence[str] | None = None, days: Sequence[float] | None = None
) -> pd.DataFrame:
    r"""Cumulative incidence of each cause, with right censoring and intervals of 95 %.

    .. math:: F_k(t) = \sum_{t_j \le t} S(t_{j-1}) \, d_{kj} / n_j, \quad
              S(t) = \prod_{t_j \le t} (1 - d_j / n_j)

    The variance is the multinomial delta method's. The interval is Wilson's for the number of runs whose share would
    have the same variance: without censoring it is Wilson's of the share of runs, and it holds where a log-log interval
    misses too often, close to 0. Where there is no variance yet, that number is of those not yet censored.

    Parameters
    ----------
    times
        When each was over, or was last seen [days], float[n]; not negative.
    causes
        Why, int[n]: 1 for the first cause and so on, 0 where it was still open (censored). What is censored on a day
        was at risk that day.
    labels
        Names of cause 1 and on; default: their numbers.
    days
        Days to look at [days], ascending; default: 0, and every day on which something ended or was censored.

    Returns
    -------
    DataFrame
        A row a cause and day: ``day`` [days], ``cause``, ``p``, ``low``, ``high`` [-], ``at_risk``: neither over nor
        censored before that day [-].

    Raises
    ------
    ValueError
        Where times and causes do not fit each other, or a cause has no name.

    References
    ----------
    Aalen, O. O. & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based on
    censored observations. Scandinavian Journal of Statistics 5(3), 141-150.

    Marubini, E. & Valsecchi, M. G. (1995). Analysing survival data from clinical trials and observational studies.
    Wiley, 341 (the variance).

    Rothman, K. J. (1978). Estimation of confidence limits for the cumulative probability of survival in life table
    analysis. Journal of Chronic Diseases 31(8), 557-560. doi:10.1016/0021-9681(78)90043-7 (the interval).

    Examples
    --------
    >>> frame = aalen_johansen([1, 2, 3, 4], [1, 0, 2, 1], ["closed", "failed"])
    >>> frame.query("day == 3").round(6)[["cause", "p", "at_risk"]].to_numpy().tolist()
    [['closed', 0.25, 2], ['failed', 0.375, 2]]
    """
    import pandas as pd

    times, causes = _checked(times, causes)
    names = [str(k) for k in range(1, int(causes.max(initial=0)) + 1)] if labels is None else list(labels)
    if causes.max() > len(names):
        raise ValueError(f"expected a label for each of {int(causes.max())} causes, got {len(names)}")
    when = np.unique(times)
    shown = np.unique([0.0, *when]) if days is None else np.asarray(days, np.float64)
    before = np.searchsorted(np.sort(times), shown)
    upto = np.searchsorted(when, shown, side="right")  # how many of the times have come
    frames = []
    for number, name in enumerate(names, start=1):
        p, size = _followed(times, causes, when, number)
        bounds = [wilson(float(share * n), float(n)) for share, n in zip(p[upto], size[upto], strict=True)]  # type: ignore[arg-type]
        low, high = np.array(bounds).reshape(-1, 2).T
        frames.append(pd.DataFrame({"day": shown, "cause": name, "p": p[upto], "low": low, "high": high}))
    frames = [frame.assign(at_risk=len(times) - before) for frame in frames]
    return pd.concat(frames, ignore_index=True)


def _checked(times: Any, causes: Any) -> tuple[Any, Any]:
    times, causes = np.asarray(times, np.float64), np.asarray(causes)
    if times.ndim != 1 or times.shape != causes.shape or not len(times):
        raise ValueError(f"expected a cause for each of at least one time, got {causes.shape} for {times.shape}")
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError(f"expected times that are finite and not negative, got {times.min():g} to {times.max():g}")
    if causes.dtype.kind not in "iub" or causes.min() < 0:
        raise ValueError(f"expected causes that are whole numbers from 0, got {causes.min()!r} ({causes.dtype})")
    return times, causes.astype(np.int64)


def _followed(times: Any, causes: Any, when: Any, cause: int) -> tuple[Any, Any]:
    """Incidence of one cause after none, one, two of the times, and the number of runs that it is worth.

    Each ending counts for 1 / (n G), G the share of the runs not yet censored by then: the same as S / n_j, and exact
    where nothing is censored.
    """
    runs, places, total = len(times), np.searchsorted(when, times), len(when)
    ended, of_cause, censored = (
        np.bincount(places[which], minlength=total).astype(float)
        for which in (causes > 0, causes == cause, causes == 0)
    )
    at_risk = runs - np.concatenate([[0.0], np.cumsum(ended + censored)[:-1]])
    kept = np.cumprod(1.0 - censored / np.maximum(at_risk - ended, 1.0))
    weight = 1.0 / np.concatenate([[1.0], kept[:-1]])
    p = np.cumsum(of_cause * weight) / runs
    variance = _variance(p, weight * at_risk / runs, at_risk, ended, of_cause)
    known, spread = runs - np.cumsum(censored), p * (1.0 - p)
    told = (known < runs) & (variance > 0.0) & (spread > 0.0)
    size = np.where(told, spread / np.where(told, variance, 1.0), known)
    return np.concatenate([[0.0], np.minimum(p, 1.0)]), np.concatenate([[float(runs)], size])


def _variance(p: Any, before: Any, at_risk: Any, ended: Any, of_cause: Any) -> Any:
    """Variance of an incidence F at each time, where S was ``before``, by the multinomial delta method.

    The sum over earlier times of a (F - F_j)^2 + b - 2 c (F - F_j), multiplied out.
    """
    left = at_risk - ended
    a = np.where(left > 0, ended / (at_risk * np.maximum(left, 1.0)), 0.0)  # after the last nothing can change
    b = before * before * of_cause * (at_risk - of_cause) / at_risk**3
    c = before * of_cause / at_risk**2
    square = p * p * np.cumsum(a) - 2.0 * p * np.cumsum(a * p) + np.cumsum(a * p * p)
    return square + np.cumsum(b) - 2.0 * (p * np.cumsum(c) - np.cumsum(c * p))


def endings(outcomes: Outcomes) -> tuple[Any, Any]:
    """When the round of each run was over, and how.

    A run that closes ends on its closing day. One that fails ends on the day of default where the cause is cash, else
    on its deadline, extended or not, and at the horizon at the latest.

    Parameters
    ----------
    outcomes
        Runs of :func:`abm.simulate`, rows kept.

    Returns
    -------
    days, causes
        float[runs] [days after as_of]; int[runs]: 0 closed, else index into :data:`abm.rules.failure.CAUSES`.

    Examples
    --------
    >>> import abm
    >>> days, causes = endings(abm.simulate("three-investors", runs=100, seed=1, workers=1))
    >>> int((causes == 0).sum()), float(days.max())
    (27, 156.0)
    """
    rows = outcomes.batch.rows
    deadline = np.where(rows["extended"], _last_day(outcomes, extended=True), _last_day(outcomes, extended=False))
    over = np.where(rows["cause"] == CASH, np.minimum(rows["default_day"], deadline), deadline)
    return np.where(rows["closed"], rows["closed_day"], over), np.where(rows["closed"], 0, rows["cause"])


def _last_day(outcomes: Outcomes, extended: bool) -> float:
    scenario = outcomes.scenario
    days = scenario.window_days + (int(scenario.round.extension_days) if extended else 0)
    return float(min(days, 7 * int(scenario.horizon_weeks)))


def incidence(outcomes: Outcomes, days: Sequence[float] | None = None) -> pd.DataFrame:
    """Share of the runs that have closed, or failed of each cause, by each day, with intervals of 95 %.

    Runs are followed to their end, so that nothing is censored: each share is a plain one, its interval is Wilson's.

    Parameters
    ----------
    outcomes
        Runs of :func:`abm.simulate`, rows kept.
    days
        Days to look at [days after as_of], ascending; default: every end of a week, and the deadlines.

    Returns
    -------
    DataFrame
        Columns of :func:`aalen_johansen` and ``date``; ``closed`` first, then the causes that occurred, the most
        frequent first. ``attrs`` holds ``runs`` and ``seed``.

    Examples
    --------
    >>> import abm
    >>> frame = incidence(abm.simulate("three-investors", runs=100, seed=1, workers=1))
    >>> frame.query("day == 156")[["cause", "p"]].to_numpy().tolist()[0]
    ['closed', 0.27]
    """
    ended, causes = endings(outcomes)
    found = np.bincount(causes, minlength=len(CAUSES))
    order = [0, *(int(k) for k in np.argsort(-found, kind="stable") if k and found[k])]
    place = np.zeros(len(CAUSES), np.int64)
    place[order] = np.arange(1, len(order) + 1)
    labels = [CAUSES[k] or CLOSED for k in order]
    frame = aalen_johansen(ended, place[causes], labels, _week_ends(outcomes) if days is None else days)
    frame.insert(1, "date", _dates(outcomes, frame["day"]))
    frame.attrs = {"runs": outcomes.runs, "seed": outcomes.seed}
    return frame


def _week_ends(outcomes: Outcomes) -> list[float]:
    """Ends of weeks until the last round is over, and the deadlines."""
    last = [_last_day(outcomes, extended=one) for one in np.unique(outcomes.batch.rows["extended"]).tolist()]
    return sorted({*(float(day) for day in range(0, int(max(last)) + 1, 7)), *last})


def _dates(outcomes: Outcomes, days: Any) -> Any:
    """Dates of days; NaT where there is none."""
    import pandas as pd

    return pd.Timestamp(outcomes.scenario.as_of) + pd.to_timedelta(np.floor(days), unit="D")


def time_to_close(outcomes: Outcomes, quantiles: Sequence[float] = _QUANTILES) -> pd.DataFrame:
    """Quantiles of the day of closing, among the runs that close, with intervals of 95 % that presume no law.

    Each interval runs between two of the observed days: the number of runs below a quantile is binomial. As rounds
    close at the ends of weeks, it holds the quantile in 95 % of all samples or more. Where so few runs close that no
    observed day will do, it runs to as_of or to the last day on which the round may be open.

    Parameters
    ----------
    outcomes
        Runs of :func:`abm.simulate`, rows kept.
    quantiles
        Between 0 and 1 [-].

    Returns
    -------
    DataFrame
        A row a quantile: ``quantile`` [-], ``day``, ``low_day``, ``high_day`` [days after as_of], ``date``, ``low``,
        ``high`` (the same as dates), ``runs``: how many closed [-]. Without any, ``day`` is NaN. ``attrs`` as in
        :func:`incidence`.

    Raises
    ------
    ValueError
        Where a quantile does not lie between 0 and 1.

    References
    ----------
    David, H. A. & Nagaraja, H. N. (2003). Order statistics. 3rd edition, Wiley, section 7.1. doi:10.1002/0471722162

    Examples
    --------
    >>> import abm
    >>> frame = time_to_close(abm.simulate("three-investors", runs=400, seed=1, workers=1), [0.5])
    >>> frame[["quantile", "runs"]].to_numpy().tolist()
    [[0.5, 115.0]]
    """
    import pandas as pd
    from scipy.stats import binom

    share = np.asarray(quantiles, np.float64)
    if not ((share > 0) & (share < 1)).all():
        raise ValueError(f"expected quantiles between 0 and 1, got {share.tolist()}")
    rows = outcomes.batch.rows
    days = np.sort(rows["closed_day"][rows["closed"]])
    runs, last = len(days), _last_day(outcomes, extended=float(outcomes.scenario.round.extension_probability) > 0)
    padded = np.concatenate([[0.0], days, [last]])
    places = {
        "day": np.ceil(np.round(runs * share, 9)),
        "low_day": binom.ppf(_OUTSIDE, runs, share),
        "high_day": binom.ppf(1 - _OUTSIDE, runs, share) + 1,
    }
    columns = {name: padded[np.asarray(place, np.int64)] for name, place in places.items()}
    columns["day"] = columns["day"] if runs else np.full(len(share), np.nan)
    frame = pd.DataFrame({"quantile": share} | columns)
    for name, column in (("date", "day"), ("low", "low_day"), ("high", "high_day")):
        frame[name] = _dates(outcomes, frame[column])
    frame["runs"] = runs
    frame.attrs = {"runs": outcomes.runs, "seed": outcomes.seed}
    return frame
