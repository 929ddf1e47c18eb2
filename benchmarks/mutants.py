"""Mutants: how many small faults, planted one at a time, the tests find.

python -m benchmarks.mutants [--sample 60] [--seed 1] [--file rules/]

Each fault is planted in a copy of the checkout, where the closest tests run, the nearest first, until one fails:
uncompiled where the fault is in compiled code and a test is quick enough so, then as everybody runs them. A test that
fails or hangs without the fault, too, says nothing. What ends half-way goes on where it stopped; the working tree is
never touched.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abm.core.code_state import COMPILED
from abm.runs.estimates import estimate
from benchmarks.closest import Closest
from benchmarks.mutations import ROOT, Mutant, equivalents, mutants, sample

_RINGS = (0, 8, 32, 90)  # tests around a fault, tried ring by ring
_SURE = ("abm/rules/sums.py", "level + change")  # the example in its docstring finds it
_INTERPRETED, _COMPILED_CODE = "interpreted", "compiled"
_CRASH, _NO_TESTS = "the tests do not even begin", 5
_PATIENCE_S = 2  # of work for a test that runs uncompiled
_LIMITS_S = {_INTERPRETED: 300, _COMPILED_CODE: 600}  # a test that takes longer hangs, or is of no use
_LONG_S = 60  # tests that take longer are tried only where they name the function


@dataclass
class Watched:
    """What became of some tests."""

    code: int
    passed: dict[str, float] = field(default_factory=dict)  # with the seconds that each took
    failed: list[str] = field(default_factory=list)
    hung: str = ""


class Desk:
    """A copy of the checkout, in which one fault at a time is planted and looked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "copy"
        shutil.rmtree(self.root, ignore_errors=True)  # what was compiled for it earlier stays of use
        for name in _listed():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        self.cache = folder / "cache"

    @contextlib.contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """Plant a fault for a while, with a cache of compiled code of its own."""
        path, kept = self.root / mutant.file, self.folder / "kept.py"
        shutil.copy2(path, kept)
        try:
            path.write_text(mutant.planted(path.read_text("utf-8")), "utf-8")
            _forget(path)
            self.cache = self.folder / ("cache of the fault" if _is_compiled(mutant.file) else "cache")
            yield
        finally:
            shutil.move(kept, path)  # with its old time, so that caches know it again
            _forget(path)
            self.cache = self.folder / "cache"
            shutil.rmtree(self.folder / "cache of the fault", ignore_errors=True)

    def run(self, tests: Sequence[str], mode: str, *more: str) -> Watched:
        """Run tests."""
        log, limit = self.folder / "log", _LIMITS_S[mode]
        log.write_text("")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "benchmarks.watching", "-p", "no:cacheprovider"]
        command += ["--hypothesis-seed=0", f"--basetemp={self.folder / 'tmp'}"]
        command += ["-o", f"faulthandler_timeout={limit}", "-o", "faulthandler_exit_on_timeout=true", *more, *tests]
        place = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "NUMBA_CACHE_DIR": str(self.cache),
            "ABM_WATCHED": str(log),
        }
        if mode == _INTERPRETED:
            place |= {"NUMBA_DISABLE_JIT": "1", "ABM_PATIENCE": str(_PATIENCE_S)}
        place["MPLBACKEND"] = "Agg"
        done = subprocess.run(command, cwd=self.root, env=place, capture_output=True, text=True, check=False)
        (self.folder / "last.txt").write_text(done.stdout + done.stderr)
        watched = _watched(done.returncode, log.read_text("utf-8"))
        if uncollected := re.search(r"^ERROR (tests/\w+\.py|abm/[\w/]+\.py)", done.stdout, re.MULTILINE):
            watched.failed.append(uncollected[1])
        return watched

    def imports_its_own(self) -> bool:
        """Whether the copy, and no other checkout, is what a test imports."""
        place = {**os.environ, "PYTHONPATH": str(self.root)}
        command = [sys.executable, "-c", "import abm; print(abm.__file__)"]
        said = subprocess.run(command, cwd=self.folder, env=place, capture_output=True, text=True, check=True).stdout
        return Path(said.strip()).is_relative_to(self.root)


