"""Benchmarks: they still run; how fast anything is, no test asserts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
}


def test_the_benchmarks_measure_every_row(tmp_path):
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())["figures"]
    assert {figure["row"] for figure in figures} == ROWS
    assert all(figure["what"] in done.stdout and figure["values"] for figure in figures)
