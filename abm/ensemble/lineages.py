"""Lineages: runs whose weekly luck comes from other runs as of certain weeks, replayed from the start.

Luck that a week reads for the first time, and luck that nobody has seen yet, comes from the run of that week:
sentiment, regime, value, news, revenue, burn, talent, later shocks and financings, the extension, the veto and the
withdrawal of a listing. Where the runs change hands, drawn again is what has been drawn but not been seen: what is left
of the waits for consents, blocks, signatures, second thoughts and the next shock, which are exponential and so do not
remember how long they have lasted; the signal of a diligence that is not done; whether somebody who was never called
would pay; and whether a bridge that was never asked for is there. All else belongs to the first run: wealth, beliefs
and conditions at the start, days of diligence, true value, what gatekeepers share, and the wait for the listing.

So the weeks from a change on have exactly the law that the weeks before, as far as anybody saw them, leave to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from abm.core import draws
from abm.core.jit import entry, lean
from abm.core.records import LOOKING, OPEN, RESULT, SIGNED
from abm.core.schedule import weeks_into
from abm.ensemble import world as its
from abm.ensemble.build import World
from abm.ensemble.kernel import begin, begin_week, draw_ahead, grant_bridge, sum_up, week_passes
from abm.ensemble.parts import next_jump
from abm.population.layout import Population
from abm.population.sampling import frailties
from abm.rules.sums import moved

#: Weeks, counted from 1, from which on luck is that of a run: ``((1, 17), (9, 4_000))``. Weeks ascend.
Lineage = tuple[tuple[int, int], ...]

#: What is written down at the end of every week [USD million].
WATCHED = ("committed", "paid", "cash", "debt", "outflow", "expected")


class Replay(NamedTuple):
    """What lineages leave behind.

    Attributes
    ----------
    rows
        Records of :data:`abm.core.records.RESULT`, one a lineage, as things stood in the last week; ``run`` is the
        first run.
    paths
        float64, lineages by :data:`WATCHED` by weeks [USD million]; a path that ended early keeps its last value.
    """

    rows: np.ndarray[Any, Any]
    paths: np.ndarray[Any, Any]


class Lineages:
    """The compiled engine of one scenario, for lineages; several threads may call it at once.

    Parameters
    ----------
    population
        The scenario's population.

    Examples
    --------
    >>> import abm
    >>> from abm.population import prepare
    >>> replayed = Lineages(prepare(abm.load_scenario("three-investors")))(1, [((1, 17),), ((1, 17), (9, 4_000))], 26)
    >>> replayed.paths.shape
    (2, 6, 26)
    """

    def __init__(self, population: Population) -> None:
        self.population = population
        self._idle: SimpleQueue[World] = SimpleQueue()

    def __call__(self, seed: int, lineages: Sequence[Lineage], weeks: int) -> Replay:
        """Replay lineages one after the other.

        Parameters
        ----------
        seed
            The study's seed [-].
        lineages
            Each with its first run from week 1 on.
        weeks
            When to stop [weeks], at most the horizon.
        """
        ends = np.array([0, *accumulate(map(len, lineages))], np.int64)
        flat = np.array([part for lineage in lineages for part in lineage], np.int64).reshape(-1, 2)
        shared = frailties(self.population, seed, [lineage[0][1] for lineage in lineages])
        rows, paths = np.zeros(len(lineages), RESULT), np.zeros((len(lineages), len(WATCHED), weeks))
        try:
            world = self._idle.get_nowait()
        except Empty:
            world = World(self.population)
        replay(world.record, seed, weeks, ends, flat, shared, rows.view(np.recarray), paths)
        self._idle.put(world)
        return Replay(rows, paths)


@entry
def replay(world: Any, seed: int, weeks: int, ends: Any, lineages: Any, frailties: Any, rows: Any, paths: Any) -> None:
    """Replay lineages, and write down what each leaves behind.

    Parameters
    ----------
    world
        The memory to use.
    seed, weeks
        The study's seed, and when to stop [weeks].
    ends, lineages
        int64[P + 1], where each lineage starts and the last ends, and int64[K, 2], weeks and runs [-].
    frailties
        float64[P], luck that all gatekeepers share, of the first runs [-].
    rows, paths
        As in :class:`Replay`, overwritten.
    """
    for p in range(rows.shape[0]):
        place, last = ends[p], moved(ends[moved(p, 1)], -1)
        begin(world, seed, lineages[place, 1], frailties[p])
        while world.now.running and world.now.week < weeks:
            begin_week(world)
            before = place
            while place < last and lineages[moved(place, 1), 0] <= world.now.week:
                place = moved(place, 1)
            if place != before:
                _change_hands(world, lineages[place, 1])
            week_passes(world)
            _watch(world, paths[p])
        _hold(world, paths[p])
        sum_up(world, rows[p])


@lean
def _change_hands(world: Any, run: int) -> None:
    """Take luck from another run as of this week: public luck ahead, and what is still open of everybody's own."""
    world.run = run
    draw_ahead(world)
    seed, gates, traits, stage = world.seed, its.gates(world), its.traits(world), its.stage(world)
    signing, leaving = its.sign_clock(world), its.withdrawal_clock(world)
    world.sky.next_jump_day = next_jump(world, world.now.week_start)
    if world.company.alive and world.company.least_cash_musd > 0:  # nobody has asked for the bridge yet
        grant_bridge(world)
    for g in range(gates.shape[0]):
        gate = gates[g]
        if gate.status == OPEN:
            gate.consent_threshold = moved(gate.consent_clock, draws.exponential(seed, run, g, 0, draws.CONSENT, 0))
            gate.block_threshold = moved(gate.block_clock, draws.exponential(seed, run, g, 0, draws.BLOCK, 0))
    for i in range(traits.shape[0]):
        law, base = traits[i], its.base(world)[i]
        if stage[i] == LOOKING:
            law.sign_threshold = moved(signing[i], draws.exponential(seed, run, law.address, 0, draws.SIGNING, 0))
        if not its.tested(world)[i]:
            word = draws.uniform(seed, run, law.address, 0, draws.SETTLEMENT, 0)
            law.unreliable = word < base.settlement_failure_probability
        if stage[i] <= SIGNED and base.withdrawal_per_year > 0.0:
            wait = draws.exponential(seed, run, law.address, 0, draws.WITHDRAWAL, 0)
            law.withdrawal_threshold = moved(leaving[i], wait)
        if not its.diligence_done(world)[i]:
            law.signal_z = draws.normal(seed, run, law.address, 0, draws.PRIVATE_SIGNAL, 0)


@lean
def _watch(world: Any, paths: Any) -> None:
    """Write down how things stand at the end of a week."""
    now, company, terms = world.now, world.company, world.terms
    place = weeks_into(now.week, terms.horizon_weeks)
    paths[0, place], paths[1, place] = its.committed_path(world)[place], now.paid_musd
    paths[2, place], paths[4, place] = company.cash_musd, company.outflow_musd
    paths[3, place] = moved(company.vendor_musd, company.bridge_musd)
    paths[5, place] = now.expected_musd if now.open else 0.0


@lean
def _hold(world: Any, paths: Any) -> None:
    """Let paths that ended early keep their last values."""
    for kind in range(paths.shape[0]):
        for place in range(world.now.week, paths.shape[1]):
            paths[kind, place] = paths[kind, moved(place, -1)]
