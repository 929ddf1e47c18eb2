"""Tails: the probability of a rare event by each week, on a scale of powers of ten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abm.plots.theme import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def tails(frame: pd.DataFrame, ax: Axes, plain: pd.DataFrame | None = None) -> Axes:
    """Draw the probability that an event has happened by the end of each week, with its interval.

    Parameters
    ----------
    frame
        One row a week: ``week``, ``p``, ``low``, ``high`` [-].
    ax
        Axes to draw on.
    plain
        The same columns from plain simulation, drawn as points with bars; weeks without the event are left out.

    Returns
    -------
    Axes
        ``ax``.
    """
    seen = frame[frame["p"] > 0.0]
    floor = 10.0 ** np.floor(np.log10(seen["p"].min() / 2.0)) if len(seen) else 1e-6
    ax.fill_between(seen["week"], seen["low"].clip(lower=floor), seen["high"], color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(seen["week"], seen["p"], color=BLUE, linewidth=1.6, label="splitting, 95 % interval")
    if plain is not None:
        some = plain[plain["p"] > 0.0]
        bars = [some["p"] - some["low"], some["high"] - some["p"]]
        style: dict[str, Any] = {"fmt": "o", "markersize": 3.5, "capsize": 2, "linewidth": 0.9, "color": ORANGE}
        ax.errorbar(some["week"], some["p"], yerr=bars, **style, label="plain simulation, 95 % interval")
    _count_in_tens(ax)
    ax.set_ylim(bottom=floor)
    ax.set_xlim(0, frame["week"].max() + 1)
    ax.set_xlabel("weeks from as_of")
    ax.set_ylabel("probability by then")
    ax.legend(loc="upper left", fontsize=8)
    return ax


def steps(frame: pd.DataFrame, ax: Axes, unit: str = "") -> Axes:
    """Draw how the levels of splitting lead down to the event, one line a repetition; lines apart mean luck matters.

    Parameters
    ----------
    frame
        One row a step of a repetition: ``repetition``, ``level``, ``reached`` (probability of exceeding it) [-].
    ax
        Axes to draw on.
    unit
        Of the levels.

    Returns
    -------
    Axes
        ``ax``.
    """
    for _, repetition in frame[frame["reached"] > 0.0].groupby("repetition"):
        ax.plot(repetition["level"], repetition["reached"], color=GREY, alpha=0.5, linewidth=0.8)
    _count_in_tens(ax)
    ax.set_xlabel(f"level [{unit}]" if unit.strip("-") else "level")
    ax.set_ylabel("probability of exceeding it")
    return ax


def _count_in_tens(ax: Axes) -> None:
    """Scale probabilities by powers of ten, written without mathematics."""
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda p, _: f"1e{round(np.log10(p))}" if p < 1.0 else f"{p:g}")
    ax.minorticks_off()
