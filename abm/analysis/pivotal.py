"""Pivotal: whose part it is when a round closes, and who needs whom."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abm.analysis.shapley import exact_shares, sampled_shares, shapley_shubik
from abm.core.arguments import checked
from abm.core.old_names import renamed, renamed_attribute
from abm.population import unknowns_of
from abm.population.contracts import musd
from abm.population.layout import members_of
from abm.population.sobol import RUNS_OF_A_PAIR
from abm.runs.clusters import estimate_of_runs, mean_interval
from abm.runs.differences import Difference, paired_events
from abm.runs.estimates import Estimate, student_interval
from abm.runs.simulation import simulate
from abm.scenario import Scenario, load_scenario
from abm.scenario.checks import largest_ticket
from abm.scenario.money import units_of

if TYPE_CHECKING:
    import pandas as pd

MOST_EXACT = 12  # players of whom all coalitions are looked at
_ABSENT = {"investor": "out", "pool": "out", "gatekeeper": "never"}
_BOUND = {"investor": "bound", "gatekeeper": "given"}
Shares = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], str]  # mean, low, high; how computed
Happened = NDArray[np.bool_]  # bool[R], whether the event came in each of R runs
_TABLES = {"investors": "investor", "investor_pools": "pool", "gatekeepers": "gatekeeper"}


@dataclass(frozen=True)
class Player:
    """Somebody who may be in or out: his dotted path, id, name, and kind (investor, pool, gatekeeper)."""

    path: str
    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Pivotal:
    """Who is pivotal for an event.

    Attributes
    ----------
    table
        One row a player, the largest first: ``player`` (path), ``id``, ``name``, ``kind``; ``shapley`` with ``low`` and
        ``high``; ``leave_out``, what is lost when he alone is away, and ``bind``, what is gained when he alone is bound
        or his consent given (NaN for pools), each with ``_low`` and ``_high``; ``shubik``, his power in the book by
        tickets alone (NaN for gatekeepers).
    total, empty_coalition
        Probability of the event with everybody, and with none of the players.
    shared
        Sum of the Shapley values [-]: what everybody brings, on the luck that they were computed on.
    method
        How they were computed, in a sentence.
    """

    table: pd.DataFrame
    total: Estimate
    empty_coalition: Estimate
    shared: float
    method: str

    nobody = renamed_attribute("nobody", "empty_coalition")


@checked
def players_of(scenario: Scenario, paths: Sequence[str] | None = None) -> list[Player]:
    """List everybody who may be in or out: named investors, pools, gatekeepers; or those at the paths.

    Raises
    ------
    ValueError
        Where a path leads to none of them.

    Examples
    --------
    >>> import abm
    >>> [player.path for player in players_of(abm.load_scenario("three-investors"))]
    ['investors.lead', 'investors.fund', 'investors.swf', 'gatekeepers.restructuring']
    """
    found = {
        f"{table}.{who.id}": Player(f"{table}.{who.id}", who.id, who.name or who.id, kind)
        for table, kind in _TABLES.items()
        for who in getattr(scenario, table)
    }
    if unknown := [path for path in paths or () if path not in found]:
        raise ValueError(f"expected players among {', '.join(found)}, got {unknown[0]!r}")
    return [found[path] for path in (found if paths is None else paths)]


@checked
def shapley_values(
    scenario: Scenario | str | Path,
    runs: int = 4_000,
    samples: int = 40,
    block: int = 200,
    seed: int = 1,
    event: str = "closed",
    players: Sequence[str] | None = None,
    exact: bool | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    central: bool = False,
) -> Pivotal:
    """Find who is pivotal: Shapley values of the probability of an event over investors, pools and gatekeepers.

    A coalition is simulated with everybody outside of it away: investors never sign, consents never come. Up to twelve
    players all coalitions are looked at, over the same runs, and the interval comes from the runs. Beyond, each sample
    is a random order of the players and its reverse, on a block of runs of its own, so that one interval holds what
    orders and runs leave open.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    runs
        Runs for everything but sampled Shapley values [-].
    samples, block
        Orders (each with its reverse), and runs of each, where not all coalitions are looked at [-].
    seed
        The seed that all runs share, and the orders.
    event
        A column of True and False, or a condition on columns.
    players
        Paths such as ``"investors.lead"``; default: everybody. Others are always as in the file.
    exact
        Whether to look at all coalitions; default: up to twelve players.
    workers
        Threads; default: one a core.
    progress
        Called with steps done and steps wanted.
    central
        Whether every number that has a range keeps its value, as in :func:`abm.simulate`.

    Raises
    ------
    ValueError
        Where a player or the event is unknown, or there are too many players to be exact.

    Examples
    --------
    >>> found = shapley_values("three-investors", runs=200, workers=1)
    >>> abs(float(found.table["shapley"].sum() - (found.total.p - found.empty_coalition.p))) < 1e-12
    True
    """
    import pandas as pd

    scenario = load_scenario(scenario)
    who = players_of(scenario, players)
    exact = len(who) <= MOST_EXACT if exact is None else exact
    if exact and len(who) > MOST_EXACT:
        raise ValueError(f"expected at most {MOST_EXACT} players for all coalitions, got {len(who)}")
    if not exact and samples < 2:  # noqa: PLR2004, no spread can be seen
        raise ValueError(f"expected at least 2 samples, got {samples}")
    game = Game(scenario, who, event, seed, central)
    steps = (1 << len(who) if exact else samples) + 2 * len(who) + 2
    log = _counted(progress, steps)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        everybody, empty, others, bound = _reference_runs(game, runs, pool, log)
        found = _exact(game, runs, pool, log) if exact else _sampled(game, samples, block, pool, log)
    middle, low, high, method = found
    drawn = game.drawn(range(runs))
    rows = []
    power = _power(scenario, who)
    for index, (player, without_him, with_him_bound) in enumerate(zip(who, others, bound, strict=True)):
        away = paired_events(without_him, everybody, seed, drawn)
        held = None if with_him_bound is None else paired_events(everybody, with_him_bound, seed, drawn)
        rows.append({
            "player": player.path, "id": player.id, "name": player.name, "kind": player.kind,
            "shapley": middle[index], "low": low[index], "high": high[index],
            **_columns("leave_out", away), **_columns("bind", held), "shubik": power[index],
        })  # fmt: skip
    frame = pd.DataFrame(rows).sort_values("shapley", ascending=False, kind="stable", ignore_index=True)
    total, none = (estimate_of_runs(happened, seed, drawn) for happened in (everybody, empty))
    return Pivotal(frame, total, none, float(np.sum(middle)), method)


@checked
def pairs(
    scenario: Scenario | str | Path,
    players: Sequence[str],
    runs: int = 4_000,
    seed: int = 1,
    event: str = "closed",
    workers: int | None = None,
    central: bool = False,
) -> pd.DataFrame:
    """Find who needs whom: what two lose together beyond what each loses alone when he leaves, everybody else staying.

    Parameters
    ----------
    scenario, runs, seed, event, workers, central
        As in :func:`shapley_values`.
    players
        Paths of those to be paired.

    Returns
    -------
    DataFrame
        One row a pair: ``first``, ``second`` (paths), ``together``, v(all) - v(without first) - v(without second) +
        v(without both) [-], with ``low`` and ``high``. Above 0 they need each other; below 0 one stands in for the
        other.

    Examples
    --------
    >>> frame = pairs("three-investors", ["investors.lead", "gatekeepers.restructuring"], runs=200, workers=1)
    >>> frame["together"].tolist() == [simulate("three-investors", 200, 1).probability("closed").p]
    True
    """
    import pandas as pd

    scenario = load_scenario(scenario)
    game = Game(scenario, players_of(scenario, players), event, seed, central)
    everybody = frozenset(range(len(players)))
    away: list[tuple[int, ...]] = [(), *((i,) for i in range(len(players))), *combinations(range(len(players)), 2)]
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        found = dict(zip(away, pool.map(lambda out: game(everybody - set(out), range(runs)), away), strict=True))
    rows = []
    for i, j in combinations(range(len(players)), 2):
        together = found[()].astype(float) - found[i,] - found[j,] + found[i, j]
        rows.append((players[i], players[j], *mean_interval(together, game.drawn(range(runs)))))
    return pd.DataFrame(rows, columns=["first", "second", "together", "low", "high"])


class Game:
    """Runs of a scenario in which only some of the players take part."""

    def __init__(
        self, scenario: Scenario, players: Sequence[Player], event: str, seed: int, central: bool = False
    ) -> None:
        self.scenario, self.players, self.event, self.seed = scenario, list(players), event, seed
        self.central = central
        own = {player.id for player in players if player.kind != "gatekeeper"}
        self._target = float(scenario.round.target_bn)
        units = units_of(scenario)
        self._most: dict[str, float] = {}  # the most that each player, and all who are always there, can bring
        for _, name, member in members_of(scenario):
            owner = name.split("#")[0]
            key = owner if owner in own else ""
            # plus a unit: money is rounded to whole ones on its way into a run
            self._most[key] = self._most.get(key, 0.0) + largest_ticket(member) + 1.0 / units

    def drawn(self, runs: range) -> NDArray[Any] | None:
        """Numbers of some runs, where those of a world share what nobody knows."""
        return None if self.central or unknowns_of(self.scenario) is None else np.array(runs)

    def hopeless(self, inside: frozenset[int]) -> bool:
        """Whether the largest tickets of all who are in add up to less than the target, so that nothing can close."""
        most = self._most.get("", 0.0) + sum(self._most.get(self.players[index].id, 0.0) for index in inside)
        return self.event == "closed" and most < self._target

    def __call__(self, inside: frozenset[int], runs: range) -> Happened:
        """Whether the event happens, in each of some runs: bool[R]."""
        if self.hopeless(inside):
            return np.zeros(len(runs), np.bool_)
        away = [player for index, player in enumerate(self.players) if index not in inside]
        return self.happened({player.path: _ABSENT[player.kind] for player in away}, runs)

    def happened(self, changes: dict[str, str], runs: range) -> Happened:
        """Whether the event happens after changes, in each of some runs: bool[R]."""
        changed = self.scenario.with_values(changes) if changes else self.scenario
        found = simulate(
            changed, len(runs), self.seed, first_run=runs.start, workers=1, keep="rows", central=self.central
        )
        return found.columns.happened(found.batch, self.event)


def _reference_runs(
    game: Game, runs: int, pool: ThreadPoolExecutor, log: Callable[[], None]
) -> tuple[Happened, Happened, list[Happened], list[Happened | None]]:
    """Simulate everybody, nobody, everybody but one, and everybody with one bound."""
    every, span = frozenset(range(len(game.players))), range(runs)

    def of(inside: frozenset[int]) -> Happened:
        log()
        return game(inside, span)

    def bound(player: Player) -> Happened | None:
        log()
        return game.happened({player.path: _BOUND[player.kind]}, span) if player.kind in _BOUND else None

    coalitions = [every, frozenset[int](), *(every - {index} for index in sorted(every))]
    everybody, empty, *others = pool.map(of, coalitions)
    return everybody, empty, others, list(pool.map(bound, game.players))


def _exact(game: Game, runs: int, pool: ThreadPoolExecutor, log: Callable[[], None]) -> Shares:
    """Shapley values from all coalitions; the runs alone leave something open."""
    from abm.analysis.shapley import members

    players, span = len(game.players), range(runs)

    def worth(mask: int) -> Happened:
        log()
        return game(members(mask, players), span)

    known = list(pool.map(worth, range(1 << players)))
    shares = exact_shares(players, lambda inside: known[sum(1 << index for index in inside)])
    who = "1 player" if players == 1 else f"{players} players"
    method = f"All {1 << players:,} coalitions of {who} over the same {runs:,} runs, seed {game.seed}."
    middle, low, high = np.transpose([mean_interval(one, game.drawn(span)) for one in shares.T])
    return middle, low, high, method


def _sampled(game: Game, samples: int, block: int, pool: ThreadPoolExecutor, log: Callable[[], None]) -> Shares:
    """Shapley values from random orders, each with its reverse and on runs, and worlds, of its own."""
    apart = block if game.drawn(range(1)) is None else -(-block // RUNS_OF_A_PAIR) * RUNS_OF_A_PAIR

    def sample(number: int) -> NDArray[np.float64]:
        log()
        known: dict[frozenset[int], Happened] = {}
        span = range(number * apart, number * apart + block)

        def worth(inside: frozenset[int]) -> Happened:
            if inside not in known:
                known[inside] = game(inside, span)
            return known[inside]

        order = np.random.default_rng((game.seed, number)).permutation(len(game.players)).tolist()
        return sampled_shares(len(game.players), worth, order)

    shares = np.array(list(pool.map(sample, range(samples))))
    method = (
        f"{samples:,} random orders of {len(game.players)} players, each with its reverse and {block:,} runs of its "
        f"own, seed {game.seed}."
    )
    return *student_interval(shares), method


def _power(scenario: Scenario, players: Sequence[Player]) -> list[float]:
    """Shapley-Shubik index of each player by largest tickets; of a pool, that of its members together."""
    book = [(name.split("#")[0], largest_ticket(who)) for _, name, who in members_of(scenario)]
    target, units = float(scenario.round.target_bn), units_of(scenario)
    bounded = [(owner, musd(min(ticket, target), units)) for owner, ticket in book]
    shares = shapley_shubik([weight for _, weight in bounded], musd(target, units))
    power = dict.fromkeys((owner for owner, _ in bounded), 0.0)
    for (owner, _), share in zip(bounded, shares, strict=True):
        power[owner] += share
    return [float("nan") if player.kind == "gatekeeper" else power.get(player.id, 0.0) for player in players]


def _columns(name: str, difference: Difference | None) -> dict[str, float]:
    found = (difference.change, difference.low, difference.high) if difference else (np.nan,) * 3
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))


def _counted(progress: Callable[[int, int], None] | None, steps: int) -> Callable[[], None]:
    """Return what tells of each step."""
    done = 0

    def log() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, steps), steps)

    return log


__getattr__ = renamed(__name__, {"pivotal": "shapley_values"})
