"""Twin: the smallest single change that would have closed a run that failed, or have stopped one that closed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abm.analysis.lever.parties import at_times_the_rate, may_be_moved
from abm.analysis.levers import Changes, Lever, chosen, levers_of
from abm.core.arguments import checked
from abm.core.errors import ScenarioError
from abm.core.notebook import Printed
from abm.core.records import PAID
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario
from abm.scenario.checks import all_tickets, cap_bn
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.schema import GatekeeperTable

if TYPE_CHECKING:
    import pandas as pd

_SPARE = 1e-6  # share of the target: less is rounding
STEPS = 5  # halvings of the range of a size: a thirty-second of the largest


@dataclass(frozen=True, repr=False)
class Twin(Printed):
    """The same run with one thing changed, and the other ending.

    Attributes
    ----------
    seed, run
        Whose luck it has.
    closed
        Whether the twin closes; the run itself does not, or the other way round.
    lever, words
        Id of what was changed, and how, as a clause.
    size, unit
        Smallest size that was found to do it; the twin was simulated at exactly this size.
    distance
        Size in standard steps of its lever [-]: the unit in which changes of different kinds are compared.
    changes
        What :meth:`abm.Scenario.with_values` takes to make the twin.
    tried
        One row a lever, the nearest first: ``lever``, ``words``, ``size`` (smallest that was simulated and turns the
        ending, NaN where none does), ``not_at`` (largest below it that was simulated and does not), ``unit``,
        ``distance``, ``turns`` (whether the ending changes), ``refused`` (why it could not be tried, or empty). Only
        the first row is searched to the end: the sizes of the others are at most what they are said to be.
    """

    seed: int
    run: int
    closed: bool
    lever: str
    words: str
    size: float
    unit: str
    distance: float
    changes: Changes
    tried: pd.DataFrame

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        ending = "would have closed" if self.closed else "would not have closed"
        return f"run {self.run} (seed {self.seed}) {ending} with one change: {self.words}"


@checked
def nearest_twin(
    scenario: Scenario | str | Path,
    seed: int,
    run: int,
    levers: Sequence[Lever | str] | None = None,
    steps: int = STEPS,
    *,
    central: bool = False,
) -> Twin | None:
    """Find the smallest single change under which a run ends the other way, with the same luck.

    Every lever is tried at its largest size. Where that turns the ending, its range is halved towards the smallest
    size that does, up to ``steps`` times and as long as it may still be the nearest. The size of the twin has been
    simulated. It is the smallest found: larger sizes need not do what smaller ones did, so a lever that works at small
    sizes alone is missed. An investor who has paid in a failed run is not bound once more.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    seed, run
        The run.
    levers
        Levers or their ids; default: :func:`abm.analysis.levers.levers_of` for a run that failed, :func:`threats_of`
        for one that closed.
    steps
        Halvings [-]: a size is found to the largest over 2 to the power of ``steps``.
    central
        Whether every number keeps its value, as in :func:`abm.simulate`.

    Returns
    -------
    Twin or None
        None where no single lever turns the ending. Of equal distances the first of the list comes first.

    Raises
    ------
    ValueError
        Where there is no such lever, or ``steps`` is negative.

    Examples
    --------
    >>> print(nearest_twin("three-investors", seed=1, run=7))
    run 7 (seed 1) would have closed with one change: all conditions of Lead Capital are dropped
    """
    scenario = load_scenario(scenario)
    found = simulate(scenario, 1, seed, first_run=run, workers=1, keep="rows", central=central)
    closed, stages = bool(found.batch.rows["closed"][0]), found.batch.fates["stage"][0]
    if levers is None:
        came = {f"bind.{name}" for name, stage in zip(found.ids, stages, strict=True) if stage == PAID}
        wanted = threats_of(scenario) if closed else [lever for lever in levers_of(scenario) if lever.id not in came]
    else:
        wanted = chosen(scenario, levers)

    def turns(lever: Lever, size: float) -> bool:
        changed = scenario.with_values(lever.changes(size))
        rows = simulate(changed, 1, seed, first_run=run, workers=1, keep="rows", central=central).batch.rows
        return bool(rows["closed"][0]) != closed

    search = _Search(turns, wanted, steps)
    return search.twin(seed, run, not closed) if search.brackets else None


@dataclass
class _Bracket:
    """Where the smallest size of a lever is looked for: above one that does nothing, up to one that does it."""

    lever: Lever
    low: float
    high: float
    halvings: int

    @property
    def at_least(self) -> float:
        """Distance that is certain to be exceeded [standard steps]."""
        return self.low / self.lever.standard

    @property
    def distance(self) -> float:
        """Distance that will do [standard steps]."""
        return self.high / self.lever.standard


class _Search:
    """The search for the nearest lever: halves the bracket that promises most until no other can be nearer."""

    def __init__(self, turns: Callable[[Lever, float], bool], levers: Sequence[Lever], steps: int) -> None:
        self.turns, self.levers = turns, levers
        self.refused: dict[str, str] = {}
        turning = [lever for lever in levers if self._turns(lever, lever.largest)]
        brackets = [_Bracket(lever, 0.0, lever.largest, 0 if lever.switch else steps) for lever in turning]
        self.brackets = {bracket.lever.id: bracket for bracket in brackets}
        while wide := self._open():
            bracket = min(wide, key=lambda bracket: bracket.at_least)
            middle = (bracket.low + bracket.high) / 2
            if self._turns(bracket.lever, middle):
                bracket.high = middle
            else:
                bracket.low = middle
            bracket.halvings -= 1

    def _turns(self, lever: Lever, size: float) -> bool:
        try:
            return self.turns(lever, size)
        except ScenarioError as error:
            self.refused[lever.id] = str(error)
            return False

    def _open(self) -> list[_Bracket]:
        """Brackets that may still hold the nearest size."""
        done = [bracket.distance for bracket in self.brackets.values() if not bracket.halvings]
        nearest = min(done, default=math.inf)
        return [bracket for bracket in self.brackets.values() if bracket.halvings and bracket.at_least < nearest]

    def twin(self, seed: int, run: int, closed: bool) -> Twin:
        """Return the nearest twin; some lever must turn the ending."""
        done = [bracket for bracket in self.brackets.values() if not bracket.halvings]
        best = min(done, key=lambda bracket: bracket.distance)
        lever, size = best.lever, best.high
        return Twin(
            seed, run, closed, lever.id, lever.says(size), size, lever.unit, best.distance, lever.changes(size),
            self.frame(),
        )  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """Return a row for each lever, as :attr:`Twin.tried` has it."""
        import pandas as pd

        rows = []
        for lever in self.levers:
            bracket = self.brackets.get(lever.id)
            size = bracket.high if bracket else math.nan
            rows.append({
                "lever": lever.id, "words": lever.says(size if bracket else lever.largest), "size": size,
                "not_at": bracket.low if bracket else lever.largest, "unit": lever.unit,
                "distance": size / lever.standard, "turns": bracket is not None,
                "refused": self.refused.get(lever.id, ""),
            })  # fmt: skip
        return pd.DataFrame(rows).sort_values("distance", kind="stable", na_position="last", ignore_index=True)


# --------------------------------------------------------------------------------------------------------------------
# What a closed run hung by


@checked
def threats_of(scenario: Scenario) -> list[Lever]:
    """List what could stop a round that closes: a larger target, slower or missing consents, somebody who stays away.

    They cost nobody anything, so their cost is 0.

    Examples
    --------
    >>> import abm
    >>> [threat.id for threat in threats_of(abm.load_scenario("three-investors"))][:3]
    ['more-target', 'slow.restructuring', 'no-consent.restructuring']
    """
    return [*_more(scenario), *_consents(scenario), *_absences(scenario)]


def _threat(
    name: str, who: str, unit: str, largest: float, says: Callable[[float], str], sets: Callable[[float], Changes]
) -> Lever:
    standard = 0.1 if unit == "share" else 1.0
    return Lever(name, unit, standard, largest, says, sets, lambda _: 0.0, "-", "nothing", unit == "-", who)


def _more(scenario: Scenario) -> Iterator[Lever]:
    """A larger target: how much there was to spare, if anything. And the extension that may not be granted."""
    target, cap = float(scenario.round.target_bn), cap_bn(scenario)
    if all_tickets(scenario) > target * (1 + _SPARE):  # where nothing is to spare, any higher target stops it
        yield _threat(
            "more-target", "", "share", 1.0, lambda x: f"the target is {100 * x:.3g} % higher",
            lambda x: {"round.target_bn": target * (1 + x), "round.cap_bn": max(cap, target * (1 + x))},
        )  # fmt: skip
    if scenario.round.extension_probability > 0:
        path = "round.extension_probability"
        yield _threat("no-extension", "", "-", 1.0, lambda _: "there is no extension", lambda _: {path: 0.0})


def _consents(scenario: Scenario) -> Iterator[Lever]:
    """A consent that comes slower, or never."""
    for gate in scenario.gatekeepers:
        if may_be_moved(gate):
            yield _slower(gate)
        yield _absence(f"no-consent.{gate.id}", gate, "gatekeepers", "never", "never given")


def _slower(gate: GatekeeperTable) -> Lever:
    name, speed = gate.name or gate.id, "slow" if gate.chance is None else "unwilling"
    return _threat(
        f"slow.{gate.id}", gate.id, "halvings", 3.0, lambda x: f"{name}: {2**x:.3g} times as {speed}",
        lambda x: at_times_the_rate(gate, 0.5**x),
    )  # fmt: skip


def _absences(scenario: Scenario) -> Iterator[Lever]:
    """Somebody who never signs."""
    for who in scenario.investors:
        yield _absence(f"out.{who.id}", who, "investors", "out", "out of the round")
    for pool in scenario.investor_pools:
        yield _absence(f"out.{pool.id}", pool, "investor_pools", "out", "out of the round")


def _absence(
    name: str, who: GatekeeperTable | InvestorTable | InvestorPoolTable, table: str, word: str, says: str
) -> Lever:
    clause = f"{who.name or who.id}: {says}"  # a name may be one of many
    return _threat(name, who.id, "-", 1.0, lambda _: clause, lambda _: {f"{table}.{who.id}": word})
