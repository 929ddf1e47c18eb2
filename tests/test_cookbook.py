"""Cookbook: every recipe of the docs runs, and gives what is worked out by hand there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import abm

PAGE = (Path(__file__).parent.parent / "docs" / "cookbook.md").read_text("utf-8")
HEAD, *RECIPES = PAGE.split("\n## ")
RUNS = 20_000
MARKET = "And the market:"  # before the tables of a market, which are not those of a company


def tables(text: str) -> str:
    """The TOML of a part of the page."""
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


@pytest.mark.statistical
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.splitlines()[0])
def test_a_recipe_gives_what_is_worked_out_by_hand(recipe):
    scenario = abm.scenario_from(tomllib.loads(tables(HEAD) + tables(recipe.split(MARKET)[0])))
    outcomes = abm.simulate(scenario, RUNS, seed=1, keep="rows")
    by_hand = " ".join(recipe.split("By hand:")[1].split("\n\n")[0].split())
    chances = re.findall(r"`([^`]+)` in ([\d.]+) %", by_hand)
    means = re.findall(r"`([^`]+)` is ([\d.]*\d)", by_hand)
    assert chances or means
    for event, percent in chances:
        p = float(percent) / 100
        assert abs(outcomes.probability(event).p - p) <= 4 * (p * (1 - p) / RUNS) ** 0.5 + 2e-4, event
    for column, bn in means:
        found = outcomes.to_frame()[column]
        assert abs(found.mean() - float(bn)) <= 4 * found.std() / RUNS**0.5 + 1e-9, column


def test_there_is_a_recipe_for_each_of_these():
    titles = [recipe.splitlines()[0] for recipe in RECIPES]
    assert titles[:4] == ["Redemptions", "Backstop", "Over-allotment", "Tranches"]
    assert titles[4:] == ["A vote on a fixed day", "Exclusive tickets", "Two companies, one investor", "Extension"]


def test_two_companies_share_an_investor_as_the_page_says():
    recipe = next(recipe for recipe in RECIPES if recipe.startswith("Two companies"))
    company, asked = recipe.split(MARKET)
    scenario, raw = abm.scenario_from(tomllib.loads(tables(HEAD) + tables(company))), tomllib.loads(tables(asked))
    market = abm.market_from(raw, {"one": scenario, "other": scenario})
    outcomes = abm.simulate_market(market, RUNS, seed=1, keep="rows")
    assert [f"{percent} %" in recipe for percent in (16, 84, 42)] == [True] * 3
    for event, p in {
        "companies_closed == 0": 0.16,
        "companies_closed == 1": 0.84,
        "companies_closed == 2": 0.0,
    }.items():
        assert abs(outcomes.probability(event).p - p) <= 4 * (p * (1 - p) / RUNS) ** 0.5, event
    for name in ("one", "other"):
        assert abs(outcomes[name].probability("closed").p - 0.42) <= 4 * (0.42 * 0.58 / RUNS) ** 0.5 + 0.005, name
