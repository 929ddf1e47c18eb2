"""Export: a study as a table that spreadsheets and programs read, and that can be the design of the next study."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from abm.runs.drafts import atomic_write
from abm.sweeps.study import Study
from abm.sweeps.workbooks import write_sheet

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


def export(study: Study, file: str | Path, runs: bool = False, sep: str | None = None, decimal: str = ".") -> int:
    """Write the points of a study, or all its runs, as a table, and return the number of rows.

    Parameters
    ----------
    study
        A finished study.
    file
        Where to write; what is there is replaced at once. A CSV file (.csv, .tsv, .txt) or an Excel workbook (.xlsx).
    runs
        One row a run, with its point and the columns that were kept, instead of one row a point.
    sep
        Between cells of a CSV file; default: a comma; a tab in .tsv and .txt; a semicolon where decimals are commas.
    decimal
        Sign before decimals in a CSV file.

    Raises
    ------
    ValueError
        Where the file ends otherwise, or the signs cannot be told apart.
    """
    path = Path(file)
    sep = _check_signs(path, sep, decimal)
    table = _rows_of_runs(study) if runs else _rows_of_points(study)
    written = -1  # without the head

    def rows() -> Iterator[list[Any]]:
        nonlocal written
        for row in table:
            written += 1
            yield row

    with atomic_write(path) as draft:
        if path.suffix.lower() == ".xlsx":
            write_sheet(draft, rows())
        else:
            with draft.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out, delimiter=sep, lineterminator="\n").writerows(
                    [_text(cell, decimal) for cell in row] for row in rows()
                )
    return written


def _check_signs(path: Path, sep: str | None, decimal: str) -> str:
    """Refuse what could not be read again, and return what stands between cells."""
    ending = path.suffix.lower()
    if ending == ".xlsx" and (sep is not None or decimal != "."):
        raise ValueError(f"{path}: expected no sep and no decimal with a workbook, which holds numbers themselves")
    if ending not in (*_SEPARATORS, ".xlsx"):
        known = f"{', '.join(_SEPARATORS)} or .xlsx"
        raise ValueError(f"{path}: expected a file that ends in {known}, got {ending or 'no ending'}")
    if sep is None:
        sep = ";" if decimal == "," and ending == ".csv" else _SEPARATORS.get(ending, ",")
    if decimal not in (".", ","):
        raise ValueError(f"expected a decimal sign of . or , got {decimal!r}")
    if sep not in (",", ";", "\t", "|") or sep == decimal:
        raise ValueError(f"expected a sep of , ; | or a tab, other than the decimal sign, got {sep!r}")
    return sep


def _rows_of_points(study: Study) -> Iterator[list[Any]]:
    """Points with what is known of them; what a policy changes has columns, too, or nobody could read it."""
    frame = study.points()
    points = [study.design[index] for index in range(len(study.design))]
    paths = dict.fromkeys(path for axis in study.design.axes for path in axis.paths)
    paths |= dict.fromkeys(path for changes in points for path in changes)
    results = list(frame.columns).index("runs")
    names = [name for name in frame.columns[:results] if name not in paths]
    yield [frame.index.name, *names, *paths, *frame.columns[results:]]
    said = frame[[*names, *frame.columns[results:]]].itertuples(index=False, name=None)
    for index, changes, row in zip(frame.index, points, said, strict=True):
        cells = list(map(_plain, row))
        # a column of a frame knows one kind of number, a point the one that was given
        yield [index, *cells[: len(names)], *(changes.get(path) for path in paths), *cells[len(names) :]]


def _rows_of_runs(study: Study) -> Iterator[list[Any]]:
    for point in range(len(study.design)):
        frame = study.runs(point)
        if not point:
            yield [frame.index.name, "point", *frame.columns]
        for run, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
            yield [run, point, *map(_plain, values)]


def _plain(value: Any) -> Any:
    """A cell of a frame as Python's own; None where nothing is known."""
    value = value.item() if hasattr(value, "item") else value
    known = isinstance(value, bool | int | str) or (isinstance(value, float) and not math.isnan(value))
    return value if known else None


def _text(cell: Any, decimal: str) -> str:
    """A cell of a CSV file, which :func:`abm.sweeps.tables.read_table` reads as the same value.

    Examples
    --------
    >>> _text(0.5, ","), _text(None, "."), _text((40, 35.5), ".")
    ('0,5', '', '[40, 35.5]')
    """
    if cell is None:
        return ""
    if isinstance(cell, list | tuple):
        return json.dumps(cell)
    return str(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)
