"""Bounds: how large and how deep a file may be, so that a hostile one costs a sentence and not the machine."""

from __future__ import annotations

import re
from typing import Any

from abm.core.errors import Fault

MOST_LETTERS = 20_000_000
MOST_THINGS = 200_000  # tables, lists, numbers and words of a file
MOST_LEVELS = 20  # of tables within tables
LONGEST_TEXT = 20_000  # letters

#: What would act on a terminal, or turn the order of letters, instead of being read.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONG_KEY = re.compile(rf"\s*\[*\s*([\w\"'-]+\s*\.\s*){{{MOST_LEVELS}}}")


def fault_of_text(text: str) -> Fault | None:
    """What makes a file too large to be read as TOML; the reader's memory grows with the square of a key's parts."""
    if len(text) > MOST_LETTERS:
        return Fault("file", f"expected at most {MOST_LETTERS // 1_000_000} million letters", f"{len(text):,}")
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MOST_LEVELS and _LONG_KEY.match(line):
            return Fault(f"line {number}", f"expected keys of at most {MOST_LEVELS} parts")
    return None


def fault_of_tables(raw: dict[str, Any]) -> Fault | None:
    """What makes tables too large, too deep, or their texts unfit, to be looked at one by one."""
    left: list[tuple[tuple[str, ...], Any]] = [((), raw)]
    things = 0
    while left:
        path, value = left.pop()
        things += 1
        key = ".".join(path[:4]) or "file"
        if things > MOST_THINGS:
            return Fault("file", f"expected at most {MOST_THINGS:,} numbers, words, lists and tables")
        if len(path) > MOST_LEVELS:
            return Fault(key, f"expected tables and lists at most {MOST_LEVELS} deep")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return Fault(key, f"expected at most {LONGEST_TEXT:,} letters", f"{len(value):,}")
        if isinstance(value, str) and (found := _UNSEEN.search(value)):
            return Fault(key, "expected text without control characters", f"U+{ord(found[0]):04X}")
        if isinstance(value, dict):
            left += [((*path, name[:80]), item) for name, item in value.items()]
        elif isinstance(value, list | tuple):
            left += [((*path, str(k)), item) for k, item in enumerate(value)]
    return None
