"""Columns: what the numbers of a batch are called, in which unit, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.batch import Batch
from abm.core.records import FATE, OUTCOMES, RESULT, STAGES
from abm.population.layout import records_of
from abm.rules.failure import CAUSES
from abm.runs.expressions import Expression, read_expression
from abm.scenario.fields import did_you_mean
from abm.scenario.money import units_of

if TYPE_CHECKING:
    import pandas as pd

    from abm.scenario import Scenario

#: Columns of a run: the field of its record, and whether it is money.
_OF_RUN = {outcome.column: (outcome.field, outcome.money) for outcome in OUTCOMES if outcome.column}
_OF_INVESTOR = {"paid_bn": ("paid_musd", True), "stage": ("stage", False), "sign_day": ("sign_day", False)}

#: Columns that are true or false in every run.
TRUTHS = tuple(outcome.column for outcome in OUTCOMES if outcome.column and outcome.form is np.bool_)
#: Columns of which each value comes again and again, so that counting them is shorter than keeping them.
COUNTED = tuple(outcome.column for outcome in OUTCOMES if outcome.column and outcome.counted)


class Columns:
    """The columns of one scenario's outcomes: names with units, and how to read them from a batch.

    Parameters
    ----------
    ids, gate_ids
        Investors and gatekeepers, in their order in a batch.
    company
        Whether there is a company, without which nothing survives or defaults.
    units_per_bn
        What money is counted in: units of a billion dollars [-].
    collected
        Columns of statistics of one's own.

    Examples
    --------
    >>> columns = Columns(["lead"], ["law"], company=True)
    >>> columns.names[-4:]
    ('paid_bn.lead', 'stage.lead', 'sign_day.lead', 'gate_day.law')
    """

    def __init__(
        self,
        ids: Sequence[str],
        gate_ids: Sequence[str],
        company: bool,
        units_per_bn: int = 1000,
        collected: Sequence[str] = (),
    ) -> None:
        self.ids, self.gate_ids, self.company = tuple(ids), tuple(gate_ids), company
        self.units_per_bn, self.collected = units_per_bn, tuple(collected)
        sources = [(f"{name}.{who}", name, k) for k, who in enumerate(self.ids) for name in _OF_INVESTOR]
        sources += [(f"gate_day.{gate}", "gate_day", k) for k, gate in enumerate(self.gate_ids)]
        sources += [(column, "collected", k) for k, column in enumerate(self.collected)]
        self._sources = {column: (name, k) for column, name, k in sources}
        self.names = (*_OF_RUN, *self._sources)

    @classmethod
    def of(
        cls, scenario: Scenario, ids: Sequence[str], gate_ids: Sequence[str], collected: Sequence[str] = ()
    ) -> Columns:
        """Columns of a scenario's outcomes, and of statistics of one's own."""
        return cls(ids, gate_ids, scenario.company is not None, units_of(scenario), collected)

    def numbers(self, batch: Batch, column: str) -> tuple[NDArray[Any], int]:
        """Numbers of a column in the runs in which there are any, and what to divide them by.

        Raises
        ------
        ValueError
            Where there is no such column, or it holds no numbers.
        """
        if column not in self.names or column == "cause" or column.startswith("stage."):
            raise ValueError(f"expected a column of numbers{did_you_mean(column, self.names)}, got {column!r}")
        values, scale = self.raw(batch, column)
        if column == "survived" and not self.company:
            values = values[:0]
        return (values[np.isfinite(values)] if values.dtype == np.float64 else values), scale

    def scale(self, column: str) -> int:
        """What the numbers of a column are divided by."""
        return self.numbers(self.empty(), column)[1]

    def happened(self, batch: Batch, event: str) -> NDArray[np.bool_]:
        """Whether an event happened, in each run in which that is known.

        Raises
        ------
        ValueError
            Where the event cannot be read.
        """
        truth, known = self.truth(batch, event)
        return truth[known]

    def truth(self, batch: Batch, event: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether an event happened in each run, and whether that is known."""
        if event in TRUTHS:
            known = np.full(batch.runs, event != "survived" or self.company)
            return self.raw(batch, event)[0], known
        named = read_event(event, self.names).columns  # a frame of all columns would take most of the time
        return truth_in(self.frame(batch, named), event)

    def empty(self) -> Batch:
        """Return a batch of no runs."""
        fates, gate_days = np.zeros((0, len(self.ids)), FATE), np.zeros((0, len(self.gate_ids)))
        own = np.zeros((0, len(self.collected))) if self.collected else None
        return Batch(np.zeros(0, RESULT), fates, gate_days, collected=own)

    def raw(self, batch: Batch, column: str) -> tuple[NDArray[Any], int]:
        """Values of a column as they are kept, and what to divide them by."""
        if column in _OF_RUN:
            field, money = _OF_RUN[column]
            return batch.rows[field], self.units_per_bn if money else 1
        name, index = self._sources[column]
        if name == "gate_day":
            return batch.gate_days[:, index], 1
        if name == "collected" and batch.collected is not None:
            return batch.collected[:, index], 1
        field, money = _OF_INVESTOR[name]
        return batch.fates[field][:, index], self.units_per_bn if money else 1

    def frame(self, batch: Batch, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Return a pandas frame of all columns, or of those named."""
        import pandas as pd

        made = {name: self._series(batch, name) for name in (self.names if names is None else names)}
        return pd.DataFrame(made, index=pd.RangeIndex(batch.runs))

    def _series(self, batch: Batch, column: str) -> Any:
        return self.series(column, *self.raw(batch, column))

    def series(self, column: str, values: NDArray[Any], scale: int) -> Any:
        """Values as :meth:`raw` returned them, in the type that the column has in a frame."""
        import pandas as pd

        if column == "cause" or column.startswith("stage."):
            return pd.Categorical.from_codes(values.tolist(), pd.Index(CAUSES if column == "cause" else STAGES))
        if column == "survived":
            return pd.arrays.BooleanArray(values.copy(), np.full(len(values), not self.company))
        if column.startswith("gate_day."):
            return np.where(np.isfinite(values), values, np.nan)
        return values / scale if scale > 1 else values.copy()


def columns_of(scenario: Scenario, collected: Sequence[str] = ()) -> Columns:
    """The columns of a scenario's outcomes, and of statistics of one's own."""
    shared = records_of(scenario)
    return Columns.of(scenario, shared.ids, shared.gate_ids, collected)


def check_event(event: str, columns: Columns) -> None:
    """Refuse an event that cannot be read, or that a run does not tell alone, without the others.

    Raises
    ------
    ValueError
        With what was expected.
    """
    columns.happened(columns.empty(), event)
    if event not in TRUTHS and not read_event(event, columns.names).by_run:
        raise ValueError(f"expected an event that a run tells alone, got {event!r}")


def true_in(frame: pd.DataFrame, event: str) -> NDArray[np.bool_]:
    """Whether an event happened, in each row of a frame in which that is known.

    Raises
    ------
    ValueError
        Where the event cannot be read as a column, or as a condition on columns.
    """
    truth, known = truth_in(frame, event)
    return truth[known]


def truth_in(frame: pd.DataFrame, event: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether an event happened in each row of a frame, and whether that is known; as :func:`true_in`."""
    import pandas as pd

    truth = read_event(event, frame.columns).of(frame)
    if not isinstance(truth, pd.Series) or str(truth.dtype) not in ("bool", "boolean"):
        raise ValueError(f"expected an event that is true or false in every run, got {event!r}")
    return truth.fillna(False).to_numpy(dtype=np.bool_), truth.notna().to_numpy()


def number_in(frame: pd.DataFrame, what: str) -> NDArray[np.float64]:
    """Value of a column, or of a formula over columns, in each row of a frame.

    Raises
    ------
    ValueError
        Where it cannot be read as a number.
    """
    import pandas as pd

    values = _read(what, frame.columns, "a formula over the columns of the outcomes").of(frame)
    if not isinstance(values, pd.Series) or not pd.api.types.is_numeric_dtype(values):
        raise ValueError(f"expected a formula that is a number in every run, got {what!r}")
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def read_event(event: str, columns: Iterable[str]) -> Expression:
    """Read an event; :attr:`Expression.by_run` says whether a run tells it alone, without the others.

    Raises
    ------
    ValueError
        Where it cannot be read.

    Examples
    --------
    >>> read_event("paid_bn.lead > 0", ["paid_bn.lead"]).by_run
    True
    >>> read_event("funded_bn > mean(funded_bn)", ["funded_bn"]).by_run
    False
    """
    return _read(event, columns, "a condition on the columns of the outcomes")


def _read(text: str, columns: Iterable[str], expected: str) -> Expression:
    try:
        return read_expression(text, columns)
    except ValueError as error:
        raise ValueError(f"expected {expected}, got {text!r} ({error})") from None
