"""Worlds: the scenarios that the tests of the whole model are made of, as the tables of a file."""

from __future__ import annotations

import datetime as dt
import math
from random import Random
from typing import Any

import numpy as np
import pandas as pd

import abm
from abm.agents import FundingModel
from abm.core import draws
from abm.population import prepare, unknowns_of
from abm.runs.outcomes import RunResult
from abm.scenario.sources import unknowns

AS_OF = dt.date(2025, 7, 28)
CERTAIN = 1000.0  # a hazard per year that nobody outlives by a week: the chance is 5e-9
NEVER = 0.0
RUNS = 40_000  # of the compiled engine, beside a law

# --------------------------------------------------------------------------------------------------------------------
# Building


def day(number: int) -> dt.date:
    """Date so many days after as_of."""
    return AS_OF + dt.timedelta(days=number)


def world(
    investors: list[dict[str, Any]],
    gates: list[dict[str, Any]] | None = None,
    pools: list[dict[str, Any]] | None = None,
    days: int = 156,
    weeks: int | None = None,
    sections: dict[str, Any] | None = None,
    **terms: Any,
) -> dict[str, Any]:
    """Tables of a round of ``days`` days, watched to its end unless ``weeks`` says longer; no scarcity of room."""
    return {
        "format": 1,
        "id": "world",
        "title": "A world to be tested",
        "as_of": AS_OF,
        "horizon_weeks": weeks or math.ceil(days / 7),
        "round": {"target_bn": 10.0, "cap_bn": 1000.0, "deadline": day(days), "pre_money_bn": 260.0} | terms,
        "gatekeepers": gates or [],
        "investors": investors,
        "investor_pools": pools or [],
    } | (sections or {})


def signer(name: str, ticket: float, chance: float = 1.0, **more: Any) -> dict[str, Any]:
    """One whose decision is stated."""
    return {"id": name, "kind": "venture", "ticket_bn": ticket, "signing_probability": chance} | more


