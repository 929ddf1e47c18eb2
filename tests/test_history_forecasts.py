"""Forecasts from deals: by closed forms, by counting every way in which a round can go, and by draws."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pytest

from abm.history import Deal, DealGate, DealInvestor, classes, library, translate
from abm.history.case import CONDITION_KINDS, Case, CaseCondition
from abm.history.common_luck import chance_of_all, chances_and_slopes, chances_of_all, hazards, luck_nodes
from abm.history.counting import part_counts
from abm.history.deal import KINDS
from abm.history.forecasting import ClassValues, DealTable, chance_kept, forecast
from abm.history.priors import CLASSES, PRIORS
from abm.history.studied import Studied, features_of
from abm.history.translation import class_of
from abm.rules.gatekeepers import chance_under_luck, hazard_for_chance

CASES = library()
VARIANCES = [0.05, 0.3, 1.0, 2.0, 4.0, 9.0]


def logit(p):
    return np.log(np.asarray(p) / (1 - np.asarray(p)))


# --------------------------------------------------------------------------------------------------------------------
# Events that share a luck


@pytest.mark.parametrize("variance", VARIANCES)
def test_nodes_of_luck_have_the_moments_of_a_gamma_law(variance):
    luck, weight = luck_nodes(variance)
    assert weight.sum() == pytest.approx(1, abs=1e-12)
    assert weight @ luck == pytest.approx(1, abs=1e-4)
    assert weight @ luck**2 == pytest.approx(1 + variance, rel=1e-3)


@pytest.mark.parametrize("variance", [0.0, *VARIANCES])
@pytest.mark.parametrize("p", [0.02, 0.5, 0.95])
def test_one_event_alone_keeps_its_chance(variance, p):
    """The trap of a coarse quadrature: marginals that are not the chances that were put in."""
    assert chances_of_all(np.ones((1, 1)), logit([p]), variance)[0] == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize("variance", [0.0, *VARIANCES])
def test_hazards_are_those_of_the_rule_of_the_model(variance):
    for p in (0.01, 0.5, 0.97):
        assert hazards([p], variance)[0] == pytest.approx(hazard_for_chance(p, variance), rel=1e-12)
        assert chance_under_luck(float(hazards([p], variance)[0]), variance) == pytest.approx(p, abs=1e-9)


def test_two_events_of_one_half_under_exponential_luck_by_hand():
    """v = 1: H = 1, and 1 - 2/2 + 1/3."""
    assert chance_of_all([0.5, 0.5], 1.0) == pytest.approx(1 / 3)
    assert chances_of_all(np.ones((1, 2)), np.zeros(2), 1.0)[0] == pytest.approx(1 / 3, abs=1e-7)


@pytest.mark.parametrize("variance", [0.0, *VARIANCES])
@pytest.mark.parametrize("events", [2, 5, 9])
def test_the_quadrature_is_the_sum_over_subsets(variance, events):
    p = np.linspace(0.15, 0.97, events)
    assert chances_of_all(np.ones((1, events)), logit(p), variance)[0] == pytest.approx(
        chance_of_all(p.tolist(), variance), abs=1e-6
    )


@pytest.mark.statistical
@pytest.mark.parametrize("variance", [0.5, 2.0, 4.0])
def test_the_quadrature_is_what_a_million_draws_say(variance):
    p, number = np.array([0.9, 0.7, 0.5, 0.5, 0.3]), 1_000_000
    chance = np.random.default_rng(12)
    luck = chance.gamma(1 / variance, variance, number)
    all_happen = np.ones(number, bool)
    for hazard in hazards(p, variance):
        all_happen &= chance.exponential(size=number) < hazard * luck
    exact = chances_of_all(np.ones((1, 5)), logit(p), variance)[0]
    assert abs(all_happen.mean() - exact) < 4.5 * math.sqrt(exact * (1 - exact) / number)


def test_slopes_are_those_of_small_steps():
    needed, x = np.array([[1, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 1]], float), np.array([2.0, 0.0, -1.0, 0.5])
    for variance in (0.0, 0.5, 3.0):
        slopes = chances_and_slopes(needed, x, variance)[1]
        for k in range(4):
            step = 1e-5 * np.eye(4)[k]
            change = chances_of_all(needed, x + step, variance) - chances_of_all(needed, x - step, variance)
            assert slopes[:, k] == pytest.approx(change / 2e-5, abs=1e-7)


def test_common_luck_makes_many_conditions_likelier_together_and_one_as_likely():
    p = [0.9, 0.75, 0.5, 0.5]
    chances = [chance_of_all(p, variance) for variance in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert chances == sorted(chances)
    assert chances[0] == pytest.approx(0.9 * 0.75 * 0.25)
    assert chances[-1] < min(p)


# --------------------------------------------------------------------------------------------------------------------
# Forecasts


def table(names, trust=np.nan, share=0.0):
    needed = np.array([[name in names for name in CLASSES]])
    return DealTable(needed, np.array([trust]), np.array([share]))


def values(variance=0.0, kept=0.5, part=0.25, **chances):
    return ClassValues(logit([chances.get(name, 0.5) for name in CLASSES]), variance, kept, part)


def test_independent_events_multiply_and_the_rest_is_shared_out():
    found = forecast(table(["signed", "vote"]), values(signed=0.9, vote=0.8, part=0.25))
    assert found.full[0] == pytest.approx(0.72)
    assert found.partial[0] == pytest.approx(0.28 * 0.25)
    assert found.failed[0] == pytest.approx(0.28 * 0.75)


def test_every_way_a_round_can_go_adds_up_to_the_forecast():
    """Enumeration of all that can happen and not happen, given luck, over the sum of subsets."""
    names, p, variance = ["signed", "vote", "merger", "price"], [0.9, 0.8, 0.7, 0.6], 2.0
    found = forecast(table(names), values(variance, **dict(zip(names, p, strict=True))))
    ways = {}
    for happens in itertools.product([True, False], repeat=4):
        failing = [q for q, happened in zip(p, happens, strict=True) if not happened]
        sure = [q for q, happened in zip(p, happens, strict=True) if happened]
        ways[happens] = sum(
            (-1) ** size * (chance_of_all(sure + list(some), variance) if sure or some else 1.0)
            for size in range(len(failing) + 1)
            for some in itertools.combinations(failing, size)
        )
    assert sum(ways.values()) == pytest.approx(1)
    assert all(chance > -1e-12 for chance in ways.values())
    assert found.full[0] == pytest.approx(ways[(True,) * 4], abs=1e-6)


def test_a_trust_under_the_law_of_the_arc_sine_by_hand():
    """Mean one half: P(stays >= x) = 1 - (2/pi) asin(sqrt x); what is too little for a full round is a part."""
    stays = 1 - 2 / math.pi * math.asin(math.sqrt(0.8))
    assert chance_kept(np.array([0.8]), 0.5)[0] == pytest.approx(stays)
    found = forecast(table(["merger"], trust=0.8, share=0.5), values(merger=0.6, part=0.0))
    assert found.full[0] == pytest.approx(0.6 * stays)
    assert found.partial[0] == pytest.approx(0.6 * (1 - stays))
    assert found.failed[0] == pytest.approx(0.4)
    short = found.shares[0][(found.shares[0] > 0) & (found.shares[0] < 0.9) & (found.weights[0] > 0)]
    assert short.min() > 0.9 - 0.5 * 0.8 - 1e-9  # all but the trust is paid


def test_chances_and_the_law_of_the_money_are_whole_for_every_case():
    deals = DealTable.of([translate(case) for case in CASES])
    found = forecast(deals, values(variance=2.0))
    assert found.full + found.partial + found.failed == pytest.approx(np.ones(len(CASES)))
    assert found.weights.sum(axis=1) == pytest.approx(np.ones(len(CASES)))
    assert ((found.weights * (found.shares >= 0.9)).sum(axis=1) >= found.full - 1e-9).all()
    assert ((found.shares >= 0) & (found.shares <= 1)).all()


# --------------------------------------------------------------------------------------------------------------------
# Deals and how cases become deals


def investor(name, role="co", standing="firm", ticket=0.5, needs=(), redeemable=False):
    return DealInvestor(name, name, role, standing, ticket, needs, redeemable)


def test_who_is_needed_for_a_full_round():
    lead, small = investor("lead", "lead", "in_talks", 0.05), investor("small", ticket=0.09, standing="rumoured")
    large = investor("large", ticket=0.1, standing="rumoured")
    bank = investor("bank", standing="underwritten", ticket="rest")
    assert Deal("a", 1.0, (lead, small, large)).needed == (lead, large)
    assert Deal("a", 1.0, (lead, small, large, bank)).needed == (lead, bank)
    assert Deal("a", 1.0, (lead, small, large)).events == ("in_talks", "others_unsigned")


def test_only_gates_of_who_is_needed_have_to_open_and_each_counts_once():
    gates = (DealGate("agm", "vote", dt.date(2026, 3, 1)), DealGate("egm", "vote"), DealGate("fda", "consent_hard"))
    lead, small = investor("lead", "lead", needs=("agm", "egm")), investor("small", ticket=0.01, needs=("fda",))
    assert Deal("a", 1.0, (lead, small), gates).events == ("signed", "vote")


def test_how_much_of_a_trust_has_to_stay_by_hand():
    """0.9 asked of 1.0, 0.3 from others: 0.6 of the trust's 0.7."""
    deal = Deal("a", 1.0, (investor("pipe", "lead", ticket=0.3), investor("trust", ticket=0.7, redeemable=True)))
    assert deal.trust_needed == pytest.approx(6 / 7)
    assert deal.kind == "trust"


