"""Fan: a weekly path over many runs, as its median and two bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from abm.plots.theme import Dates


def fan(frame: pd.DataFrame, ax: Axes, dates: Dates, colour: str, label: str) -> Axes:
    """Draw the median of the runs, the middle half, and nine tenths of them.

    Parameters
    ----------
    frame
        One row a run, one column a week.
    ax
        Axes to draw on.
    dates
        Of the ends of the weeks, as many as columns.
    colour, label
        Of the median.

    Returns
    -------
    Axes
        ``ax``.
    """
    low, quarter, middle, three, high = (frame.quantile(q).to_numpy() for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    ax.fill_between(dates, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.fill_between(dates, quarter, three, color=colour, alpha=0.30, linewidth=0)
    ax.plot(dates, middle, color=colour, linewidth=1.8, label=label)
    return ax
