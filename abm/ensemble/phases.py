"""The phases of a week, compiled: every phase takes all runs of a block through it. No arithmetic lives here.

What happens to every run every week is a loop over runs without a branch: a rule is worked out for all of them, and
whoever it does not concern keeps what he had. Such loops fill the lanes of the processor. What is rare is looked for
in such a loop, and then done one run at a time.
"""

from __future__ import annotations

from typing import Any

from abm.core.jit import lean
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.closings import (
    at_the_end,
    clinch,
    close_the_book,
    fall_back,
    look_for_causes,
    news_for_closers,
    pay_the_book,
    round_is_alive,
)
from abm.ensemble.memory import far
from abm.ensemble.minds import decisions, information, withdrawals
from abm.ensemble.parts import end_round, extend, publish, write_week
from abm.ensemble.repacking import whole
from abm.ensemble.surroundings import company_policy, environment, gatekeepers, liquidity, operations
from abm.rules import failure


@far
@lean
def publish_book(block: Any) -> None:
    """Publish what has been committed, and what the market thinks of it."""
    for r in range(block.n_open):
        if at(block, r).round_state.open:
            publish(at(block, r))


@far
@lean
def closing(block: Any) -> None:
    """Compute which commitments can close together, unless the answer must be last week's: nobody, or nobody new."""
    weekly, unsteady = block.terms.weekly, block.unsteady
    for r in range(block.n_open):
        run = at(block, r)
        state = run.round_state
        state.called = False
        if not round_is_alive(run):
            continue
        if at_the_end(run):
            clinch(run)
            close_the_book(run)
        elif weekly and (state.book_changed or unsteady or news_for_closers(run)):
            state.book_changed = False
            close_the_book(run)


@far
@lean
def settlement(block: Any) -> None:
    """Call the closers; they pay for shares, or do not."""
    for r in range(block.n_open):
        if at(block, r).round_state.called:
            pay_the_book(at(block, r))


@far
@lean
def expiry(block: Any) -> None:
    """At the deadline: extend, or let fallbacks close and the rest lapse."""
    for r in range(block.n_open):
        run = at(block, r)
        if not run.round_state.open:
            continue
        if not round_is_alive(run):
            end_round(run, failure.CASH)
        elif at_the_end(run) and (run.week == run.terms.horizon_weeks or not extend(run)):
            if not run.round_state.closed:
                look_for_causes(run)
            fall_back(run)
            end_round(run, failure.diagnose(run.links, run.terms.full_musd, run.round_state.paid_musd))


@far
@lean
def record(block: Any) -> None:
    """Write the week down; a run stops when nothing can happen any more."""
    week, horizon = block.week, block.terms.horizon_weeks
    if arrays.paths(block).shape[0] > 0:
        for r in range(block.n_running):
            if at(block, r).round_state.running:
                write_week(at(block, r))
    for r in range(whole(block.n_running)):
        run = at(block, r)
        state, company = run.round_state, run.company
        state.weeks = week if state.running else state.weeks
        state.running = state.running and week < horizon and (state.open or company.alive)


@lean
def week_passes(block: Any) -> None:
    """Every phase of ``schedule.PHASES``, in its order (compiled code can call functions only by their names)."""
    environment(block)
    gatekeepers(block)
    operations(block)
    company_policy(block)
    information(block)
    withdrawals(block)
    decisions(block)
    publish_book(block)
    closing(block)
    settlement(block)
    expiry(block)
    liquidity(block)
    record(block)
