"""Kernel: the weeks, one after the other, of the runs of a block, side by side in the same memory."""

from __future__ import annotations

from typing import Any

from abm.core import schedule
from abm.core.jit import entry, lean
from abm.core.records import Floats, Record, Records
from abm.core.schedule import place_of_week
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.beginning import begin_runs, draw_ahead
from abm.ensemble.lanes import AHEAD
from abm.ensemble.phases import week_passes
from abm.ensemble.repacking import at_once, repack_if_worth_it
from abm.rules.settlement import SHARES_BEFORE, dilution, shares_for
from abm.rules.sums import add


@lean
def place(run: Any, index: int, number: int, luck: Record) -> None:
    """Say which run is in a lane, and where its results go."""
    state = run.round_state
    state.index, state.run, state.root = index, number, number
    state.frailty, state.kept = luck.frailty, luck.kept


@lean
def begin_week(block: Any) -> None:
    """Turn the calendar, and draw the public luck of the weeks ahead where it has run out."""
    block.week = add(block.week, 1)
    block.week_start, block.week_end = block.week_end, schedule.day_after(block.week)
    week = block.week
    for r in range(block.n_running):
        state = at(block, r).round_state
        state.start_day, state.until_day = state.until_day, schedule.week_end(week, state.deadline_day)
    block.week_ahead = schedule.weeks_into(week, AHEAD)
    if block.week_ahead == 0:
        draw_ahead(block)


@lean
def pass_week(block: Any) -> None:
    """Let a week pass."""
    begin_week(block)
    week_passes(block)


@entry
def simulate(
    record: Record,
    seed: int,
    first_run: int,
    luck: Records,
    rows: Records,
    fates: Records,
    gate_days: Floats,
) -> None:
    """Simulate a run for each of ``luck``, and write down what each leaves behind.

    Parameters
    ----------
    record
        The ``BLOCK`` record to use; what runs leave in it is overwritten by the next.
    seed, first_run
        Key of the first run; the others follow [-].
    luck
        ``records.LUCK[R]``, what many share in a run.
    rows, fates, gate_days
        ``records.RESULT[R]``, ``records.FATE[R, N]`` and float64[R, G] [days after as_of], overwritten; so are the
        weekly paths that the block has been told to keep.
    """
    block, done, count = at(record, 0), 0, luck.shape[0]
    block.seed = seed
    while done < count:
        block.runs = at_once(done, count, block.lanes)
        for r in range(block.runs):
            index = add(done, r)
            place(at(block, r), index, add(first_run, index), luck[index])
        begin_runs(block)
        while block.n_running > 0:
            pass_week(block)
            repack_if_worth_it(block)
        for r in range(block.runs):
            hand_over(at(block, r), rows, fates, gate_days)
        done = add(done, block.runs)


@lean
def hand_over(run: Any, rows: Records, fates: Records, gate_days: Floats) -> None:
    """Write down what a run leaves behind, and what it leaves of everybody."""
    index, investors, gates = run.round_state.index, arrays.investors(run), arrays.gates(run)
    sum_up(run, rows[index])
    for i in range(investors.shape[0]):
        fate, who = fates[index, i], investors[i]
        fate.stage, fate.sign_day = who.stage, who.sign_day
        fate.paid_musd, fate.shares = who.paid_musd, who.shares
    for g in range(gates.shape[0]):
        gate_days[index, g] = gates[g].in_force_day
    if arrays.paths(run).shape[0] > 0:
        _hold_paths(run)


@lean
def sum_up(run: Any, row: Record) -> None:
    """Write down what a run leaves behind."""
    state, company, ladder = run.round_state, run.company, arrays.ladder_musd(run)
    row.run = state.root
    row.paid_musd, row.closed, row.closed_day = state.paid_musd, state.closed, state.closed_day
    row.survived, row.default_day = company.alive, company.default_day
    row.cause, row.rung, row.pre_money_musd = state.cause, state.rung, ladder[state.rung]
    earlier = shares_for(run.terms.already_closed_musd, ladder[0])
    row.new_shares, row.dilution = state.new_shares, dilution(state.new_shares, add(SHARES_BEFORE, earlier))
    row.gap_musd, row.extended, row.listed = state.gap_musd, state.extended, company.listed
    row.end_cash_musd, row.least_cash_musd = company.cash_musd, company.least_cash_musd


@lean
def _hold_paths(run: Any) -> None:
    """Let weekly paths that have ended keep their last values."""
    state, paths, weeks = run.round_state, arrays.paths(run), run.terms.horizon_weeks
    first, end = add(state.weeks, 1), add(weeks, 1)
    for place in range(place_of_week(state.index, first, weeks), place_of_week(state.index, end, weeks)):
        paths[place] = paths[place - 1]
