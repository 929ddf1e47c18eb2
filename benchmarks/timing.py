"""Timing: two things side by side, A B A B, and what comes of it as a median with quartiles."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figure:
    """A line of the table.

    Attributes
    ----------
    row, what
        The row it belongs to, and what was measured.
    values
        Single measurements: ratios of pairs, or seconds.
    unit
        ``"x"`` for a ratio, ``"s"`` for a time, ``"-"`` for anything else.
    wanted
        What the project asks for, if it does.
    detail
        In words: what was counted, and the absolute times.
    """

    row: str
    what: str
    values: tuple[float, ...]
    unit: str = "x"
    wanted: str = ""
    detail: str = ""

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median, upper quartile."""
        low, middle, high = np.quantile(self.values, [0.25, 0.5, 0.75]).tolist()
        return low, middle, high


def seconds(work: Callable[[], Any]) -> float:
    """Time of one call [s], begun with an empty bin."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternately(works: Sequence[Callable[[], Any]], times: int) -> list[list[float]]:
    """Times of several things in turn [s]: one list for each of ``works``, place by place measured side by side."""
    for work in works:
        work()  # compiles, and fills the caches
    rounds = [[seconds(work) for work in works] for _ in range(times)]
    return [list(column) for column in zip(*rounds, strict=True)]


def ratios(over: Sequence[float], under: Sequence[float], factor: float = 1.0) -> tuple[float, ...]:
    """Ratio of each pair."""
    return tuple(factor * a / b for a, b in zip(over, under, strict=True))


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """Exponent of the power law through ``times``: the slope of their logarithms over those of ``sizes``."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def median(values: Sequence[float]) -> float:
    """Median of some values."""
    return float(np.median(values))


def said(time_s: float) -> str:
    """Time in the unit that suits it.

    Examples
    --------
    >>> said(2.5), said(0.0021), said(1.5e-5), said(2.7e-9)
    ('2.50 s', '2.10 ms', '15.0 us', '2.70 ns')
    """
    place = min(3, max(0, math.ceil(-math.log10(time_s) / 3 - 1e-12))) if time_s > 0.0 else 0
    number = time_s * 1000**place
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {('s', 'ms', 'us', 'ns')[place]}"
