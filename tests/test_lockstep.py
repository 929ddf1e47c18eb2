"""Lockstep: the two engines side by side, compared with == after every phase of every week."""

from __future__ import annotations

import itertools
import math
from random import Random
from typing import Any

import pytest

import abm
from abm.agents import FundingModel
from abm.core.records import COMPANY_STATE, GATE_STATE, INVESTOR_STATE, MARKET_STATE, OFFER, ROUND_STATE
from abm.core.schedule import PHASES
from abm.ensemble import kernel, phases
from abm.ensemble.build import World
from abm.population import Population, prepare
from abm.population.sampling import frailties
from abm.scenario import Scenario
from tests.worlds import random_world, rich_world

PACKAGED = ["openai-2025", "openai-2025-article", "three-investors", "mutual-conditions"]


def same(one: Any, other: Any) -> bool:
    """Whether two numbers are equal to the last bit; what has never happened equals itself."""
    return bool(one == other or (math.isnan(one) and math.isnan(other)))


def difference(model: FundingModel, world: World) -> str:
    """The first field in which the engines differ, and whose it is; nothing where they agree."""
    record, arrays = world.record, world.arrays
    pairs = [
        ("round", model, record.round_state, ROUND_STATE),
        ("market", model.market, record.market_state, MARKET_STATE),
    ]
    pairs += [(g.id, g, arrays["gate_states"][k], GATE_STATE) for k, g in enumerate(model.gates)]
    if model.company:
        pairs.append(("company", model.company, record.company, COMPANY_STATE))
    if model.open:
        pairs.append(("offer", model.offer, record.offer, OFFER))
    for who, agent, state, layout in pairs:
        for name in layout.names:
            if name in ("running",) or not hasattr(agent, name):
                continue
            if not same(getattr(agent, name), state[name]):
                return f"{who}.{name}: {getattr(agent, name)!r} in the model, {state[name]!r} in the ensemble"
    for name in INVESTOR_STATE.names:
        for investor, other in zip(
            model.investors, arrays[name].tolist(), strict=False
        ):  # rooms of arrays may be spare
            mine = getattr(investor, name)
            if not same(mine, other):
                return f"{investor.id}.{name}: {mine!r} in the model, {other!r} in the ensemble"
    return ""


def walk(scenario: Scenario, population: Population, world: World, seed: int, run: int) -> FundingModel:
    """Walk one run through both engines; the first difference fails with week, phase, agent and field."""
    model = FundingModel(scenario, seed, run, prepared=population)
    kernel.begin(world.record, seed, run, frailties(population, seed, [run])[0])
    assert not difference(model, world), f"run {run}, at the start: {difference(model, world)}"
    while model.running:
        model.begin_week()
        kernel.begin_week(world.record)
        for name in PHASES:
            getattr(model, name)()
            getattr(phases, name)(world.record)
            where = f"run {run}, week {model.week}, after {name}"
            assert not difference(model, world), f"{where}: {difference(model, world)}"
        assert model.running == world.record.round_state.running, f"run {run}, week {model.week}: running"
    for name in ("committed_path", "paid_path", "cash_path"):
        assert getattr(model, name) == world.arrays[name][: model.week].tolist(), f"run {run}: {name}"
    model.free()
    return model


@pytest.mark.parametrize("name", PACKAGED)
def test_the_engines_agree_after_every_phase_of_the_packaged_scenarios(name):
    scenario = abm.load_scenario(name)
    population = prepare(scenario)
    world = World(population)
    for run in range(4):
        walk(scenario, population, world, seed=7, run=run)


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
    world = World(population)
    for run in range(2):
        walk(scenario, population, world, seed=number, run=run)


def test_the_engines_agree_where_every_feature_is_on():
    scenario = abm.scenario_from(rich_world())
    population = prepare(scenario)
    world = World(population)
    models = [walk(scenario, population, world, seed=3, run=run) for run in range(12)]
    assert {model.closed for model in models} == {True, False}
