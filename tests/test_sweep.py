"""Sweeps: the same bytes whoever does the work and whatever interrupts it, and nothing computed twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.cli import main
from abm.core.errors import StoreError
from abm.sweeps import Design, Study, resume, runner, sweep
from abm.sweeps.export import export
from abm.sweeps.manifest import MANIFEST
from abm.sweeps.run_sweep import complete_study
from abm.sweeps.stopping import Stopping
from abm.sweeps.store import TABLE, digest_of
from abm.sweeps.verify import verify
from abm.sweeps.work import Job
from tests.guard import HANGS_S

ROOT = Path(__file__).parent.parent
SMALL = "three-investors"
AXES = {"round.target_bn": [6, 8, 10], "investors.lead": ["as_is", "bound"]}


def sha(study):
    return hashlib.sha256((study.folder / TABLE).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study that nothing disturbed."""
    return sweep(SMALL, AXES, runs=1_800, folder=tmp_path_factory.mktemp("whole"), workers=1)


# --------------------------------------------------------------------------------------------------------------------
# What comes out


def test_every_point_is_what_simulating_it_alone_gives(whole):
    frame = whole.points()
    for place, changes in enumerate(whole.design):
        alone = abm.simulate(abm.load_scenario(SMALL).with_values(changes), 1_800, 1, keep="rows")
        closed = alone.probability("closed")
        assert frame.loc[place, ["p", "low", "high", "runs"]].tolist() == [closed.p, closed.low, closed.high, 1_800]
        assert whole.estimate(place) == closed
        assert frame.loc[place, "mean.funded_bn"] == pytest.approx(alone.quantiles("funded_bn")["mean"], rel=1e-12)
        causes = alone.causes()
        for cause in ("gate", "demand", "price"):
            assert frame.loc[place, f"p.cause.{cause}"] == (causes[cause].p if cause in causes else 0.0)


def test_the_runs_of_a_point_are_kept(whole):
    alone = abm.simulate(abm.load_scenario(SMALL).with_values(whole.design[3]), 1_800, 1, keep="rows").to_frame()
    kept = whole.runs(3)
    assert kept.index.tolist() == alone["run"].tolist()
    for column in ("closed", "survived", "cause", "funded_bn"):
        assert kept[column].tolist() == alone[column].tolist()


def test_differences_are_paired_run_by_run(whole):
    one, other = (whole.runs(place)["closed"].to_numpy() for place in (0, 2))
    found = whole.difference(0, 2)
    assert found.change == pytest.approx(other.mean() - one.mean())
    assert found.runs == 1_800
    assert found.gain == pytest.approx((one.var() + other.var()) / (other.astype(int) - one.astype(int)).var())
    assert whole.difference(0, 2, "funded_bn >= 6").change == pytest.approx(0.0)


def test_means_are_paired_too(whole):
    apart = whole.runs(1)["funded_bn"].to_numpy() - whole.runs(0)["funded_bn"].to_numpy()
    found = whole.mean_difference(0, 1, "funded_bn")
    half = 1.959964 * apart.std(ddof=1) / np.sqrt(1_800)
    assert (found.change, found.low, found.high) == pytest.approx(
        (apart.mean(), apart.mean() - half, apart.mean() + half), rel=1e-6
    )
    assert str(found).startswith(f"{apart.mean():+.3g} (95 % interval ")
    assert whole.mean_difference(0, 1, "2 * funded_bn").change == pytest.approx(2 * apart.mean())
    with pytest.raises(ValueError, match="expected a formula over the columns"):
        whole.mean_difference(0, 1, "fundd_bn")


def test_the_two_layers_are_told_apart(whole):
    layers, p = whole.layers(), whole.points()["p"]
    assert layers.mean == pytest.approx(p.mean())
    noise = (p * (1 - p) / 1_799).to_numpy()
    assert layers.spread == pytest.approx(np.sqrt(p.var() - noise.mean()))
    assert layers.error == pytest.approx(np.sqrt(noise).mean())


def test_a_question_spends_runs_where_it_is_open(tmp_path):
    study = sweep(SMALL, AXES, runs=20_000, decide="closed > 0.55", folder=tmp_path)
    frame = study.points()
    clear = frame[frame["above"].notna()]
    assert clear["above"].tolist() == (clear["p"] > 0.55).tolist()
    assert frame["runs"].min() == 500
    assert frame["runs"].max() > 2_000
    near = (frame["p"] - 0.55).abs()
    assert frame["runs"][near.idxmin()] == frame["runs"].max()
    assert (frame["low"] <= frame["p"]).all()


