"""Sources table: every number with its range, grade and source, and how many of them are facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from abm.runs.terms import GRADE_WORDS
from abm.scenario import Provenance


def provenance_text(rows: Sequence[Provenance]) -> str:
    """Lay the rows out as a table, widest parameter first to align, and count the grades below it."""
    table = [("parameter", "value", "range", "unit", "grade", "source")]
    table += [(r.parameter, r.value, r.range, r.unit, r.grade, r.source) for r in rows]
    widths = [max(len(row[k]) for row in table) for k in range(5)]
    lines = ["  ".join(f"{row[k]:<{widths[k]}}" for k in range(5)) + f"  {row[5]}" for row in table]
    return "\n".join(line.rstrip() for line in lines) + f"\n\n{grades_counted(rows)}."


def grades_counted(rows: Sequence[Provenance]) -> str:
    """Say how many numbers there are of each grade, and how many have a range."""
    grades = Counter(row.grade for row in rows)
    counted = ", ".join(f"{grades[grade]} {words.many}" for grade, words in GRADE_WORDS.items())
    ranged = sum(1 for row in rows if row.range)
    return f"{len(rows)} numbers: {counted}; {ranged} with a range"
