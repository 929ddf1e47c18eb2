"""Doubts: what a sound file says and can hardly mean, and nothing about what it means."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import abm
from abm.analysis.doubts import _unneeded, doubts
from abm.scenario import packaged, scenario_from

TRIALS = Path(__file__).parent / "trials"


def raw(**more: Any) -> dict[str, Any]:
    """A fund that waits for a consent, and a bank that has signed and may withdraw."""
    start = abm.load_scenario("three-investors")
    tables = {
        "format": 1, "id": "clear", "title": "Nothing to doubt", "as_of": start.as_of,
        "round": {"target_bn": 2.0, "pre_money_bn": 8.0, "deadline": start.round.deadline},
        "gatekeepers": [{"id": "court", "hazard_per_year": 3.0}],
        "investors": [
            {"id": "fund", "kind": "venture", "ticket_bn": 1.2, "signing_probability": 0.7,
             "conditions": [[{"gate": "court"}]]},
            {"id": "bank", "kind": "lender", "ticket_bn": 1.0, "signed_at_start": True, "withdrawal_per_year": 2.0,
             "binding": 0.5},
        ],
    }  # fmt: skip
    return tables | more


def said(**more: Any) -> list[str]:
    return doubts(scenario_from(raw(**more)), runs=40)


def test_a_file_of_which_every_key_matters_is_not_doubted():
    assert said() == []


def changed(index: int, **keys: Any) -> dict[str, Any]:
    investors = raw()["investors"]
    investors[index] |= keys
    return {"investors": investors}


def test_a_binding_without_withdrawals_moves_nothing():
    found = said(**changed(1, withdrawal_per_year=0.0))
    assert any(doubt.startswith("investors.bank.binding: moves nothing, given the others") for doubt in found)
    assert not any("ticket_bn" in doubt for doubt in found)


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"environment": {"jump_mean_log": 0.3}}, "environment.jump_mean_log"),  # of jumps that never come
        ({"environment": {"thaw_per_week": 0.3}}, "environment.thaw_per_week"),  # of a market that is never cold
        ({"gatekeepers": [{"id": "court", "hazard_per_year": 3.0, "deadline_scale_weeks": 9.0}]},
         "gatekeepers.court.deadline_scale_weeks"),  # of an effect that is not there
        (changed(0, wealth_bn=70.0), "investors.fund.wealth_bn"),  # of one whose decision is stated
    ],
)  # fmt: skip
def test_a_key_that_can_change_nothing_is_named(tables, key):
    found = [doubt for doubt in said(**tables) if doubt.startswith(f"{key}: moves nothing")]
    assert len(found) == 1


def test_a_target_that_no_tickets_come_to():
    found = doubts(abm.load_scenario(TRIALS / "implausible_target.toml"), runs=20)
    assert found[0].startswith("round.target_bn: no way to reach 1283: all tickets together are at most 1.433")
    assert "a factor of 895" in found[0]
    assert any("the new money would own 99% of the company" in doubt for doubt in found)
    assert any(doubt.startswith("investors.pipe-others.binding: moves nothing") for doubt in found)


@pytest.mark.parametrize(("ticket_bn", "doubted"), [(200.0, True), (15.0, False)])
def test_a_ticket_in_millions_is_asked_about(ticket_bn, doubted):
    target = raw()["round"]["target_bn"]
    sentence = f"investors.fund.ticket_bn: 200 is {200 / target:.3g} times the target: is it in USD billion?"
    assert (sentence in said(**changed(0, ticket_bn=ticket_bn))) == doubted


def test_a_stake_beyond_his_whole_ticket():
    beyond = [[{"gate": "court"}, {"min_own_share": 0.14}]]  # 1.2 of 9.2 billion are 0.1304
    key = "investors.fund.conditions.0.1.min_own_share: his whole ticket is at most 0.13 of the company"
    assert f"{key}, so it only puts him first where the round is rationed" in said(**changed(0, conditions=beyond))
    within = [[{"gate": "court"}, {"min_own_share": 0.13}]]
    assert not any("his whole ticket" in doubt for doubt in said(**changed(0, conditions=within)))


def test_a_company_that_spends_nothing():
    company = {"name": "Acme", "cash_bn": 1.0}
    assert "company.net_burn_bn_per_year: not given, so the company spends nothing and its cash lasts for ever" in said(
        company=company
    )
    assert not any("not given" in doubt for doubt in said(company=company | {"net_burn_bn_per_year": 0.5}))


def test_sizes_that_do_not_fit():
    assert "round.pre_money_bn: at 0.4 the new money would own 83% of the company" in said(
        round=raw()["round"] | {"pre_money_bn": 0.4}
    )
    poor = said(**changed(1, wealth_bn=0.7))
    assert "investors.bank.wealth_bn: his ticket of 1 is more than all he has" in poor
    burning = {"name": "Acme", "cash_bn": 1.0, "net_burn_bn_per_year": 200.0}
    assert "company.cash_bn: lasts 1.8 days at the burn of the plan" in said(company=burning)
    assert "company.cash_bn: lasts 100 years at the burn of the plan" in said(
        company=burning | {"net_burn_bn_per_year": 0.01}
    )


def test_circles_are_named():
    (first, *_) = doubts(abm.load_scenario("mutual-conditions"), runs=5)
    assert first == "these close only together, or not at all: beta, gamma, delta, epsilon"


METRO = (Path(__file__).parents[1] / "experiments" / "metro-2023.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        ("", "", None),
        (
            'needs = ["vote"]',
            "",
            "gatekeepers.vote: nobody needs this consent: no condition and no other consent names it",
        ),
        (
            'needs = ["vote"]',
            "",
            "investors.spaldy.standing: conditional_firm, on a condition that no needs or conditions name",
        ),
        ('needs = ["vote"]', 'conditions = [[{ gate = "vote" }]]', None),
        (
            "on = 2023-11-27",
            'on = 2023-11-27\n[[gatekeepers]]\nid = "court"\nclass = "creditors"',
            "gatekeepers.court: ",
        ),
        ('standing = "conditional_firm"', 'standing = "firm"', None),
    ],
)
def test_a_consent_that_nobody_needs_and_a_condition_that_nobody_names_are_doubted(before, after, doubt):
    found = doubts(scenario_from(tomllib.loads(METRO.replace(before, after, 1))), runs=5)
    asked = [one for one in found if "nobody needs" in one or "conditional_firm" in one]
    assert any(one.startswith(doubt) for one in asked) if doubt else not asked


@pytest.mark.parametrize("name", packaged())
def test_every_consent_of_a_packaged_round_is_needed_by_somebody(name):
    """The flagship's first consents are asked for by the next one only, and a claim asks for the restructuring."""
    assert list(_unneeded(abm.load_scenario(name))) == []
