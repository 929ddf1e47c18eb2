"""Drivers: which uncertain numbers move the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, fill
from abm.runs.terms import GRADE_WORDS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

_BY_GRADE = {
    "judgement": ORANGE,
    "assumption": BLUE,
    "fact": GREEN,
    "calc": GREEN,
    "history": GREEN,
}  # in the order of the legend
_LONGEST = 46  # letters of a line


def screening(frame: pd.DataFrame, ax: Axes, names: Mapping[str, str], most: int = 12) -> Axes:
    """Draw by how much the answer changes over the range of each number, in the colour of its grade.

    Parameters
    ----------
    frame
        Table of :func:`abm.analysis.drivers.morris`: ``path``, ``mu_star``, ``low``, ``high`` [-], ``grade``.
    ax
        Axes to draw on.
    names
        What each path is called.
    most
        Numbers that are shown.

    Returns
    -------
    Axes
        ``ax``.
    """
    top = frame.head(most)
    rows, value = np.arange(len(top)), 100 * top["mu_star"].to_numpy()
    colours = [_BY_GRADE.get(grade, GREY) for grade in top["grade"]]
    ax.barh(rows, value, color=colours, alpha=0.85, height=0.62)
    low, high = (np.abs(value - 100 * top[name].to_numpy()) for name in ("low", "high"))
    ax.errorbar(value, rows, xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    _named(ax, top["path"], names)
    ax.set_xlabel("mean change of P(closed) over the range [points], 95 % interval")
    ax.legend(handles=_legend(top["grade"]), fontsize=8, loc="lower right")
    return ax


def indices(frame: pd.DataFrame, ax: Axes, names: Mapping[str, str], most: int = 12) -> Axes:
    """Draw first and total Sobol' indices with their intervals.

    Parameters
    ----------
    frame
        Table of :func:`abm.analysis.drivers.sobol`.
    ax, names, most
        As for :func:`screening`.

    Returns
    -------
    Axes
        ``ax``.
    """
    top = frame.head(most)
    rows = np.arange(len(top))
    for name, colour, shift, label in (("total", BLUE, -0.19, "with all it does through others"),
                                       ("first", ORANGE, 0.19, "alone")):  # fmt: skip
        value, low, high = (100 * top[column].to_numpy() for column in (name, f"{name}_low", f"{name}_high"))
        ax.barh(rows + shift, value, color=colour, alpha=0.85, height=0.36, label=label)
        ax.errorbar(value, rows + shift, xerr=[value - low, high - value], fmt="none", ecolor=INK, elinewidth=0.9)
    ax.axvline(0, color=INK, linewidth=0.8)
    _named(ax, top["path"], names)
    ax.set_xlabel("share of the variance of the probability [%], 95 % interval")
    ax.legend(fontsize=8, loc="lower right")
    return ax


def _named(ax: Axes, paths: Iterable[str], names: Mapping[str, str]) -> None:
    shown = [names.get(path, path) for path in paths]
    ax.set_yticks(range(len(shown)), [fill(name, _LONGEST) for name in shown], fontsize=7.5)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")


def _legend(grades: Iterable[str]) -> list[Patch]:
    """A patch a colour that is shown, with all the grades that it stands for."""
    from matplotlib.patches import Patch

    shown = {_BY_GRADE[grade] for grade in grades if grade in _BY_GRADE}
    words = {
        colour: " or ".join(GRADE_WORDS[grade].one for grade in GRADE_WORDS if _BY_GRADE[grade] == colour)
        for colour in _BY_GRADE.values()
    }
    return [Patch(color=colour, alpha=0.85, label=words[colour]) for colour in words if colour in shown]
