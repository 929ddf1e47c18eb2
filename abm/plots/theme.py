"""Theme: one look for every figure, without touching anybody's global settings."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (7.0, 3.8)  # inches: half a page
DPI = 150
_PHONE, _LETTERS = 5.0, 40  # inches of a figure on a phone, and letters of a line below it

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
    >>> figure.get_size_inches().tolist()
    [5.0, 4.0]
    """
    import matplotlib.dates as mdates

    figure.set_size_inches(_PHONE, max(figure.get_figheight(), 0.8 * _PHONE))
    for ax in figure.axes:
        ax.set_xlabel(textwrap.fill(ax.get_xlabel(), _LETTERS))
        legend = ax.get_legend()
        if legend is not None and legend.get_bbox_to_anchor() is ax.bbox:
            legend.set_loc("best")
            legend.set_frame_on(True)
        if isinstance(ax.xaxis.get_major_locator(), mdates.DateLocator):
            few = mdates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
            ax.xaxis.set_major_locator(few)
            ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(few))  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # letters without a font are told where the figure is written
        figure.draw_without_rendering()
    for text in (text for ax in figure.axes for text in ax.texts):
        box, width = text.get_window_extent(), figure.bbox.width
        if box.x1 > width > box.x0:
            text.set_fontsize(text.get_fontsize() * (width - box.x0) / box.width)


def short_name(name: str, letters: int = 38, lines: int = 3) -> str:
    r"""Break a name into lines, and cut what would leave no room for the picture.

    Examples
    --------
    >>> short_name("SoftBank"), short_name("The Very Long Name Of A Partnership", 10, 2)
    ('SoftBank', 'The Very\nLong …')
    """
    return textwrap.fill(name, letters, max_lines=lines, placeholder=" …")
