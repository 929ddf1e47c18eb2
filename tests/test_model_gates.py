"""Gatekeepers through the whole model: every law of D2 to D4, run by run, and its chance (V10, V18, V39)."""

from __future__ import annotations

import itertools
import math

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

import abm
from abm.core.draws import BLOCK, CONSENT, EXTENSION, FRAILTY
from abm.population import prepare
from tests.oracles import agrees
from tests.worlds import CERTAIN, NEVER, bound, consent, day, luck, play, told, waits, world

RUNS = 600
D = 156.0
YEARS = D / 365
S = 365 * 4 / 52  # the scale of V10f, four weeks of a year of 52 [days]


def pull(effect, day_, scale, deadline=D):
    """Integral of 1 + a exp(-(D - t)/s) from 0 to a day [days]."""
    return day_ + effect * scale * (math.exp(-(deadline - day_) / scale) - math.exp(-deadline / scale))


def average(h0, effect, scale):
    """The average over the window that a rate of h0 far from the deadline makes."""
    return h0 * pull(effect, D, scale) / D


#: One gatekeeper for every law, each with its own luck; nobody waits for them but a watcher of another one.
LAWS = {
    "plain": {"hazard_per_year": 2.5},
    "stated": {"probability_by_deadline": 0.6},
    "late": {"hazard_per_year": average(1.5, 3, S), "deadline_effect": 3, "deadline_scale_weeks": S / 7},
    "blocked": {"hazard_per_year": 2.5, "block_hazard_per_year": 0.4},
    "late-blocked": {
        "hazard_per_year": average(2.0, 3, S),
        "deadline_effect": 3,
        "deadline_scale_weeks": S / 7,
        "block_hazard_per_year": 0.2,
    },
    "lagged": {"hazard_per_year": 2.5, "lag_days": 30},
    "moody": {"hazard_per_year": 1.5, "sentiment_loading": 0.72},
    "first": {"hazard_per_year": 6},
    "second": {"hazard_per_year": 8, "requires": ["first"], "lag_days": 10},
    "third": {"hazard_per_year": 5, "requires": ["second"], "lag_days": 4},
}
NAMES = list(LAWS)


def laboratory(laws, **environment):
    gates = [{"id": name} | law for name, law in laws.items()]
    return world([bound("watcher", 1.0, [{"gate": next(iter(laws))}])], gates, sections={"environment": environment})


@pytest.fixture(scope="module")
def gate_days():
    """Days on which the consents came into force, for every run; sentiment stands at 1."""
    still = {"sentiment_start": 1.0, "sentiment_mean": 1.0}
    return play(laboratory(LAWS, **still), RUNS)


def of(gate_days, name):
    return gate_days[f"gate_day.{name}"].to_numpy()


def in_time(expected, day_=D):
    """Expected days where they come by a day, and never elsewhere."""
    return np.where(expected <= day_, expected, np.nan)


def own_waits(name):
    return waits(CONSENT, NAMES.index(name), RUNS)


def test_a_constant_rate_gives_its_consent_on_the_exact_day(gate_days):
    np.testing.assert_allclose(of(gate_days, "plain"), in_time(own_waits("plain") * 365 / 2.5), atol=1e-6)
    stated = own_waits("stated") / -math.log1p(-0.6) * D
    np.testing.assert_allclose(of(gate_days, "stated"), in_time(stated), atol=1e-6)


def test_the_rate_of_a_moody_gatekeeper_is_multiplied_by_what_sentiment_says(gate_days):
    expected = own_waits("moody") * 365 / (1.5 * math.exp(0.72))
    np.testing.assert_allclose(of(gate_days, "moody"), in_time(expected), atol=1e-6)


def late_day(wait, h0):
    """Day on which a rate with the deadline effect has used up a wait, found by root search."""
    left = wait * 365 / h0
    if left > pull(3, D, S):
        return math.inf
    return optimize.brentq(lambda t: pull(3, t, S) - left, 0, D, xtol=1e-10)


def test_v10f_the_deadline_effect_gives_its_consent_on_the_exact_day(gate_days):
    expected = np.array([late_day(wait, 1.5) for wait in own_waits("late")])
    np.testing.assert_allclose(of(gate_days, "late"), in_time(expected), atol=1e-6)


def test_a_final_no_that_comes_first_keeps_the_consent_from_coming(gate_days):
    for name, h0, block in (("blocked", None, 0.4), ("late-blocked", 2.0, 0.2)):
        wait = own_waits(name)
        yes = wait * 365 / 2.5 if h0 is None else np.array([late_day(one, h0) for one in wait])
        no = waits(BLOCK, NAMES.index(name), RUNS) * 365 / block
        np.testing.assert_allclose(of(gate_days, name), in_time(np.where(yes < no, yes, np.inf)), atol=1e-6)
        assert (no < np.minimum(yes, D)).sum() > 15


