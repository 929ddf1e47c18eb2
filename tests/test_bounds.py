"""Bounds: a hostile file is one sentence, soon; and two scenarios are equal that give the same results."""

from __future__ import annotations

import pytest

import abm
from abm.core.errors import ScenarioError
from abm.scenario.bounds import LONGEST_TEXT, MOST_LEVELS, MOST_THINGS

SOUND = abm.load_scenario("three-investors")


def refused(tmp_path, text):
    path = tmp_path / "round.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as refusal:
        abm.load_scenario(path)
    return str(refusal.value).replace(str(path), "FILE")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (".".join("a" * 3_000) + " = 1", "FILE: line 1: expected keys of at most 20 parts"),
        ("\n[" + " . ".join(["'a'"] * 3_000) + "]", "FILE: line 2: expected keys of at most 20 parts"),
        ("a = " + "{b=" * 60 + "1" + "}" * 60, f"FILE: a.b.b.b: expected tables and lists at most {MOST_LEVELS} deep"),
        ("a = " + "[" * 60 + "1" + "]" * 60, f"FILE: a.0.0.0: expected tables and lists at most {MOST_LEVELS} deep"),
        ("a = " + "[" * 9_000, "FILE: file: expected valid TOML"),
        (f'title = "{"x" * 3_000_000}"', "FILE: title: expected at most 20,000 letters, got 3,000,000"),
        (
            f"a = [{'1,' * MOST_THINGS}]",
            f"FILE: file: expected at most {MOST_THINGS:,} numbers, words, lists and tables",
        ),
        (r'title = "\u001b[2J\u001b[31mred"', "FILE: title: expected text without control characters, got U+001B"),
        (r'company.name = "a\u202Eb"', "FILE: company.name: expected text without control characters, got U+202E"),
        (r'a = [{ source = "bell\u0007" }]', "FILE: a.0.source: expected text without control characters, got U+0007"),
        ("# " + "x" * 21_000_000, "FILE: file: expected at most 20 million letters, got 21,000,002"),
    ],
    ids=[
        "dotted key",
        "dotted head",
        "inline tables",
        "lists",
        "brackets",
        "title",
        "things",
        "colour",
        "order",
        "bell",
        "letters",
    ],
)
def test_what_is_too_large_or_too_deep_is_one_sentence(tmp_path, text, sentence):
    said = refused(tmp_path, text)
    assert said.startswith(sentence)
    assert "\n" not in said


def test_many_faults_are_twenty_and_a_number(tmp_path):
    said = refused(tmp_path, "".join(f"k{k} = 1\n" for k in range(1_000))).splitlines()
    assert len(said) == 21
    assert said[-1].startswith("FILE: and 9")
    assert said[-1].endswith(" more faults")


def test_tables_in_memory_have_the_same_limits():
    deep = tables = {}
    for _ in range(5_000):
        deep["a"] = {}
        deep = deep["a"]
    with pytest.raises(ScenarioError, match="expected tables and lists at most 20 deep"):
        abm.scenario_from(tables)
    with pytest.raises(ScenarioError, match=f"title: expected at most {LONGEST_TEXT:,} letters"):
        abm.scenario_from({**SOUND.raw, "title": "x" * 30_000})


def test_a_mark_before_the_text_is_no_fault(tmp_path):
    SOUND.save(tmp_path / "round.toml")
    text = (tmp_path / "round.toml").read_bytes()
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + text)
    assert abm.load_scenario(tmp_path / "marked.toml") == SOUND


def test_scenarios_are_equal_that_give_the_same_results():
    again = abm.scenario_from(SOUND.raw, "elsewhere")
    assert again == SOUND
    abm.simulate(again, runs=2, seed=1, engine="mesa", workers=1)  # what was worked out does not count
    assert len({again, SOUND, again.with_values({})}) == 1
    changed = SOUND.with_values({"round.target_bn": 9.0})
    assert changed != SOUND
    assert changed == SOUND.with_values({"round.target_bn": 9})
    assert SOUND != "three-investors"


def test_the_command_line_says_its_version(capsys):
    from abm.cli import main

    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code in (0, None)
    assert capsys.readouterr().out == f"abm {abm.__version__}\n"
