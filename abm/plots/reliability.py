"""Reliability: forecasts of real rounds beside how often such rounds closed in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.plots.theme import BLUE, GREY, INK, new_figure, sign, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def reliability(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw how often rounds closed in full over what was forecast, with 95 % intervals.

    Parameters
    ----------
    frame
        One row a group of like forecasts: ``mean``, ``happened``, ``low``, ``high`` [-] and ``n``, as
        :meth:`abm.history.Backtest.calibration` returns them.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        ``ax``.
    """
    below, above = frame["happened"] - frame["low"], frame["high"] - frame["happened"]
    ax.axline((0, 0), slope=1, color=GREY, linewidth=1, linestyle="--")
    ax.errorbar(frame["mean"], frame["happened"], yerr=np.clip([below, above], 0, None), fmt="o", color=BLUE, capsize=3)
    for row in frame.itertuples():
        ax.annotate(str(row.n), (row.mean, row.happened), (5, 5), textcoords="offset points", fontsize=7, color=INK)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="forecast chance to close in full [-]", ylabel="closed in full [-]")
    ax.set_aspect("equal")
    return ax


def reliability_figure(frame: pd.DataFrame, source: str) -> Figure:
    """A whole figure of :func:`reliability`, signed with what it was drawn from."""
    with styled():
        figure, ax = new_figure()
        reliability(frame, ax)
        ax.set_title("Forecasts of real rounds, and what came")
        sign(figure, source)
    return figure
