"""Payers: who pays how much, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abm.plots.theme import BLUE, INK, ORANGE, short_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def money(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw what each investor pays on average.

    Parameters
    ----------
    frame
        One row an investor, the largest first: ``name``, ``mean_bn`` [USD billion], ``p``, ``low``, ``high`` [-].
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        ``ax``.
    """
    rows = range(len(frame))
    ax.barh(rows, frame["mean_bn"], color=BLUE, alpha=0.85, height=0.65)
    for row, mean in zip(rows, frame["mean_bn"], strict=True):
        ax.annotate(f"{mean:.2f}" if mean < 1 else f"{mean:.1f}", (mean, row), (3, 0), textcoords="offset points",
                    va="center", fontsize=7)  # fmt: skip
    ax.set_yticks(list(rows), frame["name"].map(short_name), fontsize=7.5)
    ax.invert_yaxis()
    ax.set_xlim(0, float(frame["mean_bn"].max()) * 1.15 + 1e-9)  # an axis needs a length, also where nobody pays
    ax.set_xlabel("paid on average [USD billion]")
    ax.grid(visible=False, axis="y")
    return ax


def frequency(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw in what share of the runs each investor pays, with 95 % intervals.

    Parameters
    ----------
    frame, ax
        As for :func:`money`.

    Returns
    -------
    Axes
        ``ax``.
    """
    rows = range(len(frame))
    p, low, high = (100 * frame[name] for name in ("p", "low", "high"))
    ax.errorbar(p, rows, xerr=[p - low, high - p], fmt="o", color=ORANGE, ecolor=INK, markersize=4, elinewidth=0.9)
    ax.set_xlim(-3, 103)
    ax.set_xlabel("pays in [% of runs]")
    ax.grid(visible=False, axis="y")
    return ax
