"""Pictures of a study: the ones that fit how its points were chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from abm.plots import save_figure
from abm.plots.sweeps import heat, over_worlds, response, tornado

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 16  # changes in one picture
_MOST_LINES = 6  # values of a second axis that become lines


def study_figures(
    frame: pd.DataFrame,
    changes: pd.DataFrame | None,
    axes: list[str],
    folder: str | Path,
    event: str,
    source: str,
    level: float = 0.5,
) -> list[Path]:
    """Draw what a study has to show: a response over one axis, a map over two, changes, or a spread over worlds.

    Parameters
    ----------
    frame
        One row a point, from :meth:`abm.Study.points`.
    changes
        Paired differences to the first point (``words``, ``change``, ``low``, ``high``), or None.
    axes
        Names of the axes in ``frame``.
    folder
        Where the files go.
    event, source
        What the probability is of, and what the figures were drawn from.
    level
        Of the line in a map [-].

    Returns
    -------
    list of Path
        The files.
    """
    title = f"Probability of '{event}'"
    if changes is not None:
        largest = changes.reindex(changes["change"].abs().sort_values(ascending=False).index).head(_MOST_ROWS)
        return save_figure(tornado, folder, "changes", f"{title}: one change at a time", source, largest)
    if len(axes) == 1:
        return save_figure(response, folder, "response", title, source, frame, axes[0])
    if len(axes) == 2 and len(frame) == frame[axes[0]].nunique() * frame[axes[1]].nunique():  # noqa: PLR2004, a grid
        written = save_figure(heat, folder, "map", title, source, frame, *axes[::-1], level=level)
        if frame[axes[0]].nunique() <= _MOST_LINES:
            written += save_figure(response, folder, "response", title, source, frame, axes[1], axes[0])
        return written
    return save_figure(over_worlds, folder, "spread", f"{title} over all points", source, frame)
