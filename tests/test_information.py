"""What knowing a number is worth: against integrals worked by hand, against nothing, and through whole rounds."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import abm
from abm.analysis.information import information_of, value_of_information
from abm.plots import drawn
from abm.plots.information import information as draw
from tests.worlds import bound, signer, world

SIZE = 400


def evenly(size=SIZE, numbers=1, seed=1):
    """Independent draws of numbers from 0 to 1, each spread evenly: float[size, numbers]."""
    chance = np.random.default_rng(seed)
    return np.column_stack([chance.permutation((np.arange(size) + 0.5) / size) for _ in range(numbers)])


def frame_of(x, *names):
    return pd.DataFrame(x, columns=list(names))


def row(found, path):
    return found.frame.set_index("path").loc[path]


# --------------------------------------------------------------------------------------------------------------------
# Integrals


@pytest.mark.parametrize(
    ("lowest", "slope", "expected"),
    [
        (0.0, 1.0, 1 / 4),  # mean of max(x, 1 - x) is 3/4; without, 1/2
        (0.3, 0.6, 1 / 15),  # the integral of max(.3 + .6 x, .7 - .6 x), which cross at 1/3, is 2/3; without, .6
        (0.6, 0.4, 0.0),  # the round is counted on, whatever x is
    ],
)
def test_knowing_the_one_number_that_matters_gains_the_integral_of_the_better_answer(lowest, slope, expected):
    x = evenly(numbers=2)
    p = lowest + slope * x[:, 0]
    found = value_of_information(frame_of(x, "rate", "idle"), p)
    rate = row(found, "rate")
    assert rate["right"] == pytest.approx(expected, abs=2e-3)
    assert found.everything["right"] == pytest.approx(expected, abs=1e-4)
    assert rate["spread"] == pytest.approx(slope / math.sqrt(12), rel=1e-2)
    assert rate["shift"] == pytest.approx(slope / 4, rel=1e-2)
    assert rate["share"] == pytest.approx(1.0)


def test_a_number_that_bends_the_probability_is_worth_what_the_bend_is():
    """P = 1 - .9 (2 x - 1)^2 has mean .7, and is below 1/2 by .4 - .9 y at its ends, y = (2 x - 1)^2 above 5/9."""
    x = evenly(numbers=1)
    found = value_of_information(frame_of(x, "rate"), 1 - 0.9 * (2 * x[:, 0] - 1) ** 2)
    edge = math.sqrt(5 / 9)  # the gain there is 1 - 2 P = 1.8 u^2 - 1 for u = 2 x - 1 from the edge to 1
    assert row(found, "rate")["right"] == pytest.approx(0.6 * (1 - edge**3) - (1 - edge), abs=0.008)
    assert row(found, "rate")["share"] > 0.98


def test_choosing_between_a_probability_of_x_and_one_half_gains_an_eighth_by_knowing_x():
    """E max(x, 1/2) = 1/2 1/2 + 3/8 = 5/8; without knowing x both are worth 1/2."""
    x = evenly(numbers=2)
    p = np.column_stack([x[:, 0], np.full(SIZE, 0.5)])
    found = value_of_information(frame_of(x, "rate", "idle"), p, ["wait", "sell"])
    assert row(found, "rate")["choice"] == pytest.approx(1 / 8, abs=2e-3)
    assert found.everything["choice"] == pytest.approx(1 / 8, abs=1e-4)
    assert row(found, "idle")["choice_low"] == 0
    assert found.actions == ("wait", "sell")


def test_an_action_that_is_always_better_needs_no_information():
    x = evenly(numbers=1)
    found = value_of_information(frame_of(x, "rate"), np.column_stack([0.5 * x[:, 0], 0.1 + 0.6 * x[:, 0]]))
    assert row(found, "rate")["choice"] == found.everything["choice"] == 0
    assert row(found, "rate")["shift"] == pytest.approx(1 / 8, rel=1e-2)  # of the first


def test_shares_of_a_sum_are_those_of_the_variances():
    """Slopes .4, .2 and .1 have variances 16 : 4 : 1."""
    x = evenly(2_000, 3)
    found = value_of_information(frame_of(x, "a", "b", "c"), 0.1 + x @ [0.4, 0.2, 0.1])
    for path, share in (("a", 16 / 21), ("b", 4 / 21), ("c", 1 / 21)):
        assert row(found, path)["share"] == pytest.approx(share, abs=0.03)
    assert found.frame["path"].tolist() == ["a", "b", "c"]
    assert found.everything["spread"] == pytest.approx(math.sqrt(0.21 / 12), rel=0.03)


def test_a_word_is_worth_what_the_means_of_its_two_groups_say():
    """Closing has .8 under one word and .3 under the other, each in half of the draws: .75 is right, not .55."""
    words = np.array(["as_is", "out"] * 50, object)
    p = np.where(words == "out", 0.3, 0.8) + 0.05 * np.tile([1, 1, -1, -1], 25)
    found = value_of_information(frame_of(words[:, None], "investors.lead"), p)
    lead = row(found, "investors.lead")
    assert (lead["right"], lead["spread"]) == (pytest.approx(0.2, abs=1e-3), pytest.approx(0.25, rel=1e-2))


def test_a_date_counts_as_its_day():
    days = np.random.default_rng(1).permutation(100)
    dates = [dt.date(2025, 1, 1) + dt.timedelta(days=int(day)) for day in days]
    found = value_of_information(pd.DataFrame({"deadline": dates}), (days + 0.5) / 100)
    assert row(found, "deadline")["right"] == pytest.approx(0.25, abs=5e-3)


# --------------------------------------------------------------------------------------------------------------------
# Noise


def test_numbers_without_effect_are_worth_next_to_nothing_and_their_intervals_touch_0():
    x = evenly(256, 41)
    p = np.random.default_rng(2).binomial(200, x[:, 0]) / 200
    found = value_of_information(pd.DataFrame(x), p, runs=200)
    idle = found.frame[found.frame["path"] != "0"]
    assert (idle["spread_low"] > 0).sum() <= binom.ppf(0.999, 40, 0.025)
    assert (idle["right_low"] == 0).all() or (idle["right_low"] > 0).sum() <= 2
    assert idle["share"].mean() < 0.006  # a plain spline would find 3 / 255 = .012 on average
    assert row(found, "0")["right"] == pytest.approx(0.25, abs=0.01)


def test_the_interval_holds_the_truth_in_95_of_100_samples():
    """P = .15 + .5 x + .2 y: on x, the spread is .5 / sqrt(12) and the shift .5 / 4; all is drawn anew each time."""
    chance, samples, held = np.random.default_rng(4), 80, np.zeros(2)
    for _ in range(samples):
        x = chance.random((100, 2))
        p = chance.binomial(200, 0.15 + x @ [0.5, 0.2]) / 200
        found = row(value_of_information(frame_of(x, "x", "y"), p, runs=200), "x")
        truths = {"spread": 0.5 / math.sqrt(12), "shift": 0.5 / 4}
        held += [found[f"{name}_low"] <= truth <= found[f"{name}_high"] for name, truth in truths.items()]
    assert (held >= binom.ppf(0.0005, samples, 0.95)).all()


def test_the_noise_of_the_runs_is_not_taken_for_information():
    """Every draw has P = 1/2, seen in 50 runs of its own: the better of both answers looks right in .556 of them."""
    happened = np.random.default_rng(3).random((SIZE, 1, 50)) < 0.5
    p, draws = happened.mean(axis=2), frame_of(evenly(), "idle")
    assert value_of_information(draws, p).everything["right"] == pytest.approx(0.056, abs=0.006)
    assert value_of_information(draws, p, runs=50).everything["right"] < 0.02
    assert value_of_information(draws, happened).everything["right"] < 0.02


def test_luck_that_all_draws_share_is_no_information_either_but_widens_what_is_known():
    """P = x, and a run closes wherever x is above its luck: the same luck for all, so that P is a step from 0 to 1."""
    x, luck = evenly(), np.random.default_rng(5).random(60)
    found = value_of_information(frame_of(x, "rate"), (luck < x)[:, None, :])
    alone = value_of_information(frame_of(x, "rate"), (luck < x).mean(axis=1))
    wide, narrow = (row(one, "rate")["right_high"] - row(one, "rate")["right_low"] for one in (found, alone))
    assert wide > 1.5 * narrow
    assert row(found, "rate")["right_low"] <= 0.25 <= row(found, "rate")["right_high"]
    assert found.runs == 60
    same = np.broadcast_to((luck < 0.5)[None, None, :], (SIZE, 1, 60))
    assert value_of_information(frame_of(x, "rate"), same).everything["spread"] == 0


def test_the_order_of_the_draws_says_nothing_about_the_estimates():
    x = evenly(100, 3)
    p, order = np.clip(x @ [0.5, 0.3, 0.1], 0, 1), np.random.default_rng(6).permutation(100)
    mixed = value_of_information(frame_of(x[order], "a", "b", "c"), p[order], runs=100).frame
    one, other = value_of_information(frame_of(x, "a", "b", "c"), p, runs=100).frame, mixed
    for name in ("right", "spread", "shift", "share"):
        assert one[name].to_numpy() == pytest.approx(other[name].to_numpy(), abs=1e-12)


def test_the_same_seed_finds_the_same_intervals():
    x = evenly(100, 2)
    one, other, third = (value_of_information(frame_of(x, "a", "b"), x[:, 0], seed=seed).frame for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(third)


@pytest.mark.parametrize(
    ("x", "p", "more", "sentence"),
    [
        (np.arange(30.0), np.full(29, 0.5), {}, r"a probability for each of 30 draws, got an array of \(29,\)"),
        (np.arange(10.0), np.full(10, 0.5), {}, "at least 20 draws, got 10"),
        (np.arange(30.0), np.full(30, 1.5), {}, "probabilities from 0 to 1, got 1.5 to 1.5"),
        (np.arange(30.0), np.full(30, 0.5), {"actions": ["a", "b"]}, "a name for each of 1 actions, got 2"),
        (
            np.array([f"w{k}" for k in range(30)], object),
            np.full(30, 0.5),
            {},
            "numbers, dates, or at most 4 different words",
        ),
        (np.ones(30), np.full(30, 0.5), {}, "a column that varies, got none"),
    ],
)
def test_what_does_not_fit_is_refused(x, p, more, sentence):
    with pytest.raises(ValueError, match=f"expected {sentence}"):
        value_of_information(pd.DataFrame({"x": x}), p, **more)


# --------------------------------------------------------------------------------------------------------------------
# Rounds

CONSENT, SIGNING = "gatekeepers.law.probability_by_deadline", "investors.fund.signing_probability"


def guess(value, low, high):
    return {"value": value, "low": low, "high": high, "grade": "judgement", "source": "a guess"}


@pytest.fixture(scope="module")
def studies():
    """A lead of 6 behind a consent of chance q, .55 give or take .4, and a fund of 4 of chance s, .45 give or take .3.

    Of a lead without conditions all hangs on the fund: P = s. A round of 6 needs the lead alone: P = q.
    """
    lead, fund = bound("lead", 6.0, [{"gate": "law"}]), signer("fund", 4.0, guess(0.45, 0.15, 0.75))
    gates = [
        {"id": "law", "probability_by_deadline": guess(0.55, 0.15, 0.95)},
        {"id": "idle", "probability_by_deadline": guess(0.5, 0.1, 0.9)},
    ]
    scenario = abm.scenario_from(world([lead, fund], gates, days=35))
    design = abm.Design.prior(scenario, 64, seed=2)
    actions = {"drop the condition": {"investors.lead.conditions": "off"}, "ask for less": {"round.target_bn": 6.0}}
    return {name: abm.sweep(scenario.with_values(one), design, runs=200, workers=1) for name, one in actions.items()}


def test_what_the_numbers_of_a_round_are_worth_is_what_their_triangular_laws_say(studies):
    """A triangular law of half-width h has variance h^2 / 6 and mean absolute deviation h / 3.

    Above a level d from its mean it is by (h - d)^3 / (6 h^2) on average: above 1/2 one counts on s; above .45, and
    above .55, an action beats what the other has on average.
    """
    found = information_of(studies)
    fund, law, idle = (row(found, path) for path in (SIGNING, CONSENT, "gatekeepers.idle.probability_by_deadline"))
    right, fund_choice, law_choice = 2 * 0.25**3 / (6 * 0.3**2), 0.2**3 / (6 * 0.3**2), 0.3**3 / (6 * 0.4**2)
    truths = [
        (fund, {"right": right, "spread": 0.3 / math.sqrt(6), "shift": 0.3 / 3, "choice": fund_choice}),
        (law, {"right": 0.0, "spread": 0.0, "shift": 0.0, "choice": law_choice}),
        (idle, {"right": 0.0, "spread": 0.0, "shift": 0.0, "choice": 0.0}),
    ]
    for one, truth in truths:
        for name, value in truth.items():
            assert one[f"{name}_low"] <= value <= one[f"{name}_high"], (one.name, name)
            assert one[name] == pytest.approx(value, abs=0.03), (one.name, name)
    assert fund["share"] == pytest.approx(1.0, abs=0.1)
    assert (found.draws, found.runs, found.actions) == (64, 200, ("drop the condition", "ask for less"))
    assert str(found).startswith(f"{SIGNING}: learning it moves the probability by ")
    assert str(found).endswith("64 draws of 200 runs, seed 1)")


def test_one_study_alone_says_the_same_of_its_own_probability(studies):
    both, alone = information_of(studies), information_of(studies["drop the condition"])
    assert "choice" not in alone.frame
    assert row(alone, SIGNING)["spread"] == pytest.approx(row(both, SIGNING)["spread"], rel=1e-9)
    assert alone.actions == ("as it is",)


def test_studies_of_other_draws_are_refused(studies):
    first, second = studies.values()
    second.job, job = abm.sweep("three-investors", {"round.target_bn": [6, 8]}, runs=2, seed=9).job, second.job
    with pytest.raises(ValueError, match="expected studies of the same draws and seed"):
        information_of({"a": first, "b": second})
    second.job = job


# --------------------------------------------------------------------------------------------------------------------
# The picture


def test_the_picture_shows_the_largest_first_with_what_all_together_are_worth():
    x = evenly(100, 4)
    found = value_of_information(frame_of(x, "a", "b", "c", "d"), x @ [0.1, 0.5, 0.0, 0.3])
    ax = drawn(draw, found.frame, words={"b": "the rate"}, together=0.125, most=3).axes[0]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["the rate", "d", "a"]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[0] == pytest.approx(12.5, rel=0.03)  # a quarter of the slope, in points
    assert widths == sorted(widths, reverse=True)
    assert [text.get_text() for text in ax.texts] == ["all numbers together: 12.5"]
    with pytest.raises(ValueError, match="expected one of the measures right, spread, shift, share, got 'choice'"):
        drawn(draw, found.frame, measure="choice")
