"""Outcomes: what every engine returns. One row a run, probabilities with their intervals, and the story of a run."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from abm.rules.failure import CAUSES
from abm.state import STAGES

if TYPE_CHECKING:
    import pandas as pd

    from abm.scenario import Scenario


@dataclass(frozen=True)
class Estimate:
    """A probability with its interval, the runs it rests on, and their seed."""

    p: float
    low: float
    high: float
    runs: int
    seed: int

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        return f"{self.p:.1%} (95 % interval {self.low:.1%} to {self.high:.1%}, {self.runs:,} runs, seed {self.seed})"


def estimate(successes: int, runs: int, seed: int) -> Estimate:
    """Estimate a probability from counts, with the Wilson 95 % interval.

    Parameters
    ----------
    successes, runs
        Counts [-]; ``runs`` may be 0, which says nothing.
    seed
        The seed of the runs.

    Returns
    -------
    Estimate
        With bounds from 0 to 1.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> answer = estimate(4_213, 10_000, seed=1)
    >>> round(answer.low, 6), round(answer.high, 6)
    (0.411654, 0.431006)
    """
    if runs == 0:
        return Estimate(float("nan"), 0.0, 1.0, 0, seed)
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(runs)).proportion_ci(method="wilson")
    return Estimate(successes / runs, float(interval.low), float(interval.high), runs, seed)


class Event(NamedTuple):
    """Something that happened in a run: when, to whom, what, why, and how much money was in it."""

    day: float
    date: dt.date
    who: str
    what: str
    why: str
    amount_bn: float


class Trace(tuple[Event, ...]):
    """The story of one run, in order of time.

    Examples
    --------
    >>> event = Event(156.0, dt.date(2025, 12, 31), "lead", "paid", "its conditions held", 6.0)
    >>> print(Trace([event]))
    2025-12-31  lead            paid 6 bn: its conditions held
    """

    def to_frame(self) -> pd.DataFrame:
        """Return the events as a pandas frame, one row an event."""
        import pandas as pd

        return pd.DataFrame(list(self), columns=list(Event._fields))

    def __str__(self) -> str:
        """Tell the story, a line an event."""
        return "\n".join(
            f"{event.date}  {event.who:<15} {event.what}"
            + (f" {event.amount_bn:g} bn" if event.amount_bn else "")
            + (f": {event.why}" if event.why else "")
            for event in self
        )


@dataclass
class RunResult:
    """What one run leaves behind; the engines fill one of these per run."""

    run: int
    paid_musd: int = 0
    closed: bool = False
    closed_day: float = float("nan")
    survived: bool | None = None
    default_day: float = float("nan")
    cause: int = 0
    pre_money_musd: int = 0
    rung: int = 0
    new_shares: int = 0
    dilution: float = 0.0
    gap_musd: int = 0
    extended: bool = False
    listed: bool = False
    end_cash_musd: int = 0
    least_cash_musd: int = 0
    stage: list[int] = field(default_factory=list)
    sign_day: list[float] = field(default_factory=list)
    investor_paid_musd: list[int] = field(default_factory=list)
    investor_shares: list[int] = field(default_factory=list)
    gate_day: list[float] = field(default_factory=list)
    committed_path: list[int] = field(default_factory=list)
    paid_path: list[int] = field(default_factory=list)
    cash_path: list[int] = field(default_factory=list)


_PATHS = ("committed", "paid", "cash")


def _is_numeric(values: pd.Series[Any]) -> bool:
    """Whether a column holds numbers, or truth values, which average to shares."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(values) or is_bool_dtype(values))


