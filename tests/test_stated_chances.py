"""Stated chances: what a file says of a consent comes out, whatever luck and mood the consent shares."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

import abm
from abm.population import prepare
from abm.rules.gatekeepers import chance_under_luck, hazard_for_chance
from abm.scenario import scenario_from
from tests.oracles import agrees

RUNS = 8_000
CALM: dict[str, float] = {}
MOODY = {"sentiment_volatility": 0.6, "sentiment_start": -0.3, "sentiment_mean": 0.2}
WILD = MOODY | {"cold_per_week": 0.03, "thaw_per_week": 0.1, "cold_sentiment": -0.6, "competitor_jumps_per_year": 6.0}


def round_with(gate: dict[str, object], environment: dict[str, float], days: int = 156) -> abm.Scenario:
    """A round that closes where the consent is given by the deadline."""
    start = abm.load_scenario("three-investors").as_of
    return scenario_from(
        {
            "format": 1, "id": "stated", "title": "A consent", "as_of": start, "environment": environment,
            "round": {"target_bn": 1.0, "pre_money_bn": 4.0, "deadline": start + np.timedelta64(days, "D").item()},
            "gatekeepers": [{"id": "consent", **gate}],
            "investors": [
                {"id": "bound", "kind": "venture", "ticket_bn": 1.0, "signed_at_start": True,
                 "conditions": [[{"gate": "consent"}]]},
            ],
        }
    )  # fmt: skip


def closes(scenario: abm.Scenario, runs: int = RUNS, engine: str = "ensemble") -> int:
    found = abm.simulate(scenario, runs, seed=11, engine=engine, workers=2, keep="totals")
    return round(found.probability("closed").p * runs)


@pytest.mark.parametrize("variance", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("chance", [0.05, 0.55, 0.8, 0.99])
def test_a_stated_chance_comes_out_under_shared_luck(chance, variance):
    """0.8 had come out as 0.69 with a variance of 0.5, and as 0.62 with 1."""
    gate = {"probability_by_deadline": chance, "deadline_effect": 3.0}
    assert agrees(closes(round_with(gate, {"frailty_variance": variance})), RUNS, chance)


@pytest.mark.parametrize("environment", [CALM, MOODY, WILD], ids=["calm", "moody", "wild"])
@pytest.mark.parametrize("loading", [-1.0, 0.6, 2.0])
def test_a_stated_chance_comes_out_in_every_mood(loading, environment):
    gate = {"probability_by_deadline": 0.7, "sentiment_loading": loading}
    assert agrees(closes(round_with(gate, environment)), RUNS, 0.7)


@pytest.mark.parametrize("seed", range(12))
def test_a_stated_chance_comes_out_with_all_options_together(seed):
    chance = Random(seed)
    p = chance.uniform(0.03, 0.97)
    gate = {
        "probability_by_deadline": p,
        "sentiment_loading": chance.choice([0.0, chance.uniform(-2.0, 2.0)]),
        "deadline_effect": chance.choice([0.0, chance.uniform(0.0, 8.0)]),
        "deadline_scale_weeks": chance.uniform(1.0, 20.0),
    }
    environment = {**chance.choice([CALM, MOODY, WILD]), "frailty_variance": chance.choice([0.0, chance.uniform(0, 2)])}
    assert agrees(closes(round_with(gate, environment, chance.randint(10, 400))), RUNS, p)


def test_both_engines_keep_it():
    scenario = round_with({"probability_by_deadline": 0.8, "sentiment_loading": 1.0}, WILD | {"frailty_variance": 1.0})
    assert closes(scenario, 300) == closes(scenario, 300, "mesa")
    assert agrees(closes(scenario, 300), 300, 0.8)


def test_a_stated_chance_counts_from_as_of_and_without_a_block():
    """Definitions, not losses: a consent that waits for another, and one that may be refused, come less often."""
    gate = {"probability_by_deadline": 0.8, "block_hazard_per_year": 1.0}
    hazard, years = -math.log(0.2), 156 / 365
    expected = hazard / (hazard + years) * -math.expm1(-(hazard + years))  # V10c: the race of two constant hazards
    assert agrees(closes(round_with(gate, CALM)), RUNS, expected)


@pytest.mark.parametrize("variance", [0.0, 0.01, 1.0, 4.0])
def test_the_hazard_for_a_chance_is_the_inverse(variance):
    """Gamma luck with mean 1 and variance v: E[exp(-H G)] = (1 + v H)^(-1/v), checked by numbers."""
    for chance in (0.001, 0.3, 0.9, 0.9999):
        hazard = hazard_for_chance(chance, variance)
        assert chance_under_luck(hazard, variance) == pytest.approx(chance, rel=1e-12)
        if variance:
            assert 1 - (1 + variance * hazard) ** (-1 / variance) == pytest.approx(chance, rel=1e-9)
    assert hazard_for_chance(0.5, 0.0) == pytest.approx(math.log(2))


def test_without_shared_luck_and_mood_the_rate_is_the_plain_one():
    stated = round_with({"probability_by_deadline": 0.55}, MOODY)
    rate = float(prepare(stated).gate_params["h0_per_year"][0])
    assert rate == -math.log1p(-0.55) * 365.0 / 156.0
