"""Book: money committed and paid over the weeks, with the days that matter and the consents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from abm.core.plain import plain
from abm.plots.fan import bands, fan
from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, Date, Dates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MONTHLY = 400  # days that are shown with a mark every month


def book(
    committed: pd.DataFrame, paid: pd.DataFrame, ax: Axes, dates: Dates, target_bn: float, days: Mapping[str, Date]
) -> Axes:
    """Draw the book as two fans, the target, and the days that matter.

    Parameters
    ----------
    committed, paid
        USD billion, one row a run, one column a week.
    ax
        Axes to draw on.
    dates
        Date of each week's end.
    target_bn
        Money wanted [USD billion].
    days
        Dates that are marked, by what they are called, such as ``deadline``.

    Returns
    -------
    Axes
        ``ax``.
    """
    from matplotlib.dates import MonthLocator

    from abm.plots.date_axis import mark_dates

    fan(committed, ax, dates, ORANGE, "committed, median", steps=True)
    fan(paid, ax, dates, BLUE, "paid, median", steps=True)
    ax.axhline(target_bn, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.annotate(f"target {plain(target_bn)}", (dates[0], target_bn), (2, 3), textcoords="offset points", fontsize=8)
    for name, day in days.items():
        ax.axvline(day, color=INK, linewidth=0.9)
        late = day - dates[0] > 0.8 * (dates[-1] - dates[0])  # its words stand before it, where there is room
        offset, side = ((-3, 4), "right") if late and len(days) > 1 else ((3, 4), "left")
        ax.annotate(name, (day, 0), offset, textcoords="offset points", fontsize=8, ha=side)
    ax.set_ylim(0, max(target_bn, float(committed.quantile(0.95).max())) * 1.12)
    ax.set_xlim(dates[0], dates[-1])
    ax.set_ylabel("new money [USD billion]")
    mark_dates(ax.xaxis, MonthLocator(interval=1 + (dates[-1] - dates[0]).days // _MONTHLY))  # type: ignore[no-untyped-call]
    lines, names = ax.get_legend_handles_labels()
    named = [*names, "half of the runs", "nine in ten"]
    ax.figure.legend([*lines, *bands(GREY)], named, loc="outside upper right", ncols=2, fontsize=7.5)
    return ax


def consents(
    days: pd.DataFrame, ax: Axes, names: list[str], as_of: Date, window_days: float, by: str = "by the deadline"
) -> Axes:
    """Draw when each consent comes into force: the middle half of the runs that get it, the median, and its share.

    Parameters
    ----------
    days
        Day in force after as_of, one row a run, one column a gatekeeper; NaN where it never came.
    ax
        Axes to draw on, sharing its dates with the book.
    names
        Names of the gatekeepers.
    as_of
        Date of day 0.
    window_days
        Days to the last day of the round.
    by
        What that day is called after a verb.

    Returns
    -------
    Axes
        ``ax``.
    """
    for row, name in enumerate(names):
        came = days.iloc[:, row].dropna()
        in_time = float((days.iloc[:, row] <= window_days).mean())
        if len(came):
            first, middle, last = (as_of + dt.timedelta(days=float(came.quantile(q))) for q in (0.25, 0.5, 0.75))
            ax.plot([first, last], [row, row], color=GREEN, alpha=0.35, linewidth=6, solid_capstyle="butt")
            ax.plot([middle], [row], marker="|", markersize=9, markeredgewidth=2, color=GREEN)
        label = f"{name}: in force {by} in {in_time:.0%} of runs"
        corner = ("axes fraction", "data")
        words = ax.annotate(label, (0.005, row), (0, 6), xycoords=corner, textcoords="offset points", fontsize=7)
        words.set_in_layout(False)  # a long name takes no room from the axes
    ax.set_ylim(len(names) - 0.6, -0.9)
    ax.set_yticks([])
    ax.set_xlabel("bars: the middle half of the days on which it comes; mark: the median", fontsize=7)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_color(GREY)
    return ax
