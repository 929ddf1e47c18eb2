"""Incidence: competing risks against hand-worked numbers and closed forms."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
from abm.analysis.incidence import aalen_johansen, ends, incidence, time_to_close
from abm.estimates import wilson
from abm.plots import drawn
from abm.plots.incidence import incidence as picture

# Ten runs: day 1: cause 1; day 2: causes 1 and 2, one censored; day 4: censored; day 5: causes 2 and 2; day 6: cause 1;
# day 7: two censored. Worked by hand: at risk 10, 9, 6, 5, 3, 2.
DAYS = [1, 2, 2, 2, 4, 5, 5, 6, 7, 7]
CAUSES = [1, 1, 2, 0, 0, 2, 2, 1, 0, 0]


def at(frame, day, cause):
    return frame[(frame["day"] == day) & (frame["cause"] == cause)].iloc[0]


def test_incidence_with_censoring_and_ties_as_worked_by_hand():
    frame = aalen_johansen(DAYS, CAUSES)
    # S(1) = 9/10; S(2) = 9/10 x 7/9 = 7/10; S(5) = 7/10 x 3/5 = 21/50; S(6) = 21/50 x 2/3 = 14/50
    first = {1: 1 / 10, 2: 1 / 10 + 9 / 10 / 9, 5: 2 / 10, 6: 2 / 10 + 21 / 50 / 3}
    second = {1: 0.0, 2: 9 / 10 / 9, 5: 1 / 10 + 7 / 10 * 2 / 5, 6: 1 / 10 + 7 / 10 * 2 / 5}
    for day in (1, 2, 5, 6):
        assert at(frame, day, 1)["p"] == pytest.approx(first[day], abs=1e-12)
        assert at(frame, day, 2)["p"] == pytest.approx(second[day], abs=1e-12)
    assert at(frame, 6, 1)["p"] + at(frame, 6, 2)["p"] == pytest.approx(1 - 14 / 50), "one minus Kaplan and Meier's"
    assert frame.drop_duplicates("day")["at_risk"].tolist() == [10, 9, 5, 3]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=60))
def test_without_censoring_incidence_is_the_share_that_ended_so_by_then(runs):
    days, causes = np.array(runs).T
    for row in aalen_johansen(days, causes).itertuples():
        came = int(((days <= row.day) & (causes == row.cause)).sum())
        assert row.p == pytest.approx(came / len(runs), abs=1e-12)
        assert (row.low, row.high) == wilson(came, len(runs))


def test_order_of_runs_does_not_matter():
    shuffled = np.random.default_rng(1).permutation(len(DAYS))
    one, other = aalen_johansen(DAYS, CAUSES), aalen_johansen(np.array(DAYS)[shuffled], np.array(CAUSES)[shuffled])
    assert one.equals(other)


def test_intervals_under_censoring_hold_the_truth_about_as_often_as_they_say():
    luck, runs, held = np.random.default_rng(5), 150, 0
    truth = 2 / 3 * (1 - math.exp(-3 * 0.3))  # rates 2 and 1: the first comes first with 2/3
    for _ in range(400):
        first, second, seen = (luck.exponential(1 / rate, runs) for rate in (2.0, 1.0, 1.0))
        days = np.minimum(np.minimum(first, second), seen)
        causes = np.where(days == seen, 0, np.where(days == first, 1, 2))
        frame = aalen_johansen(days, causes)
        last = frame[(frame["cause"] == 1) & (frame["day"] <= 0.3)].iloc[-1]
        held += last["low"] <= truth <= last["high"]
    assert 0.92 <= held / 400 <= 0.98


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="expected as many finite days as causes"):
        aalen_johansen([1.0, 2.0], [1])
    with pytest.raises(ValueError, match="expected as many finite days as causes"):
        aalen_johansen([math.nan], [1])


def stated(probability, **more):
    return abm.scenario_from(
        {
            "format": 1,
            "id": "one",
            "title": "One investor",
            "as_of": dt.date(2025, 7, 28),
            "round": {"target_bn": 5.0, "deadline": dt.date(2025, 12, 29), "pre_money_bn": 50.0, **more},
            "investors": [
                {
                    "id": "fund",
                    "kind": "venture",
                    "role": "follower",
                    "ticket_bn": 5.0,
                    "signing_probability": probability,
                }
            ],
        }
    )


def test_one_investor_closes_the_round_as_his_constant_hazard_says():
    runs = 20_000
    outcomes = abm.simulate(stated(0.6), runs=runs, seed=1, keep="rows")
    frame = incidence(outcomes)
    closed = frame[frame["cause"] == "closed"]
    for row in closed[closed["day"] % 28 == 0].itertuples():
        expected = 1 - 0.4 ** (row.day / 154)  # 154 days to the deadline
        assert abs(row.p - expected) < 4 * math.sqrt(expected * (1 - expected) / runs)
    days, causes = ends(outcomes)
    assert set(days[causes > 0]) == {154.0}, "who fails, fails on the last day"
    assert outcomes.probability("closed").p == pytest.approx(closed["p"].iloc[-1], abs=1e-12)


def test_an_extended_round_fails_later():
    outcomes = abm.simulate(stated(0.3, extension_probability=1.0, extension_days=30), runs=300, seed=1, keep="rows")
    days, causes = ends(outcomes)
    assert set(days[causes > 0]) == {184.0}


def test_the_picture_ends_where_the_table_ends():
    frame = incidence(abm.simulate("three-investors", runs=300, seed=1, keep="rows"))
    scenario = abm.load_scenario("three-investors")
    words = {"closed": "closed", "gate": "a consent was missing"}
    figure = drawn(picture, frame, words=words, start=scenario.as_of, deadline=scenario.round.deadline)
    last = frame[frame["day"] == frame["day"].max()].set_index("cause")["p"]
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[-1] == f"closed: {100 * last['closed']:.1f} %"
    assert len(labels) == (last > 0).sum()


def test_the_median_closing_day_of_a_constant_hazard_is_found_and_enclosed():
    outcomes = abm.simulate(stated(0.6), runs=4_000, seed=3, keep="rows")
    frame = time_to_close(outcomes, [0.5])
    # given a signature by day 154, half have signed by the day on which 1 - 0.4^(t/154) = 0.3; closings are weekly
    median = 154 * math.log(0.7) / math.log(0.4)
    assert frame["low"][0] <= math.ceil(median / 7) * 7 <= frame["high"][0]
    assert frame["high"][0] - frame["low"][0] <= 14
    with pytest.raises(ValueError, match="expected a run that closes, got none among 50"):
        time_to_close(abm.simulate(stated(0.0), runs=50, seed=1, keep="rows"))
