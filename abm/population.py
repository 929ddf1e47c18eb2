"""Population: from a scenario to the state in which a run starts."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from abm import draws, state
from abm.consistency import address_of, cap_bn, largest_ticket
from abm.jit import rule
from abm.parameters import KINDS, Gatekeeper, Investor, InvestorPool, Section, Spread, trait_default
from abm.rules.belief import (
    drifted_mean,
    prior_mean,
    prior_precision,
    sight_spread,
    updated_mean,
    updated_precision,
    widened_precision,
)
from abm.rules.book import expected_musd, forecast_bn, post_money_bn
from abm.rules.closing import SELECT, Contracts, bounds
from abm.rules.conditions import ANY_OF, ATOM, CONDITIONS, FACTS, INVESTOR, MIN_SENTIMENT, TOTAL, Book
from abm.rules.decision import appraise, per_day_of_year, signing_rate
from abm.rules.gatekeepers import (
    base_hazard,
    both_curves,
    consent_curve,
    known_curve,
    last_useful_day,
    rate_for_probability,
)
from abm.scenario import Fault, Scenario, ScenarioError

_POOL_ADDRESSES = 65_536
_NEVER = 50.0  # a bias so strong that nobody signs within any horizon
_LAWS = {"lognormal": 1, "uniform": 2}


class Population(NamedTuple):
    """Everything that the runs of a scenario share. ``N`` investors in order of address, ``G`` gatekeepers."""

    ids: tuple[str, ...]  #: N ids; members of pools are ``pool#1``, ``pool#2``, …
    names: tuple[str, ...]
    gate_ids: tuple[str, ...]
    round: Any  #: one state.ROUND record
    ladder_musd: Any  #: int64[rungs], descending
    market: Any  #: one state.MARKET record
    firm: Any  #: one state.FIRM record
    listing: Any  #: one state.LISTING record
    listing_gates: Any  #: int64, gatekeepers that a listing needs
    gates: Any  #: state.GATEKEEPER[G]
    gate_order: Any  #: int64[G], every gatekeeper after those it requires
    required: Any  #: int64, concatenated lists of required gatekeepers
    obligations: Any  #: state.OBLIGATION[O]
    claims: Any  #: state.CLAIM[C]
    later_rounds: Any  #: state.LATER_ROUND[L]
    burn_days: Any  #: float64, steps of the burn path
    burn_rates: Any  #: float64 [USD million/year]
    growth_days: Any  #: float64, steps of revenue growth
    growth_rates: Any  #: float64 [1/year]
    traits: Any  #: state.TRAITS[N]
    lottery: Any  #: state.LOTTERY[N]
    contracts: Contracts


def musd(bn: float) -> int:
    """USD billion as whole USD million.

    Examples
    --------
    >>> musd(12.4), musd(0.0005)
    (12400, 0)
    """
    return round(float(bn) * 1000.0)


def records(layout: np.dtype[Any], rows: list[dict[str, Any]]) -> Any:
    """Build records of ``layout`` from rows; what a row leaves out is zero."""
    array = np.zeros(len(rows), layout).view(np.recarray)
    for place, row in enumerate(rows):
        for name, value in row.items():
            array[name][place] = value
    return array


# --------------------------------------------------------------------------------------------------------------------
# Before the first run


def prepare(scenario: Scenario) -> Population:
    """Turn a scenario into records, once for all its runs, with inclinations anchored.

    Raises
    ------
    ScenarioError
        Where an inclination cannot be reached by the investor that has it.

    Examples
    --------
    >>> import abm
    >>> prepare(abm.load_scenario("three-investors")).ids
    ('lead', 'fund', 'swf')
    """
    population = _records_of(scenario)
    base = population if scenario.baseline is scenario else _records_of(scenario.baseline)
    _anchor(scenario, population, base)
    return population


def _records_of(scenario: Scenario) -> Population:
    members = _members(scenario)
    ids = tuple(member[1] for member in members)
    gate_ids = tuple(gate.id for gate in scenario.gatekeepers)
    firm = _firm(scenario)
    paths = _paths(scenario)
    return Population(
        ids=ids,
        names=tuple(member[2].name or member[1] for member in members),
        gate_ids=gate_ids,
        round=_round(scenario, members),
        ladder_musd=np.array([musd(price) for price in scenario.round.pre_money_bn], np.int64),
        market=_market(scenario),
        firm=firm,
        listing=_listing(scenario, gate_ids),
        listing_gates=np.array([gate_ids.index(g) for g in scenario.ipo.requires] if scenario.ipo else [], np.int64),
        gates=_gatekeepers(scenario),
        gate_order=np.array(_gate_order(scenario.gatekeepers), np.int64),
        required=np.array([gate_ids.index(n) for g in scenario.gatekeepers for n in g.requires], np.int64),
        obligations=_obligations(scenario),
        claims=_claims(scenario, gate_ids),
        later_rounds=_later_rounds(scenario),
        burn_days=paths[0],
        burn_rates=paths[1] * 1000.0,
        growth_days=paths[2],
        growth_rates=paths[3],
        traits=records(state.TRAITS, [_traits(scenario, a, who) for a, _, who in members]),
        lottery=records(state.LOTTERY, [_lottery(who) for _, _, who in members]),
        contracts=_contracts(scenario, members, gate_ids),
    )


def _members(scenario: Scenario) -> list[tuple[int, str, Investor | InvestorPool]]:
    """Everybody by address: (address, id, section)."""
    everybody: list[tuple[int, str, Investor | InvestorPool]] = [
        (address_of(scenario, place), who.id, who) for place, who in enumerate(scenario.investors)
    ]
    for number, pool in enumerate(scenario.investor_pools):
        first = _POOL_ADDRESSES * (number + 1)
        everybody += [(first + k, f"{pool.id}#{k + 1}", pool) for k in range(int(pool.count))]
    return sorted(everybody, key=lambda member: member[0])


def _round(scenario: Scenario, members: list[tuple[int, str, Investor | InvestorPool]]) -> Any:
    terms = scenario.round
    signed = sum(float(i.ticket_bn or 0.0) for i in scenario.investors if i.signed_at_start)
    leads = [k for k, (_, _, who) in enumerate(members) if getattr(who, "role", "follower") == "lead"]
    return records(
        state.ROUND,
        [
            {
                "target_musd": musd(terms.target_bn),
                "cap_musd": musd(cap_bn(scenario)),
                "minimum_close_musd": musd(terms.minimum_close_bn),
                "already_closed_musd": musd(terms.already_closed_bn),
                "deadline_day": scenario.window_days,
                "horizon_weeks": int(scenario.horizon_weeks),
                "weekly": terms.close_when == "weekly",
                "select": SELECT[terms.close_select],
                "extension_probability": terms.extension_probability,
                "extension_days": terms.extension_days,
                "price_cut_lag": terms.price_cut_lag,
                "price_cut_wait_weeks": int(terms.price_cut_wait_weeks),
                "preference": terms.liquidation_preference,
                "expected_new_musd": terms.expected_coverage * 1000.0 * max(0.0, terms.target_bn - signed),
                "lead": leads[0] if leads else -1,
                "named": len(scenario.investors),
            }
        ],
    )[0]


def _numbers(section: Section, layout: np.dtype[Any]) -> dict[str, Any]:
    """Fields of a section that a record has under the same name."""
    known = layout.names or ()
    return {name: getattr(section, name) for name in type(section).model_fields if name in known}


def _market(scenario: Scenario) -> Any:
    row = {**_numbers(scenario.valuation, state.MARKET), **_numbers(scenario.environment, state.MARKET)}
    if row["mean_bn"] is None:
        terms = scenario.round
        row["mean_bn"] = terms.pre_money_bn[0] + terms.already_closed_bn + terms.target_bn
    return records(state.MARKET, [row])[0]


def _firm(scenario: Scenario) -> Any:
    company = scenario.company
    if company is None:
        return records(state.FIRM, [{}])[0]
    levers = company.levers
    row = {
        **_numbers(company, state.FIRM),
        **_numbers(levers, state.FIRM),
        "exists": True,
        "cash_musd": musd(company.cash_bn),
        "revenue_musd_per_year": company.revenue_bn_per_year * 1000.0,
        "minimum_cash_musd": musd(company.minimum_cash_bn),
        "bridge_limit_musd": musd(levers.bridge_limit_bn),
        "vendor_limit_musd": musd(levers.vendor_limit_bn),
    }
    return records(state.FIRM, [row])[0]


def _paths(scenario: Scenario) -> tuple[Any, Any, Any, Any]:
    """Days and rates of the burn path and of revenue growth."""
    arrays = []
    for key in ("net_burn_bn_per_year", "revenue_growth_per_year"):
        path = getattr(scenario.company, key) if scenario.company else ((None, 0.0),)
        arrays.append(np.array([0.0 if date is None else scenario.day(date) for date, _ in path], np.float64))
        arrays.append(np.array([rate for _, rate in path], np.float64))
    return arrays[0], arrays[1], arrays[2], arrays[3]


def _listing(scenario: Scenario, gate_ids: tuple[str, ...]) -> Any:
    ipo = scenario.ipo
    if ipo is None:
        return records(state.LISTING, [{}])[0]
    row = {
        **_numbers(ipo, state.LISTING),
        "exists": True,
        "raise_musd": musd(ipo.raise_bn),
        "earliest_day": scenario.day(ipo.earliest),
        "veto_gate": gate_ids.index(ipo.veto_lapses_with) if ipo.veto_lapses_with else -1,
    }
    return records(state.LISTING, [row])[0]


def _gatekeepers(scenario: Scenario) -> Any:
    rows, first = [], 0
    for gate in scenario.gatekeepers:
        scale = float(gate.deadline_scale_weeks) * 7.0
        average = gate.hazard_per_year
        if average is None:
            average = rate_for_probability(float(gate.probability_by_deadline or 0.0), float(scenario.window_days))
        h0 = base_hazard(float(average), float(gate.deadline_effect), scale, float(scenario.window_days))
        rows.append(
            {
                "h0_per_year": h0,
                "effect": gate.deadline_effect,
                "scale_days": scale,
                "block_per_year": gate.block_hazard_per_year,
                "loading": gate.sentiment_loading,
                "lag_days": gate.lag_days,
                "first": first,
                "last": first + len(gate.requires),
            }
        )
        first += len(gate.requires)
    return records(state.GATEKEEPER, rows)


def _gate_order(gatekeepers: tuple[Gatekeeper, ...]) -> list[int]:
    """Places of the gatekeepers, every one after those it requires."""
    ids, placed = [gate.id for gate in gatekeepers], list[str]()
    while len(placed) < len(ids):
        placed += [g.id for g in gatekeepers if g.id not in placed and all(n in placed for n in g.requires)]
    return [ids.index(gate) for gate in placed]


def _obligations(scenario: Scenario) -> Any:
    rows = [
        {
            "first_day": scenario.day(o.start),
            "last_day": math.inf if o.until is None else scenario.day(o.until),
            "musd_per_year": o.bn_per_year * 1000.0 * (1.0 - o.in_burn_share),
            "deferrable_share": o.deferrable_share,
        }
        for o in (scenario.company.obligations if scenario.company else ())
    ]
    return records(state.OBLIGATION, rows)


def _claims(scenario: Scenario, gate_ids: tuple[str, ...]) -> Any:
    rows = [
        {
            "day": scenario.day(claim.on),
            "musd": musd(claim.amount_bn * claim.exercise_share),
            "gate": gate_ids.index(claim.unless_gate) if claim.unless_gate else -1,
        }
        for claim in (scenario.company.claims if scenario.company else ())
    ]
    return records(state.CLAIM, rows)


def _later_rounds(scenario: Scenario) -> Any:
    rows = [
        {
            "day": scenario.day(later.on),
            "musd": musd(later.amount_bn),
            "if_closed": later.probability_if_closed,
            "if_not": later.probability_if_not,
        }
        for later in (scenario.company.later_rounds if scenario.company else ())
    ]
    return records(state.LATER_ROUND, rows)


def _trait(who: Investor | InvestorPool, name: str) -> float:
    """A trait's number: as stated, or as his kind has it; the centre of a law."""
    stated = getattr(who, name)
    if isinstance(stated, Spread):
        return stated.centre
    return float(stated if stated is not None else trait_default(who.kind, name) or 0.0)


