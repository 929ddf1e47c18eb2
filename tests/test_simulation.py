"""Simulation: the same runs whatever the workers, as many as were wanted, and nothing kept that was not asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import abm
from abm.core.records import FATE, RESULT
from abm.runs.estimates import half_width
from abm.runs.outcomes import Batch, Outcomes, Totals
from abm.runs.simulation import RunCollector, batches, collect
from tests.guard import HANGS_S
from tests.worlds import signer, world

SMALL = "three-investors"


def invented(population, seed, first_run, runs, paths) -> Batch:
    """An engine that takes no time: a third of the runs close, and each number follows from seed and run."""
    number = np.arange(first_run, first_run + runs)
    luck = (number * 2_654_435_761 + seed * 40_503) % 4_294_967_296 / 4_294_967_296
    rows = np.zeros(runs, RESULT)
    rows["run"], rows["closed"], rows["survived"] = number, luck < 1 / 3, luck < 0.9
    rows["paid_musd"] = (luck * 12_000).astype(np.int64)
    rows["end_cash_musd"] = number % 977 - 100
    rows["closed_day"] = np.where(rows["closed"], 7.0 * (number % 20), np.nan)
    rows["default_day"], rows["cause"] = luck * 700, np.where(rows["closed"], 0, 1 + number % 7)
    fates = np.zeros((runs, len(population.ids)), FATE)
    fates["paid_musd"] = number[:, None] % 1_000
    fates["sign_day"] = luck[:, None] * 100
    gate_days = np.where(luck < 0.5, luck * 300, np.inf)[:, None] + np.zeros(len(population.gate_ids))
    weeks = int(population.round["horizon_weeks"])
    return Batch(rows, fates, gate_days, number[:, None, None] + np.zeros((1, 3, weeks), np.int64) if paths else None)


@pytest.fixture
def engine(monkeypatch):
    """Put an invented engine, or one of the test's own, in the place of the compiled one."""

    def use(simulate_batch):
        module = ModuleType("abm.ensemble")
        module.Ensemble = lambda population, unknowns=None, sampling="random": (
            lambda seed, runs, paths=False: simulate_batch(population, seed, runs.start, len(runs), paths)
        )
        monkeypatch.setitem(sys.modules, "abm.ensemble", module)

    use(invented)
    return use


def same(one: Outcomes, other: Outcomes) -> bool:
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), check_exact=True)
    return True


# --------------------------------------------------------------------------------------------------------------------
# The same runs


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_do_not_change_the_runs(workers):
    outcomes = abm.simulate(SMALL, 2_345, seed=3, first_run=77, workers=workers)
    assert outcomes.to_frame()["run"].tolist() == list(range(77, 77 + 2_345))
    assert outcomes.path("cash")[1].tolist() == [run / 1000 for run in range(77, 77 + 2_345)]
    assert same(outcomes, abm.simulate(SMALL, 2_345, seed=3, first_run=77))


def test_two_processes_give_the_same_runs_as_one():
    seen: list[tuple[int, int]] = []
    one = abm.simulate(SMALL, runs=90, seed=3, engine="mesa", workers=1)
    two = abm.simulate(
        SMALL, runs=90, seed=3, engine="mesa", workers=2, progress=lambda done, wanted: seen.append((done, wanted))
    )
    assert same(one, two)
    assert seen == [(40, 90), (80, 90), (90, 90)]


def test_results_come_in_order_and_few_are_in_flight(engine):
    open_now, most, lock = 0, 0, threading.Lock()

    def slow(population, seed, first_run, runs, paths):
        nonlocal open_now, most
        time.sleep(0.01 if first_run % 1_000 else 0.05)  # some take longer, so that later ones are done first
        with lock:
            open_now += 1
            most = max(most, open_now)
        return invented(population, seed, first_run, runs, paths)

    engine(slow)
    got = []
    for batch in batches(SMALL, 10_000, workers=3):
        got += batch.rows["run"].tolist()
        with lock:
            open_now -= 1
    assert got == list(range(10_000))
    assert most <= 3 * 5  # not the forty that there are


@pytest.mark.usefixtures("engine")
def test_who_looks_at_the_batches_sees_what_simulate_keeps():
    stream = abm.batches(SMALL, 1_100, seed=2, path_runs=300)
    parts = list(stream)
    assert (stream.done, stream.most) == (1_100, 1_100)
    assert [part.paths is None for part in parts] == [part.rows["run"][0] >= 300 for part in parts]
    whole = Outcomes(*stream.study(), Batch.joined(parts))
    assert same(whole, abm.simulate(SMALL, 1_100, seed=2))
    assert sum(part.runs for part in stream) == 1_100  # and once more


