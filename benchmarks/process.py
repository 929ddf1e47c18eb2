"""The command line as a whole process: warm, what its parts take, and the first one after an install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.sizes import Sizes
from benchmarks.timing import Figure


def warm(sizes: Sizes) -> Iterator[Figure]:
    """Row f: ``abm run openai-2025 --within W`` from outside, and in turn with it the same stages from inside."""
    asked = ("run", sizes.scenario, "--within", str(sizes.within))
    inside = (sys.executable, "-m", "benchmarks.stages", sizes.scenario, str(sizes.within))
    _process(inside)  # compiles what is not in the cache
    whole, parts = [], []
    for _ in range(sizes.processes):
        whole.append(_abm(asked)[0])
        took, printed = _process(inside)
        stages = json.loads(printed)
        stages["starting and ending the interpreter"] = took + stages["runs"] - sum(stages.values())
        parts.append(stages)
    what = f"abm {' '.join(asked)}"
    yield Figure("process", what, tuple(whole), "s", "below 2 s", f"{parts[0]['runs']:,} runs")
    for name in (name for name in parts[0] if name != "runs"):
        yield Figure("process", f"  of that {name}", tuple(stages[name] for stages in parts), "s")


def first(sizes: Sizes) -> Iterator[Figure]:
    """Row f: the first one after an install: nothing is compiled yet; measured once."""
    with tempfile.TemporaryDirectory() as empty:
        took, _ = _abm(sizes.first_command, {"NUMBA_CACHE_DIR": empty})
    what = f"abm {' '.join(sizes.first_command)}, the first one after an install"
    yield Figure("first", what, (took,), "s", "below 30 s", "once, with an empty cache folder")


def _abm(asked: tuple[str, ...], environment: dict[str, str] | None = None) -> tuple[float, str]:
    return _process((sys.executable, "-m", "abm.cli", *asked), environment)


def _process(command: tuple[str, ...], environment: dict[str, str] | None = None) -> tuple[float, str]:
    """Time of a process [s], and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False, timeout=600
    )
    took = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return took, done.stdout
