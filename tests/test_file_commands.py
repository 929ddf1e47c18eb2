"""Scenario files on the command line: a file to start from, and what differs between two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib

import pytest

import abm
from abm.report.scenario_diff import changed_keys

SMALL = "three-investors"


# --------------------------------------------------------------------------------------------------------------------
# abm new


def test_a_new_file_is_clean_runs_and_says_something_at_every_key(command, tmp_path):
    assert command("new") == (0, "Written to round.toml. Next: abm check round.toml, abm run round.toml\n", "")
    code, text, faults = command("check", "round.toml")
    assert (code, text, faults) == (0, "round.toml: sound (investors: 3, gatekeepers: 1)\n", "")
    answer = json.loads(command("run", "round.toml", "--runs", "400", "--json")[1])
    assert 0.05 < answer["probability"]["closed"]["p"] < 0.95
    assert answer["scenario"] == tomllib.loads((tmp_path / "round.toml").read_text("utf-8"))["id"] == "my-round"


def test_what_is_commented_out_in_a_new_file_may_be_commented_in(command, tmp_path):
    command("new", "mine.toml")
    text = (tmp_path / "mine.toml").read_text("utf-8")
    for line in ("minimum_close_bn", "extension_probability", "fallback_bn"):
        assert f"# {line}" in text
        text = text.replace(f"# {line}", line)
    company = ["[company]", "name =", "cash_bn", "revenue_bn_per_year", "net_burn_bn_per_year"]
    for line in company:
        assert f"\n# {line}" in text
        text = text.replace(f"\n# {line}", f"\n{line}")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    assert command("check", "mine.toml")[0] == 0


def test_nothing_is_overwritten(command, tmp_path):
    (tmp_path / "round.toml").write_text("mine")
    assert command("new") == (2, "", "round.toml: expected the name of a new file, it is there already\n")
    assert (tmp_path / "round.toml").read_text() == "mine"
    assert json.loads(command("new", "other.toml", "--json")[1]) == {"written": "other.toml"}
    code, text, faults = command("new", "nowhere/round.toml")
    assert (code, text, faults.count("\n")) == (2, "", 1)


def test_the_template_is_no_packaged_scenario():
    rounds = ["mutual-conditions", "openai-2025", "openai-2025-article", "three-investors", "xai-2025"]
    assert abm.packaged() == ["anthropic-2025", "crowd-campaign", *rounds]


# --------------------------------------------------------------------------------------------------------------------
# abm diff

A = """
format = 1
id = "a"
title = "A round"
as_of = 2026-01-01
[round]
target_bn = 2
deadline = 2026-06-30
pre_money_bn = 10
[[investors]]
id = "one"
kind = "venture"
ticket_bn = { value = 1, low = 0.5, high = 2, grade = "judgement", source = "a call" }
signing_probability = 0.5
[[investors]]
id = "two"
kind = "venture"
ticket_bn = 1
signed_at_start = true
"""


@pytest.fixture
def files(tmp_path):
    """Write two files, the second made from the first."""

    def write(*changes: tuple[str, str]) -> None:
        text = A
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        for name, whole in (("a.toml", A), ("b.toml", text)):
            (tmp_path / name).write_text(whole, "utf-8")

    return write


def test_values_ranges_grades_and_sources_are_told_apart(command, files):
    files(
        ("target_bn = 2", "target_bn = 1.5"),
        ("low = 0.5", "low = 0.75"),
        ('"judgement"', '"fact"'),
        ('"a call"', '"a letter"'),
        ("ticket_bn = 1\n", "ticket_bn = 1.0\nsettlement_failure_probability = 0.5\n"),
    )
    code, text, faults = command("diff", "a.toml", "b.toml")
    assert (code, faults) == (0, "")
    *lines, verdict = text.splitlines()
    assert lines == [
        "round.target_bn: 2 → 1.5",
        "investors.one.ticket_bn, low: 0.5 → 0.75",
        "investors.one.ticket_bn, grade: judgement → fact",
        "investors.one.ticket_bn, source: a call → a letter",
        "investors.two.settlement_failure_probability: not stated → 0.5",
    ]
    assert verdict.startswith("3 keys differ; they may give different results (digests ")
    first, second = (abm.load_scenario(f"{name}.toml") for name in "ab")
    answer = json.loads(command("diff", "a.toml", "b.toml", "--json")[1])
    assert (answer["same_results"], answer["digests"]) == (False, [first.digest, second.digest])
    assert answer["changes"][0] == {"key": "round.target_bn", "part": "value", "old": 2, "new": 1.5}


def test_sources_and_grades_alone_change_no_result_and_the_verdict_says_so(command, files):
    files(('"a call"', '"a letter"'), ("target_bn = 2", 'target_bn = { value = 2.0, grade = "fact" }'))
    *lines, verdict = command("diff", "a.toml", "b.toml")[1].splitlines()
    assert lines == [
        "round.target_bn, grade: not stated → fact",
        "investors.one.ticket_bn, source: a call → a letter",
    ]
    assert verdict == f"2 keys differ; both give the same results (digest {abm.load_scenario('a.toml').digest[:12]})."
    assert command("diff", "a.toml", "a.toml")[1].startswith("Nothing differs; both give the same results")


def test_who_is_new_who_is_gone_and_who_has_another_place(command, files):
    one, two = (
        A[A.index('[[investors]]\nid = "one"') : A.index('[[investors]]\nid = "two"')],
        A[A.index('[[investors]]\nid = "two"') :],
    )
    files((one + two, two + one), ('id = "one"', 'id = "uno"'))
    lines = command("diff", "a.toml", "b.toml")[1].splitlines()
    assert lines[:2] == ["investors.one: only in the first", "investors.uno: only in the second"]
    files((one + two, two + one))
    lines = command("diff", "a.toml", "b.toml")[1].splitlines()
    assert lines[0] == "investors, order: ['one', 'two'] → ['two', 'one']"


def test_a_changed_scenario_differs_in_what_was_changed_and_in_what_it_is_calibrated_in():
    scenario = abm.load_scenario(SMALL)
    made = scenario.with_values({"round.target_bn": 9.0, "investors.fund": "out"})
    assert [(one.key, one.old, one.new) for one in changed_keys(scenario, made)] == [
        ("round.target_bn", 8.0, 9.0),
        ("investors.fund.signing_probability", 0.6, 0.0),
    ]
    assert [one.key for one in changed_keys(made, made)] == []


@pytest.mark.parametrize("words", [["diff", SMALL], ["diff", SMALL, "nowhere.toml"]])
def test_a_file_that_is_not_there_is_refused_in_one_sentence(words, command):
    code, text, faults = command(*words)
    assert (code, text, faults.count("\n")) == (2, "", 1)


# --------------------------------------------------------------------------------------------------------------------
# The program


def test_the_package_is_the_command_line_and_completes_its_commands():
    def answer(*words: str, **more: str) -> str:
        run = [sys.executable, "-m", "abm", *words]
        return subprocess.run(run, capture_output=True, text=True, check=False, env=os.environ | more).stdout

    assert answer("--version") == f"abm {abm.__version__}\n"
    typed = {"_ABM_COMPLETE": "complete_bash", "COMP_WORDS": "abm sc", "COMP_CWORD": "1"}
    assert answer(**typed).split() == ["scenarios", "schema"]
    assert "_abm_completion" in answer("--show-completion", "bash")
