"""Broken scenario files: whatever is wrong with one is said in one sentence a fault, and the command exits with 2."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path
from random import Random

import pytest
import tomli_w

from abm.cli import main
from tests.breaks import KEYS, NAMES, SENSE, TABLES, break_it, container, listing, named_key
from tests.guard import HANGS_S

FORM = re.compile(r"(expected |unknown key|this key is required and missing$|this condition can never be true: )")
TEXT = resources.files("abm.scenarios").joinpath("three-investors.toml").read_text("utf-8")

# Defects that are known and not yet mended; strict, so that mending one asks for its mark to go.


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run ``abm check`` on a bad file and return its sentences, having looked at their form."""
    with pytest.raises(SystemExit) as stop:
        main(["check", str(path)])
    printed = capsys.readouterr()
    assert stop.value.code == 2
    assert printed.out == ""
    sentences = []
    for line in printed.err.splitlines():
        assert line.startswith(f"{path}: "), line
        key, colon, sentence = line.removeprefix(f"{path}: ").partition(": ")
        assert colon, line
        assert key, line
        assert FORM.match(sentence), line
        sentences.append(f"{key}: {sentence}")
    assert sentences
    return sentences


CASES = [  # every case on two of the packaged scenarios, in turn
    pytest.param(name, case, id=f"{name}: {case.what}")
    for number, case in enumerate(KEYS + SENSE)
    for name in (NAMES[number % len(NAMES)], NAMES[(number + 1) % len(NAMES)])
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_every_fault_gets_one_sentence_that_names_file_and_key(name, case, tmp_path, capsys):
    tables = copy.deepcopy(TABLES[name])
    break_it(tables, case)
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    sentences = checked(path, capsys)
    key = named_key(tables, case)
    matching = [line for line in sentences if line.startswith(f"{key}: ") and case.says in line]
    assert len(matching) == 1, (key, case.says, sentences)
    assert sentences == matching


def test_there_are_enough_broken_files():
    assert len(CASES) >= 200
    assert len({case.values[1].what for case in CASES}) == len(KEYS + SENSE)


# --------------------------------------------------------------------------------------------------------------------
# What is no table of keys at all


JUNK = Random(6).randbytes(4_096)
FILES = {
    "empty": b"",
    "a comment only": b"# nothing yet\n",
    "random bytes": JUNK,
    "zeros": bytes(512),
    "a picture": b"\x89PNG\r\n\x1a\n" + JUNK,
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-32": TEXT.encode("utf-32"),
    "Latin-1": TEXT.replace("Lead Capital", "Führungs-Kapital").encode("latin-1"),
    "JSON": b'{"format": 1, "id": "round"}',
    "YAML": b"format: 1\nround:\n  target_bn: 8\n",
    "HTML": b"<!doctype html><title>404</title>",
    "key without value": TEXT.replace("target_bn = 8.0", "target_bn =").encode(),
    "key without equals": TEXT.replace("target_bn = 8.0", "target_bn 8.0").encode(),
    "open text": TEXT.replace('"Lead Capital"', '"Lead Capital').encode(),
    "open list": TEXT.replace("[[2025-07-28, 1.2]", "[[2025-07-28, 1.2").encode(),
    "open table": TEXT.replace("bridge_limit_bn = 0.5 }", "bridge_limit_bn = 0.5").encode(),
    "open heading": TEXT.replace("[round]", "[round").encode(),
    "key twice": TEXT.replace("target_bn = 8.0", "target_bn = 8.0\ntarget_bn = 9.0").encode(),
    "table twice": (TEXT + "\n[round]\ntarget_bn = 1.0\n").encode(),
    "list after table": (TEXT + "\n[[round]]\ntarget_bn = 1.0\n").encode(),
    "comma for a point": TEXT.replace("target_bn = 8.0", "target_bn = 8,0").encode(),
    "unit beside a number": TEXT.replace("target_bn = 8.0", "target_bn = 8 bn").encode(),
    "thirteenth month": TEXT.replace("2025-12-31", "2025-13-31").encode(),
    "thirtieth of February": TEXT.replace("2025-12-31", "2025-02-30").encode(),
    "German date": TEXT.replace("2025-12-31", "31.12.2025").encode(),
    "true in capitals": TEXT.replace("true", "True").encode(),
    "null": TEXT.replace("target_bn = 8.0", "target_bn = null").encode(),
    "words without quotes": TEXT.replace('"venture"', "venture").encode(),
    "typographic quotes": TEXT.replace('"venture"', "“venture”").encode(),
    "cut off in a word": TEXT[: TEXT.index("Follow") + 3].encode(),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_toml_or_says_nothing_is_refused(what, tmp_path, capsys):
    path = tmp_path / "round.toml"
    path.write_bytes(FILES[what])
    sentences = checked(path, capsys)
    if what in ("empty", "a comment only"):
        missing = ["format", "id", "title", "as_of", "round"]
        assert sentences == [f"{key}: this key is required and missing" for key in missing]
    else:
        assert len(sentences) == 1
        assert sentences[0].startswith("file: expected ")


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("9" * 4_000, id="4000 digits"),
        pytest.param("-" + "9" * 400, id="minus 400 digits"),
        pytest.param("1e999", id="beyond floats"),
        pytest.param("9" * 5_000, id="5000 digits"),
        pytest.param("0x" + "f" * 5_000, id="hexadecimal"),
    ],
)
def test_a_number_of_any_length_is_refused_like_any_other(number, tmp_path, capsys):
    path = tmp_path / "round.toml"
    path.write_text(TEXT.replace("target_bn = 8.0", f"target_bn = {number}"), encoding="utf-8")
    assert len(checked(path, capsys)) == 1


