"""Waiting: who waits for whom, as boxes and arrows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from abm.plots.theme import BLUE, GREEN, GREY, INK, RED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_LETTERS = 24  # of a line


def waiting(frame: pd.DataFrame, ax: Axes, nodes: pd.DataFrame) -> Axes:
    """Draw who waits for whom: an arrow from the one who waits; what is not there is red, what is there green.

    Parameters
    ----------
    frame
        One row an arrow: ``source``, ``target``, ``words``, ``met`` (whether it is there).
    ax
        Axes to draw on.
    nodes
        One row a box: ``id``, ``words``, ``column`` (0 is left), ``met`` (None where nothing can be said).

    Returns
    -------
    Axes
        ``ax``.
    """
    positions, boxes = _positions(nodes), {}
    rows: list[Any] = list(nodes.itertuples())
    for row in rows:
        edge = GREY if row.met is None else GREEN if row.met else RED
        style = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": edge, "linewidth": 1.4}
        text = textwrap.fill(str(row.words), _LETTERS)
        boxes[row.id] = ax.text(*positions[row.id], text, ha="center", va="center", fontsize=7.5, color=INK, bbox=style)
    arrows: list[Any] = list(frame.itertuples())
    for number, row in enumerate(arrows):
        start, end = positions[row.source], positions[row.target]
        bend = -0.5 if start[0] == end[0] else 0.1
        ends = {"patchA": boxes[row.source].get_bbox_patch(), "patchB": boxes[row.target].get_bbox_patch()}
        style = {"arrowstyle": "-|>", "color": GREEN if row.met else RED, "linewidth": 1.1, "shrinkA": 3, "shrinkB": 3}
        ax.annotate("", end, start, arrowprops=style | ends | {"connectionstyle": f"arc3,rad={bend}"})
        share = 0.42 + 0.08 * (number % 3)
        x, y = (begin + share * (stop - begin) for begin, stop in zip(start, end, strict=True))
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
        text = textwrap.fill(row.words, _LETTERS)
        ax.text(x + (0.2 if bend < 0 else 0.0), y, text, fontsize=6.2, color=INK, ha="center", va="center", bbox=behind)
    columns = [x for x, _ in positions.values()] or [0]
    ax.set_xlim(min(columns) - 0.32, max(columns) + 0.42)
    ax.set_ylim(-0.08, 1.08)
    ax.set_axis_off()
    ax.legend(handles=_legend(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, fontsize=7.5)
    return ax


def _positions(nodes: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Columns from left to right, each spread over the height."""
    positions = {}
    for x, column in enumerate(sorted(nodes["column"].unique())):
        part = nodes[nodes["column"] == column]
        for row, node in enumerate(part["id"]):
            positions[node] = (float(x), 1.0 - (row + 0.5) / len(part))
    return positions


def _legend() -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=RED, label="was not there"),
        Line2D([], [], color=GREEN, label="was there"),
        Line2D([], [], color=BLUE, alpha=0, label="an arrow starts at the one who waits"),
    ]
