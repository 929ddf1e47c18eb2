"""Moods: the hazard of a consent whose chance by the deadline is stated, whatever luck and sentiment it shares (D4)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from abm.core import draws, records
from abm.core.arithmetic import exp, log
from abm.core.jit import heavy
from abm.core.records import Floats, Record
from abm.core.schedule import day_after
from abm.core.solved import kept
from abm.population.contracts import new_record
from abm.rules import environment as nature
from abm.rules.gatekeepers import (
    DAYS_PER_YEAR,
    base_hazard,
    chance_under_luck,
    hazard_between,
    hazard_for_chance,
    moved_hazard,
)

_PATHS = 16_384  # of sentiment: a chance is kept to a tenth of a per cent or two
_OF_MOOD = (
    *("sentiment_start", "sentiment_mean", "sentiment_kept", "sentiment_spread"),
    *("cold_per_week", "thaw_per_week", "cold_sentiment"),
    *("competitor_jumps_per_year", "jump_mean_log", "jump_sd_log", "jump_permanent_share"),
)
_SEED = 2**40 + 4  # nobody's: the luck of the runs has nothing to do with what is solved for


def stated_hazard(
    chance: float, loading: float, effect: float, scale_days: float, days: float, variance: float, market: Record
) -> float:
    """Hazard far from the deadline under which a consent comes by it with the stated chance, if nobody blocks [1/year].

    Parameters
    ----------
    chance
        Stated [-].
    loading
        Of the hazard on sentiment [-].
    effect, scale_days, days
        Deadline effect, its scale and the deadline [-], [days], [days after as_of].
    variance
        Of the luck that gatekeepers share [-].
    market
        The ``records.MARKET`` record.

    References
    ----------
    Model basis, D2 to D5; decision log, "a stated chance comes out".

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> market = prepare(abm.load_scenario("three-investors")).market
    >>> round(stated_hazard(0.5, 0.0, 0.0, 28.0, 365.0, 0.0, market), 6)
    0.693147
    """
    if chance <= 0.0:
        return 0.0
    needed = hazard_for_chance(chance, variance)
    if loading == 0.0:
        return base_hazard(needed * DAYS_PER_YEAR / days, effect, scale_days, days)
    law = loading, effect, scale_days, days, tuple(float(market[name]) for name in _OF_MOOD)
    given = (chance, needed, variance, *law[:4], *law[4])
    return float(kept("stated hazard", given, lambda: np.array(_solved(chance, needed, variance, law))))


def _solved(chance: float, needed: float, variance: float, law: tuple[Any, ...]) -> float:
    from scipy.optimize import brentq

    gathered = _gathered(*law)

    def miss(log_rate: float) -> float:
        return mean_chance(exp(log_rate), gathered, variance) - chance

    low, high = log(needed / gathered.max()), log(needed / gathered.min())
    return exp(low if low == high else brentq(miss, low - 1e-9, high + 1e-9, xtol=1e-13))


@lru_cache(maxsize=256)
def _gathered(loading: float, effect: float, scale_days: float, days: float, mood: tuple[float, ...]) -> Floats:
    """Hazard that a rate of one a year gathers by the deadline, on each of many paths of sentiment: float64[paths]."""
    market = new_record(records.MARKET, dict(zip(_OF_MOOD, mood, strict=True)))
    still = market.sentiment_spread == market.cold_per_week == market.competitor_jumps_per_year == 0.0
    return gathered_hazards(market, loading, effect, scale_days, days, 1 if still else _PATHS)


@heavy
def gathered_hazards(
    market: Record, loading: float, effect: float, scale_days: float, days: float, paths: int
) -> Floats:
    """Hazard that a rate of one a year gathers by the deadline: float64[paths], each under a sentiment of its own."""
    found = np.zeros(paths)
    for path in range(paths):
        sentiment, cold, jumps, week = market.sentiment_start, False, 0, 0
        jump_day = _next_jump(market, path, jumps, 0.0)
        while day_after(week) < days:
            week += 1
            if market.cold_per_week > 0.0:
                u = draws.uniform(_SEED, path, 0, week, draws.REGIME, 0)
                cold = nature.cold_after(cold, market.cold_per_week, market.thaw_per_week, u)
            mean = nature.regime_mean(market.sentiment_mean, market.cold_sentiment, cold)
            z = draws.normal(_SEED, path, 0, week, draws.SENTIMENT, 0)
            sentiment = nature.sentiment_after(sentiment, mean, market.sentiment_kept, market.sentiment_spread, z)
            while jump_day <= day_after(week):
                z = draws.normal(_SEED, path, 0, 0, draws.JUMP_SIZE, jumps)
                jump = nature.jump_size(market.jump_mean_log, market.jump_sd_log, z)
                sentiment = nature.sentiment_after_jump(sentiment, jump, market.jump_permanent_share)
                jumps += 1
                jump_day = _next_jump(market, path, jumps, jump_day)
            rate = moved_hazard(1.0, 1.0, loading, sentiment)
            until = min(day_after(week), days)
            found[path] += hazard_between(rate, effect, scale_days, days, day_after(week - 1), until)
    return found


@heavy
def mean_chance(rate_per_year: float, gathered: Floats, variance: float) -> float:
    """Chance of a consent under a rate, over paths of what a rate of one a year gathers [-]."""
    total = 0.0
    for path in range(gathered.shape[0]):
        total += chance_under_luck(rate_per_year * gathered[path], variance)
    mean: float = total / gathered.shape[0]
    return mean


@heavy
def _next_jump(market: Record, path: int, jumps: int, day: float) -> float:
    if market.competitor_jumps_per_year <= 0.0:
        return math.inf
    waited = draws.exponential(_SEED, path, 0, 0, draws.JUMP_WAIT, jumps)
    return day + nature.arrival_days(waited, market.competitor_jumps_per_year)
