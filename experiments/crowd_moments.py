"""Moments of campaigns and of a threshold game: read from a file, and measured on simulated campaigns."""

from __future__ import annotations

import math
import sys
import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What a file of moments must state: table, key, how many numbers (0: one; a name: as many as that list, plus one), and
#: the least and the most that each may be.
LAYOUT: tuple[tuple[str, str, int | tuple[str, int], float, float], ...] = (
    ("", "campaigns", 0, 1, math.inf),
    ("goals", "mean_log10", 0, 0, 12),
    ("goals", "sd_log10", 0, 0, 5),
    *(("pledges", f"{whose}_{what}", 0, 0, most) for whose in ("successful", "failed")
      for what, most in (("median", math.inf), ("sd_log", 5))),
    ("success", "overall", 0, 0, 1),
    ("success", "slope_log10_goal", 0, -50, 50),
    ("success", "goal_to", -1, 0, math.inf),
    ("success", "by_goal", ("goal_to", 1), 0, 1),
    ("success", "share_from", -1, 0, math.inf),
    ("success", "by_share", ("share_from", 0), 0, 1),
    ("shares", "edges", -1, 0, math.inf),
    ("shares", "percent", ("edges", 2), 0, 100),
    *(("shares", name, 0, 0, math.inf) for name in (
        "failed_under_fifth", "failed_nothing", "failed_median", "failed_above_four_fifths", "successful_under_1_1",
        "successful_median", "successful_above_2")),
    ("backers", "successful_median", 0, 0, math.inf),
    ("backers", "failed_median", 0, 0, math.inf),
    ("game", "thresholds", -1, 1, 5),
    *(("game", name, ("thresholds", 0), 0, 1) for name in (
        "stay_contribute", "stay_belief", "leave_contribute", "leave_leave")),
    ("game", "belief_to", -1, 0, 1),
    *(("game", name, ("belief_to", 0), 0, most) for name, most in (
        ("stay_by_belief", 1), ("stay_n", math.inf), ("leave_by_belief", 1), ("leave_n", math.inf))),
)  # fmt: skip
_RISING = ("goal_to", "share_from", "edges", "belief_to")


class MomentsError(Exception):
    """A file of moments that cannot be read; its text is one sentence."""


class Moments:
    """The moments of a file, by table and key; lists are arrays."""

    def __init__(self, tables: dict[str, dict[str, Any]], source: str, campaigns: int) -> None:
        self.source, self.campaigns = source, campaigns
        self._tables = tables

    def __getitem__(self, place: tuple[str, str]) -> Any:
        """Return the number, or the array, of a table and a key."""
        table, key = place
        return self._tables[table][key]

    def histogram(self) -> Array:
        """Law of the final share over its classes [-], adding up to 1."""
        percent: Array = self["shares", "percent"]
        return percent / percent.sum()


