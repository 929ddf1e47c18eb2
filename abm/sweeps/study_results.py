"""Study results: what a finished study knows of its points and runs, read from its file a group at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.population.unknowns import world_of
from abm.runs.clusters import Counts, layers_of_worlds, with_worlds
from abm.runs.columns import Columns, columns_of, number_in, truth_in
from abm.runs.differences import Difference, paired_events, paired_means
from abm.runs.estimates import Estimate
from abm.runs.layers import Layers, layers_of
from abm.sweeps.showing import ShownStudy
from abm.sweeps.store import reading, worlds_of
from abm.sweeps.work import WORLDS, Failure

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class StudyResults(ShownStudy):
    """What came out of a study; :class:`abm.Study` is one."""

    if TYPE_CHECKING:

        @property
        def table(self) -> Path:
            """The file of its results, which is what was written."""

    @cached_property
    def columns(self) -> Columns:
        """The columns of a run."""
        return columns_of(self.job.scenario, self.job.collected)

    @cached_property
    def _raw(self) -> dict[str, tuple[np.dtype[Any], bool]]:
        """Type of each kept column in the store, and whether it is money, which each point counts in its own unit."""
        empty = self.columns.empty()
        return {name: ((raw := self.columns.raw(empty, name))[0].dtype, raw[1] > 1) for name in self.job.columns}

    def _groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Groups of finished blocks, in order of points; all their columns, or those named."""
        import pyarrow.parquet as pq

        with reading(self.table), pq.ParquetFile(self.table) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns)

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

    @cached_property
    def _worlds(self) -> dict[int, Counts]:
        """Successes and runs of each world of the points where worlds were drawn, int64[worlds, 2] each."""
        worlds: dict[int, Counts] = {}
        for group in self._groups(["place", "first_run", *WORLDS]) if self.job.grouped else ():
            starts = zip(group.column("place").to_pylist(), group.column("first_run").to_pylist(), strict=True)
            for (point, first), counts in zip(starts, worlds_of(group), strict=True):
                if len(counts):
                    before = worlds.get(point, np.zeros((0, 2), np.int64))
                    worlds[point] = with_worlds(before, world_of(first), counts)
        return worlds

    @property
    def _drawn(self) -> dict[int, Counts]:
        """The same, where worlds were drawn, and not only counted for the replicates of their runs."""
        return self._worlds if self.stopping.kin.worlds else {}

    def _known(self, index: int) -> tuple[int, int, Counts | None]:
        """What the rule of stopping wants to know of a point."""
        successes, runs = (int(self._sums[name][index]) for name in ("successes", "runs"))
        return successes, runs, self._worlds.get(index)

    def _classes(self, column: str) -> int:
        """Number of different things that a column can say; 0 for numbers."""
        from abm.core.records import STAGES
        from abm.rules.failure import CAUSES

        return len(CAUSES) if column == "cause" else len(STAGES) if column.startswith("stage.") else 0

    def points(self) -> pd.DataFrame:
        """Return a frame with one row a point.

        Columns: each path; ``runs``; ``p``, ``low`` and ``high`` of the event, with the interval that the stopping rule
        allows; ``worlds``, and ``p05`` and ``p95``, the quantiles of the probability over them, where the numbers that
        nobody knows were drawn; ``above`` where a question was to be decided; ``failed`` runs, and between ``p_least``
        and ``p_most`` whatever these would have done; ``p.NAME`` for other columns of True and False, ``mean.NAME`` for
        numbers, and ``p.cause.NAME``.
        """
        import pandas as pd

        sums = self._sums
        frame = self.axes_frame()
        counts = list(zip(sums["successes"].tolist(), sums["runs"].tolist(), sums["lost"].tolist(), strict=True))
        found = [self.estimate(index) for index in range(len(counts))]
        columns: dict[str, Any] = {"runs": sums["runs"]}
        columns |= {name: [getattr(estimate, name) for estimate in found] for name in ("p", "low", "high")}
        if self._drawn:
            columns["worlds"] = [estimate.worlds for estimate in found]
            spreads = [self.over_worlds(index).quantiles for index in range(len(counts))]
            columns |= {name: [quantiles[name] for quantiles in spreads] for name in ("p05", "p95")}
        if self.stopping.threshold is not None:
            verdicts = [self.stopping.above(*self._known(index)) for index in range(len(counts))]
            columns["above"] = pd.array(verdicts, dtype="boolean")
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
        successes, runs, worlds = self._known(index)
        return self.stopping.estimate(successes, runs, self.job.seed, worlds)

    @checked
    def over_worlds(self, index: int) -> Layers:
        """Tell how far the probability of the event at a point spreads over the worlds that were drawn there."""
        return layers_of_worlds(self._drawn.get(index))

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
        frames = self._common(first, second)
        (one, known), (other, also) = (truth_in(frame, event or self.job.event) for frame in frames)
        both = known & also
        return paired_events(
            one[both], other[both], self.job.seed, self.drawn_runs(frames[0].index[both], first, second)
        )

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
        frames = self._common(first, second)
        one, other = (number_in(frame, what) for frame in frames)
        return paired_means(one, other, self.job.seed, self.drawn_runs(frames[0].index, first, second))

    def drawn_runs(self, runs: pd.Index[int], *points: int) -> NDArray[Any] | None:
        """Return the numbers of runs, where those of a world share what nobody knows at one of the points; or None."""
        return runs.to_numpy() if any(point in self._drawn for point in points) else None

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
