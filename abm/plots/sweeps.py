"""Sweeps: how a probability answers to what was varied, as lines, maps, bars of changes, and a spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abm.plots.theme import BLUE, GREEN, GREY, INK, ORANGE, RED, fill

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLOURS = (BLUE, ORANGE, GREEN, RED, GREY, INK)
# Later lines are drawn over earlier ones, which must be seen where both say the same.
_STROKES = ((2.8, "-", 5.0), (2.2, (0, (5, 3)), 4.0), (1.6, (0, (1, 1.5)), 3.0))  # width, dashes, size of the marks
_LETTERS, _FEW_ROWS = 46, 8  # of a line of a name; more rows have smaller names
_WIDE = 80  # letters below a figure, half of them beside it
_MOST_CELLS = 150  # cells that are labelled


def response(frame: pd.DataFrame, ax: Axes, x: str, hue: str | None = None) -> Axes:
    """Draw a probability over one axis, with its 95 % interval as a band; a line for each value of another.

    Parameters
    ----------
    frame
        One row a point: ``x``, ``hue``, ``p``, ``low``, ``high`` [-].
    ax
        Axes to draw on.
    x, hue
        Columns.

    Returns
    -------
    Axes
        ``ax``.
    """
    groups = [("", frame)] if hue is None else [(str(name), part) for name, part in frame.groupby(hue, sort=False)]
    for number, (name, part) in enumerate(groups):
        ordered = part if part[x].dtype == object else part.sort_values(x)
        colour = _COLOURS[number % len(_COLOURS)]
        values = ordered[x].astype(str) if ordered[x].dtype == object else ordered[x]
        ax.fill_between(values, 100 * ordered["low"], 100 * ordered["high"], color=colour, alpha=0.22, linewidth=0)
        width, dashes, size = (1.8, "-", 3.5) if hue is None else _STROKES[number % len(_STROKES)]
        stroke: dict[str, Any] = {"linewidth": width, "linestyle": dashes, "marker": "o", "markersize": size}
        ax.plot(values, 100 * ordered["p"], color=colour, label=name, **stroke)
    if hue is not None:
        place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5), "handlelength": 3.0}
        ax.legend(title=fill(hue, _LETTERS // 2), fontsize=8, title_fontsize=8, **place)
    ax.set_ylim(0, min(100, 1.12 * 100 * float(frame["high"].max()) + 2))
    ax.set_xlabel(fill(x, _WIDE))
    ax.set_ylabel("probability [%], 95 % interval")
    return ax


def heat(frame: pd.DataFrame, ax: Axes, x: str, y: str, level: float = 0.5, value: str = "p") -> Axes:
    """Draw a probability over two axes: a cell a point, the line where it crosses a level, and what is not settled.

    Parameters
    ----------
    frame
        One row a point of a grid: ``x``, ``y``, ``value``, ``low``, ``high`` [-].
    ax
        Axes to draw on.
    x, y
        Columns.
    level
        Of the line [-]; cells whose interval holds it are marked with a ring.
    value
        What is shown.

    Returns
    -------
    Axes
        ``ax``.
    """
    from matplotlib.lines import Line2D

    table = frame.pivot_table(index=y, columns=x, values=value, sort=True)
    shown = 100 * table.to_numpy()
    image = ax.pcolormesh(np.arange(shown.shape[1] + 1), np.arange(shown.shape[0] + 1), shown, cmap="Blues", vmin=0,
                          vmax=100)  # fmt: skip
    centres, handles = [np.arange(size) + 0.5 for size in shown.shape[::-1]], []
    if min(shown.shape) > 1 and shown.min() < 100 * level < shown.max():
        ax.contour(*centres, shown, levels=[100 * level], colors=[RED], linewidths=1.6)
        handles.append(Line2D([], [], color=RED, linewidth=1.6, label=f"{100 * level:.3g} %"))
    if value == "p" and {"low", "high"} <= set(frame):
        low, high = (frame.pivot_table(index=y, columns=x, values=name).to_numpy() for name in ("low", "high"))
        rows, columns = np.nonzero((low < level) & (level < high))
        ring: dict[str, Any] = {"marker": "o", "linestyle": "", "markerfacecolor": "none", "markeredgecolor": RED}
        ax.plot(columns + 0.5, rows + 0.16, markersize=4, **ring)
        if len(rows):
            words = f"may be above or below {100 * level:.3g} %"
            handles.append(Line2D([], [], markersize=4, label=words, **ring))
    if handles:
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, fontsize=7.5)
    if shown.size <= _MOST_CELLS:
        for row, column in np.ndindex(*shown.shape):
            colour = "white" if shown[row, column] > 55 else INK  # noqa: PLR2004, where the blue is dark
            text = f"{shown[row, column]:.0f}"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7.5, color=colour)
    for axis, ticks, names in ((ax.xaxis, centres[0], table.columns), (ax.yaxis, centres[1], table.index)):
        axis.set_ticks(ticks, [f"{name:g}" if isinstance(name, int | float) else str(name) for name in names])
    ax.grid(visible=False)
    ax.set_xlabel(fill(x, _WIDE))
    ax.set_ylabel(fill(y, _WIDE // 2))
    ax.figure.colorbar(image, ax=ax, label="probability [%]", shrink=0.9)
    return ax


def tornado(
    frame: pd.DataFrame, ax: Axes, label: str = "change of the probability [points]", scale: float = 100.0
) -> Axes:
    """Draw paired differences, the largest first, with their 95 % intervals.

    Parameters
    ----------
    frame
        One row a change: ``words``, ``change``, ``low``, ``high``.
    ax
        Axes to draw on.
    label, scale
        What is shown, and what the changes are multiplied by.

    Returns
    -------
    Axes
        ``ax``.
    """
    ranked = frame.reindex(frame["change"].abs().sort_values(ascending=False).index)
    rows = range(len(ranked))
    change, low, high = (scale * ranked[name] for name in ("change", "low", "high"))
    ax.barh(rows, change, color=[BLUE if gain >= 0 else RED for gain in change], alpha=0.85, height=0.62)
    ax.errorbar(change, rows, xerr=[change - low, high - change], fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    ax.axvline(0, color=INK, linewidth=0.8)
    small = 7.5 if len(ranked) > _FEW_ROWS else None
    ax.set_yticks(list(rows), [fill(words, _LETTERS) for words in ranked["words"]], fontsize=small)
    ax.invert_yaxis()
    ax.set_xlabel(fill(f"{label}, 95 % interval", _WIDE))
    ax.grid(visible=False, axis="y")
    return ax


def over_worlds(frame: pd.DataFrame, ax: Axes, central: float | None = None) -> Axes:
    """Draw how a probability is spread over draws of what nobody knows, each draw with its own Monte Carlo interval.

    Parameters
    ----------
    frame
        One row a draw: ``p``, ``low``, ``high`` [-].
    ax
        Axes to draw on.
    central
        Probability at the central values [-], or None.

    Returns
    -------
    Axes
        ``ax``.
    """
    ranked = frame.dropna(subset=["p"]).sort_values("p")
    share = 100 * (np.arange(len(ranked)) + 0.5) / len(ranked)
    ax.fill_betweenx(share, 100 * ranked["low"], 100 * ranked["high"], color=BLUE, alpha=0.22, linewidth=0)
    ax.plot(100 * ranked["p"], share, color=BLUE, linewidth=1.8, label="points, in order")
    mean = 100 * float(ranked["p"].mean())
    ax.axvline(mean, color=INK, linewidth=1.2, linestyle="--", label=f"their mean, {mean:.0f} %")
    if central is not None:
        ax.axvline(100 * central, color=RED, linewidth=1.2, label=f"at the central values, {100 * central:.0f} %")
    ax.set_xlim(0, 100)
    ax.set_ylim(0, 100)
    ax.set_xlabel("probability [%]; the band is Monte Carlo error")
    ax.set_ylabel("share of the draws below [%]")
    ax.legend(fontsize=8)
    return ax
