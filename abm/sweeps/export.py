"""Export: a study as a CSV file."""

from __future__ import annotations

from pathlib import Path

from abm.runs.drafts import atomic_write
from abm.sweeps.study import Study


def export(study: Study, file: str | Path, runs: bool = False) -> int:
    """Write the points of a study, or all its runs, as CSV, and return the number of rows.

    Parameters
    ----------
    study
        A finished study.
    file
        Where to write; what is there is replaced at once.
    runs
        One row a run, with its point and the columns that were kept, instead of one row a point.
    """
    with atomic_write(Path(file)) as path:
        if not runs:
            frame = study.points()
            frame.to_csv(path)
            return len(frame)
        rows = 0
        with path.open("w", encoding="utf-8", newline="") as out:
            for index in range(len(study.design)):
                frame = study.runs(index)
                frame.insert(0, "point", index)
                frame.to_csv(out, header=index == 0)
                rows += len(frame)
        return rows
