"""Totals: runs counted as they come in, so that ten million of them take no more room than a few thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.batch import Batch
from abm.core.notebook import Told
from abm.core.old_names import renamed_attribute
from abm.rules.failure import CAUSES
from abm.runs.clusters import (
    GROUPS,
    Kinship,
    by_day,
    by_world,
    counted,
    estimate_over_worlds,
    groups_of,
    layers_of_worlds,
)
from abm.runs.columns import COUNTED, TRUTHS, Columns, read_event
from abm.runs.digits import percent, three_digits
from abm.runs.estimates import Estimate, spread
from abm.runs.layers import Layers
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.round_end import last_day

if TYPE_CHECKING:
    from abm.scenario import Scenario

_TALLY = 10_000  # runs that are counted together: a sort of each column
_FLAGS = (False, True)
_WORLDS = "worlds "  # before an event: how often it came in each world


class StopReason(NamedTuple):
    """How a simulation ended: the most runs it was allowed, the half-width it was to reach, and why it stopped."""

    wanted: int
    within: float | None = None
    reached: bool | None = None
    interrupted: bool = False


class Simulated(Told):
    """What was simulated: a scenario with a seed, by an engine, and how that ended."""

    if TYPE_CHECKING:  # properties of those who are simulated

        @property
        def runs(self) -> int:
            """Number of runs."""

        @property
        def totals(self) -> Totals:
            """What the runs add up to."""

        def over_worlds(self, event: str = "closed") -> Layers:
            """Tell how far an event's probability spreads over the worlds."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        engine: str,
        ids: Sequence[str],
        gate_ids: Sequence[str],
        collected: Sequence[str] = (),
        kin: Kinship = Kinship(),  # noqa: B008, never changed
    ) -> None:
        self.scenario, self.seed, self.engine, self.kin = scenario, seed, engine, kin
        self.ids, self.gate_ids = tuple(ids), tuple(gate_ids)
        self.columns = Columns.of(scenario, ids, gate_ids, collected)
        self.ending: StopReason | None = None
        self.beside: Callable[[], Totals] | None = None  # simulates the central numbers, where others were drawn

    @property
    def drawn(self) -> bool:
        """Whether the numbers that nobody knows are drawn, world by world."""
        return self.kin.worlds

    @cached_property
    def central(self) -> Totals | None:
        """Fewer runs of the same seed in which every number has its value in the file; None where these all do.

        Simulated when it is first asked for.
        """
        return self.beside() if self.beside else None

    def _title(self) -> str:
        return f"{self.scenario.title}: {self.runs:,} runs, seed {self.seed}, {self.engine} engine"

    def _lines(self) -> Iterator[tuple[str, str]]:
        """The answer in short; nothing where nothing was simulated."""
        if not self.runs:
            return
        totals = self.totals
        paid = {name: three_digits(money) for name, money in totals.quantiles("funded_bn").items()}
        yield "closes", str(totals.probability("closed"))
        if self.drawn and (spread_of := self.over_worlds()).points > 1:
            yield (
                "in nine of ten worlds",
                f"between {percent(spread_of.quantiles['p05'])} and {percent(spread_of.quantiles['p95'])}",
            )
        yield (
            f"paid {last_day(self.scenario).by}",
            f"USD {paid['mean']} bn on average ({paid['p05']} to {paid['p95']} in nine of ten)",
        )
        for cause, chance in totals.causes().items():
            yield f"fails, as {CAUSE_WORDS[cause]}", str(chance)
        if self.scenario.company is not None:
            yield "pays its bills", str(totals.probability("survived"))

    @property
    def within(self) -> float | None:
        """Half-width that the interval of the event was to reach [-], or None where none was asked for."""
        return self.ending.within if self.ending else None

    @property
    def reached(self) -> bool | None:
        """Whether that half-width was reached, or None where none was asked for."""
        return self.ending.reached if self.ending else None

    @property
    def interrupted(self) -> bool:
        """Whether the simulation was stopped by the interrupt key."""
        return bool(self.ending and self.ending.interrupted)


class Payer(NamedTuple):
    """A named investor or a pool: its money on average [USD billion], and how often it pays at all."""

    id: str
    mean_bn: float
    pays: Estimate


Counted = tuple[NDArray[Any], NDArray[np.int64]]  # each value of a column once, and how often it came


@dataclass(frozen=True)
class _Sums:
    """Counts and totals of some runs; those of all runs are their sum."""

    totals: dict[str, Any]  # numbers and arrays that add up; where runs are counted, the last axis is their groups
    values: dict[str, Counted]

    def __add__(self, other: _Sums) -> _Sums:
        totals = {name: total + other.totals[name] for name, total in self.totals.items()}
        return _Sums(totals, {name: _merged(one, other.values[name]) for name, one in self.values.items()})


