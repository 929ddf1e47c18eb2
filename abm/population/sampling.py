"""Sampling: what a run draws before it starts. Pools, thresholds, times, and the luck that events share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from abm.core import draws
from abm.core.arithmetic import exp
from abm.core.jit import folded, rule
from abm.core.records import FIXED, LOGNORMAL, LUCK, UNIFORM, Record, Records
from abm.core.solved import kept
from abm.population.layout import Population
from abm.population.sobol import OF_INVESTORS, Points
from abm.rules.clauses import Contracts
from abm.rules.conditions import ANY_OF, INVESTOR, MIN_SENTIMENT, TOTAL
from abm.rules.eventual import happens, place_of


@rule
def draw_from(family: int, first: float, second: float, fixed: float, u: float) -> float:
    """Draw from a distribution of a pool: fixed, lognormal (median, sd log), or uniform (from, to).

    Examples
    --------
    >>> draw_from(0, 0.0, 0.0, 7.0, 0.9), draw_from(1, 15.0, 1.0, 0.0, 0.5), draw_from(2, 2.0, 6.0, 0.0, 0.25)
    (7.0, 15.0, 3.0)
    """
    if family == LOGNORMAL:
        return first * exp(second * draws.normal_quantile(u))
    return first + (second - first) * u if family == UNIFORM else fixed


def realise(population: Population, seed: int, run: int, points: Points | None = None) -> tuple[Records, Contracts]:
    """Draw the investors of one run: traits of the pools, thresholds, times, and conditions.

    Parameters
    ----------
    population
        The scenario's population.
    seed, run
        The run's key.
    points
        Of this run, where draws that decide most take coordinates.

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
    luck, variance = luck_of_runs(population, seed, [run], points)[0], float(population.market.frailty_variance)
    pools, terms = population.pool_distributions, population.round
    draw_investors(traits, contracts, population.traits, pools, terms, seed, run, luck.frailty, variance, luck.kept)
    for (purpose, place), u in (points.of_run(0) if points else {}).items():
        if purpose in OF_INVESTORS:
            take_coordinate(traits[place], population.traits[place], purpose, u)
    return traits, contracts


@rule
def draw_investors(
    traits: Records,
    contracts: Contracts,
    base: Records,
    pools: Records,
    terms: Record,
    seed: int,
    run: int,
    frailty: float,
    variance: float,
    kept: float,
) -> None:
    """Write the draws of a run into ``traits`` and ``contracts``; what is not drawn must be that of ``base`` already.

    Parameters
    ----------
    traits, base
        ``records.TRAITS[N]``: of this run, and of the scenario.
    contracts
        The contracts of this run, as the scenario has them.
    pools, terms
        ``records.POOL_DISTRIBUTIONS[N]`` and the ``records.ROUND`` record.
    seed, run
        The run's key.
    frailty, variance
        Luck that events in the end share, and its variance [-].
    kept
        Share of the redeemable money that stays [-].
    """
    for i in range(traits.shape[0]):
        who, given = traits[i], base[i]
        if pools[i].pooled:
            draw_member(who, given, pools[i], seed, run)
            if contracts.investors[i + 1] > contracts.investors[i]:
                atom = contracts.atoms[contracts.clauses[contracts.investors[i]]]
                draw_condition(atom, pools[i], given.address, terms, seed, run)
        address = given.address
        believe(who, given, draws.normal(seed, run, address, 0, draws.PRIOR_DEVIATION, 0))
        who.signal_z = draws.normal(seed, run, address, 0, draws.PRIVATE_SIGNAL, 0)
        plan_diligence(who, given, draws.normal(seed, run, address, 0, draws.DILIGENCE, 0))
        rely(who, given, draws.uniform(seed, run, address, 0, draws.SETTLEMENT, 0), seed, run, frailty, variance)
        doubt(who, given, draws.uniform(seed, run, address, 0, draws.WITHDRAWAL, 0))
        who.sign_threshold = draws.exponential(seed, run, given.luck, 0, draws.SIGNING, 0)
        keep_share(who, given, kept)


@folded
def believe(investor: Record, base: Record, z: float) -> None:
    """Write down what an investor believes on as_of."""
    investor.prior_mean = base.prior_mean + base.prior_spread_log * z


@folded
def plan_diligence(investor: Record, base: Record, z: float) -> None:
    """Write down the day on which his diligence ends."""
    investor.diligence_day = base.diligence_days * exp(base.diligence_sd_log * z)


@rule
def rely(investor: Record, base: Record, u: float, seed: int, run: int, frailty: float, variance: float) -> None:
    """Write down whether his paper holds, with that of everybody of his group, and whether he pays when called."""
    held = True
    if base.paper_risk > 0.0:
        threshold = draws.exponential(seed, run, base.paper, 0, draws.HOLDING, 0)
        held = happens(place_of(threshold, frailty, variance), 1.0 - base.paper_risk)
    investor.held = held
    investor.unreliable = u < base.settlement_failure_probability or not held


@folded
def doubt(investor: Record, base: Record, u: float) -> None:
    """Write down how long his second thoughts wait; for ever, where he has none."""
    investor.withdrawal_threshold = draws.waited(u) if base.withdrawal_per_year > 0.0 else math.inf


@rule
def take_coordinate(investor: Record, base: Record, purpose: int, u: float) -> None:
    """Write down a draw of an investor whose uniform is a coordinate of a point."""
    if purpose == draws.PRIOR_DEVIATION:
        believe(investor, base, draws.normal_quantile(u))
    elif purpose == draws.PRIVATE_SIGNAL:
        investor.signal_z = draws.normal_quantile(u)
    else:
        investor.sign_threshold = draws.waited(u)


