"""Gains: what each lever brings under the same luck, in probability, money, survival and dilution, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from abm.analysis.levers import Lever, chosen, lever_named, levers_of
from abm.core.arguments import checked
from abm.core.errors import ScenarioError
from abm.core.old_names import renamed
from abm.runs.differences import Difference, paired_events, paired_means
from abm.runs.estimates import estimate
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = "pd.DataFrame"  # columns of the outcomes, one row a run


@checked
def measure_gains(
    scenario: Scenario | str | Path,
    levers: Sequence[Lever | str] | None = None,
    runs: int = 20_000,
    seed: int = 1,
    *,
    sizes: Mapping[str, float] | None = None,
    pairs: int = 0,
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
    workers
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
        ``runs``, ``seed``.

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
    base, rows = _rows(scenario, runs, seed, workers), []
    for number, lever in enumerate(wanted):
        rows.append(_gain(scenario, base, [lever], sizes, seed, workers))
        if progress is not None:
            progress(number + 1, len(wanted))
    best = sorted((row for row in rows if not row["refused"]), key=lambda row: -float(row["change"]))[:pairs]
    for first, second in combinations([lever_named(wanted, row["lever"]) for row in best], 2):
        rows.append(_gain(scenario, base, [first, second], sizes, seed, workers))
    frame = pd.DataFrame(rows).assign(runs=runs, seed=seed)
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


def _rows(scenario: Scenario, runs: int, seed: int, workers: int | None) -> Rows:
    outcomes = simulate(scenario, runs, seed, keep="rows", workers=workers, central=True)
    return outcomes.columns.frame(outcomes.batch, ("closed", "funded_bn", "survived", "dilution"))


def _gain(
    scenario: Scenario, base: Rows, levers: list[Lever], sizes: Mapping[str, float], seed: int, workers: int | None
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
        rows = _rows(pulled(scenario, levers, sizes), len(base), seed, workers)
        refused, found = "", _differences(base, rows, seed, scenario.company is not None)
    except (ScenarioError, ValueError) as error:
        refused, found = str(error), _differences(base[:0], base[:0], seed, False)
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


def _differences(base: Rows, rows: Rows, seed: int, company: bool) -> dict[str, Difference]:
    """What changed, run by run: probability of closing, money, survival, dilution in percentage points."""
    nothing = Difference(math.nan, math.nan, math.nan, 0, seed, math.nan)
    if not len(base):
        return dict.fromkeys(("", "funded_", "survived_", "dilution_"), nothing)
    return {
        "": paired_events(base["closed"].to_numpy(), rows["closed"].to_numpy(), seed),
        "funded_": paired_means(base["funded_bn"].to_numpy(), rows["funded_bn"].to_numpy(), seed),
        "survived_": paired_events(base["survived"].to_numpy(), rows["survived"].to_numpy(), seed)
        if company
        else nothing,
        "dilution_": paired_means(100 * base["dilution"].to_numpy(), 100 * rows["dilution"].to_numpy(), seed),
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
) -> pd.DataFrame:
    """Probability of closing over the sizes of two levers, the second pulled on top of the first.

    Parameters
    ----------
    scenario, runs, seed, workers
        As in :func:`measure_gains`.
    first, second
        Ids of levers.
    sizes
        Sizes of both, each in its unit; default: five from none to the largest, or both states of a switch.

    Returns
    -------
    DataFrame
        One row a pair of sizes, for :func:`abm.plots.sweeps.heat`: the sizes under the ids of the levers, ``p``,
        ``low``, ``high`` with the Wilson interval [-], ``runs``, ``seed``.

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
            rows = _rows(pulled(scenario, [lever_1, lever_2], {first: x, second: y}), runs, seed, workers)
            at = estimate(int(np.count_nonzero(rows["closed"])), runs, seed)
            found.append((float(x), float(y), at.p, at.low, at.high, runs, seed))
    return pd.DataFrame(found, columns=[first, second, "p", "low", "high", "runs", "seed"])


def _steps(lever: Lever) -> list[float]:
    return [0.0, 1.0] if lever.switch else [float(x) for x in np.linspace(0, lever.largest, 5)]


__getattr__ = renamed(__name__, {"gains": "measure_gains"})