def _watched(code: int, log: str) -> Watched:
    watched = Watched(code)
    running = ""
    for line in log.splitlines():
        event, test, *took = line.split("\t")
        running = test if event == "began" else ""
        if event == "passed":
            watched.passed[test] = watched.passed.get(test, 0.0) + float(took[0])
        elif event == "failed":
            watched.failed.append(test)
    watched.hung = running
    return watched


class Hunt:
    """What is known so far, kept in a file: verdicts, and which tests are of use."""

    def __init__(self, folder: Path) -> None:
        self.path, self.lock = folder / "known.json", threading.Lock()
        self.known: dict[str, Any] = json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}
        for name in ("verdicts", "seconds", "sound", "useless"):
            self.known.setdefault(name, {})
        self.code, self.tests = _digest("abm"), _digest("tests")
        self.closest = Closest()

    def verdict(self, mutant: Mutant) -> dict[str, Any] | None:
        """Return what is known of a fault: while the code is as it was, and for survivors the tests too."""
        found = self.known["verdicts"].get(f"{mutant.name} | {mutant.start}")
        if not found or found["code"] != self.code or (not found["by"] and found["tests"] != self.tests):
            return None
        return found if found["by"] not in self._useless(found["mode"]) else None

    def look_for(self, mutant: Mutant, desk: Desk) -> dict[str, Any]:
        """Plant a fault and run the tests that should find it."""
        tried: set[str] = set()
        for mode, tests in self._stages(mutant):
            left = [test for test in tests if not {test, _file(test)} & self._useless(mode)]
            left.sort(key=lambda test: self._seconds(mode, test))
            with desk.planted(mutant):
                watched = desk.run(left, mode, "-x")
            self._time(mode, watched.passed)
            tried |= {*left}
            by = (watched.failed or [watched.hung or ("" if watched.code in (0, _NO_TESTS) else _CRASH)])[0]
            if by:
                break
        found = {"by": by, "mode": mode, "hangs": bool(watched.hung), "tried": len(tried)}
        found |= {"code": self.code, "tests": self.tests}
        self._keep("verdicts", f"{mutant.name} | {mutant.start}", found)
        return found

    def _stages(self, mutant: Mutant) -> Iterator[tuple[str, list[str]]]:
        ranked = self.closest.to(mutant.file, mutant.function)
        usual = [test for distance, test in ranked if distance == 1 or self._seconds(_COMPILED_CODE, test) < _LONG_S]
        if _is_compiled(mutant.file):
            rules = [test for test in usual if _file(test) in self.closest.of_rules]
            yield _INTERPRETED, [mutant.file, *rules[: _RINGS[2]]]
        else:
            usual = [mutant.file, *usual]
        for first, last in itertools.pairwise(_RINGS):
            yield _COMPILED_CODE, usual[first:last]

    def _useless(self, mode: str) -> set[str]:
        return set(self.known["useless"].get(mode, []))

    def prove(self, found: Iterable[dict[str, Any]], desk: Desk) -> bool:
        """Run every test that found a fault where nothing is planted: one that fails there, too, is of no use.

        Whether all of them are sound.
        """
        all_sound = True
        for mode in _LIMITS_S:
            sound = set(self.known["sound"].get(mode, [])) | {_CRASH, ""}
            left = {verdict["by"] for verdict in found if verdict["mode"] == mode} - sound
            for files in (True, False):  # those that could not be imported, and tests
                asked = {test for test in left if ("::" not in test) == files}
                while asked:
                    watched = desk.run([*dict.fromkeys(map(_asked, sorted(asked)))], mode, *(["--co"] if files else []))
                    bad = asked & {*watched.failed, watched.hung}
                    passed = asked if files and not watched.code else asked & watched.passed.keys() - bad
                    if not bad | passed:
                        raise SystemExit(f"expected tests that run, got\n{(desk.folder / 'last.txt').read_text()}")
                    self._add("useless", mode, bad)
                    self._add("sound", mode, passed)
                    all_sound, asked = all_sound and not bad, asked - bad - passed
        return all_sound

    def _add(self, table: str, mode: str, tests: set[str]) -> None:
        self._keep(table, mode, sorted({*self.known[table].get(mode, []), *tests}))

    def _seconds(self, mode: str, test: str) -> float:
        return float(self.known["seconds"].get(mode, {}).get(test, 1.0))

    def _time(self, mode: str, seconds: dict[str, float]) -> None:
        """Keep the least that a test took: the first one compiles."""
        with self.lock:
            known = self.known["seconds"].setdefault(mode, {})
            known.update({test: min(took, known.get(test, took)) for test, took in seconds.items()})

    def _keep(self, table: str, key: str, value: object) -> None:
        with self.lock:
            self.known[table][key] = value
            draft = self.path.with_suffix(".new")
            draft.write_text(json.dumps(self.known, indent=1), "utf-8")
            draft.replace(self.path)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _asked(test: str) -> str:
    """What to ask pytest for: an example in a docstring goes by its module."""
    return _file(test) if test.startswith("abm/") else test