def test_a_chain_of_consents_starts_each_clock_when_the_one_before_has_stopped(gate_days):
    """A lag delays the consent itself, not the clocks that wait for it."""
    first = own_waits("first") * 365 / 6
    second = first + own_waits("second") * 365 / 8
    third = second + own_waits("third") * 365 / 5
    np.testing.assert_allclose(of(gate_days, "first"), in_time(first), atol=1e-6)
    np.testing.assert_allclose(of(gate_days, "second"), in_time(second) + 10, atol=1e-6)
    np.testing.assert_allclose(of(gate_days, "third"), in_time(third) + 4, atol=1e-6)


def test_a_lag_puts_time_between_consent_and_its_coming_into_force(gate_days):
    given = in_time(own_waits("lagged") * 365 / 2.5)
    np.testing.assert_allclose(of(gate_days, "lagged"), given + 30, atol=1e-6)


def hypoexponential(rates, years):
    """Chance that clocks which run one after the other have all stopped."""
    total = 0.0
    for i, rate in enumerate(rates):
        others = [other for j, other in enumerate(rates) if j != i]
        total += math.exp(-rate * years) * math.prod(other / (other - rate) for other in others)
    return 1 - total


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", 0.656474),  # V10
        ("stated", 0.6),
        ("late", 0.626901),  # V10f
        ("blocked", 0.612463),  # V10c
        ("late-blocked", 0.700897),  # V10i
        ("moody", 0.732086),  # V10g
        ("lagged", 1 - math.exp(-2.5 * (156 - 30) / 365)),
        ("third", hypoexponential((6, 8, 5), (156 - 4) / 365)),
    ],
)
def test_v10_a_consent_is_in_force_by_the_deadline_as_often_as_its_law_says(gate_days, name, expected):
    assert agrees(np.sum(of(gate_days, name) <= D), RUNS, expected)


@pytest.mark.statistical
def test_v10i_money_behind_a_gatekeeper_is_paid_exactly_when_the_consent_is_in_force_in_time(gate_days):
    raw = laboratory({"late-blocked": LAWS["late-blocked"]})
    frame = play(raw, 300)
    assert frame["funded_bn"].gt(0).eq(frame["gate_day.late-blocked"] <= D).all()
    assert agrees(frame["funded_bn"].gt(0).sum(), 300, 0.700897)


# --------------------------------------------------------------------------------------------------------------------
# V10d, V10e: luck that all gatekeepers share

TOGETHER = {"board": {"hazard_per_year": 6}, "partner": {"hazard_per_year": 8}, "court": {"hazard_per_year": 5}}


def all_by_deadline(frame):
    return np.all([frame[f"gate_day.{name}"] <= D for name in TOGETHER], axis=0)


@pytest.mark.statistical
def test_v10d_three_independent_consents_multiply():
    expected = math.prod(1 - math.exp(-law["hazard_per_year"] * YEARS) for law in TOGETHER.values())
    assert expected == pytest.approx(0.787453, abs=5e-7)
    assert agrees(all_by_deadline(play(laboratory(TOGETHER), RUNS)).sum(), RUNS, expected)


@pytest.mark.statistical
def test_v10d_v10e_shared_luck_moves_every_consent_by_the_same_factor():
    frame = play(laboratory(TOGETHER | {"single": {"hazard_per_year": 2.5}}, frailty_variance=0.5), RUNS)
    shared = stats.gamma.ppf(luck(FRAILTY, 0, RUNS), 2.0, scale=0.5)
    for place, rate in enumerate((6, 8, 5, 2.5)):
        expected = waits(CONSENT, place, RUNS) * 365 / (rate * shared)
        name = [*TOGETHER, "single"][place]
        np.testing.assert_allclose(of(frame, name), in_time(expected), atol=1e-5)
    assert agrees(all_by_deadline(frame).sum(), RUNS, 0.620913)
    assert agrees(np.sum(of(frame, "single") <= D), RUNS, 0.575175)
    assert not agrees(all_by_deadline(frame).sum(), RUNS, 0.787453)


# --------------------------------------------------------------------------------------------------------------------
# The flagship's own chain


@pytest.mark.statistical
def test_the_chain_of_the_packaged_flagship_is_done_by_the_deadline_with_probability_055():
    packaged = abm.load_scenario("openai-2025")
    wins, totals = 1.0, []
    for gate in packaged.gatekeepers:
        yes, no = float(gate.hazard_per_year), float(gate.block_hazard_per_year)
        wins, totals = wins * yes / (yes + no), [*totals, yes + no]
    expected = wins * hypoexponential(totals, packaged.window_days / 365)
    assert expected == pytest.approx(0.55, abs=5e-4)
    raw = world([bound("one", 1.0, [{"gate": "completion"}])], packaged.raw["gatekeepers"])
    frame = play(raw, RUNS)
    assert agrees(np.sum(of(frame, "completion") <= D), RUNS, expected)
    assert frame["funded_bn"].gt(0).eq(of(frame, "completion") <= D).all()


