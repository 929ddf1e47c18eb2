"""Levers: what each one gains, against closed forms; and which one to pull when the world is not known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import abm
from abm.analysis.gains import lever_map, measure_gains, pulled
from abm.analysis.levers import KINDS, lever_named, levers_of
from abm.analysis.regret import compare_levers, minimax, regrets_of
from abm.plots.levers import gains as draw_gains
from abm.plots.levers import regrets as draw_regrets
from abm.plots.theme import new_figure, styled
from tests.worlds import CERTAIN, NEVER, bound, consent, day, signer, thinker, world

RUNS = 4_000
YEARS = 156 / 365
GATED = [bound("lead", 10.0, [{"gate": "law", "by": day(156)}], role="lead", fallback_bn=1.0)]


def gain(raw, lever, size=None, runs=RUNS):
    """The row of one lever."""
    sizes = {} if size is None else {lever: size}
    return measure_gains(abm.scenario_from(raw), [lever], runs=runs, sizes=sizes, workers=1).iloc[0]


def agrees(row, expected, what=""):
    """Whether an estimate is within four standard errors: twice the half-width of its interval."""
    half = (row[f"{what}high"] - row[f"{what}low"]) / 2
    return abs(row[f"{what}change"] - expected) < 2.05 * half


def gated(**more):
    return world(GATED, [consent("law", 2.0)], weeks=104, **more)


# --------------------------------------------------------------------------------------------------------------------
# Closed forms


def test_dropping_a_condition_gains_the_chance_that_it_fails():
    row = gain(gated(), "conditions.lead")
    missing = math.exp(-2.0 * YEARS)
    assert agrees(row, missing)
    assert agrees(row, 9.0 * missing, "funded_")  # he paid 10 with the consent and 1 without
    assert (row["cost"], row["cost_unit"]) == (9.0, "USD billion")
    assert row["per_cost"] == pytest.approx(row["change"] / 9.0)


def test_an_agreed_extension_gains_what_its_doubt_took_away():
    row = gain(gated(extension_probability=0.3, extension_days=90), "extension")
    assert agrees(row, 0.7 * (math.exp(-2.0 * YEARS) - math.exp(-2.0 * 246 / 365)))
    assert row["cost"] == pytest.approx(0.7 * 90 / 7)


def test_a_longer_extension_counts_only_where_it_is_granted():
    row = gain(gated(extension_probability=0.3, extension_days=90), "extension-days", 10)
    assert agrees(row, 0.3 * (math.exp(-2.0 * 246 / 365) - math.exp(-2.0 * 316 / 365)))


def test_a_later_deadline_moves_dates_and_keeps_rates():
    later = (156 + 56) / 365
    assert agrees(gain(gated(), "deadline", 8), math.exp(-2.0 * YEARS) - math.exp(-2.0 * later))
    stated = world([signer("a", 10.0, 0.4)], weeks=104)
    assert agrees(gain(stated, "deadline", 8), 0.6 - 0.6 ** ((156 + 56) / 156))
    by_chance = world(GATED, [{"id": "law", "probability_by_deadline": 0.4}], weeks=104)
    assert agrees(gain(by_chance, "deadline", 8), 0.6 - 0.6 ** ((156 + 56) / 156))


def test_a_lower_target_gains_the_chance_of_coming_close():
    crowd = [signer(name, 4.0, chance) for name, chance in (("a", 0.5), ("b", 0.6), ("c", 0.7))]
    row = gain(world(crowd, target_bn=12.0), "target", 1 / 3)
    two = 0.5 * 0.6 * 0.3 + 0.5 * 0.4 * 0.7 + 0.5 * 0.6 * 0.7
    assert agrees(row, two)
    assert row["funded_change"] == 0.0  # the cap stays
    assert row["cost"] == pytest.approx(4.0)


def test_a_bound_investor_gains_the_chance_that_he_would_not_have_signed():
    crowd = [signer("a", 4.0, 0.5), signer("b", 6.0, 0.6)]
    assert agrees(gain(world(crowd), "bind.b"), 0.5 * 0.4)


def test_a_guarantee_gains_the_chance_of_not_paying():
    unsure = [signer("a", 10.0, settlement_failure_probability=0.3)]
    assert agrees(gain(world(unsure), "guarantee.a"), 0.3)


def test_a_faster_and_a_given_consent():
    assert agrees(gain(gated(), "speed.law", 1), math.exp(-2.0 * YEARS) - math.exp(-4.0 * YEARS))
    assert agrees(gain(gated(), "consent.law"), math.exp(-2.0 * YEARS))
    by_chance = world(GATED, [{"id": "law", "probability_by_deadline": 0.4}])
    assert agrees(gain(by_chance, "speed.law", 1), 0.6 - 0.36)


def test_consents_side_by_side_are_both_still_needed():
    gates = [consent("first", 3.0), consent("law", 5.0, requires=["first"])]
    one, other = 3.0 * YEARS, 5.0 * YEARS
    chain = 1 - (5.0 * math.exp(-one) - 3.0 * math.exp(-other)) / 2.0
    assert agrees(gain(world(GATED, gates), "start.law"), (1 - math.exp(-one)) * (1 - math.exp(-other)) - chain)
    blocked = [consent("first", NEVER), consent("law", CERTAIN, requires=["first"])]
    assert gain(world(GATED, blocked), "start.law", runs=20)["change"] == 0.0


def test_whoever_waited_for_a_consent_waits_for_those_before_it_too():
    gates = [consent("first"), consent("law", requires=["first"]), consent("end", requires=["law"])]
    changes = lever_named(levers_of(abm.scenario_from(world(GATED, gates))), "start.law").changes()
    assert changes == {
        "gatekeepers.law.requires": [],
        "gatekeepers.end.requires": ["law", "first"],
        "investors.lead.conditions": [[{"gate": "law", "by": day(156)}, {"gate": "first", "by": day(156)}]],
    }


def test_a_price_cut_dilutes_and_gives_value_away():
    row = gain(world([signer("a", 10.0)], pre_money_bn=40.0), "price", 0.1, runs=10)
    assert row["dilution_change"] == pytest.approx(100 * (10 / 46 - 10 / 50), abs=1e-5)
    assert row["cost"] == pytest.approx((10 / 46 - 10 / 50) * 50)
    assert row["change"] == 0.0


def test_a_price_cut_does_not_make_the_company_worth_less():
    raw = world([thinker("a")], pre_money_bn=[40.0, 30.0])
    assert lever_named(levers_of(abm.scenario_from(raw)), "price").changes(0.1) == {
        "round.pre_money_bn": [36.0, 27.0],
        "valuation.mean_bn": 50.0,  # 40 and the 10 that it asks for
    }


def test_a_minimum_close_is_all_or_nothing():
    half = world([signer("a", 6.0)])
    assert gain(half, "minimum-close", runs=10)["funded_change"] == -6.0
    assert gain(world([signer("a", 6.0)], minimum_close_bn=7.0), "no-minimum", runs=10)["funded_change"] == 6.0


@pytest.mark.parametrize("now", [0.0, 0.5, 1.0])
def test_a_preference_goes_up_to_the_same_multiple_whatever_it_is_now(now):
    scenario = abm.load_scenario("openai-2025").with_values({"round.liquidation_preference": now})
    lever = lever_named(levers_of(scenario), "preference")
    assert now + lever.largest == lever_named(levers_of("openai-2025"), "preference").largest
    assert lever.changes(0.25) == {"round.liquidation_preference": now + 0.25}


@pytest.mark.parametrize("burnt", [0.004, 0.4, 4.0])
def test_a_company_of_any_size_can_burn_less(burnt):
    raw = world([signer("a", 10.0, 0.0)], sections={"company": {"cash_bn": 1.0, "net_burn_bn_per_year": burnt}})
    lever = lever_named(levers_of(abm.scenario_from(raw)), "burn")
    assert lever.changes(0.25) == {"company.net_burn_bn_per_year": pytest.approx(0.75 * burnt)}


def test_less_burn_and_more_credit_keep_a_company_alive():
    firm = {"company": {"cash_bn": 1.0, "net_burn_bn_per_year": [[day(0), 1.0], [day(365), 1.5]]}}
    raw = world([signer("a", 10.0, 0.0)], weeks=104, sections=firm)  # 2.49 are burnt in 104 weeks, and 1 is there
    assert gain(raw, "burn", 0.5, runs=5)["survived_change"] == 0.0
    assert gain(raw, "bridge", 2.0, runs=5)["survived_change"] == 1.0
    spent = 1.0 + 1.5 * (728 - 365) / 365
    assert gain(raw, "burn", 0.1, runs=5)["cost"] == pytest.approx(0.1 * spent)
    assert math.isnan(gain(gated(), "conditions.lead", runs=5)["survived_change"])


CIRCLE = world(
    [bound("anna", 6.0, [{"investor": "boris"}]), bound("boris", 4.0, [{"total_bn": 10.0}])], close_select="least"
)


def test_an_escrow_closes_those_who_wait_for_each_other():
    assert gain(CIRCLE, "escrow", runs=5)["change"] == 1.0


# --------------------------------------------------------------------------------------------------------------------
# The list


EVERYTHING = world(
    [
        signer("a", 6.0, 0.8, withdrawal_per_year=3.0, settlement_failure_probability=0.2),
        signer("b", 5.0, 0.5, conditions=[[{"total_bn": 10.0}]]),
    ],
    weeks=60,
    minimum_close_bn=7.0,
    extension_probability=0.5,
    sections={
        "company": {
            "cash_bn": 0.7,
            "net_burn_bn_per_year": 1.0,
            "burn_volatility_bn": 0.5,
            "obligations": [
                {"id": "o", "creditor": "c", "from": day(0), "bn_per_year": 1.0, "deferrable_share": 0.5},
            ],
        }
    },
)


@pytest.fixture(scope="module")
def rounds():
    return [
        *(abm.load_scenario(name) for name in abm.packaged()),
        abm.scenario_from(EVERYTHING),
        abm.scenario_from(CIRCLE),
    ]


def rows_of(scenario, runs=150):
    return abm.simulate(scenario, runs, 1, keep="rows", central=True).batch.rows


def test_every_kind_of_lever_changes_a_run_somewhere(rounds):
    moved = set()
    for scenario in rounds:
        before = rows_of(scenario).tobytes()
        for lever in levers_of(scenario):
            kind = lever.id.split(".")[0]
            if kind not in moved and rows_of(scenario.with_values(lever.changes(lever.largest))).tobytes() != before:
                moved.add(kind)
    assert moved == {
        *("price", "ladder", "preference", "extension", "extension-days", "deadline", "target", "minimum-close"),
        *("no-minimum", "sweetener", "fallback", "guarantee", "paper", "start", "speed", "burn", "cost-cuts", "bridge"),
        *("vendor-credit", "bind", "conditions", "consent", "escrow"),
    }


def test_a_lever_of_size_zero_changes_nothing(rounds):
    for scenario in rounds:
        before = rows_of(scenario, 20).tobytes()
        for lever in levers_of(scenario):
            assert lever.changes(0) == {}
            assert lever.cost(0) == pytest.approx(0.0, abs=1e-12)
            assert pulled(scenario, [lever], {lever.id: 0.0}).digest == scenario.digest
            if not lever.switch and lever.id not in ("ladder", "deadline"):  # a rung below, and a day at least
                assert rows_of(scenario.with_values(lever.sets(0.0)), 20).tobytes() == before, lever.id


def test_every_lever_can_be_pulled_and_says_what_it_does(rounds):
    for scenario in rounds:
        levers = levers_of(scenario)
        assert len({lever.id for lever in levers}) == len(levers)
        for lever in levers:
            for size in (lever.standard, lever.largest):
                scenario.with_values(lever.changes(size))
                assert lever.cost(size) >= 0
                assert lever.says(size)
                assert lever.counted


def test_levers_follow_the_scenario():
    plain = abm.scenario_from(world([bound("a", 10.0)]))
    assert [lever.id for lever in levers_of(plain)] == ["price", "ladder", "target", "minimum-close"]
    assert len(KINDS) < len(levers_of("openai-2025"))


def test_what_makes_no_sense_is_refused_with_a_sentence():
    levers = levers_of("three-investors")
    with pytest.raises(ValueError, match=r"expected a lever out of price, ladder, .*, got 'prize'"):
        measure_gains("three-investors", ["prize"], runs=10)
    with pytest.raises(ValueError, match=r"expected a size from 0 to 0.5 \[share\] for the lever 'price', got 0.6"):
        lever_named(levers, "price").changes(0.6)
    with pytest.raises(ValueError, match=r"expected a size 0 or 1 .* 'conditions.lead', got 0.5"):
        lever_named(levers, "conditions.lead").changes(0.5)
    with pytest.raises(ValueError, match="expected two levers, got 'price' twice"):
        lever_map("three-investors", "price", "price", runs=10)
    with pytest.raises(
        ValueError, match="expected at least one world, and a label and a weight for each, got 1 worlds"
    ):
        compare_levers("three-investors", ["price"], [{}], labels=["a", "b"])
    with pytest.raises(ValueError, match="expected weights above 0, got 0"):
        compare_levers("three-investors", ["price"], [{}], weights=[0.0])


def test_two_levers_work_on_top_of_each_other():
    crowd = abm.scenario_from(world([signer("a", 5.0, 0.5), signer("b", 5.0, 0.5)]))
    table = measure_gains(crowd, ["bind.a", "bind.b"], runs=RUNS, pairs=2, workers=1)
    assert table["lever"].iloc[0] in ("bind.a + bind.b", "bind.b + bind.a")
    assert agrees(table.iloc[0], 0.75)
    assert agrees(table.iloc[1], 0.25)


def test_a_pair_that_takes_each_other_away_is_reported():
    table = measure_gains(abm.scenario_from(gated()), ["conditions.lead", "fallback.lead"], runs=50, pairs=2, workers=1)
    (pair,) = table[table["lever"].str.contains("+", regex=False)].itertuples()
    assert math.isnan(pair.change)
    assert "expected a lever out of" in pair.refused


def test_a_map_of_two_levers_has_its_corners_right():
    table = lever_map(abm.scenario_from(gated()), "speed.law", "conditions.lead", runs=RUNS, workers=1)
    at = table.set_index(["speed.law", "conditions.lead"])
    assert len(at) == 10
    assert at.loc[(0.0, 0.0), "low"] < 1 - math.exp(-2.0 * YEARS) < at.loc[(0.0, 0.0), "high"]
    assert at.loc[(3.0, 0.0), "low"] < 1 - math.exp(-16.0 * YEARS) < at.loc[(3.0, 0.0), "high"]
    assert (at.xs(1.0, level="conditions.lead")["p"] == 1.0).all()


# --------------------------------------------------------------------------------------------------------------------
# Regret


def test_regret_and_the_minimax_choice_by_hand():
    p = pd.DataFrame({"calm": [0.9, 0.6], "storm": [0.2, 0.4]}, index=["bold", "safe"])
    lost = regrets_of(p)
    assert lost.to_numpy() == pytest.approx(np.array([[0.0, 0.2], [0.3, 0.0]]))
    assert minimax(lost) == ("bold", pytest.approx(0.2))


def test_regret_over_worlds_whose_answers_are_certain():
    worlds = [{"gatekeepers.law.hazard_per_year": rate} for rate in (CERTAIN, NEVER, NEVER)]
    found = compare_levers(
        abm.scenario_from(gated()), ["conditions.lead", "fallback.lead"], worlds, ["law", "law", "none"], [3, 1, 1], 40
    )
    assert found.p.loc["as it is"].tolist() == [0.75, 0.0]
    assert found.p.loc["conditions.lead"].tolist() == [1.0, 1.0]
    assert found.regret.loc["fallback.lead"].tolist() == [0.25, 1.0]
    assert (found.choice, found.worst, found.low, found.high) == ("conditions.lead", 0.0, 0.0, 0.0)
    assert found.chosen["conditions.lead"] == 1.0
    assert found.satisficing(0.5) == {"as it is": 0.6, "conditions.lead": 1.0, "fallback.lead": 0.6}
    assert "regret of at most 0.0 points" in str(found)


def test_the_interval_of_a_regret_covers_what_it_should():
    """Binding a gains 0.4 in one world, binding b 0.2 in the other: whoever binds a regrets 0.2 at most."""
    crowd = abm.scenario_from(world([signer("a", 5.0), signer("b", 5.0)]))
    worlds = [{"investors.a.signing_probability": 0.6}, {"investors.b.signing_probability": 0.8}]
    found = compare_levers(crowd, ["bind.a", "bind.b"], worlds, runs=400)
    assert found.choice == "bind.a"
    assert found.low < 0.2 < found.high
    assert found.high - found.low < 0.12


def test_a_lever_acts_on_what_the_world_has():
    for ticket, closes in ((17.0, 0.0), (18.5, 1.0)):  # the world asks for 20, and a tenth less is 18, not 9
        crowd = abm.scenario_from(world([bound("a", ticket)]))
        found = compare_levers(crowd, ["target"], [{"round.target_bn": 20.0}], runs=5)
        assert found.p.loc["target"].tolist() == [closes]


def test_a_lever_that_a_world_does_not_have_is_reported_and_not_pulled():
    worlds = [{}, {"investors.lead.conditions": "off"}]
    found = compare_levers(abm.scenario_from(gated()), ["conditions.lead"], worlds, ["with", "without"], runs=50)
    (row,) = found.refused.itertuples()
    assert (row.lever, row.world, row.label) == ("conditions.lead", 1, "without")
    assert row.reason == "expected a world that has the lever 'conditions.lead'"
    assert found.p["without"].tolist() == [1.0, 1.0]


# --------------------------------------------------------------------------------------------------------------------
# Pictures


@pytest.fixture
def ax():
    with styled():
        yield new_figure()[1]


def test_gains_are_drawn_with_their_costs(ax):
    frame = pd.DataFrame(
        {
            "words": ["a", "b", "c"],
            "change": [0.1, -0.2, np.nan],
            "low": [0.05, -0.25, np.nan],
            "high": [0.15, -0.15, np.nan],
            "cost": [3.0, np.nan, 1.0],
            "cost_unit": ["weeks", "", "weeks"],
        }
    )
    draw_gains(frame, ax)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["b", "a"]
    assert [text.get_text() for text in ax.texts] == ["3 weeks", "at stake"]


def test_the_minimax_row_is_framed(ax):
    frame = pd.DataFrame({"calm": [0.0, 0.3], "storm": [0.2, 0.0]}, index=["bold", "safe"])
    draw_regrets(frame, ax, "bold", {"bold": "go on"})
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["go on", "safe"]
    assert sorted(text.get_text() for text in ax.texts if text.get_fontweight() == "bold") == ["20", "30"]
    (rim,) = ax.collections
    assert {round(float(y), 1) for _, y in rim.get_paths()[0].vertices} == {-0.5, 0.5}
