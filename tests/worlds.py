"""Worlds: the scenarios that the tests of the whole model are made of, as the tables of a file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd

import abm
from abm import draws
from abm.agents import FundingModel
from abm.outcomes import RunResult
from abm.population import prepare

AS_OF = dt.date(2025, 7, 28)
CERTAIN = 1000.0  # a hazard per year that nobody outlives by a week: the chance is 5e-9
NEVER = 0.0

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
    prepared = prepare(scenario)
    found = []
    for run in range(first, first + runs):
        model = FundingModel(scenario, seed, run, prepared=prepared)
        model.run_model()
        found.append(model.result())
        model.free()
    return found


def bits(result: RunResult, *without: str) -> str:
    """Every field of a result to the last bit, but for those named; days that never came compare equal."""
    return repr({k: v for k, v in dataclasses.asdict(result).items() if k not in without})


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
