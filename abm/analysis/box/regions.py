"""Regions: boxes over a table of worlds, how much they explain, and how easily luck would have given them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.analysis.box.limits import Bools, Box, Floats, Table, roundest


@dataclass(frozen=True)
class Search:
    """How a box is looked for.

    Attributes
    ----------
    alpha
        Share of the box that one peel takes off [-].
    most
        Number of parameters that may be limited.
    least
        Share of the points that a box keeps, at least [-]; and never fewer than 10 points.
    rule
        What the chosen box has most of, a key of :data:`RULES`.
    level
        Significance that every limit has to reach, divided by the number of slices that it was chosen from [-];
        infinity: nothing is pruned.
    """

    alpha: float = 0.05
    most: int = 4
    least: float = 0.05
    rule: str = "explained"
    level: float = 0.05

    def __post_init__(self) -> None:
        for name, top in (("alpha", 0.5), ("least", 1.0), ("level", math.inf)):
            if not 0 < getattr(self, name) <= top:
                raise ValueError(f"expected {name} above 0, at most {top:g}, got {getattr(self, name)}")
        if self.most < 1:
            raise ValueError(f"expected most of at least 1, got {self.most}")
        if self.rule not in RULES:
            raise ValueError(f"expected a rule out of {', '.join(RULES)}, got {self.rule!r}")

    def fewest(self, points: int) -> int:
        """Fewest points of a box."""
        return max(math.ceil(self.least * points), 10)


def explained(sums: Any, counts: Any, p: Floats) -> Any:
    r"""Share of the variance of p that the box explains [-]; 0 where it is no denser than the rest.

    .. math:: \frac{n N (d - b)^2}{(N - n) \sum (p_i - b)^2}

    with n of N points in the box, its density d and the base rate b.

    Parameters
    ----------
    sums, counts
        Sum of p in the box, and number of its points; numbers or arrays.
    p
        Of all points [-].

    Examples
    --------
    >>> p = np.array([1.0, 1.0, 0.0, 0.0])
    >>> float(explained(2.0, 2, p)), float(explained(2.0, 3, p)), float(explained(2.0, 4, p))
    (1.0, 0.3333333333333333, 0.0)
    """
    size, base = len(p), float(p.mean())
    above = np.maximum(sums - counts * base, 0.0)
    # never 0 / 0: where p is the same everywhere, nothing is explained
    bottom = counts * np.maximum(size - counts, 0) * max(float(((p - base) ** 2).sum()), 1e-300)
    return np.where(bottom > 0, size * above * above / np.where(bottom > 0, bottom, 1.0), 0.0)


def product(sums: Any, counts: Any, p: Floats) -> Any:
    """Density times coverage [-]: takes in whatever is more than half as dense as the box.

    Examples
    --------
    >>> float(product(2.0, 3, np.array([1.0, 1.0, 0.0, 0.0])))
    0.6666666666666666
    """
    return sums * sums / (counts * max(float(p.sum()), 1e-300))


#: What a chosen box may have most of.
RULES: dict[str, Callable[[Any, Any, Floats], Any]] = {"explained": explained, "product": product}


@dataclass(frozen=True)
class Region:
    """A box over the columns of a table: float64[columns] each, infinite where there is no limit."""

    low: Floats
    high: Floats

    @classmethod
    def everything(cls, table: Table) -> Region:
        """No limit at all."""
        size = table.values.shape[1]
        return cls(np.full(size, -np.inf), np.full(size, np.inf))

    def inside(self, table: Table) -> Bools:
        """Say for each point whether it lies in it."""
        some = np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))
        return np.asarray(((table.values[:, some] > self.low[some]) & (table.values[:, some] < self.high[some])).all(1))

    def owners(self, table: Table) -> list[int]:
        """Places of the parameters that are limited."""
        return sorted({int(owner) for owner in table.owner[np.isfinite(self.low) | np.isfinite(self.high)]})

    def ends(self) -> list[tuple[int, bool]]:
        """Columns that are limited, and whether from above."""
        finite = ((self.low, False), (self.high, True))
        return [(int(column), upper) for side, upper in finite for column in np.flatnonzero(np.isfinite(side))]

    def moved(self, column: int, upper: bool, end: float) -> Region:
        """Put one end elsewhere."""
        low, high = self.low.copy(), self.high.copy()
        (high if upper else low)[column] = end
        return Region(low, high)

    def without(self, owner: int, table: Table) -> Region:
        """Drop the limits of a parameter."""
        mine = table.owner == owner
        return Region(np.where(mine, -np.inf, self.low), np.where(mine, np.inf, self.high))


def score_of(table: Table, p: Floats, region: Region, search: Search) -> float:
    """How much a region has of what the rule asks for."""
    mask = region.inside(table)
    return float(RULES[search.rule](p[mask].sum(), mask.sum(), p))


def chance(p: Floats, kept: Bools) -> float:
    """Quasi-p-value of a limit [-]: how often the points left out would have as low a mean if they were drawn blindly.

    Bryant and Lempert's binomial test, made for probabilities and for draws without replacement: a binomial
    distribution with the mean and the variance of the sum of that many points, or of those kept if they are fewer. It
    takes the limit for given, though it was chosen; :func:`abm.analysis.box.prim.prune` makes up for that.

    Parameters
    ----------
    p
        Of the points within all other limits [-].
    kept
        Which of them the limit keeps.

    Examples
    --------
    >>> p = np.repeat([1.0, 0.0], 10)
    >>> chance(p, p > 0.5) < 0.001, chance(p, np.arange(20) % 2 > 0) > 0.4
    (True, True)
    """
    from scipy.special import betainc

    few = kept if kept.mean() <= 0.5 else ~kept  # noqa: PLR2004, the smaller part
    mean, variance = float(p.mean()), float(p.var())
    if kept.all() or variance <= 0:
        return 1.0
    trials = few.sum() * mean * (1 - mean) / variance * (len(p) - 1) / (len(p) - few.sum())
    happened = trials * float(p[few].mean())
    if few is kept:
        return float(betainc(happened, trials - happened + 1, mean)) if happened > 0 else 1.0
    return float(betainc(trials - happened, happened + 1, 1 - mean)) if happened < trials else 1.0


def chance_of(table: Table, p: Floats, inner: Region, outer: Region, least: float = 0.0) -> float:
    """Quasi-p-value of what parts two regions; 1 where it leaves out less than a share of the outer one."""
    around, within = outer.inside(table), inner.inside(table)
    return chance(p[around], within[around]) if within.sum() <= (1 - least) * around.sum() else 1.0


def box_of(table: Table, p: Floats, region: Region, search: Search, coverage_of: float | None = None) -> Box:
    """Put a region into words and numbers, limits at the roundest number between the points that they part.

    Parameters
    ----------
    table, p, region, search
        What was searched, and what was found.
    coverage_of
        Sum of p that coverage refers to; default: over these points.
    """
    mask, rounded = region.inside(table), region
    for column, upper in region.ends():
        rounded = _rounded(table, rounded, column, upper)
    limits = {}
    for owner in region.owners(table):
        without = region.without(owner, table)
        blind = chance_of(table, p, region, without)
        limits[table.limit(owner, rounded.low, rounded.high, blind)] = score_of(table, p, without, search)
    ranked, points = sorted(limits, key=lambda limit: limits[limit]), int(mask.sum())
    total, inside = float(p.sum()) if coverage_of is None else coverage_of, float(p[mask].sum())
    share = inside / total if total else 0.0
    return Box(tuple(ranked), inside / points, share, points / len(p), points)


def _rounded(table: Table, region: Region, column: int, upper: bool) -> Region:
    """Put an end at the roundest number that parts the same points."""
    end = float((region.high if upper else region.low)[column])
    if math.isinf(end) or table.is_word[column]:
        return region
    values = table.values[region.moved(column, upper, np.inf if upper else -np.inf).inside(table), column]
    below, above = values[values < end], values[values > end]
    if not len(below) or not len(above):  # the other limits part them already
        return region
    return region.moved(column, upper, roundest(float(below.max()), float(above.min())))