def bound(name: str, ticket: float, *conditions: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One who has signed on as_of, on conditions: OR of ANDs."""
    return {
        "id": name,
        "kind": "venture",
        "ticket_bn": ticket,
        "signed_at_start": True,
        "conditions": list(conditions),
    } | more


def thinker(name: str, **traits: Any) -> dict[str, Any]:
    """One who decides by the rules, and learns nothing unless ``traits`` say so."""
    still = {"signal_precision": 0.0, "prior_spread_log": 0.0, "social_precision": 0.0, "diligence_sd_log": 0.0}
    return {"id": name, "kind": "crossover"} | still | {"diligence_days": 0.0} | traits


def consent(name: str, per_year: float = CERTAIN, **more: Any) -> dict[str, Any]:
    """A gatekeeper with a rate of consent."""
    return {"id": name, "hazard_per_year": per_year} | more


# --------------------------------------------------------------------------------------------------------------------
# Running


def play(raw: dict[str, Any], runs: int = 1, seed: int = 1) -> pd.DataFrame:
    """Outcomes of many runs, one row a run."""
    return abm.simulate(abm.scenario_from(raw), runs=runs, seed=seed, workers=1).to_frame()


def told(raw: dict[str, Any] | abm.Scenario, run: int = 0, seed: int = 1, **agents: Any) -> FundingModel:
    """The model of one run, at its end."""
    scenario = raw if isinstance(raw, abm.Scenario) else abm.scenario_from(raw)
    model = FundingModel(scenario, seed, run, **agents)
    model.run_model()
    model.free()
    return model


def results(raw: dict[str, Any] | abm.Scenario, runs: int, seed: int = 1, first: int = 0) -> list[RunResult]:
    """What so many runs leave behind, down to every weekly path."""
    scenario = raw if isinstance(raw, abm.Scenario) else abm.scenario_from(raw)
    prepared = prepare(scenario) if unknowns_of(scenario) is None else None
    found = []
    for run in range(first, first + runs):
        model = FundingModel(scenario, seed, run, prepared=prepared)
        model.run_model()
        found.append(model.result())
        model.free()
    return found


def bits(result: RunResult, *without: str) -> str:
    """Every field of a result to the last bit, but for those named; days that never came compare equal."""
    fields = dict(result.record) | {name: value for name, value in vars(result).items() if name != "record"}
    return repr({name: value for name, value in fields.items() if name not in without})


def paid(raw: dict[str, Any], **agents: Any) -> dict[str, float]:
    """Who pays how much [USD billion] in the first run; those who pay nothing are left out."""
    return {one.id: one.paid_musd / 1000 for one in told(raw, **agents).investors if one.paid_musd}


# --------------------------------------------------------------------------------------------------------------------
# Luck, read from its address


def luck(purpose: int, agent: int, runs: int, seed: int = 1, sub: int = 0) -> Any:
    """The uniform number of every run that decides ``purpose`` for ``agent``."""
    return np.array([draws.uniform(seed, run, agent, 0, purpose, sub) for run in range(runs)])


def waits(purpose: int, agent: int, runs: int, seed: int = 1, sub: int = 0) -> Any:
    """The hazard after which an event comes, in every run: unit exponential."""
    return -np.log1p(-luck(purpose, agent, runs, seed, sub))


# --------------------------------------------------------------------------------------------------------------------
# Random worlds, with every feature there is


def random_world(chance: Random) -> dict[str, Any]:
    """Draw a round of a few weeks in which everything may happen; one in some is refused as contradictory."""
    days = chance.randint(8, 50)
    gates = _random_gates(chance, days)
    pools = [_random_pool(chance, k) for k in range(chance.choice([0, 0, 1, 2]))]
    investors = [_random_investor(chance, k) for k in range(chance.randint(1, 6))]
    _condition(chance, investors, gates, days)
    most = sum(one.get("ticket_bn", one.get("max_ticket_bn", 0.0)) for one in investors) + 3.0 * len(pools)
    target = round(chance.uniform(0.2, 0.9) * most, 3)
    cap = round(target * chance.choice([1.0, 1.0, 1.2, 2.0]), 3)
    terms = {
        "target_bn": target,
        "cap_bn": cap,
        "minimum_close_bn": round(cap * chance.choice([0.0, 0.0, 0.3, 0.8]), 3),
        "already_closed_bn": chance.choice([0.0, 2.5]),
        "pre_money_bn": chance.choice([[40.0], [45.5, 40.0, 33.3], [50.0, 30.0]]),
        "price_cut_lag": chance.choice([0.0, 0.25, 1.0]),
        "price_cut_wait_weeks": chance.choice([1, 2]),
        "close_when": chance.choice(["weekly", "weekly", "deadline"]),
        "close_select": chance.choice(["greatest", "greatest", "least", "elimination"]),
        "extension_probability": chance.choice([0.0, 0.5, 1.0]),
        "extension_days": chance.choice([7, 20]),
        "liquidation_preference": chance.choice([0.0, 1.0]),
    }
    weeks = math.ceil(days / 7) + chance.choice([3, 10])
    sections = {"environment": _random_environment(chance), "valuation": {"sd_log": chance.choice([0.0, 0.3])}}
    if chance.random() < 0.7:
        sections["company"] = _random_company(chance, days, gates)
        if chance.random() < 0.5:
            sections["ipo"] = _random_ipo(chance, gates)
    return world(investors, gates, pools, days, weeks, sections, **terms)


def _random_gates(chance: Random, days: int) -> list[dict[str, Any]]:
    gates: list[dict[str, Any]] = []
    for k in range(chance.randint(0, 3)):
        law = chance.choice([{"probability_by_deadline": 0.7}, {"hazard_per_year": 12.0}, {"hazard_per_year": CERTAIN}])
        extras = {
            "block_hazard_per_year": chance.choice([0.0, 4.0]),
            "deadline_effect": chance.choice([0.0, 3.0]),
            "sentiment_loading": chance.choice([0.0, 1.0]),
            "lag_days": chance.choice([0, 5, days]),
            "requires": [gate["id"] for gate in gates if chance.random() < 0.5],
        }
        gates.append({"id": f"gate{k}"} | law | extras)
    return gates


def _random_investor(chance: Random, k: int) -> dict[str, Any]:
    ticket = round(chance.uniform(0.2, 6.0), 3)
    paper = {
        "kind": chance.choice(["venture", "sovereign", "strategic"]),
        "settlement_failure_probability": chance.choice([0.0, 0.0, 0.4]),
        "withdrawal_per_year": chance.choice([0.0, 0.0, 5.0]),
        "priority": chance.choice([0, 0, 1, 2]),
        "pro_rata_share": chance.choice([0.0, 0.0, 0.2]),
        "role": "lead" if k == 0 and chance.random() < 0.6 else "follower",
        "min_ticket_bn": chance.choice([0.0, 0.0, 0.15]),
    }
    form = chance.random()
    if form < 0.4:
        return bound(f"inv{k}", ticket, **paper)
    if form < 0.7:
        return signer(f"inv{k}", ticket, chance.choice([0.5, 0.95, 1.0]), **paper)
    mind = {"max_ticket_bn": ticket, "diligence_days": 6.0, "sign_bias": chance.choice([-50.0, -0.5, 0.3])}
    mind |= {"herding": chance.choice([0.0, 0.3]), "opinion_pull": chance.choice([0.0, 0.2]), "sign_rate_per_week": 1.0}
    return {"id": f"inv{k}"} | paper | mind


def _random_pool(chance: Random, k: int) -> dict[str, Any]:
    pool = {"id": f"pool{k}", "count": chance.randint(1, 5), "kind": "crossover", "settlement_failure_probability": 0.1}
    pool |= {"conditional_share": chance.choice([0.0, 0.7]), "pro_rata_share": chance.choice([0.0, 0.1])}
    if chance.random() < 0.5:
        return pool | {"ticket_bn": {"uniform_low": 0.1, "uniform_high": 2.0}, "signing_probability": 0.7}
    wealth = {
        "wealth_bn": {"lognormal_median": 15.0, "sd_log": 1.0},
        "risk_aversion": {"lognormal_median": 4, "sd_log": 0.4},
    }
    return pool | wealth | {"max_ticket_bn": 1.5, "diligence_days": 5.0, "sign_bias": -0.5, "sign_rate_per_week": 1.0}


def _condition(chance: Random, investors: list[dict[str, Any]], gates: list[dict[str, Any]], days: int) -> None:
    """Give conditions of every kind to about half of the investors, and fallbacks to some of those."""
    names = [one["id"] for one in investors]
    tickets = {one["id"]: one.get("ticket_bn", one.get("max_ticket_bn")) for one in investors}
    everything = sum(tickets.values())

    def atom(own: str) -> dict[str, Any]:
        others = [name for name in names if name != own] or [own]
        other, several = chance.choice(others), chance.sample(names, chance.randint(1, len(names)))
        forms: list[dict[str, Any]] = [
            {"total_bn": round(chance.uniform(0.05, 0.6) * everything, 3), "count_own": chance.random() < 0.7},
            {"total_bn": round(chance.uniform(0.05, 0.6) * everything, 3), "count_closed": False},
            {"investor": other} | ({"amount_bn": round(0.5 * tickets[other], 3)} if chance.random() < 0.3 else {}),
            {"any_of": several, "at_least": chance.randint(1, len(several))},
            {"kind": "sovereign", "amount_bn": 0.1},
            {"max_pre_money_bn": chance.choice([34.0, 44.0])},
            {"max_own_share": 0.1},
            {"min_sentiment": -0.2},
            {"min_own_share": 0.03},
            {"max_post_money_bn": round(40 + 0.7 * everything, 3)},
            {"without": other},
        ]
        if gates and chance.random() < 0.4:
            limit = {"by": day(chance.randint(1, days))} if chance.random() < 0.3 else {}
            return {"gate": chance.choice(gates)["id"]} | limit
        return chance.choice(forms[:4] if chance.random() < 0.5 else forms)

    for one in investors:
        if chance.random() < 0.6:
            clauses = chance.choice([1, 1, 2])
            one["conditions"] = [[atom(one["id"]) for _ in range(chance.choice([1, 2]))] for _ in range(clauses)]
            if chance.random() < 0.4 and "ticket_bn" in one:
                one["fallback_bn"] = round(chance.uniform(0.05, 1.0) * one["ticket_bn"], 3)


def _random_environment(chance: Random) -> dict[str, Any]:
    if chance.random() < 0.4:
        return {}
    return {
        "sentiment_volatility": 0.5,
        "cold_per_week": 0.1,
        "competitor_jumps_per_year": 10.0,
        "poaching_bursts_per_year": 5.0,
        "excess_attrition_per_year": 0.2,
        "frailty_variance": chance.choice([0.0, 0.5]),
    }


def _random_company(chance: Random, days: int, gates: list[dict[str, Any]]) -> dict[str, Any]:
    contract = {"creditor": "C", "from": day(chance.randint(-10, days)), "bn_per_year": chance.choice([2.0, 20.0])}
    later = {"on": day(chance.randint(1, days)), "amount_bn": 1.234, "probability_if_closed": 0.8}
    claim = {"holder": "H", "on": day(chance.randint(1, days)), "amount_bn": 0.777, "exercise_share": 0.5}
    if gates and chance.random() < 0.5:
        claim["unless_gate"] = gates[0]["id"]
    return {
        "cash_bn": chance.choice([0.3, 1.0, 20.0]),
        "revenue_bn_per_year": 5.0,
        "revenue_growth_per_year": 0.5,
        "revenue_volatility": 0.2,
        "net_burn_bn_per_year": [[day(0), 3.3], [day(20), chance.choice([9.9, -1.1])]],
        "burn_volatility_bn": chance.choice([0.0, 1.0]),
        "minimum_cash_bn": chance.choice([0.0, 0.2]),
        "levers": {
            "cut": chance.random() < 0.5,
            "bridge_limit_bn": chance.choice([0.0, 0.4]),
            "bridge_probability": 0.7,
            "vendor_limit_bn": chance.choice([0.0, 0.6]),
        },
        "obligations": [{"id": "o", "deferrable_share": 0.6, "in_burn_share": 0.2} | contract],
        "claims": [{"id": "n"} | claim],
        "later_rounds": [{"id": "l", "probability_if_not": 0.4} | later],
    }


def _random_ipo(chance: Random, gates: list[dict[str, Any]]) -> dict[str, Any]:
    listing = {"raise_bn": 2.222, "earliest": day(chance.randint(0, 20)), "filing_per_year": 30, "lead_weeks": 2}
    listing |= {"minimum_sentiment": -0.5, "veto_holder": "M", "veto_probability": chance.choice([0.0, 0.5])}
    return listing | ({"requires": [gates[0]["id"]]} if gates and chance.random() < 0.5 else {})


# --------------------------------------------------------------------------------------------------------------------
# A rich world, in which every knob has something to turn


def rich_world() -> dict[str, Any]:
    """A round of ten weeks with everything in it: lead, followers, thinkers, pools, consents, a company in need."""
    gates = [
        {"id": "partner", "hazard_per_year": 6.0, "deadline_effect": 1.0, "block_hazard_per_year": 1.0},
        {
            "id": "court",
            "probability_by_deadline": 0.9,
            "requires": ["partner"],
            "sentiment_loading": 0.5,
            "lag_days": 3,
        },
    ]
    investors = [
        bound(
            "lead",
            6.0,
            [{"gate": "court", "by": day(70)}],
            [{"total_bn": 9.0}, {"min_sentiment": 0.1}],
            kind="conglomerate",
            role="lead",
            fallback_bn=2.0,
            settlement_failure_probability=0.1,
            withdrawal_per_year=1.0,
            binding=0.5,
        ),
        signer("fund", 3.0, 0.7, conditions=[[{"investor": "lead", "amount_bn": 2.0}, {"min_own_share": 0.04}]]),
        signer("rival", 1.5, 0.8, conditions=[[{"any_of": ["lead", "swf", "tech"], "at_least": 2}]], priority=1),
        _curious("swf", "sovereign", inclination=0.6, wealth_bn=300.0, dry_powder_bn=4.0, max_ticket_bn=2.0),
        _curious("tech", "strategic", sign_bias=-0.5, wealth_bn=6.0, withdrawal_per_year=6.0, conditions=_PATIENT),
        _curious("small", "venture", sign_bias=-0.5, wealth_bn=4.0, risk_aversion=20.0, min_ticket_bn=0.02),
        _curious("owner", "private_equity", sign_bias=-0.5, wealth_bn=400.0, ownership_cap=0.02, max_ticket_bn=9.0),
        _curious("keen", "crossover", sign_bias=-0.5, wealth_bn=50.0, dry_powder_share=0.01, conditions=_PICKY),
    ]
    crowd = {"id": "crowd", "count": 4, "kind": "crossover", "diligence_days": 10.0, "inclination": 0.6}
    crowd |= {
        "wealth_bn": {"lognormal_median": 15.0, "sd_log": 1.0},
        "conditional_share": 0.7,
        "withdrawal_per_year": 1.0,
    }
    stated = {"id": "stated", "count": 3, "kind": "public", "ticket_bn": 0.4, "signing_probability": 0.6}
    drawn = {
        "id": "drawn",
        "count": 3,
        "kind": "venture",
        "sign_bias": -0.5,
        "diligence_days": 10.0,
        "max_ticket_bn": 0.3,
    }
    terms = {"target_bn": 14.0, "cap_bn": 15.0, "minimum_close_bn": 4.0, "already_closed_bn": 1.0}
    terms |= {"pre_money_bn": [60.0, 50.0, 40.0], "extension_probability": 0.5, "extension_days": 28}
    sections = {
        "network": {"public_after_weeks": 3, "same_kind": 0.4, "other_kind": 0.2, "deals": [["lead", "swf"]]},
        "environment": {
            "sentiment_volatility": 0.5,
            "cold_per_week": 0.2,
            "competitor_jumps_per_year": 4.0,
            "excess_attrition_per_year": 0.2,
            "poaching_bursts_per_year": 4.0,
            "frailty_variance": 0.5,
        },
        "valuation": {"sd_log": 0.3, "news_precision": 0.5},
        "company": _needy(),
        "ipo": {"raise_bn": 1.0, "earliest": day(20), "filing_per_year": 20, "lead_weeks": 6, "veto_holder": "partner"}
        | {"veto_probability": 0.3, "veto_lapses_with": "court", "requires": ["partner"]},
    }
    return world(investors, gates, [crowd, stated, drawn], 70, 40, sections, **terms)


def borrowing_world() -> dict[str, Any]:
    """The rich world, with a lead, a follower and a thinker who pay with borrowed money."""
    raw = rich_world()
    lead, fund, tech = raw["investors"][0], raw["investors"][1], raw["investors"][4]
    emergency = {"emergency_loan_to_value": 0.35, "emergency_probability": 0.4}
    lead["funding"] = {"holdings_bn": 40.0, "net_debt_bn": 6.0, "sales_bn": 0.5} | emergency
    fund["funding"] = {"holdings_bn": 30.0, "net_debt_bn": 5.5} | emergency
    tech["funding"] = {"holdings_bn": 8.0, "net_debt_bn": 1.5, "cash_bn": 0.7, "minimum_cash_bn": 0.5, "credit_bn": 0.2}
    return raw


def world_in_classes() -> dict[str, Any]:
    """A round of ten lines and a few more: standings, classes, a vote, a trust, whoever pays the rest."""
    return {
        "format": 2,
        "id": "classes",
        "as_of": day(0),
        "horizon_weeks": 40,
        "round": {"target_bn": 10.0, "deadline": day(90)},
        "company": {"cash_bn": 0.5, "runway_months": 6, "burn_volatility_bn": 0.1},
        "gatekeepers": [
            {"id": "vote", "class": "vote", "chance": 0.7, "on": day(50)},
            {"id": "plan", "class": "restructuring", "chance": 0.7},
            {"id": "bank", "chance": 0.6, "median_days": 40, "time_sd_log": 0.5},
        ],
        "investors": [
            {"id": "lead", "role": "lead", "standing": "conditional_firm", "ticket_bn": 3.0, "needs": ["vote"]},
            {"id": "third", "standing": "in_talks", "ticket_bn": 1.0, "chance": 0.6, "median_days": 30},
            {"id": "second", "standing": "in_talks", "ticket_bn": 1.0},
            {"id": "trust", "standing": "firm", "redeemable": True, "ticket_bn": 2.0, "needs": ["plan"]},
            {"id": "taker", "standing": "underwritten", "ticket": "rest", "ticket_bn": 4.0, "needs": ["bank"]},
        ],
    }


_PATIENT = [[{"gate": "court"}]]
_PICKY = [[{"kind": "sovereign", "amount_bn": 0.5}, {"max_pre_money_bn": 55.0}], [{"max_own_share": 0.005}]]


def _curious(name: str, kind: str, **traits: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "diligence_days": 10.0, "opinion_pull": 0.05, "herding": 0.2} | traits


def _needy() -> dict[str, Any]:
    contract = {"id": "compute", "creditor": "C", "from": day(14), "bn_per_year": 20.0, "deferrable_share": 0.5}
    return {
        "cash_bn": 3.0,
        "revenue_bn_per_year": 8.0,
        "revenue_growth_per_year": 0.5,
        "revenue_volatility": 0.2,
        "net_burn_bn_per_year": [[day(0), 9.0], [day(100), 16.0]],
        "burn_volatility_bn": 1.0,
        "minimum_cash_bn": 0.5,
        "levers": {"cut": True, "bridge_limit_bn": 0.8, "bridge_probability": 0.6, "vendor_limit_bn": 1.5},
        "obligations": [contract | {"in_burn_share": 0.2}],
        "claims": [{"id": "notes", "holder": "H", "on": day(90), "amount_bn": 1.0, "unless_gate": "court"}],
        "later_rounds": [
            {"id": "next", "on": day(120), "amount_bn": 3.0, "probability_if_closed": 0.7, "probability_if_not": 0.4}
        ],
    }


# --------------------------------------------------------------------------------------------------------------------
# Small worlds of which every number is known


def laboratory(laws: dict[str, dict[str, Any]], days: int = 156, **environment: float) -> dict[str, Any]:
    """Gatekeepers by their laws, each with an investor who waits for it."""
    watchers = [bound(f"w-{name}", 1.0, [{"gate": name}]) for name in laws]
    gates = [{"id": name} | law for name, law in laws.items()]
    return world(watchers, gates, days=days, target_bn=1.0, sections={"environment": environment})


def book_of(tickets: dict[str, float], chances: dict[str, float], asks: dict[str, Any]) -> list[dict[str, Any]]:
    """Signers by their tickets and chances, each with one clause at most: a list of atoms."""
    wants = {name: {"conditions": [asks[name]]} if name in asks else {} for name in tickets}
    return [signer(name, ticket, chances[name], **wants[name]) for name, ticket in tickets.items()]


def unburdened(name: str, **traits: Any) -> dict[str, Any]:
    """A thinker for whom signing costs nothing but the money, and who leaves after three years."""
    costs = {"lockup_cost": 0.0, "diligence_cost_bn": 0.0, "waiting_weight": 0.0, "min_ticket_bn": 0.0}
    limits = {"wealth_bn": 9999.0, "max_ticket_bn": 1.0, "horizon_years": 3.0, "required_return_per_year": 0.15}
    return thinker(name, **costs | limits | traits)


#: The six of V14: tickets, chances of V29b to sign, and what they ask for.
SIX = {"l": 22.5, "a": 2.8, "b": 3.0, "c": 2.0, "d": 1.2, "e": 1.5}
SIGNS = dict(zip(SIX, (0.60, 0.85, 0.5, 0.5, 0.7, 0.6), strict=True))
ASKS = {
    "l": [{"gate": "legal"}],
    "b": [{"total_bn": 8.0}],
    "c": [{"investor": "b"}],
    "d": [{"any_of": ["a", "b", "c", "e"], "at_least": 2}],
    "e": [{"investor": "c"}, {"total_bn": 7.0}],
}


def fly(raw: dict[str, Any] | abm.Scenario, runs: int = RUNS, seed: int = 1) -> pd.DataFrame:
    """Outcomes of many runs of the compiled engine."""
    scenario = raw if isinstance(raw, abm.Scenario) else abm.scenario_from(raw)
    return abm.simulate(scenario, runs, seed, engine="ensemble", keep="rows", workers=1).to_frame()


def musd(frame: pd.DataFrame, *names: str) -> Any:
    """What these investors paid together, in every run [USD million]."""
    return (1000 * frame[[f"paid_bn.{name}" for name in names]]).round().astype(int).sum(axis=1).to_numpy()


def settled(scenario: abm.Scenario) -> abm.Scenario:
    """The same with every number known that has a range."""
    return scenario.with_values({one.path: one.value for one in unknowns(scenario)})


def crowd_world(members: int, **terms: Any) -> dict[str, Any]:
    """A round of many thinkers, who hear of each other, may withdraw, and ask for totals."""
    pool = {
        "id": "crowd",
        "count": members,
        "kind": "crossover",
        "wealth_bn": {"lognormal_median": 1.0, "sd_log": 1.0},
        "max_ticket_bn": {"lognormal_median": 0.05, "sd_log": 1.5},
        "diligence_days": 10.0,
        "conditional_share": 0.4,
        "withdrawal_per_year": 1.0,
        "social_precision": 0.5,
        "reputation": 0.7,
    }
    return world([], pools=[pool], days=56, target_bn=0.05 * members, pre_money_bn=60.0, **terms)
