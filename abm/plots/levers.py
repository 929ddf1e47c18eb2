"""Levers: what each gains and costs, and what is lost by not having pulled the best one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.plots.sweeps import tornado
from abm.plots.theme import GREY, INK, RED, fill

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_DARK = 0.55  # share of the scale above which letters are white
_SHORT = {"consent": "a consent", "doubling": "the pace"}  # what is no amount
_WIDTH = 50  # letters of a line of a label


def gains(frame: pd.DataFrame, ax: Axes, most: int = 10) -> Axes:
    """Draw what each lever gains in probability, the largest first, with its 95 % interval and what it costs.

    Parameters
    ----------
    frame
        One row a lever: ``words``, ``change``, ``low``, ``high`` [-], ``cost``, ``cost_unit``, as
        :func:`abm.analysis.gains.measure_gains` returns them; refused ones (NaN) are left out.
    ax
        Axes to draw on.
    most
        How many are shown [-].

    Returns
    -------
    Axes
        ``ax``.
    """
    known = frame.dropna(subset=["change"])
    shown = known.reindex(known["change"].abs().sort_values(ascending=False, kind="stable").index).head(most)
    tornado(shown.assign(words=[_wrapped(words) for words in shown["words"]]), ax, "gain in P(closed) [points]")
    ax.tick_params(axis="y", labelsize=7)
    ax.spines["left"].set_visible(False)
    for row, (cost, unit) in enumerate(zip(shown["cost"], shown["cost_unit"], strict=True)):
        if np.isfinite(cost):
            ax.text(1.01, row, _stake(cost, unit), transform=ax.get_yaxis_transform(), va="center", fontsize=7,
                    color=INK)  # fmt: skip
    ax.text(1.01, 1.01, "at stake", transform=ax.transAxes, fontsize=7, color=GREY)
    return ax


def regrets(frame: pd.DataFrame, ax: Axes, choice: str | None = None, words: dict[str, str] | None = None) -> Axes:
    """Draw the regret of each lever in each scenario; the largest of each row is bold, the minimax choice framed.

    Parameters
    ----------
    frame
        Regret [-]: a row a lever, a column a scenario, as in :class:`abm.analysis.regret.Regret`.
    ax
        Axes to draw on.
    choice
        Lever that is framed; None: no one.
    words
        What each lever does, by id; default: its id.

    Returns
    -------
    Axes
        ``ax``.
    """
    ranked = frame.reindex(frame.max(axis=1).sort_values(kind="stable").index)
    shown = 100 * ranked.to_numpy(float)
    most = max(1.0, float(shown.max()))
    image = ax.imshow(shown, cmap="Oranges", vmin=0, vmax=most, aspect="auto")
    for row, column in np.ndindex(*shown.shape):
        value = shown[row, column]
        weight = "bold" if value == shown[row].max() else "normal"
        colour = "white" if value > _DARK * most else INK
        ax.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=8, color=colour, fontweight=weight)
    if choice is not None:
        row = list(ranked.index).index(choice)
        ends = np.array([-0.5, shown.shape[1] - 0.5])
        ax.fill_between(ends, row - 0.5, row + 0.5, facecolor="none", edgecolor=RED, linewidth=2.2, clip_on=False)
    names = [_wrapped((words or {}).get(str(name), str(name))) for name in ranked.index]
    ax.set_yticks(range(len(names)), names, fontsize=7.5)
    ax.set_xticks(range(shown.shape[1]), [fill(str(name), 18) for name in ranked.columns], fontsize=7.5)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.figure.colorbar(image, ax=ax, label="regret in P(closed) [points]", shrink=0.9)
    return ax


def _stake(cost: float, unit: str) -> str:
    """What a lever costs or risks, short."""
    return _SHORT.get(unit, f"{cost:.3g} {unit}".replace(" USD billion", " USD bn"))


def _wrapped(words: str) -> str:
    return fill(words, _WIDTH)
