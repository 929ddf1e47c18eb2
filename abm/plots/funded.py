"""Funded: the distribution of the money paid by the deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.plots.theme import BLUE, GREY, INK

if TYPE_CHECKING:
    import pandas as pd


def funded(frame: pd.DataFrame, ax: Any, target_bn: float) -> Any:
    """Draw how often each amount is paid; runs that reach the target stand out.

    Parameters
    ----------
    frame
        Outcomes, one row a run, with ``funded_bn`` [USD billion] and ``closed``.
    ax
        Axes to draw on.
    target_bn
        Money wanted [USD billion].

    Returns
    -------
    Axes
        ``ax``.
    """
    import numpy as np

    most = max(target_bn, float(frame["funded_bn"].max()))
    edges = np.linspace(0, most * (1 + 1e-9), 41)
    share = np.full(len(frame), 100.0 / len(frame))
    for closed, colour, label in ((False, GREY, "target missed"), (True, BLUE, "target reached")):
        mine = (frame["closed"] == closed).to_numpy()
        words = f"{label}: {mine.mean():.1%} of runs"
        ax.hist(frame.loc[mine, "funded_bn"], edges, weights=share[mine], color=colour, label=words, rwidth=0.92)
    ax.axvline(target_bn, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    top = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "fontsize": 8, "ha": "right"}
    ax.annotate(f"target {target_bn:g}", (target_bn, 1), (-4, -9), **top)
    ax.set_xlim(0, most * 1.02)
    ax.set_xlabel("new money paid by the deadline [USD billion]")
    ax.set_ylabel("share of runs [%]")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=2, fontsize=7.5)
    return ax
