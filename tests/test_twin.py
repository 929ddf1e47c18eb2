"""Twin: the smallest change that turns one run, checked against thresholds that are known by hand."""

from __future__ import annotations

import math

import pytest

import abm
from abm.analysis.levers import lever_named, levers_of
from abm.analysis.twin import nearest_twin, threats_of
from abm.core.draws import CONSENT
from tests.worlds import NEVER, bound, consent, day, results, signer, waits, world


def both_engines(scenario, twin):
    """Whether the twin closes, as the compiled and as the readable engine have it."""
    changed = scenario.with_values(twin.changes)
    fast = abm.simulate(changed, 1, twin.seed, first_run=twin.run, keep="rows").batch.rows["closed"][0]
    (readable,) = results(changed, 1, twin.seed, twin.run)
    return bool(fast), readable.closed


def closes(scenario, changes, seed, run):
    rows = abm.simulate(scenario.with_values(changes), 1, seed, first_run=run, keep="rows").batch.rows
    return bool(rows["closed"][0])


# --------------------------------------------------------------------------------------------------------------------
# A run that failed


def test_a_target_that_is_missed_by_a_fifth_is_lowered_by_a_fifth():
    short = abm.scenario_from(world([bound("a", 8.0)]))
    twin = nearest_twin(short, 1, 0)
    assert twin.lever == "target"
    assert 0.2 <= twin.size <= 0.2 + 0.5 / 32
    assert twin.distance == pytest.approx(twin.size / 0.10)
    assert both_engines(short, twin) == (True, True)
    lever = lever_named(levers_of(short), "target")
    assert not closes(short, lever.changes(twin.size / 2), 1, 0)
    assert not closes(short, lever.changes(float(twin.tried["not_at"].iloc[0])), 1, 0)
    assert str(twin) == f"run 0 (seed 1) would have closed with one change: {twin.words}"


def test_a_stake_that_is_too_small_asks_for_a_lower_price():
    greedy = bound("a", 10.0, [{"min_own_share": 0.25}])
    dear = abm.scenario_from(
        world([greedy], pre_money_bn=40.0, close_select="elimination")
    )  # 10 of 50; a quarter is 10 of 40
    twin = nearest_twin(dear, 1, 0, ["price"])
    assert 0.25 <= twin.size <= 0.25 + 0.5 / 32
    assert both_engines(dear, twin) == (True, True)


def test_a_consent_that_came_too_late_is_speeded_up_just_enough():
    raw = world([bound("lead", 10.0, [{"gate": "law", "by": day(156)}])], [consent("law", 1.0)])
    scenario = abm.scenario_from(raw)
    wait = waits(CONSENT, 0, 50)  # the hazard after which each run has its consent
    late = [run for run in range(50) if 156 / 365 < wait[run] < 3.0]
    assert len(late) > 20
    for run in late[:5]:
        needed = math.log2(wait[run] * 365 / 156)
        twin = nearest_twin(scenario, 1, run, ["speed.law"])
        assert needed <= twin.size <= needed + 3.0 / 32
        assert both_engines(scenario, twin) == (True, True)
        finer = nearest_twin(scenario, 1, run, ["speed.law"], steps=12)
        assert finer.size == pytest.approx(needed, abs=3.0 / 4096)


def test_the_nearest_is_the_one_with_the_fewest_standard_steps():
    raw = world([bound("a", 8.0), signer("b", 2.0, 0.0)])
    twin = nearest_twin(abm.scenario_from(raw), 1, 0)
    assert (twin.lever, twin.distance) == ("bind.b", 1.0)  # and two steps of the target
    table = twin.tried.set_index("lever")
    assert table.loc["target", "turns"]
    assert table.loc["target", "distance"] >= 2.0
    assert not table.loc["price", "turns"]
    assert math.isnan(table.loc["price", "size"])


def test_of_equal_distances_the_first_of_the_list_comes_first():
    raw = world([bound("lead", 10.0, [{"gate": "law"}])], [consent("law", NEVER)])
    scenario = abm.scenario_from(raw)
    assert nearest_twin(scenario, 1, 0).lever == "conditions.lead"
    assert nearest_twin(scenario, 1, 0, ["consent.law", "conditions.lead"]).lever == "consent.law"


def test_whoever_has_paid_is_not_bound_again():
    raw = world([signer("a", 8.0), signer("b", 2.0, 0.0)])
    twin = nearest_twin(abm.scenario_from(raw), 1, 0)
    assert {"bind.a", "bind.b"} & set(twin.tried["lever"]) == {"bind.b"}


def test_a_hopeless_run_has_no_twin():
    assert nearest_twin(abm.scenario_from(world([bound("a", 1.0)])), 1, 0) is None


def test_what_makes_no_sense_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="steps: expected a whole number of at least 0, got -1"):
        nearest_twin("three-investors", 1, 0, steps=-1)
    with pytest.raises(ValueError, match=r"expected a lever out of .* got 'luck'"):
        nearest_twin("three-investors", 1, 0, ["luck"])


# --------------------------------------------------------------------------------------------------------------------
# A run that closed


def test_a_closed_run_hangs_by_whoever_it_cannot_do_without():
    scenario = abm.scenario_from(world([bound("a", 9.0), bound("b", 3.0)]))
    twin = nearest_twin(scenario, 1, 0)
    assert (twin.lever, twin.closed) == ("out.a", False)
    turning = set(twin.tried[twin.tried["turns"]]["lever"])
    assert turning == {"out.a", "out.b", "more-target"}  # 3 or 9 are not 10
    assert both_engines(scenario, twin) == (False, False)


def test_the_money_to_spare_is_how_much_higher_the_target_could_be():
    scenario = abm.scenario_from(world([bound("a", 10.0), bound("b", 1.0)]))
    (twin,) = [nearest_twin(scenario, 1, 0, [one for one in threats_of(scenario) if one.id == "more-target"], steps=10)]
    assert twin.size == pytest.approx(0.1, abs=2 / 1024)


def test_a_consent_that_was_in_time_could_have_been_so_much_slower():
    raw = world([bound("lead", 10.0, [{"gate": "law", "by": day(156)}])], [consent("law", 8.0)])
    scenario = abm.scenario_from(raw)
    wait = waits(CONSENT, 0, 20)
    run = next(run for run in range(20) if 0.6 < wait[run] < 2.0)
    threats = [one for one in threats_of(scenario) if one.id == "slow.law"]
    slack = math.log2(8.0 * 156 / 365 / wait[run])
    twin = nearest_twin(scenario, 1, run, threats, steps=10)
    assert twin.size == pytest.approx(slack, abs=3 / 512)


# --------------------------------------------------------------------------------------------------------------------
# Packaged rounds


@pytest.mark.parametrize(("name", "runs"), [("three-investors", 8), ("mutual-conditions", 4), ("openai-2025", 6)])
def test_the_twins_of_packaged_rounds_turn_in_both_engines(name, runs):
    scenario = abm.load_scenario(name)
    closed = abm.simulate(scenario, runs, 1, keep="rows").batch.rows["closed"]
    found = [nearest_twin(scenario, 1, run) for run in range(runs)]
    assert any(twin is not None and twin.closed for twin in found)
    for twin, before in zip(found, closed.tolist(), strict=True):
        if twin is not None:
            assert both_engines(scenario, twin) == (not before, not before)
