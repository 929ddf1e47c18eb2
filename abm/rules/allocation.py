"""Allocation: who may insist on how much, and how a round that is too small for all is rationed (C4, C7.2, E6, E7)."""

from __future__ import annotations

import math

import numpy as np

from abm.core.jit import lean, rule
from abm.core.records import Flags, Floats, Integers
from abm.rules.clauses import Contracts, invoked_clause
from abm.rules.conditions import MAX_POST_MONEY, MIN_OWN_SHARE, Book, tolerance


@rule
def part_of(amount: int, weight: int, total: int) -> tuple[int, int]:
    """``amount * weight`` divided by ``total``, and the remainder, though the product may be beyond 64 bits.

    Examples
    --------
    >>> part_of(100, 1, 3), part_of(10**13, 7 * 10**12, 9 * 10**12)
    ((33, 1), (7777777777777, 7000000000000))
    """
    whole = int(float(amount) * float(weight) / float(total))
    left = int(amount) * int(weight) - whole * int(total)  # what the products lose beyond 64 bits, both lose alike
    while left < 0:
        whole, left = whole - 1, left + total
    while left >= total:
        whole, left = whole + 1, left - total
    return whole, left


@rule
def split(amount: int, weights: Floats | Integers) -> Integers:
    """Split a whole amount in proportion to whole weights, exactly: largest remainders, ties to the earlier.

    Parameters
    ----------
    amount
        What is split [USD million].
    weights
        int64[N] >= 0, at least one above 0 unless the amount is 0.

    Returns
    -------
    ndarray
        int64[N] that sums to ``amount``.

    Examples
    --------
    >>> split(100, np.array([1, 1, 1])).tolist()
    [34, 33, 33]
    """
    parts = np.zeros(weights.shape[0], np.int64)
    remainders = np.zeros(weights.shape[0], np.int64)
    total = 0
    for i in range(weights.shape[0]):
        total += int(weights[i])
    if total == 0:
        return parts
    left = amount
    for i in range(weights.shape[0]):
        parts[i], remainders[i] = part_of(amount, int(weights[i]), total)
        left -= parts[i]
    for _ in range(left):
        best = 0
        for i in range(weights.shape[0]):
            if remainders[i] > remainders[best]:
                best = i
        parts[best] += 1
        remainders[best] = -1
    return parts


@rule
def pro_rata(demand: Integers, minimum: Integers, room: int) -> Integers:
    """Cut demand back to what there is room for: in proportion, but nobody below his minimum ticket (E7).

    The smallest of those whose cut-back ticket would be too small is dropped first, while the others still fill the
    room; where they do not, he gets his minimum, and the others share what is left. Who cannot even get that is
    dropped.

    Parameters
    ----------
    demand, minimum
        int64[N], demand and minimum tickets [USD million].
    room
        Money that can be taken [USD million].

    Returns
    -------
    ndarray
        int64[N], each nothing or at least his minimum, or all that he wants; summing to the least of demand and room
        wherever minimum tickets allow.

    References
    ----------
    Model basis, E7; verification case V22.

    Examples
    --------
    >>> pro_rata(np.array([30, 20, 10]), np.array([0, 0, 0]), 30).tolist()
    [15, 10, 5]
    >>> pro_rata(np.array([30, 20, 10]), np.array([0, 0, 8]), 30).tolist()
    [18, 12, 0]
    >>> pro_rata(np.array([60, 50]), np.array([0, 50]), 100).tolist()
    [50, 50]
    """
    left = demand.copy()
    for i in range(left.shape[0]):
        if min(minimum[i], left[i]) > room:
            left[i] = 0  # there is no room for the least that he takes
    while True:
        allocated, cut = _held_at_minimum(left, minimum, room)
        if cut < 0:
            return allocated
        left[cut] = 0


@rule
def _held_at_minimum(left: Integers, minimum: Integers, room: int) -> tuple[Integers, int]:
    """Cut demand back with nobody below his minimum; or -1 and nothing else, or who has to be left out for that."""
    total, space = 0, room
    for i in range(left.shape[0]):
        total += left[i]
    if total <= room:
        return left.copy(), -1
    held, free = np.zeros(left.shape[0], np.int64), left.copy()
    for _ in range(left.shape[0] + 1):
        allocated = split(space, free)
        smallest = -1
        for i in range(left.shape[0]):
            short = free[i] > 0 and allocated[i] < min(minimum[i], left[i])
            if short and (smallest < 0 or left[i] < left[smallest]):
                smallest = i
        if smallest < 0:
            return allocated + held, -1
        least = min(minimum[smallest], left[smallest])
        if total - left[smallest] >= room or least > space:
            return allocated, smallest
        held[smallest], free[smallest], space = least, 0, space - least
    return allocated + held, -1


