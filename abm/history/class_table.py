"""Class table: the packaged rows of classes as the numbers of a forecast, and rows as the text of a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from abm.history.forecasting import ClassValues
from abm.history.priors import CLASSES
from abm.scenario.class_rows import ClassRow, classes


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
