"""Rivals: markets that the tests of several companies are made of."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

import abm
from abm.runs.markets import MarketOutcomes
from tests.worlds import day, random_world


def market(
    scenarios: dict[str, dict[str, Any]], shared: list[dict[str, Any]] | None = None, correlation: float = 0.0
) -> abm.FundingMarket:
    """A market of scenarios in memory, by the companies' ids."""
    raw = {
        "format": 1,
        "id": "market",
        "title": "A market to be tested",
        "market": {"mood_correlation": correlation},
        "companies": [{"id": name, "scenario": name} for name in scenarios],
        "shared": shared or [],
    }
    return abm.market_from(raw, {name: abm.scenario_from(tables) for name, tables in scenarios.items()})


def random_market(seed: int, correlation: float | None = None, shared: bool = True) -> abm.FundingMarket:
    """Two or three rich worlds, and a few people who are asked by several of them."""
    rng = Random(seed)
    while True:
        names = ("a", "b", "c")[: rng.choice((2, 2, 3))]
        worlds = {name: random_world(rng) for name in names}
        people = _people(rng, worlds) if shared else []
        chosen = rng.choice((0.0, 0.5, 1.0)) if correlation is None else correlation
        try:
            return market(worlds, people, chosen)
        except abm.ScenarioError:  # a world that contradicts itself, or signatures that no purse holds
            continue


def _people(rng: Random, worlds: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    taken: set[tuple[str, str]] = set()
    people: list[dict[str, Any]] = []
    for number in range(rng.choice((1, 2, 3))):
        seats = {}
        for name, tables in worlds.items():
            free = [who["id"] for who in tables["investors"] if (name, who["id"]) not in taken]
            if free and rng.random() < 0.9:
                seats[name] = rng.choice(free)
        if len(seats) > 1:
            taken |= set(seats.items())
            who: dict[str, Any] = {
                "id": f"s{number}",
                "companies": seats,
                "dry_powder_bn": rng.choice((30.0, 15.0, 8.0, 4.0, 2.0)),
                "exclusive": rng.random() < 0.4,
            }
            if rng.random() < 0.5:
                who["slots"] = 1
            if who["exclusive"] and rng.random() < 0.5:
                who["exclusive_until"] = day(70)
            people.append(who)
    return people


def same_bits(one: abm.Batch, other: abm.Batch) -> bool:
    """Whether two batches agree in every number; days that never came equal each other."""
    pairs = [(one.rows, other.rows), (one.fates, other.fates)]
    if not all(
        np.array_equal(mine[name], its[name], equal_nan=mine[name].dtype.kind == "f")
        for mine, its in pairs
        for name in mine.dtype.names
    ):
        return False
    paths = one.paths is None or np.array_equal(one.paths, other.paths)
    return bool(np.array_equal(one.gate_days, other.gate_days) and paths)


def difference(one: MarketOutcomes, other: MarketOutcomes) -> list[str]:
    """Companies whose runs differ."""
    return [name for name in one.companies if not same_bits(one[name].batch, other[name].batch)]