# --------------------------------------------------------------------------------------------------------------------
# What is asked


@pytest.mark.usefixtures("engine")
def test_the_ensemble_is_the_engine_unless_there_is_a_class_of_ones_own():
    class Mine(abm.Gatekeeper):
        """A gatekeeper."""

    assert abm.simulate(SMALL).engine == "ensemble"
    assert abm.simulate(SMALL).runs == 20_000
    assert abm.simulate(SMALL, 3, gatekeeper=Mine).engine == "mesa"
    assert batches(SMALL, gatekeeper=Mine).most == 2_000
    assert (batches(SMALL, within=0.1).most, batches(SMALL, within=0.1, engine="mesa").most) == (10_000_000, 100_000)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"runs": 0}, "runs: expected a whole number of at least 1, got 0"),
        ({"runs": 2, "first_run": -1}, "first_run: expected a whole number from 0 to"),
        ({"runs": 2, "first_run": 2**32 - 1}, "runs: expected run numbers below"),
        ({"seed": -1}, "seed: expected a whole number from 0 to"),
        ({"seed": 2**32}, "seed: expected a whole number from 0 to"),
        ({"engine": "steam"}, "engine: expected 'ensemble' or 'mesa', got 'steam'"),
        (
            {"engine": "ensemble", "investor": abm.Investor},
            r"expected the engine 'mesa' .*\(investor\), got 'ensemble'",
        ),
        ({"keep": "all"}, "keep: expected 'runs', 'rows' or 'totals', got 'all'"),
        ({"within": 0.0}, "within: expected a half-width above 0 and below 0.5, got 0.0"),
        ({"within": 0.5}, "within: expected a half-width above 0 and below 0.5, got 0.5"),
        ({"within": float("nan")}, "within: expected a half-width above 0 and below 0.5, got nan"),
        ({"workers": 0}, "workers: expected a whole number of at least 1, got 0"),
        ({"keep": "totals", "events": ["nope"]}, "expected a condition on the columns of the outcomes, got 'nope'"),
        ({"keep": "totals", "events": ["funded_bn > funded_bn.mean()"]}, "expected an event that a run tells alone"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_a_simulation_that_makes_no_sense_is_refused(asked, says):
    with pytest.raises(ValueError, match=f"^{says}"):
        abm.simulate(SMALL, **asked)


# --------------------------------------------------------------------------------------------------------------------
# As many runs as it takes


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("width", [0.03, 0.01])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_width_ends_the_runs_at_the_first_look_that_reaches_it(width, workers):
    outcomes = abm.simulate(SMALL, seed=5, within=width, workers=workers)
    closed = outcomes.to_frame()["closed"].cumsum()
    looks = range(500, 20_001, 500)
    needed = next(n for n in looks if n > len(closed) or half_width(closed[n - 1], n) <= width)
    assert outcomes.runs == needed
    assert (outcomes.reached, outcomes.within, outcomes.interrupted) == (True, width, False)
    assert same(outcomes, abm.simulate(SMALL, needed, seed=5))
    chance = outcomes.probability("closed")
    assert (chance.high - chance.low) / 2 <= width


@pytest.mark.usefixtures("engine")
def test_with_both_the_runs_are_the_most_that_may_be_spent():
    outcomes = abm.simulate(SMALL, 1_234, within=0.001)
    assert (outcomes.runs, outcomes.reached) == (1_234, False)
    short = abm.simulate(SMALL, 100, within=0.2)
    assert (short.runs, short.reached) == (100, True)  # the end is a look too
    assert abm.simulate(SMALL, 100).reached is None


def test_a_width_is_looked_at_every_five_hundred_runs_whatever_the_engine():
    even = abm.scenario_from(world([signer("one", 10.0, 0.5)], days=7))
    outcomes = abm.simulate(even, 800, seed=1, within=0.06, engine="mesa", workers=1)
    assert (outcomes.runs, outcomes.reached) == (500, True)


# --------------------------------------------------------------------------------------------------------------------
# What is kept


@pytest.mark.usefixtures("engine")
def test_rows_are_kept_without_the_weekly_paths():
    rows = abm.simulate(SMALL, 600, keep="rows")
    assert same(rows, abm.simulate(SMALL, 600))
    with pytest.raises(ValueError, match="keep='runs'"):
        rows.path("paid")


def numbers_in(thing, seen: set[int] | None = None) -> int:
    """Bytes of all arrays that can be reached from something."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return (thing.base if isinstance(thing.base, np.ndarray) else thing).nbytes
    if isinstance(thing, dict):
        return sum(numbers_in(one, seen) for one in thing.values())
    if isinstance(thing, list | tuple):
        return sum(numbers_in(one, seen) for one in thing)
    return numbers_in(vars(thing), seen) if type(thing).__module__.startswith("abm.") else 0


@pytest.mark.usefixtures("engine")
def test_totals_take_no_more_room_for_more_runs():
    few, many = (abm.simulate(SMALL, runs, keep="totals") for runs in (40_000, 400_000))
    for totals in (few, many):
        totals.quantiles("funded_bn")  # counts what was waiting
    assert many.runs == 400_000
    assert numbers_in(many) <= 1.05 * numbers_in(few) < 1_000_000
    assert numbers_in(abm.simulate(SMALL, 40_000, keep="rows")) > 4_000_000


@pytest.mark.usefixtures("engine")
def test_the_first_runs_are_kept_and_the_others_let_go():
    kept = RunCollector(600)
    collect(batches(SMALL, 2_000), [kept])
    assert kept.runs == 2_000
    assert kept.batch().rows["run"].tolist() == list(range(600))
    assert numbers_in(kept) <= 750 * (RESULT.itemsize + 3 * FATE.itemsize + 8 + 3 * 104 * 8)


# --------------------------------------------------------------------------------------------------------------------
# Stopped early


def stopping_at(run: int):
    def simulate_batch(population, seed, first_run, runs, paths):
        if first_run >= run:
            raise KeyboardInterrupt
        return invented(population, seed, first_run, runs, paths)

    return simulate_batch


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("keep", ["runs", "rows", "totals"])
def test_what_is_there_is_returned_when_the_interrupt_key_is_pressed(engine, keep, workers):
    engine(stopping_at(2_000))
    stopped = abm.simulate(SMALL, 9_000, seed=4, workers=workers, keep=keep, within=0.005)
    assert (stopped.runs, stopped.interrupted) == (2_000, True)
    engine(invented)
    whole = abm.simulate(SMALL, 2_000, seed=4)
    assert not whole.interrupted
    assert stopped.probability("closed") == whole.probability("closed")
    assert stopped.quantiles("end_cash_bn") == whole.quantiles("end_cash_bn")


def test_before_the_first_batch_the_interrupt_key_is_what_it_always_is(engine):
    engine(stopping_at(0))
    with pytest.raises(KeyboardInterrupt):
        abm.simulate(SMALL, 1_000, workers=2)


@pytest.mark.usefixtures("engine")
def test_an_interruption_between_two_sinks_leaves_the_same_runs_in_both():
    class Pressed(RunCollector):
        def add(self, batch):
            if self.runs >= 500:
                monkey.append(1)
                if len(monkey) == 1:
                    raise KeyboardInterrupt
            super().add(batch)

    monkey: list[int] = []
    first, second = RunCollector(), Pressed()
    ending = collect(batches(SMALL, 5_000), [first, second])
    assert ending.interrupted
    assert first.batch().rows["run"].tolist() == second.batch().rows["run"].tolist() == list(range(800))


def test_a_fault_of_the_engine_is_a_fault(engine):
    def broken(*_):
        raise ZeroDivisionError("no such engine")

    engine(broken)
    with pytest.raises(ZeroDivisionError, match="no such engine"):
        abm.simulate(SMALL, 5_000, workers=2)


@pytest.mark.skipif(sys.platform == "win32", reason="a process group is interrupted in another way")
def test_the_interrupt_key_stops_processes_without_noise():
    """As a terminal does it: everybody in the group gets the signal."""
    script = (
        "import abm\n"
        "told = lambda done, wanted: print(done, flush=True)\n"
        f"outcomes = abm.simulate('{SMALL}', 100_000, engine='mesa', workers=2, keep='rows', progress=told)\n"
        "print('stopped', outcomes.interrupted, outcomes.runs)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        lines = [run.stdout.readline() for _ in range(2)]
        os.killpg(run.pid, signal.SIGINT)
        out, faults = run.communicate(timeout=HANGS_S)
    *told, last = out.splitlines()
    done = [int(line) for line in [*lines, *told]]
    assert last in (f"stopped True {done[-1]}", f"stopped True {done[-1] + 40}")  # counted, but not told any more
    assert done == list(range(40, done[-1] + 1, 40))
    assert faults == ""


def test_totals_and_outcomes_are_public():
    assert abm.Totals is Totals
    assert abm.batches is batches
