"""Sums: the one way in which an engine adds up."""

from __future__ import annotations

from typing import TypeVar

from abm.core.jit import rule

_Number = TypeVar("_Number", int, float)


@rule
def add(level: _Number, change: _Number) -> _Number:
    """Level after a change, in the unit of both.

    Examples
    --------
    >>> add(5.5, -0.25), add(5_000, 250)
    (5.25, 5250)
    """
    return level + change


@rule
def in_bn(musd: float) -> float:
    """USD million as USD billion.

    Examples
    --------
    >>> in_bn(12_400)
    12.4
    """
    return musd / 1000.0