@pytest.mark.parametrize("depth", [50, pytest.param(5_000)])
def test_nested_junk_is_refused(depth, tmp_path, capsys):
    path = tmp_path / "round.toml"
    path.write_text("junk = " + "[" * depth + "]" * depth + "\n" + TEXT, encoding="utf-8")
    assert len(checked(path, capsys)) == 1


def test_a_directory_in_place_of_a_file_is_refused(tmp_path, capsys):
    assert checked(tmp_path, capsys) == ["file: expected a readable TOML file, got is a directory"]


def test_a_file_that_is_not_there_is_refused(tmp_path, capsys):
    sentence = "file: expected a readable TOML file, got no such file or directory"
    assert checked(tmp_path / "nowhere.toml", capsys) == [sentence]


# --------------------------------------------------------------------------------------------------------------------
# More than one fault


PAIRS = [
    ("near miss at the top", "title as number"),
    ("near miss in the round", "kind misspelt"),
    ("title missing", "cash missing"),
    ("nan", "date as text"),
    ("too large", "low above high"),
    ("whole number as text", "near miss in an investor"),
    ("selection misspelt", "moment misspelt"),
    ("condition: half", "number as true"),
    ("pools as text", "ladder ascending"),
    ("cap below target", "consent waits for itself"),
    ("deadline before as_of", "address of another"),
    ("closing above cap", "requires nobody"),
    ("fallback above the ticket", "burn unknown at the start"),
    ("circle of consents", "two anchors"),
    ("near miss in the round", "requires nobody"),
    ("unknown table", "fallback above the ticket"),
    ("number as true", "condition: unknown investor"),
    ("near miss in the levers", "condition: total above the cap"),
    ("near miss in the environment", "least ticket above the largest"),
    ("selection misspelt", "address of another"),
    *(
        pytest.param(*pair)
        for pair in [
            ("title missing", "condition: unknown investor"),
            ("date as text", "closing above cap"),
            ("kind misspelt", "requires nobody"),
            ("condition: near miss", "address of another"),
        ]
    ),
]
BY_NAME = {case.what: case for case in KEYS + SENSE}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_faults_are_both_reported_at_once(one, other, tmp_path, capsys):
    name = NAMES[len(one + other) % len(NAMES)]
    tables = copy.deepcopy(TABLES[name])
    for what in (one, other):
        break_it(tables, BY_NAME[what])
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    sentences = checked(path, capsys)
    for what in (one, other):
        case = BY_NAME[what]
        key = named_key(tables, case)
        assert any(line.startswith(f"{key}: ") and case.says in line for line in sentences), (key, sentences)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("gatekeepers.0.hazard_per_year", -2.0),
        ("investors.0.ticket_bn", "six"),
        ("investors.0.signed_at_start", 1),
        ("investors.0.conditions", "if the lead is in"),
        ("gatekeepers", 3),
        ("company", "Acme"),
    ],
)
def test_one_fault_is_reported_once_and_not_again_for_what_follows_from_it(place, value, tmp_path, capsys):
    tables = copy.deepcopy(TABLES["openai-2025-article" if place == "company" else "three-investors"])
    inside, key = container(tables, place)
    inside[key] = value
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    assert len(checked(path, capsys)) == 1


