"""Totals: counting runs as they come says what keeping them says, and refuses the rest with a sentence."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abm
from abm.core.records import FATE, RESULT, STAGES
from abm.rules.failure import CAUSES
from abm.runs.columns import COUNTED, TRUTHS, read_event
from abm.runs.outcomes import Batch, Outcomes, Totals

IDS, GATES = ("lead", "pool#1", "pool#2"), ("law",)
EVENTS = ("funded_bn >= 6", "paid_bn.pool#1 > paid_bn.lead", "not survived", "cause == 'gate'", "gate_day.law <= 100")
MONEY = st.integers(-2_000, 12_000)
DAY = st.floats(0, 300) | st.just(math.nan)


@cache
def scenario(name: str) -> abm.Scenario:
    return abm.load_scenario(name)


@st.composite
def some_batches(draw) -> Batch:
    """Draw runs of three investors and a gatekeeper; only what closed has a day, the rest need not make sense."""
    runs = draw(st.integers(1, 25))
    rows, fates = np.zeros(runs, RESULT), np.zeros((runs, 3), FATE)
    rows["run"] = np.arange(runs)
    for name in ("paid_musd", "gap_musd", "end_cash_musd", "least_cash_musd", "pre_money_musd", "rung"):
        rows[name] = draw(st.lists(MONEY, min_size=runs, max_size=runs))
    for name in ("closed", "survived", "extended", "listed"):
        rows[name] = draw(st.lists(st.booleans(), min_size=runs, max_size=runs))
    for name in ("closed_day", "default_day"):
        rows[name] = draw(st.lists(DAY, min_size=runs, max_size=runs))
    rows["closed_day"][~rows["closed"]] = math.nan
    rows["cause"] = draw(st.lists(st.integers(0, len(CAUSES) - 1), min_size=runs, max_size=runs))
    rows["dilution"] = rows["paid_musd"] / 20_000
    fates["paid_musd"] = np.array(draw(st.lists(st.integers(0, 3), min_size=3 * runs, max_size=3 * runs))).reshape(
        -1, 3
    )
    fates["stage"] = fates["paid_musd"] % len(STAGES)
    days = draw(st.lists(st.floats(0, 300) | st.just(math.inf), min_size=runs, max_size=runs))
    return Batch(rows, fates, np.array(days).reshape(-1, 1))


def counted(batch: Batch, cuts: list[int], name: str, tally: int) -> Totals:
    """Count a batch in pieces, some of them at a time."""
    totals = Totals(scenario(name), 7, "mesa", IDS, GATES, EVENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abm.runs.totals._TALLY", tally)
        for start, stop in pairwise(sorted({0, batch.runs, *(cut for cut in cuts if cut < batch.runs)})):
            totals.add(batch.part(start, stop))
    return totals


@settings(max_examples=60)
@given(
    some_batches(),
    st.lists(st.integers(1, 24), max_size=4),
    st.sampled_from(["three-investors", "mutual-conditions"]),
    st.sampled_from([1, 5, 10_000]),
)
def test_totals_say_what_the_runs_say(batch, cuts, name, tally):
    totals, runs = counted(batch, cuts, name, tally), Outcomes(scenario(name), 7, "mesa", IDS, GATES, batch)
    frame, window = runs.to_frame(), scenario(name).window_days
    assert totals.runs == runs.runs == len(frame)
    for event in (*EVENTS, "closed", "survived"):
        assert repr(totals.probability(event)) == repr(runs.probability(event)), event
    for column in COUNTED:
        assert totals.quantiles(column) == pytest.approx(runs.quantiles(column), nan_ok=True), column
    assert totals.causes() == runs.causes()
    counts = frame["cause"].value_counts()
    assert {cause: round(chance.p * len(frame)) for cause, chance in totals.causes().items()} == {
        cause: counts[cause] for cause in CAUSES if cause and counts[cause]
    }
    assert totals.on_time() == runs.probability(f"closed and closed_day <= {window}")
    assert totals.closing_gap_probability() == runs.probability("closing_gap_bn > 0")
    assert totals.consents() == {"law": runs.probability(f"gate_day.law <= {window}")}
    for closed in (True, False):
        mine = batch.rows[batch.rows["closed"] == closed]
        assert totals.survival(closed).runs == len(mine)
        assert len(mine) == 0 or totals.survival(closed).p == mine["survived"].mean()
    pool = frame["paid_bn.pool#1"] + frame["paid_bn.pool#2"]
    found = {payer.id: (payer.mean_bn, payer.pays.p) for payer in totals.payers()}
    assert found["pool"] == pytest.approx((pool.mean(), (pool > 0).mean()))
    assert found["lead"] == pytest.approx((frame["paid_bn.lead"].mean(), (frame["paid_bn.lead"] > 0).mean()))
    means = [payer.mean_bn for payer in totals.payers()]
    assert means == sorted(means, reverse=True)


def test_totals_of_nothing_say_nothing():
    totals = Totals(scenario("three-investors"), 7, "mesa", IDS, GATES)
    assert (totals.runs, totals.causes(), totals.probability("closed").runs) == (0, {}, 0)
    assert math.isnan(totals.quantiles("funded_bn")["p50"])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda totals: totals.probability("funded_bn >= 7"), "expected one of 'closed', 'survived', .*keep='rows'"),
        (lambda totals: totals.quantiles("default_day"), "expected one of .*keep='rows'"),
        (lambda totals: totals.quantiles("cause"), "expected one of .*keep='rows' .*got 'cause'"),
    ],
)
def test_what_was_not_counted_is_refused_with_a_sentence(ask, says):
    with pytest.raises(ValueError, match=says) as refusal:
        ask(Totals(scenario("three-investors"), 7, "mesa", IDS, GATES, EVENTS))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("event", "alone"),
    [
        ("closed", True),
        ("funded_bn >= 9.5", True),
        ("funded_bn >= 1.e1", True),
        ("paid_bn.pool#1 > 0.75", True),
        ("paid_bn.lead > paid_bn.pool#2", True),
        ("stage.lead == 'paid'", True),
        ("cause == 'a.b'", True),
        ("funded_bn > funded_bn.mean()", False),
        ("paid_bn.lead > paid_bn.lead.median()", False),
        ("std(funded_bn) > 0 or closed", False),
    ],
)
def test_an_event_that_compares_runs_with_each_other_is_told_apart(event, alone):
    names = Totals(scenario("three-investors"), 7, "mesa", IDS, GATES).columns.names
    assert read_event(event, names).by_run == alone
    if alone:
        assert event in Totals(scenario("three-investors"), 7, "mesa", IDS, GATES, event).events
    else:
        with pytest.raises(ValueError, match=r"^expected an event that a run tells alone"):
            Totals(scenario("three-investors"), 7, "mesa", IDS, GATES, [event])


def test_events_of_true_and_false_need_no_naming_of_types():
    for event in TRUTHS:
        assert Totals(scenario("three-investors"), 7, "mesa", IDS, GATES, [event]).probability(event).runs == 0
