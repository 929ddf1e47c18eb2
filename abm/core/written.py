"""Written: values as a scenario file writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any


def as_in_a_file(value: Any) -> str:
    """Write a value the way a file does: dates bare, tables in braces, true and false.

    Examples
    --------
    >>> print(as_in_a_file([[{"gate": "vote", "by": dt.date(2023, 12, 31)}]]))
    [[{ gate = 'vote', by = 2023-12-31 }]]
    >>> print(as_in_a_file((True, 0.9, "out")))
    [true, 0.9, 'out']
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {as_in_a_file(one)}' for name, one in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_in_a_file, value))}]"
    return "nothing" if value is None else repr(value)


def shown(value: Any) -> str:
    """Show a value in a message: as Python does, but for what a file writes better, dates and tables.

    Examples
    --------
    >>> print(shown(True), shown((2.0, 1.0)), shown([dt.date(2023, 12, 31), 3.0]))
    True (2.0, 1.0) [2023-12-31, 3.0]
    """
    return as_in_a_file(value) if _needs_a_file(value) else repr(value)


def _needs_a_file(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_needs_a_file, value))
    return isinstance(value, dt.date | dt.time | Mapping)
