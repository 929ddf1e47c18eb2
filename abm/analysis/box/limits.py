"""Limits: what a few parameters may be for a world to lie in a box, and what happens within it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.analysis.prose.phrases import date, listed

if TYPE_CHECKING:
    import pandas as pd

End = Any  # a number or a date, or None where there is no end
Words = Mapping[str, str] | Callable[[str], str] | None
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limit:
    """What one parameter has to be for a world to lie in a box.

    Attributes
    ----------
    path
        Dotted path of the parameter.
    low, high
        Ends of the range, both included, in the parameter's unit, or dates; None: open.
    members, others
        Of a parameter that is a word: those allowed, and those not; None for numbers.
    chance
        Quasi-p-value [-]: how often leaving out as many points blindly would have raised the density as much.
    """

    path: str
    low: End = None
    high: End = None
    members: tuple[Any, ...] | None = None
    others: tuple[Any, ...] = ()
    chance: float = math.nan

    def holds(self, column: Iterable[Any]) -> Bools:
        """Say for each value whether it is allowed."""
        if self.members is not None:
            return np.array([value in self.members for value in column], np.bool_)
        low, high = self.low, self.high
        allowed = [(low is None or value >= low) and (high is None or value <= high) for value in column]
        return np.array(allowed, np.bool_)

    def text(self, words: Words = None) -> str:
        """Say it, with a phrase for the path.

        Examples
        --------
        >>> Limit("round.target_bn", high=9.0).text({"round.target_bn": "the target"})
        'the target is below 9'
        >>> Limit("a", low=2, high=5).text(), Limit("b", members=("out", "bound"), others=("as_is",)).text()
        ('a is from 2 to 5', 'b is not as_is')
        """
        return f"{phrase(self.path, words)} is {self._range() if self.members is None else self._named()}"

    def _named(self) -> str:
        few = len(self.others) < len(self.members or ())
        return f"not {listed(map(str, self.others), 'or')}" if few else listed(map(str, self.members or ()), "or")

    def _range(self) -> str:
        low, high = (_end_text(end) for end in (self.low, self.high))
        end = self.high if self.low is None else self.low
        kind = 0 if isinstance(end, float) else 1 if isinstance(end, int) else 2
        if self.low is None:
            return f"{('below', 'at most', 'on or before')[kind]} {high}"
        if self.high is None:
            return f"{('above', 'at least', 'on or after')[kind]} {low}"
        return low if low == high else f"from {low} to {high}" if kind else f"between {low} and {high}"


@dataclass(frozen=True)
class Box:
    """A part of the worlds, and how often what is wanted happens in it.

    Attributes
    ----------
    limits
        The most important first; none: all worlds.
    density
        Mean probability over the points in it [-].
    coverage
        Its share of all that happens: probabilities in it over probabilities everywhere [-].
    support
        Its share of the points [-].
    points
        Number of points in it.
    """

    limits: tuple[Limit, ...]
    density: float
    coverage: float
    support: float
    points: int

    def holds(self, frame: pd.DataFrame) -> Bools:
        """Say for each row of a frame of parameters whether it lies in the box."""
        inside = np.ones(len(frame), np.bool_)
        for limit in self.limits:
            inside &= limit.holds(frame[limit.path])
        return inside

    def text(self, words: Words = None) -> str:
        """Say its limits in one clause."""
        return listed(limit.text(words) for limit in self.limits) if self.limits else "anything holds"


def phrase(path: str, words: Words) -> str:
    """Say what a path is called; the path itself where there is no word for it.

    Examples
    --------
    >>> phrase("round.target_bn", {"round.target_bn": "the target"}), phrase("b", None)
    ('the target', 'b')
    """
    return path if words is None else words(path) if callable(words) else words.get(path, path)


def _end_text(end: End) -> str:
    return date(end) if isinstance(end, dt.date) else f"{end:.6g}" if isinstance(end, float) else str(end)


@dataclass(frozen=True)
class Table:
    """Worlds as numbers: a column for each number, and one for each word that a parameter may be.

    Attributes
    ----------
    values
        float64[points, columns]; dates as days, words as 1 where they are said and 0 elsewhere.
    paths, kinds
        Of each parameter; ``number``, ``whole``, ``date`` or ``word``.
    owner
        Place of the parameter that each column belongs to, int64[columns].
    words
        What each column says if it stands for a word, None if it does not.
    """

    values: Floats
    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    owner: NDArray[np.int64]
    words: tuple[Any, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Table:
        """Read a frame of parameters, one row a world."""
        read = [_columns(str(path), frame[path].tolist()) for path in frame.columns]
        owner = np.repeat(np.arange(len(read)), [len(words) for _, _, words in read])
        values = np.hstack([made for _, made, _ in read]) if read else np.zeros((len(frame), 0))
        words = tuple(word for _, _, found in read for word in found)
        return cls(values, tuple(map(str, frame.columns)), tuple(kind for kind, _, _ in read), owner, words)

    @property
    def is_word(self) -> Bools:
        """Which columns stand for a word."""
        return np.array([self.kinds[owner] == "word" for owner in self.owner], np.bool_)

    def limit(self, owner: int, low: Floats, high: Floats, chance: float = math.nan) -> Limit:
        """Put the ends of a parameter's columns into a limit."""
        path, kind, mine = self.paths[owner], self.kinds[owner], np.flatnonzero(self.owner == owner)
        if kind == "word":
            allowed = (high[mine] >= 1) & ((low[mine] > 0) | ~(low[mine] > 0).any())
            members, others = (tuple(self.words[k] for k in mine[chosen]) for chosen in (allowed, ~allowed))
            return Limit(path, members=members, others=others, chance=chance)
        least, most = float(low[mine[0]]), float(high[mine[0]])
        ends: list[End] = [None if math.isinf(end) else end for end in (least, most)]
        if kind != "number":
            ends = [None if end is None else turn(end) for end, turn in zip(ends, (math.ceil, math.floor), strict=True)]
        if kind == "date":
            ends = [None if end is None else dt.date.fromordinal(int(end)) for end in ends]
        return Limit(path, ends[0], ends[1], chance=chance)


def _columns(path: str, values: list[Any]) -> tuple[str, Floats, tuple[Any, ...]]:
    """Kind of a parameter, its columns, float64[points, columns], and the words that they stand for."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = np.array(values, np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError(f"expected a finite {path} in every world, got {numbers[~np.isfinite(numbers)][0]}")
        return "whole" if all(isinstance(value, int) for value in values) else "number", numbers[:, None], (None,)
    if all(isinstance(value, dt.date) for value in values):
        return "date", np.array([[value.toordinal()] for value in values], np.float64), (None,)
    words = tuple(dict.fromkeys(values))
    return "word", np.array([[float(value == word) for word in words] for value in values]), words


def roundest(low: float, high: float) -> float:
    """Return the number with the fewest digits between two others.

    Examples
    --------
    >>> roundest(8.93, 9.08), roundest(0.5871, 0.6113), roundest(-1.0, 3.0), roundest(1230.0, 1290.0)
    (9.0, 0.6, 0.0, 1250.0)
    """
    middle = (low + high) / 2
    if low < 0 < high:
        return 0.0
    size = math.ceil(math.log10(max(abs(low), abs(high), 1e-300)))
    for digits in range(-size, 17 - size):
        for part in (1, 2):  # tens, then fives
            step = 10.0**-digits / part
            found = round(round(middle / step) * step, max(digits + 1, 0))
            if low < found < high:
                return found
    return middle
