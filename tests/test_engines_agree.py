"""The engines through the public door: the same bits, whatever the threads, the chunks and the order."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
from abm.core.batch import Batch
from abm.ensemble import Ensemble
from abm.population import prepare
from abm.runs import stream

PACKAGED = ["openai-2025", "openai-2025-article", "three-investors", "mutual-conditions"]


def digest(batches: list[Batch]) -> str:
    """SHA-256 over every number that some runs leave behind."""
    whole = Batch.joined(batches)
    hashed = hashlib.sha256()
    for column in whole:
        hashed.update(np.ascontiguousarray(column).tobytes())
    return hashed.hexdigest()


def batches(name: str, runs: int, first: int = 0, **how: Any) -> list[Batch]:
    return list(abm.batches(name, runs, 5, first_run=first, path_runs=runs, **how))


@pytest.mark.parametrize("name", ["openai-2025", "mutual-conditions"])
def test_threads_and_chunks_leave_the_same_bits(name, monkeypatch):
    expected = digest(batches(name, 1_200, workers=1))
    assert digest(batches(name, 1_200, workers=2)) == expected
    for size in (1, 77, 5_000):
        monkeypatch.setitem(stream._CHUNK, "ensemble", size)
        assert digest(batches(name, 1_200, workers=2)) == expected


@pytest.mark.parametrize("name", PACKAGED)
def test_runs_in_two_parts_leave_the_same_bits_as_in_one(name):
    expected = digest(batches(name, 600))
    parts = batches(name, 217), batches(name, 383, first=217)
    assert digest(parts[0] + parts[1]) == expected
    assert digest(parts[1] + parts[0]) == expected


def test_another_seed_leaves_other_bits():
    one, other = (list(abm.batches("three-investors", 300, seed)) for seed in (5, 6))
    assert digest(one) != digest(other)


@pytest.mark.parametrize("name", PACKAGED)
def test_both_engines_leave_the_same_table_and_the_same_paths(name):
    fast, slow = (abm.simulate(name, 25, seed=9, first_run=40, engine=engine) for engine in ("ensemble", "mesa"))
    pd.testing.assert_frame_equal(fast.to_frame(), slow.to_frame(), check_exact=True)
    for path in ("committed", "paid", "cash"):
        pd.testing.assert_frame_equal(fast.path(path), slow.path(path), check_exact=True)


def test_a_world_is_used_again_without_a_trace_of_the_run_before():
    engine = Ensemble(prepare(abm.load_scenario("openai-2025")))
    fresh = [Ensemble(engine.population)(3, range(k, k + 1), paths=True) for k in range(12)]
    again = [engine(3, range(k, k + 1), paths=True) for k in reversed(range(12))]
    assert digest(again) == digest(fresh)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_in_a_worker_is_not_lost(monkeypatch, workers):
    def broken(self, seed, runs, paths=False):
        if runs.start >= 500:
            raise ZeroDivisionError("a planted fault")
        return simulate(self, seed, runs, paths)

    simulate = Ensemble.__call__
    monkeypatch.setattr(Ensemble, "__call__", broken)
    with pytest.raises(ZeroDivisionError, match="a planted fault"):
        abm.simulate("three-investors", 2_000, seed=1, workers=workers)
