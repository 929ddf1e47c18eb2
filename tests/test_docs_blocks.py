"""Blocks of the documents: every command exists with its options, what is shown is what comes, all TOML reads."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "experiments" / "README.md", ROOT / "abm/cases/README.md"]
LANGUAGES = {"", "console", "python", "python no-run", "sh", "text", "toml", "{code-cell} ipython3"}
pytestmark = pytest.mark.one_python


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every block of a page."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def command_lines(page: Path) -> list[str]:
    """Every line of a page that asks abm for something: in blocks of commands, and in running text."""
    text = page.read_text("utf-8")
    parts = [code for language, code in blocks(page) if language in ("", "console", "sh") or "%%sh" in code]
    lines = [line.strip().removeprefix("$ ") for part in parts for line in part.replace("\n     ", " ").splitlines()]
    inline = re.findall(r"`(abm [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return [line for line in [*lines, *(" ".join(one.split()) for one in inline)] if line.startswith("abm ")]


@cache
def options() -> dict[tuple[str, ...], set[str]]:
    """Options of every command, hidden ones too."""
    import typer

    from abm.cli import app

    found: dict[tuple[str, ...], set[str]] = {}

    def note(path, command):
        found[path] = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
        for name, inner in getattr(command, "commands", {}).items():
            note((*path, name), inner)

    note((), typer.main.get_command(app))
    return found


def faults_of(line: str) -> list[str]:
    """What a line asks for that there is not."""
    words = re.sub(r"[\[\]|]", " ", line.partition("  #")[0].partition(" # ")[0]).split()[1:]
    path: tuple[str, ...] = ()
    for word in words:
        if (*path, word) not in options():
            break
        path = (*path, word)
    if not path and words and words[0].islower() and not words[0].startswith("-"):
        return [f"{line}: no such command"]
    asked = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return [f"{line}: no option {one}" for one in asked if one not in options()[path] | options()[()]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists_with_its_options(page):
    assert [fault for line in command_lines(page) for fault in faults_of(line)] == []


def test_what_does_not_exist_is_found():
    assert faults_of("abm rum openai-2025") == ["abm rum openai-2025: no such command"]
    assert faults_of("abm run openai-2025 --rums 5") == ["abm run openai-2025 --rums 5: no option --rums"]
    assert sum(len(command_lines(page)) for page in PAGES) > 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_tried_and_every_piece_of_toml_reads(page):
    for language, code in blocks(page):
        assert language in LANGUAGES
        if language == "toml":
            tomllib.loads(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_was_left_in_the_middle_of_a_merge(page):
    assert not re.search(r"^(<{7} |={7}$|>{7} )", page.read_text("utf-8"), re.MULTILINE)


def test_every_page_with_python_is_run_somewhere():
    from tests.test_docs_code import PAGES as RUN

    with_python = {page for page in PAGES if any(language.startswith("python") for language, _ in blocks(page))}
    assert with_python - {ROOT / "README.md"} == set(RUN)  # README.md runs as a doctest


SCENARIO = ROOT / "docs" / "scenario.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"


def my_round() -> str:
    return next(code for language, code in blocks(SCENARIO) if language == "toml")


def ferry() -> str:
    (file,) = re.findall(r"%%writefile ferry.toml\n(.*?)^```", TUTORIAL.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return file


def test_the_commands_of_the_page_on_scenarios_run_and_say_what_stands_there(command):
    Path("my-round.toml").write_text(my_round(), "utf-8")
    answers = {}
    for language, code in blocks(SCENARIO):
        if language == "console":
            for asked, shown in re.findall(r"^\$ abm ([^\n]+)\n((?:[^$\n].*\n)*)", code, re.MULTILINE):
                status, printed, _ = command(*shlex.split(asked))
                assert status == 0, asked
                assert shown in ("", printed), asked
                answers[asked] = printed
    first = answers["run my-round.toml --runs 500"]
    told = SCENARIO.read_text("utf-8").split("The second command says")[1].split("\n\n")[0]
    for percent in re.findall(r"([\d.]+) %", told):
        assert f"{percent}%" in first, percent


def test_the_faults_that_pages_show_are_those_that_come(command):
    Path("typo.toml").write_text(my_round().replace("target_bn", "traget_bn", 1), "utf-8")
    late = my_round().replace("by = 2026-09-30 }]]", "by = 2026-02-01 }]]", 1)
    Path("late.toml").write_text(late, "utf-8")
    said = command("check", "typo.toml")[2] + command("check", "late.toml")[2]
    shown = next(code for language, code in blocks(SCENARIO) if language == "text" and "typo" in code)
    assert all(line in said for line in shown.splitlines())
    Path("ferry.toml").write_text(ferry().replace('standing = "firm"', 'standing = "signed"'), "utf-8")
    (shown,) = (code for language, code in blocks(TUTORIAL) if language == "text")
    assert command("check", "ferry.toml")[2] == shown


def test_what_the_tutorial_has_one_write_into_the_file_is_taken(command):
    (piece,) = (code for language, code in blocks(TUTORIAL) if language == "toml")
    Path("ferry.toml").write_text(f"{ferry()}{piece}", "utf-8")
    assert command("check", "ferry.toml")[:2] == (0, "ferry.toml: sound (investors: 4, gatekeepers: 1)\n")


QUESTIONS = [line for line in command_lines(ROOT / "docs" / "questions.md") if "COMMAND" not in line]
LONG = {"serve", "report", "calibrate", "backtest", "explain"}  # tried elsewhere, by tests of their own


@pytest.mark.parametrize("line", [line for line in QUESTIONS if line.split()[1] not in LONG])
def test_the_command_of_a_question_runs(line, command):
    for name in ("ferry", "a", "b"):
        Path(f"{name}.toml").write_text(ferry(), "utf-8")
    if "study" in line.split() or "--again" in line:
        command("sweep", "ferry.toml", "--vary", "round.target_bn=0.2,0.3", "--runs", "20", "--out", "study")
        command("run", "ferry.toml", "--runs", "20", "--out", "results/run")
    asked = shlex.split(line.partition(" > ")[0])[1:]
    if asked[0] in ("run", "who", "levers", "compare", "sweep") and "--again" not in asked:
        asked += ["--runs", "20"] if "--within" not in asked else ["--runs", "200"]
    if "--points" in asked:
        asked[asked.index("--points") + 1] = "3"
    elif "prior" in asked:
        asked += ["--points", "3"]
    code, printed, faults = command(*asked)
    assert (code, bool(printed)) == (0, True), faults


@pytest.mark.parametrize(
    "page", [page for page in PAGES if 'python -c "\n' in page.read_text("utf-8")], ids=lambda page: page.name
)
def test_a_command_of_python_runs_with_small_numbers(page, capsys):
    for code in re.findall(r'^python -c "\n(.*?)"$', page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        exec(compile(re.sub(r"\b\d{3,}\b", "2", code), page.name, "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out


def word_rows() -> list[str]:
    """Rows of the table of words: what each says, and what it was worth in real attempts."""
    from abm.history import classes

    names = {"signed": "`firm`, `conditional_firm`", "others_unsigned": "the same words, behind the lead"}
    return [
        f"| {names.get(row.id, f'`{row.id}`')} | {row.what.removeprefix('firm or conditional_firm: ')} | "
        f"{100 * row.value:.0f} % ({100 * row.low:.0f} to {100 * row.high:.0f}) | {row.n} |"
        for row in classes().values()
        if row.of in ("investor", "consent")
    ]


def test_the_words_of_a_press_report_are_listed_with_what_they_were_worth():
    page = SCENARIO.read_text("utf-8").split("### What the words mean")[1].split("\n## ")[0]
    assert [line for line in page.splitlines() if line.endswith(" |") and " % (" in line] == word_rows()