def test_a_width_is_reached_at_every_point(tmp_path):
    study = sweep(SMALL, AXES, within=0.02, folder=tmp_path)
    frame = study.points()
    assert ((frame["high"] - frame["low"]) / 2 <= 0.02).all()
    assert (frame["runs"] % 500 == 0).all()
    alone = abm.simulate(abm.load_scenario(SMALL).with_values(study.design[0]), within=0.02, keep="totals")
    assert frame["runs"][0] == alone.runs


# --------------------------------------------------------------------------------------------------------------------
# The same bytes


class Reversed(Executor):
    """An executor of one's own, which does the last task first."""

    def __init__(self):
        self.inner, self.waiting = ThreadPoolExecutor(1), []

    def submit(self, fn, /, *given, **named):
        future = Future()
        self.waiting.append((future, fn, given, named))
        if len(self.waiting) == 3:
            for one in reversed(self.waiting):
                self.inner.submit(self._do, *one)
            self.waiting = []
        else:
            self.inner.submit(self._late, future)
        return future

    def _late(self, future):
        for one in list(self.waiting):
            if one[0] is future:
                time.sleep(0.01)
                if one in self.waiting:
                    self.waiting.remove(one)
                    self._do(*one)

    def _do(self, future, fn, given, named):
        if future.set_running_or_notify_cancel():
            future.set_result(fn(*given, **named))


@pytest.mark.parametrize(
    "how",
    [
        {"workers": 2},
        {"executor": "processes", "workers": 2},
        {"executor": Reversed(), "workers": 3},
        {"executor": "dask", "workers": 1},
        {"executor": "dask", "workers": 3},
    ],
    ids=["two threads", "two processes", "an executor of one's own", "dask, one worker", "dask, three workers"],
)
def test_the_bytes_do_not_depend_on_who_does_the_work(whole, tmp_path, how, recwarn):
    assert sha(sweep(SMALL, AXES, runs=1_800, folder=tmp_path, **how)) == sha(whole)


@pytest.mark.parametrize("asked", [{"within": 0.03}, {"decide": "closed > 0.5", "runs": 4_000}])
def test_nor_where_runs_stop_early(tmp_path, monkeypatch, asked):
    one = sweep(SMALL, AXES, folder=tmp_path / "one", workers=1, **asked)
    monkeypatch.setattr(runner, "_TASK_SECONDS", 0.01)
    two = sweep(SMALL, AXES, folder=tmp_path / "two", workers=2, **asked)
    assert sha(one) == sha(two)


def test_mesa_gives_the_same_answers(tmp_path):
    mesa = sweep(SMALL, AXES, runs=20, engine="mesa", folder=tmp_path / "mesa", workers=1, executor="threads")
    fast = sweep(SMALL, AXES, runs=20, folder=tmp_path / "fast")
    assert mesa.points().equals(fast.points())


# --------------------------------------------------------------------------------------------------------------------
# Interruptions

SWEEP = """
import sys, time
import abm.sweeps.work as work
from abm.sweeps import sweep
simulate = work.Job.__call__
def slowly(self, task):
    time.sleep(0.1)
    return simulate(self, task)
work.Job.__call__ = slowly
sweep("three-investors", {"round.target_bn": [6, 7, 8, 9, 10]}, runs=20_000, folder=sys.argv[1], workers=2)
"""


