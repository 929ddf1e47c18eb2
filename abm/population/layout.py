"""Layout: from the sections of a scenario to the records that rules and engines read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core import records
from abm.core.records import Record, Records
from abm.core.schedule import YEARS
from abm.population.borrowers import borrowers_of
from abm.population.company_plan import claims_of, later_rounds_of, plan_of
from abm.population.consents import gate_params, gates_in_order, law_of, numbers_in
from abm.population.contracts import flatten, musd, new_record, new_records
from abm.rules.allocation import LAST
from abm.rules.appetite import carry, log_wait_hurdle, risk_to_exit
from abm.rules.belief import prior_mean, prior_variance
from abm.rules.clauses import Contracts
from abm.rules.clocks import per_day_of_year
from abm.rules.closing import SELECT
from abm.rules.environment import gathered_spread, kept_share, weekly_chance
from abm.rules.gatekeepers import rate_for_probability, with_second_chance
from abm.rules.news import CROWD
from abm.scenario import Scenario
from abm.scenario.checks import address_of, cap_bn
from abm.scenario.condition_fields import Conditions
from abm.scenario.defaults import trait_default
from abm.scenario.fields import KINDS, Distribution, Section
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.money import counted, units_of

_POOL_ADDRESSES = 65_536  # of the named investors, and of each pool, or so many times as many where it is larger
#: Fields of traits that are no number of a table as it stands.
_OTHERWISE = ("kind", "address", "luck", "chance", "median_days", "time_sd_log", "kept_share", "redeemable")
_FAMILIES = {"lognormal": records.LOGNORMAL, "uniform": records.UNIFORM}


class Member(NamedTuple):
    """An investor by name, or a member of a pool: whose draws he has, his id, and the table that describes him."""

    address: int
    id: str
    table: InvestorTable | InvestorPoolTable


class Population(NamedTuple):
    """Everything that the runs of a scenario share. ``N`` investors in order of address, ``G`` gatekeepers."""

    ids: tuple[str, ...]  #: N ids; members of pools are ``pool#1``, ``pool#2``, …
    names: tuple[str, ...]
    gate_ids: tuple[str, ...]
    round: Record  #: records.ROUND
    ladder_musd: NDArray[np.int64]  #: int64[rungs], descending
    market: Record  #: records.MARKET
    firm: Record  #: records.FIRM
    listing: Record  #: records.LISTING
    listing_gates: NDArray[np.int64]  #: gatekeepers that a listing needs
    gate_params: Records  #: records.GATEKEEPER[G]
    gate_order: NDArray[np.int64]  #: int64[G], every gatekeeper after those it requires
    required: NDArray[np.int64]  #: concatenated lists of required gatekeepers
    plan: Records  #: records.PLAN[weeks + 1], the company's plan on as_of; row 0 is empty
    claims: Records  #: records.CLAIM[C]
    later_rounds: Records  #: records.LATER_ROUND[L]
    traits: Records  #: records.TRAITS[N]
    pool_distributions: Records  #: records.POOL_DISTRIBUTIONS[N]
    contracts: Contracts
    borrowers: Records  #: records.BORROWER[B], who pays with borrowed money
    units_per_bn: int = 1000  #: what money is counted in: a thousand units are a billion of million dollars
    mood_seeds: tuple[int, ...] = ()  #: keys whose draws move the mood of a company in a market; none: its own
    mood_weights: tuple[float, ...] = ()  #: and their weights

    def bn(self, units: float) -> float:
        """An amount of a run as USD billion."""
        return units / self.units_per_bn


def records_of(scenario: Scenario, units: int | None = None) -> Population:
    """Lay a scenario out as records, with biases still to be calibrated; money in its own units, or in those given."""
    units = units or units_of(scenario)
    scenario = counted(scenario, units)
    members, market = members_of(scenario), _market(scenario)
    ids = tuple(member.id for member in members)
    gate_ids = tuple(gate.id for gate in scenario.gatekeepers)
    requires = [[gate_ids.index(needed) for needed in gate.requires] for gate in scenario.gatekeepers]
    return Population(
        ids=ids,
        names=tuple(member.table.name or member.id for member in members),
        gate_ids=gate_ids,
        round=_round(scenario, members),
        ladder_musd=np.array([musd(price) for price in scenario.round.pre_money_bn], np.int64),
        market=market,
        firm=_firm(scenario),
        listing=_listing(scenario, gate_ids),
        listing_gates=np.array([gate_ids.index(g) for g in scenario.ipo.requires] if scenario.ipo else [], np.int64),
        gate_params=gate_params(scenario, market),
        gate_order=np.array(gates_in_order(requires), np.int64),
        required=np.array(list(itertools.chain(*requires)), np.int64),
        plan=plan_of(scenario),
        claims=claims_of(scenario, gate_ids),
        later_rounds=later_rounds_of(scenario),
        traits=_traits(scenario, members, float(market.mean_bn)),
        pool_distributions=_of_members(members, records.POOL_DISTRIBUTIONS, _pool_distributions),
        contracts=_contracts(scenario, members, gate_ids),
        borrowers=borrowers_of([member.table for member in members], [member.address for member in members]),
        units_per_bn=units,
    )


def members_of(scenario: Scenario) -> list[Member]:
    """Everybody, by address."""
    members = [Member(address_of(scenario, k), who.id, who) for k, who in enumerate(scenario.investors)]
    first = _POOL_ADDRESSES
    for pool in scenario.investor_pools:
        members += [Member(first + k, f"{pool.id}#{k + 1}", pool) for k in range(int(pool.count))]
        first += -(-int(pool.count) // _POOL_ADDRESSES) * _POOL_ADDRESSES
    return sorted(members, key=lambda member: member.address)


def _round(scenario: Scenario, members: list[Member]) -> Record:
    terms = scenario.round
    signed = sum(float(i.ticket_bn or 0.0) for i in scenario.investors if i.signed_at_start)
    leads = [k for k, (_, _, who) in enumerate(members) if getattr(who, "role", "follower") == "lead"]
    row = {
        **numbers_in(terms, records.ROUND),
        "target_musd": musd(terms.target_bn),
        "full_musd": math.ceil(round(musd(terms.target_bn) * float(terms.counts_from), 6)),
        "cap_musd": musd(cap_bn(scenario)),
        "all_or_nothing": 1.0 - float(terms.piecemeal_probability),
        "stated_minimum_musd": musd(terms.minimum_close_bn),
        "minimum_close_musd": musd(terms.minimum_close_bn),
        "already_closed_musd": musd(terms.already_closed_bn),
        "deadline_day": scenario.window_days,
        "horizon_weeks": int(scenario.horizon_weeks),
        "weekly": terms.close_when == "weekly",
        "public_after_weeks": int(scenario.network.public_after_weeks) if scenario.network else 1,
        "tie_same_kind": scenario.network.same_kind if scenario.network else 0.0,
        "tie_other_kind": scenario.network.other_kind if scenario.network else 0.0,
        "summed": len(members) > CROWD if terms.hearing is None else terms.hearing == "sum",
        "select": SELECT[terms.close_select],
        "preference": terms.liquidation_preference,
        "expected_new_musd": terms.expected_coverage * 1000.0 * max(0.0, terms.target_bn - signed),
        "lead": leads[0] if leads else -1,
        "named": len(scenario.investors),
    }
    return new_record(records.ROUND, row)


def _market(scenario: Scenario) -> Record:
    row = {**numbers_in(scenario.valuation, records.MARKET), **numbers_in(scenario.environment, records.MARKET)}
    if row["mean_bn"] is None:
        terms = scenario.round
        row["mean_bn"] = terms.pre_money_bn[0] + terms.already_closed_bn + terms.target_bn
    environment = scenario.environment
    reversion = float(environment.sentiment_reversion_per_year)
    row |= {
        "sentiment_kept": kept_share(reversion, YEARS),
        "sentiment_spread": gathered_spread(float(environment.sentiment_volatility), reversion, YEARS),
        "burst_chance": weekly_chance(float(environment.poaching_bursts_per_year)),
    }
    return new_record(records.MARKET, row)


def _firm(scenario: Scenario) -> Record:
    company = scenario.company
    if company is None:
        return new_record(records.FIRM, {})
    levers = company.levers
    row = {
        **numbers_in(company, records.FIRM),
        **numbers_in(levers, records.FIRM),
        "exists": True,
        "cash_musd": musd(company.cash_bn),
        "revenue_musd_per_year": company.revenue_bn_per_year * 1000.0,
        "minimum_cash_musd": musd(company.minimum_cash_bn),
        "bridge_limit_musd": musd(levers.bridge_limit_bn),
        "vendor_limit_musd": musd(levers.vendor_limit_bn),
    }
    return new_record(records.FIRM, row)


def _listing(scenario: Scenario, gate_ids: tuple[str, ...]) -> Record:
    ipo = scenario.ipo
    if ipo is None:
        return new_record(records.LISTING, {})
    row = {
        **numbers_in(ipo, records.LISTING),
        "exists": True,
        "raise_musd": musd(ipo.raise_bn),
        "earliest_day": scenario.day(ipo.earliest),
        "veto_gate": gate_ids.index(ipo.veto_lapses_with) if ipo.veto_lapses_with else -1,
    }
    return new_record(records.LISTING, row)


def _trait(who: InvestorTable | InvestorPoolTable, name: str) -> float:
    """A trait's number: as stated, or as his kind has it; the centre of a distribution."""
    stated = getattr(who, name)
    return _centre(stated) if stated is not None else trait_default(who.kind, name) or 0.0


