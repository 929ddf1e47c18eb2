"""Batch: what an engine returns. A row a run, every investor's fate, the days of the consents, the weekly paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from abm.core.records import FATE, RESULT, Floats, Integers

#: The weekly paths of a run [USD million], in the order of :attr:`Batch.paths`.
PATHS = ("committed", "paid", "cash")
#: A week of them, as the compiled engine writes it down.
PATH = np.dtype([(name, np.int64) for name in PATHS])


@dataclass
class RunResult:
    """What one run of the readable model leaves behind; the numbers of its record can be read as attributes, too.

    Attributes
    ----------
    record
        Every field of :data:`abm.core.records.RESULT`; ``survived`` is None where there is no company.
    stage, sign_day, investor_paid_musd, investor_shares
        One value an investor.
    gate_day
        One value a gatekeeper.
    committed_path, paid_path, cash_path
        One value a week, as long as the run was watched.
    """

    record: Mapping[str, Any]
    stage: list[int] = field(default_factory=list)
    sign_day: list[float] = field(default_factory=list)
    investor_paid_musd: list[int] = field(default_factory=list)
    investor_shares: list[int] = field(default_factory=list)
    gate_day: list[float] = field(default_factory=list)
    committed_path: list[int] = field(default_factory=list)
    paid_path: list[int] = field(default_factory=list)
    cash_path: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Return a number of the record."""
        if name not in (RESULT.names or ()):
            raise AttributeError(f"the result of a run has no {name!r}")
        return self.record[name]


class Batch(NamedTuple):
    """Some runs of one scenario, as columns.

    Attributes
    ----------
    rows
        Records of :data:`abm.core.records.RESULT`, one a run.
    fates
        Records of :data:`abm.core.records.FATE`, runs by investors.
    gate_days
        Day on which each consent came into force [days after as_of], runs by gatekeepers; inf: never.
    paths
        Money committed, paid, and cash [USD million], runs by 3 by weeks; a path that ended early keeps its last
        value. None where paths were not kept.
    collected
        Statistics of one's own, runs by columns; None where there are none.
    """

    rows: np.ndarray[Any, Any]
    fates: np.ndarray[Any, Any]
    gate_days: Floats
    paths: Integers | None = None
    collected: Floats | None = None

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.rows)

    @classmethod
    def of(cls, results: Sequence[RunResult], investors: int, gates: int, weeks: int | None = None) -> Batch:
        """Turn the results of single runs into columns.

        Parameters
        ----------
        results
            One a run.
        investors, gates
            Number of investors and of gatekeepers [-].
        weeks
            The horizon [weeks], or None to leave the weekly paths out.

        Examples
        --------
        >>> record = dict.fromkeys(RESULT.names, 0) | {"run": 7, "paid_musd": 500}
        >>> batch = Batch.of([RunResult(record, paid_path=[0, 500])], investors=0, gates=0, weeks=4)
        >>> batch.rows["paid_musd"], batch.paths[0, 1]
        (array([500]), array([  0, 500, 500, 500]))
        """
        rows = np.zeros(len(results), RESULT)
        fates = np.zeros((len(results), investors), FATE)
        for name in RESULT.names or ():
            rows[name] = [result.record[name] or 0 for result in results]  # nothing survives without a company
        for name, key in (("investor_paid_musd", "paid_musd"), ("investor_shares", "shares")):
            fates[key] = _matrix([getattr(result, name) for result in results], investors)
        for name in ("stage", "sign_day"):
            fates[name] = _matrix([getattr(result, name) for result in results], investors)
        gate_days = _matrix([result.gate_day for result in results], gates).astype(np.float64)
        return cls(rows, fates, gate_days, None if weeks is None else _weekly(results, weeks))

    @classmethod
    def joined(cls, batches: Iterable[Batch]) -> Batch:
        """Put batches together, in order of run numbers; paths are kept where every batch has them.

        Parameters
        ----------
        batches
            At least one, in any order.
        """
        parts = list(batches)
        whole = parts[0] if len(parts) == 1 else cls._stacked(parts)
        runs = whole.rows["run"]
        if np.all(runs[1:] > runs[:-1]):
            return whole
        order = np.argsort(runs, kind="stable")
        return whole._each(lambda column: column[order])

    @classmethod
    def _stacked(cls, parts: list[Batch]) -> Batch:
        kept = [part.paths for part in parts if part.paths is not None]
        own = [part.collected for part in parts if part.collected is not None]
        rows, fates, gate_days = (np.concatenate([part[k] for part in parts]) for k in range(3))
        paths = np.concatenate(kept) if len(kept) == len(parts) else None
        return cls(rows, fates, gate_days, paths, np.concatenate(own) if len(own) == len(parts) else None)

    def part(self, start: int, stop: int) -> Batch:
        """Return the runs at the places from ``start`` up to ``stop``; a view, not a copy."""
        return self._each(lambda column: column[start:stop])

    def _each(self, choose: Callable[[Any], Any]) -> Batch:
        paths = None if self.paths is None else choose(self.paths)
        collected = None if self.collected is None else choose(self.collected)
        return Batch(choose(self.rows), choose(self.fates), choose(self.gate_days), paths, collected)

    def without_paths(self) -> Batch:
        """Return the same runs without their weekly paths."""
        return self._replace(paths=None)


def _matrix(lists: list[list[Any]], width: int) -> np.ndarray[Any, Any]:
    return np.array(lists).reshape(len(lists), width)


def _weekly(results: Sequence[RunResult], weeks: int) -> np.ndarray[Any, Any]:
    """Weekly paths of the runs; what ended early keeps its last value, what never began is 0."""
    paths = np.zeros((len(results), len(PATHS), weeks), np.int64)
    for place, result in enumerate(results):
        for kind, name in enumerate(PATHS):
            values = getattr(result, f"{name}_path")
            paths[place, kind, : len(values)] = values
            paths[place, kind, len(values) :] = values[-1] if values else 0
    return paths
