"""Settlement: who is paid how much, at what price, and what it does to the owners (C4, E6, E7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abm.core.jit import lean, rule
from abm.core.records import Flags, Integers, Record, Records
from abm.rules.allocation import allocation_cap, part_of
from abm.rules.clauses import Contracts, rights_are_asked
from abm.rules.closing import LEAST, close_into, eliminate_into, money, put, same, seat_all
from abm.rules.conditions import TOTAL, Book
from abm.rules.reserves import MOST_TRIED, best_part, share_out

#: Shares outstanding before the round; the price is the pre-money valuation over this number. So many that rounding
#: to whole shares moves no stake that anybody would see.
SHARES_BEFORE = 1_000_000_000


@rule
def shares_for(money_musd: int, pre_money_musd: int) -> int:
    """Shares issued for an amount at the round's price, to the nearest share.

    Parameters
    ----------
    money_musd, pre_money_musd
        Amount paid and pre-money valuation [USD million].

    Returns
    -------
    int
        New shares, where ``SHARES_BEFORE`` existed before the round.

    References
    ----------
    Model basis, E6.

    Examples
    --------
    >>> shares_for(40_000, 260_000)
    153846154
    """
    shares, left = part_of(money_musd, SHARES_BEFORE, pre_money_musd)
    return shares + 1 if left + pre_money_musd // 2 >= pre_money_musd else shares


@rule
def worth_musd(shares: int, pre_money_musd: int) -> int:
    """Worth of shares at the round's price, to the nearest USD million.

    Examples
    --------
    >>> worth_musd(153_846_154, 260_000)
    40000
    """
    worth, left = part_of(shares, pre_money_musd, SHARES_BEFORE)
    return worth + 1 if left + SHARES_BEFORE // 2 >= SHARES_BEFORE else worth


@rule
def dilution(new_shares: int, old_shares: int) -> float:
    """Share of the company that the new holders own, which is what the old ones give up [-].

    Examples
    --------
    >>> round(dilution(153_846_154, SHARES_BEFORE), 6)
    0.133333
    """
    return new_shares / (new_shares + old_shares)


@rule
def protected_price(old_price: float, old_shares: float, money: float, new_shares: float) -> float:
    r"""Conversion price after a down round under broad-based weighted-average protection.

    The engines issue one class of shares; this is the reference for what earlier preferred holders could ask for.

    .. math:: CP_2 = CP_1 \frac{A + M / CP_1}{A + C}

    Parameters
    ----------
    old_price
        CP1 [USD per share].
    old_shares, new_shares
        A outstanding before, C issued [shares].
    money
        M raised [USD].

    Returns
    -------
    float
        CP2 [USD per share].

    References
    ----------
    Model basis, E6; verification case V21.

    Examples
    --------
    >>> protected_price(10.0, 1000.0, 2000.0, 2000.0 / 6.0)
    9.0
    """
    return old_price * (old_shares + money / old_price) / (old_shares + new_shares)


# Rows of ``Book.sets`` that a closing does not use.
_CLOSERS, _STANDING, _CONTENT = range(5, 8)


class Settlement(NamedTuple):
    """What a closing moves."""

    allocated: Integers  #: int64[N], USD million to be paid now
    unpaid: Flags  #: bool[N], called and did not pay


@rule
def settle(
    selected: Flags,
    signed: Flags,
    paid: Flags,
    unreliable: Flags,
    contracts: Contracts,
    book: Book,
    select: int,
    terms: Record,
    traits: Records,
) -> Settlement:
    """Call the closers; drop those who do not pay and close again among the rest; allocate what remains (C4, E7).

    Parameters
    ----------
    selected, signed, paid
        bool[N]: who closes, who has signed, who has paid in earlier closings.
    unreliable
        bool[N]: who would not pay if called.
    contracts, book, select
        As in :func:`abm.rules.closing.close`.
    terms
        The ``records.ROUND`` record.
    traits
        ``records.TRAITS[N]``.

    Returns
    -------
    Settlement
        Allocations; all zero where the closing stays below the minimum.

    References
    ----------
    Model basis, C4: the same fixed-point routine serves conditions and settlement failures.
    """
    n = signed.shape[0]
    settlement = Settlement(np.zeros(n, np.int64), np.zeros(n, np.bool_))
    settle_into(
        settlement.allocated,
        settlement.unpaid,
        selected,
        signed,
        paid,
        unreliable,
        contracts,
        book,
        select,
        terms,
        traits,
    )
    return settlement


@lean
def settle_into(
    allocated: Integers,
    unpaid: Flags,
    selected: Flags,
    signed: Flags,
    paid: Flags,
    unreliable: Flags,
    contracts: Contracts,
    book: Book,
    select: int,
    terms: Record,
    traits: Records,
) -> None:
    """Settle as :func:`settle` does, with the answer written into ``allocated`` and ``unpaid``."""
    closers, standing, content = book.sets[_CLOSERS], book.sets[_STANDING], book.sets[_CONTENT]
    put(closers, selected)
    put(standing, signed)
    for i in range(signed.shape[0]):
        allocated[i], unpaid[i] = 0, False
    earlier = money(paid, book.tickets)
    consistent = select != LEAST  # of rivals, the least closing need not be
    while True:
        cap = terms.cap_musd
        if rights_are_asked(contracts):
            seat_all(closers, paid, book)
            cap = allocation_cap(closers, paid, contracts, book, terms.cap_musd)
        if cap < terms.cap_musd:  # a limit on the post-money leaves less for those who ask for a total
            book.facts.cap_musd = cap
            eliminate_into(content, closers, paid, contracts, book)
            book.facts.cap_musd = terms.cap_musd
            if not same(content, closers):
                put(closers, content)
                continue
        if min(money(closers, book.tickets), max(cap, earlier)) < terms.minimum_close_musd:
            return
        failed = 0
        for i in range(signed.shape[0]):
            if closers[i] and not paid[i] and unreliable[i]:
                unpaid[i] = True
                standing[i] = False
                failed += 1
        if failed > 0:  # whoever waited for one who did not pay is asked again, and others may step in
            close_into(closers, standing, paid, contracts, book, select)
            continue
        room = max(0, cap - earlier)
        if _all_fit(allocated, closers, paid, book, room):
            if consistent:
                return  # nobody's condition can have changed: the set that closed is the set that pays
        elif _serve(allocated, closers, paid, contracts, book, room, terms, traits):
            return
        for i in range(signed.shape[0]):
            closers[i] = closers[i] and (paid[i] or allocated[i] > 0)
        eliminate_into(content, closers, paid, contracts, book)
        if same(content, closers):
            return
        consistent = False
        put(closers, content)  # somebody waited for one who was cut back to nothing
        for i in range(signed.shape[0]):
            allocated[i] = 0


@lean
def all_pay(
    n: int, chosen: Flags, unreliable: Flags, contracts: Contracts, book: Book, select: int, terms: Record
) -> bool:
    """Whether a closing over gathered candidates needs no settling: all who close pay all that they signed.

    So it is where nobody fails to pay, the minimum is reached, there is room for all of them, no allocation right is
    asked for, and the closing is one that lasts (of rivals, the least need not be).

    Parameters
    ----------
    n, chosen
        How many candidates there are, and bool[N], who of them closes.
    unreliable
        bool[N], by candidate: who would not pay if called.
    contracts, book, select, terms
        As in :func:`settle`.
    """
    new = 0
    for k in range(n):
        if chosen[k]:
            new += book.tickets[book.who[k]]
            if unreliable[k]:
                return False
    earlier = book.base_musd[0]
    least, room = terms.minimum_close_musd, terms.cap_musd - earlier
    return select != LEAST and new <= room and new + earlier >= least and not rights_are_asked(contracts)


@lean
def _all_fit(allocated: Integers, closers: Flags, paid: Flags, book: Book, room: int) -> bool:
    """Allocate their tickets to those who close now; whether there is room for all of them [USD million]."""
    total = 0
    for i in range(closers.shape[0]):
        allocated[i] = book.tickets[i] if closers[i] and not paid[i] else 0
        total += allocated[i]
    return total <= room


@rule
def _serve(
    allocated: Integers,
    closers: Flags,
    paid: Flags,
    contracts: Contracts,
    book: Book,
    room: int,
    terms: Record,
    traits: Records,
) -> bool:
    """Share out the room that earlier closings left; whether every condition holds by it, or nothing can be served."""
    minimum = traits.min_ticket_musd.copy()
    least, new, earlier = room + 1, 0, False
    for i in range(closers.shape[0]):
        earlier = earlier or paid[i]
        if closers[i] and not paid[i]:
            new += 1
            least = min(least, minimum[i], book.tickets[i])
    if least > room and earlier:  # the last piece of a round is nobody's position: minimum tickets do not count
        for i in range(closers.shape[0]):
            minimum[i] = 0
    served, holds = share_out(closers, paid, contracts, book, room, minimum, traits)
    put(allocated, served)
    if not holds and new <= MOST_TRIED:
        part, _ = best_part(closers, paid, contracts, book, terms, traits)
        put(allocated, part)
        return True
    return holds


@lean
def waive(i: int, contracts: Contracts) -> None:
    """Drop the conditions of investor ``i``, in place: each becomes a total of nothing, which always holds."""
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
            atom = contracts.atoms[a]
            atom.kind = TOTAL
            atom.amount_musd = 0
            atom.count_closed = True
            atom.count_own = True


@lean
def extend_dates(contracts: Contracts, old_day: float, new_day: float) -> None:
    """Move the condition dates that lie on the deadline with it, in place."""
    for a in range(contracts.atoms.shape[0]):
        if contracts.atoms[a].by_day == old_day:
            contracts.atoms[a].by_day = new_day