def _traits(scenario: Scenario, address: int, who: Investor | InvestorPool) -> dict[str, Any]:
    fields = type(who).model_fields
    known = [name for name in (state.TRAITS.names or ()) if name in fields and name not in ("kind", "address")]
    row: dict[str, Any] = {name: _trait(who, name) for name in known}
    signed = getattr(who, "signed_at_start", False)
    stated = signed or who.signing_probability is not None
    probability = 1.0 if who.signing_probability is None else float(who.signing_probability)
    powder = who.dry_powder_bn
    mean_bn = who.prior_mean_bn if who.prior_mean_bn is not None else _market(scenario).mean_bn
    sd = _trait(who, "prior_sd_log")
    row |= {
        "address": address,
        "kind": KINDS.index(who.kind),
        "lead": getattr(who, "role", "follower") == "lead",
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
        "priority": int(who.priority),
        "sign_bias": float(who.sign_bias or 0.0),
        "prior_mean": prior_mean(float(mean_bn), sd, 0.0),
        "prior_precision": prior_precision(sd),
    }
    return row


def _lottery(who: Investor | InvestorPool) -> dict[str, Any]:
    row: dict[str, Any] = {"atom": -1, "dry_powder_share": math.nan}
    if not isinstance(who, InvestorPool):
        return row
    row["pooled"] = True
    if who.dry_powder_bn is None:
        row["dry_powder_share"] = _trait(who, "dry_powder_share")
    stated = who.ticket_bn if who.ticket_bn is not None else who.max_ticket_bn
    for trait, law in (("wealth", who.wealth_bn), ("risk_aversion", who.risk_aversion), ("ticket", stated)):
        if isinstance(law, Spread):
            row |= {f"{trait}_law": _LAWS[law.law], f"{trait}_first": law.first, f"{trait}_second": law.second}
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


