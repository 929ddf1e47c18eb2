"""Funded: the distribution of the money that is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abm.core.plain import plain
from abm.plots.frames import money_edges
from abm.plots.theme import BLUE, GREY, INK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def funded(frame: pd.DataFrame, ax: Axes, target_bn: float, by: str = "by the deadline") -> Axes:
    """Draw how often each amount is paid; runs that reach the target stand out.

    Parameters
    ----------
    frame
        Outcomes, one row a run, with ``funded_bn`` [USD billion] and ``closed``.
    ax
        Axes to draw on.
    target_bn
        Money wanted [USD billion].
    by
        What the last day of the round is called after a verb.

    Returns
    -------
    Axes
        ``ax``.
    """
    import numpy as np

    most = max(target_bn, float(frame["funded_bn"].max()))
    edges = money_edges(most)
    share = np.full(len(frame), 100.0 / len(frame))
    for closed, colour, label in ((False, GREY, "target missed"), (True, BLUE, "target reached")):
        alike = (frame["closed"] == closed).to_numpy()
        words = f"{label}: {alike.mean():.1%} of runs"
        ax.hist(frame.loc[alike, "funded_bn"], edges, weights=share[alike], color=colour, label=words, rwidth=0.92)
    ax.axvline(target_bn, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.annotate(f"target {plain(target_bn)}", (target_bn, 1), (-4, -9), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=8, ha="right")  # fmt: skip
    ax.set_xlim(0, most * 1.02)
    ax.set_xlabel(f"new money paid {by} [USD billion]")
    ax.set_ylabel("share of runs [%]")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=2, fontsize=7.5)
    return ax
