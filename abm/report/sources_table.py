"""Sources table: every number with its range, grade and source, and how many of them are facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from abm.runs.lines import broken, line_width
from abm.runs.terms import GRADE_WORDS
from abm.scenario import Provenance

_SOURCE = 40  # letters of a line that a source needs, to stand beside its number


def provenance_text(rows: Sequence[Provenance]) -> str:
    """Lay the rows out as a table, or a number below the other where lines are short; and count the grades."""
    table = [("parameter", "value", "range", "unit", "grade", "source")]
    table += [(r.parameter, r.value, r.range, r.unit, r.grade, r.source) for r in rows]
    widths = [max(len(row[k]) for row in table) for k in range(5)]
    wide = sum(widths) + 2 * len(widths) + _SOURCE <= line_width()
    lines = [line for row in table for line in (_row(row, widths) if wide else _entry(row))]
    return "\n".join([*lines, "", *broken(f"{grades_counted(rows)}.")])


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """A row of a table, whose last cell is broken into as many lines as it needs."""
    head = "".join(f"{cell:<{width + 2}}" for cell, width in zip(row[:5], widths, strict=True))
    return broken(row[5], head, " " * len(head)) or [head.rstrip()]


def _entry(row: Sequence[str]) -> list[str]:
    """A number, and below it where it comes from."""
    head, *about = row[:5]
    return [head, *broken(", ".join(filter(None, about)), "    ", "    "), *broken(row[5], "    ", "    ")]


def grades_counted(rows: Sequence[Provenance]) -> str:
    """Say how many numbers there are of each grade, and how many have a range."""
    grades = Counter(row.grade for row in rows)
    shown = [grade for grade in GRADE_WORDS if grade != "history" or grades[grade]]
    counted = ", ".join(f"{grades[grade]} {GRADE_WORDS[grade].many}" for grade in shown)
    ranged = sum(1 for row in rows if row.range)
    return f"{len(rows)} numbers: {counted}; {ranged} with a range"
