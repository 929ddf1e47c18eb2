"""Gains: what each lever brings under the same luck, in probability, money, survival and dilution, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from abm.analysis.levers import Lever, chosen, lever_named, levers_of
from abm.core.arguments import checked
from abm.core.errors import ScenarioError
from abm.core.old_names import renamed
from abm.runs.differences import Difference, paired_events, paired_means, unknown_difference
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd


@checked
def measure_gains(
    scenario: Scenario | str | Path,
    levers: Sequence[Lever | str] | None = None,
    runs: int = 20_000,
    seed: int = 1,
    *,
    sizes: Mapping[str, float] | None = None,
    pairs: int = 0,
    central: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Estimate what each lever gains against the scenario as it is, under the same luck, run by run.

    Each interval holds for its own row. Of thirty levers that do nothing, one or two would seem to do something, and
    the first row of a ranking is flattered by its luck: look at it again with another seed.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    levers
        Levers or their ids; default: all that the scenario has.
    runs, seed
        Runs of each lever [-], and the seed that they share.
    sizes
        Size of a lever by its id; default: its standard size.
    pairs
        So many of the best levers are also pulled two at a time [-].
    central, workers
        As in :func:`abm.simulate`.
    progress
        Called with levers done and levers wanted.

    Returns
    -------
    DataFrame
        One row a lever, the largest gain of P(closed) first: ``lever``, ``words``, ``size``, ``unit``; ``change``,
        ``low``, ``high`` of P(closed) [-]; the same after ``funded_`` for expected money [USD billion], after
        ``survived_`` for P(survived) [-] (NaN without a company) and after ``dilution_`` [percentage points], each with
        its 95 % interval; ``cost``, ``cost_unit``, ``counted``; ``per_cost``, the gain of P(closed) a unit of cost
        (NaN where there is no cost, or for pairs); ``refused``, why the scenario cannot be changed that way, or empty;
        ``runs``, ``worlds`` (0 where no numbers were drawn), ``seed``.

    Raises
    ------
    ValueError
        Where there is no such lever or size.

    Examples
    --------
    >>> table = measure_gains("three-investors", ["conditions.lead", "fallback.lead"], runs=200, workers=1)
    >>> table["lever"].tolist(), bool(table["change"].iloc[0] > 0.2)
    (['conditions.lead', 'fallback.lead'], True)
    """
    import pandas as pd

    scenario = load_scenario(scenario)
    wanted, sizes = chosen(scenario, levers), dict(sizes or {})
    for name in sizes:
        lever_named(wanted, name)
    how: _How = {"runs": runs, "seed": seed, "workers": workers, "central": central}
    base, rows = simulate(scenario, keep="rows", **how), []
    for number, lever in enumerate(wanted):
        rows.append(_gain(scenario, base, [lever], sizes, how))
        if progress is not None:
            progress(number + 1, len(wanted))
    best = sorted((row for row in rows if not row["refused"]), key=lambda row: -float(row["change"]))[:pairs]
    for first, second in combinations([lever_named(wanted, row["lever"]) for row in best], 2):
        rows.append(_gain(scenario, base, [first, second], sizes, how))
    frame = pd.DataFrame(rows).assign(runs=runs, worlds=base.probability("closed").worlds, seed=seed)
    return frame.sort_values("change", ascending=False, na_position="last", kind="stable", ignore_index=True)


@checked
def pulled(scenario: Scenario, levers: Sequence[Lever], sizes: Mapping[str, float] | None = None) -> Scenario:
    """Return a scenario with levers pulled one after the other, each on top of what those before it have left.

    Raises
    ------
    ScenarioError, ValueError
        Where a change contradicts the scenario, or it no longer has a lever.
    """
    for number, lever in enumerate(levers):
        size = (sizes or {}).get(lever.id, lever.standard)
        again = lever if number == 0 else lever_named(levers_of(scenario), lever.id)
        changes = again.changes(min(size, again.largest))
        scenario = scenario.with_values(changes) if changes else scenario
    return scenario


class _How(TypedDict):
    """What all simulations share."""

    runs: int
    seed: int
    workers: int | None
    central: bool


