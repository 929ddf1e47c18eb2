"""Pictures of a study: the ones that fit how its points were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from abm.core.old_names import renamed
from abm.plots.sweeps import heat, over_worlds, response, tornado

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MOST_ROWS = 16  # changes in one picture
_MOST_LINES = 6  # values of a second axis that become lines


class Shown(NamedTuple):
    """A picture that a study has to show: who draws it, its name and title, and from what."""

    draw: Callable[..., Axes]
    name: str
    title: str
    given: tuple[Any, ...]
    named: dict[str, Any] = {}  # noqa: RUF012, never written to


def choose_pictures(
    frame: pd.DataFrame, changes: pd.DataFrame | None, axes: Sequence[str], event: str, level: float = 0.5
) -> list[Shown]:
    """Choose what a study has to show: a response over one axis, a map over two, changes, or a spread over worlds.

    Parameters
    ----------
    frame
        One row a point, from :meth:`abm.Study.points`.
    changes
        Paired differences to the first point (``words``, ``change``, ``low``, ``high``), or None.
    axes
        Names of the axes in ``frame``.
    event
        What the probability is of.
    level
        Of the line in a map [-].
    """
    title = f"Probability of '{event}'"
    if changes is not None:
        largest = changes.reindex(changes["change"].abs().sort_values(ascending=False).index).head(_MOST_ROWS)
        return [Shown(tornado, "changes", f"{title}: one change at a time", (largest,))]
    if len(axes) == 1:
        return [Shown(response, "response", title, (frame, axes[0]))]
    if len(axes) == 2 and len(frame) == frame[axes[0]].nunique() * frame[axes[1]].nunique():  # noqa: PLR2004, a grid
        shown = [Shown(heat, "map", title, (frame, axes[1], axes[0]), {"level": level})]
        few = frame[axes[0]].nunique() <= _MOST_LINES
        return [*shown, Shown(response, "response", title, (frame, axes[1], axes[0]))] if few else shown
    return [Shown(over_worlds, "spread", f"{title} over all points", (frame,))]


__getattr__ = renamed(__name__, {"study_pictures": "choose_pictures"})
