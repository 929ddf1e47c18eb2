"""Many investors: sums of signatures, cascades, opinions, contagion (verification cases V5 to V8, V13)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from abm.core.draws import CONSENT, PRIVATE_SIGNAL, SETTLEMENT, SIGNING, exponential, uniform
from abm.core.jit import rule
from abm.core.records import ROUND, TRAITS
from abm.population.contracts import new_record, new_records
from abm.rules.belief import pulled_opinion
from abm.rules.clocks import clock_after, event_day, per_day_of_year
from abm.rules.closing import GREATEST, close, money
from abm.rules.decision import advantage, expit
from abm.rules.gatekeepers import rate_for_probability
from abm.rules.settlement import settle
from tests.oracles import Problem, agrees, mean_agrees, posed, total_chances

RUNS = 100_000
TICKETS = [2_800, 1_000, 1_000, 800, 700, 600, 500, 500, 400]
CHANCES = [0.85, 0.70, 0.70, 0.60, 0.60, 0.50, 0.50, 0.40, 0.40]


# --------------------------------------------------------------------------------------------------------------------
# V5, V6: independent signatures, by the clocks that the engines use


@rule
def signs(seed, run, investor, chance):
    """Whether an investor with a stated chance has signed by day 156, his clock looked at every week."""
    rate = per_day_of_year(rate_for_probability(chance, 156.0))
    threshold = exponential(seed, run, investor, 0, SIGNING, 0)
    clock, day0 = 0.0, 0.0
    while day0 < 156.0:
        day1 = min(day0 + 7.0, 156.0)
        if event_day(clock, threshold, rate, day0, day1) < math.inf:
            return True
        clock = clock_after(clock, rate, day0, day1)
        day0 = day1
    return False


@rule
def signed_totals(totals, tickets, chances):
    signed = np.zeros(tickets.shape[0], np.bool_)
    for run in range(totals.shape[0]):
        for i in range(tickets.shape[0]):
            signed[i] = signs(5, run, i, chances[i])
        totals[run] = money(signed, tickets)


def simulated_totals(tickets: list[int], chances: list[float]) -> np.ndarray:
    totals = np.empty(RUNS, np.int64)
    signed_totals(totals, np.array(tickets), np.array(chances))
    return totals


@pytest.mark.statistical
def test_v5_the_number_of_independent_signers_is_poisson_binomial():
    chances = [0.9, 0.75, 0.6, 0.5, 0.35]
    law = total_chances([1] * 5, chances)
    assert law[3:].sum() == pytest.approx(0.732375, rel=1e-9)
    signers = simulated_totals([1] * 5, chances)
    assert agrees(int((signers >= 3).sum()), RUNS, 0.732375)
    assert mean_agrees(signers, 3.1)
    assert mean_agrees((signers - 3.1) ** 2, 0.995)


@pytest.mark.statistical
def test_v6_the_total_of_independent_tickets_is_their_convolution():
    law = total_chances(TICKETS, CHANCES)
    totals = simulated_totals(TICKETS, CHANCES)
    for level, expected in ((3_000, 0.941372), (5_000, 0.733698), (7_500, 0.043982)):
        assert law[level:].sum() == pytest.approx(expected, abs=5e-7)
        assert agrees(int((totals >= level).sum()), RUNS, expected)
    assert mean_agrees(totals, 5_590.0)
    assert mean_agrees((totals - 5_590.0) ** 2, 1_393.449**2)


@pytest.mark.statistical
def test_v6_simulated_totals_have_the_law_of_the_convolution_everywhere():
    law = total_chances(TICKETS, CHANCES)
    frequencies = np.bincount(simulated_totals(TICKETS, CHANCES), minlength=len(law)) / RUNS
    distance = np.abs(np.cumsum(frequencies) - np.cumsum(law)).max()
    assert distance < 2.3 / math.sqrt(RUNS)  # Kolmogorov: exceeded with probability 5e-5 at most


@rule
def settled_totals(totals, chances, signed, paid, contracts, book, terms, traits):
    """Money paid when a lead waits for a consent (0.60) and then pays (0.95); the others pay as soon as they sign."""
    nobody = np.zeros(signed.shape[0], np.bool_)
    for run in range(totals.shape[0]):
        for i in range(chances.shape[0]):
            signed[i + 1] = signs(5, run, i, chances[i])
        book.gate_days[0] = 90.0 if uniform(5, run, 0, 0, CONSENT, 0) < 0.60 else math.inf
        nobody[0] = uniform(5, run, 0, 0, SETTLEMENT, 0) >= 0.95
        closing = close(signed, paid, contracts, book, GREATEST)
        result = settle(closing.selected, signed, paid, nobody, contracts, book, GREATEST, terms, traits)
        for i in range(signed.shape[0]):
            totals[run] += result.allocated[i]


@pytest.mark.statistical
def test_v6b_a_lead_who_needs_a_consent_and_may_not_pay_mixes_two_laws():
    names = {"lead": 22_500, **{f"i{k}": ticket for k, ticket in enumerate(TICKETS)}}
    problem = Problem(names, {"lead": [[{"gate": "law"}]]}, gates={"law": math.inf}, cap=100_000)
    signed, paid, contracts, book = posed(problem)
    terms, traits = new_record(ROUND, {"cap_musd": 100_000}), new_records(TRAITS, [{} for _ in names])
    totals = np.zeros(RUNS, np.int64)
    settled_totals(totals, np.array(CHANCES), signed, paid, contracts, book, terms, traits)
    assert agrees(int((totals >= 27_500).sum()), RUNS, 0.418208)
    assert agrees(int((totals >= 7_500).sum()), RUNS, 0.588912)


# --------------------------------------------------------------------------------------------------------------------
# V7: cascades. One after the other, with a private hint that is right with probability p, and all earlier choices seen.


@rule
def chance_to_join(public, hint, precision):
    """Chance that somebody joins, from the public log odds and his own hint; the indifferent toss a coin."""
    weight = math.log(precision / (1.0 - precision))
    gain = advantage(expit(public + (weight if hint else -weight)), 1.0, 1.0, 1.0, 0.0, 0.0)
    if abs(gain) < 1e-9:
        return 0.5
    return 1.0 if gain > 0.0 else 0.0


@rule
def cascades(counts, precision, investors, runs):
    """Count up and down cascades in a good state, among the first ``investors``."""
    for run in range(runs):
        public = 0.0
        for i in range(investors):
            with_good, with_bad = chance_to_join(public, True, precision), chance_to_join(public, False, precision)
            if with_good == with_bad:
                break
            hint = uniform(7, run, i, 0, PRIVATE_SIGNAL, 0) < precision
            joins = uniform(7, run, i, 0, SIGNING, 0) < (with_good if hint else with_bad)
            if_good = precision * with_good + (1.0 - precision) * with_bad
            if_bad = (1.0 - precision) * with_good + precision * with_bad
            public += math.log(if_good / if_bad) if joins else math.log((1.0 - if_good) / (1.0 - if_bad))
        with_good, with_bad = chance_to_join(public, True, precision), chance_to_join(public, False, precision)
        if with_good == with_bad:
            counts[int(with_good)] += 1


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("precision", "investors", "up", "down"),
    [
        (0.7, 2, 0.595, 0.195),
        (0.7, 10, 0.752857, None),
        (0.7, 60, 0.753165, 0.246835),
        (0.6, 60, 0.631579, 0.368421),
        (0.8, 60, 0.857143, 0.142857),
    ],
)
def test_v7_cascades_start_as_often_as_bikhchandani_hirshleifer_and_welch_say(precision, investors, up, down):
    counts = np.zeros(2, np.int64)
    cascades(counts, precision, investors, RUNS)
    q = precision - precision**2
    closed_form = precision * (precision + 1) * (1 - q ** (investors / 2)) / (2 * (1 - q))
    assert closed_form == pytest.approx(up, abs=5e-7)
    assert agrees(counts[1], RUNS, up)
    assert down is None or agrees(counts[0], RUNS, down)


# --------------------------------------------------------------------------------------------------------------------
# V8: opinions

TRUST = np.array([[0.6, 0.3, 0.1, 0.0], [0.2, 0.7, 0.1, 0.0], [0.1, 0.2, 0.6, 0.1], [0.05, 0.15, 0.3, 0.5]])


def heard(opinions: list[float], trust: np.ndarray) -> float:
    """Weighted mean of opinions, one after the other as the engines build it."""
    mean, weight = 0.0, 0.0
    for opinion, one_more in zip(opinions, trust.tolist(), strict=True):
        if one_more > 0.0:
            weight += one_more
            mean = pulled_opinion(mean, opinion, one_more / weight)
    return mean


def test_v8_repeated_averaging_ends_in_the_consensus_that_influence_weighs():
    opinions, distances = [5.6, 5.8, 5.5, 6.0], []
    for _ in range(60):
        opinions = [heard(opinions, row) for row in TRUST]
        distances.append(max(opinions) - min(opinions))
    assert opinions == pytest.approx([5.686232] * 4, abs=5e-7)
    assert math.exp(opinions[0]) == pytest.approx(294.781, abs=5e-4)
    assert distances[30] / distances[29] == pytest.approx(0.641421, abs=1e-5)


def test_v8_everybodys_influence_is_the_left_eigenvector():
    for who, influence in enumerate((0.286232, 0.452899, 0.217391, 0.043478)):
        opinions = [float(i == who) for i in range(4)]
        for _ in range(80):
            opinions = [heard(opinions, row) for row in TRUST]
        assert opinions == pytest.approx([influence] * 4, abs=5e-7)


def test_v8_somebody_with_inertia_moves_by_his_pull():
    assert pulled_opinion(5.6, heard([5.8, 6.0], np.array([3.0, 1.0])), 0.2) == pytest.approx(5.65, rel=1e-12)


# --------------------------------------------------------------------------------------------------------------------
# V13: contagion


@rule
def contagion(joined, investors):
    """Each joins with the share of those who joined before, beginning from 2 of 5: a Polya urn."""
    for run in range(joined.shape[0]):
        for i in range(investors):
            joined[run] += uniform(13, run, i, 0, SIGNING, 0) * (5.0 + i) < 2.0 + joined[run]


@pytest.mark.statistical
def test_v13_contagion_spreads_the_number_of_joiners_as_a_polya_urn_does():
    joined = np.zeros(2 * RUNS, np.int64)
    contagion(joined, 10)
    assert agrees(int((joined >= 6).sum()), len(joined), 0.279720)
    assert not agrees(int((joined >= 6).sum()), len(joined), 0.166239)
    assert mean_agrees(joined, 4.0)
    assert mean_agrees((joined - 4.0) ** 2, 6.0)