def _gain(
    scenario: Scenario, base: Outcomes, levers: list[Lever], sizes: Mapping[str, float], how: _How
) -> dict[str, Any]:
    """Return a row of :func:`measure_gains`."""
    known = [sizes.get(lever.id, lever.standard) for lever in levers]
    alone, cost = len(levers) == 1, levers[0].cost(known[0])
    row: dict[str, Any] = {
        "lever": " + ".join(lever.id for lever in levers),
        "words": " and ".join(lever.says(size) for lever, size in zip(levers, known, strict=True)),
        "size": known[0] if alone else math.nan,
        "unit": levers[0].unit if alone else "",
    }
    try:
        refused, found = "", _differences(base, simulate(pulled(scenario, levers, sizes), keep="rows", **how))
    except (ScenarioError, ValueError) as error:
        unknown = unknown_difference(how["seed"])
        refused, found = str(error), dict.fromkeys(("", "funded_", "survived_", "dilution_"), unknown)
    for name, difference in found.items():
        row |= {f"{name}{part}": getattr(difference, part) for part in ("change", "low", "high")}
    row |= {
        "cost": cost if alone else math.nan,
        "cost_unit": levers[0].cost_unit if alone else "",
        "counted": levers[0].counted if alone else "",
        "per_cost": row["change"] / cost if alone and cost > 0 else math.nan,
        "refused": refused,
    }
    return row


def _differences(base: Outcomes, other: Outcomes) -> dict[str, Difference]:
    """What changed, run by run: probability of closing, money, survival, dilution in percentage points."""
    seed, drawn = base.seed, other.drawn_runs if base.drawn_runs is None else base.drawn_runs

    def of_event(name: str) -> Difference:
        first, second = (one.columns.happened(one.batch, name) for one in (base, other))
        return paired_events(first, second, seed, drawn)

    def of_mean(name: str, unit: float) -> Difference:
        (first, scale), (second, _) = (one.columns.numbers(one.batch, name) for one in (base, other))
        return paired_means(unit * first / scale, unit * second / scale, seed, drawn)

    return {
        "": of_event("closed"),
        "funded_": of_mean("funded_bn", 1.0),
        "survived_": of_event("survived") if base.scenario.company is not None else unknown_difference(seed),
        "dilution_": of_mean("dilution", 100.0),
    }


@checked
def lever_map(
    scenario: Scenario | str | Path,
    first: str,
    second: str,
    sizes: tuple[Sequence[float], Sequence[float]] | None = None,
    runs: int = 2_000,
    seed: int = 1,
    workers: int | None = None,
    central: bool = False,
) -> pd.DataFrame:
    """Probability of closing over the sizes of two levers, the second pulled on top of the first.

    Parameters
    ----------
    scenario, runs, seed, workers, central
        As in :func:`measure_gains`.
    first, second
        Ids of levers.
    sizes
        Sizes of both, each in its unit; default: five from none to the largest, or both states of a switch.

    Returns
    -------
    DataFrame
        One row a pair of sizes, for :func:`abm.plots.sweeps.heat`: the sizes under the ids of the levers, ``p``,
        ``low``, ``high`` of its interval [-], ``runs``, ``seed``.

    Raises
    ------
    ValueError
        Where there is no such lever or size, or one lever takes away the other.
    ScenarioError
        Where the scenario cannot be changed that way.

    Examples
    --------
    >>> table = lever_map("three-investors", "target", "speed.restructuring", ([0, 0.25], [0, 1]), runs=100, workers=1)
    >>> table[["target", "speed.restructuring"]].to_numpy().tolist()
    [[0.0, 0.0], [0.0, 1.0], [0.25, 0.0], [0.25, 1.0]]
    """
    import pandas as pd

    scenario = load_scenario(scenario)
    lever_1, lever_2 = (lever_named(levers_of(scenario), name) for name in (first, second))
    if first == second:
        raise ValueError(f"expected two levers, got {first!r} twice")
    steps = sizes or (_steps(lever_1), _steps(lever_2))
    found = []
    for x in steps[0]:
        for y in steps[1]:
            lever_1.changes(x), lever_2.changes(y)  # refuses sizes that make no sense
            changed = pulled(scenario, [lever_1, lever_2], {first: x, second: y})
            at = simulate(changed, runs, seed, keep="rows", workers=workers, central=central).probability("closed")
            found.append((float(x), float(y), at.p, at.low, at.high, runs, seed))
    return pd.DataFrame(found, columns=[first, second, "p", "low", "high", "runs", "seed"])


def _steps(lever: Lever) -> list[float]:
    return [0.0, 1.0] if lever.switch else [float(x) for x in np.linspace(0, lever.largest, 5)]


__getattr__ = renamed(__name__, {"gains": "measure_gains"})
