"""Incidence: how the ends of a round come about over time, one on top of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, RED

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

_COLOURS = (RED, ORANGE, GREY, "#CC79A7", "#F0E442", GREEN, "#56B4E9")


def incidence(frame: pd.DataFrame, ax: Any, words: Mapping[str, str], start: dt.date, deadline: dt.date) -> Any:
    """Draw the share of the runs that have closed, and above it those that have failed, by first cause.

    Parameters
    ----------
    frame
        From :func:`abm.analysis.incidence.incidence`: ``date``, ``cause``, ``p``.
    ax
        Axes to draw on.
    words
        What each cause is called.
    start, deadline
        First day, and the day that is marked.

    Returns
    -------
    Axes
        ``ax``.
    """
    import numpy as np

    table = frame.pivot_table(index="date", columns="cause", values="p").ffill().fillna(0.0)
    final = table.iloc[-1].drop("closed", errors="ignore").sort_values(ascending=False)
    order = [*(["closed"] if "closed" in table else []), *final.index]
    after = table.index[-1] + (table.index[-1] - start) / 25  # so that the last step can be seen
    dates, floor = [start, *table.index, after], np.zeros(len(table) + 2)
    for place, cause in enumerate(order):
        colour = BLUE if cause == "closed" else _COLOURS[(place - ("closed" in order)) % len(_COLOURS)]
        top = floor + 100 * np.concatenate([[0.0], table[cause], table[cause].iloc[-1:]])
        label = f"{words.get(cause, cause)}: {100 * table[cause].iloc[-1]:.1f} %"
        ax.fill_between(dates, floor, top, step="post", color=colour, alpha=0.85, linewidth=0, label=label)
        floor = top
    ax.axvline(deadline, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.annotate("deadline", (deadline, 100), (-4, -9), textcoords="offset points", fontsize=8, ha="right")
    ax.set_xlim(start, dates[-1])
    ax.set_ylim(0, 100)
    ax.set_ylabel("share of all runs [%]")
    ax.tick_params(axis="x", labelrotation=0, labelsize=8)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles[::-1], labels[::-1], loc="center left", fontsize=8, frameon=True, framealpha=0.85, edgecolor="none"
    )
    return ax
