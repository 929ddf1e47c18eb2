"""Luck: what a single run draws before it starts. Pools, thresholds, times, and the luck that gatekeepers share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from abm.core import draws
from abm.core.jit import rule
from abm.population.layout import Population
from abm.rules.clauses import Contracts
from abm.rules.conditions import ANY_OF, INVESTOR, MIN_SENTIMENT, TOTAL


@rule
def drawn(law: int, first: float, second: float, fixed: float, u: float) -> float:
    """Draw from a law of a pool: fixed, lognormal (median, sd log), or uniform (from, to).

    Examples
    --------
    >>> drawn(0, 0.0, 0.0, 7.0, 0.9), drawn(1, 15.0, 1.0, 0.0, 0.5), drawn(2, 2.0, 6.0, 0.0, 0.25)
    (7.0, 15.0, 3.0)
    """
    if law == 1:
        return first * math.exp(second * draws.normal_quantile(u))
    return first + (second - first) * u if law == 2 else fixed


def realise(population: Population, seed: int, run: int) -> tuple[Any, Contracts]:
    """Draw the investors of one run: traits of the pools, thresholds, times, and conditions.

    Parameters
    ----------
    population
        The scenario's population.
    seed, run
        The run's key.

    Returns
    -------
    tuple
        ``records.TRAITS[N]`` and the contracts of this run.

    References
    ----------
    Model basis, 2.5 and 2.6.
    """
    traits = population.traits.copy()
    contracts = population.contracts._replace(atoms=population.contracts.atoms.copy())
    draw_investors(traits, contracts, population.traits, population.lottery, population.round, seed, run)
    return traits, contracts


@rule
def draw_investors(traits: Any, contracts: Contracts, base: Any, lottery: Any, terms: Any, seed: int, run: int) -> None:
    """Write the luck of a run into ``traits`` and ``contracts``; what is not drawn must be that of ``base`` already.

    Parameters
    ----------
    traits, base
        ``records.TRAITS[N]``: of this run, and of the scenario.
    contracts
        The contracts of this run, as the scenario has them.
    lottery, terms
        ``records.LOTTERY[N]`` and the ``records.ROUND`` record.
    seed, run
        The run's key.
    """
    n = traits.shape[0]
    agents, steps, luck = np.empty(n, np.int64), np.zeros(n, np.int64), np.empty(n)
    for i in range(n):
        agents[i] = traits[i].address
        if lottery[i].pooled:
            _draw_member(traits[i], base[i], lottery[i], seed, run)
            if contracts.investors[i + 1] > contracts.investors[i]:
                atom = contracts.atoms[contracts.clauses[contracts.investors[i]]]
                _draw_condition(atom, lottery[i], agents[i], terms, seed, run)
    draws.normals(luck, seed, run, agents, steps, draws.PRIOR_DEVIATION)
    for i in range(n):
        traits[i].prior_mean = base[i].prior_mean + base[i].prior_spread_log * luck[i]
    draws.normals(luck, seed, run, agents, steps, draws.PRIVATE_SIGNAL)
    for i in range(n):
        traits[i].signal_luck = luck[i]
    draws.normals(luck, seed, run, agents, steps, draws.DILIGENCE)
    for i in range(n):
        traits[i].diligence_day = base[i].diligence_days * math.exp(base[i].diligence_sd_log * luck[i])
    draws.uniforms(luck, seed, run, agents, steps, draws.SIGNING)
    for i in range(n):
        traits[i].sign_threshold = draws.waited(luck[i])
    draws.uniforms(luck, seed, run, agents, steps, draws.WITHDRAWAL)
    for i in range(n):  # nobody looks at the threshold of one who never has second thoughts
        traits[i].withdrawal_threshold = draws.waited(luck[i]) if base[i].withdrawal_per_year > 0.0 else math.inf
    draws.uniforms(luck, seed, run, agents, steps, draws.SETTLEMENT)
    for i in range(n):
        traits[i].unreliable = luck[i] < base[i].settlement_failure_probability


@rule
def _draw_member(who: Any, base: Any, lots: Any, seed: int, run: int) -> None:
    """Draw wealth, risk aversion and ticket of a member of a pool, in place."""
    u = draws.uniform(seed, run, base.address, 0, draws.WEALTH, 0)
    who.wealth_bn = drawn(lots.wealth_law, lots.wealth_first, lots.wealth_second, base.wealth_bn, u)
    u = draws.uniform(seed, run, base.address, 0, draws.RISK_AVERSION, 0)
    who.risk_aversion = drawn(
        lots.risk_aversion_law, lots.risk_aversion_first, lots.risk_aversion_second, base.risk_aversion, u
    )
    if not math.isnan(lots.dry_powder_share):
        who.dry_powder_musd = math.floor(lots.dry_powder_share * who.wealth_bn * 1000.0 + 0.5)
    if lots.ticket_law > 0:
        u = draws.uniform(seed, run, base.address, 0, draws.MAX_TICKET, 0)
        ticket = drawn(lots.ticket_law, lots.ticket_first, lots.ticket_second, 0.0, u)
        who.max_ticket_musd = math.floor(ticket * 1000.0 + 0.5)
        who.stated_musd = base.stated_musd if base.behavioural else who.max_ticket_musd


@rule
def _draw_condition(atom: Any, lots: Any, address: int, terms: Any, seed: int, run: int) -> None:
    """Write the condition of a member of a pool into his atom, in place; a total of nothing always holds."""
    atom.kind = TOTAL
    atom.amount_musd = 0
    atom.count_closed = True
    atom.count_own = True
    if draws.uniform(seed, run, address, 0, draws.CONDITIONAL, 0) >= lots.conditional_share:
        return
    weights = lots.weight_total + lots.weight_lead + lots.weight_peers + lots.weight_sentiment
    pick = draws.uniform(seed, run, address, 0, draws.CONDITION_KIND, 0) * weights
    if pick >= lots.weight_total + lots.weight_lead + lots.weight_peers:
        atom.kind = MIN_SENTIMENT
        atom.level = lots.sentiment
    elif pick >= lots.weight_total + lots.weight_lead and terms.named > 0:
        atom.kind = ANY_OF
        atom.first = 0
        atom.last = terms.named
        atom.count = min(2, terms.named)
    elif pick >= lots.weight_total and terms.lead >= 0:
        atom.kind = INVESTOR
        atom.ref = terms.lead
    else:
        u = draws.uniform(seed, run, address, 0, draws.CONDITION_PARAMETER, 0)
        share = drawn(2, lots.total_low, lots.total_high, 0.0, u)
        atom.amount_musd = terms.already_closed_musd + (math.floor(share * terms.target_musd))


def frailties(population: Population, seed: int, runs: Sequence[int]) -> Any:
    """Luck that all gatekeepers of a run share, for each of some runs: gamma with mean 1, by inversion (D4)."""
    variance = float(population.market.frailty_variance)
    if variance <= 0.0:
        return np.ones(len(runs))
    from scipy.special import gammaincinv

    luck = np.array([draws.uniform(seed, run, 0, 0, draws.FRAILTY, 0) for run in runs])
    return gammaincinv(1.0 / variance, luck) * variance
