"""Outcomes: events, estimates, quantiles and paths of runs that were written by hand."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

import abm
from abm.core.records import RESULT, STAGES
from abm.rules.failure import CAUSES
from abm.runs.estimates import spread
from abm.runs.outcomes import Batch, Estimate, Outcomes, RunResult, Trace, estimate

NAN = math.nan
NOTHING = dict.fromkeys(RESULT.names, 0) | {"closed_day": NAN, "default_day": NAN, "survived": None}


def a_run(number: int, funded: int, **more) -> RunResult:
    """Write down a run of three investors: a lead, a fund, and a member of a pool."""
    parts = [funded, 0, 0] if funded < 9_000 else [6_000, 3_000, funded - 9_000]
    stages = [STAGES.index("paid" if part else "looking") for part in parts]
    lists = {"stage": stages, "sign_day": [0.0, 10.5 * (number + 1), NAN], "investor_paid_musd": parts,
             "investor_shares": parts, "gate_day": [40.0 * (number + 1)]}  # fmt: skip
    lists |= {name: more.pop(name) for name in list(more) if name in lists or name.endswith("_path")}
    return RunResult(NOTHING | {"run": number, "paid_musd": funded, "closed": funded >= 8_000} | more, **lists)


RUNS = [
    a_run(0, 9_500, closed_day=156.0, survived=True, gap_musd=0, paid_path=[0, 6_000, 9_500], cash_path=[1_500]),
    a_run(1, 10_000, closed_day=100.0, survived=True, gap_musd=7_700, paid_path=[10_000]),
    a_run(2, 6_000, cause=CAUSES.index("demand"), survived=False, default_day=300.25, paid_path=[6_000]),
    a_run(3, 0, cause=CAUSES.index("gate"), survived=False, default_day=200.0, gate_day=[math.inf]),
    a_run(4, 0, cause=CAUSES.index("gate"), survived=True, closed_day=NAN, gate_day=[math.inf]),
]


IDS, GATES, WEEKS = ("lead", "a-fund", "pool#1"), ("law",), 104


def made_of(results, name="three-investors", seed=7) -> Outcomes:
    batch = Batch.of(results, len(IDS), len(GATES), WEEKS)
    return Outcomes(abm.load_scenario(name), seed, "mesa", IDS, GATES, batch)


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return made_of(list(reversed(RUNS)))


# --------------------------------------------------------------------------------------------------------------------
# The frame


def test_the_frame_has_a_row_a_run_in_order_whatever_the_order_of_the_workers(outcomes):
    frame = outcomes.to_frame()
    assert outcomes.runs == len(frame) == 5
    assert frame["run"].tolist() == [0, 1, 2, 3, 4]
    assert frame["funded_bn"].tolist() == [9.5, 10.0, 6.0, 0.0, 0.0]
    assert frame["paid_bn.a-fund"].tolist() == [3.0, 3.0, 0.0, 0.0, 0.0]
    assert frame["paid_bn.pool#1"].tolist() == [0.5, 1.0, 0.0, 0.0, 0.0]


def test_the_frame_has_one_type_a_column(outcomes):
    types = outcomes.to_frame().dtypes.astype(str).to_dict()
    assert {name for name, form in types.items() if form == "bool"} == {"closed", "extended", "listed"}
    assert {name for name, form in types.items() if form == "int64"} == {"run", "rung"}
    assert types["survived"] == "boolean"
    categories = {name for name, form in types.items() if form == "category"}
    assert categories == {"cause", *(f"stage.{who}" for who in outcomes.ids)}
    assert {form for name, form in types.items()} == {"bool", "int64", "boolean", "category", "float64"}


def test_every_number_has_its_unit_in_its_name(outcomes):
    for name, form in outcomes.to_frame().dtypes.astype(str).items():
        kind = name.split(".")[0]
        assert form != "float64" or kind.endswith(("_bn", "_day")) or kind == "dilution", name


def test_what_never_happened_is_missing(outcomes):
    frame = outcomes.to_frame()
    assert frame["closed_day"].isna().tolist() == [False, False, True, True, True]
    assert frame["default_day"].isna().tolist() == [True, True, False, False, True]
    assert frame["survived"].tolist() == [True, True, False, False, True]
    assert frame["gate_day.law"].isna().tolist() == [False, False, False, True, True]
    assert frame["sign_day.pool#1"].isna().all()
    assert frame["cause"].tolist() == ["", "", "demand", "gate", "gate"]


def test_nothing_survives_where_there_is_no_company():
    outcomes = made_of(RUNS, "mutual-conditions")
    assert outcomes.to_frame()["survived"].isna().all()
    for event in ("survived", "not survived"):
        assert outcomes.probability(event).runs == 0
    assert math.isnan(outcomes.quantiles("survived")["mean"])
    assert made_of(RUNS).quantiles("survived")["mean"] == pytest.approx(0.6)


def test_the_frame_is_the_callers_to_change(outcomes):
    frame = outcomes.to_frame()
    frame["funded_bn"] = 0.0
    assert outcomes.to_frame()["funded_bn"].sum() == 25.5


# --------------------------------------------------------------------------------------------------------------------
# Events


@pytest.mark.parametrize(
    ("event", "times", "runs"),
    [
        ("closed", 2, 5),
        ("not closed", 3, 5),
        ("~closed", 3, 5),
        ("funded_bn >= 6", 3, 5),
        ("funded_bn > 6 and closed_day <= 156", 2, 5),
        ("closed & (closed_day < 156)", 1, 5),
        ("paid_bn.lead > 0", 3, 5),
        ("paid_bn.a-fund > 0", 2, 5),
        ("paid_bn.pool#1 == 1", 1, 5),
        ("paid_bn.a-fund > paid_bn.pool#1", 2, 5),
        ("stage.pool#1 == 'paid'", 2, 5),
        ("cause == 'gate'", 2, 5),
        ("cause == 'gate' or cause == 'demand'", 3, 5),
        ("gate_day.law <= 100", 2, 5),
        ("closing_gap_bn > 0", 1, 5),
        ("run % 2 == 0", 3, 5),
        ("survived", 3, 5),
        ("not survived", 2, 5),
        ("survived and closed", 2, 5),
        ("default_day < 250", 1, 5),
    ],
)
def test_the_probability_of_an_event_counts_the_runs_in_which_it_is_known(outcomes, event, times, runs):
    chance = outcomes.probability(event)
    assert (chance.p, chance.runs, chance.seed) == (times / runs, runs, 7)
    assert 0.0 <= chance.low <= chance.p <= chance.high <= 1.0


@pytest.mark.parametrize(
    ("event", "times"),
    [("funded_bn >= 9.5", 2), ("paid_bn.pool#1 > 0.75", 1), ("0.5 <= funded_bn <= 9.75", 2), ("funded_bn >= 1.0e1", 1)],
)
def test_an_event_may_have_decimals(outcomes, event, times):
    assert outcomes.probability(event).p == times / 5


@pytest.mark.parametrize(
    "event",
    [
        "nope",
        "paid_bn.nobody > 0",
        "closed +",
        "",
        "funded_bn",
        "cause",
        "1",
        "True",
        "@os",
        "__import__('os')",
        "a == b",
    ],
)
def test_what_is_no_event_is_refused_with_a_sentence_that_quotes_it(outcomes, event):
    with pytest.raises(ValueError, match=r"^expected an? (condition|event) ") as refusal:
        outcomes.probability(event)
    assert repr(event) in str(refusal.value)


@given(st.lists(st.integers(0, 12_000), min_size=1, max_size=30), st.integers(0, 12))
def test_an_event_and_its_opposite_share_the_runs(money, bar):
    results = [a_run(number, one) for number, one in enumerate(money)]
    outcomes = made_of(results)
    yes, no = outcomes.probability(f"funded_bn >= {bar}"), outcomes.probability(f"funded_bn < {bar}")
    assert yes.p + no.p == pytest.approx(1.0)
    assert yes.low == pytest.approx(1.0 - no.high)
    assert round(yes.p * yes.runs) == sum(one >= 1_000 * bar for one in money)


# --------------------------------------------------------------------------------------------------------------------
# Estimates, causes, quantiles, paths


def test_no_runs_say_nothing():
    nothing = estimate(0, 0, seed=1)
    assert math.isnan(nothing.p)
    assert (nothing.low, nothing.high, nothing.runs) == (0.0, 1.0, 0)


def test_an_estimate_is_quoted_with_interval_runs_and_seed():
    quote = str(Estimate(0.25, 0.1, 0.4, 12_345, 7))
    assert quote == "25.0% (95 % interval 10.0% to 40.0%, 12,345 runs, seed 7)"


def test_causes_are_shares_of_all_runs_and_add_up_with_the_closings(outcomes):
    causes = outcomes.causes()
    assert {cause: chance.p for cause, chance in causes.items()} == {"gate": 0.4, "demand": 0.2}
    assert list(causes) == ["gate", "demand"]  # the most frequent first
    assert sum(chance.p for chance in causes.values()) + outcomes.probability("closed").p == pytest.approx(1.0)


@pytest.mark.parametrize("name", abm.packaged())
def test_in_simulated_runs_a_round_closes_or_has_one_cause_of_failure(name):
    frame = abm.simulate(name, runs=30, seed=2, workers=1).to_frame()
    assert ((frame["cause"] == "") == frame["closed"]).all()
    assert (frame["closed_day"].notna() == frame["closed"]).all()
    paid = frame[[column for column in frame if column.startswith("paid_bn.")]].sum(axis=1)
    assert np.allclose(paid, frame["funded_bn"], atol=1e-9)


def test_quantiles_are_those_of_the_runs(outcomes):
    found = outcomes.quantiles("funded_bn")
    assert found == pytest.approx({"mean": 5.1, "p05": 0.0, "p50": 6.0, "p95": 9.9})  # 9.5 + 0.8 x 0.5 at rank 3.8
    assert outcomes.quantiles("closed_day")["mean"] == 128.0  # of the runs that closed


def test_a_path_is_in_billions_a_week_and_keeps_its_last_value(outcomes):
    path = outcomes.path("paid")
    assert path.shape == (5, 104)
    assert path.index.tolist() == [0, 1, 2, 3, 4]
    assert (path.columns[0], path.columns[-1]) == (1, 104)
    assert path.loc[0, [1, 2, 3, 4, 104]].tolist() == [0.0, 6.0, 9.5, 9.5, 9.5]
    assert (path.loc[1] == 10.0).all()
    assert (path.loc[3] == 0.0).all()  # a run without a path
    assert (outcomes.path("cash").loc[0] == 1.5).all()


@pytest.mark.parametrize(
    "ask", [lambda o: o.path("profit"), lambda o: o.quantiles("nope"), lambda o: o.quantiles("cause")]
)
def test_an_unknown_path_or_column_is_refused_with_a_sentence(outcomes, ask):
    with pytest.raises(ValueError, match="expected "):
        ask(outcomes)


def test_a_path_that_was_not_kept_is_refused_with_a_sentence():
    batch = Batch.of(RUNS, len(IDS), len(GATES))
    outcomes = Outcomes(abm.load_scenario("three-investors"), 7, "mesa", IDS, GATES, batch)
    with pytest.raises(ValueError, match=r"^expected outcomes that kept their weekly paths \(keep='runs'\)"):
        outcomes.path("paid")


@given(st.integers(0, 3_000), st.integers(1, 3_000))
def test_the_interval_is_that_of_scipy(successes, more):
    for k, n in ((successes, successes + more), (0, more), (more, more), (successes, max(1, successes))):
        theirs = binomtest(k, n).proportion_ci(method="wilson")
        ours = estimate(k, n, seed=1)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-10, abs=1e-14)
        assert (ours.low == 0.0) == (k == 0)
        assert (ours.high == 1.0) == (k == n)


@given(st.lists(st.integers(-9, 9) | st.integers(-(10**6), 10**6), min_size=1, max_size=60))
def test_quantiles_are_those_of_numpy(money):
    found = spread(*np.unique(money, return_counts=True), 1000)
    p05, p50, p95 = np.quantile(np.array(money) / 1000, [0.05, 0.5, 0.95])
    mean = sum(money) / len(money) / 1000
    assert found == pytest.approx({"mean": mean, "p05": p05, "p50": p50, "p95": p95}, rel=1e-9, abs=1e-9)


def test_every_column_of_numbers_has_the_quantiles_of_its_column_in_the_frame(outcomes):
    frame = outcomes.to_frame()
    for name in frame.columns:
        if name == "cause" or name.startswith("stage."):
            continue
        values = frame[name].astype(float).dropna()
        theirs = [values.mean(), *(values.quantile(q) for q in (0.05, 0.5, 0.95))]
        assert list(outcomes.quantiles(name).values()) == pytest.approx(theirs, nan_ok=True), name


# --------------------------------------------------------------------------------------------------------------------
# Batches


@given(st.lists(st.integers(0, 12_000), min_size=1, max_size=12), st.data())
def test_batches_joined_in_any_order_are_the_whole(money, data):
    results = [a_run(number, one, paid_path=[one]) for number, one in enumerate(money)]
    cuts = sorted({0, len(money), *data.draw(st.lists(st.integers(0, len(money)), max_size=3))})
    whole = Batch.of(results, len(IDS), len(GATES), 5)
    parts = [whole.part(start, stop) for start, stop in pairwise(cuts)]
    again = Batch.joined(data.draw(st.permutations(parts)))
    assert whole.collected is again.collected is None
    for one, other in zip(whole[:4], again[:4], strict=True):
        assert (one.shape, one.tobytes()) == (other.shape, other.tobytes())
    assert Batch.joined([*parts[:1], *(part.without_paths() for part in parts[1:])]).runs == len(money)


def test_batches_of_which_one_has_no_paths_have_none_together():
    one, other = (Batch.of(RUNS[k : k + 1], len(IDS), len(GATES), 5) for k in (0, 1))
    assert Batch.joined([one, other]).paths.shape == (2, 3, 5)
    assert Batch.joined([one, other.without_paths()]).paths is None


def test_a_batch_has_a_field_for_everything_that_a_run_leaves_behind():
    run = a_run(3, 9_500, closed_day=7.0, survived=True, cause=2, rung=1, new_shares=5, dilution=0.5, listed=True)
    batch = Batch.of([run], len(IDS), len(GATES), 5)
    for name in RESULT.names:
        assert batch.rows[name][0] == getattr(run, name) or name == "default_day", name
    assert np.isnan(batch.rows["default_day"][0])
    assert batch.fates["paid_musd"].tolist() == batch.fates["shares"].tolist() == [[6_000, 3_000, 500]]
    assert batch.fates["stage"].tolist() == [run.stage]
    assert batch.gate_days.tolist() == [[160.0]]
    assert not batch.paths.any()


def test_a_world_without_investors_and_gatekeepers_makes_a_batch_too():
    batch = Batch.of([RunResult(NOTHING), RunResult(NOTHING | {"run": 1})], 0, 0, 3)
    assert (batch.fates.shape, batch.gate_days.shape, batch.paths.shape) == ((2, 0), (2, 0), (2, 3, 3))


# --------------------------------------------------------------------------------------------------------------------
# Simulated outcomes


def test_runs_depend_on_seed_and_number_alone():
    whole = abm.simulate("three-investors", runs=30, seed=3, workers=1).to_frame()
    tail = abm.simulate("three-investors", runs=10, seed=3, first_run=20, workers=1).to_frame()
    pd.testing.assert_frame_equal(whole.iloc[20:].reset_index(drop=True), tail)
    assert not abm.simulate("three-investors", runs=30, seed=4, workers=1).to_frame().equals(whole)


def test_a_scenario_error_travels_between_processes():
    with pytest.raises(abm.ScenarioError) as refusal:
        abm.simulate("zebra")
    again = pickle.loads(pickle.dumps(refusal.value))
    assert str(again) == str(refusal.value)
    assert again.faults == refusal.value.faults


def test_a_trace_is_a_story_and_a_frame():
    model = abm.FundingModel(abm.load_scenario("mutual-conditions"), seed=1, run=0)
    model.run_model()
    trace = model.trace
    assert isinstance(trace, Trace)
    assert len(str(trace).splitlines()) == len(trace) == len(trace.to_frame()) > 5
    assert list(trace.to_frame()) == ["day", "date", "who", "what", "why", "amount_bn"]
    assert [event.day for event in trace] == sorted(event.day for event in trace)
    for event in trace:
        assert event.date == dt.date(2025, 7, 28) + dt.timedelta(days=int(event.day))
