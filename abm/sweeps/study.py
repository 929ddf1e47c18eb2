"""Study: a sweep and its results, as they stand in a folder that can be moved, copied and merged."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.errors import StoreError
from abm.core.version import VERSION
from abm.runs.collecting import Statistic
from abm.runs.columns import Columns, columns_of, number_in, true_in
from abm.runs.differences import Difference, paired_events, paired_means
from abm.runs.estimates import Estimate
from abm.runs.layers import Layers, layers_of
from abm.scenario import scenario_of
from abm.sweeps.design import Design
from abm.sweeps.fingerprint import code_digest
from abm.sweeps.manifest import MANIFEST, design_of, read_manifest, write_manifest
from abm.sweeps.own_classes import OwnClass, describe_classes, describe_statistics
from abm.sweeps.scratch import ScratchFolder
from abm.sweeps.showing import ShownStudy
from abm.sweeps.stopping import Stopping
from abm.sweeps.store import TABLE, Store, reading, schema_of, whole
from abm.sweeps.work import Failure, Job

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Study(ShownStudy):
    """A sweep in a folder: what was asked, and what came out so far.

    Parameters
    ----------
    folder
        Where it is kept; None: in a temporary folder that goes with this object.
    design, job, stopping
        What is asked.
    """

    def __init__(self, folder: str | Path | None, design: Design, job: Job, stopping: Stopping) -> None:
        self._scratch = ScratchFolder() if folder is None else None
        self.folder = self._scratch.path if self._scratch else Path(folder or ".")
        self.design, self.job, self.stopping = design, job, stopping
        self.interrupted = False
        self.notes: list[str] = []  # what was found damaged, and mended
        self.digests: dict[str, str] | None = None  # SHA-256 of its files of results, once all of it is simulated

    # ----------------------------------------------------------------------------------------------------------------
    # The folder

    def __getstate__(self) -> dict[str, Any]:
        """Let it travel; a file that was found whole is looked at again where it arrives."""
        return {name: value for name, value in self.__dict__.items() if name != "table"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive: a temporary folder came along, and lies elsewhere."""
        self.__dict__.update(state)
        self.folder = self._scratch.path if self._scratch else self.folder

    @classmethod
    @checked
    def open(cls, folder: str | Path) -> Study:
        """Open a study that a sweep has left.

        Raises
        ------
        StoreError
            Where there is none, or this version cannot read it.
        """
        path = Path(folder) / MANIFEST
        record = read_manifest(path)
        try:
            return cls._of(folder, record)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise StoreError(f"{path}: expected the manifest of a study, it is damaged") from None

    @classmethod
    def _of(cls, folder: str | Path, record: dict[str, Any]) -> Study:
        scenario = scenario_of(tomllib.loads(record["scenario"]), tomllib.loads(record["baseline"]), record["file"])
        agents, collect = (
            {name: OwnClass(**given) for name, given in record.get(own, {}).items()} for own in ("agents", "collect")
        )
        job = Job(
            scenario, record["seed"], record["engine"], record["stopping"]["event"], tuple(record["columns"]),
            record["stopping"]["most"], agents, collect, tuple(record.get("collected", ())),
        )  # fmt: skip
        study = cls(folder, design_of(record["design"]), job, Stopping(**record["stopping"]))
        study.digests = record["files"]
        return study

    def with_classes(self, agents: Mapping[str, type[Any] | None], statistics: Iterable[Statistic] = ()) -> Study:
        """Let it be simulated with classes of one's own, by role, and statistics; the study itself."""
        given = describe_classes({role: cls for role, cls in agents.items() if cls is not None})
        told = {name: one for name, one in describe_statistics(statistics).items() if name in self.job.collect}
        before, own = {**self.job.agents, **self.job.collect}, {**given, **told}
        others = [one.name for name, one in own.items() if before.get(name) not in (one, None)]
        if others and self.digests is not None:
            self.notes.append(f"{', '.join(others)}: not the class that the study was made with; all is simulated anew")
        self.job = replace(self.job, agents={**self.job.agents, **given}, collect={**self.job.collect, **told})
        return self

    def require_classes(self) -> None:
        """Refuse to simulate without the classes of one's own that it was made with.

        Raises
        ------
        StoreError
            Where one is missing: nothing is imported because a file says so.
        """
        for name, given in {**self.job.agents, **self.job.collect}.items():
            if given.cls is None:
                kind, way = "class", f"--{name} {given.name}"
                if name in self.job.collect:
                    kind, way = "function", f"abm.resume(folder, collect={{'{name}': ...}})"
                raise StoreError(f"{self.folder}: expected the {kind} that the study was made with, {way}")

    def write_manifest(self) -> None:
        """Write down what is asked, so that anybody can go on with it; and, once it is there, what the answer is."""
        import tomli_w

        scenario = self.job.scenario
        record = {
            "abm": VERSION,
            "code": code_digest(),
            "file": scenario.file,
            "scenario_sha256": scenario.digest,
            "seed": self.job.seed,
            "engine": self.job.engine,
            "agents": {role: given.to_json() for role, given in self.job.agents.items()},
            "collect": {name: given.to_json() for name, given in self.job.collect.items()},
            "collected": self.job.collected,
            "columns": self.job.columns,
            "stopping": asdict(self.stopping),
            "design": asdict(self.design),
            "scenario": tomli_w.dumps(scenario.raw),
            "baseline": tomli_w.dumps(scenario.baseline.raw),
            "files": self.digests,
        }
        write_manifest(self.folder / MANIFEST, record)

    @cached_property
    def columns(self) -> Columns:
        """The columns of a run."""
        return columns_of(self.job.scenario, self.job.collected)

    @cached_property
    def _raw(self) -> dict[str, tuple[np.dtype[Any], bool]]:
        """Type of each kept column in the store, and whether it is money, which each point counts in its own unit."""
        empty = self.columns.empty()
        return {name: ((raw := self.columns.raw(empty, name))[0].dtype, raw[1] > 1) for name in self.job.columns}

    def store(self) -> Store:
        """Open its store."""
        layout = schema_of(self.job.columns, [dtype for dtype, _ in self._raw.values()])
        return Store(self.folder, layout, self.digests)

    @property
    def done(self) -> bool:
        """Whether it has been finished, and its results stand in one file."""
        there = self.digests is not None and (self.folder / TABLE).exists()
        return there and not list(self.folder.glob("journal-*.arrows"))

    @cached_property
    def table(self) -> Path:
        """The file of its results, which is what was written.

        Raises
        ------
        StoreError
            Where the study is not finished, or its file is damaged.
        """
        if not self.done:
            raise StoreError(f"{self.folder}: expected a finished study; go on with: abm study resume {self.folder}")
        return whole(self.folder / TABLE, self.digests or {})

    # ----------------------------------------------------------------------------------------------------------------
    # Results

    def _groups(self) -> Iterator[pa.Table]:
        """Groups of finished blocks, in order of points."""
        import pyarrow.parquet as pq

        with reading(self.table), pq.ParquetFile(self.table) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)

    @cached_property
    def _sums(self) -> dict[str, NDArray[Any]]:
        """Totals of every column over the runs of every point."""
        size = len(self.design)
        names = ("runs", "successes", "lost")
        sums: dict[str, NDArray[Any]] = {name: np.zeros(size, np.int64) for name in names}
        sums["units_per_bn"] = np.ones(size, np.int64)
        for name in self.job.columns:
            shape = (size, self._classes(name)) if self._classes(name) else (size,)
            sums[f"sum.{name}"], sums[f"known.{name}"] = np.zeros(shape), np.zeros(size, np.int64)
        for group in self._groups():
            points = group.column("place").to_numpy()
            lost = [len(json.loads(text)) if text else 0 for text in group.column("failures").to_pylist()]
            for name, values in (("runs", group.column("runs").to_numpy()), ("lost", np.array(lost, np.int64))):
                np.add.at(sums[name], points, values)
            np.add.at(sums["successes"], points, group.column("successes").to_numpy())
            sums["units_per_bn"][points] = group.column("units_per_bn").to_numpy()
            for name in self.job.columns:
                whose, values = _flat(group, name, points)
                if classes := self._classes(name):
                    np.add.at(sums[f"sum.{name}"], (whose, values.astype(np.int64) % classes), 1.0)
                else:
                    known = np.isfinite(values.astype(np.float64))
                    np.add.at(sums[f"sum.{name}"], whose[known], values[known].astype(np.float64))
                    whose = whose[known]
                np.add.at(sums[f"known.{name}"], whose, 1)
        return sums

    def _classes(self, column: str) -> int:
        """Number of different things that a column can say; 0 for numbers."""
        from abm.core.records import STAGES
        from abm.rules.failure import CAUSES

        return len(CAUSES) if column == "cause" else len(STAGES) if column.startswith("stage.") else 0

    def points(self) -> pd.DataFrame:
        """Return a frame with one row a point.

        Columns: each path; ``runs``; ``p``, ``low`` and ``high`` of the event, with the interval that the stopping rule
        allows; ``above`` where a question was to be decided; ``failed`` runs, and between ``p_least`` and ``p_most``
        whatever these would have done; ``p.NAME`` for other columns of True and False, ``mean.NAME`` for numbers, and
        ``p.cause.NAME``.
        """
        import pandas as pd

        sums = self._sums
        frame = self.axes_frame()
        seed, rule = self.job.seed, self.stopping
        counts = list(zip(sums["successes"].tolist(), sums["runs"].tolist(), sums["lost"].tolist(), strict=True))
        found = [rule.estimate(k, n, seed) for k, n, _ in counts]
        columns: dict[str, Any] = {"runs": sums["runs"]}
        columns |= {name: [getattr(estimate, name) for estimate in found] for name in ("p", "low", "high")}
        if rule.threshold is not None:
            columns["above"] = pd.array([rule.above(k, n) for k, n, _ in counts], dtype="boolean")
        columns["failed"] = sums["lost"]
        if sums["lost"].any():
            columns["p_least"] = [k / (n + lost) if n + lost else math.nan for k, n, lost in counts]
            columns["p_most"] = [(k + lost) / (n + lost) if n + lost else math.nan for k, n, lost in counts]
        columns |= dict(self._means())
        return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)

    def _means(self) -> Iterator[tuple[str, NDArray[Any]]]:
        from abm.core.records import STAGES
        from abm.rules.failure import CAUSES

        for name, (dtype, money) in self._raw.items():
            if name == self.job.event:
                continue
            total, known = self._sums[f"sum.{name}"], self._sums[f"known.{name}"]
            words = CAUSES if name == "cause" else STAGES
            with np.errstate(invalid="ignore", divide="ignore"):
                if self._classes(name):
                    yield from ((f"p.{name}.{word}", total[:, k] / known) for k, word in enumerate(words) if word)
                elif dtype.kind == "b" and (name != "survived" or self.columns.company):
                    yield f"p.{name}", total / known
                elif dtype.kind != "b":
                    yield f"mean.{name}", total / known / (self._sums["units_per_bn"] if money else 1)

    def axes_frame(self) -> pd.DataFrame:
        """Return what each path is set to at each point, in one row a point; None where it is left as it is."""
        import pandas as pd

        axes = self.design.axes
        rows = [
            [part for axis, value in zip(axes, self.design.values(index), strict=True) for part in axis.parts(value)]
            for index in range(len(self.design))
        ]
        frame = pd.DataFrame(rows, columns=[path for axis in axes for path in axis.paths])
        if self.design.labels:
            frame.insert(0, "label", list(self.design.labels))
        if policies := [name for name, _ in self.design.policies]:
            frame.insert(0, "policy", policies * (len(frame) // len(policies)))
        return frame.rename_axis("point")

    def worlds_frame(self) -> pd.DataFrame:
        """Return what each axis is set to at each point, in one column an axis: linked paths say the same thing."""
        return self.axes_frame()[[axis.name for axis in self.design.axes]]

    @checked
    def estimate(self, index: int) -> Estimate:
        """Return the probability of the event at a point."""
        return self.stopping.estimate(
            int(self._sums["successes"][index]), int(self._sums["runs"][index]), self.job.seed
        )

    @checked
    def blocks(self, index: int | None = None) -> pa.Table:
        """Return the blocks of a point, or of all, as an Arrow table.

        Raises
        ------
        StoreError
            Where the study is not finished, or its file is damaged.
        """
        import pyarrow.parquet as pq

        with reading(self.table):
            return pq.read_table(self.table, filters=None if index is None else [("place", "==", index)])

    @checked
    def runs(self, index: int) -> pd.DataFrame:
        """Return the kept columns of the runs of a point, one row a run; its index is the run number."""
        import pandas as pd

        blocks = self.blocks(index)
        numbers: list[int] = []
        firsts, counts = blocks.column("first_run").to_pylist(), blocks.column("runs").to_pylist()
        for first, count, text in zip(firsts, counts, blocks.column("failures").to_pylist(), strict=True):
            lost = {run for _, run, *_ in json.loads(text)} if text else set()
            numbers += [run for run in range(first, first + count + len(lost - {None})) if run not in lost]
        made, units = {}, max(blocks.column("units_per_bn").to_pylist(), default=1)
        for name, (dtype, money) in self._raw.items():
            _, values = _flat(blocks, name, np.zeros(blocks.num_rows, np.int64))
            made[name] = self.columns.series(name, values.astype(dtype), units if money else 1)
        return pd.DataFrame(made, index=pd.Index(numbers, name="run", dtype="int64"))

    def failures(self) -> list[Failure]:
        """Return every run that failed, and every point that could not be simulated."""
        found: dict[tuple[Any, ...], Failure] = {}
        for group in self._groups():
            failures = group.column("failures").to_pylist()
            for index, text in zip(group.column("place").to_pylist(), failures, strict=True):
                for _, *rest in json.loads(text) if text else ():
                    failure = Failure(index, *rest)
                    found.setdefault((index, failure.run), failure)
        return list(found.values())

    @checked
    def difference(self, first: int, second: int, event: str | None = None) -> Difference:
        """Estimate how much more probable an event is at the second point than at the first, under the same luck.

        Parameters
        ----------
        first, second
            Places in the design.
        event
            What happens, on the columns that were kept; default: what the sweep counted.
        """
        one, other = (true_in(frame, event or self.job.event) for frame in self._common(first, second))
        return paired_events(one, other, self.job.seed)

    @checked
    def mean_difference(self, first: int, second: int, what: str) -> Difference:
        """Estimate how much larger something is on average at the second point than at the first, under the same luck.

        Parameters
        ----------
        first, second
            Places in the design.
        what
            A kept column of numbers, or a formula over them such as ``"funded_bn - paid_bn.lead"``.
        """
        one, other = (number_in(frame, what) for frame in self._common(first, second))
        return paired_means(one, other, self.job.seed)

    def _common(self, first: int, second: int) -> list[pd.DataFrame]:
        """Runs that two points have both."""
        frames = [self.runs(index) for index in (first, second)]
        common = frames[0].index.intersection(frames[1].index)
        return [frame.loc[common] for frame in frames]

    def layers(self) -> Layers:
        """Tell apart what the runs leave open and what the world leaves open, over all points."""
        runs, successes = self._sums["runs"].astype(float), self._sums["successes"].astype(float)
        return layers_of(np.divide(successes, runs, out=np.full(len(runs), math.nan), where=runs > 0), runs)


def _flat(group: pa.Table, name: str, points: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values of a list column one after the other, and the point of each."""
    import pyarrow.compute as pc

    column = group.column(name)
    lengths = pc.list_value_length(column).to_numpy()
    return np.repeat(points, lengths), pc.list_flatten(column).to_numpy()
