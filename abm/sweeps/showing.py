"""Showing: what a study says of itself, printed and in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abm.core.errors import StoreError
from abm.core.notebook import Printed, table_html

if TYPE_CHECKING:
    import pandas as pd

    from abm.sweeps.design import Design
    from abm.sweeps.stopping import Stopping
    from abm.sweeps.work import Job

_SHOWN = 20  # points that are listed


class ShownStudy(Printed):
    """What a study says of itself; :class:`abm.Study` is one."""

    design: Design
    job: Job
    stopping: Stopping

    def points(self) -> pd.DataFrame:
        """Return a frame with one row a point."""
        raise NotImplementedError

    def axes_frame(self) -> pd.DataFrame:
        """Return what each path is set to at each point."""
        raise NotImplementedError

    def __str__(self) -> str:
        """Say what was asked, and what is known at each of the first points."""
        heads, rows, below = _table(self)
        lines = ["  ".join(row) for row in (heads, *rows)] if rows else []
        return "\n".join((_title(self), *lines, *([below] if below else [])))

    def _repr_html_(self) -> str:
        heads, rows, below = _table(self)
        return table_html(_title(self), rows, heads, below)


def _title(study: ShownStudy) -> str:
    job, size = study.job, len(study.design)
    return (
        f"{job.scenario.title}: how probable is '{job.event}' at {size:,} points ({study.design.kind}), "
        f"{study.stopping.words}; seed {job.seed}"
    )


def _table(study: ShownStudy) -> tuple[list[str], list[list[str]], str]:
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
