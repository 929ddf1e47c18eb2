"""Dossier: everything that a report says about a round, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abm.analysis.discovery import FEWEST, Discovery, discover
from abm.analysis.drivers import Drivers, morris, need
from abm.analysis.explanation import Explained, explained
from abm.analysis.gains import measure_gains
from abm.analysis.incidence import cumulative_incidence
from abm.analysis.inert import moving
from abm.analysis.information import Information, information_of
from abm.analysis.levers import lever_named, levers_of
from abm.analysis.pivotal import Pivotal, pairs, shapley_values
from abm.analysis.regret import Regret, compare_levers
from abm.analysis.trees import Tree, grow_tree
from abm.analysis.worlds import Worlds, around
from abm.core.arguments import checked
from abm.core.errors import Fault, ScenarioError
from abm.runs.outcomes import Outcomes
from abm.runs.simulation import simulate
from abm.scenario import Scenario
from abm.sweeps import Design, Study, sweep
from abm.sweeps.axis import Axis

if TYPE_CHECKING:
    import pandas as pd

#: Designs whose points are draws of what nobody knows.
OF_WORLDS = ("prior", "sobol", "latin_hypercube", "shares")
_PAIRED = 6  # players of whom pairs are looked at
_PULLED = 7  # levers that are compared over worlds


@dataclass(frozen=True)
class Effort:
    """How much luck each part of a report may spend: runs, draws of what nobody knows, orders of players, walks."""

    runs: int = 20_000
    draws: int = 256
    runs_of_a_draw: int = 400
    orders: int = 48
    block: int = 200  # whole pairs of worlds
    walks: int = 6
    runs_of_a_step: int = 200
    runs_of_a_lever: int = 8_000
    worlds: int = 64
    runs_of_a_world: int = 150
    runs_of_a_screen: int = 200

    def scaled(self, share: float) -> Effort:
        """Return a share of it, but never so little that nothing could be said."""
        least = {"draws": 64, "runs_of_a_draw": 100, "orders": 4, "walks": 2, "worlds": 8, "runs_of_a_screen": 100}
        return replace(
            self, **{name: max(least.get(name, 50), int(value * share)) for name, value in vars(self).items()}
        )


@dataclass(frozen=True)
class Dossier:
    """What is known about a round; None where the scenario has nothing to say about it."""

    scenario: Scenario
    seed: int
    effort: Effort
    asked: Study | None
    outcomes: Outcomes
    central: Outcomes
    incidence: pd.DataFrame
    pivotal: Pivotal | None
    pairs: pd.DataFrame | None
    gains: pd.DataFrame
    worlds: Study | None
    around: Worlds | None
    inert: tuple[str, ...]
    drivers: Drivers | None
    information: Information | None
    discovery: Discovery | None
    tree: Tree | None
    regret: Regret | None
    stories: tuple[Explained, ...]


@checked
def investigate(
    target: Scenario | Study, seed: int = 1, effort: Effort | None = None, log: Callable[[str], None] | None = None
) -> Dossier:
    """Work out everything about a round.

    Parameters
    ----------
    target
        A scenario, or a study of one. The points of a study are taken as the worlds that may be, where its design
        spreads at least 20 of them over ranges; otherwise they are shown as what was asked, and worlds are drawn from
        the ranges of the file.
    seed
        Seed that all runs share.
    effort
        How much luck each part may spend.
    log
        Called with what is done next, in words.

    Raises
    ------
    StoreError
        Where a study is not finished.
    Refusal
        Where a library is missing.
    """
    need("SALib", "sklearn")  # before the work, not after it
    effort, log = effort or Effort(), log or (lambda _: None)
    study = target if isinstance(target, Study) else None
    scenario = target if isinstance(target, Scenario) else target.job.scenario
    of_worlds = study is not None and _of_worlds(study)
    log("simulating the round")
    outcomes = simulate(scenario, effort.runs, seed)
    central = simulate(scenario, effort.runs, seed, central=True) if outcomes.drawn else outcomes
    log("finding who is pivotal")
    who, together = _pivotal(scenario, seed, effort)
    log("pulling levers")
    pulled = measure_gains(scenario, runs=effort.runs_of_a_lever, seed=seed)
    log("leaving out the numbers that move nothing")
    moving, inert = _moving(scenario, study if of_worlds else None, seed, effort)
    log("drawing worlds from what nobody knows")
    worlds = study if of_worlds else _worlds(scenario, inert, seed, effort)
    drivers = information = discovery = tree = regrets = near = None
    if worlds is not None and moving:
        near = around(worlds, central, inert)
        information, discovery = information_of(worlds, seed, inert), discover(near.frame, near.p, seed=seed)
        tree = grow_tree(near.frame, near.p, runs=near.runs)
        log("screening what drives the answer")
        drivers = morris(scenario, moving, trajectories=effort.walks, runs=effort.runs_of_a_step, seed=seed)
        log("comparing levers over worlds")
        regrets = _regret(scenario, pulled, worlds, near, tree, seed, effort)
    log("telling two stories")
    stories = tuple(_stories(scenario, outcomes, seed))
    return Dossier(
        scenario, seed, effort, None if of_worlds else study, outcomes, central, cumulative_incidence(outcomes), who,
        together, pulled, worlds, near, inert, drivers, information, discovery, tree, regrets, stories,
    )  # fmt: skip


def _pivotal(scenario: Scenario, seed: int, effort: Effort) -> tuple[Pivotal | None, pd.DataFrame | None]:
    if not scenario.investors and not scenario.investor_pools:
        return None, None
    runs = max(50, effort.runs // 10)
    found = shapley_values(scenario, runs=runs, samples=effort.orders, block=effort.block, seed=seed)
    top = found.table["player"].head(_PAIRED).tolist()
    return found, pairs(scenario, top, runs=runs, seed=seed) if len(top) > 1 else None


def _of_worlds(study: Study) -> bool:
    """Whether the points of a finished study are draws of worlds, enough of them, and of the closing."""
    known = int(study.points()["p"].notna().sum())
    return study.design.kind in OF_WORLDS and study.job.event == "closed" and known >= FEWEST


def _moving(
    scenario: Scenario, study: Study | None, seed: int, effort: Effort
) -> tuple[tuple[Axis, ...], tuple[str, ...]]:
    """Which numbers of the file, or of a study of worlds, move the answer, and the paths of those that do not."""
    try:
        moves, inert = moving(
            scenario, None if study is None else study.design.axes, runs=effort.runs_of_a_screen, seed=seed
        )
    except ScenarioError:  # no number has a range
        return (), ()
    return moves, tuple(path for axis in inert for path in axis.paths)


def _worlds(scenario: Scenario, inert: tuple[str, ...], seed: int, effort: Effort) -> Study | None:
    """Draws of what nobody knows and moves the answer; None where there is nothing of the kind."""
    try:
        design = Design.prior(scenario, effort.draws, seed, inert)
    except ScenarioError:
        return None
    return sweep(scenario, design, effort.runs_of_a_draw, seed, central=True)


def _regret(
    scenario: Scenario, pulled: pd.DataFrame, worlds: Study, near: Worlds, tree: Tree, seed: int, effort: Effort
) -> Regret | None:
    """Compare the levers that promise most over the first of the worlds, told apart by the leaves of the tree."""
    promising = pulled[(pulled["refused"] == "") & (pulled["change"] > 0)].head(_PULLED)["lever"].tolist()
    known = np.isfinite(near.p)
    indices = [index for index in range(len(worlds.design)) if known[index]][: effort.worlds]
    if not promising or len(indices) < 2:  # noqa: PLR2004, nothing to compare
        return None
    levers = [lever_named(levers_of(scenario), name) for name in promising]
    leaves = tree.leaf_of(near.frame.iloc[indices])
    labels = [leaf_name(int(leaf)) for leaf in leaves]
    return compare_levers(
        scenario, levers, [worlds.design[index] for index in indices], labels, runs=effort.runs_of_a_world, seed=seed
    )


@checked
def leaf_name(index: int) -> str:
    """Name of a leaf of the tree, the one in which it closes most often first.

    Examples
    --------
    >>> leaf_name(0), leaf_name(2)
    ('worlds A', 'worlds C')
    """
    return f"worlds {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[index % 26]}"


def _stories(scenario: Scenario, outcomes: Outcomes, seed: int) -> Iterator[Explained]:
    """One failed and one closed story, as far as there are such runs."""
    closed = outcomes.batch.rows["closed"]
    looked = min(2_000, outcomes.runs)
    for which, there in (("failed", (~closed[:looked]).any()), ("closed", closed[:looked].any())):
        if there:
            yield explained(scenario, seed, which, looked)


@checked
def target_of(name: str) -> Scenario | Study:
    """Read what a report is about: the folder of a study, a packaged scenario, or the path of one."""
    from abm.scenario import load_scenario
    from abm.sweeps.manifest import MANIFEST

    folder = Path(name)
    if folder.is_dir():
        if not (folder / MANIFEST).exists():
            raise ScenarioError(name, [Fault("target", "expected the folder of a study, or a scenario")])
        return Study.open(folder)
    return load_scenario(name)
