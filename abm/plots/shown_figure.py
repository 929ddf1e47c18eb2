"""Shown figure: a figure that a notebook shows, though it was made without pyplot."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure that shows itself in a notebook."""

    def _repr_png_(self) -> bytes:
        from abm.plots.theme import styled

        content = io.BytesIO()
        with styled():
            self.savefig(content, format="png", metadata={"Software": None})
        return content.getvalue()
