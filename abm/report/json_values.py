"""Values for JSON: what stands in a table or a scenario, as a program can read it."""

from __future__ import annotations

import math
from typing import Any


def plain(value: Any, lists: bool = True) -> Any:
    """Turn a value into one that JSON knows: dates and the like are text, what is missing or infinite is null.

    Parameters
    ----------
    value
        A cell of a frame, or a value of a scenario.
    lists
        Whether lists stay lists; a cell of a table shows them as text.

    Examples
    --------
    >>> import datetime as dt
    >>> plain({"round.deadline": dt.date(2025, 12, 31), "bound": float("inf"), "prices": [260, 220]})
    {'round.deadline': '2025-12-31', 'bound': None, 'prices': [260, 220]}
    """
    import pandas as pd

    if isinstance(value, dict):
        return {name: plain(inner, lists) for name, inner in value.items()}
    if lists and isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
