"""Axis: one thing that a design varies, and how axes are read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.core.draws import triangular
from abm.core.written import shown

Changes = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """One thing that is varied: the dotted paths that it sets, and what it sets them to.

    Attributes
    ----------
    paths
        Set together. A value that is a tuple as long as ``paths`` gives each its own; any other goes to all of them.
    values
        One of these; empty for a range.
    low, high
        Ends of a range: numbers or dates.
    mode
        Top of a triangular law over the range; None: uniform.
    whole
        Whether only whole numbers make sense.
    """

    paths: tuple[str, ...]
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None
    mode: float | None = None
    whole: bool = False

    @property
    def name(self) -> str:
        """The first of its paths, which stands for all of them."""
        return self.paths[0]

    @property
    def ends(self) -> tuple[Any, ...]:
        """Return what shows whether the axis can be followed at all: every value, or both ends of the range."""
        return self.values or (self.low, self.high)

    def at(self, u: float) -> Any:
        """Value at a share of the axis, by inversion of its law.

        Examples
        --------
        >>> Axis(("round.target_bn",), low=20.0, high=40.0).at(0.25), Axis(("a",), values=("x", "y")).at(0.5)
        (25.0, 'y')
        """
        if self.values:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        if isinstance(self.low, dt.date):
            return self.low + dt.timedelta(days=int(u * ((self.high - self.low).days + 1)))
        if self.whole:
            return min(int(self.low) + int(u * (int(self.high) - int(self.low) + 1)), int(self.high))
        if self.mode is None or self.low == self.high:
            return self.low + u * (self.high - self.low)
        return triangular(u, self.low, self.mode, self.high)

    def parts(self, value: Any) -> tuple[Any, ...]:
        """What each path is set to by a value.

        Examples
        --------
        >>> Axis(("a", "b"), values=(1, 2)).parts(1), Axis(("a", "b"), values=((1, 2),)).parts((1, 2))
        ((1, 1), (1, 2))
        """
        return value if len(self.paths) > 1 and isinstance(value, tuple) else (value,) * len(self.paths)

    def changes(self, value: Any) -> Changes:
        """Set the paths to a value."""
        return dict(zip(self.paths, self.parts(value), strict=True))


Axes = Mapping[str | tuple[str, ...], Any]


def axes_of(axes: Axes, ranges: bool = True) -> tuple[Axis, ...]:
    """Read the axes of a design.

    Raises
    ------
    ValueError
        Where one is neither a list of values nor, if ``ranges`` are of use, a pair (low, high).
    """
    if not axes:
        raise ValueError("expected at least one axis")
    read = []
    for key, given in axes.items():
        paths = (key,) if isinstance(key, str) else tuple(key)
        if isinstance(given, tuple):
            given = plain_value(given)  # noqa: PLW2901
            if not ranges:
                raise ValueError(f"expected a list of values for {paths[0]}, got the range {shown(given)}")
            read.append(Axis(paths, low=given[0], high=given[1]) if _is_range(given) else _refuse(paths, given))
            continue
        if isinstance(given, set | frozenset):
            given = sorted(given, key=lambda value: (str(type(value)), value))  # noqa: PLW2901, sets have no order
        values = tuple(_for_each(paths, plain_value(value)) for value in given) if _is_list(given) else ()
        read.append(Axis(paths, values) if values else _refuse(paths, given))
    taken = [path for axis in read for path in axis.paths]
    if len(set(taken)) < len(taken):
        raise ValueError(f"expected every path on one axis only, got {', '.join(taken)}")
    return tuple(read)


def _for_each(paths: tuple[str, ...], value: Any) -> Any:
    """A list, as a price ladder, that goes to all of the linked paths: said so, as a file knows no tuples."""
    return (value,) * len(paths) if len(paths) > 1 and isinstance(value, list) else value


def _is_list(given: object) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, str | Mapping)


def _is_range(given: tuple[Any, ...]) -> bool:
    if len(given) != 2:  # noqa: PLR2004, a pair
        return False
    dates = all(isinstance(end, dt.date) for end in given)
    numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in given)
    return (dates or numbers) and given[0] < given[1]


def _refuse(paths: tuple[str, ...], given: object) -> Axis:
    raise ValueError(f"expected a list of values or a range (low, high) for {paths[0]}, got {shown(given)}")


def plain_value(value: Any) -> Any:
    """A value as Python's own: a scalar of NumPy, a time stamp at midnight, nothing for what is missing.

    Examples
    --------
    >>> plain_value(np.int64(3)), plain_value(np.datetime64("2026-03-02", "ns")), plain_value((np.float32(0.5), [True]))
    (3, datetime.date(2026, 3, 2), (0.5, [True]))
    """
    if isinstance(value, list | tuple | np.ndarray):
        parts = map(plain_value, value)
        return tuple(parts) if isinstance(value, tuple) else list(parts)
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]")  # a finer one would become a number
    if isinstance(value, np.generic):
        value = value.item()
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.date() if isinstance(value, dt.datetime) and value.time() == dt.time() else value


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values once each, in their order; lists have no hash."""
    return tuple({repr(value): value for value in values if value is not None}.values())
