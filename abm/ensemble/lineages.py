"""Lineages: runs whose weekly luck comes from other runs as of certain weeks, replayed from the start.

Luck that a week reads for the first time, and luck that nobody has seen yet, comes from the run of that week:
sentiment, regime, value, news, revenue, burn, talent, later shocks and financings, the extension, the veto and the
withdrawal of a listing. Where the runs change hands, drawn again is what has been drawn but not been seen: what is left
of the waits for consents, blocks, signatures, second thoughts and the next shock, which are exponential and so do not
remember how long they have lasted; the signal of a diligence that is not done; whether somebody who was never called
would pay; and whether a bridge that was never asked for is there. All else belongs to the first run: wealth, beliefs
and conditions at the start, days of diligence, the limit of who borrows, true value, what gatekeepers share, and the
wait for the listing.

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
from abm.ensemble.arrays import at
from abm.ensemble.beginning import begin_runs, draw_ahead_of, grant_bridge
from abm.ensemble.block import RunBlock
from abm.ensemble.kernel import begin_week, place, sum_up
from abm.ensemble.lanes import AHEAD
from abm.ensemble.parts import next_jump
from abm.ensemble.phases import week_passes
from abm.ensemble.repacking import at_once, repack_if_worth_it
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
        self._idle: SimpleQueue[RunBlock] = SimpleQueue()

    def __call__(self, seed: int, lineages: Sequence[Lineage], weeks: int) -> Replay:
        """Replay lineages, as many side by side as the memory near a core has room for.

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
            block = self._idle.get_nowait()
        except Empty:
            block = RunBlock(self.population)
        replay(block.record, seed, weeks, ends, flat, luck, rows.view(np.recarray), paths)
        self._idle.put(block)
        return Replay(rows, paths)


@entry
def replay(
    record: Record,
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
    record
        The ``BLOCK`` record to use.
    seed, weeks
        The study's seed, and when to stop [weeks].
    ends, lineages
        int64[P + 1], where each lineage starts and the last ends, and int64[K, 2], weeks and runs [-].
    luck
        ``records.LUCK[P]``, what many share in the first run of each.
    rows, paths
        As in :class:`Replay`, overwritten.
    """
    block, done, count = at(record, 0), 0, luck.shape[0]
    block.seed = seed
    while done < count:
        block.runs = at_once(done, count, block.lanes)
        for r in range(block.runs):
            p = add(done, r)
            place(at(block, r), p, lineages[ends[p], 1], luck[p])
        begin_runs(block)
        while block.n_running > 0 and block.week < weeks:
            begin_week(block)
            for r in range(block.n_running):
                _follow(at(block, r), ends, lineages)
            week_passes(block)
            for r in range(block.n_running):
                _watch(at(block, r), paths)
            repack_if_worth_it(block)
        for r in range(block.runs):
            run = at(block, r)
            _hold(run, paths[run.round_state.index])
            sum_up(run, rows[run.round_state.index])
        done = add(done, block.runs)


@lean
def _follow(run: Any, ends: Integers, lineages: Integers) -> None:
    """Take luck from the run that the lineage names for this week, where that is another than before."""
    p = run.round_state.index
    for k in range(add(ends[p], 1), ends[add(p, 1)]):
        if lineages[k, 0] == run.week:
            _change_hands(run, lineages[k, 1])


@lean
def _change_hands(run: Any, number: int) -> None:
    """Take luck from another run as of this week: public luck ahead, and what is still open of everybody's own."""
    run.round_state.run = number
    for k in range(run.week_ahead, AHEAD):
        draw_ahead_of(run, k)
    seed, gates, investors = run.seed, arrays.gates(run), arrays.investors(run)
    run.market_state.next_jump_day = next_jump(run, run.week_start)
    if run.company.alive and run.company.least_cash_musd > 0:  # nobody has asked for the bridge yet
        grant_bridge(run)
    for g in range(gates.shape[0]):
        gate = gates[g]
        if gate.status == OPEN and not gate.in_the_end:  # else drawn once for all weeks
            gate.consent_threshold = add(gate.consent_clock, draws.exponential(seed, number, g, 0, draws.CONSENT, 0))
            gate.block_threshold = add(gate.block_clock, draws.exponential(seed, number, g, 0, draws.BLOCK, 0))
    for i in range(investors.shape[0]):
        who, base = investors[i], arrays.bases(run)[i]
        if who.stage == LOOKING and not base.in_the_end:
            who.sign_threshold = add(who.sign_clock, draws.exponential(seed, number, base.address, 0, draws.SIGNING, 0))
        if not who.tested:
            word = draws.uniform(seed, number, base.address, 0, draws.SETTLEMENT, 0)
            who.unreliable = word < base.settlement_failure_probability or not who.held
        if who.stage <= SIGNED and base.withdrawal_per_year > 0.0:
            wait = draws.exponential(seed, number, base.address, 0, draws.WITHDRAWAL, 0)
            who.withdrawal_threshold = add(who.withdrawal_clock, wait)
        if not who.diligence_done:
            who.signal_z = draws.normal(seed, number, base.address, 0, draws.PRIVATE_SIGNAL, 0)


@lean
def _watch(run: Any, paths: Floats) -> None:
    """Write down how things stand at the end of a week that the run has lived."""
    state, company = run.round_state, run.company
    if state.weeks < run.week:
        return
    p, index = state.index, weeks_into(run.week, run.terms.horizon_weeks)
    paths[p, 0, index], paths[p, 1, index] = add(state.paid_musd, state.signed_musd), state.paid_musd
    paths[p, 2, index], paths[p, 4, index] = company.cash_musd, company.outflow_musd
    paths[p, 3, index] = add(company.vendor_musd, company.bridge_musd)
    paths[p, 5, index] = state.expected_musd if state.open else 0.0


@lean
def _hold(run: Any, paths: Floats) -> None:
    """Let paths that ended early keep their last values."""
    for kind in range(paths.shape[0]):
        for index in range(run.round_state.weeks, paths.shape[1]):
            paths[kind, index] = paths[kind, index - 1]
