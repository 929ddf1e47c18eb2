"""Regret: which lever to pull when nobody knows which of several worlds is the true one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.analysis.levers import Lever, chosen, lever_named, levers_of
from abm.core.arguments import checked
from abm.core.errors import ScenarioError
from abm.core.notebook import Printed
from abm.core.old_names import renamed
from abm.runs.estimates import bootstrap_interval
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "as it is"
_RESAMPLES = 1_000
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Regret(Printed):
    """Probability of closing under each lever in each scenario, and what is lost by not having pulled the best one.

    Attributes
    ----------
    p, regret
        Mean P(closed) over the worlds of a scenario [-], and the best lever's minus this one's [-]: a row a lever
        (``"as it is"`` first), a column a scenario.
    choice, worst, low, high
        The minimax choice: the lever whose largest regret is smallest; that regret [-], and its 95 % interval: worlds
        are drawn again within their scenarios, and runs, the same for all levers.
    chosen
        Share of these draws in which each lever is the choice [-].
    worlds
        P(closed) of each world [-]: a row a world, with ``label`` and ``weight``, and a column a lever.
    refused
        One row a lever and world in which it cannot be pulled, where it counts as not pulled: ``lever``, ``world``,
        ``label``, ``reason``.
    words
        What each lever does, by id.
    runs, seed
        Runs of each lever in each world, and the seed that all share.
    """

    p: pd.DataFrame
    regret: pd.DataFrame
    choice: str
    worst: float
    low: float
    high: float
    chosen: dict[str, float]
    worlds: pd.DataFrame
    refused: pd.DataFrame
    words: dict[str, str]
    runs: int
    seed: int

    def satisficing(self, threshold: float = 0.5) -> dict[str, float]:
        """Share of the worlds, by weight, in which P(closed) reaches a threshold, by lever [-]."""
        enough = self.worlds[list(self.words)].to_numpy(float) >= threshold
        shares = np.average(enough, axis=0, weights=self.worlds["weight"].to_numpy(float))
        return dict(zip(self.words, shares.tolist(), strict=True))

    def __str__(self) -> str:
        """Say it the way it may be quoted."""
        return (
            f"“{self.words[self.choice]}”, regret of at most {100 * self.worst:.1f} points (95 % interval "
            f"{100 * self.low:.1f} to {100 * self.high:.1f}, {len(self.worlds)} worlds, {self.runs:,} runs each, "
            f"seed {self.seed})"
        )


@checked
def compare_levers(
    scenario: Scenario | str | Path,
    levers: Sequence[Lever | str] | None,
    worlds: Sequence[Mapping[str, Any]],
    labels: Sequence[str] | None = None,
    weights: Sequence[float] | None = None,
    runs: int = 200,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Regret:
    """Compare levers over worlds, under the same luck, without saying how probable the scenarios are.

    A lever acts on what the world has: a price cut cuts the world's price. Regret counts P(closed) alone, not what a
    lever costs. The largest of several estimated regrets is a little too large on average.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    levers
        Levers or their ids; None: all that the scenario has.
    worlds
        Changes that make a world, such as the points of :meth:`abm.Design.prior`.
    labels
        Scenario that each world belongs to, such as the leaf of a tree; default: each world is one of its own.
    weights
        Weight of each world within its scenario, and among all in :meth:`Regret.satisficing`; default: equal.
    runs, seed
        Runs of each lever in each world [-], and the seed that all share.
    progress
        Called with worlds done and worlds wanted.

    Returns
    -------
    Regret
        With the minimax choice.

    Raises
    ------
    ValueError
        Where there is no such lever, or labels and weights do not fit the worlds.
    ScenarioError
        Where a world contradicts the scenario.

    References
    ----------
    Savage, L. J. (1951). The theory of statistical decision. Journal of the American Statistical Association 46(253),
    55-67. doi:10.1080/01621459.1951.10500768

    Lempert, R. J. et al. (2006). A general, analytic method for generating robust strategies and narrative scenarios.
    Management Science 52(4), 514-528. doi:10.1287/mnsc.1050.0472

    Examples
    --------
    >>> path = "gatekeepers.restructuring.hazard_per_year"
    >>> levers, worlds = ["bind.fund", "conditions.lead"], [{path: 0.5}, {path: 8}]
    >>> found = compare_levers("three-investors", levers, worlds, ["slow", "fast"])
    >>> found.choice, found.p.idxmax().to_dict()
    ('bind.fund', {'slow': 'conditions.lead', 'fast': 'bind.fund'})
    """
    import pandas as pd

    scenario = load_scenario(scenario)
    wanted = chosen(scenario, levers)
    names, parts = _checked(worlds, labels, weights)
    closed, refused = [], []
    for number, world in enumerate(worlds):
        found, why = _in_world(scenario.with_values(world), wanted, runs, seed)
        closed.append(found)
        refused += [(lever, number, names[number], reason) for lever, reason in why.items()]
        if progress is not None:
            progress(number + 1, len(worlds))
    reasons = pd.DataFrame(refused, columns=["lever", "world", "label", "reason"])
    words = {NOTHING: "everything stays as it is"} | {lever.id: lever.words for lever in wanted}
    return _weighed(np.array(closed), names, np.array(parts), reasons, words, seed)


def _checked(
    worlds: Sequence[Mapping[str, Any]], labels: Sequence[str] | None, weights: Sequence[float] | None
) -> tuple[list[str], list[float]]:
    """Labels and weights of the worlds."""
    names = [f"world {k + 1}" for k in range(len(worlds))] if labels is None else [str(name) for name in labels]
    parts = [1.0] * len(worlds) if weights is None else [float(part) for part in weights]
    if not worlds or len(names) != len(worlds) or len(parts) != len(worlds):
        got = f"{len(worlds)} worlds, {len(names)} labels and {len(parts)} weights"
        raise ValueError(f"expected at least one world, and a label and a weight for each, got {got}")
    if not all(part > 0 for part in parts):
        raise ValueError(f"expected weights above 0, got {min(parts):g}")
    return names, parts


def _in_world(world: Scenario, levers: Sequence[Lever], runs: int, seed: int) -> tuple[Bools, dict[str, str]]:
    """Whether each run closes, bool[1 + levers, runs], and why levers are refused; these count as not pulled."""

    def closed(changed: Scenario) -> Bools:
        return simulate(changed, runs, seed, keep="rows", central=True).batch.rows["closed"]

    found, reasons, known = [closed(world)], dict[str, str](), levers_of(world)
    for lever in levers:
        try:
            here = lever_named(known, lever.id)
            found.append(closed(world.with_values(here.changes(min(lever.standard, here.largest)))))
        except ScenarioError as error:
            reasons[lever.id] = str(error)
        except ValueError:
            reasons[lever.id] = f"expected a world that has the lever '{lever.id}'"
        if lever.id in reasons:
            found.append(found[0])
    return np.array(found), reasons


@checked
def regrets_of(p: pd.DataFrame) -> pd.DataFrame:
    """Regret of each lever in each scenario: the best lever's P there minus its own [-].

    Parameters
    ----------
    p
        P(closed) [-], a row a lever, a column a scenario.

    Examples
    --------
    >>> import pandas as pd
    >>> p = pd.DataFrame({"calm": [0.75, 0.5], "storm": [0.25, 0.5]}, index=["bold", "safe"])
    >>> regrets_of(p).to_numpy().tolist()
    [[0.0, 0.25], [0.25, 0.0]]
    """
    return p.max(axis=0) - p


@checked
def minimax(regret: pd.DataFrame) -> tuple[str, float]:
    """Lever whose largest regret is smallest, the first of equals, and that regret [-].

    Examples
    --------
    >>> import pandas as pd
    >>> minimax(pd.DataFrame({"calm": [0.0, 0.25], "storm": [0.5, 0.0]}, index=["bold", "safe"]))
    ('safe', 0.25)
    """
    worst = regret.max(axis=1)
    return str(worst.idxmin()), float(worst.min())


def _weighed(
    closed: Bools, labels: list[str], weights: Floats, refused: pd.DataFrame, words: dict[str, str], seed: int
) -> Regret:
    """Weigh up what was found in the worlds: bool[worlds, levers, runs]."""
    import pandas as pd

    names, values = list(words), closed.mean(axis=2)
    groups = {name: np.array([k for k, label in enumerate(labels) if label == name]) for name in dict.fromkeys(labels)}
    means = [np.average(values[own], axis=0, weights=weights[own]) for own in groups.values()]
    p = pd.DataFrame(np.array(means).T, index=pd.Index(names, name="lever"), columns=list(groups))
    regret = regrets_of(p)
    choice, worst = minimax(regret)
    drawn = _bootstrap(closed, weights, list(groups.values()), seed)
    low, high = bootstrap_interval(drawn[:, names.index(choice)])
    wins = np.bincount(drawn.argmin(axis=1), minlength=len(names)) / len(drawn)
    worlds = pd.DataFrame({"label": labels, "weight": weights}).rename_axis("world")
    worlds[names] = values
    shares = dict(zip(names, wins.tolist(), strict=True))
    return Regret(p, regret, choice, worst, low, high, shares, worlds, refused, words, closed.shape[2], seed)


def _bootstrap(closed: Bools, weights: Floats, groups: list[NDArray[np.int64]], seed: int) -> Floats:
    """Largest regret of each lever, drawn again and again: float64[draws, levers].

    Worlds are drawn within their scenario. Runs are drawn once for all worlds and levers, as these share their luck.
    """
    chance = np.random.default_rng(seed)
    worlds, levers, runs = closed.shape
    counts = chance.multinomial(runs, np.full(runs, 1 / runs), size=_RESAMPLES)
    p = (closed.reshape(worlds * levers, runs).astype(float) @ counts.T / runs).reshape(worlds, levers, _RESAMPLES)
    worst = np.zeros((_RESAMPLES, levers))
    for own in groups:
        often = chance.multinomial(len(own), np.full(len(own), 1 / len(own)), size=_RESAMPLES) * weights[own]
        means = np.einsum("rw,wlr->rl", often, p[own]) / often.sum(axis=1, keepdims=True)
        worst = np.maximum(worst, means.max(axis=1, keepdims=True) - means)
    return worst


__getattr__ = renamed(__name__, {"regret": "compare_levers"})
