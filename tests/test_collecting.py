"""Statistics of one's own: what the model is asked, once a run or once a week, stands in the runs and in studies."""

from __future__ import annotations

import hashlib
import json
import math

import numpy as np
import pandas as pd
import pytest

import abm
from abm.core.errors import StoreError
from abm.sweeps.manifest import MANIFEST
from abm.sweeps.store import TABLE

SMALL = "three-investors"
AXES = {"round.target_bn": [6, 8]}


def money_in(model):
    return model.population.bn(model.paid_musd)


def signatures(model):
    return sum(not math.isnan(investor.sign_day) for investor in model.investors)


def week(model):
    return model.week


def sha(study):
    return hashlib.sha256((study.folder / TABLE).read_bytes()).hexdigest()


def test_a_statistic_of_a_run_is_a_column_of_its_name():
    outcomes = abm.simulate(SMALL, 40, collect=[money_in, signatures])
    frame = outcomes.to_frame()
    assert outcomes.engine == "mesa"
    assert list(frame.columns[-2:]) == ["money_in", "signatures"]
    assert frame["money_in"].tolist() == frame["funded_bn"].tolist()
    days = frame[[f"sign_day.{who}" for who in outcomes.ids]]
    assert frame["signatures"].tolist() == days.notna().sum(axis=1).tolist()
    chance = outcomes.probability("money_in >= 8 and signatures > 1")
    assert chance.p == ((frame["funded_bn"] >= 8) & (frame["signatures"] > 1)).mean()
    assert outcomes.quantiles("signatures")["mean"] == pytest.approx(frame["signatures"].mean())
    assert outcomes.first(10).to_frame().equals(frame.head(10))


def test_all_else_stays_as_it_is():
    plain = abm.simulate(SMALL, 40, engine="mesa").to_frame()
    asked = abm.simulate(SMALL, 40, collect={"w": abm.weekly(week), "p": money_in}).to_frame()
    pd.testing.assert_frame_equal(asked[plain.columns], plain)


def test_a_weekly_statistic_has_a_column_a_week_and_keeps_its_last_value():
    outcomes = abm.simulate(
        "mutual-conditions", 30, collect={"week": abm.weekly(week), "paid_so_far": abm.weekly(money_in)}
    )
    weeks = int(outcomes.scenario.horizon_weeks)
    path = outcomes.path("week")
    assert path.shape == (30, weeks)
    assert list(outcomes.to_frame().columns[-2 * weeks :][:2]) == ["week.1", "week.2"]
    last = path[weeks]
    assert (last < weeks).any()  # a round that is over, with no company to watch
    expected = np.minimum(np.arange(1, weeks + 1), last.to_numpy()[:, None])
    assert np.array_equal(path.to_numpy(), expected)
    assert np.array_equal(outcomes.path("paid_so_far"), outcomes.path("paid"))
    assert outcomes.path("week").index.tolist() == outcomes.to_frame()["run"].tolist()


def test_totals_count_events_over_statistics_and_workers_do_not_matter():
    event = "signatures >= 2"
    totals = abm.simulate(SMALL, 100, collect=signatures, keep="totals", events=[event], workers=2)
    rows = abm.simulate(SMALL, 100, collect=signatures, keep="rows", workers=1)
    assert totals.probability(event) == rows.probability(event)


def test_no_value_is_nan_and_does_not_count():
    outcomes = abm.simulate(SMALL, 20, collect={"odd": lambda model: model.run if model.run % 2 else math.nan})
    assert outcomes.quantiles("odd")["mean"] == 10.0
    assert outcomes.probability("known(odd)").p == 0.5


