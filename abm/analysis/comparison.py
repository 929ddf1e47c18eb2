"""Comparison: rounds side by side under the same luck, and whether they differ at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.core.arguments import checked
from abm.core.errors import Fault, ScenarioError
from abm.runs.differences import Difference, paired_events, paired_means, unknown_difference
from abm.runs.estimates import Estimate
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Compared:
    """One of the rounds that are compared.

    Attributes
    ----------
    name
        What it is called.
    chance
        Probability of the event.
    funded_bn
        Money paid on average [USD billion].
    change, money
        Differences to the first round, run by run: of the probability, and of the money paid [USD billion]; None for
        the first itself.
    other_runs
        Runs in which the event came in one of the two alone [-].
    """

    name: str
    chance: Estimate
    funded_bn: float
    change: Difference | None
    money: Difference | None
    other_runs: int

    @property
    def stands_out(self) -> bool:
        """Whether the difference to the first round stands out of its own error."""
        return self.change is not None and not self.change.low <= 0 <= self.change.high


@dataclass(frozen=True)
class Comparison:
    """Rounds side by side under the same luck; the first is what the others are compared with."""

    event: str
    rounds: tuple[Compared, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a round.

        Columns: ``name``; ``p``, ``low``, ``high`` [-]; ``change``, ``change_low``, ``change_high`` [-]; ``funded_bn``;
        ``funded_change``, ``funded_low``, ``funded_high`` [USD billion]; ``stands_out``; ``other_runs``, ``runs``,
        ``seed``. Changes of the first are NaN.
        """
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.rounds])


def _row(one: Compared) -> dict[str, Any]:
    unknown = unknown_difference(one.chance.seed)
    change, money = one.change or unknown, one.money or unknown
    return {
        "name": one.name, "p": one.chance.p, "low": one.chance.low, "high": one.chance.high,
        "change": change.change, "change_low": change.low, "change_high": change.high,
        "funded_bn": one.funded_bn,
        "funded_change": money.change, "funded_low": money.low, "funded_high": money.high,
        "stands_out": one.stands_out, "other_runs": one.other_runs,
        "runs": one.chance.runs, "seed": one.chance.seed,
    }  # fmt: skip


@checked
def compare(
    rounds: Mapping[str, Scenario | str | Path],
    runs: int = 20_000,
    seed: int = 1,
    *,
    event: str = "closed",
    workers: int | None = None,
    central: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare rounds under the same luck: run by run, whoever stands at the same place in two files draws the same.

    Each interval holds for its own row: of twenty rounds that are all the same in truth, one would seem to differ.

    Parameters
    ----------
    rounds
        At least two scenarios, packaged ids, or paths of files, by name; the others are compared with the first.
    runs, seed
        Runs of each [-], and the seed that they share.
    event
        A column of True and False, or a condition on columns.
    workers, central
        As in :func:`abm.simulate`.
    progress
        Called with rounds done and rounds wanted.

    Raises
    ------
    ScenarioError
        Where the event cannot be told in every run of each of them.
    ValueError
        Where there are fewer than two.

    Examples
    --------
    >>> import abm
    >>> as_is = abm.load_scenario("three-investors")
    >>> lower = as_is.with_values({"round.target_bn": 6.0})
    >>> found = compare({"as it is": as_is, "a lower target": lower}, runs=500)
    >>> found.rounds[1].stands_out
    True
    """
    if len(rounds) < 2:  # noqa: PLR2004, a comparison
        raise ValueError(f"expected at least two rounds to compare, got {len(rounds)}")
    found: list[Compared] = []
    first: Outcomes | None = None
    for number, (name, source) in enumerate(rounds.items(), 1):
        other = _simulated(load_scenario(source), runs, seed, event, workers, central)
        found.append(beside(first, other, name, event))
        first = other if first is None else first
        if progress is not None:
            progress(number, len(rounds))
    return Comparison(event, tuple(found))


@checked
def beside(first: Outcomes | None, second: Outcomes, name: str, event: str = "closed") -> Compared:
    """Compare the runs of two rounds under the same luck; None: the second is the first, and alone.

    Parameters
    ----------
    first, second
        As many runs of each, of the same seed, and the event known in all of them.
    name
        What the second is called.
    event
        A column of True and False, or a condition on columns.

    Examples
    --------
    >>> import abm
    >>> as_is = abm.load_scenario("three-investors")
    >>> lower = as_is.with_values({"round.target_bn": 6.0})
    >>> found = beside(abm.simulate(as_is, 500), abm.simulate(lower, 500), "a lower target")
    >>> print(found.change)
    +27.0 points (95 % interval +23.0 to +30.8, 500 pairs of runs, seed 1)
    """
    happened, money = _happened(second, event), _money(second)
    chance = second.probability(event)
    if first is None:
        return Compared(name, chance, float(money.mean()), None, None, 0)
    before, seed = _happened(first, event), second.seed
    shared = second.drawn_runs if first.drawn_runs is None else first.drawn_runs
    change = paired_events(before, happened, seed, shared)
    more = paired_means(_money(first), money, seed, shared)
    return Compared(name, chance, float(money.mean()), change, more, int(np.count_nonzero(before != happened)))


def _happened(outcomes: Outcomes, event: str) -> NDArray[np.bool_]:
    return outcomes.columns.happened(outcomes.batch, event)


def _money(outcomes: Outcomes) -> NDArray[np.float64]:
    """What was paid, run by run [USD billion]."""
    money, scale = outcomes.columns.numbers(outcomes.batch, "funded_bn")
    return money / scale


def _simulated(scenario: Scenario, runs: int, seed: int, event: str, workers: int | None, central: bool) -> Outcomes:
    """Simulate a round in which it can be told of every run whether the event came."""
    outcomes: Outcomes = simulate(scenario, runs, seed, keep="rows", workers=workers, central=central)
    try:
        happened = _happened(outcomes, event)
    except ValueError as error:
        raise ScenarioError(scenario.file, [Fault("event", str(error))]) from None
    if len(happened) < runs:
        raise ScenarioError(scenario.file, [Fault("event", "expected one that is known in every run", repr(event))])
    return outcomes


@checked
def variants(scenario: Scenario, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Scenario]:
    """Scenarios that were changed, by name of the change, the one as it is first.

    Raises
    ------
    ScenarioError
        Where a change leads nowhere or to nonsense; it is named.
    """
    made = {"as it is": scenario}
    for name, values in changes.items():
        try:
            made[name] = scenario.with_values(values) if values else scenario
        except ScenarioError as error:
            faults = [Fault(f"{name}: {fault.key}", fault.expected, fault.got) for fault in error.faults]
            raise ScenarioError(scenario.file, faults) from None
    return made
