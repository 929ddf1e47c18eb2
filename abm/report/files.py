"""Files: what `--out` leaves behind. A table of the runs, a manifest, and the figures."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from errno import EISDIR
from importlib.metadata import version
from pathlib import Path
from typing import Any

from abm.core.version import VERSION
from abm.runs.drafts import Draft, atomic_write
from abm.runs.outcomes import Batch, Columns, Outcomes, Totals
from abm.runs.simulation import RunCollector
from abm.runs.stream import Stream

TABLE, SCENARIO, MANIFEST = "outcomes.parquet", "scenario.toml", "manifest.json"
FIGURE_RUNS = 20_000  # more runs would not show in a figure, and their weekly paths fill the memory
_GROUP = 20_000  # rows of a group in the table: read at once, and compressed together
LIBRARIES = ("mesa", "numba", "numpy", "scipy", "pandas", "pyarrow", "seaborn", "matplotlib")


def write_outcomes(outcomes: Outcomes, folder: str | Path, figures: bool = True) -> list[Path]:
    """Write ``outcomes.parquet``, ``manifest.json`` and the figures into ``folder``; each file whole or not at all.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    open_folder(folder)
    with TableWriter(Path(folder) / TABLE, outcomes.columns) as table:
        table.add(outcomes.batch)
        table.finish()
    shown = outcomes if outcomes.runs <= FIGURE_RUNS else outcomes.first(FIGURE_RUNS)
    return [table.path, *write_rest(outcomes, shown if figures else None, folder)]


def write_rest(
    outcomes: Outcomes | Totals, shown: Outcomes | None, folder: str | Path, again: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write what goes beside the table: the manifest, and figures of the runs ``shown``, if any.

    Parameters
    ----------
    outcomes, shown, folder
        What was simulated, what of it is drawn, and where it goes.
    again
        What else it takes to do it again, for the manifest.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    manifest = Path(folder) / MANIFEST
    record = manifest_of(outcomes, shown) | ({"again": again} if again else {})
    text = json.dumps(record, indent=2) + "\n"
    with atomic_write(manifest) as draft:
        draft.write_text(text, encoding="utf-8")
    if shown is None:
        return [manifest]
    from abm.plots import save_figures

    return [manifest, *save_figures(shown, folder)]


class Folder:
    """A folder of results that fills while a simulation runs: the table as it comes, the rest at the end.

    A context manager: give :attr:`sinks` to :func:`abm.runs.simulation.collect`, then :meth:`write`.

    Parameters
    ----------
    stream
        What is simulated, with weekly paths for the first ``FIGURE_RUNS``.
    path
        The folder.

    Raises
    ------
    OSError
        Where it cannot be written.
    """

    def __init__(self, stream: Stream, path: str | Path) -> None:
        open_folder(path)
        self.stream, self.path = stream, Path(path)
        self.shown = RunCollector(FIGURE_RUNS)
        self.table = TableWriter(self.path / TABLE, stream.columns)
        self.sinks = (self.table, self.shown)

    def __enter__(self) -> Folder:
        """Go on; the folder is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw away what was not finished."""
        self.table.__exit__()

    def write(self, totals: Totals, settings: Sequence[str] = (), by: str | None = None) -> list[Path]:
        """Finish the table, and write the scenario, the manifest and the figures.

        Parameters
        ----------
        totals
            The answer.
        settings, by
            What the command line changed, and the day that it asked for.
        """
        from abm.sweeps.fingerprint import code_digest
        from abm.sweeps.store import digest_of

        self.table.finish()
        with atomic_write(self.path / SCENARIO) as draft:
            self.stream.scenario.save(draft)
        again = {
            "scenario": SCENARIO, "set": list(settings), "most": self.stream.most, "within": self.stream.within,
            "event": self.stream.event, "by": by, "central": not self.stream.drawn, "sampling": self.stream.sampling,
            "code": code_digest(), "table_sha256": digest_of(self.table.path),
        }  # fmt: skip
        shown = Outcomes(*self.stream.study(), self.shown.batch(), kin=self.stream.kin)
        return [self.table.path, self.path / SCENARIO, *write_rest(totals, shown, self.path, again)]


class TableWriter:
    """A table of the runs that is written as they come, and put in place once it is whole.

    A context manager: :meth:`add` batches, then :meth:`finish`; without that nothing is left behind.

    Parameters
    ----------
    path
        The file to write.
    columns
        Names and units of the columns.

    Raises
    ------
    OSError
        Where it cannot be written.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path, self.columns = path, columns
        self._draft = Draft(path)
        self._writer: Any = None
        self._written, self._waiting = 0, list[Batch]()

    def __enter__(self) -> TableWriter:
        """Go on; the draft is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw away what was not finished."""
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._draft.drop()

    @property
    def runs(self) -> int:
        """Number of runs it was given."""
        return self._written + sum(batch.runs for batch in self._waiting)

    def add(self, batch: Batch) -> None:
        """Take a batch; as soon as there are enough runs for a group of rows, they are written."""
        self._waiting.append(batch.without_paths())
        if sum(batch.runs for batch in self._waiting) >= _GROUP:
            self._write(_GROUP)

    def finish(self) -> None:
        """Write what is left, and put the table in place."""
        self._write(1)
        self._writer.close()
        self._writer = None
        self._draft.put_in_place()

    def _write(self, least: int) -> None:
        """Write groups of rows as long as at least so many runs are waiting: the same bytes from any batches."""
        while self._waiting and (waiting := Batch.joined(self._waiting)).runs >= least:
            group = waiting.part(0, _GROUP)
            self._rows(group)
            rest = waiting.part(_GROUP, waiting.runs)
            self._written, self._waiting = self._written + group.runs, [rest] if rest.runs else []

    def _rows(self, group: Batch) -> None:
        """Write one group of rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(self.columns.frame(group), preserve_index=False)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._draft.path, table.schema, compression="zstd")
        self._writer.write_table(table)


def open_folder(folder: str | Path) -> None:
    """Make ``folder`` if need be, and make sure that it can be written.

    Raises
    ------
    OSError
        Where it cannot.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def open_file(path: str | Path) -> None:
    """Make the folder of a file if need be, and make sure that the file can be put there.

    Raises
    ------
    OSError
        Where it cannot.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    open_folder(Path(path).parent)


def manifest_of(outcomes: Outcomes | Totals, shown: Outcomes | None = None) -> dict[str, Any]:
    """Everything that is needed to get the same numbers again; ``figure_runs`` if the figures show fewer runs."""
    more: dict[str, Any] = {"interrupted": True} if outcomes.interrupted else {}
    if shown is not None and shown.runs < outcomes.runs:
        more["figure_runs"] = shown.runs
    return {
        "scenario": outcomes.scenario.id,
        "file": Path(outcomes.scenario.file).name,
        "scenario_sha256": outcomes.scenario.digest,
        "abm": VERSION,
        "engine": outcomes.engine,
        "seed": outcomes.seed,
        "runs": outcomes.runs,
        "worlds": outcomes.probability("closed").worlds,
        **more,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "libraries": libraries_here(),
    }


def libraries_here() -> dict[str, str]:
    """Versions of the libraries that a result may depend on."""
    return {name: version(name) for name in LIBRARIES}
