"""Calibration: the bias that makes a stated inclination true, found once, before the first run."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from abm.core import draws, records
from abm.core.arithmetic import exp, expm1
from abm.core.errors import Fault, ScenarioError
from abm.core.jit import heavy
from abm.core.records import Record, Records
from abm.core.solved import kept
from abm.population.contracts import new_records
from abm.population.layout import Population, members_of
from abm.rules.appetite import openness
from abm.rules.belief import (
    doubt_left,
    drifted_mean,
    prior_mean,
    sight_spread,
    updated_mean,
    updated_variance,
    widened_variance,
)
from abm.rules.book import expected_musd, forecast_bn, log_post_money, missing_musd, post_money_bn
from abm.rules.decision import appraise, premium_of, signing_rate
from abm.rules.outlook import look_ahead
from abm.scenario import Scenario
from abm.scenario.defaults import STRONGEST_BIAS
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable

Floats = NDArray[np.float64]
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class _Stated(NamedTuple):
    """An inclination, who has it, and the world in which it is to be true."""

    name: str
    world: Population
    inclination: float


def set_biases(scenario: Scenario, population: Population, base: Population) -> None:
    """Set the bias of everybody with an inclination, in the world of the file as it was written."""
    sections: dict[str, InvestorTable | InvestorPoolTable] = {
        **{investor.id: investor for investor in scenario.baseline.investors},
        **{pool.id: pool for pool in scenario.baseline.investor_pools},
    }
    bias_of: dict[str, float] = scenario.baseline.known.setdefault("biases", {})
    added: dict[str, float] = {}  # of those who are not in the file as it was written
    stated: dict[str, _Stated] = {}
    inclined: list[tuple[int, str]] = []
    for index, (_, name, section) in enumerate(members_of(scenario)):
        section_id = name.split("#")[0]
        known = section_id in sections
        # whoever is not in the file as it was written is calibrated in the world that he was added to
        inclination = (sections[section_id] if known else section).inclination
        if section.inclination is None or inclination is None:
            continue
        inclined.append((index, section_id))
        if section_id not in bias_of:
            stated.setdefault(section_id, _Stated(name, base if known else population, float(inclination)))
    faults = []
    for section_id, (bias, reachable) in zip(stated, _biases(list(stated.values())), strict=True):
        if math.isnan(bias):
            faults.append(_out_of_reach(stated[section_id], reachable))
        (bias_of if section_id in sections else added)[section_id] = bias
    if faults:
        for section_id in stated:  # or the next attempt would find the bad ones known, and pass
            bias_of.pop(section_id, None)
        raise ScenarioError(scenario.file, faults)
    for index, section_id in inclined:
        population.traits["sign_bias"][index] = bias_of[section_id] if section_id in sections else added[section_id]


def _biases(stated: list[_Stated]) -> list[tuple[float, float]]:
    """Find everybody's bias; those not found before side by side: compiled code lets other threads go on."""
    worlds = {id(world): world for _, world, _ in stated}
    offers = {key: frozen_offers(world).tobytes() for key, world in worlds.items()}
    asked = [_anchored(one, offers[id(one.world)]) for one in stated]
    found = {one: answer for one in asked if (answer := _FOUND.get(one))}
    new = [one for one in dict.fromkeys(asked) if one not in found]
    if new:
        given = tuple(part for one in new for part in one)
        solved = kept("biases", given, lambda: np.array(side_by_side(_bias, new)))
        found |= dict(zip(new, map(tuple, solved.tolist()), strict=True))
    if len(_FOUND) > _MOST_FOUND:
        _FOUND.clear()
    _FOUND.update(found)
    return [found[one] for one in asked]


def side_by_side(function: Callable[[_Item], _Answer], items: Sequence[_Item]) -> list[_Answer]:
    """Ask a function that runs compiled code about each of some items, on as many threads as there are cores.

    Examples
    --------
    >>> side_by_side(abs, [-1, 2])
    [1, 2]
    """
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def _out_of_reach(stated: _Stated, reachable: float) -> Fault:
    why = "he wants no ticket at the asked price" if reachable <= 0 else "given his diligence and sign_rate_per_week"
    section_id, _, member = stated.name.partition("#")
    key = f"{'investor_pools' if member else 'investors'}.{section_id}.inclination"
    return Fault(key, f"expected at most {math.floor(reachable * 1000) / 1000:g} ({why})", f"{stated.inclination:g}")