def _listed() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def _digest(folder: str) -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / folder).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _is_compiled(file: str) -> bool:
    return any(Path(file).match(f"abm/{pattern}") for pattern in COMPILED)


def _forget(path: Path) -> None:
    """Drop the bytecode of a module: it is told from older code by size and whole seconds only."""
    for old in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        old.unlink()


def hunt(asked: Sequence[Mutant], folder: Path, jobs: int) -> dict[Mutant, dict[str, Any]]:
    """Look for each fault, as many at a time as there are jobs, and say what became of it."""
    hunt_ = Hunt(folder)
    desks: queue.SimpleQueue[Desk] = queue.SimpleQueue()
    for k in range(jobs):
        desks.put(Desk(folder / f"desk {k}"))

    def look(mutant: Mutant) -> None:
        desk = desks.get()
        try:
            by = hunt_.look_for(mutant, desk)["by"] or "NOBODY"
        finally:
            desks.put(desk)
        print(f"{mutant.file}:{mutant.line}  {mutant.kind}  {by}", flush=True)

    desk = desks.get()
    _see_that_it_sees(desk)
    desks.put(desk)
    while True:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(look, [mutant for mutant in asked if not hunt_.verdict(mutant)]))
        found = {mutant: verdict for mutant in asked if (verdict := hunt_.verdict(mutant))}
        if hunt_.prove(found.values(), desk):
            return found


def _see_that_it_sees(desk: Desk) -> None:
    """See that a desk finds a fault that cannot be missed, and nothing where there is none."""
    (sure,) = (mutant for mutant in mutants(_SURE[0]) if mutant.before == _SURE[1])
    for mode in _LIMITS_S:
        clean = desk.run([sure.file], mode).code
        with desk.planted(sure):
            planted = desk.run([sure.file], mode).code
        if not desk.imports_its_own() or clean or not planted:
            raise SystemExit(f"{desk.root}: expected tests of this copy, got those of another")


def told(asked: Sequence[Mutant], found: dict[Mutant, dict[str, Any]], known: dict[str, str], seed: int) -> str:
    """Say what survived, and the share that was found."""
    survived = [mutant for mutant in asked if not found[mutant]["by"]]
    lines = ["", "| survived | in | before | after | tests tried |", "|---|---|---|---|---|"]
    for mutant in survived:
        before, after = (" ".join(text.split()).replace("|", "\\|") for text in (mutant.before, mutant.after))
        why = f"equivalent: {known[mutant.name]}" if mutant.name in known else found[mutant]["tried"]
        lines.append(f"| {mutant.file}:{mutant.line} | {mutant.function} | `{before}` | `{after}` | {why} |")
    counted = [mutant for mutant in asked if mutant.name not in known]
    killed = sum(bool(found[mutant]["by"]) for mutant in counted)
    aside = f"; {len(asked) - len(counted)} more are equivalent" if len(counted) < len(asked) else ""
    share = estimate(killed, len(counted), seed)
    return "\n".join(
        [*lines, "", f"{killed} of {len(counted)} faults found: {share}{aside}".replace(" runs", " faults")]
    )


def main() -> None:
    """Draw faults, look for them, and say what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=60, help="how many faults")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--file", default="", help="only modules whose path contains this")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "abm-mutants", help="where copies live"
    )
    given = parser.parse_args()
    given.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known, asked = equivalents(), sample(given.seed, given.sample, given.file)
    print(told(asked, hunt(asked, given.folder, given.jobs), known, given.seed))


if __name__ == "__main__":
    main()
