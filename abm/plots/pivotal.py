"""Pivotal: whose part it is when a round closes, and who needs whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from abm.plots.theme import BLUE, GREEN, INK, ORANGE, RED, fill

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

_LONGEST = 38  # letters of a line of a name


def shares(frame: pd.DataFrame, ax: Axes, most: int = 14) -> Axes:
    """Draw Shapley values as bars with intervals, with leave-one-out and bind-one as marks.

    Parameters
    ----------
    frame
        From :class:`abm.analysis.pivotal.Pivotal`: ``name``, ``shapley``, ``low``, ``high``, ``leave_out``, ``bind``.
    ax
        Axes to draw on.
    most
        Players that are shown, the largest first.

    Returns
    -------
    Axes
        ``ax``.
    """
    top = frame.head(most)
    rows = np.arange(len(top))
    value, low, high = (100 * top[name].to_numpy() for name in ("shapley", "low", "high"))
    ax.barh(rows, value, color=BLUE, alpha=0.85, height=0.6, label="Shapley value, 95\N{NO-BREAK SPACE}% interval")
    ax.errorbar(value, rows, xerr=[value - low, high - value], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    ax.plot(100 * top["leave_out"], rows, "D", color=RED, markersize=4, label="lost if it alone stays away")
    ax.plot(100 * top["bind"], rows, "o", color=GREEN, markersize=4, label="gained if it alone is certain")
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(rows, [fill(name, _LONGEST) for name in top["name"]], fontsize=7.5)
    ax.invert_yaxis()
    ax.set_xlabel("probability of closing [points]")
    ax.grid(visible=False, axis="y")
    ax.figure.legend(
        fontsize=7.5, loc="outside upper right", ncols=2, columnspacing=1.0
    )  # beside the bars there may be no room
    return ax


def together(frame: pd.DataFrame, ax: Axes, names: Mapping[str, str]) -> Axes:
    """Draw who needs whom (blue) and who stands in for whom (orange), a cell a pair.

    Parameters
    ----------
    frame
        From :func:`abm.analysis.pivotal.pairs`: ``first``, ``second``, ``together`` [-].
    ax
        Axes to draw on.
    names
        What each path is called.

    Returns
    -------
    Axes
        ``ax``.
    """
    order = list(dict.fromkeys([*frame["first"], *frame["second"]]))
    size = len(order)
    limit = max(1e-9, float(frame["together"].abs().max()))
    for row in frame.to_dict("records"):
        x, y = order.index(row["first"]), order.index(row["second"])
        strength = abs(row["together"]) / limit
        colour = BLUE if row["together"] >= 0 else ORANGE
        ax.add_patch(_cell(x, y, colour, strength))
        words = f"{100 * row['together']:+.1f}"
        ax.text(x, y, words, ha="center", va="center", fontsize=8, color="white" if strength > 0.6 else INK)  # noqa: PLR2004
    ax.set_xlim(-0.5, size - 1.5)
    ax.set_ylim(size - 0.5, 0.5)
    called = [names.get(player, player) for player in order]
    ax.set_xticks(range(size - 1), [fill(name, 22) for name in called[:-1]], rotation=25, ha="right")
    ax.set_yticks(range(1, size), [fill(name, 30) for name in called[1:]])
    ax.tick_params(labelsize=7.5)
    ax.grid(visible=False)
    return ax


def _cell(x: float, y: float, colour: str, strength: float) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=colour, alpha=0.12 + 0.88 * strength, linewidth=0)
