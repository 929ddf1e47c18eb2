"""Command line: answers on stdout, faults on stderr, 0 or 2 as exit code, and examples that run."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import abm
import abm.history
from abm.analysis.dossier import Effort
from abm.cli import app, main
from abm.core.batch import Batch
from abm.core.records import FATE, RESULT
from abm.runs.columns import Columns
from tests.guard import HANGS_S

SMALL = "three-investors"
COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]
ANSWER = ["scenario", "runs", "worlds", "seed", "engine", "event", "probability", "over_worlds", "central", "closed_by"]
ANSWER += ["funded_bn", "closing_gap_bn", "causes"]
MANIFEST = {
    "scenario",
    "file",
    "scenario_sha256",
    "abm",
    "engine",
    "seed",
    "runs",
    "worlds",
    "date",
    "python",
    "libraries",
    "again",
}
HEAVY = ["matplotlib", "mesa", "numba", "pandas", "pyarrow", "pydantic", "scipy", "seaborn"]


def spawned(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which ``abm`` is this package."""
    line = re.sub(r"\babm\b", f"{shlex.quote(sys.executable)} -m abm.cli", line, count=1)
    run = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(run, capture_output=True, text=True, check=False, timeout=HANGS_S, env=os.environ | more)


# --------------------------------------------------------------------------------------------------------------------
# Help


