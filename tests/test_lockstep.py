"""Lockstep: the two engines side by side, compared with == after every phase of every week."""

from __future__ import annotations

import itertools
import math
from random import Random
from typing import Any

import numpy as np
import pytest

import abm
from abm.agents import FundingModel
from abm.core.batch import PATHS
from abm.core.records import COMPANY_STATE, GATE_STATE, INVESTOR_STATE, MARKET_STATE, OFFER, ROUND_STATE
from abm.core.schedule import PHASES
from abm.ensemble.block import RunBlock
from abm.ensemble.lanes import LANED
from abm.population import Population, prepare
from abm.scenario import Scenario
from tests.blocks import PHASE, begin, begin_week, lanes_of, repack
from tests.worlds import borrowing_world, crowd_world, random_world, rich_world

LAYOUTS = {
    "round_state": ROUND_STATE,
    "market_state": MARKET_STATE,
    "company": COMPANY_STATE,
    "offer": OFFER,
    "gates": GATE_STATE,
    "investors": INVESTOR_STATE,
}
SKIPPED = ("running", "opinion")


PACKAGED = ["openai-2025", "openai-2025-article", "three-investors", "mutual-conditions"]


def same(one: Any, other: Any) -> bool:
    """Whether two numbers are equal to the last bit; what has never happened equals itself."""
    return bool(one == other or (math.isnan(one) and math.isnan(other)))


def difference(model: FundingModel, block: RunBlock, lane: int) -> str:
    """The first field in which the engines differ, and whose it is; nothing where they agree."""
    single = [("round", model, "round_state", 0), ("market", model.market, "market_state", 0)]
    if model.company:
        single.append(("company", model.company, "company", 0))
    if model.open:
        single.append(("offer", model.offer, "offer", 0))
    single += [(gate.id, gate, "gates", g) for g, gate in enumerate(model.gates)]
    single += [(who.id, who, "investors", i) for i, who in enumerate(model.investors)]
    for who, agent, table, row in single:
        for name in LAYOUTS[table].names:
            if name in SKIPPED or name not in LANED[table].fields or not hasattr(agent, name):
                continue
            mine, other = getattr(agent, name), block.values(table, name)[row, lane]
            if not same(mine, other):
                return f"{who}.{name}: {mine!r} in the model, {other!r} in the ensemble"
    return ""


def compare(models: list[FundingModel], going: list[FundingModel], block: RunBlock, where: str) -> None:
    """Compare every run that goes on with the model of the same run."""
    for run, (model, lane) in enumerate(zip(models, lanes_of(block, len(models)), strict=True)):
        if model in going:
            found = difference(model, block, lane)
            assert not found, f"run {run}, {where}: {found}"


def walk(scenario: Scenario, population: Population, seed: int, runs: range) -> list[FundingModel]:
    """Walk runs through both engines; the first difference fails with week, phase, agent and field."""
    models = [FundingModel(scenario, seed, run, prepared=population) for run in runs]
    block = RunBlock(population, len(runs))
    paths = np.zeros((len(runs), int(population.round.horizon_weeks), len(PATHS)), np.int64).transpose(0, 2, 1)
    block.keep(paths)
    begin(block, population, seed, runs)
    compare(models, models, block, "at the start")
    while any(model.running for model in models):
        going = [model for model in models if model.running]
        for model in going:
            model.begin_week()
        begin_week(block.record)
        for name in PHASES:
            for model in going:
                getattr(model, name)()
            PHASE[name](block.record)
            compare(models, going, block, f"week {going[0].week}, after {name}")
        running = block.values("round_state", "running")[0, lanes_of(block, len(models))]
        assert running.tolist() == [model.running for model in models], f"week {going[0].week}: running"
        repack(block.record)
    for model, kept in zip(models, paths, strict=True):
        for name, path in zip(PATHS, kept[:, : model.week].tolist(), strict=True):
            assert getattr(model, f"{name}_path") == path, f"run {model}: {name}"
        model.free()
    return models


@pytest.mark.parametrize("name", PACKAGED)
def test_the_engines_agree_after_every_phase_of_the_packaged_scenarios(name):
    scenario = abm.load_scenario(name)
    population = prepare(scenario)
    walk(scenario, population, seed=7, runs=range(10))


def any_scenario(number: int) -> Scenario:
    """A scenario with this number; what cannot be loaded (a condition that can never hold) gives way to another."""
    for attempt in itertools.count():
        try:
            return abm.scenario_from(random_world(Random(1000 * attempt + number)))
        except abm.ScenarioError:
            continue
    raise AssertionError


@pytest.mark.parametrize("number", range(60))
def test_the_engines_agree_after_every_phase_of_any_scenario(number):
    scenario = any_scenario(number)
    population = prepare(scenario)
    walk(scenario, population, seed=number, runs=range(3))


def test_the_engines_agree_where_every_feature_is_on():
    scenario = abm.scenario_from(rich_world())
    population = prepare(scenario)
    models = walk(scenario, population, seed=3, runs=range(12))
    assert {model.closed for model in models} == {True, False}


def test_the_engines_agree_where_investors_borrow():
    scenario = abm.scenario_from(borrowing_world())
    population = prepare(scenario)
    models = walk(scenario, population, seed=3, runs=range(12))
    assert any(who.ticket_musd < who.funds.pledge_musd for model in models for who in model.investors if who.funds)


def test_the_engines_agree_where_everybody_hears_of_signatures_in_sum():
    tables = rich_world()
    del tables["network"]
    tables["round"]["hearing"] = "sum"
    scenario = abm.scenario_from(tables)
    walk(scenario, prepare(scenario), seed=3, runs=range(8))


@pytest.mark.parametrize("when", ["weekly", "deadline"])
def test_the_engines_agree_about_a_crowd_of_three_hundred(when):
    scenario = abm.scenario_from(crowd_world(300, close_when=when, hearing="sum"))
    models = walk(scenario, prepare(scenario), seed=5, runs=range(2))
    assert all(model.paid_musd > 0 for model in models)


@pytest.mark.parametrize(
    "network", [{"public_after_weeks": 3, "same_kind": 0.3}, {"deals": [["lead", "fund"], ["swf", "tech", "keen"]]}]
)
def test_the_engines_agree_where_ties_hear_first(network):
    scenario = abm.scenario_from(rich_world() | {"network": network | {"other_kind": 0.2}})
    walk(scenario, prepare(scenario), seed=4, runs=range(8))