class _Anchored(NamedTuple):
    """All that a bias depends on; records come as bytes, which a cache can look up."""

    traits: bytes
    market: bytes
    offers: bytes
    deadline_day: float
    inclination: float


# Sweeps ask again and again, moving one inclination and leaving the others: answers are kept.
_FOUND: dict[_Anchored, tuple[float, float]] = {}
_MOST_FOUND = 4096


def _anchored(stated: _Stated, offers: bytes) -> _Anchored:
    name, world, inclination = stated
    traits, deadline_day = world.traits[world.ids.index(name)], float(world.round.deadline_day)
    return _Anchored(traits.tobytes(), world.market.tobytes(), offers, deadline_day, inclination)


def _bias(asked: _Anchored) -> tuple[float, float]:
    """Bias of an investor whose inclination it is, or NaN; and the largest inclination that he could have."""
    from scipy.optimize import brentq

    inclination = asked.inclination
    if inclination == 0:
        return STRONGEST_BIAS, math.nan
    record = _from_bytes(asked.traits, records.TRAITS)[0]
    zeta, days = known_advantages(*asked[:-1])

    def miss(bias: float) -> float:
        return float(signing_chance(record, bias, zeta, days) - inclination)

    most = miss(-STRONGEST_BIAS)
    if most < 0:
        return math.nan, most + inclination
    if miss(STRONGEST_BIAS) > 0:
        return STRONGEST_BIAS, most + inclination
    return float(brentq(miss, -STRONGEST_BIAS, STRONGEST_BIAS, xtol=1e-12)), most + inclination


@lru_cache(maxsize=64)
def known_advantages(traits: bytes, market: bytes, offers: bytes, deadline_day: float) -> tuple[Floats, Floats]:
    """What :func:`frozen_advantages` finds, from the bytes of the records."""
    return frozen_advantages(
        _from_bytes(traits, records.TRAITS)[0],
        _from_bytes(market, records.MARKET)[0],
        _from_bytes(offers, records.OFFER),
        deadline_day,
    )


def _from_bytes(content: bytes, layout: np.dtype[Any]) -> Records:
    # a copy: for an array that can only be read, numba would compile everything again
    found: Records = np.frombuffer(content, layout).copy().view(np.recarray)
    return found


def frozen_offers(population: Population) -> Records:
    """Return the offer of every week of the window if nothing moved from how things stand on as_of."""
    shared = population
    parts = (shared.round, shared.market, shared.ladder_musd, shared.gate_params, shared.gate_order, shared.required)
    given = tuple(part.tobytes() for part in (*parts, shared.traits, *shared.contracts))
    return kept("frozen offers", given, lambda: _frozen_offers(population)).view(np.recarray)


def _frozen_offers(population: Population) -> Records:
    terms, market = population.round, population.market
    gates = population.gate_params
    status, never = np.full(len(gates), records.OPEN), np.full(len(gates), math.inf)
    outlooks = look_ahead(gates, population.gate_order, population.required, status, never, terms.deadline_day, 0.0)
    signed = population.traits["signed_at_start"].copy()
    tickets = population.traits["stated_musd"].copy()
    fallbacks = population.traits["fallback_musd"].copy()
    booked = expected_musd(signed, tickets, fallbacks, population.contracts, outlooks)
    post_bn = post_money_bn(int(population.ladder_musd[0]), terms.already_closed_musd, terms.target_musd)
    rows = []
    for week in range(math.ceil(terms.deadline_day / 7)):
        rows.append(
            {
                "post_bn": post_bn,
                "log_post": log_post_money(post_bn),
                "target_bn": terms.target_musd / 1000.0,
                "forecast_bn": forecast_bn(0, booked, terms.expected_new_musd, 0),
                "missing_musd": missing_musd(int(booked), terms.target_musd),
                "weeks_left": (terms.deadline_day - 7 * week) / 7.0,
                "volatility": market.volatility,
                "preference": terms.preference,
            }
        )
    return new_records(records.OFFER, rows)


_FAR = 300.0  # steps of noise beyond which a logistic is 0 or 1, and an exponential is still a number
_WAITS, _SIGHTS = 32, 65  # quantiles of the diligence time, and of what diligence shows


