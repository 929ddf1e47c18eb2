"""Luck: what a single run draws before it starts. Pools, thresholds, times, and the luck that gatekeepers share."""

from __future__ import annotations

import math
from typing import Any

from abm import draws
from abm.jit import rule
from abm.layout import Population
from abm.rules.closing import Contracts
from abm.rules.conditions import ANY_OF, INVESTOR, MIN_SENTIMENT, TOTAL


@rule
def drawn(law: int, first: float, second: float, fixed: float, z: float, u: float) -> float:
    """Draw from a law of a pool: fixed, lognormal (median, sd log), or uniform (from, to).

    Examples
    --------
    >>> drawn(0, 0.0, 0.0, 7.0, 1.0, 0.9), drawn(1, 15.0, 1.0, 0.0, 0.0, 0.5), drawn(2, 2.0, 6.0, 0.0, 0.0, 0.25)
    (7.0, 15.0, 3.0)
    """
    if law == 1:
        return first * math.exp(second * z)
    return first + (second - first) * u if law == 2 else fixed


@rule
def realise(base: Any, lottery: Any, contracts: Contracts, terms: Any, seed: int, run: int) -> tuple[Any, Contracts]:
    """Draw the investors of one run: traits of the pools, thresholds, times, and conditions.

    Parameters
    ----------
    base, lottery, contracts, terms
        As in :class:`Population`.
    seed, run
        The run's key.

    Returns
    -------
    tuple
        ``state.TRAITS[N]`` and the contracts of this run.

    References
    ----------
    Model basis, 2.5 and 2.6.
    """
    traits = base.copy()
    atoms = contracts.atoms.copy()
    for i in range(traits.shape[0]):
        who = traits[i]
        address = who.address
        if lottery[i].pooled:
            _realise_member(who, lottery[i], seed, run)
            if contracts.investors[i + 1] > contracts.investors[i]:
                atom = atoms[contracts.clauses[contracts.investors[i]]]
                _realise_condition(atom, lottery[i], address, terms, seed, run)
        who.prior_mean += who.prior_spread_log * draws.normal(seed, run, address, 0, draws.PRIOR_DEVIATION, 0)
        who.signal_luck = draws.normal(seed, run, address, 0, draws.PRIVATE_SIGNAL, 0)
        luck = draws.normal(seed, run, address, 0, draws.DILIGENCE, 0)
        who.diligence_day = who.diligence_days * math.exp(who.diligence_sd_log * luck)
        who.sign_threshold = draws.exponential(seed, run, address, 0, draws.SIGNING, 0)
        who.withdrawal_threshold = draws.exponential(seed, run, address, 0, draws.WITHDRAWAL, 0)
        who.settlement_luck = draws.uniform(seed, run, address, 0, draws.SETTLEMENT, 0)
    return traits, Contracts(atoms, contracts.clauses, contracts.investors, contracts.members)


@rule
def _realise_member(who: Any, lots: Any, seed: int, run: int) -> None:
    """Draw wealth, risk aversion and ticket of a member of a pool, in place."""
    u = draws.uniform(seed, run, who.address, 0, draws.WEALTH, 0)
    who.wealth_bn = drawn(
        lots.wealth_law, lots.wealth_first, lots.wealth_second, who.wealth_bn, draws.normal_quantile(u), u
    )
    u = draws.uniform(seed, run, who.address, 0, draws.RISK_AVERSION, 0)
    who.risk_aversion = drawn(
        lots.risk_aversion_law,
        lots.risk_aversion_first,
        lots.risk_aversion_second,
        who.risk_aversion,
        draws.normal_quantile(u),
        u,
    )
    if not math.isnan(lots.dry_powder_share):
        who.dry_powder_musd = math.floor(lots.dry_powder_share * who.wealth_bn * 1000.0 + 0.5)
    if lots.ticket_law > 0:
        u = draws.uniform(seed, run, who.address, 0, draws.MAX_TICKET, 0)
        ticket = drawn(lots.ticket_law, lots.ticket_first, lots.ticket_second, 0.0, draws.normal_quantile(u), u)
        who.max_ticket_musd = math.floor(ticket * 1000.0 + 0.5)
        who.stated_musd = who.stated_musd if who.behavioural else who.max_ticket_musd


@rule
def _realise_condition(atom: Any, lots: Any, address: int, terms: Any, seed: int, run: int) -> None:
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
        share = drawn(2, lots.total_low, lots.total_high, 0.0, 0.0, u)
        atom.amount_musd = terms.already_closed_musd + (math.floor(share * terms.target_musd))


def frailty(population: Population, seed: int, run: int) -> float:
    """Luck that all gatekeepers of a run share: gamma with mean 1, by inversion (D4)."""
    variance = float(population.market.frailty_variance)
    if variance <= 0.0:
        return 1.0
    from scipy.special import gammaincinv

    u = draws.uniform(seed, run, 0, 0, draws.FRAILTY, 0)
    return float(gammaincinv(1.0 / variance, u) * variance)
