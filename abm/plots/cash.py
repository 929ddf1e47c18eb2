"""Cash: what the company has left, and how often it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abm.plots.fan import bands, fan
from abm.plots.theme import GREEN, RED, Dates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def cash(frame: pd.DataFrame, ax: Axes, dates: Dates) -> Axes:
    """Draw cash over the weeks as a fan.

    Parameters
    ----------
    frame
        Cash [USD billion], one row a run, one column a week; negative from the default on.
    ax
        Axes to draw on.
    dates
        Date of each week's end.

    Returns
    -------
    Axes
        ``ax``.
    """
    from abm.plots.date_axis import mark_dates

    fan(frame.clip(lower=0), ax, dates, GREEN, "cash, median")
    ax.set_ylim(bottom=0)
    ax.set_xlim(dates[0], dates[-1])
    ax.set_ylabel("cash [USD billion]")
    mark_dates(ax.xaxis)
    lines, names = ax.get_legend_handles_labels()
    ax.legend([*lines, *bands(GREEN)], [*names, "half of the runs", "nine in ten"], loc="upper right", fontsize=8)
    return ax


def defaults(frame: pd.DataFrame, ax: Axes, dates: Dates) -> Axes:
    """Draw the share of runs in which the company has defaulted so far.

    Parameters
    ----------
    frame, ax, dates
        As for :func:`cash`.

    Returns
    -------
    Axes
        ``ax``.
    """
    gone = 100 * (frame < 0).mean().to_numpy()
    ax.fill_between(dates, gone, color=RED, alpha=0.35, step="post", linewidth=0)
    ax.step(dates, gone, color=RED, where="post", linewidth=1.4)
    ax.annotate(f"{gone[-1]:.0f} %", (dates[-1], gone[-1]), (-3, 3), textcoords="offset points", ha="right", fontsize=8)
    ax.set_ylim(0, 105)
    ax.set_yticks([0, 50, 100])
    ax.set_ylabel("in default\n[% of runs]")
    return ax
