"""Anchor: the bias that makes an inclination true, found once, before the first run."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np

from abm.core import draws, records
from abm.core.errors import Fault, ScenarioError
from abm.core.jit import heavy
from abm.population.contracts import new_records
from abm.population.layout import Population, members_of
from abm.rules.appetite import openness
from abm.rules.belief import (
    drifted_mean,
    prior_mean,
    sight_spread,
    updated_mean,
    updated_precision,
    widened_precision,
)
from abm.rules.book import expected_musd, forecast_bn, log_post_money, post_money_bn
from abm.rules.decision import appraise, signing_rate
from abm.rules.gatekeepers import look_ahead
from abm.scenario import Scenario
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable

_NEVER = 50.0  # a bias so strong that nobody signs within any horizon


def set_biases(scenario: Scenario, population: Population, base: Population) -> None:
    """Set the bias of everybody with an inclination, in the world of the file as it was written."""
    sections: dict[str, InvestorTable | InvestorPoolTable] = {
        **{who.id: who for who in scenario.baseline.investors},
        **{pool.id: pool for pool in scenario.baseline.investor_pools},
    }
    bias_of: dict[str, float] = scenario.baseline.known.setdefault("biases", {})
    added: dict[str, float] = {}  # of those who are not in the file as it was written
    asked: dict[str, tuple[str, Population, float]] = {}
    places: list[tuple[int, str]] = []
    for place, (_, name, own) in enumerate(members_of(scenario)):
        section_id = name.split("#")[0]
        known = section_id in sections
        # whoever is not in the file as it was written is anchored in the world that he was added to
        inclination = (sections[section_id] if known else own).inclination
        if own.inclination is None or inclination is None:
            continue
        places.append((place, section_id))
        if section_id not in bias_of:
            asked.setdefault(section_id, (name, base if known else population, float(inclination)))
    faults = []
    for section_id, (bias, reachable) in zip(asked, _biases(list(asked.values())), strict=True):
        name, _, inclination = asked[section_id]
        if math.isnan(bias):
            faults.append(_out_of_reach(name, inclination, reachable))
        (bias_of if section_id in sections else added)[section_id] = bias
    if faults:
        for section_id in asked:
            bias_of.pop(section_id, None)
        raise ScenarioError(scenario.file, faults)
    for place, section_id in places:
        population.traits["sign_bias"][place] = bias_of[section_id] if section_id in sections else added[section_id]


def _biases(asked: list[tuple[str, Population, float]]) -> list[tuple[float, float]]:
    """Find everybody's bias, side by side."""
    offers = {id(world): frozen_offers(world) for _, world, _ in asked}

    def find(one: tuple[str, Population, float]) -> tuple[float, float]:
        name, world, inclination = one
        who, seen = world.traits[world.ids.index(name)], offers[id(world)]
        return _bias(
            who.tobytes(), world.market.tobytes(), seen.tobytes(), float(world.round.deadline_day), inclination
        )

    if len(asked) < 2:
        return [find(one) for one in asked]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(find, asked))


def _out_of_reach(name: str, inclination: float, reachable: float) -> Fault:
    why = "he wants no ticket at the asked price" if reachable <= 0 else "given his diligence and sign_rate_per_week"
    key = f"{'investor_pools' if '#' in name else 'investors'}.{name.split('#', maxsplit=1)[0]}.inclination"
    return Fault(key, f"expected at most {math.floor(reachable * 1000) / 1000:g} ({why})", f"{inclination:g}")


@lru_cache(maxsize=4096)
def _bias(who: bytes, market: bytes, offers: bytes, deadline_day: float, inclination: float) -> tuple[float, float]:
    """Bias of somebody whose inclination it is, or NaN; and the largest inclination that he could have.

    Asked again and again by sweeps, which move one inclination and leave the others.
    """
    from scipy.optimize import brentq

    if inclination == 0:
        return _NEVER, math.nan
    traits = _record(who, records.TRAITS)[0]
    zeta, days = _advantages(who, market, offers, deadline_day)

    def miss(bias: float) -> float:
        return float(signing_chance(traits, bias, zeta, days) - inclination)

    most = miss(-_NEVER)
    if most < 0:
        return math.nan, most + inclination
    return _NEVER if miss(_NEVER) > 0 else float(brentq(miss, -_NEVER, _NEVER, xtol=1e-12)), most + inclination


@lru_cache(maxsize=64)
def _advantages(who: bytes, market: bytes, offers: bytes, deadline_day: float) -> tuple[Any, Any]:
    """What :func:`frozen_advantages` finds, from the bytes of the records."""
    records_of = _record(who, records.TRAITS)[0], _record(market, records.MARKET)[0], _record(offers, records.OFFER)
    return frozen_advantages(*records_of, deadline_day)


def _record(content: bytes, layout: np.dtype[Any]) -> Any:
    return np.frombuffer(content, layout).copy().view(np.recarray)


def frozen_offers(population: Population) -> Any:
    """Return the offer of every week of the window if nothing moved from how things stand on as_of."""
    terms, market = population.round, population.market
    gates, day = population.gates, population.round.deadline_day
    status, never = np.full(len(gates), records.OPEN), np.full(len(gates), math.inf)
    outlooks = look_ahead(gates, population.gate_order, population.required, status, never, day, 0.0)
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
                "weeks_left": (terms.deadline_day - 7 * week) / 7.0,
                "volatility": market.volatility,
                "preference": terms.preference,
            }
        )
    return new_records(records.OFFER, rows)


_WAITS, _SIGHTS = 32, 65  # quantiles of the diligence time, and of what diligence shows


@heavy
def frozen_advantages(traits: Any, market: Any, offers: Any, deadline_day: float) -> tuple[Any, Any]:
    """Advantage of signing and days to sign, if nothing public moved, over the law of what diligence takes and shows.

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
        ready = traits.diligence_days * math.exp(traits.diligence_sd_log * wait)
        for s in range(_SIGHTS):
            row = d * _SIGHTS + s
            mean, precision = traits.prior_mean, traits.prior_precision
            ready_yet = False
            for week in range(weeks):
                offer = offers[week]
                mean = drifted_mean(mean, market.growth_per_year, market.volatility, years)
                precision = widened_precision(precision, market.volatility, years)
                start = max(7.0 * week, ready)
                end = min(7.0 * (week + 1), deadline_day)
                zeta[row, week] = -math.inf
                if ready > end:
                    continue
                if not ready_yet:
                    ready_yet = True
                    spread = sight_spread(
                        precision,
                        traits.signal_precision,
                        traits.prior_spread_log,
                        market.sd_log,
                        market.volatility,
                        end,
                    )
                    mean = updated_mean(mean, precision, mean + truth - traits.prior_mean, traits.signal_precision)
                    mean += spread * draws.normal_quantile((s + 0.5) / _SIGHTS)
                    precision = updated_precision(precision, traits.signal_precision)
                open_share = openness(offer.weeks_left, traits.waiting_decay_weeks)
                view = appraise(traits, mean, precision, open_share, offer)
                if view.ticket_musd > 0 and end > start:
                    zeta[row, week], days[row, week] = view.advantage, end - start
    return zeta, days


@heavy
def signing_chance(traits: Any, bias: float, zeta: Any, days: Any) -> float:
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
        total += -math.expm1(-hazard)
    return float(total / zeta.shape[0])