@rule
def keep_share(investor: Record, base: Record, kept: float) -> None:
    """Let the share of a redeemable ticket that stays be all of it."""
    if base.redeemable:
        investor.stated_musd = math.floor(base.stated_musd * kept + 0.5)


@rule
def minimum_musd(terms: Record, seed: int, run: int) -> int:
    """Least that has to be paid at a closing of this run: where it is all or nothing, what counts as closed."""
    if terms.all_or_nothing > 0.0:
        u = draws.uniform(seed, run, 0, 0, draws.ALL_OR_NOTHING, 0)
        if u < terms.all_or_nothing:
            return int(max(terms.stated_minimum_musd, terms.full_musd))
    return int(terms.stated_minimum_musd)


@rule
def draw_member(member: Record, base: Record, pool: Record, seed: int, run: int) -> None:
    """Draw wealth, risk aversion and ticket of a member of a pool, in place."""
    u = draws.uniform(seed, run, base.address, 0, draws.WEALTH, 0)
    member.wealth_bn = draw_from(pool.wealth_family, pool.wealth_first, pool.wealth_second, base.wealth_bn, u)
    u = draws.uniform(seed, run, base.address, 0, draws.RISK_AVERSION, 0)
    member.risk_aversion = draw_from(
        pool.risk_aversion_family, pool.risk_aversion_first, pool.risk_aversion_second, base.risk_aversion, u
    )
    if not math.isnan(pool.dry_powder_share):
        member.dry_powder_musd = math.floor(pool.dry_powder_share * member.wealth_bn * 1000.0 + 0.5)
    if pool.ticket_family != FIXED:
        u = draws.uniform(seed, run, base.address, 0, draws.MAX_TICKET, 0)
        ticket = draw_from(pool.ticket_family, pool.ticket_first, pool.ticket_second, 0.0, u)
        member.max_ticket_musd = math.floor(ticket * 1000.0 + 0.5)
        member.stated_musd = base.stated_musd if base.behavioural else member.max_ticket_musd


@rule
def draw_condition(atom: Record, pool: Record, address: int, terms: Record, seed: int, run: int) -> None:
    """Write the condition of a member of a pool into his atom, in place; a total of nothing always holds."""
    atom.kind = TOTAL
    atom.amount_musd = 0
    atom.count_closed = True
    atom.count_own = True
    if draws.uniform(seed, run, address, 0, draws.CONDITIONAL, 0) >= pool.conditional_share:
        return
    weights = pool.weight_total + pool.weight_lead + pool.weight_peers + pool.weight_sentiment
    pick = draws.uniform(seed, run, address, 0, draws.CONDITION_KIND, 0) * weights
    # where nobody has a name, or nobody leads, what cannot be asked for gives way to the next kind
    if pick >= pool.weight_total + pool.weight_lead + pool.weight_peers:
        atom.kind = MIN_SENTIMENT
        atom.level = pool.sentiment
    elif pick >= pool.weight_total + pool.weight_lead and terms.named > 0:
        atom.kind = ANY_OF
        atom.first = 0
        atom.last = terms.named
        atom.count = min(2, terms.named)
    elif pick >= pool.weight_total and terms.lead >= 0:
        atom.kind = INVESTOR
        atom.ref = terms.lead
    else:
        u = draws.uniform(seed, run, address, 0, draws.CONDITION_PARAMETER, 0)
        share = draw_from(UNIFORM, pool.total_low, pool.total_high, 0.0, u)
        atom.amount_musd = terms.already_closed_musd + (math.floor(share * terms.target_musd))


def luck_of_runs(population: Population, seed: int, runs: Sequence[int], points: Points | None = None) -> Records:
    """``records.LUCK`` of each of some runs."""
    luck = np.zeros(len(runs), LUCK).view(np.recarray)
    luck.frailty, luck.kept = frailties(population, seed, runs, points), kept_shares(population, seed, runs)
    return luck


def frailties(
    population: Population, seed: int, runs: Sequence[int], points: Points | None = None
) -> NDArray[np.float64]:
    """Frailty that all gatekeepers of a run share, for each of some runs: gamma with mean 1, by inversion (D4)."""
    variance = float(population.market.frailty_variance)
    if variance <= 0.0:
        return np.ones(len(runs))
    coordinate = points.coordinate_of(draws.FRAILTY) if points else None
    given = np.array(runs) if coordinate is None else coordinate

    def solve() -> NDArray[np.float64]:
        from scipy.special import gammaincinv

        u = _shared(seed, runs, draws.FRAILTY) if coordinate is None else given
        return np.asarray(gammaincinv(1.0 / variance, u) * variance)

    return kept("frailties", (variance, seed, given.tobytes()), solve)


def kept_shares(population: Population, seed: int, runs: Sequence[int]) -> NDArray[np.float64]:
    """Share of redeemable money that stays, for each of some runs: a Beta law with a + b = 1, by inversion."""
    means = population.traits.kept_share[population.traits.redeemable]
    if not means.size:
        return np.ones(len(runs))

    def solve() -> NDArray[np.float64]:
        from scipy.special import betaincinv

        return np.asarray(betaincinv(means[0], 1.0 - means[0], _shared(seed, runs, draws.REDEMPTION)))

    return kept("kept shares", (float(means[0]), seed, np.array(runs).tobytes()), solve)


def _shared(seed: int, runs: Sequence[int], purpose: int) -> NDArray[np.float64]:
    """A uniform of each run that belongs to nobody alone."""
    return np.array([draws.uniform(seed, run, 0, 0, purpose, 0) for run in runs])