def _luck_of(scenario: Scenario, address: int, who: InvestorTable | InvestorPoolTable) -> int:
    """Address of the luck that decides whether he signs: his own, or that of whom he comes with."""
    if not isinstance(who, InvestorTable) or who.luck is None:
        return address
    return address_of(scenario, [one.id for one in scenario.investors].index(who.luck))


def _centre(number: float | Distribution) -> float:
    return number.centre if isinstance(number, Distribution) else float(number)


def _traits(scenario: Scenario, members: list[Member], market_mean_bn: float) -> Records:
    """Traits of everybody."""
    traits = _of_members(members, records.TRAITS, lambda who: _traits_of(scenario, who, market_mean_bn))
    traits["address"] = [member.address for member in members]
    traits["luck"] = [_luck_of(scenario, member.address, member.table) for member in members]
    return traits


def _of_members(members: list[Member], layout: np.dtype[Any], row_of: Callable[[Any], dict[str, Any]]) -> Records:
    """Records of everybody, a row for each table: the members of a pool have the same."""
    tables = {id(member.table): member.table for member in members}
    place = {name: place for place, name in enumerate(tables)}
    rows = new_records(layout, [row_of(table) for table in tables.values()])
    return rows[[place[id(member.table)] for member in members]].view(np.recarray)


