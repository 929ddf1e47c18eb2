"""Written: values as a scenario file writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any


def written(value: Any) -> str:
    """Write a value the way a file does: dates bare, tables in braces, true and false.

    Examples
    --------
    >>> print(written([[{"gate": "vote", "by": dt.date(2023, 12, 31)}]]))
    [[{ gate = 'vote', by = 2023-12-31 }]]
    >>> print(written((True, 0.9, "out")))
    [true, 0.9, 'out']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {written(one)}' for name, one in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return "nothing" if value is None else repr(value)
