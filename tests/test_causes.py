"""Causes: where only one condition fails, that is why the round failed, in the same words wherever it is said."""

from __future__ import annotations

import json
import tomllib

import pytest
from typer.testing import CliRunner

import abm
from abm.analysis.story import tell_story
from abm.cli import app
from abm.rules.conditions import CONDITIONS
from abm.rules.failure import CAUSES, LINK_CAUSES, Links
from abm.runs.terms import CAUSE_WORDS
from abm.scenario import scenario_from

ROUND = """
format = 1
id = "one-bank"
title = "A bank with one condition"
as_of = 2026-01-01
[round]
target_bn = 4.0
cap_bn = 6.0
deadline = 2026-06-30
close_when = "deadline"
pre_money_bn = 10.0
{round}
{environment}
[[gatekeepers]]
id = "court"
hazard_per_year = 0.0
[[investors]]
id = "bank"
kind = "lender"
ticket_bn = 4.0
signed_at_start = true
conditions = [[{condition}]]
[[investors]]
id = "fund"
kind = "venture"
ticket_bn = 1.0
{fund}
"""
OUT, IN = "signing_probability = 0.0", "signed_at_start = true"
ELIMINATION = 'close_select = "elimination"'
BROKEN = "[environment]\nsentiment_start = -1.0\nsentiment_mean = -1.0\nsentiment_volatility = 0.0"

#: Condition of the bank, the fund, other terms, environment: the condition fails, and all others would hold.
ALONE = {
    "gate": ('{ gate = "court" }', OUT, "", "", "gate"),
    "total_bn": ("{ total_bn = 5.0 }", OUT, "", "", "coordination"),
    "investor": ('{ investor = "fund" }', OUT, "", "", "coordination"),
    "any_of": ('{ any_of = ["fund"] }', OUT, "", "", "coordination"),
    "kind": ('{ kind = "venture", amount_bn = 1.0 }', OUT, "", "", "coordination"),
    "max_pre_money_bn": ("{ max_pre_money_bn = 9.0 }", OUT, "", "", "price"),
    "max_own_share": ("{ max_own_share = 0.1 }", OUT, "", "", "stake"),
    "min_sentiment": ("{ min_sentiment = -0.2 }", OUT, "", BROKEN, "market"),
    "min_own_share": ("{ min_own_share = 0.28 }", IN, ELIMINATION, "", "stake"),
    "max_post_money_bn": ("{ max_post_money_bn = 13.0 }", OUT, ELIMINATION, "", "stake"),
    "without": ('{ without = "fund" }', IN, "", "", "rival"),
}


def round_in_which(name: str, beside: str = "") -> abm.Scenario:
    condition, fund, terms, environment, _ = ALONE[name]
    text = ROUND.format(
        condition=condition + (f", {beside}" if beside else ""), fund=fund, round=terms, environment=environment
    )
    raw = tomllib.loads(text)
    if name == "max_pre_money_bn":  # a lower price stands in the ladder, and does not bring the target either
        raw["round"] |= {"pre_money_bn": [10.0, 8.0], "target_bn": 5.0, "price_cut_lag": 1.0}
    return scenario_from(raw)


def test_every_kind_of_condition_has_its_scenario_and_its_cause():
    assert set(ALONE) == set(CONDITIONS)
    assert {name: kind.cause for name, kind in CONDITIONS.items()} == {name: row[-1] for name, row in ALONE.items()}


def test_every_cause_has_its_words():
    assert set(CAUSE_WORDS) == set(CAUSES) - {""}
    assert len(set(CAUSE_WORDS.values())) == len(CAUSE_WORDS)
    assert len(LINK_CAUSES) == len(Links._fields) - 1


@pytest.mark.parametrize("engine", ["ensemble", "mesa"])
@pytest.mark.parametrize("name", ALONE)
def test_the_condition_that_fails_is_the_cause(name, engine):
    found = abm.simulate(round_in_which(name), 20, engine=engine, workers=1)
    assert {cause: chance.p for cause, chance in found.causes().items()} == {ALONE[name][-1]: 1.0}


#: Beside every other condition, one of each kind that holds, and one that is against a rival who is not there.
HOLD = {
    "price": "{ max_pre_money_bn = 10.0 }",
    "market": "{ min_sentiment = -5.0 }",
    "stake": "{ max_own_share = 0.9 }",
    "rival": '{ without = "nobody" }',
    "coordination": "{ total_bn = 4.0 }",
}


@pytest.mark.parametrize("beside", HOLD)
@pytest.mark.parametrize("name", ALONE)
def test_conditions_that_hold_do_not_change_the_cause(name, beside):
    raw = round_in_which(name, HOLD[beside].replace("nobody", "fund")).raw
    if beside == "rival":
        raw["investors"].append({"id": "nobody", "kind": "venture", "ticket_bn": 1.0, "signing_probability": 0.0})
        raw["investors"][0]["conditions"][0][-1] = {"without": "nobody"}
    found = abm.simulate(scenario_from(raw), 5, workers=1)
    assert set(found.causes()) == {ALONE[name][-1]}


def test_a_limit_on_the_post_money_that_is_met_by_cutting_back():
    """Everybody signs and waits for nobody; at most 2 of the 4 fit below 12 billion after the money."""
    scenario = round_in_which("gate").with_values({"gatekeepers.court": "given"})
    raw = scenario.raw
    raw["investors"][0]["conditions"] = [[{"max_post_money_bn": 12.0}]]
    found = abm.simulate(scenario_from(raw), 5, workers=1)
    assert set(found.to_frame()["funded_bn"]) == {2.0}
    assert set(found.causes()) == {"stake"}


