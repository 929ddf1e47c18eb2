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
from abm.core.records import LOOKING, OPEN, RESULT, SIGNED, Floats, Integers, Record, Records
from abm.core.schedule import weeks_into
from abm.ensemble import arrays
from abm.ensemble.build import World
from abm.ensemble.kernel import begin, begin_week, draw_ahead, grant_bridge, sum_up
from abm.ensemble.parts import next_jump
from abm.ensemble.phases import week_passes
from abm.population.layout import Population
from abm.population.sampling import luck_of_runs
from abm.rules.sums import add

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
    paths: Floats


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
        first = [lineage[0][1] for lineage in lineages]
        luck = luck_of_runs(self.population, seed, first)
        rows, paths = np.zeros(len(lineages), RESULT), np.zeros((len(lineages), len(WATCHED), weeks))
        try:
            world = self._idle.get_nowait()
        except Empty:
            world = World(self.population)
        replay(world.record, seed, weeks, ends, flat, luck, rows.view(np.recarray), paths)
        self._idle.put(world)
        return Replay(rows, paths)


@entry
def replay(
    world: Record,
    seed: int,
    weeks: int,
    ends: Integers,
    lineages: Integers,
    luck: Records,
    rows: Records,
    paths: Floats,
) -> None:
    """Replay lineages, and write down what each leaves behind.

    Parameters
    ----------
    world
        The memory to use.
    seed, weeks
        The study's seed, and when to stop [weeks].
    ends, lineages
        int64[P + 1], where each lineage starts and the last ends, and int64[K, 2], weeks and runs [-].
    luck
        ``records.LUCK[P]``, what many share in the first run of each.
    rows, paths
        As in :class:`Replay`, overwritten.
    """
    for p in range(rows.shape[0]):
        index, last = ends[p], add(ends[p + 1], -1)
        begin(world, seed, lineages[index, 1], luck[p].frailty, luck[p].kept)
        while world.round_state.running and world.round_state.week < weeks:
            begin_week(world)
            before = index
            while index < last and lineages[index + 1, 0] <= world.round_state.week:
                index = index + 1
            if index != before:
                _change_hands(world, lineages[index, 1])
            week_passes(world)
            _watch(world, paths[p])
        _hold(world, paths[p])
        sum_up(world, rows[p])


@lean
def _change_hands(world: Record, run: int) -> None:
    """Take luck from another run as of this week: public luck ahead, and what is still open of everybody's own."""
    world.run = run
    draw_ahead(world)
    seed, gates, traits, stage = world.seed, arrays.gate_states(world), arrays.traits(world), arrays.stage(world)
    signing, leaving = arrays.sign_clock(world), arrays.withdrawal_clock(world)
    world.market_state.next_jump_day = next_jump(world, world.round_state.week_start)
    if world.company.alive and world.company.least_cash_musd > 0:  # nobody has asked for the bridge yet
        grant_bridge(world)
    for g in range(gates.shape[0]):
        gate = gates[g]
        if gate.status == OPEN and not arrays.gate_params(world)[g].in_the_end:  # else drawn once for all weeks
            gate.consent_threshold = add(gate.consent_clock, draws.exponential(seed, run, g, 0, draws.CONSENT, 0))
            gate.block_threshold = add(gate.block_clock, draws.exponential(seed, run, g, 0, draws.BLOCK, 0))
    for i in range(traits.shape[0]):
        params, base = traits[i], arrays.base(world)[i]
        if stage[i] == LOOKING and not base.in_the_end:
            params.sign_threshold = add(signing[i], draws.exponential(seed, run, params.address, 0, draws.SIGNING, 0))
        if not arrays.tested(world)[i]:
            word = draws.uniform(seed, run, params.address, 0, draws.SETTLEMENT, 0)
            params.unreliable = word < base.settlement_failure_probability or not params.held
        if stage[i] <= SIGNED and base.withdrawal_per_year > 0.0:
            wait = draws.exponential(seed, run, params.address, 0, draws.WITHDRAWAL, 0)
            params.withdrawal_threshold = add(leaving[i], wait)
        if not arrays.diligence_done(world)[i]:
            params.signal_z = draws.normal(seed, run, params.address, 0, draws.PRIVATE_SIGNAL, 0)


@lean
def _watch(world: Record, paths: Floats) -> None:
    """Write down how things stand at the end of a week."""
    state, company, terms = world.round_state, world.company, world.terms
    index = weeks_into(state.week, terms.horizon_weeks)
    paths[0, index], paths[1, index] = arrays.committed_path(world)[index], state.paid_musd
    paths[2, index], paths[4, index] = company.cash_musd, company.outflow_musd
    paths[3, index] = add(company.vendor_musd, company.bridge_musd)
    paths[5, index] = state.expected_musd if state.open else 0.0


@lean
def _hold(world: Record, paths: Floats) -> None:
    """Let paths that ended early keep their last values."""
    for kind in range(paths.shape[0]):
        for index in range(world.round_state.week, paths.shape[1]):
            paths[kind, index] = paths[kind, index - 1]
