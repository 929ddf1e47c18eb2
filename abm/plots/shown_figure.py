"""Printed figure: a figure that a notebook shows, though it was made without pyplot."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure that shows itself in a notebook.

    Parameters
    ----------
    look
        In which it is drawn.
    options
        As of a figure of matplotlib.
    """

    def __init__(self, look: Callable[[], AbstractContextManager[None]], **options: Any) -> None:
        super().__init__(**options)
        self._look = look

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        with self._look():
            self.savefig(content, format="png", metadata={"Software": None})
        return content.getvalue()
