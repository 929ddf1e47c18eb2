"""Fan: a weekly path over many runs, as its median and two bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from abm.plots.frames import QUANTILES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from abm.plots.theme import Dates


_HALF, _TENTHS = 0.30, 0.15  # how strong the bands are


def fan(frame: pd.DataFrame, ax: Axes, dates: Dates, colour: str, label: str, steps: bool = False) -> Axes:
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
    steps
        Whether it holds from date to date and then jumps, as money does that comes in closings.

    Returns
    -------
    Axes
        ``ax``.
    """
    low, quarter, middle, three, high = (frame.quantile(q).to_numpy() for q in QUANTILES)
    step: Literal["post"] | None = "post" if steps else None
    ax.fill_between(dates, low, high, color=colour, alpha=_TENTHS, linewidth=0, step=step)
    ax.fill_between(dates, quarter, three, color=colour, alpha=_HALF, linewidth=0, step=step)
    ax.plot(dates, middle, color=colour, linewidth=1.8, label=label, drawstyle="steps-post" if steps else "default")
    return ax


def bands(colour: str) -> list[Patch]:
    """What stands for both bands in a legend: the middle half of the runs, and nine tenths of them."""
    from matplotlib.patches import Patch

    return [Patch(color=colour, alpha=alpha, linewidth=0) for alpha in (_HALF + _TENTHS, _TENTHS)]