@cache
def _usual_traits(table: type[Section], kind: str) -> dict[str, float]:
    """Traits that a table may state under the name that the record has, as this kind has them."""
    names = [name for name in (records.TRAITS.names or ()) if name in table.model_fields]
    return {name: trait_default(kind, name) or 0.0 for name in names if name not in _OTHERWISE}


def _traits_of(scenario: Scenario, who: InvestorTable | InvestorPoolTable, market_mean_bn: float) -> dict[str, Any]:
    stated_or_usual = _usual_traits(type(who), who.kind)
    row: dict[str, Any] = stated_or_usual | {
        name: _centre(value) for name, value in vars(who).items() if value is not None and name in stated_or_usual
    }
    signed = getattr(who, "signed_at_start", False)
    named = who if isinstance(who, InvestorTable) else None
    stated = who.is_stated
    probability = 1.0 if who.signing_probability is None else float(who.signing_probability)
    probability = with_second_chance(probability, float(scenario.round.replacement_probability))
    powder = who.dry_powder_bn
    mean_bn = who.prior_mean_bn if who.prior_mean_bn is not None else market_mean_bn
    sd = _trait(who, "prior_sd_log")
    row |= {
        "paper": named is not None and named.standing == "underwritten",
        "kind": KINDS.index(who.kind),
        "lead": named is not None and named.role == "lead" and named.ticket != "rest",
        "behavioural": not stated,
        "signed_at_start": signed,
        "stated_musd": musd(_trait(who, "ticket_bn")) if stated else 0,
        "stated_rate_per_day": per_day_of_year(rate_for_probability(probability, float(scenario.window_days))),
        "min_ticket_musd": 0 if stated and who.min_ticket_bn is None else musd(_trait(who, "min_ticket_bn")),
        "max_ticket_musd": musd(_trait(who, "max_ticket_bn")),
        "dry_powder_musd": musd(
            powder if powder is not None else _trait(who, "wealth_bn") * _trait(who, "dry_powder_share")
        ),
        "fallback_musd": musd(getattr(who, "fallback_bn", 0.0)),
        "priority": LAST if named is not None and named.ticket == "rest" else int(who.priority),
        "sign_bias": float(who.sign_bias or 0.0),
        "prior_mean": prior_mean(float(mean_bn), sd, 0.0),
        "prior_variance": prior_variance(sd),
    }
    if named is not None:
        row |= law_of(named, float(scenario.window_days), float(scenario.round.replacement_probability))
        row["deals"] = scenario.network.bits_of(named.id) if scenario.network else 0
        row |= {"paper_risk": 1.0 - named.holds, "redeemable": named.redeemable, "kept_share": named.kept_share or 0.0}
    growth, volatility = float(scenario.valuation.growth_per_year), float(scenario.valuation.volatility)
    required, horizon = _trait(who, "required_return_per_year"), _trait(who, "horizon_years")
    row |= {
        "carry": carry(growth, required, volatility, horizon),
        "risk_to_exit": risk_to_exit(volatility, horizon),
        "log_wait_hurdle": log_wait_hurdle(required, _trait(who, "cost_of_waiting_per_year"), volatility),
    }
    return row