def _contracts(
    scenario: Scenario, members: list[tuple[int, str, Investor | InvestorPool]], gate_ids: tuple[str, ...]
) -> Contracts:
    """Flatten everybody's conditions; a member of a pool gets one atom that each run fills in."""
    conditions = []
    for _, _, who in members:
        pooled = isinstance(who, InvestorPool)
        conditions.append(_pool_condition(who) if pooled else who.conditions)  # type: ignore[arg-type, union-attr]
    ids = tuple(member[1] for member in members)
    named = [k for k, (_, _, who) in enumerate(members) if isinstance(who, Investor)]
    return flatten(conditions, ids, gate_ids, scenario.day, named)


def _pool_condition(pool: InvestorPool) -> Any:
    return (({"total_bn": 0.0},),) if pool.conditional_share > 0 else ()


def flatten(conditions: Any, ids: Any, gate_ids: Any, day: Any, named: list[int] | None = None) -> Contracts:
    """Lay out conditions (OR of ANDs per investor) as the arrays that the closing reads."""
    atoms: list[dict[str, Any]] = []
    clause_starts, investor_starts, members = [0], [0], list(named or [])
    for own in conditions:
        for clause in own:
            atoms += [_atom(raw, ids, gate_ids, day, members) for raw in clause]
            clause_starts.append(len(atoms))
        investor_starts.append(len(clause_starts) - 1)
    return Contracts(
        records(ATOM, atoms),
        np.array(clause_starts, np.int64),
        np.array(investor_starts, np.int64),
        np.array(members, np.int64),
    )