def test_metro_bank_by_hand():
    deal = translate(CASES["metro_bank_2023"])
    assert deal.target_bn == 0.397
    assert [gate.of for gate in deal.gates] == ["vote", "restructuring"]
    assert "seats and control are terms of the deal and nobody's consent" in deal.notes


def test_a_spac_by_hand():
    deal = translate(CASES["joby_spac_2021"])
    assert (deal.kind, [gate.of for gate in deal.gates]) == ("trust", ["merger"])
    assert any("take their money back" in note for note in deal.notes)


WORDS = [
    ("third_party_consent", "Extraordinary meeting of shareholders must approve", "vote"),
    ("third_party_consent", "Noteholders must agree to extend", "creditors"),
    ("third_party_consent", "The works council and unions accept cuts", "creditors"),
    ("third_party_consent", "Partner Acme must release its option", "party"),
    ("regulatory_consent", "CFIUS clearance", "consent_hard"),
    ("regulatory_consent", "Approval by parliament", "consent_hard"),
    ("regulatory_consent", "Antitrust clearance and SEC effectiveness", "consent_routine"),
    ("milestone", "First deliveries", "milestone"),
    ("co_investor", "Only if others pay", "outside_money"),
    ("market_offering", "Paid when the merger closes", "merger"),
    ("due_diligence", "Subject to checks", "diligence"),
    ("valuation_cap", "At most 10 bn", "price"),
    ("guarantee", "State guarantee", "guarantee"),
    ("governance_seat", "Two seats", None),
    ("min_close", "At least half", "minimum"),
    ("restructuring", "Debt swap first", "restructuring"),
]


