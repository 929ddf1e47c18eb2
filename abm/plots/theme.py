"""Theme: one look for every figure, without touching anybody's global settings."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (7.0, 3.8)  # inches: half a page
DPI = 150
_WORD, _BELOW = 6, -0.3  # letters of a short line, and where a legend stands below its axes [share of their height]
_LINE, _AROUND = 0.14, 1.6  # inches of a line of a name, and of all that is not beside names
_PHONE, _LETTERS, _TICK = 4.0, 38, 22  # inches of a figure on a phone, letters of a line below it, and of a name

# Okabe and Ito's palette: told apart by everybody, and in grey.
BLUE, ORANGE, GREEN, RED, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C", "#222222"

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "text.parse_math": False,  # a name may have dollars in it
    "svg.hashsalt": "abm",  # ids in an SVG would be drawn at random otherwise, and no two files be equal
    "svg.fonttype": "path",  # letters look the same where the font is missing
}


# A date along an axis, and all of them: matplotlib draws dates, but its annotations know numbers only.
Date: TypeAlias = Any
Dates: TypeAlias = Any


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the look of abm while the block lasts."""
    import matplotlib as mpl
    import seaborn as sns

    with sns.axes_style("whitegrid"), mpl.rc_context(_SETTINGS):
        yield


def new_figure(rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Return a figure of half a page and its axes, without pyplot."""
    from abm.plots.shown_figure import ShownFigure

    figure = ShownFigure(styled, figsize=SIZE, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def headline(figure: Figure, text: str) -> None:
    """Write a title over the whole figure, from its left edge on, however wide the labels of the axes are."""
    figure.suptitle(text, x=0.008, ha="left", fontsize=_SETTINGS["axes.titlesize"], fontweight="bold")


def sign(figure: Figure, text: str) -> None:
    """Say under a figure what it was drawn from."""
    figure.supxlabel(text, x=0.995, ha="right", fontsize=6.5, color=GREY)


def slim(figure: Figure) -> None:
    """Make a figure fit for a phone: narrower, with fewer dates and broken labels, and nothing that sticks out.

    Parameters
    ----------
    figure
        Changed in place.

    Examples
    --------
    >>> figure, _ = new_figure()
    >>> slim(figure)
    >>> figure.get_size_inches().round(2).tolist()
    [4.0, 4.37]
    """
    from matplotlib.dates import AutoDateLocator, DateLocator

    from abm.plots.date_axis import mark_dates

    height = max(1.15 * figure.get_figheight(), _PHONE)
    for ax in figure.axes:
        spec = ax.get_subplotspec()
        ax.set_xlabel(fill(ax.get_xlabel(), _LETTERS // (spec.get_gridspec().ncols if spec else 1)))
        ax.set_ylabel(fill(ax.get_ylabel(), _LETTERS))
        _fill_names(ax.xaxis, max(_WORD, _LETTERS // max(1, len(ax.get_xticks()))))
        height = max(height, _LINE * _fill_names(ax.yaxis, _TICK) + _AROUND)
        _move_legend(ax)
        if isinstance(ax.xaxis.get_major_locator(), DateLocator):
            mark_dates(ax.xaxis, AutoDateLocator(minticks=2, maxticks=5))  # type: ignore[no-untyped-call]
    figure.set_size_inches(_PHONE, height)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # letters without a font are told where the figure is written
        figure.draw_without_rendering()
    for text in (text for ax in figure.axes for text in ax.texts):
        box, width = text.get_window_extent(), figure.bbox.width
        if box.x1 > width > box.x0 and len(text.get_text()) > _LETTERS:
            text.set_text(fill(text.get_text(), int(len(text.get_text()) * (width - box.x0) / box.width)))
            box = text.get_window_extent()
        if box.x1 > width > box.x0:
            text.set_fontsize(text.get_fontsize() * (width - box.x0) / box.width)


def _move_legend(ax: Any) -> None:
    """Put a legend that stands beside its axes below them, and one inside of them where it hides least."""
    legend = ax.get_legend()
    if legend is None:
        return
    anchor = legend.get_bbox_to_anchor()
    if anchor is ax.bbox:
        legend.set_loc("best")
        legend.set_frame_on(True)
    elif anchor.x0 > ax.bbox.x1 + 1:  # pixels; one above ends at the edge
        legend.set_loc("upper left")
        legend.set_bbox_to_anchor((0.0, _BELOW), ax.transAxes)


def _fill_names(axis: Any, letters: int) -> int:
    """Break the names beside an axis into shorter lines, and return how many they take; numbers and dates stay."""
    from matplotlib.ticker import FixedLocator

    if not isinstance(axis.get_major_locator(), FixedLocator):
        return 0
    turned = any(name.get_rotation() for name in axis.get_ticklabels())
    letters = _TICK if turned else letters
    names = [fill(" ".join(name.get_text().split()), letters) for name in axis.get_ticklabels()]
    if any(letter.isalpha() for letter in "".join(names)):
        axis.set_ticks(axis.get_ticklocs(), names)
    if turned:
        axis.set_tick_params(labelrotation=90)
        for name in axis.get_ticklabels():
            name.set(ha="center", va="top")
    return sum(1 + name.count("\n") for name in names)


def fill(text: str, letters: int) -> str:
    r"""Break a text into lines; words stay whole, and so do a number and its unit.

    Examples
    --------
    >>> fill("share of all runs [%], 95 % interval", 26).split("\n")
    ['share of all runs [%],', '95\xa0% interval']
    """
    held = re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", text)
    return "\n".join(textwrap.wrap(held, letters, break_long_words=False, break_on_hyphens=False))


def short_name(name: str, letters: int = 38, lines: int = 3) -> str:
    r"""Break a name into lines, and cut what would leave no room for the picture.

    Examples
    --------
    >>> short_name("SoftBank"), short_name("The Very Long Name Of A Partnership", 10, 2)
    ('SoftBank', 'The Very\nLong …')
    """
    return textwrap.fill(name, letters, max_lines=lines, placeholder=" …")
