"""PRIM, the patient rule induction method: cut thin slices off the worlds until something happens in most of the rest.

Friedman, J. H. & Fisher, N. I. (1999). Bump hunting in high-dimensional data. Statistics and Computing 9, 123-143.
doi:10.1023/A:1008894516817

Bryant, B. P. & Lempert, R. J. (2010). Thinking inside the box: a participatory, computer-assisted approach to scenario
discovery. Technological Forecasting and Social Change 77(1), 34-49. doi:10.1016/j.techfore.2009.08.002

Kwakkel, J. H. & Jaxa-Rozen, M. (2016). Improving scenario discovery for handling heterogeneous uncertainties and
multinomial classified outcomes. Environmental Modelling & Software 79, 311-321. doi:10.1016/j.envsoft.2015.11.020
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm.analysis.box.limits import Box, Floats, Table
from abm.analysis.box.regions import RULES, Region, Search, chance_of, score_of

if TYPE_CHECKING:
    import pandas as pd

_LEAST_GAIN = 1e-12  # a rise that is more than rounding


def find(table: Table, p: Floats, search: Search) -> tuple[list[Region], Region]:
    """Look for one box: peel, choose, paste, prune, grow.

    Parameters
    ----------
    table
        The worlds.
    p
        Probability in each [-].
    search
        How.

    Returns
    -------
    trajectory, region
        Every box on the way, the whole first; and the chosen one, without any limit if none is worth it.
    """
    trajectory = peel(table, p, search)
    masks = [region.inside(table) for region in trajectory]
    score = [float(RULES[search.rule](p[mask].sum(), mask.sum(), p)) for mask in masks]
    region = trajectory[int(np.argmax(score))]
    region = prune(table, p, paste(table, p, region, search), search)
    return trajectory, grow(table, p, region, search)


def peel(table: Table, p: Floats, search: Search) -> list[Region]:
    """Take off the slice whose loss raises the mean of p most for its size, again and again.

    A slice is ``alpha`` of the box at either end of a number (ties go together), or all of a word. Once ``most``
    parameters are limited, only these are cut further.

    Returns
    -------
    list of Region
        From everything down to the smallest box.
    """
    region, path, fewest = Region.everything(table), [Region.everything(table)], search.fewest(len(p))
    ascending = np.argsort(table.values, axis=0, kind="stable").T
    mask, word = np.ones(len(p), np.bool_), table.is_word
    while True:
        inside = ascending[mask[ascending]].reshape(len(word), -1)  # of each column, the points in the box in order
        owners = region.owners(table)
        free = np.isin(table.owner, owners) if len(owners) >= search.most else np.ones(len(word), np.bool_)
        slices = [_slices(table, p, order, search.alpha, fewest) for order in (inside, inside[:, ::-1])]
        gains = np.array([np.where(free & ~word, slices[0][0], -np.inf), np.where(free, slices[1][0], -np.inf)])
        if not len(word) or gains.max() <= _LEAST_GAIN:
            return path
        upper, column = divmod(int(gains.argmax()), len(word))
        region = region.moved(column, bool(upper), float(slices[upper][1][column]))
        mask = region.inside(table)
        path.append(region)


def _slices(table: Table, p: Floats, order: NDArray[np.int64], alpha: float, fewest: int) -> tuple[Floats, Floats]:
    """Rise of the mean per point lost if each column's first points go, and where the cut lies, float64[columns]."""
    columns, size = np.arange(len(order)), order.shape[1]
    if size <= fewest:
        return np.full(len(order), -np.inf), np.zeros(len(order))
    values = table.values[order, columns[:, None]]
    edge = values[:, max(int(alpha * size), 1)][:, None]
    same = values == edge
    first = same.argmax(axis=1)
    gone = np.where(first > 0, first, same.sum(axis=1))  # whoever is tied with the edge stays, if anybody goes
    possible = size - gone >= fewest
    gone = np.where(possible, gone, 1)
    upto = np.cumsum(p[order], axis=1)
    rise = (upto[:, -1] - upto[columns, gone - 1]) / (size - gone) - upto[:, -1] / size
    return np.where(possible, rise / gone, -np.inf), (values[columns, gone - 1] + values[columns, gone]) / 2


