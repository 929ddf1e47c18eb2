"""A threshold game by the model's rule of decision: whoever believes in the others contributes (A9, A10)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from crowd_moments import Array, Moments
from numpy.typing import NDArray

from abm.rules.decision import advantage, expit

OTHERS = 4  # of a group of five
#: Before any fit: what is won and what is lost weigh the same, no bias, the noise of every investor (A10).
BEFORE = (0.0, 0.2)
#: What p of the rule is: how a belief that another contributes becomes a belief in success.
READINGS = ("that another contributes", "that enough others do")


class Game(NamedTuple):
    """A fit of the rule to contributions by belief."""

    reading: str
    bias: float
    noise: float
    bias_error: float
    noise_error: float
    deviance: float  #: of the fit, twice the log-likelihood that it lacks of the best possible
    deviance_before: float


def contributes(belief: float, threshold: int, reading: str, bias: float, noise: float) -> float:
    """Chance to contribute, with a belief that another does, in a group that needs so many contributors."""
    p = belief if reading == READINGS[0] else _enough(belief, threshold)
    return float(expit((advantage(p, 1.0, 1.0, 1.0, 0.0, 0.0) - bias) / noise))


def _enough(belief: float, threshold: int) -> float:
    """Chance that as many of four others contribute as are needed beside one's own contribution."""
    return sum(
        math.comb(OTHERS, k) * belief**k * (1 - belief) ** (OTHERS - k) for k in range(threshold - 1, OTHERS + 1)
    )


def by_belief(data: Moments, reading: str, bias: float, noise: float) -> Array:
    """Chance to contribute in each class of beliefs, at its middle; thresholds count alike."""
    ends = [0.0, *data["game", "belief_to"]]
    middles = [(low + high) / 2 for low, high in pairwise(ends)]
    thresholds = [int(k) for k in data["game", "thresholds"]]
    return np.array([np.mean([contributes(b, k, reading, bias, noise) for k in thresholds]) for b in middles])


def deviance(p: Array, share: Array, n: Array) -> float:
    """Twice the log-likelihood of shares of n that chances lack of the best possible."""
    p, share = np.clip(p, 1e-9, 1 - 1e-9), np.clip(share, 1e-9, 1 - 1e-9)
    return float(2 * (n * (share * np.log(share / p) + (1 - share) * np.log((1 - share) / (1 - p)))).sum())


def fit(data: Moments, reading: str) -> Game:
    """Bias and noise by maximum likelihood on those who must stay, errors from the curvature."""
    from scipy.optimize import minimize

    share, n = data["game", "stay_by_belief"], data["game", "stay_n"]

    def cost(at: NDArray[Any]) -> float:
        return deviance(by_belief(data, reading, at[0], math.exp(at[1])), share, n) / 2

    best = minimize(cost, [0.0, math.log(BEFORE[1])], method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7})
    errors = np.sqrt(np.diag(np.linalg.pinv(_curvature(cost, best.x))))
    noise = math.exp(best.x[1])
    before = deviance(by_belief(data, reading, *BEFORE), share, n)
    return Game(reading, best.x[0], noise, errors[0], noise * errors[1], 2 * best.fun, before)


def _curvature(cost: Any, at: NDArray[Any], step: float = 1e-3) -> Array:
    """Second derivatives, by differences."""
    n, steps = len(at), np.eye(len(at)) * step
    found = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            a, b = steps[i], steps[j]
            found[i, j] = cost(at + a + b) - cost(at + a - b) - cost(at - a + b) + cost(at - a - b)
    return found / (4 * step * step)


def table(data: Moments, games: list[Game]) -> pd.DataFrame:
    """Contributions by belief and by threshold, beside the rule before and after the fit."""
    ends = [0.0, *data["game", "belief_to"]]
    words = [f"belief {low:g} to {high:g}" for low, high in pairwise(ends)]
    rows = [
        {"who": who, "moment": word, "n": n, "data": share}
        for who, key in (("must stay", "stay"), ("may leave, stayed", "leave"))
        for word, share, n in zip(words, data["game", f"{key}_by_belief"], data["game", f"{key}_n"], strict=True)
    ]
    thresholds = [int(k) for k in data["game", "thresholds"]]
    rows += [
        {"who": "must stay", "moment": f"threshold {k}, at its mean belief {b:g}", "n": math.nan, "data": share}
        for k, b, share in zip(thresholds, data["game", "stay_belief"], data["game", "stay_contribute"], strict=True)
    ]
    of_stayers = data["game", "leave_contribute"] / (1 - data["game", "leave_leave"])
    rows += [
        {"who": "may leave, stayed", "moment": f"threshold {k}, belief not told", "n": math.nan, "data": share}
        for k, share in zip(thresholds, of_stayers, strict=True)
    ]
    frame = pd.DataFrame(rows)
    for game in games:
        for when, at in (("before", BEFORE), ("fitted", (game.bias, game.noise))):
            curve = by_belief(data, game.reading, *at)
            ks = [contributes(b, k, game.reading, *at)
                  for k, b in zip(thresholds, data["game", "stay_belief"], strict=True)]  # fmt: skip
            frame[f"{when}: {game.reading}"] = [*curve, *curve, *ks, *[math.nan] * len(ks)]
    return frame
