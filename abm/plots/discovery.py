"""Discovery: how a box was peeled, and the box among the worlds."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.analysis.box.limits import phrase
from abm.plots.theme import BLUE, GREEN, GREY, ORANGE, RED, fill

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from abm.analysis.box.limits import Box, Limit, Words

_COLOURS = (GREY, BLUE, GREEN, ORANGE, "#CC79A7", "#56B4E9")  # by the number of parameters that are limited
_JITTER = 0.28
_LETTERS = 40  # of a line beside an axis
Span = tuple[float | None, float | None]  # of an axis; None: open
_GOLDEN = (0.7548776662466927, 0.5698402909980532)  # powers of a number that no fraction comes near


def trajectory(frame: pd.DataFrame, ax: Axes, box: Box, what: str = "closings") -> Axes:
    """Draw what was given up in coverage for density, peel by peel, and the box that was chosen and pruned.

    Parameters
    ----------
    frame
        From :attr:`abm.analysis.discovery.Discovery.trajectory`: ``coverage``, ``density`` [-], ``restricted``.
    ax
        Axes to draw on.
    box
        Is marked.
    what
        What happens in the worlds, as a plural.

    Returns
    -------
    Axes
        ``ax``.
    """
    ax.plot(100 * frame["coverage"], 100 * frame["density"], color=GREY, linewidth=0.8, zorder=1)
    for number in sorted(set(frame["restricted"].tolist())):
        part, colour = frame[frame["restricted"] == number], _COLOURS[number % len(_COLOURS)]
        ax.scatter(100 * part["coverage"], 100 * part["density"], s=20, color=colour, label=f"{number}", zorder=2)
    chosen = f"the chosen box: {len(box.limits)}"
    ax.plot(100 * box.coverage, 100 * box.density, "o", markersize=11, markerfacecolor="none", markeredgecolor=RED,
            markeredgewidth=1.8, linestyle="none", label=chosen)  # fmt: skip
    ax.set_xlim(0, 103)
    ax.set_ylim(0, 103)
    ax.set_xlabel(f"coverage: share of all {what} that lie in the box [%]")
    ax.set_ylabel("density: how often in the box [%]")
    ax.legend(title="limited parameters", fontsize=8, title_fontsize=8, loc="lower left")
    return ax


def box_among_worlds(
    frame: pd.DataFrame, ax: Axes, box: Box, words: Words = None, label: str = "probability [%]"
) -> Axes:
    """Draw the worlds over the two most important limits of a box; those that its other limits leave out are small.

    Parameters
    ----------
    frame
        One row a world: the parameters, ``p`` [-], such as :attr:`abm.analysis.discovery.Discovery.worlds`.
    ax
        Axes to draw on.
    box
        With at least one limit.
    words
        Phrases for the paths.
    label
        Of the colours.

    Returns
    -------
    Axes
        ``ax``.
    """
    from matplotlib.dates import AutoDateLocator

    from abm.plots.date_axis import mark_dates

    if not box.limits:
        raise ValueError("expected a box with a limit to be drawn, got one without")
    shown = box.limits[:2]
    positions = [_positions(frame[limit.path], limit, number) for number, limit in enumerate(shown)]
    if len(shown) == 1:
        positions.append((100 * frame["p"].to_numpy(float), ()))
    others = np.ones(len(frame), bool)
    for limit in box.limits[2:]:
        others &= limit.holds(frame[limit.path])
    for mask, size, alpha in ((~others, 9, 0.35), (others, 30, 1.0)):
        drawn = ax.scatter(positions[0][0][mask], positions[1][0][mask], c=100 * frame["p"][mask], s=size, alpha=alpha,
                           cmap="cividis", vmin=0, vmax=100, linewidths=0)  # fmt: skip
    _mark(ax, [*(_span(limit) for limit in shown), (None, None)])
    for axis, limit, (_, names) in zip((ax.xaxis, ax.yaxis), shown, positions, strict=False):
        axis.set_label_text(fill(phrase(limit.path, words), _LETTERS))
        if hasattr(limit.low or limit.high, "toordinal"):
            mark_dates(axis, AutoDateLocator(maxticks=6))  # type: ignore[no-untyped-call]
        if names:
            axis.set_ticks(range(len(names)), list(map(str, names)))
    if len(shown) == 1:
        ax.set_ylabel(label)
    else:
        ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.9)
    ax.grid(visible=False)
    return ax


def _positions(column: pd.Series[Any], limit: Limit, number: int) -> tuple[np.ndarray[Any, Any], tuple[Any, ...]]:
    """Where the worlds lie along an axis, and the words that its whole numbers stand for."""
    words = (*(limit.members or ()), *limit.others)
    if not words:
        return column.to_numpy(), ()
    aside = _JITTER * (2 * (np.arange(len(column)) * _GOLDEN[number] % 1) - 1)  # spread evenly, without luck
    return np.array([words.index(value) for value in column]) + aside, words


def _span(limit: Limit) -> Span:
    """Stretch of an axis that a limit allows; None where it is open. Allowed words come first, whole numbers whole."""
    if limit.members is not None:
        return -0.5, len(limit.members) - 0.5
    ends = (limit.low, -0.5), (limit.high, 0.5)
    low, high = (_number(end) + (0.0 if isinstance(end, float) else half) if end is not None else None
                 for end, half in ends)  # fmt: skip
    return low, high


def _number(end: float | dt.date) -> float:
    from matplotlib import dates

    return float(dates.date2num(end)) if hasattr(end, "toordinal") else float(end)  # type: ignore[no-untyped-call]


def _mark(ax: Axes, ends: list[Span]) -> None:
    """Draw the outline of the box; open sides reach to the edge."""
    from matplotlib.patches import Rectangle

    lines = []
    for (low, high), (first, last) in zip(ends, (ax.get_xlim(), ax.get_ylim()), strict=False):
        edges = min(first, first if low is None else low), max(last, last if high is None else high)
        lines.append((edges, edges[0] if low is None else low, edges[1] if high is None else high))
    (across, left, right), (along, bottom, top) = lines
    corner, size = (left, bottom), (right - left, top - bottom)
    ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=RED, linewidth=1.8, zorder=3, clip_on=False))
    ax.set_xlim(across)
    ax.set_ylim(along)