@pytest.mark.parametrize(("kind", "text", "of"), WORDS)
def test_words_of_a_condition_give_its_class(kind, text, of):
    condition = CaseCondition(kind=kind, text=text, by=None, fallback_amount_bn=None)
    assert class_of(condition, CASES["metro_bank_2023"].lead) == of


def test_every_kind_of_condition_and_every_class_is_known():
    assert {kind for kind, _, _ in WORDS} == set(CONDITION_KINDS)
    assert {of for _, _, of in WORDS if of} | {"milestone_aid"} == {
        name for name, prior in PRIORS.items() if prior.of == "consent"
    }
    deals = [translate(case) for case in CASES]
    assert {event for deal in deals for event in deal.events} <= set(CLASSES)
    assert all(deal.events and deal.kind in KINDS for deal in deals)


def changed(case: Case, **keys) -> Case:
    return Case.model_validate(case.model_dump() | keys)


def test_unknown_amounts_share_what_is_missing_and_none_is_above_the_target():
    case = CASES["metro_bank_2023"]
    raw = case.model_dump()
    raw["investors"] = [dict(raw["investors"][0], amount_bn=amount) for amount in (0.097, None, None)]
    tickets = [one.ticket_bn for one in translate(Case.model_validate(raw)).investors]
    assert tickets == pytest.approx([0.097, 0.15, 0.15])
    raw["investors"] = [dict(raw["investors"][0], amount_bn=5.0)]
    deal = translate(Case.model_validate(raw))
    assert deal.investors[0].ticket_bn == 0.397
    assert any("no more than the target" in note for note in deal.notes)


def test_no_forecast_looks_at_an_outcome():
    """Outcomes are taken away and swapped; what was known on the day gives the same deal and the same features."""
    for case, other in zip(CASES, reversed(list(CASES)), strict=True):
        deal = translate(case)
        for outcome in (None, other.outcome):
            blind = case.model_copy(update={"outcome": outcome})
            assert translate(blind) == deal
            assert features_of(blind, deal) == features_of(case, deal)


def test_parts_paid_are_counted_the_same_way_twice():
    cases = list(CASES)
    assert part_counts(cases, [translate(case) for case in cases]) == Studied.of(CASES).part


# --------------------------------------------------------------------------------------------------------------------
# The packaged table


def test_every_class_has_a_row_whose_range_holds_its_value():
    rows = classes()
    assert set(CLASSES) | {"luck_variance", "kept", "part", "in_time", "full_if_late", "replacement"} <= set(rows)
    for row in rows.values():
        assert row.low <= row.value <= row.high, row.id
        assert row.grade in ("history", "judgement")
        assert row.grade == "judgement" or row.n >= 10, row.id
        assert row.what
        assert row.counted


def test_time_is_what_was_counted_by_hand_elsewhere():
    """129 files, counted by other scripts: 13 of 45 by the date; 67 days known, median 89, tenths 31 and 419."""
    rows = classes()
    assert rows["in_time"].value == pytest.approx(13.5 / 46, abs=1e-4)
    assert rows["in_time"].n == 45
    assert (rows["days"].value, rows["days"].n) == (89, 67)
    assert (round(rows["days"].low), round(rows["days"].high)) == (32, 419)
