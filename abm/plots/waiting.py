"""Waiting: who waits for what, as boxes and arrows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from abm.plots.theme import GREEN, INK, RED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_LETTERS = 28  # of a line
_LEFT, _RIGHT = 0.43, 0.57  # where the boxes of the columns end and begin, as shares of the width


def waiting(frame: pd.DataFrame, ax: Axes, nodes: pd.DataFrame) -> Axes:
    """Draw who waits for what: arrows from the left to the right; what is not there is red, what is there green.

    Parameters
    ----------
    frame
        One row an arrow: ``source``, ``target``, ``met`` (whether it is there).
    ax
        Axes to draw on.
    nodes
        One row a box: ``id``, ``words``, ``column`` (0 is left, 1 is right), ``met``.

    Returns
    -------
    Axes
        ``ax``.
    """
    heights, boxes = _heights(frame, nodes), {}
    rows: list[Any] = list(nodes.itertuples())
    for row in rows:
        x, side = (_RIGHT, "left") if row.column else (_LEFT, "right")
        edge = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": _colour(row.met), "linewidth": 1.4}
        text = textwrap.fill(str(row.words), _LETTERS)
        boxes[row.id] = ax.text(x, heights[row.id], text, ha=side, va="center", fontsize=7.5, color=INK, bbox=edge)
    arrows: list[Any] = list(frame.itertuples())
    for row in arrows:
        style = {"arrowstyle": "-|>", "color": _colour(row.met), "linewidth": 1.1, "shrinkA": 5, "shrinkB": 5}
        ax.annotate("", (_RIGHT, heights[row.target]), (_LEFT, heights[row.source]), arrowprops=style)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_axis_off()
    for x, side, head in ((_LEFT, "right", "who waits"), (_RIGHT, "left", "for what")):
        ax.text(x, 1.0, head, ha=side, va="bottom", fontsize=8, fontweight="bold", color=INK)
    ax.legend(handles=_legend(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, fontsize=7.5)
    return ax


def _colour(met: bool) -> str:
    return GREEN if met else RED


def _heights(frame: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, float]:
    """Both columns spread over the height; what is waited for stands level with those who wait for it."""
    heights: dict[str, float] = {}
    for column in (0, 1):
        ids = nodes.loc[nodes["column"] == column, "id"].tolist()
        if column:
            asking = frame["source"].map(heights).groupby(frame["target"]).mean()
            ids.sort(key=lambda name: -asking.get(name, 0.0))
        heights |= {name: 1.0 - (row + 0.5) / len(ids) for row, name in enumerate(ids)}
    return heights


def _legend() -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=RED, label="was not there"), Line2D([], [], color=GREEN, label="was there")]
