"""Columns page: what every run leaves behind, as a table of Markdown."""

from __future__ import annotations

import numpy as np

from abm.core.records import OUTCOMES, STAGES
from abm.runs.terms import CAUSE_WORDS

_TYPES = {np.bool_: "True or False", np.int64: "whole number", np.float64: "number"}
_OF_EACH = (
    ("paid_bn.ID", "USD billion", "what this investor paid"),
    ("stage.ID", "text", f"where it stood at the end: {', '.join(STAGES)}"),
    ("sign_day.ID", "days", "day on which it signed"),
    ("gate_day.ID", "days", "day on which this consent came into force"),
)


def columns_text() -> str:
    """Write the columns of :meth:`abm.Outcomes.to_frame` down; ``docs/python.md`` has this table."""
    rows = [("column", "type", "meaning"), ("---", "---", "---")]
    for outcome in OUTCOMES:
        if outcome.column:
            rows.append((f"`{outcome.column}`", _type(outcome.column, outcome.form, outcome.money), outcome.doc))
    rows += [(f"`{column}`", kind, meaning) for column, kind, meaning in _OF_EACH]
    return "\n".join("|" + "|".join(row) + "|" if row[0] == "---" else f"| {' | '.join(row)} |" for row in rows)


def _type(column: str, form: type, money: bool) -> str:
    if column == "cause":
        return f"text: {', '.join(CAUSE_WORDS)}"
    return "USD billion" if money else "days" if column.endswith("_day") else _TYPES[form]
