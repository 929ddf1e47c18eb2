"""How runs are made: keys, chunks, workers, generators, memory, phases, and agents of one's own."""

from __future__ import annotations

import gc
import inspect
import random
import weakref

import mesa
import numpy as np
import pandas as pd
import pytest

import abm
from abm.agents import FundingModel
from abm.core import schedule
from abm.population import prepare
from tests.worlds import bits, bound, consent, play, results, rich_world, signer, told, world

# --------------------------------------------------------------------------------------------------------------------
# Keys


def test_the_same_seed_and_run_tell_the_same_story():
    one, other = told(rich_world(), run=7, seed=3), told(rich_world(), run=7, seed=3)
    assert bits(one.result()) == bits(other.result())
    assert one.trace == other.trace


def test_other_seeds_and_other_runs_tell_other_stories():
    stories = {bits(told(rich_world(), run, seed).result(), "run") for run in range(3) for seed in (1, 2, 2**32 - 1)}
    assert len(stories) == 9


def test_a_model_prepares_itself_as_a_simulation_does():
    scenario = abm.scenario_from(rich_world())
    assert bits(told(scenario, run=5).result()) == bits(results(scenario, 1, first=5)[0])


def frames_equal(one, other):
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), check_exact=True)
    for path in ("committed", "paid", "cash"):
        pd.testing.assert_frame_equal(one.path(path), other.path(path), check_exact=True)
    return True


def test_a_model_takes_a_scenario_by_name_and_by_path_too(tmp_path):
    scenario = abm.load_scenario("three-investors")
    scenario.save(tmp_path / "mine.toml")
    models = [FundingModel(source, seed=1, run=2) for source in (scenario, "three-investors", tmp_path / "mine.toml")]
    for model in models:
        model.run_model()
    assert [model.case for model in models] == [scenario] * 3
    assert len({str(model.trace) for model in models}) == 1


def test_a_study_can_be_cut_anywhere():
    scenario = abm.scenario_from(rich_world())
    whole = abm.simulate(scenario, runs=12, seed=4, first_run=2**32 - 20, workers=1).to_frame()
    start = abm.simulate(scenario, runs=5, seed=4, first_run=2**32 - 20, workers=1).to_frame()
    rest = abm.simulate(scenario, runs=7, seed=4, first_run=2**32 - 15, workers=1).to_frame()
    pd.testing.assert_frame_equal(pd.concat([start, rest], ignore_index=True), whole, check_exact=True)


def test_two_workers_find_what_one_finds():
    scenario = abm.scenario_from(rich_world())
    one = abm.simulate(scenario, runs=130, seed=2, workers=1)
    assert frames_equal(one, abm.simulate(scenario, runs=130, seed=2, workers=2))


def test_progress_is_told_and_does_not_matter():
    seen = []
    scenario = abm.scenario_from(world([signer("a", 1.0, 0.5)], days=10))
    tell = seen.append
    one = abm.simulate(scenario, runs=90, workers=1, engine="mesa", progress=lambda *told: tell(told))
    assert seen == [(40, 90), (80, 90), (90, 90)]
    assert frames_equal(one, abm.simulate(scenario, runs=90, workers=1))


# --------------------------------------------------------------------------------------------------------------------
# No generator, no leaks


class Untouchable:
    """A generator that must not be used."""

    def __getattr__(self, name):
        raise AssertionError(f"somebody asked a generator for {name}")


def test_no_draw_is_ever_made_from_a_generator():
    scenario = abm.scenario_from(rich_world())
    plain, numpys = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    for run in range(5):
        model, fresh = FundingModel(scenario, seed=1, run=run), mesa.Model(rng=2**32 + run)
        assert model.random.getstate() == fresh.random.getstate()
        assert model.rng.bit_generator.state == fresh.rng.bit_generator.state
        model.random = model.rng = Untouchable()
        model.run_model()
        model.free()
        assert bits(model.result()) == bits(told(scenario, run).result())
    assert random.getstate() == plain
    assert (np.random.get_state()[1] == numpys).all()  # noqa: NPY002


def test_a_run_that_was_freed_leaves_no_memory_behind():
    scenario = abm.scenario_from(rich_world())
    prepared = prepare(scenario)
    alive = []
    for run in range(3):
        model = FundingModel(scenario, seed=1, run=run, prepared=prepared)
        model.run_model()
        alive += [weakref.ref(one) for one in (model, model.company, model.market, *model.gates, *model.investors)]
        model.free()
        del model
    gc.collect()
    assert [one for one in alive if one() is not None] == []


def test_a_run_leaves_the_population_as_it_was():
    scenario = abm.scenario_from(rich_world())
    prepared = prepare(scenario)
    arrays = [one for one in (*prepared, *prepared.contracts) if isinstance(one, np.ndarray)]
    before = [one.tobytes() for one in arrays]
    for run in range(4):
        FundingModel(scenario, seed=1, run=run, prepared=prepared).run_model()
    assert [one.tobytes() for one in arrays] == before


# --------------------------------------------------------------------------------------------------------------------
# Phases


