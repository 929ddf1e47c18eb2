"""Objects: a start that finds machine code needs no numba; whatever is wrong with it, numba compiles in silence."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abm.core import objects, waking
from abm.core.code_state import INTERPRETED
from abm.core.jit import rule
from abm.core.objects import kind_of
from abm.core.sealed import read_sealed, write_sealed
from abm.rules import gatekeepers
from abm.rules.conditions import ATOM
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")

#: The chance that one hazard wins against none, 1 - 1/e; and whether numba was imported for it.
RACE = "import sys; from abm.rules.gatekeepers import race; print(race(1.0, 0.0), 'numba' in sys.modules)"
COMPILED, LOADED = "0.6321205588285577 True\n", "0.6321205588285577 False\n"


def said(cache: Path, code: str = RACE, **environment: str) -> str:
    """What a program prints that keeps its code in a folder, and complains of nothing."""
    given = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    given |= {"NUMBA_CACHE_DIR": str(cache), "HOME": str(cache), "PYTHONPATH": str(ROOT), **environment}
    run = subprocess.run(
        [sys.executable, "-c", code], env=given, capture_output=True, text=True, check=False, timeout=HANGS_S
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def the_object(cache: Path) -> Path:
    """The one object of a cache."""
    (found,) = cache.glob("*/objects/race_*")
    return found


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """What a start leaves that had to compile one rule."""
    cache = tmp_path_factory.mktemp("cache")
    assert said(cache) == COMPILED
    return cache, the_object(cache), the_object(cache).read_bytes()


@pytest.fixture
def cache(compiled):
    """The same, put right before every test."""
    folder, path, content = compiled
    for other in path.parent.iterdir():
        other.unlink()
    path.write_bytes(content)
    return folder


def test_the_second_start_gives_the_same_without_numba(cache):
    assert said(cache) == LOADED


@pytest.mark.parametrize("harm", ["a byte", "half of it", "all of it"])
def test_a_damaged_object_is_compiled_anew_and_replaced(cache, harm):
    path = the_object(cache)
    whole = path.read_bytes()
    if harm == "a byte":
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    else:
        path.write_bytes(whole[: len(whole) // 2] if harm == "half of it" else b"")
    assert said(cache) == COMPILED
    assert read_sealed(path) is not None
    assert said(cache) == LOADED


def test_an_object_that_needs_what_is_not_there_is_not_linked(cache):
    path = the_object(cache)
    content = read_sealed(path)
    write_sealed(path, content.replace(b'"needs": []', b'"needs": ["nobody_has_this"]'))
    assert said(cache) == COMPILED


COUNT = """
import sys
from concurrent.futures import ThreadPoolExecutor
import llvmlite.binding as llvm
linked = []
add = llvm.ExecutionEngine.add_object_file
llvm.ExecutionEngine.add_object_file = lambda engine, code: (linked.append(1), add(engine, code))[1]
from abm.core import jit, waking
from abm.rules.gatekeepers import race
kinds = ("float", "float")
addresses = {race.address(kinds, None) for _ in range(300)}
with ThreadPoolExecutor(8) as pool:
    chances = set(pool.map(lambda _: waking.Compiled(race.py_func, race.targetoptions)(1.0, 0.0), range(200)))
