"""Notebook: how things show themselves there, as they are printed or as HTML in which everything is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape


class Printed:
    """Something that shows itself as it is printed; a dataclass of this kind is made with ``repr=False``.

    Examples
    --------
    >>> class Answer(Printed):
    ...     def __str__(self) -> str:
    ...         return "<b>27 %</b>"
    >>> Answer(), Answer()._repr_html_()
    (<b>27 %</b>, '<pre style="white-space:pre-wrap">&lt;b&gt;27 %&lt;/b&gt;</pre>')
    """

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape(str(self))}</pre>'


class Told(Printed):
    """Something that is told in a title and a few lines, each with a name.

    Examples
    --------
    >>> class Answer(Told):
    ...     def _title(self) -> str:
    ...         return "A & B"
    ...
    ...     def _lines(self) -> Iterator[tuple[str, str]]:
    ...         yield "closes", "27 %"
    >>> print(Answer())
    A & B
      closes: 27 %
    """

    def _title(self) -> str:
        raise NotImplementedError

    def _lines(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def __str__(self) -> str:
        """Say in a few lines what came out."""
        return "\n".join((self._title(), *(f"  {name}: {said}" for name, said in self._lines())))

    def _repr_html_(self) -> str:
        return table_html(self._title(), self._lines())


def table_html(title: str, rows: Iterable[Sequence[object]], heads: Sequence[str] = (), below: str = "") -> str:
    """Write a title, a table and a line below it as HTML.

    Examples
    --------
    >>> table_html("A & B", [("closes", 0.27)])
    '<p><b>A &amp; B</b></p><table><tbody><tr><td>closes</td><td>0.27</td></tr></tbody></table>'
    """
    head = f"<thead><tr>{_cells('th', heads)}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    last = f"<p>{escape(below)}</p>" if below else ""
    return f"<p><b>{escape(title)}</b></p><table>{head}<tbody>{body}</tbody></table>{last}"


def _cells(tag: str, cells: Sequence[object]) -> str:
    left = ' style="text-align:left"' if tag == "th" else ""
    return "".join(f"<{tag}{left}>{escape(str(cell))}</{tag}>" for cell in cells)