@pytest.fixture
def wide(monkeypatch):
    """Make the terminal so wide that no example is broken."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")


def examples(text: str) -> list[str]:
    """Find the lines of a help text that show a command."""
    lines = text[text.index("Examples:") :].splitlines()
    return [line.strip() for line in lines if line.strip().startswith("abm ")]


@pytest.fixture
def little(monkeypatch, tmp_path):
    """Let what takes no number of runs be content with little luck, and with every sixth case."""
    (tmp_path / "my-cases").mkdir()
    for case in sorted((Path(abm.__file__).parent / "cases").glob("*_*.yaml"))[::6]:
        shutil.copy(case, tmp_path / "my-cases")
    library, least = abm.history.library, Effort().scaled(0.0)
    monkeypatch.setattr("abm.history.library", lambda folder=None: library(folder or tmp_path / "my-cases"))
    monkeypatch.setattr("abm.analysis.dossier.Effort", lambda: least)
    monkeypatch.setattr("abm.report.page._data", lambda figure: "data:image/svg+xml;base64,")
    monkeypatch.setattr("abm.analysis.doubts._AGAIN", 1)


@pytest.mark.usefixtures("little", "wide")
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_help_ends_with_examples_that_run(name, command, tmp_path):
    code, text, faults = command(*[name] * bool(name), "--help")
    assert (code, faults) == (0, "")
    found = examples(text)
    assert found
    folder = tmp_path / "rounds"
    folder.mkdir()
    scenario = abm.load_scenario(SMALL).with_values({"round.cap_bn": 25.0})
    for path in (tmp_path / "my-round.toml", folder / "mine.toml"):
        scenario.save(path)
    for changes in ("variants.toml", "policies.toml"):
        (tmp_path / changes).write_text("[lower]\nround.target_bn = 6\n")
    for line in found:
        words = shlex.split(line.split(" > ")[0])[1:]
        words = [one for word in words for one in (map(str, Path().glob(word)) if "*" in word else [word])]
        if words[0] == "serve":  # goes on until it is stopped; tests/test_serve.py starts and stops it
            continue
        if words[0] in ("run", "sweep", "compare", "levers", "who"):
            words = [*without_runs(words), "--runs", "3", "--workers", "1"]
        if words[0] == "report":
            words[1] = SMALL
        if "--again" in words:  # the runs of a folder that there must be
            words = ["run", "--again", words[words.index("--again") + 1]]
            command("run", SMALL, "--runs", "3", "--out", words[-1])
        if "--points" in words:
            words[words.index("--points") + 1] = "4"
        code, _, faults = command(*words)
        told = [one for one in faults.splitlines() if not re.match("abm: (points|[a-z]+ing) ", one)]
        assert (code, told) == (0, []), line


def without_runs(words: list[str]) -> list[str]:
    """Leave out how many runs an example asks for, which is many, and its figures, which take long."""
    for option in ("--runs", "--out", "--within", "--decide"):
        if option in words:
            place = words.index(option)
            words = words[:place] + words[place + 2 :]
    return words


def test_every_command_is_in_the_help_with_a_line_of_its_own(command, wide):
    _, text, _ = command("--help")
    assert command("-h")[1] == text
    for name in COMMANDS:
        assert re.search(rf"^│ {name} +\w.*\. +│$", text, re.MULTILINE), name


def test_without_a_command_the_help_is_shown_and_nothing_else(command):
    _, text, faults = command()
    assert "Usage: abm" in text
    assert faults == ""


# --------------------------------------------------------------------------------------------------------------------
# abm run


@pytest.mark.parametrize("name", [SMALL, "mutual-conditions"])
def test_json_is_one_object_with_the_keys_of_the_design_and_nothing_else_in_a_pipe(name):
    done = spawned(f"abm run {name} --runs 5 --seed 3 --json | cat")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert list(answer) == ANSWER
    assert (answer["scenario"], answer["runs"], answer["seed"], answer["engine"]) == (name, 5, 3, "ensemble")
    assert set(answer["probability"]) == {"closed", "survived"}
    assert set(answer["probability"]["closed"]) == {"p", "low", "high"}
    assert set(answer["funded_bn"]) == set(answer["closing_gap_bn"]) == {"mean", "p05", "p50", "p95"}
    assert (answer["probability"]["survived"] is None) == (name == "mutual-conditions")
    failed = sum(chance["p"] for chance in answer["causes"].values())
    assert failed + answer["probability"]["closed"]["p"] == pytest.approx(1.0)


def test_the_answer_in_words_quotes_interval_runs_and_seed(command):
    code, text, faults = command("run", SMALL, "--runs", "30", "--seed", "3")
    assert (code, faults) == (0, "")
    assert "The round closes with probability " in text
    assert "(95 % interval " in text
    assert "30 runs, seed 3)" in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_same_command_gives_the_same_answer_and_another_seed_another(command):
    def answer(seed: str) -> str:
        return str(command("run", SMALL, "--runs", "40", "--seed", seed, "--json")[1])

    assert answer("3") == answer("3")
    assert json.loads(answer("4"))["funded_bn"] != json.loads(answer("3"))["funded_bn"]


def test_settings_change_what_is_simulated_and_the_last_one_counts(command):
    def closes(*settings: str) -> float:
        words = [word for setting in settings for word in ("--set", setting)]
        return float(
            json.loads(command("run", SMALL, "--runs", "40", "--json", *words)[1])["probability"]["closed"]["p"]
        )

    sure = "gatekeepers.restructuring.hazard_per_year=1000"
    never = "gatekeepers.restructuring.hazard_per_year=0"
    assert closes(never) == 0.0
    assert closes(sure) > 0.4
    assert closes(sure, "investors.fund.signing_probability=1") == 1.0
    assert closes(sure, never) == 0.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "three-investor"], "three-investor: scenario: expected .* (did you mean 'three-investors'?)"),
        (["run", "zebra"], "zebra: scenario: expected .*; packaged are anthropic-2025, crowd-campaign, mutual-co"),
        (["run", "nowhere.toml"], "nowhere.toml: file: expected a readable TOML file, got no such file"),
        (["run", SMALL, "--runs", "0"], "abm: .*--runs"),
        pytest.param(["run", SMALL, "--runs", "1e3"], "--runs.*got '1e3'"),
        pytest.param(["run", SMALL, "--runs", "0"], "--runs.*got '0'"),
        (["run", SMALL, "--seed", "-1"], "abm: .*--seed"),
        (["run", SMALL, "--seed", str(2**32)], "abm: .*--seed"),
        (["run", SMALL, "--workers", "0"], "abm: .*--workers"),
        (["run", SMALL, "--engine", "steam"], "--engine: expected ensemble or mesa, got 'steam'"),
        (["run", SMALL, "--within", "0.5"], "--within: expected a half-width above 0 and below 0.5, got '0.5'"),
        (["run", SMALL, "--within", "nan"], "--within: expected a half-width above 0 and below 0.5, got 'nan'"),
        pytest.param(["run", SMALL, "--within", "1%"], "--within.*got '1%'"),
        (["run", SMALL, "--rnus", "3"], "abm: No such option.*--rnus"),
        (["run", SMALL, SMALL], "abm: .*unexpected extra argument"),
        (["run", SMALL, "--set", "round.target_bn"], "--set: round.target_bn: expected PATH=VALUE"),
        (["run", SMALL, "--set", "round.target=9"], "three-investors.toml: round.target: unknown key (did you mean"),
        (["run", SMALL, "--set", "round.target_bn=ten"], "round.target_bn: expected a number .*, got 'ten'"),
        (["run", SMALL, "--set", "round.target_bn=true"], "round.target_bn: expected a number .*, got True"),
        (["run", SMALL, "--set", "round.target_bn=20"], "round.cap_bn: expected at least the target of 20, got 10"),
        (["run", SMALL, "--set", "round.deadline=31.12.2025"], "round.deadline: expected a TOML date .*, got '31.12"),
        (["run", SMALL, "--set", "investors.leed.ticket_bn=1"], "expected an id or a position, got 'leed' (did you"),
        (["run", SMALL, "--set", "investors.swf.inclination=0.99"], "swf.inclination: expected at most 0.9"),
        (["provenance", "zebra"], "zebra: scenario: expected"),
        (["provenance"], "abm: Missing argument"),
        (["check"], "abm: Missing argument"),
        (["check", "zebra"], "zebra: scenario: expected"),
        pytest.param(["provenence", SMALL], "Did you mean 'provenance'"),
        (["zebra"], "abm: No such command 'zebra'"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence_and_exit_2(arguments, says, command):
    code, text, faults = command(*arguments)
    assert (code, text) == (2, "")
    assert faults.count("\n") == 1
    assert re.search(re.sub(r"([()?])", r"\\\1", says), faults), faults


def test_two_bad_settings_are_both_reported(command):
    words = ["--set", "round.target_bn=ten", "--set", "investors.fund.ticket_bn=-1"]
    code, text, faults = command("run", SMALL, *words)
    assert (code, text) == (2, "")
    assert {line.split(": ")[1] for line in faults.splitlines()} == {"round.target_bn", "investors.fund.ticket_bn"}


def test_out_leaves_a_table_a_manifest_and_figures(command, tmp_path):
    code, text, faults = command("run", SMALL, "--runs", "12", "--seed", "5", "--json", "--out", "deep/er")
    assert (code, faults) == (0, "")
    folder = tmp_path / "deep" / "er"
    scenario = abm.load_scenario(SMALL)
    expected = abm.simulate(scenario, runs=12, seed=5, workers=1)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "outcomes.parquet"), expected.to_frame())
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(manifest) == MANIFEST
    assert manifest["scenario_sha256"] == scenario.digest
    assert (manifest["runs"], manifest["seed"], manifest["abm"]) == (12, 5, abm.__version__)
    assert {"mesa", "numba", "numpy", "pandas", "scipy"} <= set(manifest["libraries"])
    assert pd.Timestamp(manifest["date"]).tzinfo is not None
    assert json.loads(text)["runs"] == 12  # the object and nothing about files
    pictures = {path.stem for path in folder.glob("*.png")}
    assert pictures == {path.stem for path in folder.glob("*.svg")} == {"book", "funded", "causes", "cash", "payers"}
    assert all(path.stat().st_size > 1_000 for path in folder.iterdir() if path.name != "manifest.json")
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("place", ["a-file", "a-file/below", "/proc/abm", "/dev/null/below"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_work(place, command, tmp_path, monkeypatch):
    (tmp_path / "a-file").write_text("not a folder")
    monkeypatch.setattr("abm.runs.simulation.collect", lambda *_, **__: pytest.fail("the work was done first"))
    code, text, faults = command("run", SMALL, "--runs", "5", "--out", place)
    assert (code, text) == (2, "")
    assert re.fullmatch(rf"{place}: expected a place to read or write, got: .+\n", faults)


@pytest.mark.parametrize("place", ["a-folder", "/proc/abm/page.html", "a-file/page.html"])
@pytest.mark.parametrize("asked", ["explain", "report"])
def test_a_page_that_cannot_be_written_is_refused_before_any_work(asked, place, command, tmp_path, monkeypatch):
    (tmp_path / "a-file").write_text("not a folder")
    (tmp_path / "a-folder").mkdir()
    for work in ("abm.analysis.explanation.explained", "abm.analysis.dossier.investigate"):
        monkeypatch.setattr(work, lambda *_, **__: pytest.fail("the work was done first"))
    code, text, faults = command(asked, SMALL, "--out", place)
    assert (code, text) == (2, "")
    assert re.fullmatch(r"\S+: expected a place to read or write, got: .+\n", faults)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


# --------------------------------------------------------------------------------------------------------------------
# The other commands


def test_scenarios_lists_what_is_packaged_with_its_title(command):
    code, text, faults = command("scenarios")
    assert (code, faults) == (0, "")
    rows = [re.split(r"\s{2,}", line, maxsplit=1) for line in text.splitlines()]
    markets = [[name, f"{abm.load_market(name).title} (a market)"] for name in abm.packaged_markets()]
    assert rows == [[name, abm.load_scenario(name).title] for name in abm.packaged()] + markets


def test_check_passes_the_packaged_scenarios_and_warns_of_the_one_circle(command, monkeypatch):
    monkeypatch.setattr("abm.analysis.doubts._AGAIN", 1)  # what moves something, but rarely, is left to its own test
    code, text, faults = command("check", *abm.packaged())
    assert (code, faults) == (0, "")
    lines = text.splitlines()
    assert [line.split(": ")[0] for line in lines if ": sound (" in line] == abm.packaged()
    warnings = [line for line in lines if ": warning: " in line and "moves nothing" not in line]
    assert warnings == [
        "mutual-conditions: warning: these close only together, or not at all: beta, gamma, delta, epsilon"
    ]
    assert "openai-2025: warning: investors.softbank.binding: moves nothing, given the others" in text


def test_check_goes_on_after_a_bad_file(command, tmp_path):
    (tmp_path / "bad.toml").write_text("format = 2\n")
    code, text, faults = command("check", "bad.toml", SMALL, "zebra")
    assert code == 2
    assert text.splitlines()[-1] == "three-investors: sound (investors: 3, gatekeepers: 1)"
    assert {line.split(": ")[0] for line in faults.splitlines()} == {"bad.toml", "zebra"}


def test_provenance_is_a_table_with_a_count_of_grades(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, text, faults = command("provenance", "openai-2025")
    assert (code, faults) == (0, "")
    head, *lines, blank, count = text.splitlines()
    rows = [line for line in lines if not line.startswith(" ")]  # the others go on with a source
    assert head.split() == ["parameter", "value", "range", "unit", "grade", "source"]
    assert blank == ""
    grades = r"(\d+) facts, (\d+) arithmetic, (\d+) judgement, (\d+) assumptions"
    numbers = re.fullmatch(rf"(\d+) numbers: {grades}; (\d+) with a range\.", count)
    total, *grades, ranged = map(int, numbers.groups())
    assert total == len(rows) == sum(grades)
    assert ranged == sum(" to " in row[head.index("range") : head.index("unit")] for row in rows)
    assert re.search(r"^round\.target_bn +30 +USD billion +fact +\[1\] SoftBank release", text, re.MULTILINE)


def test_provenance_of_a_narrow_terminal_names_a_number_and_then_what_is_known_of_it(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = command("provenance", "openai-2025")[1].splitlines()
    place = lines.index("round.target_bn")
    assert lines[place + 1] == "    30, USD billion, fact"
    assert lines[place + 2].startswith("    [1] SoftBank release")


def test_provenance_in_json_is_the_same_table(command):
    code, text, faults = command("provenance", "openai-2025", "--json")
    assert (code, faults) == (0, "")
    rows = json.loads(text)
    assert all(list(row) == ["parameter", "value", "range", "unit", "grade", "source"] for row in rows)
    assert {row["grade"] for row in rows} == {"fact", "calc", "judgement", "assumption"}
    assert all(row["source"] for row in rows)
    assert f"\n{len(rows)} numbers: " in command("provenance", "openai-2025")[1]


def test_schema_prints_json_and_parameters_prints_markdown(command):
    code, text, faults = command("schema")
    assert (code, faults) == (0, "")
    assert json.loads(text)["title"] == "abm scenario"
    code, text, faults = command("parameters")
    assert (code, faults) == (0, "")
    assert text.startswith("# Every key of a scenario file\n")


# --------------------------------------------------------------------------------------------------------------------
# As a process among others


@pytest.mark.parametrize(
    "line", ["abm provenance openai-2025 | head -1", "abm schema | head -1", "abm scenarios | true"]
)
def test_a_pipe_that_closes_early_is_no_fault(line):
    done = spawned(line)
    assert done.stderr == ""
    assert done.stdout.count("\n") == (0 if line.endswith("true") else 1)


def test_a_bad_file_gives_exit_2_in_a_shell(tmp_path):
    (tmp_path / "bad.toml").write_text("format = 1\n[round\n")
    done = spawned(f"abm run {tmp_path}/bad.toml --json")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r".*bad\.toml: file: expected valid TOML \(.*at line 2, column \d+\)\)\n", done.stderr)


def test_the_interrupt_key_ends_a_command_without_a_traceback(monkeypatch, command):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("abm.runs.stream._Job.__call__", interrupted)
    code, text, faults = command("run", SMALL, "--runs", "5", "--out", "kept")
    assert (code, text) == (130, "")
    assert faults in ("", "abm: stopped\n")
    assert list(Path("kept").iterdir()) == []


@pytest.fixture
def counted(monkeypatch):
    """Make runs take no time: the first third of every ten closes."""

    def simulate(self, start) -> Batch:
        population = getattr(self.simulate, "population", None) or self.simulate.args[1]
        columns = Columns(population.ids, population.gate_ids, company=True)
        runs = np.arange(start, min(start + self.size, self.stop))
        if start >= simulate.stop:
            raise KeyboardInterrupt
        rows, fates = np.zeros(len(runs), RESULT), np.zeros((len(runs), len(columns.ids)), FATE)
        rows["run"], rows["closed"], rows["survived"], rows["paid_musd"] = runs, runs % 10 < 3, True, runs % 7_001
        weeks = int(population.round.horizon_weeks)
        paths = np.zeros((len(runs), 3, weeks), np.int64) if start < self.path_stop else None
        return Batch(rows, fates, np.zeros((len(runs), len(columns.gate_ids))), paths)

    simulate.stop = 10**9
    monkeypatch.setattr("abm.runs.stream._Job.__call__", simulate)
    return simulate


def test_what_is_there_is_told_when_the_interrupt_key_is_pressed(command, counted):
    counted.stop = 2_000
    code, text, faults = command("run", SMALL, "--runs", "9000", "--json", "--out", "kept")
    assert (code, faults) == (130, "abm: stopped after 2,000 of 9,000 runs\n")
    assert json.loads(text)["runs"] == 2_000
    manifest = json.loads(Path("kept/manifest.json").read_text("utf-8"))
    assert (manifest["runs"], manifest["interrupted"]) == (2_000, True)
    assert pd.read_parquet("kept/outcomes.parquet")["run"].tolist() == list(range(2_000))


@pytest.mark.usefixtures("counted")
def test_without_a_number_of_runs_there_are_twenty_thousand_and_two_thousand_of_the_readable_model(command):
    for more, runs in (([], 20_000), (["--engine", "mesa", "--workers", "1"], 2_000)):
        answer = json.loads(command("run", SMALL, "--json", *more)[1])
        assert (answer["runs"], answer["engine"]) == (runs, more[1] if more else "ensemble")


@pytest.mark.usefixtures("counted")
def test_a_width_takes_as_many_runs_as_it_needs_and_says_so(command):
    """Three in ten close: 1.96 sqrt(0.3 x 0.7 / n) falls to 0.01 between 8,000 and 8,500 runs."""
    code, text, faults = command("run", SMALL, "--within", "0.01")
    assert (code, faults) == (0, "")
    assert "30.0% (95 % interval 29.0% to 31.0%, 8,500 runs, seed 1)" in text
    assert "It took 8,500 runs: ±0.974%, where ±1.00% was wanted." in text
    assert "The width was not reached in 900 runs: " in command("run", SMALL, "--within", "0.01", "--runs", "900")[1]
    assert "wanted" not in command("run", SMALL, "--runs", "900")[1]


@pytest.mark.usefixtures("counted")
def test_only_the_verbose_are_told_how_fast_it_went(command):
    code, text, faults = command("run", SMALL, "--runs", "900", "--json", "-v")
    assert (code, json.loads(text)["runs"]) == (0, 900)
    assert re.fullmatch(r"abm: 900 runs in \d+\.\d s, [\d,]+ runs a second, ensemble engine\n", faults)


@pytest.mark.usefixtures("counted")
def test_the_table_has_all_runs_and_the_figures_those_of_the_first(command, monkeypatch):
    monkeypatch.setattr("abm.report.files.FIGURE_RUNS", 300)
    monkeypatch.setattr("abm.report.files._GROUP", 400)
    drawn = []
    monkeypatch.setattr("abm.plots.save_figures", lambda outcomes, folder: drawn.append(outcomes) or [])
    assert command("run", SMALL, "--runs", "1000", "--out", "kept", "--workers", "2")[0] == 0
    assert [outcomes.runs for outcomes in drawn] == [300]
    assert drawn[0].path("paid").shape == (300, 104)
    table = pq.ParquetFile("kept/outcomes.parquet")
    assert [table.metadata.row_group(k).num_rows for k in range(table.num_row_groups)] == [400, 400, 200]
    frame = pd.read_parquet("kept/outcomes.parquet")
    assert frame["run"].tolist() == list(range(1_000))
    assert frame["cause"].dtype == "category"
    manifest = json.loads(Path("kept/manifest.json").read_text("utf-8"))
    assert (manifest["runs"], manifest["figure_runs"]) == (1_000, 300)


@pytest.mark.usefixtures("counted")
def test_without_a_folder_no_runs_are_kept(command, monkeypatch):
    monkeypatch.setattr("abm.runs.simulation.RunCollector.add", lambda *_: pytest.fail("runs were kept"))
    code, text, faults = command("run", SMALL, "--runs", "200000", "--json")
    assert (code, faults, json.loads(text)["runs"]) == (0, "", 200_000)
    assert json.loads(text)["funded_bn"]["mean"] == pytest.approx(sum(k % 7_001 for k in range(200_000)) / 2e8)


class Terminal(io.StringIO):
    """Something that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(("more", "shown"), [(["--runs", "5000"], "/5000"), (["--within", "0.02"], "wanted ±2.00%")])
