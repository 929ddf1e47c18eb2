"""Outcomes: the runs of one scenario as a table, a row each, with the probability of whatever may be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.batch import PATHS, Batch, RunResult
from abm.core.trace import Event, Trace
from abm.runs.clusters import Kinship, by_world, estimate_of_runs, layers_of_worlds
from abm.runs.columns import TRUTHS, Columns, truth_in
from abm.runs.estimates import Estimate, estimate, spread
from abm.runs.layers import Layers
from abm.runs.totals import Simulated, StopReason, Totals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from abm.scenario import Scenario

__all__ = [
    "Batch",
    "Columns",
    "Estimate",
    "Event",
    "Outcomes",
    "RunResult",
    "StopReason",
    "Totals",
    "Trace",
    "estimate",
]


Picture = Literal["book", "funded", "causes", "cash", "payers"]


class Outcomes(Simulated):
    """Results of many runs of one scenario.

    Columns of :meth:`to_frame`, one row a run: ``run``, ``closed``, ``funded_bn`` and all others of
    :data:`abm.core.records.OUTCOMES`, then ``paid_bn.ID``, ``stage.ID`` and ``sign_day.ID`` for every investor and
    ``gate_day.ID`` for every gatekeeper. Days count from as_of; a day that never came is NaN. ``survived`` is missing
    where there is no company.

    Parameters
    ----------
    scenario, seed, engine, ids, gate_ids
        What was simulated.
    batch
        The runs.
    collected
        Columns of statistics of one's own.
    kin
        How the runs hang together.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        engine: str,
        ids: Sequence[str],
        gate_ids: Sequence[str],
        batch: Batch,
        collected: Sequence[str] = (),
        kin: Kinship = Kinship(),  # noqa: B008, never changed
    ) -> None:
        super().__init__(scenario, seed, engine, ids, gate_ids, collected, kin)
        self.batch = Batch.joined([batch])
        self._frame: pd.DataFrame | None = None

    @property
    def runs(self) -> int:
        """Number of runs."""
        return self.batch.runs

    @property
    def drawn_runs(self) -> NDArray[np.uint32] | None:
        """Numbers of the runs, where those of a world share what nobody knows; None at central numbers."""
        return self.batch.rows["run"] if self.drawn else None

    @cached_property
    def totals(self) -> Totals:
        """What the runs add up to."""
        totals = Totals(self.scenario, self.seed, self.engine, self.ids, self.gate_ids, kin=self.kin)
        totals.add(self.batch)
        totals.ending, totals.beside = self.ending, self.beside
        return totals

    @checked
    def first(self, runs: int) -> Outcomes:
        """Return the outcomes of the first runs alone."""
        batch, own = self.batch.part(0, runs), self.columns.collected
        return Outcomes(self.scenario, self.seed, self.engine, self.ids, self.gate_ids, batch, own, self.kin)

    @checked
    def plot(self, name: Picture = "book") -> Figure:
        """Draw one of the pictures of a round; a notebook shows it.

        Parameters
        ----------
        name
            ``book``, ``funded``, ``causes``, ``cash`` or ``payers``, as ``abm run --out`` writes them.

        Raises
        ------
        ValueError
            Where there is no such picture, or nothing that it could show.

        Examples
        --------
        >>> import abm
        >>> abm.simulate("three-investors", runs=50, seed=1).plot("funded").axes[0].get_title(loc="left")
        'How much money arrives'
        """
        plots = import_module("abm.plots")  # which stands above the runs, and is looked up only when it is asked for
        figure: Figure = plots.figure_of(self, name)
        return figure

    def to_frame(self) -> pd.DataFrame:
        """Return one row a run, units in the names of the columns."""
        return self._whole_frame().copy()

    def _whole_frame(self) -> pd.DataFrame:
        if self._frame is None:
            self._frame = self.columns.frame(self.batch)
        return self._frame

    @checked
    def path(self, name: str) -> pd.DataFrame:
        """Return a weekly path in USD billion, one row a run, one column a week: ``committed``, ``paid`` or ``cash``.

        A statistic of one's own that was collected every week is such a path, too, in its own unit. A path that has
        ended early (the round is over and there is no company to watch) keeps its last value.

        Raises
        ------
        ValueError
            Where there is no such path, or the paths were not kept.
        """
        import pandas as pd

        if own := [column for column in self.columns.collected if column.startswith(f"{name}.")]:
            found = self.columns.frame(self.batch, own).set_axis(range(1, len(own) + 1), axis=1)
            return found.set_axis(self.batch.rows["run"])
        if name not in PATHS:
            raise ValueError(f"expected one of the paths {', '.join(PATHS)}, got {name!r}")
        if self.batch.paths is None:
            raise ValueError(f"expected outcomes that kept their weekly paths (keep='runs') to show {name!r}, got none")
        weeks = self.batch.paths[:, PATHS.index(name)]
        columns = range(1, weeks.shape[1] + 1)
        return pd.DataFrame(weeks / self.columns.units_per_bn, index=self.batch.rows["run"], columns=columns)

    @checked
    def probability(self, event: str) -> Estimate:
        """Estimate the probability of an event.

        Parameters
        ----------
        event
            A column of True and False (``"closed"``), or a condition on columns (``"funded_bn >= 20"``), as
            :mod:`abm.runs.expressions` reads it. Runs in which it is undefined (``survived`` without a company) do not
            count.

        Returns
        -------
        Estimate
            With the Wilson 95 % interval; over worlds, of as many runs as these are worth.

        Raises
        ------
        ValueError
            Where the event cannot be read.

        Examples
        --------
        >>> import abm
        >>> outcomes = abm.simulate("three-investors", runs=200, seed=1, workers=1)
        >>> outcomes.probability("closed").runs
        200
        """
        truth, known = self._truth(event)
        numbers = self.batch.rows["run"][known] if self.kin.grouped else None
        return estimate_of_runs(truth[known], self.seed, numbers, self.kin)

    def _truth(self, event: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        return self.columns.truth(self.batch, event) if event in TRUTHS else truth_in(self._whole_frame(), event)

    @checked
    def over_worlds(self, event: str = "closed") -> Layers:
        """Tell how far an event's probability spreads over the worlds, without the noise of few runs in each.

        Returns
        -------
        Layers
            Its mean, spread and quantiles over the worlds; no points where all runs are at the central numbers.

        Examples
        --------
        >>> import abm
        >>> abm.simulate("openai-2025", runs=400, seed=1).over_worlds().points
        4
        """
        return layers_of_worlds(by_world(self.batch.rows["run"], *self._truth(event))[1] if self.drawn else None)

    def causes(self) -> dict[str, Estimate]:
        """Probability of each first cause of failure, over all runs; the most frequent first."""
        return self.totals.causes()

    @checked
    def quantiles(self, column: str) -> dict[str, float]:
        """Mean and 5, 50 and 95 % quantiles of a column over the runs in which it is defined.

        Raises
        ------
        ValueError
            Where it is no column of numbers.
        """
        values, scale = self.columns.numbers(self.batch, column)
        return spread(*np.unique(values, return_counts=True), scale)