def _atom(raw: dict[str, Any], ids: Any, gate_ids: Any, day: Any, members: list[int]) -> dict[str, Any]:
    kind = next(kind for name, kind in CONDITIONS.items() if name in raw)
    row: dict[str, Any] = {"kind": kind.code}
    for name, key in kind.keys.items():
        value = raw.get(name, key.default)
        if key.type == "money":
            value = musd(value)
        elif key.type == "gate":
            value = list(gate_ids).index(value)
        elif key.type == "investor":
            value = list(ids).index(value)
        elif key.type == "kind":
            value = KINDS.index(value)
        elif key.type == "date" and value is not math.inf:
            value = day(value)
        elif key.type == "investors":
            row["first"], row["last"] = len(members), len(members) + len(value)
            members += [list(ids).index(one) for one in value]
            continue
        row[key.field] = value
    return row


# --------------------------------------------------------------------------------------------------------------------
# The anchor: which bias makes an inclination true


def _anchor(scenario: Scenario, population: Population, base: Population) -> None:
    """Set the bias of everybody with an inclination, in the world of the file as it was written."""
    from scipy.optimize import brentq

    sections: dict[str, Investor | InvestorPool] = {
        **{who.id: who for who in scenario.baseline.investors},
        **{pool.id: pool for pool in scenario.baseline.investor_pools},
    }
    bias_of: dict[str, float] = {}
    faults = []
    for place, name in enumerate(population.ids):
        section_id = name.split("#")[0]
        section = sections.get(section_id)
        inclination = section.inclination if section is not None else None
        own = next(who for _, member, who in _members(scenario) if member == name)
        if inclination is None or own.inclination is None:
            continue
        if section_id not in bias_of:
            traits = base.traits[base.ids.index(name)].copy()
            zeta, days = frozen_advantages(traits, base.market, frozen_offers(base), base.round.deadline_day)
            key = f"{'investor_pools' if '#' in name else 'investors'}.{section_id}.inclination"

            def miss(bias: float, who: Any = traits, zeta: Any = zeta, days: Any = days, p: Any = inclination) -> float:
                return signing_chance(who, bias, zeta, days) - p

            most, least = miss(-_NEVER), miss(_NEVER)
            if inclination == 0:
                bias_of[section_id] = _NEVER
            elif most < 0:
                reachable = most + float(inclination)
                why = (
                    "he wants no ticket at the asked price"
                    if reachable <= 0
                    else "given his diligence and sign_rate_per_week"
                )
                faults.append(
                    Fault(key, f"expected at most {math.floor(reachable * 1000) / 1000:g} ({why})", f"{inclination:g}")
                )
                continue
            else:
                bias_of[section_id] = _NEVER if least > 0 else float(brentq(miss, -_NEVER, _NEVER, xtol=1e-12))
        population.traits["sign_bias"][place] = bias_of[section_id]
    if faults:
        raise ScenarioError(scenario.file, faults)


