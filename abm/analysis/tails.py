"""Tails: how probable a rare ending of a round is, with an interval that says how well it is known."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm.analysis.rare.levels import EVENTS, LEVELS, USUAL, player
from abm.analysis.rare.splitting import Repetition, split
from abm.core.arguments import checked
from abm.core.notebook import Printed
from abm.population import prepare
from abm.runs.estimates import Estimate, Interval, estimate, student_interval, wilson
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_SPAN = 2**21  # run numbers of a repetition
_PLAIN = 2**31  # where the run numbers of plain simulation start
_MOST_REPETITIONS = _PLAIN // _SPAN
_MOST_PARTICLES = _SPAN // 4  # the rest of the numbers is for clones
_PATIENCE = 100  # lineages a particle before a repetition gives up: enough for probabilities down to exp(-100)
_CHUNK = 500
_FEW = 5  # first runs from which too much comes
_WIDE = 0.3  # relative error above which the interval itself is not to be relied upon


@dataclass(frozen=True, repr=False)
class Tail(Printed):
    """The probability of a rare event by a week.

    Attributes
    ----------
    event, level, within_weeks
        What was asked, and how closeness to it was measured.
    p, low, high
        Mean of the repetitions, each of which is unbiased, and its 95 % t-interval [-]. Where the event was never
        reached: 0, with the Wilson bound of as many plain runs as there were first particles.
    relative_error
        Standard error over mean [-]; NaN where the event was never reached.
    particles, repetitions, runs, seed
        Particles a repetition, repetitions, runs of the kernel in all, and the seed [-].
    each
        float64[repetitions], what each repetition says [-].
    first_runs
        int64[repetitions], from how many different first runs the particles come in which the event happened [-].
    extinct, stopped
        Repetitions that never reached the event, and that gave up before half-way [-].
    curve
        One row a week: ``week``, ``p``, ``low``, ``high``: the probability that it has happened by its end [-].
    levels
        One row a step of a repetition: ``repetition``, ``step``, ``level`` (in the unit of the level), ``kept`` (share
        of particles that exceeded it) and ``reached`` (probability of exceeding it) [-].
    """

    event: str
    level: str
    within_weeks: int
    p: float
    low: float
    high: float
    relative_error: float
    particles: int
    repetitions: int
    runs: int
    seed: int
    extinct: int
    stopped: int
    each: NDArray[np.float64] = field(repr=False)
    first_runs: NDArray[np.int64] = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)

    @property
    def gain(self) -> float:
        """How many times the runs plain simulation would have taken for the same standard error [-]."""
        return (1.0 - self.p) / (self.p * self.runs * self.relative_error * self.relative_error) if self.p else math.nan

    @property
    def warnings(self) -> tuple[str, ...]:
        """What keeps the interval from being taken at its word."""
        reasons, few = [], int((self.first_runs[self.each > 0.0] < _FEW).sum())
        if not self.p:
            reasons.append("no repetition reached the event; the bound is that of plain simulation")
        elif self.relative_error > _WIDE:
            reasons.append(f"the relative error of {self.relative_error:.0%} is itself uncertain; take more particles")
        if self.p and self.extinct:
            reasons.append(f"{self.extinct} of {self.repetitions} repetitions never reached the event, and count as 0")
        if few:
            reasons.append(f"in {few} of {self.repetitions} repetitions, all comes from fewer than {_FEW} first runs")
        if self.stopped:
            reasons.append(f"{self.stopped} of {self.repetitions} repetitions gave up; more particles go further")
        return tuple(reasons)

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        words = (
            f"{self.event} within {self.within_weeks} weeks: {self.p:.2e} (95 % interval {self.low:.2e} to "
            f"{self.high:.2e}, {self.repetitions} repetitions of {self.particles:,} particles, {self.runs:,} runs, "
            f"seed {self.seed})"
        )
        return "; ".join((words, *self.warnings))


@checked
def tail(
    scenario: Scenario | str | Path,
    event: str = "default",
    within_weeks: int = 52,
    *,
    level: str | None = None,
    particles: int = 1000,
    repetitions: int = 20,
    seed: int = 1,
    workers: int | None = None,
) -> Tail:
    """Estimate how probable a rare event is, by adaptive multilevel splitting.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    event
        ``"default"``: the company has run out of cash; ``"closed"``: the round has reached its target.
    within_weeks
        By the end of which week [weeks], at most the horizon.
    level
        How closeness is measured, one of :data:`abm.analysis.rare.levels.LEVELS`; the estimate is unbiased with each.
    particles, repetitions
        Runs that are selected side by side, and how often all is repeated with fresh luck, at least 2 each [-].
    seed
        Of all luck.
    workers
        Threads; default: one a core. The result does not depend on it.

    Raises
    ------
    ValueError
        Where the question makes no sense.

    References
    ----------
    As in :func:`abm.analysis.rare.splitting.split`.

    Examples
    --------
    >>> found = tail("three-investors", "closed", 20, particles=50, repetitions=2)
    >>> found.repetitions, len(found.curve), found.low <= found.p <= found.high
    (2, 20, True)
    """
    scenario = load_scenario(scenario)
    level = _checked(scenario, event, within_weeks, level)
    if not (2 <= particles <= _MOST_PARTICLES and 2 <= repetitions <= _MOST_REPETITIONS):  # noqa: PLR2004
        most = f"particles from 2 to {_MOST_PARTICLES:,} and repetitions from 2 to {_MOST_REPETITIONS:,}"
        raise ValueError(f"expected {most}, got {particles} and {repetitions}")
    play = player(prepare(scenario), seed, event, level, within_weeks)
    patience = min(_PATIENCE * particles, _SPAN - particles)

    def repeat(number: int) -> Repetition:
        chance = np.random.default_rng((seed, number))
        return split(play, particles, chance, first_run=number * _SPAN, most=patience)

    with ThreadPoolExecutor(min(workers or os.cpu_count() or 1, repetitions)) as pool:
        made = list(pool.map(repeat, range(repetitions)))
    return _summed_up(made, event, level, within_weeks, particles, seed)


@checked
def plain(
    scenario: Scenario | str | Path, event: str = "default", within_weeks: int = 52, *, runs: int, seed: int = 1
) -> Estimate:
    """Estimate the same by plain simulation, with luck that :func:`tail` does not use.

    Parameters
    ----------
    scenario, event, within_weeks, seed
        As in :func:`tail`.
    runs
        How many [-]; as many as a tail took cost about the same.

    Returns
    -------
    Estimate
        With the Wilson 95 % interval.

    Examples
    --------
    >>> plain("three-investors", "closed", 30, runs=100).runs
    100
    """
    scenario = load_scenario(scenario)
    play = player(prepare(scenario), seed, event, _checked(scenario, event, within_weeks, None), within_weeks)
    if not 1 <= runs <= _PLAIN:
        raise ValueError(f"expected 1 to {_PLAIN:,} runs, got {runs}")
    happened = 0
    for start in range(0, runs, _CHUNK):
        numbers = range(_PLAIN + start, _PLAIN + min(start + _CHUNK, runs))
        happened += int(np.isposinf(play([((1, run),) for run in numbers])).any(axis=1).sum())
    return estimate(happened, runs, seed)


def _checked(scenario: Scenario, event: str, weeks: int, level: str | None) -> str:
    """Refuse what makes no sense; the level to use."""
    if event not in EVENTS:
        raise ValueError(f"expected one of the events {', '.join(EVENTS)}, got {event!r}")
    fitting = [name for name, known in LEVELS.items() if known.event == event]
    if level is not None and level not in fitting:
        raise ValueError(f"expected one of the levels {', '.join(fitting)} for {event!r}, got {level!r}")
    if event == "default" and scenario.company is None:
        raise ValueError("expected a scenario with a company, which alone can default, got one without")
    if not 1 <= weeks <= int(scenario.horizon_weeks):
        raise ValueError(f"expected 1 to {int(scenario.horizon_weeks)} weeks, the horizon, got {weeks}")
    return level or USUAL[event]


def _summed_up(made: list[Repetition], event: str, level: str, weeks: int, particles: int, seed: int) -> Tail:
    each = np.array([repetition.p for repetition in made])
    p, low, high = (float(number) for number in _mean_chance(each))
    error = float(each.std(ddof=1)) / math.sqrt(len(each)) / p if p else math.nan
    extinct = sum(not repetition.p and not repetition.stopped for repetition in made)
    stopped, runs = (sum(getattr(repetition, name) for repetition in made) for name in ("stopped", "played"))
    first_runs = np.array([repetition.first_runs for repetition in made])
    return Tail(
        event, level, weeks, p, low, high if p else wilson(0, particles * len(made))[1], error, particles, len(made),
        runs, seed, extinct, stopped, each, first_runs, _curve(made, particles), _levels(made),
    )  # fmt: skip


def _mean_chance(each: NDArray[np.float64]) -> Interval:
    """Mean of the repetitions and its interval, cut at 0 and 1: a t-interval does not know that these are chances."""
    mean, low, high = student_interval(each)
    return mean, np.maximum(low, 0.0), np.minimum(high, 1.0)


def _curve(made: list[Repetition], particles: int) -> pd.DataFrame:
    import pandas as pd

    p, low, high = _mean_chance(np.array([repetition.by_week for repetition in made]))
    high = np.where(p > 0.0, high, wilson(0, particles * len(made))[1])
    return pd.DataFrame({"week": np.arange(1, len(p) + 1), "p": p, "low": low, "high": high})


def _levels(made: list[Repetition]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (number, step, level, kept, reached)
        for number, repetition in enumerate(made)
        for step, (level, kept, reached) in enumerate(
            zip(repetition.levels, repetition.kept, np.cumprod(repetition.kept), strict=True), start=1
        )
    ]
    return pd.DataFrame(rows, columns=["repetition", "step", "level", "kept", "reached"])
