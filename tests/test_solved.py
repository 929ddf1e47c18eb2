"""Solved: an answer is found once for all that it depends on, and kept where the compiled code is."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from abm.core import solved
from abm.core.sealed import read_sealed, write_sealed
from abm.core.solved import kept
from tests.guard import HANGS_S


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A place of its own, of which this start has written nothing."""
    monkeypatch.setattr(solved, "code_folder", lambda: tmp_path)
    monkeypatch.setattr(solved, "_WRITTEN", itertools.count())
    return tmp_path


def asked(*given, question="roots"):
    """An answer, and whether it had to be found."""
    found = []

    def solve():
        found.append(True)
        return np.array([1.5, -2.0, np.nan])

    answer = kept(question, given, solve)
    assert np.array_equal(answer, [1.5, -2.0, np.nan], equal_nan=True)
    return bool(found)


def test_an_answer_is_found_once(folder):
    assert [asked(1.0, b"records"), asked(1.0, b"records")] == [True, False]


def test_whatever_it_depends_on_makes_another_answer(folder, monkeypatch):
    given = [(1.0, b"ab"), (np.nextafter(1.0, 2.0), b"ab"), (1.0, b"a", b"b"), (1.0, b"b", b"a"), (b"1.0", b"ab")]
    assert all(asked(*one) for one in given)
    assert asked(1.0, b"ab", question="poles")
    monkeypatch.setattr(solved, "_libraries", lambda: ("another numpy",))
    assert asked(1.0, b"ab")


@pytest.mark.parametrize("left", [0, 10, 100])
def test_a_damaged_answer_is_found_anew(folder, left):
    asked()
    (path,) = (folder / "answers").iterdir()
    path.write_bytes(path.read_bytes()[:left])
    assert [asked(), asked()] == [True, False]


def test_nothing_is_unpickled(folder):
    asked()
    (path,) = (folder / "answers").iterdir()
    write_sealed(path, b"\x80\x04\x95a pickle")
    with pytest.raises(ValueError, match="pickled"):
        asked()


def test_records_come_back_as_records(folder):
    layout = np.dtype([("week", np.int64), ("price", np.float64)])
    for _ in range(2):
        answer = kept("offers", (), lambda: np.array([(1, 2.5)], layout))
        assert (answer.dtype, answer["price"].tolist()) == (layout, [2.5])


def test_where_there_is_no_folder_it_is_found_every_time(monkeypatch):
    monkeypatch.setattr(solved, "code_folder", lambda: None)
    assert [asked(), asked()] == [True, True]


def test_a_long_sweep_leaves_only_its_first_answers(folder, monkeypatch):
    monkeypatch.setattr(solved, "_MOST_OF_A_START", 3)
    for number in range(5):
        asked(number)
    assert [asked(number) for number in range(5)] == [False, False, False, True, True]


def test_the_older_half_goes_when_there_are_too_many(folder, monkeypatch):
    monkeypatch.setattr(solved, "_MOST", 3)
    for age in range(4):
        asked(age)
        for path in (folder / "answers").iterdir():
            os.utime(path, (path.stat().st_mtime - 100, path.stat().st_mtime - 100))
    monkeypatch.setattr(solved, "_WRITTEN", itertools.count())  # the next start
    assert [asked(9), asked(0), asked(1), asked(2), asked(3)] == [True, True, True, False, False]


def test_a_place_that_cannot_be_written_does_no_harm(folder):
    (folder / "answers").write_text("no folder")
    assert [asked(), asked()] == [True, True]
    assert read_sealed(folder / "answers" / "one") is None


CROWDED = """
import gc, sys, threading
import numpy as np
from abm.core.solved import kept

class Ring:  # what only the collector frees, and says so in Python: then another thread may go on in mid-reading
    def __init__(self):
        self.itself = self

    def __del__(self):
        pass

def ask():
    for _ in range(3_000):
        Ring(), Ring(), Ring()
        try:
            kept("test of many who read", (1.0,), lambda: np.array([2.0]))
        except SystemError as fault:
            faults.append(fault)

kept("test of many who read", (1.0,), lambda: np.array([2.0]))
faults, threads = [], [threading.Thread(target=ask) for _ in range(4)]
sys.setswitchinterval(1e-6)
gc.set_threshold(10)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(faults))
"""


def test_threads_read_kept_answers_one_at_a_time(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", CROWDED],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=HANGS_S,
    )  # fmt: skip
    assert run.stdout.split() == ["0"]
