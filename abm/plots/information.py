"""Information: which unknown numbers are worth knowing, and how far knowing them would move the answer."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from abm.plots.sweeps import tornado
from abm.plots.theme import GREY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_WRAP = textwrap.TextWrapper(46, break_long_words=False, break_on_hyphens=False)  # paths stay whole
_LABELS = {
    "right": "gain in the chance of being right [points]",
    "choice": "gain in P(closed) by choosing better [points]",
    "spread": "standard deviation of P(closed) on learning it [points]",
    "shift": "mean movement of P(closed) on learning it [points]",
    "share": "share of the variance of P(closed) [%]",
}


def information(
    frame: pd.DataFrame,
    ax: Axes,
    measure: str = "shift",
    words: Mapping[str, str] | None = None,
    together: float | None = None,
    most: int = 12,
) -> Axes:
    """Draw what learning each number is worth, the largest first, with its 95 % interval.

    Parameters
    ----------
    frame
        One row a number: ``path``, and the measure with its bounds ``_low`` and ``_high`` [-], as in
        :attr:`abm.analysis.information.Information.frame`.
    ax
        Axes to draw on.
    measure
        One of ``right``, ``choice``, ``spread``, ``shift``, ``share``.
    words
        What each number is called, by path; default: its path.
    together
        What learning all numbers is worth [-], which is written below; None: it is left out.
    most
        How many are shown [-].

    Returns
    -------
    Axes
        ``ax``.

    Raises
    ------
    ValueError
        Where there is no such measure.
    """
    if measure not in _LABELS or measure not in frame:
        known = ", ".join(name for name in _LABELS if name in frame)
        raise ValueError(f"expected one of the measures {known}, got {measure!r}")
    shown = frame.sort_values(measure, ascending=False, kind="stable").head(most)
    names = [_WRAP.fill((words or {}).get(path, path)) for path in shown["path"]]
    bounds = {measure: "change", f"{measure}_low": "low", f"{measure}_high": "high"}
    tornado(shown[[*bounds]].rename(columns=bounds).assign(words=names), ax, _LABELS[measure])
    ax.tick_params(axis="y", labelsize=7)
    ax.spines["left"].set_visible(False)
    ax.set_xlim(left=0)
    if together is not None:
        text = f"all numbers together: {100 * together:.1f}"
        ax.text(0.99, 0.03, text, transform=ax.transAxes, fontsize=8, color=GREY, ha="right", va="bottom")
    return ax