print(len(addresses), chances == {race(1.0, 0.0)}, len(linked), "numba" in sys.modules)
"""


def test_an_object_is_linked_once_however_often_and_from_wherever_it_is_asked_for(cache):
    """Machine code reaches what it calls over short distances: a thousand copies of it end the process."""
    assert said(cache, COUNT) == "1 True 1 False\n"


def test_another_processor_is_another_object(cache):
    settings = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert said(cache, **settings) == COMPILED
    assert said(cache, **settings) == LOADED
    assert len(list(cache.glob("*/objects/race_*"))) == 2
    assert said(cache) == LOADED


def test_an_object_in_a_folder_that_others_can_write_is_not_trusted(cache):
    (folder,) = (path for path in cache.iterdir() if (path / "objects").is_dir())
    folder.chmod(0o777)
    try:
        assert said(cache) == COMPILED
        assert said(cache) == LOADED  # from the next place, the home's cache, which is the user's alone
        assert list(cache.glob(".cache/abm/compiled/*/objects/race_*"))
    finally:
        folder.chmod(0o700)


def test_two_starts_at_once_leave_one_sound_object(tmp_path):
    given = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([sys.executable, "-c", RACE], env=given, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert {one.communicate(timeout=HANGS_S)[0] for one in both} <= {COMPILED, LOADED}
    assert read_sealed(the_object(tmp_path)) is not None
    assert [path.name for path in tmp_path.glob("*/objects/.*")] == []  # no draft is left


# --------------------------------------------------------------------------------------------------------------------
# What objects can do


@rule
def heaviest(weights: np.ndarray, rows: np.ndarray, scale: float, heavy: bool) -> float:
    """The largest of two rows of weights that it lays out and scales itself, written into the first record."""
    laid = np.zeros(4)
    for i in range(4):
        laid[i] = scale * weights[i]
    table = laid.reshape((2, 2))
    found = max(table[0, 0], table[0, 1], table[1, 0], table[1, 1])
    rows[0].level = found
    return found if heavy else -found


@rule
def remainder(a: int, b: int) -> int:
    """What is left of a division."""
    if b == 0:
        raise ValueError("expected a number to divide by")
    return a % b


def taken(monkeypatch, tmp_path, function, *arguments):
    """A function as the next start would call it, from its object alone; the object is made by this start."""
    monkeypatch.setattr(waking, "code_folder", lambda: tmp_path)
    monkeypatch.setattr(waking.Compiled, "_is_ours", True)
    again = []
    for _ in range(2):
        again.append(waking.Compiled(function.py_func, function.targetoptions))
        answer = again[-1](*arguments)
    assert "itself" not in vars(again[-1])  # what numba would have made
    assert answer == again[0](*arguments)
    return again[-1]


def test_arrays_are_born_shaped_and_written_without_numba(monkeypatch, tmp_path):
    rows = np.zeros(2, ATOM).view(np.recarray)
    weights = np.array([1.0, 9.0, 4.0, 2.0])
    loaded = taken(monkeypatch, tmp_path, heaviest, weights, rows, 0.5, True)
    rows.level = 0.0
    assert loaded(weights, rows, 2.0, False) == -18.0
    assert rows.level.tolist() == [18.0, 0.0]
    for _ in range(1000):  # nothing that was born stays
        loaded(weights, rows, 2.0, True)


def test_strided_and_typed_arguments_mean_what_they_mean_to_numba(monkeypatch, tmp_path):
    rows = np.zeros(2, ATOM).view(np.recarray)
    every_other = np.array([1.0, 0.0, 9.0, 0.0, 4.0, 0.0, 2.0, 0.0])[::2]
    loaded = taken(monkeypatch, tmp_path, heaviest, every_other, rows, np.float64(1.0), np.True_)
    assert loaded(every_other, rows, 1.0, True) == 9.0


def test_a_fault_is_named_by_numba(monkeypatch, tmp_path):
    loaded = taken(monkeypatch, tmp_path, remainder, 7, 4)
    assert loaded(np.int64(9), 4) == 1
    with pytest.raises(ValueError, match="expected a number to divide by"):
        loaded(7, 0)


def test_kinds_are_what_decides_how_code_is_compiled():
    line = np.zeros(6)
    kinds = [kind_of(line), kind_of(line[::2]), kind_of(line.reshape(2, 3)), kind_of(line.astype(np.int64))]
    assert len(set(kinds)) == 4
    locked = line.copy()
    locked.flags.writeable = False
    assert kind_of(locked) != kind_of(line)
    assert kind_of(np.zeros((1, 4))) == kind_of(np.zeros((4, 4)))
    assert kind_of(1.0) == kind_of(np.float64(1.0)) != kind_of(1) == kind_of(np.int64(1)) != kind_of(True)
    assert [kind_of(other) for other in ("text", None, (1.0,), 2**63, np.float32(1.0))] == [None] * 5


def test_a_rule_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(gatekeepers.race))(1.0, 0.0) == 0.6321205588285577


def test_functions_are_told_apart_by_name_kinds_and_maker(monkeypatch):
    race, named = gatekeepers.race.py_func, objects._symbol
    names = {
        named(race, ("float", "float")),
        named(race, ("float", "int")),
        named(remainder.py_func, ("float", "float")),
    }
    monkeypatch.setattr(objects, "_maker", lambda: ("another",))
    assert len(names | {named(race, ("float", "float"))}) == 4
