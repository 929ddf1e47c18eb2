"""Tables: points as spreadsheets and programs write them, refused where a cell could mean two things."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from abm.sweeps.workbooks import WORKBOOKS, sheet_rows

Row = list[Any]  # cells: text, or what a workbook knows
MOST_BYTES = 50_000_000
#: Columns that an exported study adds to its points: its results, and how many runs they stand on.
_RESULTS = re.compile(r"runs|p|low|high|worlds|p05|p95|above|failed|p_least|p_most|(p|mean)\..*")
#: Keys of a scenario without a dot: any other head without one names the rows.
_PLAIN_PATHS = ("id", "title", "as_of", "horizon_weeks")

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?P<sign>[.,])\d{3}((?P=sign)\d{3})*")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHES = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}")
_WITH_UNIT = re.compile(r"[^\w\s\[({\"'+-]\s*\d[\d.,]*|\d[\d.,]*\s*[^\w\s\])}\"']")
_WORDS = {"true": True, "false": False}


class PointTable(NamedTuple):
    """Points as they were read.

    Attributes
    ----------
    rows
        Values by head; None where a cell is empty, which leaves a path as it is.
    labels
        What the rows are called, where a column says so.
    """

    rows: list[dict[str, Any]]
    labels: tuple[str, ...]


def read_table(path: str | Path) -> PointTable:
    """Read a table of points from a file: a head of paths, a row a point.

    Parameters
    ----------
    path
        A CSV file: commas, semicolons or tabs between cells; UTF-8 or UTF-16; decimal points or commas. Or an Excel
        workbook with one sheet. Columns of row numbers, names of rows, and results of an exported study are told from
        paths.

    Raises
    ------
    ValueError
        Where it is no table, or a cell could mean two things; with file, row and column.
    OSError
        Where it cannot be read.
    """
    path = Path(path)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path}: expected a table of at most {MOST_BYTES // 1_000_000} MB")
    read = sheet_rows if path.suffix.lower() in WORKBOOKS else _lines
    lines = [(number, row) for number, row in read(path) if any(map(word_of, row))]
    if not lines:
        raise ValueError(f"{path}: expected a head of paths and at least one row, got an empty file")
    lines = _without_empty_columns(lines)
    (first, head), *body = lines
    heads = list(map(word_of, head))
    _check_heads(path, first, heads)
    if not body:
        raise ValueError(f"{path}: expected at least one row below the head")
    rows = [_fitted(path, number, row, len(heads)) for number, row in body]
    paths, names = kinds_of(heads, rows)
    if not paths:
        raise ValueError(f"{path}: expected paths in the head, such as round.target_bn, got {', '.join(heads)}")
    reader = _Cells(path, heads, [(number, row) for (number, _), row in zip(body, rows, strict=True)], paths)
    return PointTable(list(reader.rows()), labels_of(rows, names))


def word_of(cell: Any) -> str:
    """A cell as a word; nothing where it is empty."""
    return "" if cell is None else str(cell).strip()


def labels_of(rows: Sequence[Sequence[Any]], names: Sequence[int]) -> tuple[str, ...]:
    """What rows are called, by the columns that name them."""
    return tuple(" / ".join(word_of(row[k]) for k in names) for row in rows) if names else ()


def _text(path: Path) -> str:
    raw = path.read_bytes()
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}, row {row}: expected UTF-8, got the byte 0x{raw[error.start]:02X}; save it as CSV UTF-8"
        ) from None


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV file, each with its number."""
    text = _text(path)
    first, _, rest = text.partition("\n")
    skipped = 0
    if found := re.fullmatch(r"\"?sep=(.)\"?\s*", first):  # a line that Excel writes for itself
        sign, text, skipped = found.group(1), rest, 1
    else:
        plain = re.sub(r"\"[^\"]*\"", "", first)
        sign = max(",;\t|", key=plain.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
        for row in reader:
            yield reader.line_num + skipped, row
    except csv.Error as error:
        raise ValueError(
            f"{path}, row {reader.line_num + skipped}: expected cells of a CSV file, got {error}"
        ) from None


def _without_empty_columns(lines: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Rows without the columns that spreadsheets leave empty, before the table or behind it."""
    width = len(lines[0][1])
    kept = [k for k in range(width) if any(k < len(row) and word_of(row[k]) for _, row in lines)]
    return [(number, [*(row[k] for k in kept if k < len(row)), *row[width:]]) for number, row in lines]


def _check_heads(path: Path, number: int, heads: list[str]) -> None:
    for k, head in enumerate(heads):
        if not head and k:
            raise ValueError(f"{path}, row {number}, column {k + 1}: expected a path as the head, got an empty cell")
        if head and head in heads[:k]:
            raise ValueError(f"{path}, row {number}: expected every path in one column, got {head!r} twice")


def _fitted(path: Path, number: int, row: Row, width: int) -> Row:
    """A row of as many cells as the head has."""
    if len(row) < width or any(map(word_of, row[width:])):
        raise ValueError(f"{path}, row {number}: expected {width} cells as in the head, got {len(row)}")
    return row[:width]


def kinds_of(heads: Sequence[str], rows: Sequence[Row]) -> tuple[list[int], list[int]]:
    """Tell which columns are paths, and which name the rows; the others only count, or are results.

    Parameters
    ----------
    heads, rows
        Of a table that somebody wrote, or :func:`abm.sweeps.export.export`.

    Examples
    --------
    >>> kinds_of(["point", "round.target_bn", "case"], [[0, 6, "low"], [1, 8, "high"]])
    ([1], [2])
    """
    exported = {"runs", "p", "low", "high"} <= set(heads)
    paths, names = [], []
    for k, head in enumerate(heads):
        if exported and _RESULTS.fullmatch(head):
            continue
        if "." in head or head in _PLAIN_PATHS:
            paths.append(k)
        elif not (head in ("", "point") and _are_numbers_of_rows([row[k] for row in rows])):
            names.append(k)
    return paths, names


def _are_numbers_of_rows(cells: Sequence[Any]) -> bool:
    """Whether a column only counts, as pandas and R write it: from 0 or from 1."""
    words = list(map(word_of, cells))
    return any(words == [str(k + first) for k in range(len(cells))] for first in (0, 1))


class _Cells:
    """Reads cells; what one of them leaves open, others of the same file may tell."""

    def __init__(self, path: Path, heads: list[str], rows: list[tuple[int, Row]], paths: list[int]) -> None:
        self._path, self._heads, self._numbered, self._paths = path, heads, rows, paths
        cells = (cell.strip() for _, row in rows for cell in row if isinstance(cell, str))
        self._decimals = {sign for cell in cells for sign in _decimal_signs(cell)}

    def rows(self) -> Iterable[dict[str, Any]]:
        """Values by head, row by row."""
        for number, row in self._numbered:
            yield {self._heads[k]: self._value(number, k, row[k]) for k in self._paths}

    def _value(self, number: int, k: int, cell: Any) -> Any:
        if not isinstance(cell, str):  # a number, a date or a truth, as a workbook knows them
            return cell
        text = cell.strip()
        if not text:
            return None
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if (date := _date(text)) is not None:
            return date
        if _NUMBER.fullmatch(text):
            return self._number(number, k, text)
        if _SLASHES.fullmatch(text):
            self._refuse(number, k, "a date as 2026-02-01", text)
        if _WITH_UNIT.fullmatch(text):
            self._refuse(number, k, "a number without a sign for money or per cent (60 % is 0.6)", text)
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            return text

    def _number(self, number: int, k: int, text: str) -> float | int:
        signs = [sign for sign in ".," if sign in text]
        if len(self._decimals) > 1 and signs:
            self._refuse(number, k, "decimal points or decimal commas in a whole file", text)
        decimal = next(iter(self._decimals), "")
        if signs and not decimal:  # 1.000 may be one, or a thousand
            self._refuse(number, k, "a number that cannot be a thousand as well as a decimal, as 1000 or 1.0", text)
        thousands = {".": ",", ",": "."}.get(decimal, "")
        parts = text.split(decimal) if decimal else [text]
        grouped = thousands and thousands in parts[0]
        if len(parts) > 2 or (thousands and thousands in "".join(parts[1:])):  # noqa: PLR2004, before and after the sign
            self._refuse(number, k, "a number", text)
        if grouped and not _THOUSANDS.fullmatch(parts[0]):
            self._refuse(number, k, "a number", text)
        plain = ".".join([parts[0].replace(thousands, "") if thousands else parts[0], *parts[1:]])
        return int(plain) if re.fullmatch(r"[+-]?\d+", plain) else float(plain)

    def _refuse(self, number: int, k: int, expected: str, got: str) -> NoReturn:
        raise ValueError(f"{self._path}, row {number}, column {self._heads[k]}: expected {expected}, got {got!r}")


def _decimal_signs(cell: str) -> set[str]:
    """Which sign a number shows to be the decimal one; none if it could be the mark of thousands."""
    if not _NUMBER.fullmatch(cell):
        return set()
    signs = [sign for sign in ".," if sign in cell]
    if len(signs) == 2:  # noqa: PLR2004, the one that comes last
        return {max(signs, key=cell.rfind)}
    return set(signs) if signs and cell.count(signs[0]) == 1 and not _THOUSANDS.fullmatch(cell) else set()


def _date(text: str) -> dt.date | None:
    """A date, or a time stamp at midnight, as spreadsheets and pandas write dates."""
    try:
        if found := _GERMAN_DATE.fullmatch(text):
            day, month, year = map(int, found.groups())
            return dt.date(year, month, day)
        stamp = dt.datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None
    return stamp.date() if stamp is not None and stamp.time() == dt.time() else None
