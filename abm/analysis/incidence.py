"""Incidence: how closing and each cause of failure gather over the days, as risks that compete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.old_names import renamed
from abm.rules.failure import CASH, CAUSES
from abm.runs.clusters import by_day, counted, estimate_over_worlds, groups_of, number_of_worlds, worth_of_each
from abm.runs.estimates import quantile_ranks

if TYPE_CHECKING:
    import pandas as pd

    from abm.runs.outcomes import Outcomes

CLOSED = "closed"
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def cumulative_shares(
    days: NDArray[np.float64],
    causes: NDArray[np.int64],
    labels: Sequence[str],
    shown: Sequence[float],
    drawn: NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Share of all runs that have ended in each way by each day, with Wilson's interval of 95 %.

    Every run is followed to its end, so nothing is censored and Aalen and Johansen's estimate is this plain share.

    Parameters
    ----------
    days, causes
        When each run was over [days], and how, as a place in ``labels``.
    labels
        Names of the endings.
    shown
        Days to look at [days], ascending.
    drawn
        Numbers of the runs, where those of a world share what nobody knows: the interval is then one over worlds.

    Returns
    -------
    DataFrame
        A row an ending and day: ``day`` [days], ``cause``, ``p``, ``low``, ``high`` [-], ``at_risk``: not over before
        that day [-].

    Examples
    --------
    >>> frame = cumulative_shares(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 1, 0]), ["closed", "failed"], [0, 3])
    >>> frame[["day", "cause", "p", "at_risk"]].to_numpy().tolist()
    [[0.0, 'closed', 0.0, 4], [3.0, 'closed', 0.25, 2], [0.0, 'failed', 0.0, 4], [3.0, 'failed', 0.5, 2]]
    """
    import pandas as pd

    runs, looks = len(days), np.asarray(shown, np.float64)
    groups = np.zeros(runs, np.int64) if drawn is None else groups_of(drawn)
    worlds = 0 if drawn is None else number_of_worlds(drawn)
    whole = counted(groups, np.ones(runs, np.bool_))
    at_risk = runs - np.searchsorted(np.sort(days), looks)
    frames = []
    for cause, name in enumerate(labels):
        here = causes == cause
        ends, times = by_day(days[here], groups[here])
        found = [estimate_over_worlds(times[ends <= look].sum(axis=0), whole, worlds, seed=0) for look in looks]
        bounds = {part: [getattr(one, part) for one in found] for part in ("p", "low", "high")}
        frames.append(pd.DataFrame({"day": looks, "cause": name} | bounds | {"at_risk": at_risk}))
    return pd.concat(frames, ignore_index=True)