def with_biases(scenario: Scenario) -> dict[str, Any]:
    """Tables of a scenario with every inclination replaced by the bias it is anchored at."""
    raw, population = scenario.raw, prepare(scenario)
    for section in (*raw.get("investors", []), *raw.get("investor_pools", [])):
        if "inclination" in section:
            place = next(k for k, name in enumerate(population.ids) if name.split("#")[0] == section["id"])
            section["sign_bias"] = float(population.traits["sign_bias"][place])
            del section["inclination"]
    return raw


def frozen_offers(population: Population) -> Any:
    """Return the offer of every week of the window if nothing moved from how things stand on as_of."""
    terms, market = population.round, population.market
    outlooks = first_outlooks(population)
    signed = population.traits["signed_at_start"].copy()
    tickets = population.traits["stated_musd"].copy()
    fallbacks = population.traits["fallback_musd"].copy()
    booked = expected_musd(signed, tickets, fallbacks, population.contracts, outlooks)
    rows = []
    for week in range(math.ceil(terms.deadline_day / 7)):
        rows.append(
            {
                "post_bn": post_money_bn(int(population.ladder_musd[0]), terms.already_closed_musd, terms.target_musd),
                "target_bn": terms.target_musd / 1000.0,
                "forecast_bn": forecast_bn(0, booked, terms.expected_new_musd, 0),
                "weeks_left": (terms.deadline_day - 7 * week) / 7.0,
                "growth": market.growth_per_year,
                "volatility": market.volatility,
                "preference": terms.preference,
            }
        )
    return records(state.OFFER, rows)


def first_outlooks(population: Population) -> Any:
    """Chance that the market gives to each consent on as_of, float64[G]."""
    chances, curves = np.zeros(len(population.gates)), dict[int, Any]()
    deadline = population.round.deadline_day
    for g in population.gate_order:
        gate = population.gates[g]
        before = known_curve(1.0)
        for k in range(gate.first, gate.last):
            before = both_curves(before, curves[population.required[k]])
        curves[g] = consent_curve(before, gate, deadline, 0.0, deadline)
        chances[g] = consent_curve(before, gate, deadline, 0.0, last_useful_day(deadline, gate.lag_days))[-1]
    return chances


_WAITS, _SIGHTS = 32, 65  # quantiles of the diligence time, and of what diligence shows