def test_a_week_is_the_phases_in_their_order():
    calls = []

    def noting(name):
        def phase(self):
            calls.append(name)
            getattr(FundingModel, name)(self)

        return phase

    noted = type("Noted", (FundingModel,), {name: noting(name) for name in schedule.PHASES})
    model = noted(
        abm.scenario_from(world([bound("a", 4.0), bound("b", 2.0, [{"gate": "g"}])], [consent("g")], days=21))
    )
    calls.clear()  # setting up publishes the book of as_of
    model.step()
    assert tuple(calls) == schedule.PHASES


def test_every_phase_is_a_method_of_the_model_that_says_what_it_does():
    for name in schedule.PHASES:
        method = getattr(FundingModel, name)
        assert list(inspect.signature(method).parameters) == ["self"]
        assert method.__doc__


def test_a_model_stands_still_once_it_is_over():
    model = told(rich_world())
    assert not model.running
    assert model.week == len(model.paid_path) <= 40


def test_a_model_can_be_stepped_by_hand():
    scenario = abm.scenario_from(rich_world())
    model = FundingModel(scenario, seed=1, run=3)
    weeks = 0
    while model.running:
        model.step()
        weeks += 1
        assert model.week == weeks == len(model.cash_path)
    assert bits(model.result()) == bits(told(scenario, 3).result())


# --------------------------------------------------------------------------------------------------------------------
# Agents of one's own


class Late(abm.Investor):
    """Signs only once half of the target is booked."""

    def decide(self):
        if 2 * self.model.booked_musd >= self.model.terms.target_musd:
            super().decide()


def late_world(signed):
    return world([bound("anchor", signed), signer("a", 3.0), signer("b", 3.0)], days=28, target_bn=10.0)


@pytest.mark.parametrize(("signed", "money"), [(4.0, 4.0), (5.0, 11.0)])
def test_ten_lines_make_an_investor_who_waits_for_half_of_the_target(signed, money):
    scenario = abm.scenario_from(late_world(signed))
    outcomes = abm.simulate(scenario, runs=3, engine="mesa", investor=Late, workers=1)
    assert outcomes.to_frame()["funded_bn"].eq(money).all()
    assert abm.simulate(scenario, runs=3, workers=1).to_frame()["funded_bn"].eq(signed + 6.0).all()


def test_investors_of_a_class_of_ones_own_travel_to_the_workers():
    class Never(abm.Investor):
        def decide(self):
            pass

    outcomes = abm.simulate(abm.scenario_from(late_world(4.0)), runs=81, investor=Never, workers=2)
    assert outcomes.to_frame()["funded_bn"].eq(4.0).all()


class Stubborn(abm.Gatekeeper):
    """Never says yes."""

    def deliberate(self):
        self.outlook = 0.0


class Generous(abm.Company):
    """Pays no bills."""

    def pay_bills(self):
        self.least_cash_musd = min(self.least_cash_musd, self.cash_musd)


def test_gatekeepers_and_companies_can_be_replaced_too():
    raw = world([bound("a", 4.0, [{"gate": "g"}])], [consent("g")], days=28, weeks=30)
    raw["company"] = {"cash_bn": 1.0, "net_burn_bn_per_year": 36.5}
    assert told(raw).result().default_day == 50.0
    free = told(raw, gatekeeper=Stubborn, company=Generous).result()
    assert (free.paid_musd, free.survived, free.end_cash_musd) == (0, True, 1_000)


# --------------------------------------------------------------------------------------------------------------------
# The frame and the story


def test_payments_of_the_story_add_up_to_what_the_frame_says():
    frame = play(rich_world(), 12)
    for run, row in frame.iterrows():
        story = told(rich_world(), run).trace.to_frame()
        payments = story[story["what"] == "paid"]
        assert story["day"].is_monotonic_increasing
        assert payments["amount_bn"].sum() == pytest.approx(row["funded_bn"], abs=1e-9)
        for who, amount in payments.groupby("who")["amount_bn"].sum().items():
            assert row[f"paid_bn.{who}"] == pytest.approx(amount, abs=1e-9)


def test_a_path_that_ended_early_keeps_its_last_value():
    outcomes = abm.simulate(abm.scenario_from(late_world(4.0) | {"horizon_weeks": 9}), runs=2, workers=1)
    assert outcomes.path("paid").shape == (2, 9)
    assert outcomes.path("paid").eq(10.0).all().all()
    assert outcomes.probability("survived").runs == 0


def test_the_loudest_events_are_told_with_their_date():
    model = told(world([bound("a", 4.0, [{"gate": "g"}])], [consent("g", lag_days=10)], days=28, target_bn=4.0))
    assert str(model.trace).splitlines() == [
        "2025-07-28  round           opened 4 bn: until 2025-08-25, at 260 bn pre-money",
        "2025-07-28  a               had signed 4 bn: if g",
        "2025-07-28  g               consented: in force 10 days later",
        "2025-08-04  a               waits 4 bn: for g",
        "2025-08-11  a               paid 4 bn",
        "2025-08-11  round           reached its target 4 bn",
    ]
