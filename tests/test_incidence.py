"""Incidence of closing and of the causes of failure: hand-worked, against closed forms, and through whole rounds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import abm
from abm.analysis.incidence import cumulative_incidence, cumulative_shares, endings, time_to_close
from abm.plots import drawn
from abm.plots.incidence import incidence as draw
from abm.runs.estimates import wilson
from abm.runs.outcomes import Outcomes
from tests.oracles import agrees
from tests.test_model_company import STEADY
from tests.test_model_gates import hypoexponential
from tests.worlds import NEVER, bound, consent, signer, world

RUNS = 2_000

# --------------------------------------------------------------------------------------------------------------------
# Shares of runs that are all followed to their end

# Eight runs: on day 1 one closes, on day 2 one closes and one fails, on day 3 one fails, and four close on day 5.
DAYS, ENDS = np.array([1.0, 2, 2, 3, 5, 5, 5, 5]), np.array([0, 0, 1, 1, 0, 0, 0, 0])
LOOKS = [0, 1, 2, 3, 4, 5]


@pytest.fixture(scope="module")
def eight():
    return cumulative_shares(DAYS, ENDS, ["closed", "failed"], LOOKS)


def test_shares_are_as_counted_by_hand(eight):
    closed, failed = (eight[eight["cause"] == name] for name in ("closed", "failed"))
    assert closed["day"].tolist() == failed["day"].tolist() == LOOKS
    assert closed["p"].tolist() == [0, 1 / 8, 2 / 8, 2 / 8, 2 / 8, 6 / 8]
    assert failed["p"].tolist() == [0, 0, 1 / 8, 2 / 8, 2 / 8, 2 / 8]
    assert closed["at_risk"].tolist() == failed["at_risk"].tolist() == [8, 8, 7, 5, 4, 4]


def test_the_interval_solves_wilsons_equation(eight):
    row = eight[(eight["cause"] == "failed") & (eight["day"] == 3)].iloc[0]
    for end in (row["low"], row["high"]):
        assert (0.25 - end) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / 8, rel=1e-5)
    assert row["low"] < 0.25 < row["high"]


def aalen_johansen(times, causes, cause, day):
    """Incidence of a cause by a day: the sum over times of S before, times d_k / n; causes below 0 are censored."""
    alive, incidence = 1.0, 0.0
    for now in np.unique(times[times <= day]):
        at_risk, here = np.sum(times >= now), times == now
        incidence += alive * np.sum(here & (causes == cause)) / at_risk
        alive *= 1 - np.sum(here & (causes >= 0)) / at_risk
    return incidence


def test_aalen_and_johansens_estimate_is_as_worked_by_hand():
    """Eight runs; on day 2 one closes, one fails, one is lost from view.

    day   at risk   closed   failed   lost   S before   closed adds        failed adds
     1       8        1        0       0       1        1/8                 0
     2       7        1        1       1      7/8       7/8 1/7 = 1/8       1/8
     3       4        0        1       0      5/8       0                   5/8 1/4 = 5/32
     4       3        0        0       1     15/32      0                   0
     5       2        1        0       0     15/32      15/32 1/2 = 15/64   0
     6       1        0        0       1     15/64      0                   0
    """
    times, causes = np.array([1, 2, 2, 2, 3, 4, 5, 6]), np.array([0, 0, 1, -1, 1, -1, 0, -1])
    closed, failed = ([aalen_johansen(times, causes, k, day) for day in range(7)] for k in (0, 1))
    assert closed == pytest.approx([0, 1 / 8, 1 / 4, 1 / 4, 1 / 4, 31 / 64, 31 / 64])
    assert failed == pytest.approx([0, 0, 1 / 8, 9 / 32, 9 / 32, 9 / 32, 9 / 32])


def test_where_nothing_is_censored_aalen_and_johansens_estimate_is_the_share_of_runs():
    chance = np.random.default_rng(1)
    times, causes = chance.integers(1, 9, 300).astype(float), chance.integers(0, 3, 300)
    frame = cumulative_shares(times, causes, ["0", "1", "2"], range(10))
    assert frame["cause"].unique().tolist() == ["0", "1", "2"]
    for row in frame.itertuples():
        count = int(np.sum((times <= row.day) & (causes == int(row.cause))))
        assert (row.p, row.low, row.high) == (count / 300, *wilson(count, 300))
        assert row.p == pytest.approx(aalen_johansen(times, causes, int(row.cause), row.day))


def test_the_interval_holds_the_truth_in_95_of_100_samples():
    """Two clocks of rates a and b, the first to ring ends a run: F_a(t) = a / (a + b) (1 - exp(-(a + b) t))."""
    chance, samples, day = np.random.default_rng(3), 600, 20.0
    truth = 0.02 / 0.05 * (1 - math.exp(-0.05 * day))
    held = 0
    for _ in range(samples):
        clocks = chance.exponential([1 / 0.02, 1 / 0.03], (80, 2))
        row = cumulative_shares(clocks.min(axis=1), clocks.argmin(axis=1), ["a", "b"], [day]).iloc[0]
        held += row["low"] <= truth <= row["high"]
    assert binom.ppf(0.0005, samples, 0.95) <= held <= binom.ppf(0.9995, samples, 0.95)


# --------------------------------------------------------------------------------------------------------------------
# Rounds


def rounds(raw, runs=RUNS):
    return abm.simulate(abm.scenario_from(raw), runs=runs, seed=1, workers=1)


def test_a_round_of_one_signer_closes_by_the_exponential_law():
    """Who signs with chance .8 in 25 days has signed by day t with chance 1 - .2^(t/25), and closes as a week ends."""
    frame = cumulative_incidence(rounds(world([signer("one", 10.0, 0.8)], days=25)))
    closed, failed = (frame[frame["cause"] == cause].set_index("day")["p"] for cause in ("closed", "demand"))
    assert closed.index.tolist() == [0, 7, 14, 21, 25]
    for day, p in closed.items():
        assert agrees(round(p * RUNS), RUNS, 1 - 0.2 ** (day / 25)), day
    assert failed.tolist() == [0, 0, 0, 0, pytest.approx(1 - closed[25])]


def test_a_round_behind_a_chain_of_consents_closes_by_the_law_of_their_sum():
    gates = [consent("first", 6.0), consent("second", 8.0, requires=["first"])]
    frame = cumulative_incidence(rounds(world([bound("one", 10.0, [{"gate": "second"}])], gates)))
    closed = frame[frame["cause"] == "closed"].set_index("day")["p"]
    for day in (28, 70, 112, 156):
        assert agrees(round(closed[day] * RUNS), RUNS, hypoexponential((6, 8), day / 365)), day
    assert frame["cause"].unique().tolist() == ["closed", "gate"]


def test_by_the_last_day_every_run_has_ended_and_the_shares_are_those_of_the_outcomes():
    outcomes = abm.simulate("three-investors", runs=400, seed=1, workers=1)
    frame = cumulative_incidence(outcomes)
    last = frame[frame["day"] == frame["day"].max()].set_index("cause")
    told = {"closed": outcomes.probability("closed")} | outcomes.causes()
    assert list(last.index) == list(told)
    assert last["p"].sum() == pytest.approx(1.0)
    for cause, chance in told.items():
        assert (last.loc[cause, "p"], last.loc[cause, "low"]) == (chance.p, chance.low)
    assert frame.attrs == {"runs": 400, "seed": 1}
    assert frame["at_risk"].iloc[0] == 400


def test_a_company_out_of_cash_ends_its_round_on_the_day_of_default():
    """It burns 70 a week out of 1,000 (test_model_company): on day 100, between the ends of weeks 14 and 15."""
    raw = world([bound("one", 5.0, [{"gate": "no"}])], [consent("no", NEVER)], sections={"company": STEADY})
    outcomes = rounds(raw, 5)
    assert endings(outcomes)[0].tolist() == pytest.approx([100.0] * 5)
    cash = cumulative_incidence(outcomes, [98, 99, 101, 105]).query("cause == 'cash'")
    assert cash["p"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(("weeks", "last"), [(30, 176.0), (24, 168.0)])
def test_an_extended_round_fails_at_its_new_deadline_or_at_the_horizon(weeks, last):
    raw = world([bound("one", 10.0, [{"gate": "no"}])], [consent("no", NEVER)], weeks=weeks,
                extension_probability=0.5, extension_days=20)  # fmt: skip
    outcomes = rounds(raw, 400)
    days, causes = endings(outcomes)
    assert (days == np.where(outcomes.batch.rows["extended"], last, 156.0)).all()
    assert (causes == 3).all()  # a consent
    frame = cumulative_incidence(outcomes).set_index(["cause", "day"])["p"]
    assert agrees(round(frame["gate", 156.0] * 400), 400, 0.5)
    assert frame["gate", last] == 1
    assert frame.index.get_level_values("day").max() == last


def test_the_order_of_the_runs_of_a_round_says_nothing():
    outcomes = abm.simulate("three-investors", runs=200, seed=1, workers=1)
    mixed = outcomes.batch._each(lambda column: column[::-1].copy())
    mixed.rows["run"] = outcomes.batch.rows["run"]
    other = Outcomes(outcomes.scenario, 1, "ensemble", outcomes.ids, outcomes.gate_ids, mixed)
    pd.testing.assert_frame_equal(cumulative_incidence(outcomes), cumulative_incidence(other))
    pd.testing.assert_frame_equal(time_to_close(outcomes), time_to_close(other))


# --------------------------------------------------------------------------------------------------------------------
# The day of closing


def closing_on(days, runs=100, **terms):
    """Outcomes of a round in which so many runs close, on these days, and the others never."""
    outcomes = rounds(world([bound("one", 10.0)], **terms), runs)
    rows = outcomes.batch.rows
    rows["closed"] = np.arange(runs) < len(days)
    rows["closed_day"] = np.concatenate([days, np.full(runs - len(days), np.nan)])
    return outcomes


def test_the_interval_of_a_median_of_60_runs_from_the_22nd_to_the_39th():
    """By the normal approximation, 1.96 sqrt(60) / 2 = 7.6 below the 30th and above the 31st."""
    row = time_to_close(closing_on(np.arange(1.0, 61.0)), [0.5]).iloc[0]
    assert (row["day"], row["low_day"], row["high_day"], row["runs"]) == (30, 22, 39, 60)
    assert row["date"] == pd.Timestamp("2025-08-27")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_the_interval_misses_on_either_side_once_in_40_at_most_and_no_narrower_one_does(share):
    row = time_to_close(closing_on(np.arange(1.0, 61.0)), [share]).iloc[0]
    low, high = int(row["low_day"]), int(row["high_day"])  # of the days, and of the order
    chances = [math.comb(60, k) * share**k * (1 - share) ** (60 - k) for k in range(61)]  # k days below the quantile
    assert sum(chances[:low]) <= 0.025 < sum(chances[: low + 1])
    assert sum(chances[high:]) <= 0.025 < sum(chances[high - 1 :])


def test_the_median_day_of_an_exponential_law_is_found_and_enclosed():
    """Half of those who sign, with chance .6 in 154 days, have done so by the day t with 1 - .4^(t/154) = .3."""
    row = time_to_close(rounds(world([signer("one", 10.0, 0.6)], days=154)), [0.5]).iloc[0]
    week = 7 * math.ceil(154 * math.log(0.7) / math.log(0.4) / 7)
    assert row["low_day"] <= week <= row["high_day"] <= row["low_day"] + 14


def test_too_few_closings_leave_the_day_of_closing_open_until_the_last_one_there_may_be():
    row = time_to_close(closing_on([50.0, 60.0], extension_probability=0.1, extension_days=20, weeks=30), [0.5]).iloc[0]
    assert (row["day"], row["low_day"], row["high_day"]) == (50, 0, 176)
    row = time_to_close(closing_on([]), [0.5]).iloc[0]
    assert math.isnan(row["day"])
    assert (row["date"], row["runs"], row["high"]) == (pd.NaT, 0, pd.Timestamp("2025-12-31"))


def test_a_quantile_lies_between_0_and_1():
    with pytest.raises(ValueError, match=r"expected quantiles between 0 and 1, got \[1.0\]"):
        time_to_close(closing_on([50.0]), [1.0])


# --------------------------------------------------------------------------------------------------------------------
# The picture


def test_the_picture_stacks_the_shares_and_names_them_with_their_final_percentages(eight):
    frame = eight.assign(date=pd.Timestamp("2025-07-28") + pd.to_timedelta(eight["day"], unit="D"))
    figure = drawn(draw, frame, words={"closed": "the round closes"}, days={"deadline": pd.Timestamp("2025-08-02")})
    ax = figure.axes[0]
    tops = [max(y for _, y in band.get_paths()[0].vertices) for band in ax.collections]
    assert tops == pytest.approx([75, 100])
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [text.split(" (")[0] for text in texts] == ["failed\n25.0 %", "the round closes\n75.0 %"]
    assert [text.get_text() for text in ax.texts] == ["deadline"]


# --------------------------------------------------------------------------------------------------------------------
# Over what nobody knows


@pytest.fixture(scope="module")
def worlds():
    return abm.simulate("openai-2025", runs=800, seed=1)


def test_over_worlds_the_last_day_says_what_the_outcomes_say(worlds):
    last = cumulative_incidence(worlds).groupby("cause", sort=False).last()
    told = {"closed": worlds.probability("closed"), **worlds.causes()}
    assert list(last.index) == list(told)
    for name, found in told.items():
        assert (last.loc[name, "p"], last.loc[name, "low"], last.loc[name, "high"]) == (found.p, found.low, found.high)


def test_over_worlds_quantiles_of_the_closing_day_are_surrounded_by_more(worlds):
    """Runs that all know the same worlds tell less: each interval holds that of as many independent runs."""
    given = (worlds.scenario, worlds.seed, worlds.engine, worlds.ids, worlds.gate_ids, worlds.batch)
    over, runs = time_to_close(worlds), time_to_close(Outcomes(*given))
    assert (over["low_day"] <= runs["low_day"]).all()
    assert (over["high_day"] >= runs["high_day"]).all()
    assert over["day"].tolist() == runs["day"].tolist()
    assert not over.equals(runs)
