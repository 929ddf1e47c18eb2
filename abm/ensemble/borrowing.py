"""Borrowing: what investors who borrow can pay, and what of their signatures that leaves, one run at a time."""

from __future__ import annotations

from typing import Any

from abm.core import draws
from abm.core.jit import lean
from abm.core.records import PAID, SIGNED
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.rules import funding
from abm.rules.sums import add


@lean
def begin_borrowers(block: Any) -> None:
    """Set how far everybody who borrows goes in each run, and what he has signed for on as_of."""
    for b in range(arrays.borrowers(block).shape[0]):
        for r in range(block.width):
            run = at(block, r)
            one = arrays.borrowers(run)[b]
            u = draws.uniform(run.seed, run.round_state.run, one.address, 0, draws.EMERGENCY, 0)
            one.limit = funding.limit_of(one, u)
            one.can_pay_musd, one.pledge_musd = 0, arrays.investors(run)[one.index].ticket_musd


@lean
def count_funds(block: Any) -> None:
    """See what everybody who borrows can pay this week, and let his ticket be no more than that."""
    for b in range(arrays.borrowers(block).shape[0]):
        for r in range(block.n_open):
            if at(block, r).round_state.open:
                _count(at(block, r), b)


@lean
def _count(run: Any, b: int) -> None:
    one, market, start = arrays.borrowers(run)[b], run.market_state, run.market.sentiment_start
    who, base = arrays.investors(run)[one.index], arrays.bases(run)[one.index]
    move = funding.market_move(market.sentiment, start, market.lasting)
    one.can_pay_musd = funding.can_pay_musd(one, one.limit, move)
    who.max_ticket_musd = funding.within_means(base.max_ticket_musd, one.can_pay_musd)
    if who.stage == SIGNED:
        ticket = funding.within_means(one.pledge_musd, one.can_pay_musd)
        if ticket != who.ticket_musd:
            who.ticket_musd = ticket
            run.round_state.book_changed = run.round_state.withdrew = True  # the book is written anew


@lean
def pledge(run: Any, i: int) -> None:
    """Let somebody who has just signed pledge his ticket, and bring what of it he can pay."""
    for b in range(arrays.borrowers(run).shape[0]):
        one = arrays.borrowers(run)[b]
        if one.index == i:
            who = arrays.investors(run)[i]
            one.pledge_musd = who.ticket_musd
            who.ticket_musd = funding.within_means(one.pledge_musd, one.can_pay_musd)


@lean
def all_short(run: Any) -> int:
    """What signed amounts miss of everybody's money [USD million]."""
    total = 0
    for b in range(arrays.borrowers(run).shape[0]):
        one = arrays.borrowers(run)[b]
        who = arrays.investors(run)[one.index]
        there = who.stage in (SIGNED, PAID)
        total = add(total, funding.short_of(one.pledge_musd, who.ticket_musd, there))
    return total
