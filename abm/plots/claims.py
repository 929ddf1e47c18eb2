"""Claims: what models gave to what people said would happen, and whether it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLOURS = (ORANGE, BLUE, GREEN)
_LONGEST = 40  # letters of a line
_CAME = {True: "came", False: "did not come"}


def claims(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a row a claim, with a point for the chance that each model gave to it.

    Parameters
    ----------
    frame
        ``claim``, ``came`` (True, False, or None while it is open), and a column of chances for each model [-].
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        The same.
    """
    from textwrap import fill

    rows = range(len(frame))
    for name, colour in zip([one for one in frame.columns if one not in ("claim", "came")], _COLOURS, strict=False):
        ax.scatter(frame[name].astype(float), rows, color=colour, label=name, s=46, zorder=3)
    for row, came in zip(rows, frame["came"], strict=True):
        said = "open" if came is None else _CAME[bool(came)]
        ax.annotate(said, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=8)
        ax.axhline(row, color=GREY, linewidth=0.5, alpha=0.5, zorder=1)
    ax.set(xlim=(-0.03, 1.03), xlabel="chance that a model gave to the claim", ylabel="")
    ax.set_yticks(list(rows), [fill(claim, _LONGEST) for claim in frame["claim"]], fontsize=8)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False)
    return ax