# --------------------------------------------------------------------------------------------------------------------
# Dates, and the deadline that moves


def test_a_consent_counts_on_its_date_and_not_a_day_later():
    """Consent comes in the first hours; it is in force a lag later, between day 20 and day 21."""
    investors = [
        bound("early", 1.0, [{"gate": "one", "by": day(20)}]),
        bound("just", 2.0, [{"gate": "one", "by": day(21)}]),
        bound("free", 4.0, [{"gate": "one"}]),
    ]
    frame = play(world(investors, [consent("one", lag_days=20)], days=40), 40)
    assert frame["gate_day.one"].between(20, 21).sum() > 30
    just_in_time = frame["gate_day.one"] <= 21
    assert frame["paid_bn.early"].eq(0).all()
    assert frame["paid_bn.just"].eq(np.where(just_in_time, 2.0, 0.0)).all()
    assert frame["paid_bn.free"].eq(4.0).all()


def test_v18_a_later_deadline_never_turns_a_consent_that_came_in_time_into_one_that_did_not():
    def by(days):
        raw = world([bound("one", 10.0, [{"gate": "g"}])], [consent("g", 2.5)], days=days)
        return play(raw, 300)["closed"].to_numpy()

    soon, later = by(156), by(186)
    assert (soon <= later).all()
    assert agrees(later.sum(), 300, 0.720282)
    assert (soon == (waits(CONSENT, 0, 300) <= 2.5 * 156 / 365)).all()


@pytest.mark.statistical
def test_an_extension_gives_the_consent_more_time_as_often_as_it_is_granted():
    """Closed if the consent comes in 49 days, or within 28 more where luck extends the round (0.4)."""
    raw = world(
        [bound("one", 10.0, [{"gate": "g", "by": day(49)}])],
        [consent("g", 5.0)],
        days=49,
        weeks=12,
        extension_probability=0.4,
        extension_days=28,
    )
    frame = play(raw, RUNS)
    comes, granted = waits(CONSENT, 0, RUNS) * 365 / 5, luck(EXTENSION, 0, RUNS) < 0.4
    assert frame["extended"].eq((comes > 49) & granted).all()
    assert frame["closed"].eq((comes <= 49) | ((comes <= 77) & granted)).all()
    late = math.exp(-5 * 49 / 365)
    assert agrees(frame["closed"].sum(), RUNS, 1 - late + 0.4 * (late - math.exp(-5 * 77 / 365)))


def test_a_round_that_has_reached_its_target_is_not_extended():
    model = told(world([bound("one", 10.0)], days=14, weeks=20, extension_probability=1.0))
    assert (model.extended, model.closed_day) == (False, 7.0)


def test_a_round_is_extended_once_and_fallbacks_wait_for_the_new_deadline():
    investor = bound("one", 8.0, [{"gate": "no"}], fallback_bn=2.0)
    raw = world([investor], [consent("no", NEVER)], days=14, weeks=20, extension_probability=1.0, extension_days=30)
    model = told(raw)
    story = [(event.day, event.what) for event in model.trace if event.day > 7.0]
    assert story[:3] == [(14.0, "extended"), (44.0, "fell back"), (44.0, "paid")]
    assert (model.deadline_day, model.paid_musd) == (44.0, 2_000)


def test_a_consent_long_before_the_deadline_is_paid_at_the_next_weekly_closing():
    model = told(world([bound("one", 10.0, [{"gate": "g"}])], [consent("g", CERTAIN, lag_days=16)]))
    assert model.gates[0].in_force_day < 21
    assert model.closed_day == 21.0


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=6))
def test_clocks_start_in_the_order_of_requirements_or_the_circle_is_named(needs):
    """Generation after generation, each in the order of the file, as networkx sorts them."""
    needs = [sorted(other for other in wanted if other < len(needs)) for wanted in needs]
    gates = [consent(f"g{k}", requires=[f"g{other}" for other in wanted]) for k, wanted in enumerate(needs)]
    graph = networkx.DiGraph(dict(enumerate(needs)))
    if networkx.is_directed_acyclic_graph(graph):
        generations = networkx.topological_generations(graph.reverse())
        order = prepare(abm.scenario_from(world([bound("one", 1.0)], gates))).gate_order
        assert order.tolist() == [k for generation in generations for k in sorted(generation)]
    else:
        with pytest.raises(abm.ScenarioError) as error:
            abm.scenario_from(world([bound("one", 1.0)], gates))
        circle = [int(gate.strip()[1:]) for gate in error.value.faults[0].got.removeprefix("the circle ").split("->")]
        assert circle[0] == circle[-1]
        assert set(itertools.pairwise(circle)) <= set(graph.edges)