def paste(table: Table, p: Floats, region: Region, search: Search) -> Region:
    """Move each limit out, or in, to where the box has most of what the rule asks for, until nothing gets better."""
    best = score_of(table, p, region, search)
    while True:
        moves = [_best_move(table, p, region, column, upper, search) for column, upper in region.ends()]
        score, there = max(moves, key=lambda move: move[0], default=(best, region))
        if score <= best + _LEAST_GAIN:
            return region
        best, region = score, there


def _best_move(
    table: Table, p: Floats, region: Region, column: int, upper: bool, search: Search
) -> tuple[float, Region]:
    """Where one end is best, and how good it is there."""
    open_end = np.inf if upper else -np.inf
    mask = region.moved(column, upper, open_end).inside(table)
    inward = 1.0 if upper else -1.0
    order = np.argsort(inward * table.values[mask, column], kind="stable")
    values, upto = table.values[mask, column][order], np.cumsum(p[mask][order])
    counts = np.arange(1, len(values) + 1)
    last = np.append(values[1:] != values[:-1], True)  # ties stay together
    some_go = (counts <= (1 - search.alpha) * len(counts)) | (counts == len(counts))
    possible = last & some_go & (counts >= search.fewest(len(p)))
    if not possible.any():
        return -np.inf, region
    scores = np.where(possible, RULES[search.rule](upto, counts, p), -np.inf)
    index = int(scores.argmax())
    end = open_end if index == len(values) - 1 else float(values[index] + values[index + 1]) / 2
    return float(scores[index]), region.moved(column, upper, end)


def prune(table: Table, p: Floats, region: Region, search: Search) -> Region:
    """Drop the ends that blind luck might as well have given, the worst first, and paste after each."""
    ends = 2 * table.values.shape[1] - int(table.is_word.sum())
    while limited := region.ends():
        without = [region.moved(column, upper, np.inf if upper else -np.inf) for column, upper in limited]
        chances = [chance_of(table, p, region, outer, search.alpha) for outer in without]
        worst = int(np.argmax(chances))
        if chances[worst] <= search.level * search.alpha / ends:
            return region
        region = paste(table, p, without[worst], search)
    return region


def grow(table: Table, p: Floats, region: Region, search: Search) -> Region:
    """Limit further parameters, each where a cut or a range is best, as long as that stands up to pruning.

    Among a hundred parameters thin slices follow luck, and luck takes the place of parameters that matter; a cut that
    parts many points does not.
    """
    while True:
        owners = region.owners(table)
        free = [k for k, owner in enumerate(table.owner) if owner in owners or len(owners) < search.most]
        moves = [_best_range(table, p, region, k, upper, search) for k in free for upper in (True, False)]
        _, there = max(moves, key=lambda move: move[0], default=(0.0, region))
        there = prune(table, p, paste(table, p, there, search), search)
        if score_of(table, p, there, search) <= score_of(table, p, region, search) + _LEAST_GAIN:
            return region
        region = there


def _best_range(
    table: Table, p: Floats, region: Region, column: int, upper: bool, search: Search
) -> tuple[float, Region]:
    """Where one end is best, and then the other, and how good that is; a word is only left out."""
    if table.is_word[column]:
        return _best_move(table, p, region, column, True, search)
    _, there = _best_move(table, p, region, column, upper, search)
    return _best_move(table, p, there, column, not upper, search)


def trajectory(steps: tuple[Box, ...]) -> pd.DataFrame:
    """Put boxes into a frame: ``step``, ``density``, ``coverage``, ``support`` [-], ``points``, ``restricted``."""
    import pandas as pd

    rows = [(k, box.density, box.coverage, box.support, box.points, len(box.limits)) for k, box in enumerate(steps)]
    return pd.DataFrame(rows, columns=["step", "density", "coverage", "support", "points", "restricted"])
