"""Incidence: how closing and each cause of failure gather until a round is over, one upon another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, RED, Date, fill

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

# The rest of Okabe and Ito's palette: there are seven causes.
_COLOURS = (BLUE, RED, ORANGE, GREY, "#CC79A7", "#F0E442", GREEN, "#56B4E9")
_LETTERS = 34  # of a line of the legend
_MARGIN = 0.03  # share of the time that is shown after the last day


def incidence(
    frame: pd.DataFrame, ax: Axes, words: Mapping[str, str] | None = None, days: Mapping[str, Date] | None = None
) -> Axes:
    """Draw the shares of runs that have closed, or failed of each cause, by each day, one upon another.

    Parameters
    ----------
    frame
        One row a cause and day, the cause at the bottom first: ``date``, ``cause``, ``p``, ``low``, ``high`` [-], as
        :func:`abm.analysis.incidence.cumulative_incidence` returns them. What is left is still open.
    ax
        Axes to draw on. The legend stands to their right.
    words
        What a cause is called; default: its own name.
    days
        Dates that are marked, by what they are called, such as ``deadline``; or None.

    Returns
    -------
    Axes
        ``ax``.
    """
    import pandas as pd

    edge = frame["date"].max() + _MARGIN * (frame["date"].max() - frame["date"].min())
    bottom: float | np.ndarray[Any, Any] = 0.0
    for number, (cause, part) in enumerate(frame.groupby("cause", sort=False)):
        held = pd.concat([part, part.tail(1).assign(date=edge)])  # what happens on the last day is seen
        dates, top = held["date"].to_numpy(), bottom + 100 * held["p"].to_numpy()
        label = _label((words or {}).get(str(cause), str(cause)), part.iloc[-1])
        colour = _COLOURS[number % len(_COLOURS)]
        ax.fill_between(dates, bottom, top, step="post", color=colour, alpha=0.85, linewidth=0, label=label)
        if number == 0:
            for name in ("low", "high"):
                ends: dict[str, Any] = {"color": INK, "linewidth": 0.8, "linestyle": (0, (3, 2)), "zorder": 3}
                ax.step(dates, 100 * held[name], where="post", **ends)
        bottom = top
    ax.set_xlim(frame["date"].min(), edge)
    _frame_of(ax, days or {})
    handles, labels = ax.get_legend_handles_labels()
    style = {"fontsize": 7.5, "labelspacing": 0.9, "title_fontsize": 7.5, "alignment": "left"}
    title = fill("in the end, with 95 % interval", _LETTERS)
    ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), title=title, **style)
    return ax


def _label(words: str, last: pd.Series[Any]) -> str:
    """What a cause is called, above its final share with its interval."""
    share = f"{100 * last['p']:.1f} % ({100 * last['low']:.1f} to {100 * last['high']:.1f})"
    return f"{fill(words, _LETTERS)}\n{share}"


def _frame_of(ax: Axes, days: Mapping[str, Date]) -> None:
    """Set up the axes, with the days that matter."""
    from abm.plots.date_axis import mark_dates

    for name, day in days.items():
        ax.axvline(day, color=INK, linewidth=0.9)
        ax.annotate(name, (day, 100), (-4, -10), textcoords="offset points", fontsize=8, ha="right")
    ax.set_ylim(0, 100)
    ax.set_ylabel("share of all runs [%]")
    mark_dates(ax.xaxis)