def _merged(first: Counted, second: Counted) -> Counted:
    """Put two counts of values together."""
    values, indices = np.unique(np.concatenate([first[0], second[0]]), return_inverse=True)
    counts = np.zeros((len(values), *first[1].shape[1:]), np.int64)  # by add.at, as a value that both have comes twice
    np.add.at(counts, indices, np.concatenate([first[1], second[1]]))
    return values, counts


class Totals(Simulated):
    """What many runs of one scenario add up to, without the runs.

    It answers what was named before the run, and what the report says: :meth:`probability` of the named events,
    :meth:`causes`, :meth:`quantiles` of the columns of a run, :meth:`payers`, :meth:`consents`. All of it is exact.

    Parameters
    ----------
    scenario, seed, engine, ids, gate_ids
        What is simulated.
    events
        Events whose probability will be asked, as in :meth:`abm.Outcomes.probability`; ``closed`` and ``survived``
        always are.
    collected
        Columns of statistics of one's own, which events may name.
    kin
        How the runs hang together.

    Examples
    --------
    >>> import abm
    >>> totals = abm.simulate("three-investors", 50, keep="totals", events=["funded_bn >= 6"])
    >>> runs = abm.simulate("three-investors", 50)
    >>> totals.probability("funded_bn >= 6") == runs.probability("funded_bn >= 6")
    True
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        engine: str,
        ids: Sequence[str],
        gate_ids: Sequence[str],
        events: Sequence[str] = ("closed", "survived"),
        collected: Sequence[str] = (),
        kin: Kinship = Kinship(),  # noqa: B008, never changed
    ) -> None:
        super().__init__(scenario, seed, engine, ids, gate_ids, collected, kin)
        named = (events,) if isinstance(events, str) else events
        self.events = tuple(dict.fromkeys(("closed", "survived", *named)))
        for event in self.events:
            if event not in TRUTHS and not read_event(event, self.columns.names).by_run:
                raise ValueError(f"expected an event that a run tells alone, or keep='rows' for any, got {event!r}")
        self.owners = tuple(dict.fromkeys(name.split("#")[0] for name in self.ids))
        members = [[name.split("#")[0] == owner for owner in self.owners] for name in self.ids]
        self._members = np.array(members, np.int64).reshape(len(self.ids), len(self.owners))
        # One name for both, so that an interruption leaves either all of a batch in here or nothing of it.
        self._state: tuple[_Sums, list[Batch]] = (self._count(self.columns.empty()), [])

    @property
    def runs(self) -> int:
        """Number of runs."""
        sums, waiting = self._state
        return int(sums.totals["runs"].sum()) + sum(batch.runs for batch in waiting)

    @property
    def totals(self) -> Totals:
        """Return itself, so that a report reads totals and :class:`abm.Outcomes` alike."""
        return self

    def add(self, batch: Batch) -> None:
        """Count the runs of a batch in."""
        self._state[1].append(batch.without_paths())
        if sum(batch.runs for batch in self._state[1]) >= _TALLY:
            self._sums()

    def _sums(self) -> _Sums:
        """Everything that has been added, counted."""
        sums, waiting = self._state
        if waiting:
            self._state = (sums + self._count(Batch.joined(waiting)), [])
        return self._state[0]

    def _count(self, batch: Batch) -> _Sums:
        """Count one batch."""
        closed, survived = batch.rows["closed"], batch.rows["survived"]
        paid = batch.fates["paid_musd"] @ self._members
        groups = groups_of(batch.rows["run"]) if self.kin.grouped else np.zeros(batch.runs, np.int64)
        truths = [self.columns.truth(batch, event) for event in self.events]

        def by_group(flags: Iterable[NDArray[np.bool_]]) -> NDArray[np.int64]:
            return np.array([counted(groups, one) for one in flags], np.int64).reshape(-1, GROUPS)

        totals = {
            "runs": counted(groups, np.ones(batch.runs, np.bool_)),
            "causes": by_group(batch.rows["cause"] == cause for cause in range(len(CAUSES))),
            "survival": by_group((closed == c) & (survived == s) for c in _FLAGS for s in _FLAGS),
            "paid_musd": paid.sum(axis=0),
            "pays": by_group(paid.T != 0),
            "consents": by_group((batch.gate_days <= self.scenario.window_days).T),
            "happened": by_group(truth & known for truth, known in truths),
            "known": by_group(known for _, known in truths),
            "minimum": by_group([self._reaches_minimum(batch)]),
            "gap": by_group([self.columns.raw(batch, "closing_gap_bn")[0] > 0]),
        }
        numbers = {column: self.columns.numbers(batch, column)[0] for column in COUNTED}
        values: dict[str, Counted] = {name: np.unique(values, return_counts=True) for name, values in numbers.items()}
        if self.drawn:
            values |= {_WORLDS + e: by_world(batch.rows["run"], *t) for e, t in zip(self.events, truths, strict=True)}
        values["closing days"] = by_day(batch.rows["closed_day"], groups)
        return _Sums(totals, values)

    def _reaches_minimum(self, batch: Batch) -> NDArray[np.bool_]:
        money, scale = self.columns.raw(batch, "funded_bn")
        reached: NDArray[np.bool_] = (money / scale >= float(self.scenario.round.minimum_close_bn)) & (money > 0)
        return reached

    def _estimate(self, times: NDArray[np.int64], runs: NDArray[np.int64] | None = None) -> Estimate:
        """Estimate a probability from how often something came in each group of runs."""
        runs = self._sums().totals["runs"] if runs is None else runs
        worlds = len(self._sums().values[_WORLDS + "closed"][0]) if self.drawn else 0
        return estimate_over_worlds(times, runs, worlds, self.seed, self.kin.points)

    def _checked(self, event: str) -> int:
        """Place of an event that was named before the run."""
        if event not in self.events:
            known = ", ".join(map(repr, self.events))
            raise ValueError(f"expected one of {known}, or keep='rows' to ask for any event, got {event!r}")
        return self.events.index(event)

    @checked
    def probability(self, event: str) -> Estimate:
        """Estimate the probability of an event that was named before the run.

        Raises
        ------
        ValueError
            Where it was not.
        """
        sums, place = self._sums().totals, self._checked(event)
        return self._estimate(sums["happened"][place], sums["known"][place])

    @checked
    def over_worlds(self, event: str = "closed") -> Layers:
        """Tell how far the probability of an event that was named before the run spreads over the worlds.

        Raises
        ------
        ValueError
            Where it was not.
        """
        self._checked(event)
        return layers_of_worlds(self._sums().values[_WORLDS + event][1] if self.drawn else None)

    def causes(self) -> dict[str, Estimate]:
        """Probability of each first cause of failure, over all runs; the most frequent first."""
        counts = self._sums().totals["causes"]
        ranked = sorted(range(1, len(CAUSES)), key=lambda cause: -counts[cause].sum())
        return {CAUSES[cause]: self._estimate(counts[cause]) for cause in ranked if counts[cause].any()}

    @checked
    def quantiles(self, column: str) -> dict[str, float]:
        """Mean and 5, 50 and 95 % quantiles of a column of a run.

        Raises
        ------
        ValueError
            Where it is none of the columns that are counted.
        """
        if column not in COUNTED:
            known = ", ".join(COUNTED)
            raise ValueError(f"expected one of {known}, or keep='rows' to ask for any column, got {column!r}")
        return spread(*self._sums().values[column], self.columns.scale(column))

    def payers(self) -> list[Payer]:
        """Named investors and pools with their money, the largest first."""
        sums = self._sums().totals
        rows = zip(self.owners, sums["paid_musd"], sums["pays"], strict=True)
        payers = [
            Payer(owner, int(money) / max(self.runs, 1) / self.columns.units_per_bn, self._estimate(n))
            for owner, money, n in rows
        ]
        return sorted(payers, key=lambda payer: -payer.mean_bn)

    def consents(self) -> dict[str, Estimate]:
        """Probability that each consent is in force by the last day of the round."""
        counts = self._sums().totals["consents"]
        return {gate: self._estimate(n) for gate, n in zip(self.gate_ids, counts, strict=True)}

    @checked
    def closed_by(self, day: float) -> Estimate:
        """Probability that the round has closed by a day, counted from as_of."""
        days, counts = self._sums().values["closing days"]
        return self._estimate(counts[days <= day].sum(axis=0))

    def on_time(self) -> Estimate:
        """Probability that the round closes without an extension of its deadline."""
        return self.closed_by(self.scenario.window_days)

    def minimum_reached(self) -> Estimate:
        """Probability that at least the minimum close is paid; without a minimum, that any money is."""
        return self._estimate(self._sums().totals["minimum"][0])

    def closing_gap_probability(self) -> Estimate:
        """Probability that closing everything at once, and not one after the other, makes a difference."""
        return self._estimate(self._sums().totals["gap"][0])

    apart = renamed_attribute("apart", "closing_gap_probability")

    @checked
    def survival(self, closed: bool) -> Estimate:
        """Probability that the company survives, over the runs in which the round closed, or did not."""
        died, lived = self._sums().totals["survival"][2 * int(closed) :][:2]
        return self._estimate(lived, died + lived)
