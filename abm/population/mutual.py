"""Mutual conditions: investors who can only close together."""

from __future__ import annotations

import math

import numpy as np

from abm.population.contracts import musd, new_book, new_record
from abm.population.layout import members_of, records_of
from abm.rules.closing import bounds
from abm.rules.conditions import FACTS
from abm.scenario import Scenario
from abm.scenario.checks import largest_ticket

_LARGEST_BN = 1e6  # what a ticket without a largest size counts as: more than any round, and still a whole number


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
    largest = [min(largest_ticket(section), _LARGEST_BN) for _, _, section in members_of(scenario)]
    tickets = np.array([musd(ticket, population.units_per_bn) for ticket in largest], np.int64)
    facts = {
        "cap_musd": population.round.cap_musd,
        "already_closed_musd": population.round.already_closed_musd,
        "pre_money_musd": population.ladder_musd[-1],  # the lowest price
        "sentiment": 5.0,  # the highest that a condition may ask for
        "day": population.round.deadline_day,
    }
    everybody, zeros = np.ones(len(tickets), np.bool_), np.zeros(len(tickets), np.bool_)
    together = zeros.copy()
    for consent_day in (-math.inf, math.inf):
        days = np.full(len(population.gate_params), consent_day)
        kinds, members = population.traits["kind"].copy(), population.contracts.members
        book = new_book(tickets, kinds, days, members, new_record(FACTS, facts))
        least, greatest = bounds(everybody, zeros, population.contracts, book)
        together |= greatest & ~least
    return [name for name, held in zip(population.ids, together, strict=True) if held and "#" not in name]
