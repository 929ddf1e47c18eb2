"""Page: one self-contained HTML file, made of headed parts. No script, no network; it opens from disk and prints."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.core.version import VERSION
from abm.plots import drawn
from abm.plots.fonts import write_figure
from abm.plots.theme import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UNIT = re.compile(r"(?<=\d) (?=(%|bn|billion|million|points?|days?|weeks?|months?|years?)\b|%)|(?<=\bUSD) (?=-?\d)")


@dataclass(frozen=True)
class Picture:
    """A figure inside of a page: its data, what it shows in words, and what stands below; ``narrow`` is for phones."""

    source: str
    narrow: str
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: heads, rows of text, which columns are numbers, and which rows stand out."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    marked: Sequence[int] = ()


@dataclass
class Part:
    """A piece of a section: a text, a picture, a table, a story, a few large numbers."""

    kind: str
    text: str = ""
    picture: Picture | None = None
    table: Grid | None = None
    style: str = ""
    story: dict[str, Any] | None = None
    numbers: Sequence[dict[str, str]] = ()


@dataclass
class PageSection:
    """A section of a page, filled piece by piece; a folded one shows its title until it is opened."""

    id: str
    title: str
    parts: list[Part] = field(default_factory=list)
    folded: bool = False

    def add_text(self, *texts: str, kind: str = "text") -> None:
        """Add paragraphs; empty ones are left out."""
        self.parts += [Part(kind, text) for text in texts if text]

    def add_picture(self, picture: Picture) -> None:
        """Add a picture."""
        self.parts.append(Part("picture", picture=picture))

    def add_table(
        self, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (),
        marked: Sequence[int] = (), style: str = "", fold: str = "",
    ) -> None:  # fmt: skip
        """Add a table; one with a text to fold it under shows that text until it is opened."""
        self.parts.append(Part("table", fold, table=Grid(heads, list(rows), numbers, marked), style=style))

    def add_numbers(self, numbers: Iterable[dict[str, str]]) -> None:
        """Add the few numbers that matter most, each with its ``number`` and its ``words``."""
        self.parts.append(Part("numbers", numbers=list(numbers)))

    def add_story(self, story: dict[str, Any]) -> None:
        """Add the story of a run."""
        self.parts.append(Part("story", story=story))


def picture(
    draw: Callable[..., Axes],
    alt: str,
    caption: str,
    *given: Any,
    size: tuple[float, float] | None = None,
    **named: Any,
) -> Picture:
    """Draw a part ``(frame, ax, ...)`` as a picture inside of a page.

    Parameters
    ----------
    draw, given, named
        As for :func:`abm.plots.save_figure`.
    alt, caption
        What it shows, for who cannot see it; and what stands below.
    size
        Inches, if not half a page.
    """
    figure = drawn(draw, *given, size=size, **named)
    return inlined(figure, alt, caption)


def inlined(figure: Figure, alt: str, caption: str = "") -> Picture:
    """Turn a figure into a picture inside of a page, once for a desk and once for a phone."""
    from abm.plots.theme import slim

    wide = _data(figure)
    with styled():
        slim(figure)
    return Picture(wide, _data(figure), alt, caption)


def _data(figure: Figure) -> str:
    content = io.BytesIO()
    with styled():
        write_figure(figure, content, format="svg", metadata={"Date": None, "Creator": None})
    data = base64.b64encode(content.getvalue()).decode()
    return f"data:image/svg+xml;base64,{data}"


def held(value: Any) -> Any:
    """Keep a number and its unit on one line; what is no plain text stays.

    Examples
    --------
    >>> held("USD 0.286 bn of 1 billion, in 34 % of 20 weeks").replace("\N{NO-BREAK SPACE}", "_")
    'USD_0.286_bn of 1_billion, in 34_% of 20_weeks'
    """
    return _UNIT.sub("\N{NO-BREAK SPACE}", value) if type(value) is str else value


def write_page(template: str, path: str | Path, **context: Any) -> Path:
    """Fill a template and write the page, whole or not at all.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from abm.runs.drafts import atomic_write

    pages = Environment(
        loader=PackageLoader("abm.report"), autoescape=lambda name: bool(name and ".html" in name),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=held,
    )  # fmt: skip
    text = pages.get_template(template).render(version=VERSION, **context)
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(text, encoding="utf-8")
    return target
