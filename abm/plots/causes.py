"""Causes: how often a round closes, and how often it fails of each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abm.plots.theme import BLUE, INK, RED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def causes(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of runs that close, and that fail of each cause, with 95 % intervals.

    Parameters
    ----------
    frame
        One row an outcome, in order: ``words``, ``p``, ``low``, ``high`` [shares of all runs], ``closed``.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        ``ax``.
    """
    rows = range(len(frame))
    colours = [BLUE if closed else RED for closed in frame["closed"]]
    p, low, high = (100 * frame[name] for name in ("p", "low", "high"))
    ax.barh(rows, p, color=colours, alpha=0.85, height=0.62)
    ax.errorbar(p, rows, xerr=[p - low, high - p], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    for row in rows:
        end = (high.iloc[row], row)
        ax.annotate(f"{p.iloc[row]:.1f} %", end, (5, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(list(rows), frame["words"])
    ax.invert_yaxis()
    ax.set_xlim(0, min(115.0, float(high.max()) * 1.18 + 4))
    ax.set_xlabel("share of all runs [%], with 95 % interval")
    ax.grid(visible=False, axis="y")
    return ax
