"""Tables: what spreadsheets and programs write is read as it was meant, or refused in one sentence."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

import abm
from abm.sweeps import Design, Study
from abm.sweeps.tables import read_table

TARGET, FALLBACK, WEALTH = "round.target_bn", "investors.lead.fallback_bn", "investors.swf.wealth_bn"


def table(tmp_path, content, name="points.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


PLAIN = [{TARGET: 6, FALLBACK: 1}, {TARGET: 8.5, FALLBACK: 2}]


@pytest.mark.parametrize(
    "content",
    [
        f"{TARGET},{FALLBACK}\n6,1\n8.5,2\n",
        f"\ufeff{TARGET},{FALLBACK}\r\n6,1\r\n8.5,2\r\n",
        f"{TARGET},{FALLBACK}\n6,1\n8.5,2\n".encode("utf-16"),
        f"{TARGET};{FALLBACK}\r\n6;1\r\n8,5;2\r\n",
        f"sep=;\r\n{TARGET};{FALLBACK}\r\n6;1\r\n8,5;2\r\n",
        f'"sep=|"\n{TARGET}|{FALLBACK}\n6|1\n8.5|2\n',
        f"{TARGET}\t{FALLBACK}\n6\t1\n8.5\t2\n",
        f"{TARGET} , {FALLBACK}\n 6 ,1\n8.5, 2\n",
        f"\n{TARGET},{FALLBACK}\n,\n6,1\n,\n8.5,2\n,\n\n",
        f"{TARGET},{FALLBACK},,\n6,1,,\n8.5,2,,\n",
        f",{TARGET},{FALLBACK}\n0,6,1\n1,8.5,2\n",
        f'"","{TARGET}","{FALLBACK}"\n"1",6,1\n"2",8.5,2\n',
        f"point,{TARGET},{FALLBACK},runs,p,low,high,failed,p.survived,mean.funded_bn\n0,6,1,9,1,0,1,0,1,2\n1,8.5,2,9,1,0,1,0,1,2\n",
    ],
    ids=[
        *(
            "plain",
            "a byte order mark",
            "UTF-16",
            "semicolons and decimal commas",
            "a sep line",
            "another sep line",
            "tabs",
        ),
        *("spaces", "blank rows", "empty columns", "an index of pandas", "an index of R", "an exported study"),
    ],
)
def test_the_same_points_are_read_however_they_were_written(tmp_path, content):
    assert read_table(table(tmp_path, content)).rows == PLAIN


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["TRUE", "False"], [True, False]),
        (["2025-12-31", "2026-01-15 00:00:00"], [dt.date(2025, 12, 31), dt.date(2026, 1, 15)]),
        (["2025-12-31T00:00:00", "15.01.2026"], [dt.date(2025, 12, 31), dt.date(2026, 1, 15)]),
        (['"[40, 35]"', "40"], [[40, 35], 40]),
        (["out", ""], ["out", None]),
        (["1e3", "-2", "+3"], [1000.0, -2, 3]),
        (["1.000", "0.125"], [1.0, 0.125]),
        (['"1,234.5"', "2"], [1234.5, 2]),
        (['"1.234,5"', '"1.000"'], [1234.5, 1000]),
        (['"0,25"', '"1,5"'], [0.25, 1.5]),
    ],
)
def test_cells_mean_what_they_look_like(tmp_path, cells, values):
    rows = read_table(table(tmp_path, "\n".join([WEALTH, *(cell or '""' for cell in cells), ""]))).rows
    if None in values:  # one empty cell in a row of one column is a blank row
        values = [value for value in values if value is not None]
    assert [row[WEALTH] for row in rows] == values
    assert [type(row[WEALTH]) for row in rows] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "expected a head of paths and at least one row, got an empty file"),
        (f"{TARGET}\n", "expected at least one row below the head"),
        (f"{TARGET},{TARGET}\n6,7\n", rf"row 1: expected every path in one column, got '{TARGET}' twice"),
        (f"{TARGET},\n6,7\n", "row 1, column 2: expected a path as the head, got an empty cell"),
        (f"{TARGET},{FALLBACK}\n6,1\n8\n", "row 3: expected 2 cells as in the head, got 1"),
        (f"{TARGET},{FALLBACK}\n6,1,99\n", "row 2: expected 2 cells as in the head, got 3"),
        (
            f"{TARGET}\n6\n1.000\n",
            f"row 3, column {TARGET}: expected a number that cannot be a thousand .* got '1.000'",
        ),
        (f'{TARGET}\n"1,000"\n', f"row 2, column {TARGET}: expected a number that cannot be a thousand .* got '1,000'"),
        (f'{TARGET}\n6.5\n"7,5"\n', "row 2, .* expected decimal points or decimal commas in a whole file, got '6.5'"),
        (f'{TARGET}\n"1,23,4.5"\n', "expected a number, got '1,23,4.5'"),
        (f"{TARGET}\n60 %\n", "expected a number without a sign for money or per cent .* got '60 %'"),
        (f"{TARGET}\n$6\n", "expected a number without a sign for money or per cent .* got '.6'"),
        (f"{TARGET}\n6 €\n", "expected a number without a sign for money or per cent"),
        ("round.deadline\n01/02/2026\n", "expected a date as 2026-02-01, got '01/02/2026'"),
        (f"{TARGET},title\n6,M\xfcller\n".encode("cp1252"), "row 2: expected UTF-8, got the byte 0xFC"),
        (f'{TARGET}\n"6\n', "row 2: expected cells of a CSV file"),
        (f"{TARGET}\n{'6' * 200_000}\n", "row 2: expected cells of a CSV file, got field larger than"),
        ("case,name\na,b\n", "expected paths in the head, such as round.target_bn, got case, name"),
    ],
)
def test_what_is_no_table_or_could_mean_two_things_is_one_sentence(tmp_path, content, sentence):
    path = table(tmp_path, content)
    with pytest.raises(ValueError, match=sentence) as refusal:
        Design.table(path)
    assert str(refusal.value).startswith(str(path))
    assert "--set" not in str(refusal.value)


def swept(design, **named):
    return abm.sweep("three-investors", design, runs=100, seed=1, **named)


def test_rows_have_names_linked_paths_move_together_and_an_empty_cell_leaves_a_number_as_it_is(tmp_path):
    head = f"case,{TARGET}+round.cap_bn,{FALLBACK}"
    study = swept(Design.table(table(tmp_path, f"{head}\nbase,9,1\nhigh,,2\n")), folder=tmp_path / "study")
    assert study.design[0] == {TARGET: 9, "round.cap_bn": 9, FALLBACK: 1}
    assert study.design[1] == {FALLBACK: 2}
    frame = Study.open(tmp_path / "study").points()
    assert frame["label"].tolist() == ["base", "high"]
    assert frame["p"].tolist() == study.points()["p"].tolist()


def test_a_ladder_is_a_value(tmp_path):
    study = swept(Design.table(table(tmp_path, 'round.pre_money_bn\n"[40, 35]"\n40\n')), folder=tmp_path / "study")
    assert list(Study.open(tmp_path / "study").design) == [{"round.pre_money_bn": [40, 35]}, {"round.pre_money_bn": 40}]
    assert study.points()["runs"].tolist() == [100, 100]


def test_exported_points_are_the_next_design(tmp_path):
    from abm.sweeps.export import export

    first = swept({TARGET: [6.0, 8.5], "investors.swf": ["as_is", "out"]})
    export(first, tmp_path / "points.csv")
    second = swept(Design.table(tmp_path / "points.csv"))
    assert list(second.design) == list(first.design)
    assert second.points()["p"].tolist() == first.points()["p"].tolist()


def test_frames_with_scalars_of_numpy_and_time_stamps_are_points():
    frame = pd.DataFrame(
        {TARGET: np.array([6.0, np.nan]), "round.deadline": pd.to_datetime(["2025-12-31", "2026-01-15"])}
    )
    design = Design.table(frame)
    assert list(design) == [
        {TARGET: 6.0, "round.deadline": dt.date(2025, 12, 31)},
        {"round.deadline": dt.date(2026, 1, 15)},
    ]
    assert [type(value) for value in Design.grid({TARGET: np.array([6, 8])}).axes[0].values] == [int, int]


class Hashed(set):
    """A set whose hashes leave what is in it in the order in which it was given."""

    def __init__(self, given):
        super().__init__(given)
        self.order = given

    def __iter__(self):
        return iter(self.order)


def test_a_set_of_values_has_one_order_whatever_the_hashes():
    for order in itertools.permutations(("as_is", "out", "bound")):
        assert Design.grid({"investors.lead": Hashed(order)}).axes[0].values == ("as_is", "bound", "out")


def test_an_option_beside_a_table_is_refused_and_its_ending_may_be_in_capitals(tmp_path, capsys):
    from abm.cli import main

    path = table(tmp_path, f"{TARGET}\n6\n8\n", "POINTS.CSV")

    def say(*words):
        with pytest.raises(SystemExit) as end:
            main(["sweep", "three-investors", "--design", str(path), "--runs", "50", *words])
        told = capsys.readouterr()
        return end.value.code or 0, told.out + told.err

    assert say()[0] == 0
    code, told = say("--vary", "investors.swf=as_is,out")
    assert (code, "expected none with a table" in told) == (2, True)


def test_a_folder_that_held_another_question_says_so(tmp_path):
    assert swept({TARGET: [6, 8]}, folder=tmp_path).notes == []
    assert swept({TARGET: [6, 8, 10]}, folder=tmp_path).notes == []  # more of the same
    changed = abm.load_scenario("three-investors").with_values({"investors.swf": "out"})
    (note,) = abm.sweep(changed, {TARGET: [6, 8]}, runs=100, seed=2, folder=tmp_path).notes
    assert note.endswith("replaces a study of another scenario, seed; its runs are put aside in spare.parquet")
