"""Ordering: candidates of a closing by address, and by what they ask for."""

from __future__ import annotations

from abm.core.jit import lean
from abm.core.records import Integers
from abm.rules.clauses import Contracts
from abm.rules.conditions import TOTAL, Book

_BITS = 20  # of a candidate's number: a round has fewer than a million investors
_MOST = 2**42  # what a total counts as at most [USD million]


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
def _sift(words: Integers, top: int, end: int) -> None:
    """Let a word sink to its place in a heap, the largest on top (heapsort)."""
    while 2 * top + 1 < end:
        child = 2 * top + 1
        if child + 1 < end and words[child] < words[child + 1]:
            child += 1
        if words[top] >= words[child]:
            return
        words[top], words[child] = words[child], words[top]
        top = child


@lean
def sort_by_total(n: int, least_first: bool, contracts: Contracts, book: Book) -> None:
    """Bring the first candidates of ``book.order`` into the order of the totals that they ask for."""
    order = book.order
    for p in range(n):  # a word each, the total above the candidate, so that sorting asks for nothing else
        total = min(total_asked(book.who[order[p]], contracts), _MOST)
        order[p] |= (total if least_first else _MOST - total) << _BITS
    for top in range(n // 2 - 1, -1, -1):
        _sift(order, top, n)
    for end in range(n - 1, 0, -1):
        order[0], order[end] = order[end], order[0]
        _sift(order, 0, end)
    for p in range(n):
        order[p] &= (1 << _BITS) - 1