@pytest.mark.parametrize(
    ("collect", "says"),
    [
        ({"bad": lambda model: None}, r"collect: expected a number from 'bad', got NoneType None \(seed 1, run 0\)"),
        ({"bad": lambda model: "x"}, r"collect: expected a number from 'bad', got str 'x'"),
        ({"bad": lambda model: [1.0]}, r"collect: expected a number from 'bad', got list \[1.0\]"),
        ({"bad": lambda model: math.inf}, r"collect: expected a number from 'bad', got float inf"),
        ({"bad": abm.weekly(lambda model: "x")}, r"collect: expected a number from 'bad', got str 'x'"),
        (lambda model: 1, "collect: expected a name such as 'peak' for a statistic, got '<lambda>'"),
        ({"not": week}, "collect: expected a name such as 'peak' for a statistic, got 'not'"),
        ({"a b": week}, "collect: expected a name such as 'peak' for a statistic, got 'a b'"),
        ({"closed": week}, "collect: expected a name that no column has, got 'closed'"),
        ({"sign_day": week}, "collect: expected a name that no column has, got 'sign_day'"),
        ([week, week], "collect: expected a name that no column has, got 'week'"),
        (3, "collect: expected a function of the model, several, or functions by name, got 3"),
        ({"peak": 3}, "collect: expected a function of the model for 'peak', got 3"),
    ],
)
@pytest.mark.parametrize("ask", [
    lambda collect: abm.simulate(SMALL, 3, collect=collect),
    lambda collect: abm.sweep(SMALL, AXES, 3, collect=collect),
], ids=["simulate", "sweep"])  # fmt: skip
def test_what_is_no_statistic_is_refused_in_one_sentence(ask, collect, says):
    with pytest.raises(ValueError, match=says):
        ask(collect)


def test_the_compiled_engine_has_no_model_to_ask():
    with pytest.raises(ValueError, match="expected the engine 'mesa' for a statistic of one's own, got 'ensemble'"):
        abm.simulate(SMALL, 3, collect=week, engine="ensemble")


# --------------------------------------------------------------------------------------------------------------------
# Studies


def test_a_study_keeps_statistics_whoever_does_the_work(tmp_path):
    asked = {"paid": money_in, "seen": abm.weekly(week)}
    studies = [
        abm.sweep(SMALL, AXES, 60, collect=asked, event="paid >= 8", executor=who, workers=many, folder=tmp_path / who)
        for who, many in (("threads", 1), ("processes", 2))
    ]
    assert sha(studies[0]) == sha(studies[1])
    frame = studies[0].points()
    for point, target in enumerate(AXES["round.target_bn"]):
        alone = abm.simulate(abm.load_scenario(SMALL).with_values({"round.target_bn": target}), 60, collect=asked)
        assert frame["mean.paid"][point] == pytest.approx(alone.to_frame()["paid"].mean())
        assert frame["p"][point] == alone.probability("paid >= 8").p
        assert studies[0].runs(point)["seen.3"].tolist() == [3.0] * 60
    again = abm.Study.open(tmp_path / "processes")  # to look at it, no function is needed
    assert again.points().equals(frame)


def test_a_study_goes_on_only_with_its_functions_and_counts_what_they_do(tmp_path):
    folder = tmp_path / "study"
    first = abm.sweep(SMALL, AXES, 20, collect={"told": money_in}, folder=folder)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert manifest["collect"]["told"]["name"].endswith(":money_in")
    with pytest.raises(StoreError, match=r"expected the function that the study was made with, abm.resume"):
        abm.resume(folder)
    assert abm.resume(folder, collect={"told": money_in}).points().equals(first.points())
    other = abm.sweep(SMALL, AXES, 20, collect={"told": signatures}, folder=folder)
    assert other.points()["mean.told"].tolist() != first.points()["mean.told"].tolist()
    assert other.runs(0)["told"].max() <= 3


def test_a_shorter_horizon_has_no_week_to_keep_and_is_put_aside():
    study = abm.sweep(SMALL, {"horizon_weeks": [60, 104]}, 10, collect={"seen": abm.weekly(week)})
    assert study.points()["runs"].tolist() == [0, 10]
    assert "seen.61" in study.failures()[0].message
