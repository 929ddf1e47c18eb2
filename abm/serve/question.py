"""Question: a position of a round, simulated mark by mark until it is answered or somebody asks something else."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as Flag
from typing import Any

from abm.core.batch import Batch
from abm.core.errors import Fault, Refusal, ScenarioError
from abm.runs.columns import check_event, columns_of
from abm.runs.outcomes import Outcomes, Totals
from abm.runs.simulation import batches, central_beside
from abm.scenario import Scenario
from abm.serve.position import Position

#: Runs after which the page hears of it: the first number soon, then each at about twice the runs before.
MARKS = (400, 2_000, 5_000, 10_000, 20_000, 50_000)
PATH_RUNS = 5_000  # keep their weekly paths: more would not show in a fan


class OvertakenError(Exception):
    """Somebody has asked something else meanwhile."""


class PositionAsked:
    """What is asked of a round, with the runs that came so far.

    Parameters
    ----------
    base
        The scenario as the page opened it.
    position
        What is asked of it.
    stop
        Set by whoever wants no answer any more; it is looked at after every 200 runs.

    Raises
    ------
    ScenarioError
        Where the changes make a scenario that cannot be simulated.
    Refusal
        Where the event cannot be told.

    Examples
    --------
    >>> import abm
    >>> asked = PositionAsked(abm.load_scenario("three-investors"), Position(runs=1_000))
    >>> [asked.runs for _ in asked.marks()], asked.totals == asked.outcomes().totals
    ([400, 1000], False)
    """

    def __init__(self, base: Scenario, position: Position, stop: Flag | None = None) -> None:
        self.position, self.stop = position, stop or Flag()
        self.scenario = position.of(base)
        try:
            check_event(position.event, columns_of(self.scenario))
        except ValueError as error:
            raise Refusal(f"event: {error}") from None
        self.stream = batches(
            self.scenario, position.runs, position.seed, path_runs=PATH_RUNS, central=position.central,
            event=position.event,
        )  # fmt: skip
        try:
            self.totals = Totals(*self.stream.study(), [position.event], kin=self.stream.kin)
        except ValueError as error:
            raise Refusal(f"event: {error}") from None
        self.fans: tuple[int, Any] | None = None  # what is drawn of the weekly paths, and of how many runs
        self._came = iter(self.stream)
        self._batches: list[Batch] = []

    @property
    def runs(self) -> int:
        """Runs that came so far [-]."""
        return self.totals.runs

    @property
    def done(self) -> bool:
        """Whether all have come."""
        return self.runs >= self.position.runs

    def advance(self, runs: int) -> None:
        """Simulate until so many runs have come.

        Raises
        ------
        OvertakenError
            Where nobody waits for them any more.
        """
        while self.runs < min(runs, self.position.runs):
            if self.stop.is_set():
                raise OvertakenError
            batch = next(self._came)
            self.totals.add(batch)
            self._batches.append(batch)
        if self.done and self.totals.beside is None:
            self.totals.beside = central_beside(self.stream, [self.position.event])

    def marks(self) -> Iterator[int]:
        """Simulate from mark to mark: runs that came so far, whenever there is something new to say."""
        for mark in MARKS:
            if mark < self.position.runs:
                self.advance(mark)
                yield self.runs
        self.advance(self.position.runs)
        yield self.runs

    def outcomes(self) -> Outcomes:
        """The runs that came so far, without their weekly paths."""
        return self._outcomes([batch.without_paths() for batch in self._batches])

    def with_paths(self) -> Outcomes:
        """The first of these runs, with their weekly paths."""
        return self._outcomes([batch for batch in self._batches if batch.paths is not None])

    def _outcomes(self, parts: list[Batch]) -> Outcomes:
        self._batches = [*_joined(self._batches)]
        return Outcomes(*self.stream.study(), Batch.joined(parts), kin=self.stream.kin)

    def close(self) -> None:
        """Stop simulating."""
        self._came.close()


def _joined(parts: list[Batch]) -> Iterator[Batch]:
    """The same runs in two pieces: those with paths, and those without."""
    for kept in (True, False):
        if alike := [batch for batch in parts if (batch.paths is not None) is kept]:
            yield Batch.joined(alike)


def refusal_of(error: ScenarioError | Refusal) -> list[Fault]:
    """What a position was refused for, one fault a key.

    Examples
    --------
    >>> refusal_of(Refusal("event: expected a column"))[0].key
    'event'
    """
    if isinstance(error, ScenarioError):
        return error.faults
    key, _, said = str(error).partition(": ")
    return [Fault(key, said)]
