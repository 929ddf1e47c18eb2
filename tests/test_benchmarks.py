"""Benchmarks: they still run; how fast anything is, no test asserts."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import toy
from benchmarks.peers import Peer, standard_errors_apart

ROOT = Path(__file__).parent.parent
ROWS = {
    "mesa",
    "batch_run",
    "floor",
    "investors",
    "weeks",
    "runs",
    "threads",
    "process",
    "first",
    "book",
    "worlds",
    "page",
    "peers",
}


def test_the_benchmarks_measure_every_row(tmp_path):
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())["figures"]
    assert {figure["row"] for figure in figures} == ROWS
    assert all(figure["what"] in done.stdout and figure["values"] for figure in figures)
    peers = [figure for figure in figures if figure["row"] == "peers"]
    tools = {figure["what"].split()[0].rstrip(",") for figure in peers[1:]}
    has_jax = importlib.util.find_spec("jax") is not None
    assert tools == {"Mesa", "NumPy", "numba"} | ({"JAX"} if has_jax else set())
    assert ("pip install -e '.[peers]'" in peers[0]["detail"]) is not has_jax


def test_shares_are_compared_by_the_error_of_their_difference():
    """50 of 100 against 60 of 100: a tenth apart, where luck alone makes sqrt(0.55 * 0.45 * 2 / 100) = 0.07036."""
    one, other = (Peer("", toy.with_numpy, 100, done=100, closed=closed) for closed in (50, 60))
    assert standard_errors_apart(one, other) == pytest.approx(0.1 / 0.07036, rel=1e-4)
    assert standard_errors_apart(one, one) == 0.0


def test_an_investor_of_the_toy_signs_with_half_of_the_highest_rate_where_nothing_moves_him():
    """A rate of 0.10 / (1 + exp(0)) a week; one less e**-0.05 is 0.048771."""
    assert toy.chance_by(np.exp)(0.0, 0.0, 0.0) == pytest.approx(0.048771, abs=1e-6)
