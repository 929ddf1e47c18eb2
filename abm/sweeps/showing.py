"""Showing: what a study says of itself, printed and in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.core.errors import StoreError
from abm.core.notebook import Shown, table_html

if TYPE_CHECKING:
    from abm.sweeps.study import Study

_SHOWN = 20  # points that are listed


class ShownStudy(Shown):
    """What a study says of itself; :class:`abm.Study` is one."""

    def __str__(self: Study) -> str:  # type: ignore[misc]
        """Say what was asked, and what is known at each of the first points."""
        heads, rows, below = _table(self)
        lines = ["  ".join(row) for row in (heads, *rows)] if rows else []
        return "\n".join((_title(self), *lines, *([below] if below else [])))

    def _repr_html_(self: Study) -> str:  # type: ignore[misc]
        heads, rows, below = _table(self)
        return table_html(_title(self), rows, heads, below)


def _title(study: Study) -> str:
    job, size = study.job, len(study.design)
    return (
        f"{job.scenario.title}: how probable is '{job.event}' at {size:,} points ({study.design.kind}), "
        f"{study.stopping.words}; seed {job.seed}"
    )


def _table(study: Study) -> tuple[list[str], list[list[str]], str]:
    """Heads and rows of the first points, and what stands below; a study that cannot be read says why."""
    try:
        frame = study.points()
    except StoreError as error:
        return [], [], str(error)
    axes = list(study.axes_frame().columns)
    heads = [*axes, study.job.event, "runs"]
    rows = [
        [*("as is" if row[axis] is None else str(row[axis]) for axis in axes), _interval(row), f"{row['runs']:,}"]
        for row in frame.head(_SHOWN).to_dict("records")
    ]
    more = len(frame) - _SHOWN
    return heads, rows, f"and {more:,} more points; points() has all of them" if more > 0 else ""


def _interval(row: dict[Any, Any]) -> str:
    from abm.runs.digits import percent

    return f"{percent(row['p'])} ({percent(row['low'])} to {percent(row['high'])})"
