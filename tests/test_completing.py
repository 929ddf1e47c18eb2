"""Completing a round (B8): whoever brings what is missing and no more, once enough is booked; campaigns in dollars."""

from __future__ import annotations

import pytest

import abm
from abm.population import prepare
from abm.report.answer import answer_text
from tests.test_lockstep import walk
from tests.worlds import bound, paid, thinker, world

KEEN = {"sign_bias": -50.0, "sign_rate_per_week": 10.0, "wealth_bn": 1000.0, "max_ticket_bn": 8.0, "dry_powder_bn": 8.0}
KEEN |= {"strategic_premium": 1.0, "diligence_cost_bn": 0.0, "waiting_weight": 0.0, "lockup_cost": 0.0}


def patron(share, **traits):
    return thinker("patron", **(KEEN | {"completes": share} | traits))


@pytest.mark.parametrize(
    ("booked", "share", "brings"),
    [
        (7.0, 0.5, 3.0),  # what is missing to ten, of the eight that he has
        (5.0, 0.5, 5.0),  # the share itself is enough
        (4.0, 0.5, 0.0),  # too little is booked
        (4.0, 0.0, 8.0),  # he is not of that kind
        (1.0, 0.05, 8.0),  # he has no more
    ],
)
def test_who_completes_a_round_brings_what_is_missing(booked, share, brings):
    raw = world([bound("first", booked), patron(share)], close_when="deadline")
    assert paid(raw) == {"first": booked} | ({"patron": brings} if brings else {})


def test_nobody_completes_what_is_complete():
    raw = world([bound("first", 12.0), patron(0.5)], close_when="deadline")
    assert paid(raw) == {"first": 12.0}


def campaign(strangers=200, **values):
    """Change the packaged campaign to one that both engines are quick with: at most 300 investors."""
    changes = {"investor_pools.strangers.count": strangers, **values}
    return abm.load_scenario("crowd-campaign").with_values(changes)


@pytest.mark.parametrize("appeal", [-0.45, -0.2, 0.1])
def test_the_engines_agree_on_a_campaign_after_every_phase(appeal):
    scenario = campaign(**{"investor_pools.strangers.strategic_premium": appeal, "investors.patron.completes": 0.3})
    models = walk(scenario, prepare(scenario), seed=5, runs=range(4))
    assert len(models[0].investors) <= 300


def test_a_goal_of_five_hundred_dollars_counts_every_dollar():
    scenario = campaign(**{"round.target_bn": 5e-7, "investor_pools.strangers.strategic_premium": 0.1})
    population = prepare(scenario)
    assert (population.units_per_bn, population.round.target_musd) == (10**9, 500)
    paid_usd = abm.simulate(scenario, runs=50, central=True).to_frame().filter(like="paid_bn.") * 1e9
    assert (paid_usd.round(3) % 1 == 0).all(axis=None)
    pledged = paid_usd.to_numpy()[paid_usd.to_numpy() > 0]
    assert 1 <= pledged.min() < 20
    assert 200 < pledged.max() <= 10_000


def test_all_or_nothing_moves_no_decision_before_the_deadline():
    """Why e19 can read the final share of a campaign that fails: it lets the same campaign keep what has come."""
    strict = campaign(**{"investor_pools.strangers.strategic_premium": -0.15, "investors.patron.completes": 0.5})
    kept = strict.with_values({"round.piecemeal_probability": 1.0})
    rows, shares = (abm.simulate(one, runs=200, central=True).to_frame() for one in (strict, kept))
    assert 0 < rows["closed"].sum() < 200
    assert (rows["closed"] == shares["closed"]).all()
    met = rows["closed"]
    assert (rows["funded_bn"][met] == shares["funded_bn"][met]).all()
    assert (rows["funded_bn"][~met] == 0).all()
    assert (shares["funded_bn"][~met] < 0.000005).all()


def test_the_answer_states_small_money_in_figures():
    outcomes = abm.simulate("crowd-campaign", runs=20, central=True)
    assert "does new money of USD 0.000005 billion arrive by 2018-03-31?" in answer_text(outcomes)