@heavy
def frozen_advantages(traits: Record, market: Record, offers: Records, deadline_day: float) -> tuple[Floats, Floats]:
    """Advantage of signing and days to sign, if nothing public moved, over all that diligence may take and show.

    Parameters
    ----------
    traits, market
        A ``records.TRAITS`` and the ``records.MARKET`` record.
    offers
        ``records.OFFER[weeks]``, the frozen offers.
    deadline_day
        D [days after as_of].

    Returns
    -------
    tuple of ndarray
        zeta, float64[waits x sights, weeks] (minus infinity where he wants no ticket), and the days of each week that
        are left to sign in, of the same shape.

    References
    ----------
    docs/model.md 2.6; decision log, "the anchor averages over private luck".
    """
    weeks, years = offers.shape[0], 7.0 / 365.0
    zeta, days = np.zeros((_WAITS * _SIGHTS, weeks)), np.zeros((_WAITS * _SIGHTS, weeks))
    truth = prior_mean(market.mean_bn, market.sd_log, 0.0)
    for d in range(_WAITS):
        wait = draws.normal_quantile((d + 0.5) / _WAITS)
        ready = traits.diligence_days * exp(traits.diligence_sd_log * wait)
        for s in range(_SIGHTS):
            row = d * _SIGHTS + s
            mean, variance = traits.prior_mean, traits.prior_variance
            ready_yet = False
            for week in range(weeks):
                offer = offers[week]
                mean = drifted_mean(mean, market.growth_per_year, market.volatility, years)
                variance = widened_variance(variance, market.volatility, years)
                start = max(7.0 * week, ready)
                end = min(7.0 * (week + 1), deadline_day)
                zeta[row, week] = -math.inf
                if ready > end:
                    continue
                if not ready_yet:
                    ready_yet = True
                    spread = sight_spread(
                        variance,
                        traits.signal_precision,
                        traits.prior_spread_log,
                        market.sd_log,
                        market.volatility,
                        end,
                    )
                    shown = mean + truth - traits.prior_mean  # on average the truth, which drifts as his mean does
                    left = doubt_left(variance, traits.signal_precision)
                    mean = updated_mean(mean, shown, left)
                    mean += spread * draws.normal_quantile((s + 0.5) / _SIGHTS)
                    variance = updated_variance(variance, left)
                open_share = openness(offer.weeks_left, traits.waiting_decay_weeks)
                view = appraise(traits, mean, variance, open_share, offer, premium_of(traits, offer))
                if view.ticket_musd > 0 and end > start:
                    zeta[row, week], days[row, week] = view.advantage, end - start
    return zeta, days


@heavy
def signing_chance(traits: Record, bias: float, zeta: Floats, days: Floats) -> float:
    r"""Chance of a signature by the deadline at a given bias, :math:`E[1 - e^{-\int \lambda\,dt}]` [-].

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record.
    bias
        Bias against signing [-].
    zeta, days
        From :func:`frozen_advantages`.

    Returns
    -------
    float
        Probability [-].
    """
    total: float = 0.0
    for row in range(zeta.shape[0]):
        hazard = 0.0
        for week in range(zeta.shape[1]):
            if days[row, week] > 0.0:
                rate = signing_rate(zeta[row, week], bias, traits.choice_noise, traits.sign_rate_per_week)
                hazard += rate * days[row, week] / 7.0
        total += -expm1(-hazard)
    return float(total / zeta.shape[0])


@heavy
def signing_chances(
    traits: Record, first_bias: float, factor: float, zeta: Floats, days: Floats, chances: Floats
) -> None:
    r"""Chances of a signature by the deadline at biases in even steps, in a tenth of the time of one after the other.

    The exponential of the logistic is taken once for all biases: a step multiplies it by a factor.

    Parameters
    ----------
    traits
        A ``records.TRAITS`` record.
    first_bias
        The lowest bias [-].
    factor
        :math:`e^{\text{step}/\text{noise}}` [-].
    zeta, days
        From :func:`frozen_advantages`.
    chances
        float64[K], overwritten [-].
    """
    size = chances.shape[0]
    hazards = np.zeros(size)
    chances[:] = 0.0
    for row in range(zeta.shape[0]):
        hazards[:] = 0.0
        for week in range(zeta.shape[1]):
            if days[row, week] > 0.0:
                steps = (first_bias - zeta[row, week]) / traits.choice_noise
                against = exp(min(_FAR, max(-_FAR, steps)))
                most = traits.sign_rate_per_week * days[row, week] / 7.0
                for k in range(size):
                    hazards[k] += most / (1.0 + against)
                    against *= factor
        for k in range(size):
            chances[k] += -expm1(-hazards[k])
    for k in range(size):
        chances[k] /= zeta.shape[0]
