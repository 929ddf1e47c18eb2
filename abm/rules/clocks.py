"""Clocks: hazards that pile up until what they wait for happens (A10, A11)."""

from __future__ import annotations

import math

from abm.core.jit import folded, rule


@folded
def clock_after(clock: float, rate_per_day: float, day0: float, day1: float) -> float:
    """Hazard accumulated at a constant rate between two days [-].

    Examples
    --------
    >>> clock_after(0.5, 0.125, 7.0, 15.0), clock_after(0.5, 0.125, 15.0, 7.0)
    (1.5, 0.5)
    """
    return clock + rate_per_day * (day1 - day0) if day1 > day0 else clock


@folded
def crosses(clock: float, threshold: float, rate_per_day: float, day0: float, day1: float) -> bool:
    """Whether an accumulating clock reaches its threshold by ``day1``.

    Examples
    --------
    >>> crosses(0.5, 1.0, 0.1, 7.0, 14.0), crosses(0.5, 2.0, 0.1, 7.0, 14.0), crosses(0.0, 1.0, math.inf, 0.0, 7.0)
    (True, False, True)
    """
    return not (day1 <= day0 or rate_per_day <= 0.0 or clock_after(clock, rate_per_day, day0, day1) < threshold)


@folded
def event_day(clock: float, threshold: float, rate_per_day: float, day0: float, day1: float) -> float:
    """Day on which an accumulating clock reaches its threshold; infinity if not by ``day1``.

    Examples
    --------
    >>> (
    ...     event_day(0.5, 1.0, 0.1, 7.0, 14.0),
    ...     event_day(0.5, 2.0, 0.1, 7.0, 14.0),
    ...     event_day(0.0, 1.0, math.inf, 0.0, 7.0),
    ... )
    (12.0, inf, 0.0)
    """
    # rounding may carry the crossing past the end that the accumulated hazard says it lies before
    day = min(day1, day0 + max(0.0, threshold - clock) / rate_per_day) if rate_per_day > 0.0 else math.inf
    return day if crosses(clock, threshold, rate_per_day, day0, day1) else math.inf


@rule
def per_day(rate_per_week: float) -> float:
    """Weekly rate as a daily one.

    Examples
    --------
    >>> per_day(3.5)
    0.5
    """
    return rate_per_week * (1.0 / 7.0)


@rule
def per_day_of_year(rate_per_year: float) -> float:
    """Yearly rate as a daily one.

    Examples
    --------
    >>> per_day_of_year(3.65)
    0.01
    """
    return rate_per_year * (1.0 / 365.0)
