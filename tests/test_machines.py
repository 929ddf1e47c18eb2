"""Machines: sweeps inside of workers, forks and plain scripts; terminals that cannot write a name."""

from __future__ import annotations

import copy
import gc
import io
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import abm
from abm.cli import main
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
NAMES = Path(__file__).parent / "trials" / "names.toml"
FORK = "fork" in multiprocessing.get_all_start_methods()
AXES = {"round.target_bn": [6, 8]}


def swept(seed: int = 1) -> list[float]:
    return abm.sweep("three-investors", AXES, runs=60, seed=seed, engine="mesa", workers=2).points()["p"].tolist()


def told(connection, work, *given) -> None:
    connection.send(work(*given))
    connection.close()


def in_a_fork(work, *given):
    """What a child that was forked just now answers; it may have children of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=told, args=(there, work, *given))
    child.start()
    there.close()
    try:
        assert here.poll(HANGS_S), "the child never answers"
        return here.recv()
    finally:
        child.kill()
        child.join()


@pytest.mark.skipif(not FORK, reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_was_forked_after_a_sweep_sweeps_too():
    before = swept()
    assert in_a_fork(swept) == before
    assert swept() == before  # and the parent's workers are still there


@pytest.mark.skipif(not FORK, reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("executor", ["processes", "threads"])
def test_a_worker_that_may_have_no_children_does_the_work_itself(executor):
    """A worker of multiprocessing is daemonic; what it answers is what everybody answers."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(sweep_with, (executor,)).get(timeout=HANGS_S)
    assert found == swept()


def sweep_with(executor: str) -> list[float]:
    return abm.sweep("three-investors", AXES, runs=60, engine="mesa", executor=executor).points()["p"].tolist()


def simulated() -> float:
    return abm.simulate("three-investors", runs=100, engine="mesa", workers=2).probability("closed").p


@pytest.mark.skipif(not FORK, reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_simulation_in_a_worker_that_may_have_no_children_is_the_same():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(simulated).get(timeout=HANGS_S)
    assert found == abm.simulate("three-investors", runs=100).probability("closed").p


# --------------------------------------------------------------------------------------------------------------------
# Studies that travel


def a_study() -> abm.Study:
    return abm.sweep("three-investors", AXES, runs=100)


@pytest.mark.skipif(not FORK, reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_study_that_comes_back_from_a_worker_has_its_runs():
    study = in_a_fork(a_study)
    here = a_study()
    assert study.points().equals(here.points())
    assert study.runs(1).equals(here.runs(1))
    assert study.folder != here.folder


def test_a_copy_of_a_study_outlives_it():
    study = a_study()
    expected, folder = study.runs(0), study.folder
    copies = [pickle.loads(pickle.dumps(study)), copy.deepcopy(study)]
    del study
    gc.collect()
    assert not folder.exists()
    for one in copies:
        assert one.runs(0).equals(expected)
        assert one.done


def test_a_copy_of_a_study_in_a_folder_stays_there(tmp_path):
    study = abm.sweep("three-investors", AXES, runs=100, folder=tmp_path / "study")
    study.runs(0)
    assert pickle.loads(pickle.dumps(study)).folder == tmp_path / "study"


def forget(studies: list[abm.Study]) -> None:
    studies.clear()
    gc.collect()


@pytest.mark.skipif(not FORK, reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_forgets_a_study_leaves_it_to_its_parent():
    study = a_study()
    in_a_fork(forget, [study])
    assert len(study.runs(0)) == 100


# --------------------------------------------------------------------------------------------------------------------
# Plain scripts and plain terminals


def abm_ran(*command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    around = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, *command], env=around, capture_output=True, check=False, timeout=HANGS_S)


PLAIN = """
import abm
study = abm.sweep("three-investors", {"round.target_bn": [6, 8]}, runs=100, executor="EXECUTOR", workers=1)
print(study.points()["p"].tolist())
"""


@pytest.mark.parametrize("executor", ["dask", "processes", "threads"])
def test_a_script_without_a_guard_may_ask_for_any_executor(tmp_path, executor):
    script = tmp_path / "plain.py"
    script.write_text(PLAIN.replace("EXECUTOR", executor))
    run = abm_ran(str(script))
    assert (run.returncode, run.stdout.decode()) == (0, f"{a_study().points()['p'].tolist()}\n"), run.stderr


RUN = ["run", str(NAMES), "--runs", "50", "--out", "FOLDER"]
COMMANDS = [
    RUN,
    ["explain", str(NAMES), "--run", "1", "--out", "FOLDER/story.html"],
    ["provenance", str(NAMES)],
    ["check", str(NAMES)],
    ["sweep", str(NAMES), "--vary", "round.target_bn=1,1.2", "--runs", "50", "--out", "FOLDER"],
]


def written(encoding: str, given: list[str], monkeypatch) -> tuple[int, bytes, bytes]:
    """Run a command whose output goes to files of an encoding: exit code, and what stands in them."""
    files = {name: io.TextIOWrapper(io.BytesIO(), encoding) for name in ("stdout", "stderr")}
    for name, file in files.items():
        monkeypatch.setattr(sys, name, file)
    with pytest.raises(SystemExit) as stop:
        main(given)
    for file in files.values():
        file.flush()
    return int(stop.value.code or 0), *(file.buffer.getvalue() for file in files.values())


@pytest.mark.parametrize(
    ("encoding", "command"),
    [("ascii", RUN[:-2]), ("utf-8", RUN[:-2]), *(("cp1252", command) for command in COMMANDS)],
    ids=lambda given: given if isinstance(given, str) else given[0],
)
def test_a_stream_that_cannot_write_a_name_loses_nothing(tmp_path, monkeypatch, encoding, command):
    """What `abm ... > file` does on Windows."""
    monkeypatch.setattr("abm.analysis.doubts._AGAIN", 1)
    folder = tmp_path / "out"
    given = [part.replace("FOLDER", str(folder)) for part in command]
    if command is RUN:  # one as a process, from its first line to its last
        run = abm_ran("-m", "abm.cli", *given, PYTHONIOENCODING=encoding)
        code, told, faults = run.returncode, run.stdout, run.stderr
    else:
        code, told, faults = written(encoding, given, monkeypatch)
    said = told.decode(encoding)
    assert code == 0, faults
    assert b"Traceback" not in faults
    if command[0] in ("run", "sweep"):
        assert ("\\u65e5\\u672c\\u5186" in said) == (encoding != "utf-8")  # the yen of the title, in either form
        assert ("日本円" in said) == (encoding == "utf-8")
    if "--out" in command:
        assert any(folder.iterdir())


def test_files_are_there_before_anything_is_printed(tmp_path):
    """Whoever reads may go away: `abm run --out FOLDER | head -1`."""
    with Path(os.devnull).open("rb") as nobody_writes_here:
        around = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "abm.cli", "run", str(NAMES), "--runs", "50", "--out", str(tmp_path / "out")]
        subprocess.run(command, env=around, stdout=nobody_writes_here, stderr=subprocess.DEVNULL, check=False)
    assert {"outcomes.parquet", "manifest.json", "book.png", "payers.png"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }
