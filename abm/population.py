"""Population: from a scenario to the state in which its runs start."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.anchor import set_biases
from abm.consistency import largest_ticket
from abm.contracts import contracts_of, flatten, musd, new_book, records
from abm.layout import Population, members_of, records_of
from abm.luck import frailties, realise
from abm.rules.closing import bounds
from abm.rules.conditions import FACTS
from abm.scenario import Scenario

__all__ = [
    "Population",
    "circles",
    "contracts_of",
    "flatten",
    "frailties",
    "new_book",
    "prepare",
    "realise",
    "records",
    "with_biases",
]


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
    population = records_of(scenario)
    known = scenario.baseline.known
    if scenario.baseline is scenario:
        base = population
    else:
        base = known["records"] = known.get("records") or records_of(scenario.baseline)
    set_biases(scenario, population, base)
    return population


def with_biases(scenario: Scenario) -> dict[str, Any]:
    """Tables of a scenario with every inclination replaced by the bias it is anchored at."""
    raw, population = scenario.raw, prepare(scenario)
    for section in (*raw.get("investors", []), *raw.get("investor_pools", [])):
        if "inclination" in section:
            place = next(k for k, name in enumerate(population.ids) if name.split("#")[0] == section["id"])
            section["sign_bias"] = float(population.traits["sign_bias"][place])
            del section["inclination"]
    return raw


def circles(scenario: Scenario) -> list[str]:
    """Ids of named investors who can only close together: in the greatest closing of all, but not in the least.

    Everybody is taken to have signed. Consents are taken to be all given, and then all missing: some wait for each
    other only while the big money behind a consent is not there.

    Examples
    --------
    >>> import abm
    >>> circles(abm.load_scenario("three-investors")), circles(abm.load_scenario("mutual-conditions"))
    ([], ['beta', 'gamma', 'delta', 'epsilon'])
    """
    population = records_of(scenario)
    tickets = np.array([musd(min(largest_ticket(who), 1e6)) for _, _, who in members_of(scenario)], np.int64)
    facts = {
        "cap_musd": population.round.cap_musd,
        "already_closed_musd": population.round.already_closed_musd,
        "pre_money_musd": population.ladder_musd[-1],
        "sentiment": 5.0,
        "day": population.round.deadline_day,
    }
    everybody, nobody = np.ones(len(tickets), np.bool_), np.zeros(len(tickets), np.bool_)
    together = nobody.copy()
    for consent_day in (-math.inf, math.inf):
        days = np.full(len(population.gates), consent_day)
        kinds, members = population.traits["kind"].copy(), population.contracts.members
        book = new_book(tickets, kinds, days, members, records(FACTS, [facts])[0])
        least, greatest = bounds(everybody, nobody, population.contracts, book)
        together |= greatest & ~least
    return [name for name, held in zip(population.ids, together, strict=True) if held and "#" not in name]
