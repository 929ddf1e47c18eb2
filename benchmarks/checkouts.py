"""Checkouts: whether two checkouts of the project give the same answers, byte by byte.

python -m benchmarks.checkouts BEFORE AFTER

Asks the code of each checkout the same questions: the outcomes of every packaged scenario by both engines, the
``--json`` of every command that has it, the schema, the page of parameters, the tables in ``results/``. Says which
answers differ, and exits with 1 if any does.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_COMMAND = "from abm.cli import main; main()"
_OUTCOMES = """
import hashlib, sys, abm
for name in abm.packaged():
    for engine, runs in (("ensemble", 5_000), ("mesa", 40)):
        outcomes = abm.simulate(name, runs=runs, seed=1, engine=engine)
        digest = hashlib.sha256(outcomes.to_frame().to_csv(float_format="%.17g").encode())
        for path in ("committed", "paid", "cash"):
            digest.update(outcomes.path(path).to_numpy().tobytes())
        print(name, engine, digest.hexdigest())
"""
_SWEPT = ("three-investors", "--vary", "round.target_bn=6,8", "--vary", "investors.lead=as_is,out", "--runs", "500")
#: What is asked: a name, and the arguments of the command line; what is made in one question is there in the next.
QUESTIONS = {
    "run": ("run", "openai-2025", "--runs", "2000", "--json"),
    "run article": ("run", "openai-2025-article", "--runs", "1000", "--json"),
    "run circle": ("run", "mutual-conditions", "--runs", "1000", "--json"),
    "run mesa": ("run", "three-investors", "--runs", "60", "--engine", "mesa", "--json"),
    "run within": ("run", "three-investors", "--within", "0.02", "--json"),
    "explain failed": ("explain", "openai-2025", "--failed", "--json"),
    "explain closed": ("explain", "three-investors", "--closed", "--json"),
    "explain circle": ("explain", "mutual-conditions", "--run", "3", "--json"),
    "explain text": ("explain", "openai-2025", "--run", "17"),
    "sweep": ("sweep", *_SWEPT, "--out", "study", "--json"),
    "study show": ("study", "show", "study", "--json"),
    "study export": ("study", "export", "study", "points.csv"),
    "study export runs": ("study", "export", "study", "runs.csv", "--runs"),
    "study verify": ("study", "verify", "study"),
    "check": ("check", "openai-2025", "mutual-conditions"),
    "scenarios": ("scenarios",),
    "schema": ("schema",),
    "parameters": ("parameters",),
    "provenance": ("provenance", "openai-2025", "--json"),
    "provenance text": ("provenance", "three-investors"),
}
#: Files that the questions leave behind, and that are compared too.
LEFT = ("points.csv", "runs.csv")  # not the store itself: its keys name the code


def answers(checkout: Path) -> dict[str, str]:
    """What the code of a checkout answers, or digests of it, by question."""
    place = {**os.environ, "PYTHONPATH": str(checkout.resolve()), "COLUMNS": "100", "MPLBACKEND": "Agg"}
    found = {}
    with tempfile.TemporaryDirectory() as folder:

        def ask(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, "-c", *arguments], cwd=folder, env=place, capture_output=True, text=True, check=False
            )
            return f"exit {done.returncode}\n{done.stdout}\n{done.stderr if done.returncode else ''}"

        for line in ask(_OUTCOMES).splitlines():
            found[f"outcomes {' '.join(line.split()[:-1])}"] = line
        for name, arguments in QUESTIONS.items():
            found[name] = ask(_COMMAND, *arguments)
        for left in LEFT:
            file = Path(folder) / left
            found[left] = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "missing"
    for table in sorted(checkout.glob("results/*/data.parquet")):
        found[table.relative_to(checkout).as_posix()] = hashlib.sha256(table.read_bytes()).hexdigest()
    return found


def _first_difference(one: str, other: str) -> str:
    pairs = zip([*one.splitlines(), ""], [*other.splitlines(), ""], strict=False)
    before, after = next(((a, b) for a, b in pairs if a != b), ("", ""))
    return f"  before: {before.strip()[:160]}\n  after:  {after.strip()[:160]}"


def main() -> None:
    """Compare two checkouts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    given = parser.parse_args()
    before, after = answers(given.before), answers(given.after)
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in differing:
        print(f"{name}\n{_first_difference(before.get(name, ''), after.get(name, ''))}")
    print(f"{len(before)} answers compared, {len(differing)} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