def _pool_distributions(who: InvestorTable | InvestorPoolTable) -> dict[str, Any]:
    row: dict[str, Any] = {"atom": -1, "dry_powder_share": math.nan}
    if not isinstance(who, InvestorPoolTable):
        return row
    row["pooled"] = True
    if who.dry_powder_bn is None:
        row["dry_powder_share"] = _trait(who, "dry_powder_share")
    stated = who.ticket_bn if who.ticket_bn is not None else who.max_ticket_bn
    for trait, drawn in (("wealth", who.wealth_bn), ("risk_aversion", who.risk_aversion), ("ticket", stated)):
        if isinstance(drawn, Distribution):
            family = _FAMILIES[drawn.family]
            row |= {f"{trait}_family": family, f"{trait}_first": drawn.first, f"{trait}_second": drawn.second}
    mix = who.condition_mix
    row |= {
        "conditional_share": who.conditional_share,
        "weight_total": mix.total,
        "weight_lead": mix.lead,
        "weight_peers": mix.peers,
        "weight_sentiment": mix.sentiment,
        "total_low": who.condition_total_low,
        "total_high": who.condition_total_high,
        "sentiment": who.condition_sentiment,
    }
    return row


def _contracts(scenario: Scenario, members: list[Member], gate_ids: tuple[str, ...]) -> Contracts:
    """Flatten everybody's conditions; a member of a pool gets one atom that each run fills in."""
    conditions = []
    for _, _, who in members:
        pooled = isinstance(who, InvestorPoolTable)
        conditions.append(_pool_condition(who) if pooled else who.conditions)  # type: ignore[arg-type, union-attr]
    ids = tuple(member.id for member in members)
    named = [k for k, (_, _, who) in enumerate(members) if isinstance(who, InvestorTable)]
    return flatten(conditions, ids, gate_ids, scenario.day, named)


def _pool_condition(pool: InvestorPoolTable) -> Conditions:
    # a total of nothing always holds; each run writes over it
    return (({"total_bn": 0.0},),) if pool.conditional_share > 0 else ()
