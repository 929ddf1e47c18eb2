"""Fonts: names in any script, drawn with the fonts of this machine that have their letters."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MISSING = re.compile(r"Glyph (\d+) ")  # how matplotlib says that a letter is in no font of a text
_LAST_RESORT = "Last Resort"  # a font of boxes for every letter there is


def write_figure(figure: Figure, target: Path | IO[bytes], **options: Any) -> None:
    """Write a figure; where its font lacks letters, other fonts of this machine lend them.

    Parameters
    ----------
    figure
        Drawn in the look of :func:`abm.plots.theme.styled`, in which it is written, too.
    target, options
        As ``Figure.savefig`` takes them.
    """
    missing = _missing_letters(figure, target, options)
    if not missing:
        return
    if families := _families_with(frozenset(missing)):
        _lend(figure, families)
        if not isinstance(target, Path):
            target.seek(0)
            target.truncate()
        with _nothing_said_of_weights():
            missing = _missing_letters(figure, target, options)
    if missing:
        _say_boxes()


def _missing_letters(figure: Figure, target: Path | IO[bytes], options: dict[str, Any]) -> set[int]:
    """Write a figure, and return the letters that were in none of its fonts; other warnings are passed on."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        figure.savefig(target, **options)
    missing = set()
    for warning in found:
        if letter := _MISSING.match(str(warning.message)):
            missing.add(int(letter[1]))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return missing


@contextmanager
def _nothing_said_of_weights() -> Iterator[None]:
    """A font that lends letters to a bold title may have no bold face."""
    log = logging.getLogger("matplotlib.font_manager")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _lend(figure: Figure, families: Iterable[str]) -> None:
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        own = text.get_fontfamily()
        text.set_fontfamily([*own, *(family for family in families if family not in own)])


@cache
def _families_with(letters: frozenset[int]) -> tuple[str, ...]:
    """Families that have some of the letters together, those with the most first."""
    offers = _offers(letters)
    chosen, left = [], set(letters)
    while left and (best := max(sorted(offers), key=lambda name: len(offers[name] & left), default=None)):
        if not offers[best] & left:
            break
        chosen.append(best)
        left -= offers[best]
    return tuple(chosen)


def _offers(letters: frozenset[int]) -> dict[str, set[int]]:
    """Which of the letters each family of this machine has, in its upright regular face."""
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    offers: dict[str, set[int]] = {}
    for entry in fontManager.ttflist:
        if entry.style != "normal" or entry.weight not in (400, "normal", "regular") or _LAST_RESORT in entry.name:
            continue
        try:
            font = FT2Font(entry.fname)
        except (OSError, RuntimeError):  # removed since the list was made, or of a kind that cannot be drawn
            continue
        if font.scalable and (there := letters & font.get_charmap().keys()):
            offers.setdefault(entry.name, set()).update(there)
    return offers


@cache
def _say_boxes() -> None:
    """Say it once, not once a letter."""
    warnings.warn(
        "some letters of the names are in no font of this machine, and are boxes in the figures", stacklevel=4
    )
