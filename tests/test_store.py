"""The store: whatever happens to a journal, every whole batch of blocks is kept, and the final file is the same."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import abm
from abm.report.files import write_outcomes
from abm.runs.drafts import atomic_write
from abm.sweeps.manifest import MANIFEST
from abm.sweeps.store import LOCK, SPARE, TABLE, BusyError, Store, key_of, lock, schema_of
from abm.sweeps.work import Block, Failure
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
SCHEMA = schema_of(["closed", "funded_bn"], [np.dtype(np.bool_), np.dtype(np.int64)])


def block(place, first, runs=5):
    values = {"closed": np.arange(runs) % 2 == place % 2, "funded_bn": np.arange(first, first + runs)}
    return Block(place, first, runs, int(values["closed"].sum()), values)


def key(place, first):
    return key_of("job", "code", str(place), first, 5)


def fill(store, batches):
    for places in batches:
        blocks = [block(place, first) for place, first in places]
        store.append([key(place, first) for place, first in places], blocks)
    store.close()


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


BATCHES = [[(0, 0), (0, 5)], [(1, 0)], [(0, 10), (1, 5), (2, 0)]]
WANTED = sorted((place, key(place, first)) for batch in BATCHES for place, first in batch)
IN_ORDER = [(place, key(place, first)) for place, first in sorted(one for batch in BATCHES for one in batch)]


def finished(folder, batches=BATCHES):
    folder.mkdir()
    store = Store(folder, SCHEMA)
    fill(store, batches)
    store.compact(IN_ORDER)
    store.drop_journals()
    return sha(folder / TABLE)


def test_the_final_file_does_not_depend_on_the_order_of_the_blocks(tmp_path):
    expected = finished(tmp_path / "a")
    assert finished(tmp_path / "b", BATCHES[::-1]) == expected
    assert finished(tmp_path / "c", [[one] for batch in BATCHES for one in batch]) == expected
    assert finished(tmp_path / "d", [[one for batch in BATCHES for one in batch]]) == expected


def test_the_final_file_holds_what_was_given(tmp_path):
    finished(tmp_path / "a")
    rows = pq.read_table(tmp_path / "a" / TABLE).to_pylist()
    assert [(row["place"], row["first_run"]) for row in rows] == sorted(one for batch in BATCHES for one in batch)
    for row in rows:
        given = block(row["place"], row["first_run"])
        assert row["closed"] == given.values["closed"].tolist()
        assert row["funded_bn"] == given.values["funded_bn"].tolist()
        assert (row["runs"], row["successes"]) == (given.runs, given.successes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), flip=st.booleans())
def test_a_journal_that_breaks_off_or_rots_keeps_its_whole_batches(tmp_path_factory, share, flip):
    folder = tmp_path_factory.mktemp("study")
    store = Store(folder, SCHEMA)
    sizes = []
    for batch in BATCHES:
        store.append([key(place, first) for place, first in batch], [block(*one) for one in batch])
        (journal,) = folder.glob("journal-*")
        sizes.append(journal.stat().st_size)
    store.close()
    cut = int(share * sizes[-1])
    whole = journal.read_bytes()
    journal.write_bytes(whole[:cut] + (b"\xff" * min(64, sizes[-1] - cut) if flip else b""))
    again = Store(folder, SCHEMA)
    kept = sum(size <= cut for size in sizes)
    found = [one for batch in BATCHES[:kept] for one in batch]
    assert all(key(*one) in again for one in found)
    if not flip:
        assert len(again) == len(found)
    assert len(again.notes) <= 1
    fill(again, [[one for batch in BATCHES for one in batch if key(*one) not in again]])
    again.compact(IN_ORDER)
    again.drop_journals()
    assert sha(folder / TABLE) == finished(tmp_path_factory.mktemp("whole") / "a")


def test_a_damaged_end_is_said_in_one_line(tmp_path):
    store = Store(tmp_path, SCHEMA)
    fill(store, BATCHES)
    (journal,) = tmp_path.glob("journal-*")
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - 8 - 7)  # the mark of the end, and a little more
    (note,) = Store(tmp_path, SCHEMA).notes
    assert note == f"{journal}: the end is damaged, kept the 2 whole batches before it"


def test_a_finished_study_can_be_widened(tmp_path):
    store = Store(tmp_path, SCHEMA)
    fill(store, BATCHES[:1])
    store.compact([(0, key(0, 0)), (0, key(0, 5))])
    store.drop_journals()
    again = Store(tmp_path, SCHEMA)
    fill(again, BATCHES[1:])
    again.compact(IN_ORDER)
    again.drop_journals()
    assert sha(tmp_path / TABLE) == finished(tmp_path / "whole")
    assert not list(tmp_path.glob("journal-*"))


def test_what_nobody_wants_now_is_put_aside_and_found_again(tmp_path):
    store = Store(tmp_path, SCHEMA)
    fill(store, BATCHES)
    store.compact([(7, key(1, 0))])  # the point stands elsewhere in another design
    store.drop_journals()
    assert pq.read_table(tmp_path / TABLE).column("place").to_pylist() == [7]
    assert (tmp_path / SPARE).exists()
    again = Store(tmp_path, SCHEMA)
    again.compact(IN_ORDER)
    again.drop_journals()
    assert sha(tmp_path / TABLE) == finished(tmp_path / "whole")
    assert not (tmp_path / SPARE).exists()


def test_blocks_are_copied_from_another_store(tmp_path):
    finished(tmp_path / "a")
    (tmp_path / "b").mkdir()
    other, store = Store(tmp_path / "a", SCHEMA), Store(tmp_path / "b", SCHEMA)
    store.copy_from(other, [one for _, one in IN_ORDER])
    assert [store.counts(one) for _, one in IN_ORDER] == [other.counts(one) for _, one in IN_ORDER]
    store.compact(IN_ORDER)
    store.drop_journals()
    assert sha(tmp_path / "b" / TABLE) == sha(tmp_path / "a" / TABLE)


def test_failures_are_kept_with_their_blocks(tmp_path):
    failure = Failure(0, 3, 1, "ValueError: no", "Traceback ...")
    store = Store(tmp_path, SCHEMA)
    store.append([b"k" * 32], [block(0, 0)._replace(failures=(failure,))])
    assert store.counts(b"k" * 32) == (5, 3, 1)
    store.compact([(0, b"k" * 32)])
    store.drop_journals()
    assert Store(tmp_path, SCHEMA).counts(b"k" * 32) == (5, 3, 1)


def test_a_draft_that_is_not_finished_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("before")
    with contextlib.suppress(RuntimeError), atomic_write(tmp_path / "file") as path:
        path.write_text("half")
        raise RuntimeError
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "before"


HOLD = """
import sys
from pathlib import Path
from abm.sweeps.store import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()  # until it is killed
"""


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        refusal = f"expected nobody else at work here, got process {holder.pid}"
        with pytest.raises(BusyError, match=refusal), lock(tmp_path):
            pass
        holder.kill()
    with lock(tmp_path):  # the hold ends with its holder
        pass


DRAFTS = """
import os, sys
from pathlib import Path
from abm.runs.drafts import Draft
drafts = [Draft(Path(sys.argv[1]) / name) for name in sys.argv[2:]]
print(len(drafts), flush=True)
sys.stdin.read()  # until it is killed
"""


def test_drafts_of_a_program_that_was_killed_are_gone_after_the_next_work(tmp_path):
    """As long as it lives, nobody touches them."""
    names = (TABLE, SPARE, MANIFEST, "outcomes.parquet")
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", DRAFTS, str(tmp_path), *names]
    others = {".blocks.parquet", ".blocks.parquet.old", ".another.12345678"}
    for name in others:
        (tmp_path / name).write_text("somebody's own")
    with subprocess.Popen(
        command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "4\n"
        ask = partial(abm.sweep, "three-investors", {"round.target_bn": [6, 8]}, runs=50, folder=tmp_path)
        ask()
        assert len([path for path in tmp_path.iterdir() if path.name.startswith(".")]) == 4 + len(others) + 1
        holder.kill()
    ask()
    write_outcomes(abm.simulate("three-investors", runs=50), tmp_path, figures=False)
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == {*others, LOCK}


FULL = """
import resource, signal, sys
from abm.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(["sweep", "three-investors", "--vary", "round.target_bn=6,7,8,9,10", "--runs", "6000", "--out", sys.argv[2]])
"""


@pytest.mark.parametrize("room", [2_000, 60_000])
def test_a_full_disk_is_one_sentence_and_the_study_goes_on_later(tmp_path, room):
    """Files that cannot grow beyond a limit stand for a disk that is full; the manifest is larger than the first."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", "")}
    surroundings = {name: value for name, value in surroundings.items() if value}
    command = [sys.executable, "-c", FULL, str(room), str(tmp_path / "study")]
    run = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False, timeout=HANGS_S)
    last = run.stderr.splitlines()[-1]
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert str(tmp_path / "study") in last
    assert "expected room to write" in last


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path, capsys):
    from abm.cli import main

    (tmp_path / "study").write_text("something else")
    with pytest.raises(SystemExit) as end:
        main(["sweep", "three-investors", "--vary", "round.target_bn=6", "--out", str(tmp_path / "study")])
    assert end.value.code == 2
    assert str(tmp_path / "study") in capsys.readouterr().err
