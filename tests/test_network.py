"""Network: ties between investors, over which a signature is heard of before it is public (B6)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import abm
from abm.agents import FundingModel
from abm.core.records import ROUND, TRAITS
from abm.population.contracts import new_record
from abm.rules.network import reaches, tied
from tests.worlds import crowd_world, day, world

MEMBERS = 40


def thinkers(count=MEMBERS, **network):
    tables = crowd_world(count, hearing="each")
    return tables | ({"network": network} if network else {})


def fates(tables, runs=40):
    return abm.simulate(abm.scenario_from(tables), runs, 3).batch.fates.tobytes()


def test_if_everybody_has_a_tie_nothing_is_private():
    """Whoever hears a week later anyway does not care when others do."""
    plain = fates(thinkers())
    for weeks in (2, 5, 26):
        assert fates(thinkers(public_after_weeks=weeks, same_kind=1.0)) == plain
    assert fates(thinkers(public_after_weeks=2)) != plain


def test_ties_of_a_kind_are_as_frequent_as_stated_and_symmetric():
    terms = new_record(ROUND, {"tie_same_kind": 0.3, "tie_other_kind": 0.05})
    for kinds, chance in (((1, 1), 0.3), ((1, 2), 0.05)):
        found = []
        for pair in range(4_000):
            one, other = (new_record(TRAITS, {"address": 2 * pair + k, "kind": kind}) for k, kind in enumerate(kinds))
            found.append(tied(9, 4, terms, one, other))
            assert tied(9, 4, terms, other, one) == found[-1]
        assert abs(np.mean(found) - chance) < 4 * math.sqrt(chance * (1 - chance) / 4_000)


def test_a_past_deal_ties_all_who_were_in_it():
    terms = new_record(ROUND, {})
    deals = [0b001, 0b011, 0b100, 0b110]
    traits = [new_record(TRAITS, {"address": k, "deals": bits}) for k, bits in enumerate(deals)]
    found = [[tied(1, 1, terms, one, other) for other in traits] for one in traits]
    assert found == [[bool(one & other) for other in deals] for one in deals]


def test_a_signature_reaches_everybody_once():
    for public in range(2, 9):
        for has_tie in (True, False):
            assert sum(reaches(weeks, public, has_tie) for weeks in range(0, 30)) == 1


def test_a_tie_learns_two_weeks_before_the_others():
    """One thinker signs at once; a friend of his and a stranger, who never sign, hear of it in their own weeks."""
    quiet = {"kind": "venture", "wealth_bn": 10.0, "diligence_days": 0.0, "sign_rate_per_week": 0.001}
    quiet |= {"social_precision": 2.0, "risk_aversion": 4.0, "max_ticket_bn": 1.0}
    first = quiet | {"sign_rate_per_week": 10.0, "sign_bias": -5.0, "reputation": 1.0}
    investors = [first | {"id": "first"}, quiet | {"id": "friend"}, quiet | {"id": "stranger"}]
    tables = world(investors, days=70, sections={"valuation": {"mean_bn": 400.0}}) | {
        "network": {"public_after_weeks": 3, "deals": [["first", "friend"]]}
    }
    model = FundingModel(abm.scenario_from(tables), 1, 0)
    told = {"friend": [], "stranger": []}
    while model.week < 8:
        before = {who.id: who.variance for who in model.investors}
        model.step()
        for who in model.investors[1:]:
            grown = before[who.id] + model.market.params.volatility**2 * 7 / 365
            if who.variance < grown * (1 - 1e-9) and model.week > 1:
                told[who.id].append(model.week)
    signed = math.ceil(model.investors[0].sign_day / 7) or 1
    assert told == {"friend": [signed + 1], "stranger": [signed + 3]}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": {"deals": [["crowd", "nobody"]]}}, "network.deals.0: expected ids of named investors"),
        ({"network": {"deals": [["lead"]]}}, "network.deals.0: expected at least two investors, got 1"),
        ({"network": {"same_kind": 1.2}}, "network.same_kind: expected a number from 0 to 1, got 1.2"),
        (
            {"network": {"public_after_weeks": 1}},
            "network.public_after_weeks: expected a whole number from 2 to 26 weeks, got 1",
        ),
    ],
)
def test_a_network_that_makes_no_sense_is_refused(change, sentence):
    lead = {"id": "lead", "kind": "venture", "ticket_bn": 1.0, "signing_probability": 0.5}
    with pytest.raises(abm.ScenarioError, match=sentence):
        abm.scenario_from(world([lead], days=70) | change)


def test_a_sum_has_no_author_who_could_talk():
    tables = thinkers(same_kind=0.5)
    tables["round"] = tables["round"] | {"hearing": "sum"}
    with pytest.raises(abm.ScenarioError, match=r"round\.hearing: expected 'each' beside a network"):
        abm.scenario_from(tables)
    tables = crowd_world(400) | {"network": {"same_kind": 0.5}}
    with pytest.raises(abm.ScenarioError, match="at most 300 investors"):
        abm.scenario_from(tables)
    assert day(1)
