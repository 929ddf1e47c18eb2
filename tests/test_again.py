"""Again: a folder of results holds all that it takes to simulate it once more, and tells what comes out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import abm
from abm.cli import main

PIECES = ["--set", "round.target_bn=6", "--set", "investors.fund=out"]


def said(arguments, capsys, code=0):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in arguments])
    assert (end.value.code or 0) == code
    out, err = capsys.readouterr()
    return " ".join(out.split()) if code != 2 else err


@pytest.fixture(scope="module", autouse=True)
def _no_pictures():
    """They are drawn from the table, and take longer than all else here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abm.plots.FIGURES", {})
        yield


ASKED = {
    "plain": ["--runs", "60", "--seed", "7"],
    "changed": [*PIECES, "--runs", "60"],
    "a width": [*PIECES, "--within", "0.04"],
    "a day": ["--runs", "60", "--by", "2025-11-30"],
    "an event": ["--runs", "60", "--event", "funded_bn >= 5"],
    "points": ["--runs", "60", "--sampling", "sobol"],
    "the other engine": ["--runs", "20", "--engine", "mesa"],
}


@pytest.mark.parametrize("how", ASKED)
def test_it_gives_the_same_bytes_and_the_same_answer(how, tmp_path, capsys):
    first = said(["run", "three-investors", *ASKED[how], "--out", tmp_path / "first"], capsys)
    second = said(["run", "--again", tmp_path / "first", "--out", tmp_path / "second"], capsys)
    assert "to the last byte." in second
    tables = [(tmp_path / name / "outcomes.parquet").read_bytes() for name in ("first", "second")]
    assert tables[0] == tables[1]
    assert second.startswith(first.split(" at central values")[0])
    records = [json.loads((tmp_path / name / "manifest.json").read_text("utf-8")) for name in ("first", "second")]
    assert records[0]["again"] == records[1]["again"]
    assert said(["run", "--again", tmp_path / "second"], capsys).count("to the last byte.") == 1


def test_a_changed_scenario_is_there_as_it_was_simulated_also_where_its_file_is_gone(tmp_path, capsys):
    source = tmp_path / "mine.toml"
    abm.load_scenario("three-investors").with_values({"round.pre_money_bn": 45}).save(source)
    said(["run", source, *PIECES, "--runs", "60", "--out", tmp_path / "kept"], capsys)
    expected = abm.load_scenario(source).with_values({"round.target_bn": 6, "investors.fund": "out"})
    assert abm.load_scenario(tmp_path / "kept" / "scenario.toml").digest == expected.digest
    record = json.loads((tmp_path / "kept" / "manifest.json").read_text("utf-8"))
    assert record["again"]["set"] == ["round.target_bn=6", "investors.fund=out"]
    source.unlink()
    shutil.move(tmp_path / "kept", tmp_path / "moved")
    told = json.loads(said(["run", "--again", tmp_path / "moved", "--json"], capsys))
    assert told["again"] == {"same": True, "differs": [], "surroundings": []}
    assert told["runs"] == 60


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("again") / "first"
    with pytest.raises(SystemExit):
        main(["run", "three-investors", "--runs", "60", "--out", str(folder)])
    return folder


@pytest.fixture
def kept(first, tmp_path):
    return Path(shutil.copytree(first, tmp_path / "kept"))


def edit(folder, change):
    path = folder / "manifest.json"
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_other_numbers_are_told_with_what_may_be_why(kept, capsys):
    def of_another_time(record):
        record["again"] |= {"code": "another", "most": 50}
        record["libraries"]["numpy"] = "1.0"

    edit(kept, of_another_time)
    text = said(["run", "--again", kept], capsys, code=1)
    assert f"Not the same as in {kept}: 60 runs before, 50 now." in text
    assert "What is other than then: the code of the model; numpy 1.0 then" in text


def test_a_column_of_other_numbers_is_named(kept, capsys):
    frame = pd.read_parquet(kept / "outcomes.parquet")
    frame.loc[3, "funded_bn"] += 1
    frame.to_parquet(kept / "outcomes.parquet", index=False)
    assert "is not the table that was written" in said(["run", "--again", kept], capsys, code=1)
    import hashlib

    digest = hashlib.sha256((kept / "outcomes.parquet").read_bytes()).hexdigest()
    edit(kept, lambda record: record["again"].update(table_sha256=digest))
    assert "numbers of funded_bn." in said(["run", "--again", kept], capsys, code=1)


def test_a_scenario_that_was_changed_since_is_refused(kept, capsys):
    path = kept / "scenario.toml"
    path.write_text(path.read_text("utf-8").replace("target_bn = 8", "target_bn = 7"), encoding="utf-8")
    assert said(["run", "--again", kept], capsys, code=2) == (
        f"{path}: expected the scenario that was simulated, it was changed since\n"
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--seed", "1"], "--again: expected no --seed beside it: the folder says what to simulate"),
        (["--set", "round.target_bn=6"], "--again: expected no --set beside it: the folder says what to simulate"),
        (["three-investors"], "--again: expected no SCENARIO beside it: the folder says what to simulate"),
        (["--out", "kept"], "--out: expected another folder than the one of --again, got 'kept'"),
    ],
)
def test_who_asks_for_something_else_beside_it_is_refused(kept, monkeypatch, capsys, more, sentence):
    monkeypatch.chdir(kept.parent)
    assert said(["run", "--again", "kept", *more], capsys, code=2) == f"{sentence}\n"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("{", encoding="utf-8"),
        lambda path: path.write_text("[1]", encoding="utf-8"),
        lambda path: path.write_text("[" * 100_000, encoding="utf-8"),
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
        lambda path: edit(path.parent, lambda record: record.pop("again")),
        lambda path: edit(path.parent, lambda record: record["again"].update(most="many")),
        lambda path: edit(path.parent, lambda record: record.update(libraries=None)),
    ],
)
def test_a_manifest_that_is_none_is_one_sentence(kept, capsys, spoil):
    spoil(kept / "manifest.json")
    told = said(["run", "--again", kept], capsys, code=2)
    assert (
        told == f"{kept / 'manifest.json'}: expected the manifest of abm run --out of this version, got another file\n"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("event", "@pd.io.common.os.system('touch x')"), ("event", "closing"), ("most", -1), ("within", 7.0)],
)
def test_a_manifest_that_asks_for_nonsense_is_refused_before_any_work(kept, capsys, field, value):
    edit(kept, lambda record: record["again"].update({field: value}))
    assert "Traceback" not in said(["run", "--again", kept], capsys, code=2)


def test_a_folder_without_a_manifest_is_one_sentence(tmp_path, capsys):
    told = said(["run", "--again", tmp_path], capsys, code=2)
    assert told == f"{tmp_path}: expected what abm run --out left, it has no manifest.json\n"