def moments_or_exit(path: Path) -> Moments:
    """Read a file of moments, or end with one sentence and status 2."""
    try:
        return read_moments(path)
    except MomentsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def read_moments(path: Path) -> Moments:
    """Read a file of moments of the layout of ``crowdfunding_moments.toml``."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MomentsError(f"{path}: expected a file of moments, got: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise MomentsError(f"{path}: expected a TOML file of moments, got: {error}") from None
    tables: dict[str, dict[str, Any]] = {}
    for table, key, length, low, high in LAYOUT:
        where = f"{table}.{key}" if table else key
        own = raw.get(table, {}) if table else raw
        if not isinstance(own, dict):
            raise MomentsError(f"{path}: {table}: expected a table, got {own!r}")
        stated = tables.setdefault(table, {})
        stated[key] = _checked(own.get(key), length, (low, high), stated, f"{path}: {where}")
    if not 99 <= tables["shares"]["percent"].sum() <= 101:
        got = f"{tables['shares']['percent'].sum():g}"
        raise MomentsError(f"{path}: shares.percent: expected percentages that add up to 100, within 1, got {got}")
    if 1.0 not in tables["shares"]["edges"]:
        raise MomentsError(f"{path}: shares.edges: expected 1.0 among them, where campaigns begin to succeed")
    return Moments(tables, str(raw.get("source", path.name)), int(tables[""]["campaigns"]))


def _checked(value: Any, length: int | tuple[str, int], within: tuple[float, float], known: Any, where: str) -> Any:
    """One number, or the array, that stands at a place of a file."""
    if value is None:
        raise MomentsError(f"{where}: expected a {'number' if length == 0 else 'list of numbers'}, got nothing")
    numbers = [value] if length == 0 else value
    is_list = isinstance(numbers, list) and numbers
    if not is_list or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers):
        raise MomentsError(f"{where}: expected a {'number' if length == 0 else 'list of numbers'}, got {value!r}")
    low, high = within
    for one in numbers:
        if not (math.isfinite(one) and low <= one <= high):
            raise MomentsError(f"{where}: expected numbers from {low:g} to {high:g}, got {one}")
    if isinstance(length, tuple) and len(numbers) != len(known[length[0]]) + length[1]:
        wanted = len(known[length[0]]) + length[1]
        raise MomentsError(f"{where}: expected {wanted} numbers, to go with {length[0]}, got {len(numbers)}")
    if where.rpartition(".")[2] in _RISING and any(a >= b for a, b in pairwise(numbers)):
        raise MomentsError(f"{where}: expected numbers that rise, got {value}")
    return float(value) if length == 0 else np.array(numbers, float)


# --------------------------------------------------------------------------------------------------------------------
# The same of simulated campaigns


@dataclass
class Campaigns:
    """Simulated campaigns, one a row: what was asked, and what came under each of some lucks."""

    goal_usd: Array  #: float64[N]
    share: Array  #: float64[N, lucks], final share of the goal, also where it fails [-]
    early: Array  #: float64[N, lucks], share after the first week [-]
    backers: Array  #: float64[N, lucks], how many pledged [-]
    weight: Array  #: float64[N], how much each campaign counts; adds up to 1 [-]

    @property
    def successful(self) -> NDArray[np.bool_]:
        """Which reached their goal."""
        return self.share >= 1.0

    @property
    def worth(self) -> float:
        """How many campaigns of equal weight would tell as much [-]."""
        return float(1.0 / (self.weight * self.weight).sum())

    @property
    def each(self) -> Array:
        """Weight of each campaign under each luck [-]."""
        return np.repeat(self.weight[:, None] / self.share.shape[1], self.share.shape[1], axis=1)


class Row(NamedTuple):
    """A moment, as a file states it and as campaigns have it."""

    block: str
    moment: str
    data: float
    model: float
    error: float  #: standard error of the model's, from the number of campaigns


def measured(campaigns: Campaigns, data: Moments) -> list[Row]:
    """Every moment of a file beside that of simulated campaigns."""
    share, won, each = campaigns.share, campaigns.successful, campaigns.each
    anybody = np.ones_like(won)

    def chance(block: str, moment: str, told: float, true: NDArray[np.bool_], among: NDArray[np.bool_]) -> Row:
        return Row(block, moment, told, *share_of(campaigns.weight, true & among, among))

    def told(block: str, moment: str, at: tuple[str, str], found: float) -> Row:
        return Row(block, moment, data[at], found, math.nan)

    ends = data["success", "goal_to"]
    kind = np.repeat(np.searchsorted(ends, campaigns.goal_usd)[:, None], share.shape[1], axis=1)
    goals = [f"goal up to {end:,.0f}" for end in ends] + ["goal above"]
    law, starts = data.histogram(), data["success", "share_from"]
    rows = [chance("success", "all", data["success", "overall"], won, anybody)]
    rows += [
        chance("success by goal", word, data["success", "by_goal"][k], won, kind == k) for k, word in enumerate(goals)
    ]
    rows += [told("success by goal", "slope of a logit", ("success", "slope_log10_goal"), slope(campaigns))]
    rows += [
        chance("final share", word, law[k], _in(share, start, end), anybody)
        for k, (start, end, word) in enumerate(classes(data))
    ]
    for key, true in (("under_fifth", share < 0.2), ("nothing", share == 0.0), ("above_four_fifths", share > 0.8)):
        rows.append(chance("failed", key.replace("_", " "), data["shares", f"failed_{key}"], true, ~won))
    rows.append(told("failed", "median share", ("shares", "failed_median"), median(share, each * ~won)))
    for key, true in (("under_1_1", share < 1.1), ("above_2", share > 2.0)):
        word = key.replace("_", " ").replace("1 1", "1.1")
        rows.append(chance("successful", word, data["shares", f"successful_{key}"], true, won))
    rows.append(told("successful", "median share", ("shares", "successful_median"), median(share, each * won)))
    rows += [
        chance("success by share", f"final share at least {start:g}", p, won, share >= start)
        for start, p in zip(starts, data["success", "by_share"], strict=True)
    ]
    for whose, among in (("successful", won), ("failed", ~won)):
        found = median(campaigns.backers, each * among)
        rows.append(told("backers", f"median of the {whose}", ("backers", f"{whose}_median"), found))
    return rows


def share_of(weight: Array, true: NDArray[np.bool_], among: NDArray[np.bool_]) -> tuple[float, float]:
    """Weighted share of what is true, and its standard error over campaigns: lucks of one campaign hang together."""
    own = weight[:, None] * among
    total = own.sum()
    if total <= 0:
        return math.nan, math.nan
    p = float((weight[:, None] * true).sum() / total)
    off = (weight[:, None] * (true - p * among)).sum(axis=1)
    return p, float(np.sqrt((off * off).sum()) / total)


def classes(data: Moments) -> list[tuple[float, float, str]]:
    """Classes of the final share: from, to, and in words; the first is nothing at all."""
    edges = [0.0, *data["shares", "edges"], math.inf]
    words = [
        (low, high, f"{low:g} to {high:g}" if high < math.inf else f"above {low:g}") for low, high in pairwise(edges)
    ]
    return [(-math.inf, 0.0, "nothing"), *words]


def _in(share: Array, start: float, end: float) -> NDArray[np.bool_]:
    """Whether a share lies in a class; a goal that is exactly reached is reached."""
    return share <= 0.0 if end <= 0.0 else (share > 0.0) & (share >= start) & (share < end)


def slope(campaigns: Campaigns) -> float:
    """Slope of a logit of success on the log10 of the goal, by weighted maximum likelihood; nan where all end alike."""
    from scipy.optimize import minimize

    x, weight = np.log10(campaigns.goal_usd), campaigns.weight
    won = campaigns.successful.mean(axis=1)
    if not 0.0 < (weight * won).sum() < 1.0 - 1e-12 or np.ptp(x) == 0.0:
        return math.nan

    def cost(b: Array) -> float:
        z = b[0] + b[1] * (x - 3.72)
        return float((weight * (np.logaddexp(0.0, z) - won * z)).sum())

    return float(minimize(cost, np.zeros(2), method="BFGS").x[1])


def median(values: Array, weight: Array) -> float:
    """Weighted median; nan where nothing has weight."""
    order = np.argsort(values, axis=None)
    rising = np.cumsum(weight.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(rising, rising[-1] / 2)]) if rising[-1] > 0 else math.nan


def distances(rows: list[Row]) -> pd.DataFrame:
    """Mean absolute distance of the model's probabilities to the data's, by block [points]."""
    frame = pd.DataFrame(rows)
    frame = frame[~frame["moment"].str.contains("median|slope")]
    apart = (100 * (frame["model"] - frame["data"]).abs()).groupby(frame["block"], sort=False)
    return pd.DataFrame({"moments": apart.size(), "points": apart.mean()})