def _hint(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _quoted(event: str, columns: Iterable[str]) -> str:
    """Put the columns whose names have dots into back-ticks, as pandas asks for.

    Examples
    --------
    >>> _quoted("paid_bn.pool#1 > 0.75 and closed", ["closed", "paid_bn.pool#1"])
    '`paid_bn.pool#1` > 0.75 and closed'
    """
    dotted = sorted((re.escape(name) for name in columns if "." in name), key=len, reverse=True)
    return re.sub(rf"(?<![\w`.#-])({'|'.join(dotted)})(?![\w`#-])", r"`\1`", event) if dotted else event


class Outcomes:
    """Results of many runs of one scenario.

    Columns of :meth:`to_frame`, one row a run: ``run``, ``closed``, ``funded_bn``, ``closed_day``, ``survived``,
    ``default_day``, ``cause``, ``pre_money_bn``, ``rung``, ``dilution``, ``closing_gap_bn``, ``extended``, ``listed``,
    ``end_cash_bn``, ``least_cash_bn``, then ``paid_bn.ID``, ``stage.ID`` and ``sign_day.ID`` for every investor and
    ``gate_day.ID`` for every gatekeeper. Days count from as_of; a day that never came is NaN.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        engine: str,
        ids: Sequence[str],
        gate_ids: Sequence[str],
        results: Sequence[RunResult],
    ) -> None:
        self.scenario, self.seed, self.engine = scenario, seed, engine
        self.ids, self.gate_ids = tuple(ids), tuple(gate_ids)
        self._results = sorted(results, key=lambda result: result.run)
        self._frame: pd.DataFrame | None = None

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self._results)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a run, units in the names of the columns."""
        if self._frame is None:
            self._frame = self._build_frame()
        return self._frame.copy()

    def _column(self, name: str, width: int | None = None) -> np.ndarray[Any, Any]:
        """A field of every run; a list of ``width`` numbers a run makes a matrix."""
        values = np.array([getattr(result, name) for result in self._results])
        return values if width is None else values.reshape(self.runs, width)

    def _build_frame(self) -> pd.DataFrame:
        import pandas as pd

        columns: dict[str, Any] = {
            "run": self._column("run"),
            "closed": self._column("closed"),
            "funded_bn": self._column("paid_musd") / 1000.0,
            "closed_day": self._column("closed_day"),
            "survived": pd.array([r.survived for r in self._results], dtype="boolean"),
            "default_day": self._column("default_day"),
            "cause": pd.Categorical.from_codes(self._column("cause").astype(np.int64), pd.Index(CAUSES)),
            "pre_money_bn": self._column("pre_money_musd") / 1000.0,
            "rung": self._column("rung"),
            "dilution": self._column("dilution"),
            "closing_gap_bn": self._column("gap_musd") / 1000.0,
            "extended": self._column("extended"),
            "listed": self._column("listed"),
            "end_cash_bn": self._column("end_cash_musd") / 1000.0,
            "least_cash_bn": self._column("least_cash_musd") / 1000.0,
        }
        paid = self._column("investor_paid_musd", len(self.ids)) / 1000.0
        stages = self._column("stage", len(self.ids))
        days = self._column("sign_day", len(self.ids))
        for place, name in enumerate(self.ids):
            columns[f"paid_bn.{name}"] = paid[:, place]
            columns[f"stage.{name}"] = pd.Categorical.from_codes(stages[:, place].astype(np.int64), pd.Index(STAGES))
            columns[f"sign_day.{name}"] = days[:, place]
        gates = self._column("gate_day", len(self.gate_ids))
        for place, name in enumerate(self.gate_ids):
            columns[f"gate_day.{name}"] = np.where(np.isfinite(gates[:, place]), gates[:, place], np.nan)
        return pd.DataFrame(columns)

    def path(self, name: str) -> pd.DataFrame:
        """Return a weekly path in USD billion, one row a run, one column a week: ``committed``, ``paid`` or ``cash``.

        A path that has ended early (the round is over and there is no company to watch) keeps its last value.
        """
        import pandas as pd

        if name not in _PATHS:
            raise ValueError(f"expected one of the paths {', '.join(_PATHS)}, got {name!r}")
        weeks = int(self.scenario.horizon_weeks)
        rows = np.zeros((self.runs, weeks))
        for place, result in enumerate(self._results):
            values = getattr(result, f"{name}_path")
            rows[place, : len(values)] = values
            rows[place, len(values) :] = values[-1] if values else 0
        return pd.DataFrame(rows / 1000.0, index=self._column("run"), columns=range(1, weeks + 1))

    def probability(self, event: str) -> Estimate:
        """Estimate the probability of an event.

        Parameters
        ----------
        event
            A column of True and False (``"closed"``), or a condition on columns (``"funded_bn >= 20"``) as
            :meth:`pandas.DataFrame.query` reads it. Runs in which it is undefined (``survived`` without a company) do
            not count.

        Returns
        -------
        Estimate
            With the Wilson 95 % interval.

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
        import pandas as pd

        frame = self.to_frame()
        try:
            truth = frame[event] if event in frame else frame.eval(_quoted(event, frame.columns))
        except Exception as error:
            raise ValueError(f"expected a condition on the columns of the outcomes, got {event!r} ({error})") from None
        if str(getattr(truth, "dtype", "")) not in ("bool", "boolean"):
            raise ValueError(f"expected an event that is true or false in every run, got {event!r}")
        known: pd.Series[Any] = pd.Series(truth).dropna()
        return estimate(int(np.count_nonzero(known)), len(known), self.seed)

    def causes(self) -> dict[str, Estimate]:
        """Probability of each first cause of failure, over all runs; the most frequent first."""
        counts = self.to_frame()["cause"].value_counts()
        return {str(c): estimate(int(n), self.runs, self.seed) for c, n in counts.items() if c and n}

    def quantiles(self, column: str) -> dict[str, float]:
        """Mean and 5, 50 and 95 % quantiles of a column over the runs."""
        frame = self.to_frame()
        if column not in frame or not _is_numeric(frame[column]):
            raise ValueError(f"expected a column of numbers{_hint(column, frame.columns)}, got {column!r}")
        values = frame[column].astype(float)
        p05, p50, p95 = (float(values.quantile(q)) for q in (0.05, 0.50, 0.95))
        return {"mean": float(values.mean()), "p05": p05, "p50": p50, "p95": p95}
