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


def tables(text: str) -> str:
    """The TOML of a part of the page."""
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


@pytest.mark.statistical
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.splitlines()[0])
def test_a_recipe_gives_what_is_worked_out_by_hand(recipe):
    scenario = abm.scenario_from(tomllib.loads(tables(HEAD) + tables(recipe)))
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
    assert titles[4:] == ["A vote on a fixed day", "Exclusive tickets", "Extension"]