def test_a_bar_moves_on_a_terminal(more, shown, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("rich.progress.Progress.update", lambda self, task, **new: told.append(new))
    told: list[dict[str, object]] = []
    with pytest.raises(SystemExit):
        main(["run", SMALL, *more])
    assert "The round closes" in capsys.readouterr().out
    assert shown in f"{told[-1]['description']} {told[-1]['completed']}/{told[-1]['total']}"
    done = [one["completed"] for one in told]
    assert done == sorted(done)
    assert told[-1]["completed"] == told[-1]["total"]


def test_an_answer_does_not_load_what_it_does_not_need():
    """Pictures, tables and agents are not part of an answer, in words or in JSON."""
    lines = [
        "import sys, abm.cli, abm.runs.stream, abm.runs.columns, numpy as np",
        "def nothing(job, start):",
        "    people = job.simulate.population",
        "    empty = abm.runs.columns.Columns(people.ids, people.gate_ids, True).empty()",
        "    return type(empty)(*(np.zeros((250, *part.shape[1:]), part.dtype) for part in empty[:3]))",
        "abm.runs.stream._Job.__call__ = nothing",
        "for more in ([], ['--json'], ['--within', '0.2']):",
        "    try: abm.cli.main(['run', 'three-investors', '--runs', '600', *more])",
        "    except SystemExit as end: assert not end.code",
        f"print(sorted({{'scipy.stats', 'rich.progress', *{HEAVY}}} & sys.modules.keys()), file=sys.stderr)",
    ]
    run = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=HANGS_S)
    assert done.stderr.splitlines()[-1] in ("['pydantic']", "['numba', 'pydantic', 'scipy']")  # the latter compiles


@pytest.mark.parametrize("start", ["import abm", "import abm; dir(abm); abm.__version__", "import abm.cli; help()"])
def test_the_start_does_not_load_the_heavy_libraries(start):
    lines = [
        "import sys",
        "def help():",
        "    try: abm.cli.main(['--help'])",
        "    except SystemExit: pass",
        start,
        f"print(sorted(set({HEAVY}) & sys.modules.keys()))",
    ]
    run = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=HANGS_S)
    assert done.stdout.splitlines()[-1] == "[]"
