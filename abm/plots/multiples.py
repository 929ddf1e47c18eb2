"""Small multiples: many small pictures of lines with intervals on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, RED, fill

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLOURS = (BLUE, ORANGE, GREEN, RED, INK)
_APART = 0.06  # between points of several lines at the same place, so that their intervals can be told apart
_LETTERS, _TICK = 52, 14  # of a line of a title, and of the name of a place


def multiples(frame: pd.DataFrame, ax: Axes, columns: int = 2) -> Axes:
    """Draw a panel for each group of rows: lines of numbers with their intervals.

    Parameters
    ----------
    frame
        One row a point: ``panel`` (its title), ``line`` (a name, or nothing), ``x``, ``y``, ``low``, ``high``; ``tick``
        names the place where x is no number; ``x_label``, ``y_label``; ``band_low``, ``band_high`` of a shaded band.
    ax
        Axes in whose place the panels stand.
    columns
        Panels side by side [-].

    Returns
    -------
    Axes
        The first panel.
    """
    groups = list(frame.groupby("panel", sort=False))
    place_of: Any = ax.get_subplotspec()
    grid, figure = place_of.subgridspec(-(-len(groups) // columns), columns), ax.figure
    ax.remove()
    panels = [figure.add_subplot(grid[place // columns, place % columns]) for place in range(len(groups))]
    for panel, (title, part) in zip(panels, groups, strict=True):
        _draw(part, panel)
        panel.set_title(fill(str(title), _LETTERS), fontsize=9)
    return panels[0]


def _draw(part: pd.DataFrame, ax: Axes) -> None:
    """Draw one panel."""
    from matplotlib.ticker import MaxNLocator

    first, names = part.iloc[0], part["tick"].any()
    if first["band_low"] < first["band_high"]:
        ax.axhspan(first["band_low"], first["band_high"], color=GREY, alpha=0.2, linewidth=0)
    lines = list(part.groupby("line", sort=False))
    for place, (name, points) in enumerate(lines):
        colour = _COLOURS[place % len(_COLOURS)]
        aside = _APART * (place - (len(lines) - 1) / 2) if names else 0.0
        around = [points["y"] - points["low"], points["high"] - points["y"]]
        look: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 3, "linestyle": "" if names else "-"}
        ax.errorbar(
            points["x"] + aside, points["y"], around, capsize=2, elinewidth=0.9, linewidth=1.3, label=name, **look
        )
    if names:
        ticks = part.drop_duplicates("x")
        ax.set_xticks(ticks["x"], [fill(name, _TICK) for name in ticks["tick"]])
        ax.set_xlim(ticks["x"].min() - 0.5, ticks["x"].max() + 0.5)
    elif (part["x"] % 1 == 0).all():
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(bottom=min(0.0, float(part["low"].min())))
    ax.set_xlabel(first["x_label"], fontsize=8)
    ax.set_ylabel(first["y_label"], fontsize=8)
    ax.tick_params(labelsize=7.5)
    if len(lines) > 1:
        ax.legend(fontsize=7, loc="best")