def test_killed_again_and_again_it_ends_in_the_same_bytes(tmp_path, monkeypatch):
    """SIGKILL at five moments, each after something more was written; nothing that was written is computed again."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    folder, there = tmp_path / "killed", [0]
    command = [sys.executable, "-c", SWEEP, str(folder)]
    for delay in np.linspace(0.0, 0.3, 5):
        before = sum(path.stat().st_size for path in folder.glob("journal-*"))
        with subprocess.Popen(command, env=surroundings) as run:
            while run.poll() is None and sum(path.stat().st_size for path in folder.glob("journal-*")) <= before:
                time.sleep(0.005)
            time.sleep(delay)
            run.kill()
        there.append(len(Study.open(folder).store()))
    assert there == sorted(there)
    assert there[-1] > 0
    computed = []
    simulate = Job.__call__
    monkeypatch.setattr(Job, "__call__", lambda job, task: (computed.append(task.blocks), simulate(job, task))[1])
    study = resume(folder)
    assert sum(computed) == 5 * 40 - there[-1]
    monkeypatch.undo()
    assert sha(study) == sha(
        sweep(SMALL, {"round.target_bn": [6, 7, 8, 9, 10]}, runs=20_000, folder=tmp_path / "fresh")
    )


def test_what_exists_is_not_computed_again(whole, tmp_path, monkeypatch):
    asked = []
    simulate = Job.__call__
    monkeypatch.setattr(Job, "__call__", lambda job, task: (asked.append(task), simulate(job, task))[1])
    copy = tmp_path / "copy"
    shutil.copytree(whole.folder, copy)
    again = resume(copy)
    assert asked == []
    assert sha(again) == sha(whole)
    wider = {"round.target_bn": [6, 7, 8, 10], "investors.lead": ["as_is", "bound"]}
    widened = sweep(SMALL, wider, runs=1_800, folder=copy)
    assert {task.changes["round.target_bn"] for task in asked} == {7}
    asked.clear()
    elsewhere = sweep(SMALL, wider, runs=1_800, folder=tmp_path / "other", reuse=[copy])
    assert asked == []
    assert sha(elsewhere) == sha(widened)


@pytest.mark.parametrize("unfinished", range(5))
def test_one_point_that_is_left_is_gone_on_with_wherever_it_stands(tmp_path, unfinished):
    targets = [6, 7, 8, 9, 10]
    design = Design.table([{"round.target_bn": target} for k, target in enumerate(targets) if k != unfinished])
    sweep(SMALL, design, runs=5_000, folder=tmp_path)
    sweep(SMALL, {"round.target_bn": [targets[unfinished]]}, runs=1_000, folder=tmp_path)
    study = sweep(SMALL, {"round.target_bn": targets}, runs=5_000, folder=tmp_path)
    assert study.points()["runs"].tolist() == [5_000] * 5


def test_more_runs_add_to_those_that_exist(tmp_path, monkeypatch):
    sweep(SMALL, AXES, runs=1_000, folder=tmp_path / "grown")
    asked = []
    simulate = Job.__call__
    monkeypatch.setattr(Job, "__call__", lambda job, task: (asked.append(task), simulate(job, task))[1])
    grown = sweep(SMALL, AXES, runs=2_000, folder=tmp_path / "grown")
    assert min(task.first_block for task in asked) == 2
    assert sha(grown) == sha(sweep(SMALL, AXES, runs=2_000, folder=tmp_path / "whole"))


def test_the_interrupt_key_keeps_what_is_done(tmp_path, whole):
    def press(progress):
        if progress.runs >= 2_000:
            raise KeyboardInterrupt

    study = sweep(SMALL, AXES, runs=1_800, folder=tmp_path, progress=press, workers=1)
    assert study.interrupted
    assert not study.done
    with pytest.raises(StoreError, match="expected a finished study; go on with: abm study resume"):
        study.points()
    assert sha(resume(tmp_path)) == sha(whole)


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_a_worker_that_dies_is_replaced(whole, tmp_path, executor):
    script = (
        "import sys, os\n"
        "from abm.sweeps import Study, Design\n"
        "from abm.sweeps.run_sweep import complete_study\n"
        "from tests.deadly import Deadly\n"
        "import abm\n"
        "from abm.sweeps.stopping import Stopping\n"
        "columns = ('closed', 'survived', 'cause', 'funded_bn')\n"
        f"job = Deadly(abm.load_scenario({SMALL!r}), 1, 'ensemble', 'closed', columns, 1800)\n"
        f"study = Study(sys.argv[1], Design.grid({AXES!r}), job, Stopping(1800))\n"
        "if __name__ == '__main__':\n"
        f"    complete_study(study, {executor!r}, 2)\n"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "ABM_TEST_FOLDER": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / "study")]
    subprocess.run(command, env=surroundings, check=True, capture_output=True, timeout=HANGS_S)
    assert (tmp_path / "killed").exists()
    assert sha(Study.open(tmp_path / "study")) == sha(whole)


# --------------------------------------------------------------------------------------------------------------------
# Failures


class Moody(abm.Investor):
    """An investor who breaks down in some runs."""

    def decide(self):
        """Decide, unless it is one of those runs."""
        if self.model.run in (3, 27) and self.index == 1:
            raise ValueError("cannot decide")
        super().decide()


def test_a_run_that_fails_is_put_aside_and_the_estimate_bounded(tmp_path):
    study = sweep(SMALL, {"round.target_bn": [6, 8]}, runs=40, folder=tmp_path, investor=Moody, executor="threads")
    frame = study.points()
    assert frame["runs"].tolist() == [38, 38]
    assert frame["failed"].tolist() == [2, 2]
    closed = (frame["p"] * 38).round()
    assert frame["p_least"].tolist() == pytest.approx((closed / 40).tolist())
    assert frame["p_most"].tolist() == pytest.approx(((closed + 2) / 40).tolist())
    assert study.runs(0).index.tolist() == [run for run in range(40) if run not in (3, 27)]
    failures = study.failures()
    assert [(one.place, one.run, one.seed) for one in failures] == [(0, 3, 1), (0, 27, 1), (1, 3, 1), (1, 27, 1)]
    assert failures[0].message == "ValueError: cannot decide"
    assert "in decide" in failures[0].traceback


def test_a_point_that_contradicts_itself_is_put_aside_and_the_others_go_on(tmp_path):
    axes = {"round.target_bn": [8, 10], "round.cap_bn": [12, 9]}
    study = sweep(SMALL, axes, runs=1_000, folder=tmp_path)
    frame = study.points()
    assert frame["runs"].tolist() == [1_000, 1_000, 1_000, 0]
    assert (frame.loc[3, "p_least"], frame.loc[3, "p_most"]) == (0.0, 1.0)
    (failure,) = study.failures()
    assert (failure.place, failure.run) == (3, None)
    assert "round.cap_bn: expected at least the target of 10, got 9" in failure.message


def test_a_study_in_which_nothing_can_be_simulated_says_so(tmp_path, capsys):
    scenario = abm.load_scenario(SMALL)
    design = Design.table([{"round.target_bn": 10, "round.cap_bn": 9}])
    study = Study(
        tmp_path / "b", design, Job(scenario, 1, "ensemble", "closed", ("closed",), 50_000), Stopping(50_000, 0.01)
    )
    complete_study(study)
    assert len(study.store()) < 10  # of 100: the first one tells it all
    assert study.layers().points == 0
    assert say("study", "show", tmp_path / "b") == 0
    assert "unknown" in capsys.readouterr().out
    assert say("study", "show", tmp_path / "b", "--json") == 0
    assert json.loads(capsys.readouterr().out)["layers"]["mean"] is None


def test_the_results_of_a_run_and_of_a_sweep_can_share_a_folder(tmp_path):
    assert say("sweep", SMALL, "--vary", "round.target_bn=6,8", "--runs", 500, "--out", tmp_path) == 0
    assert say("run", SMALL, "--runs", 200, "--out", tmp_path) == 0
    assert Study.open(tmp_path).done
    assert {"study.json", "manifest.json", "response.png", "book.png"} <= {path.name for path in tmp_path.iterdir()}


def test_verify_finds_what_was_changed(whole, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    wrong, compared = verify(whole, 50)
    assert wrong == []
    assert 10 < compared <= whole.blocks().num_rows
    shutil.copytree(whole.folder, tmp_path / "copy")
    table = pq.read_table(tmp_path / "copy" / TABLE)
    rows = table.to_pylist()
    for row in rows:
        row["closed"][7] = not row["closed"][7]
    pq.write_table(pa.Table.from_pylist(rows, table.schema), tmp_path / "copy" / TABLE)
    changed = Study.open(tmp_path / "copy")
    with pytest.raises(StoreError, match=r"blocks\.parquet: .* the file is damaged"):
        verify(changed, 5)
    changed.digests = {TABLE: digest_of(changed.folder / TABLE)}  # as somebody would do who changed it on purpose
    changed.write_manifest()
    wrong, compared = verify(Study.open(tmp_path / "copy"), 5)
    assert len(wrong) == compared > 0
    assert "expected what a fresh run gives" in wrong[0]


# --------------------------------------------------------------------------------------------------------------------
# The folder, and the command line


def test_a_study_can_be_moved_and_opened_by_anybody(whole, tmp_path):
    shutil.copytree(whole.folder, tmp_path / "moved")
    study = Study.open(tmp_path / "moved")
    assert study.points().equals(whole.points())
    assert list(study.design) == list(whole.design)
    assert study.job.name == whole.job.name


def test_dates_and_ranges_survive_the_manifest(tmp_path):
    import datetime as dt

    days = (dt.date(2025, 12, 1), dt.date(2026, 2, 1))
    design = Design.latin_hypercube({"round.deadline": days, "round.target_bn": (6.0, 8.0)}, points=3)
    study = sweep(SMALL, design, runs=500, folder=tmp_path)
    assert list(Study.open(tmp_path).design) == list(design)
    assert study.points()["round.deadline"].tolist() == [point["round.deadline"] for point in design]


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "expected the folder of a study"), ("{", "expected the manifest of a study"), ("{}", "expected format 3")],
)
def test_a_folder_without_a_study_is_one_sentence(tmp_path, text, message):
    if text is not None:
        (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(StoreError, match=message):
        Study.open(tmp_path)


def say(*words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code or 0


def test_the_command_line_sweeps_shows_verifies_and_exports(tmp_path, capsys):
    asked = ["--vary", "round.target_bn=6:10:3", "--vary", "investors.lead=as_is,bound"]
    assert say("sweep", SMALL, *asked, "--runs", 600, "--out", tmp_path / "study", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [point["round.target_bn"] for point in told["points"]] == [6.0, 6.0, 8.0, 8.0, 10.0, 10.0]
    assert all(point["low"] <= point["p"] <= point["high"] for point in told["points"])
    assert say("study", "ls", tmp_path) == 0
    assert "three-investors, grid, 6 points, finished" in capsys.readouterr().out
    assert say("study", "show", tmp_path / "study") == 0
    assert "the same luck at all points" in " ".join(capsys.readouterr().out.split())
    assert say("study", "verify", tmp_path / "study") == 0
    assert "all equal" in capsys.readouterr().out
    assert say("study", "export", tmp_path / "study", tmp_path / "points.csv") == 0
    assert len((tmp_path / "points.csv").read_text().splitlines()) == 7
    assert say("study", "export", tmp_path / "study", tmp_path / "runs.csv", "--runs") == 0
    assert len((tmp_path / "runs.csv").read_text().splitlines()) == 3_601
    assert say("study", "resume", tmp_path / "study") == 0
    assert say("sweep", SMALL, *asked, "--runs", 1_100, "--out", tmp_path / "other") == 0
    assert say("study", "merge", tmp_path / "study", tmp_path / "other") == 0


def test_progress_is_one_json_event_a_line(tmp_path, capsys):
    assert say("sweep", SMALL, "--vary", "round.target_bn=6,8", "--runs", 600, "--log-json") == 0
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert events[-1]["settled"] == events[-1]["points"] == 2
    assert events[-1]["runs"] == 1_200
    assert all(event["event"] == "progress" for event in events)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vary", "round.targt_bn=6"], "did you mean 'target_bn'"),
        (["--vary", "round.target_bn"], "expected PATH=VALUES"),
        ([], "--vary: expected at least one path"),
        (["--vary", "round.target_bn=6:8", "--design", "grid"], "expected a list of values"),
        (["--vary", "round.target_bn=6", "--design", "grd"], "--design: expected one of grid"),
        (["--vary", "round.target_bn=6", "--decide", "closed"], "a question such as 'closed > 0.5'"),
        (["--vary", "round.target_bn=6", "--event", "closd"], "expected a condition on the columns"),
        (["--vary", "round.target_bn=6", "--executor", "thread"], "expected an executor among threads"),
        (["--vary", "round.target_bn=6", "--design", "prior"], "--vary: expected none with the design prior"),
        (["--vary", "round.target_bn=6:8:1"], "expected low:high:n"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_exit_2(words, message, capsys):
    assert say("sweep", SMALL, *words) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line]
    assert message in line


def test_the_study_of_an_unfinished_sweep_can_be_named_on_the_command_line(tmp_path, capsys):
    assert say("study", "show", tmp_path) == 2
    assert "expected the folder of a study" in capsys.readouterr().err


def test_every_linked_path_has_a_column_of_its_own_also_in_an_export_that_is_read_as_a_design(tmp_path):
    paths = ("round.target_bn", "investors.fund.ticket_bn")
    for values, columns in (
        ([(6.0, 1.0), (8.0, 2.0)], ([6.0, 8.0], [1.0, 2.0])),  # each its own
        ([3.0, 4.0], ([3.0, 4.0], [3.0, 4.0])),  # both the same
    ):
        study = abm.sweep(SMALL, {paths: values}, runs=20, workers=1)
        assert [study.points()[path].tolist() for path in paths] == [list(column) for column in columns]
        assert list(study.worlds_frame()) == [paths[0]]
        export(study, tmp_path / "points.csv")
        assert list(abm.Design.table(tmp_path / "points.csv")) == list(study.design)


def test_a_linked_path_that_is_left_as_it_is_is_missing_in_all_its_columns():
    rows = [{"round.target_bn+round.cap_bn": value} for value in (9.0, None)]
    frame = abm.sweep(SMALL, abm.Design.table(rows), runs=20, workers=1).points()
    assert frame[["round.target_bn", "round.cap_bn"]].isna().all(axis=1).tolist() == [False, True]
