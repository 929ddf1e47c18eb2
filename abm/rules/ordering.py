"""Ordering: candidates of a closing by address, and by what they ask for."""

from __future__ import annotations

from abm.core.jit import lean
from abm.core.records import Integers
from abm.rules.clauses import Contracts
from abm.rules.conditions import TOTAL, Book


@lean
def merge_candidates(who: Integers, before: int, n: int, room: Integers) -> None:
    """Merge the candidates from ``before`` on into those before them, both in order of address; in place."""
    for k in range(before, n):
        room[k] = who[k]
    old, new = before - 1, n - 1
    for k in range(n - 1, -1, -1):
        if new < before:
            return
        if old >= 0 and who[old] > room[new]:
            who[k] = who[old]
            old -= 1
        else:
            who[k] = room[new]
            new -= 1


@lean
def total_asked(i: int, contracts: Contracts) -> int:
    """Least total that an investor asks for in one of his clauses [USD million]; by it a closing asks early or late."""
    least = 0
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        most = 0
        for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
            atom = contracts.atoms[a]
            if atom.kind == TOTAL:
                most = max(most, atom.amount_musd)
        least = most if clause == contracts.investors[i] else min(least, most)
    return least


@lean
def _sift(top: int, end: int, contracts: Contracts, book: Book) -> None:
    """Let a candidate sink to his place in a heap, the largest total asked on top (heapsort)."""
    order, who = book.order, book.who
    while 2 * top + 1 < end:
        child = 2 * top + 1
        if child + 1 < end and (
            total_asked(who[order[child]], contracts) < total_asked(who[order[child + 1]], contracts)
        ):
            child += 1
        if total_asked(who[order[top]], contracts) >= total_asked(who[order[child]], contracts):
            return
        order[top], order[child] = order[child], order[top]
        top = child


@lean
def sort_by_total(n: int, contracts: Contracts, book: Book) -> None:
    """Ask candidates in the order of the totals that they ask for, the least first."""
    for top in range(n // 2 - 1, -1, -1):
        _sift(top, n, contracts, book)
    for end in range(n - 1, 0, -1):
        book.order[0], book.order[end] = book.order[end], book.order[0]
        _sift(0, end, contracts, book)