def test_what_stays_below_the_first_closing_is_too_little_demand():
    raw = round_in_which("gate").raw
    raw["investors"][0] |= {"conditions": [], "ticket_bn": 3.0}
    raw["round"]["minimum_close_bn"] = 3.5
    found = abm.simulate(scenario_from(raw), 5, workers=1)
    assert set(found.to_frame()["funded_bn"]) == {0.0}
    assert set(found.causes()) == {"demand"}


@pytest.mark.parametrize("engine", ["ensemble", "mesa"])
@pytest.mark.parametrize("name", ["gate", "min_sentiment"])
def test_in_a_package_that_all_must_fill_the_cause_is_the_condition_that_failed(name, engine):
    """The other three quarters have signed without a condition: they are out only because it is all or nothing."""
    raw = round_in_which(name).raw
    raw["round"] |= {"target_bn": 16.0, "cap_bn": 16.0, "minimum_close_bn": 16.0}
    raw["investors"][1] = {"id": "others", "kind": "crossover", "ticket_bn": 12.0, "signed_at_start": True}
    found = abm.simulate(scenario_from(raw), 3, engine=engine, workers=1)
    assert set(found.to_frame()["funded_bn"]) == {0.0}
    assert set(found.causes()) == {ALONE[name][-1]}
    assert tell_story(scenario_from(raw)).binding[ALONE[name][-1]] == 16.0


#: Who asks for what in a round of 10 that closes with at least 9 or not at all, and what a careful reader blames.
PACKAGES = {
    "a consent holds 8, and 2 never signed": ({"held": 8.0, "unsigned": 2.0}, "gate"),
    "a consent holds 5, 3 were ready, 2 never signed": ({"held": 5.0, "ready": 3.0, "unsigned": 2.0}, "gate"),
    "a consent holds 2, 3 were ready, 5 never signed": ({"held": 2.0, "ready": 3.0, "unsigned": 5.0}, "demand"),
    "6 were ready, and 4 never signed": ({"ready": 6.0, "unsigned": 4.0}, "demand"),
    "the lead of 3 never signed, 7 were ready": ({"lead": 3.0, "ready": 7.0}, "lead"),
    "3 were called and not paid, 7 were ready": ({"broke": 3.0, "ready": 7.0}, "settlement"),
    "the lead of 2 never signed, 8 wait for him": ({"lead": 2.0, "behind": 8.0}, "lead"),
    "one of 2 never signed, who is no lead, and 8 wait for him": ({"unsigned": 2.0, "before": 8.0}, "coordination"),
    "2 were called and not paid, 8 wait for them": ({"broke": 2.0, "after": 8.0}, "settlement"),
    "a consent holds 6, a price 4": ({"held": 6.0, "dear": 4.0}, "gate"),
    "a consent holds 4, a price 6": ({"held": 4.0, "dear": 6.0}, "price"),
}
PARTS = {
    "held": {"signed_at_start": True, "conditions": [[{"gate": "court"}]]},
    "dear": {"signed_at_start": True, "conditions": [[{"max_pre_money_bn": 9.0}]]},
    "ready": {"signed_at_start": True},
    "behind": {"signed_at_start": True, "conditions": [[{"investor": "lead"}]]},
    "before": {"signed_at_start": True, "conditions": [[{"investor": "unsigned"}]]},
    "after": {"signed_at_start": True, "conditions": [[{"investor": "broke"}]]},
    "broke": {"signed_at_start": True, "settlement_failure_probability": 1.0},
    "lead": {"role": "lead", "signing_probability": 0.0},
    "unsigned": {"signing_probability": 0.0},
}


def package(parts: dict[str, float]) -> abm.Scenario:
    raw = round_in_which("gate").raw
    raw["round"] |= {"target_bn": 10.0, "cap_bn": 10.0, "minimum_close_bn": 9.0}
    raw["round"] |= {"pre_money_bn": [10.0, 8.0], "price_cut_lag": 1.0}  # a lower price stands in the ladder
    raw["investors"] = [{"id": part, "kind": "lender", "ticket_bn": bn, **PARTS[part]} for part, bn in parts.items()]
    return scenario_from(raw)


@pytest.mark.parametrize("engine", ["ensemble", "mesa"])
@pytest.mark.parametrize("words", PACKAGES)
def test_in_a_package_that_nothing_alone_lifts_the_cause_is_what_held_most_of_it(words, engine):
    parts, cause = PACKAGES[words]
    found = abm.simulate(package(parts), 3, engine=engine, workers=1)
    assert set(found.to_frame()["funded_bn"]) == {0.0}
    assert set(found.causes()) == {cause}


def test_a_story_says_that_no_repair_alone_would_have_been_enough():
    told = tell_story(package({"held": 8.0, "unsigned": 2.0})).text()
    assert "first of all because a consent was missing" in " ".join(told.split())
    assert "needed USD 9 billion, which no repair alone would have reached" in " ".join(told.split())
    assert "USD 8 billion if every consent had been in force" in " ".join(told.split())
    enough = " ".join(tell_story(package({"held": 8.0, "ready": 2.0})).text().split())
    assert "One repair alone would have brought more: USD 10 billion if every consent" in enough


@pytest.mark.parametrize("name", ALONE)
def test_the_commands_say_it_in_the_same_words(name, tmp_path):
    path = tmp_path / "round.toml"
    round_in_which(name).save(path)
    cause = ALONE[name][-1]
    words = CAUSE_WORDS[cause]

    def say(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, str(path)])
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    assert f" {words}" in say("run", "--runs", "20")
    assert f"first of all because {words}." in say("explain", "--runs", "20", "--failed")
    assert list(json.loads(say("run", "--runs", "20", "--json"))["causes"]) == [cause]
    told = tell_story(round_in_which(name))
    assert told.ending == cause
    assert next(iter(sorted(told.binding, key=lambda link: -told.binding[link]))) == cause
