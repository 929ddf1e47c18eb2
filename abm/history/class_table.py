"""Class table: what each class of investor, consent and time is worth, with range, count and grade, as packaged."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np

from abm.history.forecasting import ClassValues
from abm.history.priors import CLASSES

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
    text = resources.files("abm.history").joinpath(TABLE).read_text("utf-8")
    return {name: ClassRow(name, **row) for name, row in tomllib.loads(text).items()}


def packaged_values() -> ClassValues:
    """The packaged rows as the numbers of a forecast.

    Examples
    --------
    >>> values = packaged_values()
    >>> bool(abs(values.kept - classes()["kept"].value) < 1e-9)
    True
    """
    rows = classes()
    chances = np.array([rows[name].value for name in CLASSES])
    luck, kept, part = (rows[name].value for name in ("luck_variance", "kept", "part"))
    return ClassValues(np.log(chances / (1 - chances)), luck, kept, part)


def rows_text(rows: list[ClassRow]) -> str:
    """Rows as the text of a TOML file."""
    import tomli_w

    return tomli_w.dumps({row.id: _plain(row) for row in rows})


def _plain(row: ClassRow) -> dict[str, Any]:
    return {key: value for key, value in asdict(row).items() if key != "id" and value is not None}