def test_alisting_without_a_company_is_refused(tmp_path, capsys):
    tables = copy.deepcopy(TABLES["mutual-conditions"])
    tables["ipo"] = listing()
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    assert checked(path, capsys) == ["ipo: expected a [company] that can list its shares"]


# --------------------------------------------------------------------------------------------------------------------
# Text that would break a line, and words that are not what they look like


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[round]", '"weather\\nfine" = 1\n\n[round]'),
        ("[round]", '"" = 1\n\n[round]'),
        ('id = "lead"', 'id = "le\\nad"'),
        ('{ investor = "lead" }', '{ investor = "le\\nad" }'),
    ],
)
def test_a_strange_key_or_id_does_not_break_the_line_of_a_message(old, new, tmp_path, capsys):
    path = tmp_path / "round.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    checked(path, capsys)


@pytest.mark.parametrize("value", [True, 1.0])
def test_the_format_is_the_whole_number_one(value, tmp_path, capsys):
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(copy.deepcopy(TABLES["three-investors"]) | {"format": value}), encoding="utf-8")
    checked(path, capsys)


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        ({"value": 12, "sorce": "x"}, "did you mean 'source'"),
        ({"value": 12, "grade": "judgment"}, "did you mean 'judgement'"),
    ],
)
def test_a_near_miss_beside_a_value_gets_a_hint(number, hint, tmp_path, capsys):
    path = tmp_path / "round.toml"
    tables = copy.deepcopy(TABLES["three-investors"])
    tables["round"]["cap_bn"] = number
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    assert hint in checked(path, capsys)[0]


# --------------------------------------------------------------------------------------------------------------------
# Through a real command


SPAWNED = [
    "title missing",
    "near miss in the round",
    "nan",
    "kind misspelt",
    "low above high",
    "ladder ascending",
    "condition: near miss",
    "circle of consents",
    "condition: total above the cap",
    "inclination out of reach",
]


def test_the_command_itself_refuses_a_dozen_files_in_one_go_and_passes_the_sound_one(tmp_path):
    files = []
    for number, what in enumerate(SPAWNED):
        tables = copy.deepcopy(TABLES["three-investors"])
        break_it(tables, BY_NAME[what])
        files.append(tmp_path / f"{number}.toml")
        files[-1].write_text(tomli_w.dumps(tables), encoding="utf-8")
    files += [tmp_path / "junk.toml", tmp_path]
    files[-2].write_bytes(JUNK)
    sound = tmp_path / "sound.toml"
    sound.write_text(TEXT, encoding="utf-8")
    done = spawned("check", *map(str, files), str(sound))
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"{sound}: sound (investors: 3, gatekeepers: 1)"]
    lines = done.stderr.splitlines()
    assert len(lines) == len(files)
    assert all(line.startswith(f"{file}: ") for line, file in zip(lines, files, strict=True))


@pytest.mark.parametrize("what", ["number as text", "unknown table"])
def test_the_command_itself_refuses_one_file(what, tmp_path):
    tables = copy.deepcopy(TABLES["three-investors"])
    break_it(tables, BY_NAME[what])
    path = tmp_path / "round.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    done = spawned("check", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}: ")
    assert done.stderr.count("\n") == 1


def spawned(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    command = [sys.executable, "-m", "abm.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS_S)
