"""Scores, fits and back-tests: published formulas, another library's numbers, and planted truths that come back."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import asdict
from importlib import resources

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from abm.core.errors import Refusal
from abm.history import Library, backtest, calibrate, classes, library, translate
from abm.history.case_files import packaged_files, start_text
from abm.history.class_table import rows_text
from abm.history.fitting import CENTRE, SPREAD, Question, expit, fit, log_density, slope_of_density, values_of
from abm.history.forecasting import DealTable, forecast
from abm.history.planted import planted_ranks
from abm.history.posterior import sample
from abm.history.priors import CLASSES
from abm.history.rivals import base_rate, kind_rate, library_rate
from abm.history.scores import auc, brier_score, calibration_bins, crps, difference_interval, log_score
from abm.history.studied import Studied

CASES = library()
ZERO = CASES.filtered(lambda case: case.library == "0")
B = CASES.filtered(lambda case: case.library == "B")
DEALS = DealTable.of([translate(case) for case in CASES])
FULL = np.array([case.closed == "full" for case in CASES])


# --------------------------------------------------------------------------------------------------------------------
# Scores


def test_scores_are_those_of_another_library():
    chance = np.random.default_rng(5)
    p = chance.random(200).round(2).clip(0.01, 0.99)  # with ties
    happened = chance.random(200) < p
    assert brier_score(p, happened) == pytest.approx(brier_score_loss(happened, p))
    assert log_score(p, happened) == pytest.approx(log_loss(happened, p))
    assert auc(p, happened) == pytest.approx(roc_auc_score(happened, p))


def test_the_score_of_a_law_is_the_integral_of_its_squared_distance():
    """CRPS is the integral of (F(x) - 1{x >= y})^2 (Matheson and Winkler 1976), here on a fine grid."""
    chance = np.random.default_rng(6)
    x, w, seen = chance.random((20, 6)), chance.dirichlet(np.ones(6), 20), chance.random(20)
    grid = (np.arange(200_000) + 0.5) / 200_000
    for k in range(20):
        below = (w[k][:, None] * (x[k][:, None] <= grid)).sum(axis=0)
        assert crps(x, w, seen)[k] == pytest.approx(((below - (grid >= seen[k])) ** 2).mean(), abs=1e-4)


def test_a_sure_forecast_scores_its_distance_and_a_yes_or_no_one_its_brier_score():
    assert crps(np.full((1, 1), 0.3), np.ones((1, 1)), np.array([0.8]))[0] == pytest.approx(0.5)
    assert crps(np.array([[0.0, 1.0]]), np.array([[0.3, 0.7]]), np.ones(1))[0] == pytest.approx(0.3**2)


def test_groups_not_cases_are_drawn_again():
    """Ten copies of one case in one group say no more than the one does: with two groups the interval spans both."""
    mean, low, high = difference_interval(np.array([1.0] * 10 + [0.0] * 10), ["a"] * 10 + ["b"] * 10, 1)
    assert (mean, low, high) == (0.5, 0.0, 1.0)
    apart = difference_interval(np.array([1.0] * 10 + [0.0] * 10), [str(k) for k in range(20)], 1)
    assert 0.25 < apart[1] < apart[2] < 0.75


def test_bins_hold_every_case_once_from_low_to_high():
    p = np.linspace(0.9, 0.1, 23)
    bins = calibration_bins(p, p > 0.5)
    assert sum(one.n for one in bins) == 23
    assert [one.mean for one in bins] == sorted(one.mean for one in bins)
    assert sum(one.n * one.happened for one in bins) == pytest.approx((p > 0.5).sum())


# --------------------------------------------------------------------------------------------------------------------
# Fits


def test_the_slope_of_the_fit_is_that_of_small_steps():
    libraries = np.array([["0", "A", "B"].index(case.library) for case in CASES])
    for question in (Question(DEALS, FULL), Question(DEALS, FULL, False), Question(DEALS, FULL, libraries=libraries)):
        at = question.prior()[0] + 0.2
        steps = approx_fprime(at, lambda x, q=question: log_density(x, q), 1e-6)
        slope = slope_of_density(at, question)
        assert slope == pytest.approx(steps, abs=1e-3)


def test_one_class_alone_is_a_beta_like_posterior_by_quadrature():
    """Forty rounds that need one event each: the posterior of its logit by a fine grid."""
    needed = np.zeros((40, len(CLASSES)), bool)
    needed[:, CLASSES.index("price")] = True
    full = np.arange(40) < 12
    question = Question(DealTable(needed, np.full(40, np.nan), np.zeros(40)), full, luck=False)
    fitted = fit(question)
    k = CLASSES.index("price")
    x = np.linspace(-6, 6, 20_001)
    p = expit(x)
    density = -(((x - CENTRE[k]) / SPREAD[k]) ** 2) / 2 + 12 * np.log(p) + 28 * np.log1p(-p)
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    assert fitted.mode[k] == pytest.approx(x[density.argmax()], abs=2e-3)
    draws = sample(fitted, question, 4_000, 1)
    assert draws.quantile(0.05)[k] == pytest.approx(np.interp(0.05, weight.cumsum(), x), abs=0.06)
    assert draws.quantile(0.95)[k] == pytest.approx(np.interp(0.95, weight.cumsum(), x), abs=0.06)
    others = np.delete(fitted.learned, k)
    assert np.abs(others).max() < 1e-6
    assert fitted.learned[k] > 0.5


def test_a_large_planted_library_gives_its_values_back():
    """Forty copies of the packaged deals with known values: what is asked often enough comes back."""
    chance = np.random.default_rng(4)
    truth = CENTRE.copy()
    truth[CLASSES.index("in_talks")] += 1.0
    truth[CLASSES.index("milestone")] -= 1.0
    truth[len(CLASSES)] = np.log(2.0)
    many = DEALS[np.tile(np.arange(len(DEALS)), 40)]
    full = chance.random(len(many)) < forecast(many, values_of(truth)).full
    fitted = fit(Question(many, full))
    away = (fitted.mode - truth) / fitted.sd
    assert np.abs(away).max() < 4.5
    assert fitted.learned[CLASSES.index("in_talks")] > 0.9
    assert abs(fitted.mode[CLASSES.index("in_talks")] - truth[CLASSES.index("in_talks")]) < 0.3


@pytest.mark.statistical
def test_over_its_own_worlds_a_fitted_forecast_is_right_on_average():
    """Values from the priors, endings from the values, a fit to them, and forecasts of endings that it has not seen."""
    forecasts, came = [], []
    for number in range(20):
        chance = np.random.default_rng((11, number))
        truth = forecast(DEALS, values_of(CENTRE + SPREAD * chance.standard_normal(len(CENTRE)))).full
        fitted = fit(Question(DEALS, chance.random(len(DEALS)) < truth))
        forecasts.append(forecast(DEALS, fitted.values).full)
        came.append(chance.random(len(DEALS)) < truth)
    for one in calibration_bins(np.concatenate(forecasts), np.concatenate(came)):
        # 516 forecasts a bin, of which those of one world go wrong together: at least 20 are independent
        assert abs(one.mean - one.happened) < 4.5 * np.sqrt(0.25 / 516 + 0.05**2 / 20)


@pytest.mark.statistical
def test_planted_values_lie_anywhere_in_their_posteriors():
    """Ranks of the truth are flat; the whole run of 200 libraries is a command of docs/validation.md."""
    ranks = planted_ranks(DEALS, 16, seed=7, draws=300)
    assert ranks.p_value() > 1e-4
    assert abs(ranks.ranks.mean() - 0.5) < 4.5 / np.sqrt(12 * ranks.ranks.size)


def test_intercepts_take_up_what_selection_did_and_are_not_shipped():
    mixed = CASES.filtered(lambda case: case.library in "AB")
    plain, nuisance = calibrate(mixed), calibrate(mixed, intercepts=True)
    shifts = nuisance.fitted.mode[len(CENTRE) :]
    assert shifts[0] < 0 < shifts[1]  # of A and B, where 37 and 76 % closed
    assert [row.id for row in nuisance.rows] == [row.id for row in plain.rows]
    assert len(nuisance.learned) == len(plain.learned) == len(CENTRE)


def test_the_packaged_table_is_what_the_cases_say_and_the_same_seed_gives_the_same_bytes():
    found = calibrate(CASES)
    packaged = resources.files("abm.scenario").joinpath("classes.toml").read_text("utf-8")
    assert [row.id for row in found.rows] == list(classes())
    for row in found.rows:
        there, now = asdict(classes()[row.id]), asdict(row)
        for key in ("value", "low", "high"):
            assert there.pop(key) == pytest.approx(now.pop(key), rel=0.01), f"{row.id}.{key}: abm calibrate --out"
        assert there == now, row.id
    assert rows_text(list(calibrate(ZERO).rows)) == rows_text(list(calibrate(ZERO).rows))
    assert set(tomllib.loads(packaged)) == set(classes())


# --------------------------------------------------------------------------------------------------------------------
# Back-tests


@pytest.fixture(scope="module")
def tested():
    return backtest(CASES)


def scores_of(tested):
    return {row["forecaster"]: row for row in tested.scores()}


def test_the_model_does_on_left_out_groups_what_it_has_to(tested):
    scores = scores_of(tested)
    assert scores["model"]["brier"] <= 0.220
    assert scores["without_conditions"]["brier"] - scores["model"]["brier"] >= 0.02
    assert tested.left_out
    assert len(tested.scored) == 129


def test_no_forecast_knows_the_outcome_of_its_group(tested):
    """Outcomes of a group turned round change no forecast of it, and some of others."""
    group = "faraday_evergrande_2017"
    members = {case for case, of in CASES.groups().items() if of == group}
    few = CASES.filtered(lambda case: case.id in {*ZERO.ids[:14], *members})
    turned = Library(tuple(_turned(case) if case.id in members else case for case in few), "turned")
    before, after = backtest(few, few).frame, backtest(turned, turned).frame
    names = [name for name in before.columns if name.startswith("p_")] + ["partial", "low", "high"]
    inside = before["group"] == before.loc[sorted(members)[0], "group"]
    assert before.loc[inside, names].equals(after.loc[inside, names])
    assert not before.loc[~inside, "p_model"].equals(after.loc[~inside, "p_model"])


def _turned(case):
    bn = case.currency_usd_bn.target * (0.0 if case.closed == "full" else 1.0)
    closed = "failed" if case.closed == "full" else "full"
    return case.model_copy(update={"outcome": case.outcome.model_copy(update={"closed": closed, "raised_bn": bn})})


def test_a_plain_fit_serves_for_cases_that_it_does_not_know():
    tested = backtest(ZERO, B)
    assert not tested.left_out
    question = Question(DealTable.of([translate(case) for case in B]), np.array([c.closed == "full" for c in B]))
    expected = forecast(DealTable.of([translate(case) for case in ZERO]), fit(question).values).full
    assert tested.frame["p_model"].to_numpy() == pytest.approx(expected)


def test_rates_by_hand():
    known, asked = Studied.of(B), Studied.of(ZERO)
    assert base_rate(known, asked)[0] == pytest.approx(32 / 42)
    assert library_rate(known, asked)[0] == pytest.approx(32 / 42)  # library 0 is not known
    signed = known.full[known.kinds == asked.kinds[0]]
    assert kind_rate(known, asked)[0] == pytest.approx((signed.sum() + 2 * 32 / 42) / (len(signed) + 2))


def test_the_range_of_a_forecast_holds_it(tested):
    frame = tested.frame
    assert (frame["low"] <= frame["p_model"]).all()
    assert (frame["p_model"] <= frame["high"]).all()
    assert (frame["p_model"] + frame["partial"] + frame["failed"]).to_numpy() == pytest.approx(np.ones(len(frame)))


def test_the_command_prints_scores_and_one_object_with_every_forecast(command, tmp_path):
    folder = tmp_path / "few"
    folder.mkdir()
    for path in packaged_files()[:8]:
        shutil.copy(path, folder)
    (folder / "acme_2026.yaml").write_text(start_text("acme_2026"), "utf-8")
    code, text, said = command("backtest", "few", "--fit", "few", "--out", "told")
    assert (code, said) == (0, "")
    assert "9 cases (few)" in text
    assert "scored: 8 of them" in text
    assert {path.name for path in (tmp_path / "told").iterdir()} == {"forecasts.csv", "reliability.png"}
    code, text, said = command("backtest", "few", "--fit", "few", "--json")
    answer = json.loads(text)
    assert (code, said, answer["cases"], answer["scored"]) == (0, "", 9, 8)
    assert answer["forecasts"]["acme_2026"]["outcome_full"] is None
    assert 0 < answer["forecasts"]["acme_2026"]["p_model"] < 1
    assert answer["forecasts"]["acme_2026"]["crps_model"] is None
    assert {row["forecaster"] for row in answer["scores"]} >= {"model", "base_rate", "logistic", "independent_luck"}


def test_a_folder_of_open_rounds_is_forecast_and_nothing_is_scored(command, tmp_path):
    (tmp_path / "acme_2026.yaml").write_text(start_text("acme_2026"), "utf-8")
    code, text, _ = command("backtest", ".")
    assert code == 0
    assert "No case has an outcome" in text
    for asked in (("backtest", "--fit", "."), ("calibrate", ".")):
        assert command(*asked) == (2, "", ".: expected at least 2 cases with an outcome, got 0\n")


def test_a_faulty_file_is_refused_in_one_sentence(command, tmp_path):
    (tmp_path / "acme_2026.yaml").write_text(start_text("acme_2026").replace("target: 0.5", "target: much"), "utf-8")
    for name in ("backtest", "calibrate"):
        code, text, said = command(name, ".")
        assert (code, text) == (2, "")
        assert re.fullmatch(r"acme_2026.yaml: currency_usd_bn.target: expected .*, got 'much'\n", said)


def test_one_group_alone_cannot_be_left_out():
    one = CASES.filtered(lambda case: case.id.startswith("barclays"))
    assert len(one) == 2
    with pytest.raises(Refusal, match="expected cases of other groups to fit to"):
        backtest(one, one)


def test_without_the_other_library_all_else_is_scored(monkeypatch):
    from abm.history import backtesting
    from abm.report.history_text import backtest_text

    monkeypatch.setattr(backtesting, "has_logistic", lambda: False)
    tested = backtest(ZERO, B)
    assert "logistic" not in tested.forecasters
    assert "pip install scikit-learn" in backtest_text(tested)
