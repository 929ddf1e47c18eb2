"""Class rows: what each class of investor, consent and time is worth, with range, count and grade, as packaged."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

TABLE = "classes.toml"


@dataclass(frozen=True)
class ClassRow:
    """One number that history says.

    Attributes
    ----------
    id, of, what
        Its name; what it belongs to (investor, consent, structure, time); what it is, in words.
    value, low, high
        The number and its 90 % range; of a law of days: its median, and between which eight in ten lie.
    unit
        ``-`` or ``days``.
    n, counted
        In how many cases, and how that was counted.
    grade
        ``history`` where the cases move it, else ``judgement``.
    prior
        What it was thought to be before; None where there was no prior.
    """

    id: str
    of: str
    what: str
    value: float
    low: float
    high: float
    unit: str
    n: int
    counted: str
    grade: Literal["history", "judgement"]
    prior: float | None = None


def classes() -> dict[str, ClassRow]:
    """Rows of the packaged table, by id; ``abm calibrate`` makes it again from the cases.

    Examples
    --------
    >>> row = classes()["in_talks"]
    >>> row.of, row.grade, 0.3 < row.low < row.value < row.high < 0.7
    ('investor', 'history', True)
    """
    return dict(_packaged())


@cache
def _packaged() -> dict[str, ClassRow]:
    text = resources.files("abm.scenario").joinpath(TABLE).read_text("utf-8")
    return {name: ClassRow(name, **row) for name, row in tomllib.loads(text).items()}