# Ranks in which a round is allocated: rights, then leads, then by priority, which is far below these.
_RIGHTS, _LEAD = 1_000_002, 1_000_001
#: Priority of whoever takes what the others leave.
LAST = -1


@rule
def ration(
    demand: Integers, insisted: Integers, leads: Flags, priority: Integers, minimum: Integers, room: int
) -> Integers:
    """Allocate a round: guaranteed rights, then leads, then by priority, then pro rata (E7).

    Parameters
    ----------
    demand, insisted
        int64[N], tickets of the closers and what they may insist on [USD million].
    leads
        bool[N].
    priority
        int64[N], rank after the leads, higher first; 0 is pro rata, ``LAST`` takes what is left.
    minimum
        int64[N], minimum tickets [USD million].
    room
        Money that can be taken [USD million].

    Returns
    -------
    ndarray
        int64[N], each nothing or at least his minimum; summing to the least of demand and room wherever minimum
        tickets allow.

    References
    ----------
    Model basis, E7.

    Examples
    --------
    >>> zero = np.zeros(3, np.int64)
    >>> ration(np.array([28, 30, 20]), zero, np.array([True, False, False]), zero, zero, 53).tolist()
    [28, 15, 10]
    """
    allocated = np.zeros(demand.shape[0], np.int64)
    total = 0
    for i in range(demand.shape[0]):
        total += demand[i]
    if total <= room:
        return demand.copy()
    left = demand.copy()
    space = room
    rank = _RIGHTS
    while rank >= LAST and space > 0:
        wanted = np.zeros(demand.shape[0], np.int64)
        following = LAST - 1
        for i in range(demand.shape[0]):
            own = _LEAD if leads[i] else priority[i]
            if rank == _RIGHTS:
                wanted[i] = min(max(insisted[i], minimum[i]), left[i]) if insisted[i] > 0 else 0
            elif own == rank:
                wanted[i] = left[i]
            if own < rank:
                following = max(following, own)
        given = pro_rata(wanted, _short_of(minimum, allocated), space)
        for i in range(demand.shape[0]):
            allocated[i] += given[i]
            left[i] -= given[i]
            space -= given[i]
        rank = following
    return allocated


@rule
def _short_of(minimum: Integers, allocated: Integers) -> Integers:
    """What everybody still needs to reach his minimum ticket [USD million]."""
    short = np.zeros(minimum.shape[0], np.int64)
    for i in range(minimum.shape[0]):
        short[i] = max(0, minimum[i] - allocated[i])
    return short


@rule
def rights(
    selected: Flags, contracts: Contracts, book: Book, pro_rata_share: Floats, paid_musd: int, room_musd: int
) -> Integers:
    """Money that each closer may insist on: minimum stakes and pro-rata rights (C7.2, E6, E7).

    Parameters
    ----------
    selected
        bool[N], who closes now.
    contracts, book
        The conditions, and the facts with the closing set.
    pro_rata_share
        float64[N], right to a share of the money taken now [-].
    paid_musd, room_musd
        Paid in earlier closings since as_of, and money that can be taken now [USD million].

    Returns
    -------
    ndarray
        int64[N], at most each ticket [USD million].
    """
    facts = book.facts
    post = facts.pre_money_musd + facts.already_closed_musd + paid_musd + room_musd
    insisted = np.zeros(selected.shape[0], np.int64)
    for i in range(selected.shape[0]):
        if not selected[i]:
            continue
        right = pro_rata_share[i] * room_musd
        clause = invoked_clause(i, False, contracts, book)
        if clause >= 0:
            for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
                if contracts.atoms[a].kind == MIN_OWN_SHARE:
                    right = max(right, contracts.atoms[a].level * post)
        # rounded up, or a stake would fall a part of a million below what it asks for
        insisted[i] = min(book.tickets[i], math.ceil(right - tolerance(right)))
    return insisted


@lean
def allocation_cap(selected: Flags, paid: Flags, contracts: Contracts, book: Book, cap_musd: int) -> int:
    """Most money the round may take since as_of so that no closer's limit on the post-money is broken (C7.2).

    Parameters
    ----------
    selected, paid
        bool[N], who closes or has paid, and who has paid.
    contracts, book
        The conditions, and the facts with the closing set.
    cap_musd
        Cap of the round [USD million].

    Returns
    -------
    int
        Cap [USD million].
    """
    cap, base = cap_musd, book.facts.pre_money_musd + book.facts.already_closed_musd
    for i in range(selected.shape[0]):
        clause = invoked_clause(i, paid[i], contracts, book) if selected[i] else -1
        if clause >= 0:
            for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
                if contracts.atoms[a].kind == MAX_POST_MONEY:
                    cap = min(cap, max(0, contracts.atoms[a].amount_musd - base))
    return cap