@rule
def frozen_advantages(traits: Any, market: Any, offers: Any, deadline_day: float) -> tuple[Any, Any]:
    """Advantage of signing and days to sign, if nothing public moved, over the law of what diligence takes and shows.

    Parameters
    ----------
    traits, market
        A ``state.TRAITS`` and the ``state.MARKET`` record.
    offers
        ``state.OFFER[weeks]``, the frozen offers.
    deadline_day
        D [days after as_of].

    Returns
    -------
    tuple of ndarray
        zeta, float64[waits x sights, weeks] (minus infinity where he wants no ticket), and the days of each week that
        are left to sign in, of the same shape.

    References
    ----------
    design.md, section 5 (the anchor); decision log, "the anchor averages over private luck".
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
                view = appraise(traits, mean, precision, traits.dry_powder_musd, offer)
                if view.ticket_musd > 0 and end > start:
                    zeta[row, week], days[row, week] = view.advantage, end - start
    return zeta, days


@rule
def signing_chance(traits: Any, bias: float, zeta: Any, days: Any) -> float:
    r"""Chance of a signature by the deadline at a given bias, :math:`E[1 - e^{-\int \lambda\,dt}]` [-].

    Parameters
    ----------
    traits
        A ``state.TRAITS`` record.
    bias
        Bias against signing [-].
    zeta, days
        From :func:`frozen_advantages`.

    Returns
    -------
    float
        Probability [-].
    """
    total = 0.0
    for row in range(zeta.shape[0]):
        hazard = 0.0
        for week in range(zeta.shape[1]):
            if days[row, week] > 0.0:
                rate = signing_rate(zeta[row, week], bias, traits.choice_noise, traits.sign_rate_per_week)
                hazard += rate * days[row, week] / 7.0
        total += -math.expm1(-hazard)
    return total / zeta.shape[0]


# --------------------------------------------------------------------------------------------------------------------
# One run


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


@rule
def conditional(i: int, contracts: Contracts) -> bool:
    """Whether investor ``i`` has conditions; a total of nothing is none."""
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
            atom = contracts.atoms[a]
            if atom.kind != TOTAL or atom.amount_musd > 0:
                return True
    return False


def contracts_of(realised: Any) -> Contracts:
    """Give the contracts of a run the attribute access that plain Python needs."""
    atoms, clauses, investors, members = realised
    return Contracts(atoms.view(np.recarray), clauses, investors, members)


def frailty(population: Population, seed: int, run: int) -> float:
    """Luck that all gatekeepers of a run share: gamma with mean 1, by inversion (D4)."""
    variance = float(population.market.frailty_variance)
    if variance <= 0.0:
        return 1.0
    from scipy.special import gammaincinv

    u = draws.uniform(seed, run, 0, 0, draws.FRAILTY, 0)
    return float(gammaincinv(1.0 / variance, u) * variance)


# --------------------------------------------------------------------------------------------------------------------
# Reading the conditions before any run


def new_book(tickets: Any, kinds: Any, gate_days: Any, members: Any, facts: Any) -> Book:
    """Make a book with empty sets; ``facts`` is one FACTS record."""
    n = len(tickets)
    return Book(
        tickets,
        kinds,
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(2, np.int64),
        np.zeros(len(KINDS), np.int64),
        gate_days,
        members,
        facts,
    )


def circles(scenario: Scenario) -> list[str]:
    """Ids of named investors who can only close together: in the greatest closing of all, but not in the least.

    Examples
    --------
    >>> import abm
    >>> circles(abm.load_scenario("three-investors"))
    []
    """
    population = _records_of(scenario)
    tickets = np.array([musd(min(largest_ticket(who), 1e6)) for _, _, who in _members(scenario)], np.int64)
    facts = records(
        FACTS,
        [
            {
                "cap_musd": population.round.cap_musd,
                "already_closed_musd": population.round.already_closed_musd,
                "pre_money_musd": population.ladder_musd[-1],
                "sentiment": 5.0,
                "day": population.round.deadline_day,
            }
        ],
    )[0]
    everybody, nobody = np.ones(len(tickets), np.bool_), np.zeros(len(tickets), np.bool_)
    open_gates = np.zeros(len(population.gates))
    book = new_book(tickets, population.traits["kind"].copy(), open_gates, population.contracts.members, facts)
    least, greatest = bounds(everybody, nobody, population.contracts, book)
    return [name for k, name in enumerate(population.ids) if greatest[k] and not least[k] and "#" not in name]