@checked
def endings(outcomes: Outcomes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
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


@checked
def cumulative_incidence(outcomes: Outcomes, days: Sequence[float] | None = None) -> pd.DataFrame:
    """Share of the runs that have closed, or failed of each cause, by each day, with intervals of 95 %.

    Runs are followed to their end, so that nothing is censored: each share is a plain one, its interval is Wilson's,
    and counts worlds where these were drawn.

    Parameters
    ----------
    outcomes
        Runs of :func:`abm.simulate`, rows kept.
    days
        Days to look at [days after as_of], ascending; default: every end of a week, and the deadlines.

    Returns
    -------
    DataFrame
        Columns of :func:`cumulative_shares` and ``date``; ``closed`` first, then the causes that occurred, the most
        frequent first. ``attrs`` holds ``runs`` and ``seed``.

    Examples
    --------
    >>> import abm
    >>> frame = cumulative_incidence(abm.simulate("three-investors", runs=100, seed=1, workers=1))
    >>> frame.query("day == 156")[["cause", "p"]].to_numpy().tolist()[0]
    ['closed', 0.27]
    """
    ended, causes = endings(outcomes)
    found = np.bincount(causes, minlength=len(CAUSES))
    order = [0, *(int(k) for k in np.argsort(-found, kind="stable") if k and found[k])]
    rank = np.zeros(len(CAUSES), np.int64)
    rank[order] = np.arange(len(order))
    labels = [CAUSES[k] or CLOSED for k in order]
    shown = _week_ends(outcomes) if days is None else days
    frame = cumulative_shares(ended, rank[causes], labels, shown, outcomes.drawn_runs)
    frame.insert(1, "date", _dates(outcomes, frame["day"]))
    frame.attrs = {"runs": outcomes.runs, "seed": outcomes.seed}
    return frame


def _ranks(
    days: NDArray[np.float64], shares: NDArray[np.float64], outcomes: Outcomes
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks of days between which their quantiles lie, over as many runs as they are worth."""
    runs = len(days)
    if not outcomes.drawn or runs == 0:
        return quantile_ranks(runs, shares)
    drawn, bounds = outcomes.batch.rows["run"][outcomes.batch.rows["closed"]], []
    for share, day in zip(shares, np.quantile(days, shares, method="inverted_cdf"), strict=True):
        worth = max(1, int(runs * worth_of_each(days <= day, drawn)))
        (low,), (high,) = quantile_ranks(worth, np.array([share]))
        bounds.append((low * runs // worth, min(-(-high * runs // worth), runs + 1)))
    lows, highs = np.array(bounds, np.int64).T
    return lows, highs


def _week_ends(outcomes: Outcomes) -> list[float]:
    """Ends of weeks until the last round is over, and the deadlines."""
    last = [_last_day(outcomes, extended=extended) for extended in np.unique(outcomes.batch.rows["extended"]).tolist()]
    return sorted({*(float(day) for day in range(0, int(max(last)) + 1, 7)), *last})


def _dates(outcomes: Outcomes, days: pd.Series[float]) -> pd.DatetimeIndex:
    """Dates of days; NaT where there is none."""
    import pandas as pd

    return pd.Timestamp(outcomes.scenario.as_of) + pd.to_timedelta(np.floor(days), unit="D")


@checked
def time_to_close(outcomes: Outcomes, quantiles: Sequence[float] = _QUANTILES) -> pd.DataFrame:
    """Quantiles of the day of closing, among the runs that close, with intervals of 95 % that presume no law.

    Each interval runs between two of the observed days: the number of runs below a quantile is binomial. As rounds
    close at the ends of weeks, it holds the quantile in 95 % of all samples or more. Where so few runs close that no
    observed day will do, it runs to as_of or to the last day on which the round may be open. Over worlds, it counts as
    many runs as those before the quantile are worth.

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
        :func:`cumulative_incidence`.

    Raises
    ------
    ValueError
        Where a quantile does not lie between 0 and 1.

    Examples
    --------
    >>> import abm
    >>> frame = time_to_close(abm.simulate("three-investors", runs=400, seed=1, workers=1), [0.5])
    >>> frame[["quantile", "runs"]].to_numpy().tolist()
    [[0.5, 115.0]]
    """
    import pandas as pd

    share = np.asarray(quantiles, np.float64)
    if not ((share > 0) & (share < 1)).all():
        raise ValueError(f"expected quantiles between 0 and 1, got {share.tolist()}")
    rows = outcomes.batch.rows
    days = np.sort(rows["closed_day"][rows["closed"]])
    runs, last = len(days), _last_day(outcomes, extended=float(outcomes.scenario.round.extension_probability) > 0)
    padded = np.concatenate([[0.0], days, [last]])
    low, high = _ranks(rows["closed_day"][rows["closed"]], share, outcomes)
    # rounded first: 0.07 times 100 is a little more than 7, and would be the 8th
    ranks = {"day": np.ceil(np.round(runs * share, 9)).astype(np.int64), "low_day": low, "high_day": high}
    columns = {name: padded[rank] for name, rank in ranks.items()}
    columns["day"] = columns["day"] if runs else np.full(len(share), np.nan)
    frame = pd.DataFrame({"quantile": share} | columns)
    for name, column in (("date", "day"), ("low", "low_day"), ("high", "high_day")):
        frame[name] = _dates(outcomes, frame[column])
    frame["runs"] = runs
    frame.attrs = {"runs": outcomes.runs, "seed": outcomes.seed}
    return frame


__getattr__ = renamed(__name__, {"incidence": "cumulative_incidence"})
