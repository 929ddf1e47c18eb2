"""Lines: text broken to the width of whoever reads it, words and ids whole."""

from __future__ import annotations

import shutil
import textwrap

_NARROWEST, _WIDEST = 60, 200
_FIXED = 110  # where nobody says how wide it is: a file, a pipe


def line_width() -> int:
    """Letters of a line: what ``COLUMNS`` says, else what the terminal has, from 60 to 200; 110 where there is none."""
    return min(max(shutil.get_terminal_size((_FIXED, 24)).columns, _NARROWEST), _WIDEST)


def broken(text: str, first: str = "", later: str = "") -> list[str]:
    """Break a text into lines; a word that is longer than a line stays whole.

    Parameters
    ----------
    text
        One paragraph.
    first, later
        What stands before the first line, and before the others.

    Examples
    --------
    >>> broken("a round of 30 billion that closes, or does not, by the end of the year; " + "x" * 120)[0][-9:]
    'the year;'
    """
    return textwrap.wrap(
        text, line_width(), initial_indent=first, subsequent_indent=later, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def wrapped(part: str) -> str:
    """Break long lines of a paragraph; lines of a list keep their indent, commands stay whole.

    Parameters
    ----------
    part
        Lines of text.
    """
    return "\n".join(
        line
        if line.startswith("  abm ")
        else "\n".join(broken(line, later=" " * 4 if line.startswith(" ") else "")) or line
        for line in part.split("\n")
    )
