"""Workbooks and round trips: tables of points as spreadsheets hold them, and a study's points as the next design."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import abm
from abm.cli import main
from abm.sweeps import Design, Study
from abm.sweeps.export import export
from abm.sweeps.tables import read_table

TARGET, DEADLINE, FALLBACK = "round.target_bn", "round.deadline", "investors.lead.fallback_bn"
SELECT = "round.close_select"


def workbook(folder, *sheets, name="points.xlsx", change=None):
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet(f"Sheet{number + 1}")
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(book)
    book.save(folder / name)
    return folder / name


def test_numbers_dates_and_truths_are_what_they_are(tmp_path):
    head = [TARGET, DEADLINE, "round.rofr", "gatekeepers.ag", "case"]
    rows = [
        [6, dt.date(2025, 12, 31), True, "given", "low"],
        [7.25, dt.datetime(2026, 1, 15), False, "as_is", 2],
        [None, None, None, None, None],
        ["[40, 35]", "2026-02-01", "TRUE", "", None],
    ]
    read = read_table(workbook(tmp_path, [head, *rows]))
    assert [list(row.values()) for row in read.rows] == [
        [6, dt.date(2025, 12, 31), True, "given"],
        [7.25, dt.date(2026, 1, 15), False, "as_is"],
        [[40, 35], dt.date(2026, 2, 1), True, None],
    ]
    assert [type(row[TARGET]) for row in read.rows] == [int, float, list]
    assert read.labels == ("low", "2", "")


@pytest.mark.parametrize(
    "rows",
    [
        [[TARGET, FALLBACK], [6, 1], [8, 2]],
        [[None, None, None], [None, TARGET, FALLBACK], [None, 6, 1], [], [None, 8, 2], [None, None, None]],
        [["", TARGET, FALLBACK], [0, 6, 1], [1, 8, 2]],  # with the index of pandas
        [[TARGET, FALLBACK, None], ["6", "1"], ["8", "2"]],  # numbers that are kept as text
        [["point", TARGET, FALLBACK, "runs", "p", "low", "high"], [0, 6, 1, 9, 0.1, 0, 1], [1, 8, 2, 9, 0.1, 0, 1]],
    ],
)
def test_the_same_points_are_read_wherever_they_stand(tmp_path, rows):
    read = read_table(workbook(tmp_path, rows, name="POINTS.XLSX"))
    assert read.rows == [{TARGET: 6, FALLBACK: 1}, {TARGET: 8, FALLBACK: 2}]
    assert read.labels == ()


def at(cell, value, kind=None):
    def change(book):
        book.active[cell] = value
        if kind is not None:
            book.active[cell].data_type = kind

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (at("A3", "60 %"), f"row 3, column {TARGET}: expected a number without a sign for money or per cent .*'60 %'"),
        (at("A3", "1.000"), f"row 3, column {TARGET}: expected a number that cannot be a thousand .* got '1.000'"),
        (at("A3", "01/02/2026"), f"row 3, column {TARGET}: expected a date as 2026-02-01, got '01/02/2026'"),
        (at("A3", dt.datetime(2026, 1, 2, 12, 30)), "row 3, column A: expected a date without a time of day"),
        (at("A3", dt.time(12, 30)), "row 3, column A: expected a date without a time of day, got '12:30:00'"),
        (at("A3", "=A2*2"), "row 3, column A: expected a value, got a formula without its result"),
        (at("A3", "#DIV/0!", "e"), "row 3, column A: expected a value, got '#DIV/0!'"),
        (at("C2", 5), "row 1, column 3: expected a path as the head, got an empty cell"),
        (at("B1", TARGET), f"row 1: expected every path in one column, got '{TARGET}' twice"),
        (lambda book: book.active.merge_cells("A2:A3"), "expected a value in every cell, got merged cells in A2:A3"),
        (lambda book: book.create_sheet("Notes").append(["see"]), "expected one sheet .* got 'Sheet', 'Notes'"),
        (at("XFD1048576", 1), "sheet 'Sheet': expected a table of points, got 1,048,576 rows and 16,384 columns"),
    ],
)
def test_what_could_mean_two_things_is_one_sentence(tmp_path, change, sentence):
    path = workbook(tmp_path, [[TARGET, FALLBACK], [6, 1], [8, 2]], change=change)
    with pytest.raises(ValueError, match=sentence) as refusal:
        Design.table(path)
    assert str(refusal.value).startswith(str(path))


def test_empty_sheets_beside_the_one_and_charts_do_no_harm(tmp_path):
    def change(book):
        book.create_sheet("Empty", 0)
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(book["Sheet"], min_col=1, min_row=1, max_row=2))
        book.create_chartsheet("Chart").add_chart(chart)

    path = workbook(tmp_path, [[TARGET], [6]], change=change)
    assert read_table(path).rows == [{TARGET: 6}]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("points.xlsx", b"PK", "expected an Excel workbook, got a file that cannot be read as one"),
        ("points.xlsx", b"\xd0\xcf\x11\xe0 with a password", "expected an Excel workbook"),
        ("points.xlsx", b"", "expected an Excel workbook"),
        ("points.xls", b"old", "expected a CSV file or an Excel workbook that ends in .xlsx, got .xls"),
        ("points.ods", b"open", "expected a CSV file or an Excel workbook that ends in .xlsx, got .ods"),
    ],
)
def test_a_file_that_is_no_workbook_is_one_sentence(tmp_path, capsys, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as end:
        main(["sweep", "three-investors", "--design", str(tmp_path / name)])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert said.startswith(f"{tmp_path / name}: {sentence}")
    assert said.count("\n") == 1


def test_a_workbook_of_something_else_is_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "points.xlsx", "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types>")
    with pytest.raises(ValueError, match="expected an Excel workbook"):
        Design.table(tmp_path / "points.xlsx")


# --------------------------------------------------------------------------------------------------------------------
# Numbers as NumPy and pandas have them


def test_axes_take_numpys_scalars():
    plain = Design.sobol({TARGET: (6, 8)}, 4)
    assert list(Design.sobol({TARGET: (np.int64(6), np.float32(8))}, 4)) == list(plain)
    dates = [dt.date(2025, 12, 31), dt.date(2026, 1, 15)]
    for made in (np.array(dates, "datetime64[ns]"), np.array(dates, "datetime64[D]"), pd.to_datetime(dates)):
        assert list(Design.grid({DEADLINE: made})) == [{DEADLINE: date} for date in dates]
    linked = Design.grid({(TARGET, "round.cap_bn"): [(np.float64(6), np.int64(9)), (7, 9)]})
    assert [type(value) for value in linked[0].values()] == [float, int]
    assert json.dumps(list(Design.grid({"round.rofr": np.array([True, False]), TARGET: np.arange(6, 8)})))
    assert Design.grid({"round.pre_money_bn": [np.array([40.0, 35.0])]})[0] == {"round.pre_money_bn": [40.0, 35.0]}


def test_frames_take_what_pandas_has_for_nothing():
    frame = pd.DataFrame({TARGET: pd.array([6, None], "Int64"), DEADLINE: pd.to_datetime(["2025-12-31", None])})
    assert list(Design.table(frame)) == [{TARGET: 6, DEADLINE: dt.date(2025, 12, 31)}, {}]


# --------------------------------------------------------------------------------------------------------------------
# Round trips


def all_kinds():
    return [
        {TARGET: 6, DEADLINE: dt.date(2025, 12, 31), FALLBACK: 0.1 + 0.2, "investors.lead": "as_is", SELECT: "least"},
        {TARGET: 7.125, DEADLINE: None, FALLBACK: 3, "investors.lead": "out", SELECT: None},
        {TARGET: None, DEADLINE: dt.date(2026, 1, 15), FALLBACK: 1e-7, "investors.lead": "bound", SELECT: "greatest"},
    ]


DESIGNS = {
    "a table": lambda: Design.table(all_kinds()),
    "a grid": lambda: Design.grid({TARGET: [6, 7.5], "investors.lead.conditions": ["as_is", "off"]}),
    "one at a time": lambda: Design.one_at_a_time({TARGET: [6, 7], DEADLINE: [dt.date(2026, 1, 15)]}),
    "a sequence": lambda: Design.sobol({TARGET: (6, 8), DEADLINE: (dt.date(2025, 11, 1), dt.date(2026, 1, 15))}, 8),
    "linked paths": lambda: Design.grid({(TARGET, "round.cap_bn"): [9, (8, 9.5)], FALLBACK: [1]}),
    "a ladder": lambda: Design.grid({"round.pre_money_bn": [40, [40, 35.5]]}),
    "policies": lambda: Design.crossed(
        Design.grid({FALLBACK: [1, 2]}), {"as it is": {}, "lower": {TARGET: 6}, "bound": {"investors.lead": "bound"}}
    ),
    "an ambiguous number": lambda: Design.grid({TARGET: [6.125, 7.125]}),
}
WAYS = {
    "csv": ("points.csv", {}),
    "semicolons": ("points.csv", {"decimal": ","}),
    "tabs": ("points.tsv", {}),
    "bars": ("points.txt", {"sep": "|", "decimal": ","}),
    "workbook": ("points.xlsx", {}),
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    made = {}
    for name, design in DESIGNS.items():
        folder = tmp_path_factory.mktemp("study") / name.replace(" ", "-")
        made[name] = abm.sweep("three-investors", design(), runs=20, folder=folder)
    return made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("opened", [False, True], ids=["as made", "opened again"])
def test_the_points_of_a_study_are_a_design(studies, tmp_path, design, way, opened):
    study = Study.open(studies[design].folder) if opened else studies[design]
    name, how = WAYS[way]
    assert export(study, tmp_path / name, **how) == len(study.design)
    assert list(Design.table(tmp_path / name)) == [json_back(changes) for changes in studies[design].design]


def json_back(changes):
    """Lists where there were tuples: both are a ladder."""
    return {path: list(value) if isinstance(value, tuple) else value for path, value in changes.items()}


def test_the_points_of_a_study_are_a_design_in_python_too(studies):
    with pytest.raises(ValueError, match="expected points without policies"):
        Design.table(studies["policies"].points())
    for study in (study for study in studies.values() if not study.design.policies):
        again = Design.table(study.points())
        assert [json_back(one) for one in again] == [json_back(one) for one in study.design]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_study_is_swept_again_from_its_own_points(studies, tmp_path, capsys, monkeypatch, ending):
    monkeypatch.setattr("abm.plots.DPI", 40)
    for number, study in enumerate(studies.values()):
        file = str(tmp_path / f"points{number}.{ending}")
        main_ends(["study", "export", str(study.folder), file])
        out = tmp_path / f"again{number}"
        main_ends(["sweep", "three-investors", "--design", file, "--runs", "20", "--out", str(out)])
        assert Study.open(out).points()["p"].tolist() == study.points()["p"].tolist()
    capsys.readouterr()


def main_ends(arguments, code=0):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert (end.value.code or 0) == code


def test_runs_are_exported_with_the_signs_that_are_asked_for(studies, tmp_path):
    study = studies["a grid"]
    for name, how, read in (
        ("runs.csv", {"sep": ";", "decimal": ","}, lambda path: pd.read_csv(path, sep=";", decimal=",")),
        ("runs.tsv", {}, lambda path: pd.read_csv(path, sep="\t")),
        ("runs.xlsx", {}, pd.read_excel),
    ):
        assert export(study, tmp_path / name, runs=True, **how) == 80
        frame = read(tmp_path / name).fillna({"cause": ""})
        for point in range(4):
            expected = study.runs(point).reset_index(drop=True)
            found = frame[frame["point"] == point][list(expected.columns)].reset_index(drop=True)
            pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_categorical=False)


def test_the_same_study_is_the_same_workbook(studies, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        export(studies["a table"], tmp_path / name)
    packed = [zipfile.ZipFile(tmp_path / name) for name in ("one.xlsx", "two.xlsx")]
    one, two = ({part: file.read(part) for part in file.namelist()} for file in packed)
    assert one == two


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["points.pdf"], "points.pdf: expected a file that ends in .csv, .tsv, .txt or .xlsx, got .pdf"),
        (["points"], "points: expected a file that ends in .csv, .tsv, .txt or .xlsx, got no ending"),
        (["points.xlsx", "--decimal", ","], "points.xlsx: expected no sep and no decimal with a workbook"),
        (["points.csv", "--sep", ",", "--decimal", ","], "expected a sep of , ; | or a tab, other than the decimal"),
        (["points.csv", "--sep", "xx"], "expected a sep of , ; | or a tab, other than the decimal sign, got 'xx'"),
        (["points.csv", "--decimal", ";"], "expected a decimal sign of . or , got ';'"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence_and_no_file(studies, tmp_path, monkeypatch, capsys, options, sentence):
    monkeypatch.chdir(tmp_path)
    main_ends(["study", "export", str(studies["a grid"].folder), *options], code=2)
    assert capsys.readouterr().err.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    design = Design.table([{TARGET: 6, "title": "=1+1"}, {TARGET: 6, "title": "with \x0b inside"}])
    export(abm.sweep("three-investors", design, runs=20), tmp_path / "points.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "points.xlsx").active
    column = [cell.value for cell in sheet[1]].index("title") + 1
    assert (sheet.cell(2, column).value, sheet.cell(2, column).data_type) == ("=1+1", "s")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.floats(1e-9, 1e12) | st.integers(1, 10**12) | st.none(), min_size=2, max_size=6),
    way=st.sampled_from(sorted(WAYS)),
)
def test_every_number_comes_back_as_it_was(tmp_path, values, way):
    """Down to its last digit, and a whole one as a whole one, unless a workbook has one kind of number."""
    name, how = WAYS[way]
    rows = [{TARGET: value, FALLBACK: 1.5} for value in values]
    design = Design.table([*rows, {TARGET: 1, FALLBACK: 1.5}])
    export(Answered(design), tmp_path / name, **how)
    read = [row[TARGET] for row in read_table(tmp_path / name).rows]
    assert read == [*values, 1]


class Answered:
    """A study of which only the points matter."""

    def __init__(self, design):
        self.design = design

    def points(self):
        frame = pd.DataFrame({TARGET: [row[TARGET] for row in self.design.rows], FALLBACK: 1.5})
        return frame.assign(runs=10, p=0.5, low=0.25, high=0.75).rename_axis("point")
