"""Resampling: boxes found on half of the worlds, tried on the other half."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from abm.analysis.box.limits import Bools, End, Floats, Table
from abm.analysis.box.prim import find
from abm.analysis.box.regions import Region, Search
from abm.runs.estimates import wilson

if TYPE_CHECKING:
    import pandas as pd

_QUANTILES = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


@dataclass(frozen=True)
class Holdout:
    """What boxes are worth on worlds that they were not found on.

    Attributes
    ----------
    density, low, high
        Mean probability in them [-], and its 95 % interval over worlds.
    coverage, support
        Their share of all that happens, and of the worlds [-].
    found
        In how many resamples there was a box at all.
    """

    density: float
    low: float
    high: float
    coverage: float
    support: float
    found: int


def split_half(table: Table, p: Floats, search: Search, resamples: int, seed: int) -> list[tuple[Bools, Region]]:
    """Look for a box on random halves of the points.

    Returns
    -------
    list
        For each: which points it was looked for on, bool[points], and the box, maybe without limits.
    """
    chance, made = np.random.default_rng(seed), []
    for _ in range(resamples):
        mask = np.zeros(len(p), np.bool_)
        mask[chance.permutation(len(p))[: len(p) // 2]] = True
        made.append((mask, find(replace(table, values=table.values[mask]), p[mask], search)[1]))
    return made


def holdout(table: Table, p: Floats, made: list[tuple[Bools, Region]], total: float) -> Holdout:
    """Sum up what boxes are worth on the halves that they were not found on.

    Each point weighs as often as it lay in a box that was found without it. The interval is Wilson's, for as many
    points as the weights are worth, and with the variance that the probabilities have.

    Parameters
    ----------
    table, p
        The worlds, and the probability in each [-].
    made
        From :func:`split_half`.
    total
        Sum of p that coverage refers to.
    """
    inside, out, found = np.zeros(len(p)), np.zeros(len(p)), 0
    for mask, region in made:
        if region.ends():
            found += 1
            out += ~mask
            inside += ~mask & region.inside(table)
    weight = np.divide(inside, out, out=np.zeros(len(p)), where=out > 0) if found else np.ones(len(p))
    if not weight.any():
        return Holdout(float(p.mean()), 0.0, 1.0, 0.0, 0.0, found)
    density = float(weight @ p / weight.sum())
    points = float(weight.sum() ** 2 / (weight @ weight)) / _milder(p, weight, density)
    low, high = wilson(density * points, points)
    share = float(weight @ p) / total if total else 0.0
    return Holdout(density, low, high, share, float(weight.mean()), found)


def _milder(p: Floats, weight: Floats, density: float) -> float:
    """How much less than heads or tails the probabilities vary [-], in the boxes or everywhere, whichever is more."""
    base = float(p.mean())
    shares = [float(p.var()) / (base * (1 - base))] if 0 < base < 1 else []
    if 0 < density < 1:
        shares.append(float(weight @ (p - density) ** 2 / weight.sum()) / (density * (1 - density)))
    return max([*shares, 1e-6]) if shares else 1.0


def ends_of(table: Table, region: Region) -> dict[tuple[str, str], float]:
    """Every end that a region limits: path and ``low``, ``high`` or ``not WORD``, and where it lies."""
    found = {}
    for column, upper in region.ends():
        word = f"not {table.words[column]}" if table.is_word[column] else "high" if upper else "low"
        found[table.paths[table.owner[column]], word] = float((region.high if upper else region.low)[column])
    return found


def stability(table: Table, made: list[tuple[Bools, Region]], chosen: Region) -> pd.DataFrame:
    """Count how often each end was limited, and where; the most frequent first."""
    import pandas as pd

    mine, seen = ends_of(table, chosen), defaultdict[tuple[str, str], list[float]](list)
    for path_and_end in mine:
        seen[path_and_end] = []
    for _, region in made:
        for path_and_end, value in ends_of(table, region).items():
            seen[path_and_end].append(value)
    rows = []
    for (path, end), values in seen.items():
        at = np.quantile(values, list(_QUANTILES.values())) if values and not end.startswith("not ") else [None] * 3
        limits = {name: _in_its_kind(table, path, value) for name, value in zip(_QUANTILES, at, strict=True)}
        rows.append({"path": path, "end": end, "times": len(values), "share": len(values) / max(len(made), 1)}
                    | limits | {"chosen": (path, end) in mine})  # fmt: skip
    frame = pd.DataFrame(rows, columns=["path", "end", "times", "share", *_QUANTILES, "chosen"])
    return frame.sort_values(["chosen", "times"], ascending=False, kind="stable", ignore_index=True)


def _in_its_kind(table: Table, path: str, end: float | None) -> End:
    is_date = table.kinds[table.paths.index(path)] == "date"
    return dt.date.fromordinal(round(end)) if is_date and end is not None else end
