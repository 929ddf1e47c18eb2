"""Designs: the points are those that the name of the design promises, made one by one."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc, triang

import abm
from abm.population import prepare
from abm.sweeps import Axis, Design

AXES = {"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False]}


def test_a_grid_is_every_combination_the_last_axis_fastest():
    expected = [dict(zip("abc", values, strict=True)) for values in itertools.product(*AXES.values())]
    assert list(Design.grid(AXES)) == expected


def test_one_at_a_time_begins_with_the_scenario_as_it_is():
    assert list(Design.one_at_a_time({"a": [1, 2], "b": ["x"]})) == [{}, {"a": 1}, {"a": 2}, {"b": "x"}]


def test_a_latin_hypercube_visits_every_stratum_of_every_axis_once():
    design = Design.latin_hypercube({"a": (0.0, 1.0), "b": (10.0, 20.0)}, points=40, seed=3)
    for axis, (low, width) in {"a": (0.0, 1.0), "b": (10.0, 10.0)}.items():
        strata = sorted(int((point[axis] - low) / width * 40) for point in design)
        assert strata == list(range(40))


def test_a_sobol_sequence_is_that_of_scipy_also_far_along():
    design = Design.sobol({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, points=4_096, seed=5)
    expected = qmc.Sobol(3, rng=5).random(4_096)
    found = np.array([list(design[k].values()) for k in (0, 1, 1_023, 1_024, 2_500, 4_095)])
    assert np.array_equal(found, expected[[0, 1, 1_023, 1_024, 2_500, 4_095]])


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1), st.floats(0.01, 100))
def test_a_prior_draw_is_triangular(u, top, width):
    axis = Axis(("a",), low=2.0, high=2.0 + width, mode=2.0 + top * width)
    assert axis.at(u) == pytest.approx(triang.ppf(u, top, loc=2.0, scale=width), rel=1e-9)


def test_the_prior_varies_every_number_with_a_range_and_nothing_else():
    scenario = abm.load_scenario("openai-2025")
    design = Design.prior(scenario, points=32)
    ranges = {row.parameter: row for row in abm.scenario.provenance(scenario) if row.range}
    moving = {path for path, row in ranges.items() if len(set(row.range.split(" to "))) == 2}
    assert {axis.name for axis in design.axes} == moving
    for axis in design.axes:
        assert axis.low <= axis.at(0.0) <= axis.at(0.3) <= axis.at(0.999999) <= axis.high
    assert list(design[5]) == [axis.name for axis in design.axes]


def test_a_scenario_without_ranges_has_no_prior():
    scenario = abm.load_scenario("mutual-conditions")
    with pytest.raises(abm.ScenarioError, match="expected numbers with low and high"):
        Design.prior(scenario, points=4)


def test_linked_paths_move_together():
    design = Design.grid({("a", "b"): [(1, 2), (3, 4)], ("c", "d"): [7]})
    assert list(design) == [{"a": 1, "b": 2, "c": 7, "d": 7}, {"a": 3, "b": 4, "c": 7, "d": 7}]


def test_a_list_on_linked_paths_goes_to_all_of_them_also_when_the_design_is_read_from_its_folder(tmp_path):
    two = ("company.net_burn_bn_per_year", "company.revenue_growth_per_year")
    steps = [[dt.date(2025, 7, 28), 0.5], [dt.date(2026, 1, 1), 1.0]]
    study = abm.sweep("three-investors", Design.grid({two: [steps, 0.7]}), runs=5, folder=tmp_path / "study")
    assert [study.design[0][path] for path in two] == [steps, steps]
    again = abm.Study.open(tmp_path / "study").design
    assert again == study.design
    assert list(again) == list(study.design)


def test_values_of_a_sampled_axis_are_equally_frequent_and_dates_fill_their_range():
    days = (dt.date(2025, 1, 1), dt.date(2025, 1, 4))
    design = Design.sobol({"word": ["a", "b", "c", "d"], "day": days}, points=64)
    points = list(design)
    assert sorted(point["word"] for point in points) == sorted(16 * ["a", "b", "c", "d"])
    assert {point["day"] for point in points} == {days[0] + dt.timedelta(days=k) for k in range(4)}


def test_a_whole_number_stays_whole():
    values = [Axis(("a",), low=1, high=4, mode=2.0, whole=True).at(k / 100) for k in range(100)]
    assert set(values) == {1, 2, 3, 4}
    assert all(isinstance(value, int) for value in values)


def test_ten_million_points_take_no_memory():
    design = Design.sobol({f"axis-{k}": (0.0, 1.0) for k in range(30)}, points=10_000_000)
    assert len(design) == 10_000_000
    assert design[9_999_999].keys() == design[0].keys()
    assert design[-1] == design[9_999_999]
    with pytest.raises(IndexError):
        design[10_000_000]


def test_a_table_of_ones_own(tmp_path):
    rows = [{"round.target_bn": 6, "investors.lead": "out"}, {"round.target_bn": 8, "investors.lead": "as_is"}]
    assert list(Design.table(rows)) == rows
    assert list(Design.table(pd.DataFrame(rows))) == rows
    pd.DataFrame(rows).to_csv(tmp_path / "points.csv", index=False)
    assert list(Design.table(tmp_path / "points.csv")) == rows
    with pytest.raises(ValueError, match="a column for each path"):
        Design.table([{"a": 1}, {"b": 2}])
    with pytest.raises(ValueError, match="at least one row"):
        Design.table([])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "at least one axis"),
        ({"a": "word"}, "a list of values or a range"),
        ({"a": []}, "a list of values or a range"),
        ({"a": (2.0, 1.0)}, r"a list of values or a range \(low, high\) for a, got \(2.0, 1.0\)"),
        ({"a": (1, 2, 3)}, "a list of values or a range"),
        ({"a": [1], ("b", "a"): [2]}, "every path on one axis only"),
    ],
)
def test_axes_that_make_no_sense_are_refused(axes, message):
    with pytest.raises(ValueError, match=message):
        Design.sobol(axes, points=4)


def test_a_grid_wants_values_and_every_design_wants_points():
    with pytest.raises(ValueError, match="expected a list of values for a, got the range"):
        Design.grid({"a": (0.0, 1.0)})
    with pytest.raises(ValueError, match="expected a design of 1 to 10,000,000 points, got 0"):
        Design.sobol({"a": (0.0, 1.0)}, points=0)


def test_every_axis_is_followed_before_anything_is_simulated():
    scenario = abm.load_scenario("three-investors")
    design = Design.sobol({"round.targt_bn": (6.0, 8.0), "round.cap_bn": (1.0, 9.0), "investors.lead": ["ot"]}, 4)
    with pytest.raises(abm.ScenarioError) as refusal:
        design.check(scenario)
    text = str(refusal.value)
    assert "did you mean 'target_bn'" in text
    assert "round.cap_bn: expected at least the target of 8, got 1" in text
    assert "one of the words as_is, out, bound" in text


# --------------------------------------------------------------------------------------------------------------------
# Investors switched by a word


def shares(changes, name="three-investors", runs=400):
    frame = abm.simulate(abm.load_scenario(name).with_values(changes), runs, 3, keep="rows").to_frame()
    return frame


def test_one_who_is_out_never_signs_and_the_luck_of_the_others_stays():
    before, after = shares({}), shares({"investors.lead": "out"})
    assert after["stage.lead"].eq("looking").all()
    assert after["sign_day.fund"].equals(before["sign_day.fund"])


def test_a_behavioural_investor_who_is_out_never_signs_either():
    scenario = abm.load_scenario("openai-2025")
    name = next(who.id for who in scenario.investors if who.inclination is not None)
    frame = shares({f"investors.{name}": "out"}, "openai-2025", 100)
    assert frame[f"sign_day.{name}"].isna().all()


def test_one_who_is_bound_has_signed_without_conditions():
    frame = shares({"investors.lead": "bound"})
    assert frame["sign_day.lead"].eq(0.0).all()
    assert frame["paid_bn.lead"].gt(0).all()


def test_conditions_that_are_off_bind_nobody():
    scenario = abm.load_scenario("three-investors").with_values({"investors.lead.conditions": "off"})
    assert scenario.investors[0].conditions == ()
    assert abm.load_scenario("three-investors").with_values({"investors.lead.conditions": "as_is"}).raw == (
        abm.load_scenario("three-investors").raw
    )


def test_a_pool_can_be_out_but_not_bound():
    scenario = abm.load_scenario("openai-2025")
    pool = scenario.investor_pools[0].id
    frame = shares({f"investor_pools.{pool}": "out"}, "openai-2025", 50)
    assert all(frame[column].isna().all() for column in frame if column.startswith(f"sign_day.{pool}#"))
    with pytest.raises(abm.ScenarioError, match="one of the words as_is, out, 'investor_pools"):
        scenario.with_values({f"investor_pools.{pool}": "bound"})


def test_a_consent_that_is_given_is_in_force_at_once_and_one_that_never_comes_is_not():
    base = abm.load_scenario("openai-2025")
    gates = [gate.id for gate in base.gatekeepers]
    given = abm.simulate(base.with_values({f"gatekeepers.{gates[-1]}": "given"}), runs=200, seed=1).to_frame()
    assert given[f"gate_day.{gates[-1]}"].max() <= 14
    assert given[f"gate_day.{gates[0]}"].isna().any(), "the others take their time as before"
    never = abm.simulate(base.with_values({f"gatekeepers.{gates[0]}": "never"}), runs=200, seed=1).to_frame()
    assert all(never[f"gate_day.{gate}"].isna().all() for gate in gates), "the later ones wait for the first"
    assert base.with_values({f"gatekeepers.{gates[0]}": "as_is"}).raw == base.raw
    with pytest.raises(abm.ScenarioError, match="one of the words as_is, never, given, 'gatekeepers"):
        base.with_values({f"gatekeepers.{gates[0]}": "out"})


@pytest.mark.parametrize("name", ["openai-2025", "openai-2025-article"])
def test_both_ends_of_every_range_of_a_packaged_round_can_be_simulated(name):
    scenario = abm.load_scenario(name)
    for axis in Design.prior(scenario, 1).axes:
        for end in axis.ends:
            assert prepare(scenario.with_values(axis.changes(end))).ids, axis.name
