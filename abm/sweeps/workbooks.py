"""Workbooks: Excel files of one sheet, read and written with real numbers, dates and truths."""

from __future__ import annotations

import datetime as dt
import json
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from abm.core.errors import Refusal

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")  # what is no text; the last two are asked for in another form
_MOST_BYTES = 500_000_000  # of a workbook that is unpacked
_MOST_CELLS = 20_000_000  # of a sheet: one that was coloured to its end has a thousand times as many
_MOST_ROWS = 1_048_576  # that Excel shows of a sheet
_MADE = dt.datetime(2000, 1, 1)  # as every workbook says: it names the day, and the same table should be the same file


def sheet_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Rows of the one sheet of a workbook that has anything in it, each with its number.

    Parameters
    ----------
    path
        A file that ends in .xlsx or .xlsm.

    Raises
    ------
    ValueError
        Where it cannot be read, several sheets have something in them, or a cell has no value of its own.
    """
    if path.suffix.lower() not in WORKBOOKS[:2]:
        raise ValueError(f"{path}: expected a CSV file or an Excel workbook that ends in .xlsx, got {path.suffix}")
    values = _opened(path, data_only=True)
    for sheet in values.worksheets:
        if sheet.max_row * sheet.max_column > _MOST_CELLS:
            size = f"{sheet.max_row:,} rows and {sheet.max_column:,} columns"
            raise ValueError(f"{path}, sheet {sheet.title!r}: expected a table of points, got {size}")
    filled = [sheet for sheet in values.worksheets if any(cell.value is not None for row in sheet for cell in row)]
    if len(filled) > 1:
        names = ", ".join(repr(sheet.title) for sheet in filled)
        raise ValueError(f"{path}: expected one sheet with something in it, got {names}; save the one alone")
    if filled:
        formulas = _opened(path, data_only=False)[filled[0].title]
        yield from _rows(path, filled[0], formulas)


def _rows(path: Path, sheet: Any, formulas: Any) -> Iterator[tuple[int, list[Any]]]:
    if merged := sorted(map(str, sheet.merged_cells.ranges)):
        raise ValueError(f"{path}: expected a value in every cell, got merged cells in {merged[0]}")
    for row in sheet.iter_rows():
        yield row[0].row, [_value(path, cell, formulas[cell.coordinate]) for cell in row]


def _value(path: Path, cell: Any, formula: Any) -> Any:
    """What a cell says: text, a number, a truth, a date, or nothing."""
    where, value = f"{path}, row {cell.row}, column {cell.column_letter}", cell.value
    if value is None and formula.data_type == "f":
        raise ValueError(f"{where}: expected a value, got a formula without its result; save it with its results")
    if cell.data_type == "e":
        raise ValueError(f"{where}: expected a value, got {value!r}")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if isinstance(value, dt.datetime | dt.time | dt.timedelta):
        raise ValueError(f"{where}: expected a date without a time of day, got {str(value)!r}")
    return value


def _opened(path: Path, data_only: bool) -> Any:
    """Open a workbook: the values of its cells, or the formulas that stand behind them."""
    openpyxl = _openpyxl()
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_BYTES:
                raise ValueError(f"{path}: expected a workbook of at most {_MOST_BYTES // 1_000_000} MB unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and checks that nobody needs here
            return openpyxl.load_workbook(path, data_only=data_only)
    except (zipfile.BadZipFile, KeyError, TypeError, AttributeError, SyntaxError) as error:
        text = f"{path}: expected an Excel workbook, got a file that cannot be read as one; save it again as .xlsx"
        raise ValueError(text) from error


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise Refusal(
            "expected the library openpyxl for Excel workbooks; install it with: pip install openpyxl"
        ) from None
    return openpyxl


def write_sheet(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as a workbook of one sheet.

    Parameters
    ----------
    path
        Where to write, whatever it ends in.
    rows
        Text, numbers, truths, dates, ladders, and None for what is empty; the first one is the head.

    Raises
    ------
    ValueError
        Where there are more rows than a sheet shows.
    """
    openpyxl = _openpyxl()
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = _MADE
    sheet = book.create_sheet("points")

    def cell(value: Any) -> Any:
        if isinstance(value, list | tuple):
            value = json.dumps(value)
        if not isinstance(value, str | float):
            return value
        # as text whose kind is said: one that begins with = is no formula, and no digit of a number is lost
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", str(value)))
        made.data_type = "n" if isinstance(value, float) else "s"
        return made

    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise ValueError(f"expected at most {_MOST_ROWS:,} rows for a workbook; a CSV file has room for more")
        sheet.append(list(map(cell, row)))
    book.save(path)
