"""Reserves: how a round that is too small for all is shared so that nobody's condition breaks by it (E7)."""

from __future__ import annotations

import numpy as np

from abm.core.jit import lean, rule
from abm.core.records import Flags, Integers, Record, Records
from abm.rules.allocation import allocation_cap, ration, rights, split
from abm.rules.clauses import Contracts, clause_holds, rights_are_asked, satisfied
from abm.rules.closing import money, put, seat_all
from abm.rules.conditions import INVESTOR, MONEY_OF_KIND, TOTAL, Book

#: Of so many closers every subset is tried; more are served by dropping who got nothing, and whoever waited for him.
MOST_TRIED = 10
_MOST_CHOICES = 64


@lean
def stands(allocated: Integers, payers: Flags, paid: Flags, contracts: Contracts, book: Book) -> bool:
    """Whether every new payer's conditions hold with what everybody pays, and not with what he would have paid."""
    _swap(allocated, payers, paid, book)
    holds = consistent(payers, paid, contracts, book)
    _swap(allocated, payers, paid, book)
    return holds


@lean
def consistent(members: Flags, paid: Flags, contracts: Contracts, book: Book) -> bool:
    """Whether the conditions of all members who have not paid yet hold in their set; it stays seated."""
    seat_all(members, paid, book)
    for i in range(members.shape[0]):
        if members[i] and not paid[i] and not satisfied(i, contracts, book):
            return False
    return True


@lean
def _swap(allocated: Integers, payers: Flags, paid: Flags, book: Book) -> None:
    """Exchange the tickets of new payers with what they pay."""
    for i in range(payers.shape[0]):
        if payers[i] and not paid[i]:
            allocated[i], book.tickets[i] = book.tickets[i], allocated[i]


@rule
def share_out(
    closers: Flags, paid: Flags, contracts: Contracts, book: Book, room: int, minimum: Integers, traits: Records
) -> tuple[Integers, bool]:
    """Share a round out among its closers so that the conditions of all who pay hold, if that can be.

    Where there is room for all, everybody pays his ticket. Else rights, leads, ranks, and the rest pro rata
    (:func:`abm.rules.allocation.ration`). Where that breaks somebody's condition, because he waits for one who was cut
    back too far, nobody is served first: everybody is kept what he needs to be in, and the rest is shared pro rata.

    Parameters
    ----------
    closers, paid
        bool[N], who closes or has paid, and who has paid.
    contracts, book
        The conditions, and the facts.
    room
        Money that can be taken now [USD million].
    minimum
        int64[N], minimum tickets [USD million].
    traits
        ``records.TRAITS[N]``.

    Returns
    -------
    allocated, holds
        int64[N], what each pays now [USD million]; whether every payer's conditions hold by it.

    References
    ----------
    Model basis, E7; decision log, "nobody is served out of the round that he needs".
    """
    n = closers.shape[0]
    demand, new, payers = np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for i in range(n):
        new[i] = closers[i] and not paid[i]
        demand[i] = book.tickets[i] if new[i] else 0
    seat_all(closers, paid, book)
    insisted = rights(new, contracts, book, traits.pro_rata_share, money(paid, book.tickets), room)
    allocated = ration(demand, insisted, traits.lead, traits.priority, minimum, room)
    for i in range(n):
        payers[i] = paid[i] or allocated[i] > 0
    holds = stands(allocated, payers, paid, contracts, book)
    placed = money(new, allocated) if holds else 0
    if placed == room:
        return allocated, True
    seat_all(closers, paid, book)
    for choice in range(_choices(new, contracts, book)):
        kept = _needed(choice, new, insisted, minimum, paid, contracts, book)
        left = room - money(new, kept)
        if left >= 0:
            rest = split(min(left, money(new, demand) - money(new, kept)), demand - kept)
            for i in range(n):
                kept[i] += rest[i]
            if money(new, kept) > placed and stands(kept, closers, paid, contracts, book):
                return kept, True
            seat_all(closers, paid, book)
    return allocated, placed > 0


@lean
def _choices(new: Flags, contracts: Contracts, book: Book) -> int:
    """In how many ways the new closers can rely on one clause each of those that hold, up to a limit."""
    ways = 1
    for i in range(new.shape[0]):
        if new[i]:
            ways = min(_MOST_CHOICES, ways * max(1, _held(i, contracts, book)))
    return ways


@lean
def _held(i: int, contracts: Contracts, book: Book) -> int:
    """How many clauses of investor ``i`` hold."""
    held = 0
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        held += clause_holds(clause, i, contracts, book)
    return held


@rule
def _needed(
    choice: int, new: Flags, insisted: Integers, minimum: Integers, paid: Flags, contracts: Contracts, book: Book
) -> Integers:
    """Least that each must pay to be in: his minimum ticket, his right, and what others ask of him and his like.

    ``choice`` says on which of his clauses that hold each of those others relies: a digit each.
    """
    n = new.shape[0]
    kept, relied = np.zeros(n, np.int64), np.full(n, -1)
    for i in range(n):
        if new[i]:
            kept[i] = min(book.tickets[i], max(1, minimum[i], insisted[i]))
            relied[i] = _held_clause(choice, i, contracts, book)
            choice //= max(1, _held(i, contracts, book))
    for turn in range(3):  # of one, of a kind, of all others: what is kept for the first counts for the next
        for i in range(n):
            if relied[i] >= 0:
                for a in range(contracts.clauses[relied[i]], contracts.clauses[relied[i] + 1]):
                    _keep(kept, turn, i, contracts.atoms[a], new, paid, book)
    return kept


@lean
def _held_clause(choice: int, i: int, contracts: Contracts, book: Book) -> int:
    """Clause of investor ``i`` that the last digit of ``choice`` names among those that hold, or -1."""
    place = choice % max(1, _held(i, contracts, book))
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        if clause_holds(clause, i, contracts, book):
            if place == 0:
                return clause
            place -= 1
    return -1


@lean
def _keep(kept: Integers, turn: int, i: int, atom: Record, new: Flags, paid: Flags, book: Book) -> None:
    """Keep so much for others that a condition of investor ``i`` holds, if it is one of this turn."""
    if turn == 0 and atom.kind == INVESTOR and new[atom.ref]:
        kept[atom.ref] = max(kept[atom.ref], min(book.tickets[atom.ref], atom.amount_musd))
    elif turn == 1 and atom.kind == MONEY_OF_KIND:
        _keep_together(kept, atom.amount_musd, atom.ref, -1, new, paid, book)
    elif turn == 2 and atom.kind == TOTAL and not atom.count_own:
        base = book.facts.already_closed_musd if atom.count_closed else 0
        _keep_together(kept, atom.amount_musd - base, -1, i, new, paid, book)


@lean
def _keep_together(kept: Integers, asked: int, kind: int, but: int, new: Flags, paid: Flags, book: Book) -> None:
    """Keep so much for investors of a kind, or for all but one, that together they bring what is asked of them."""
    missing = asked
    for i in range(kept.shape[0]):
        if i != but and (kind < 0 or book.kinds[i] == kind):
            missing -= kept[i] + (book.tickets[i] if paid[i] else 0)
    for i in range(kept.shape[0]):
        if missing > 0 and new[i] and i != but and (kind < 0 or book.kinds[i] == kind):
            more = min(missing, book.tickets[i] - kept[i])
            kept[i], missing = kept[i] + more, missing - more


@rule
def best_part(
    closers: Flags, paid: Flags, contracts: Contracts, book: Book, terms: Record, traits: Records
) -> tuple[Integers, bool]:
    """Find the part of the closers that can be served without breaking a condition and brings most.

    Of parts that bring the same, leads stay before others, then higher ranks, then larger tickets.

    Parameters
    ----------
    closers, paid, contracts, book, traits
        As for :func:`share_out`.
    terms
        The ``records.ROUND`` record.

    Returns
    -------
    allocated, found
        int64[N], what each pays now [USD million]; whether there is such a part, which is known for at most
        ``MOST_TRIED`` new closers.
    """
    n = closers.shape[0]
    order = _by_rank(closers, paid, book, traits)
    best, found, most, minimum = np.zeros(n, np.int64), False, 0, traits.min_ticket_musd.copy()
    earlier = money(paid, book.tickets)
    if order.shape[0] > MOST_TRIED:
        return best, found
    part = paid.copy()
    for mask in range((1 << order.shape[0]) - 2, 0, -1):
        put(part, paid)
        for k in range(order.shape[0]):
            part[order[k]] = mask >> (order.shape[0] - 1 - k) & 1 == 1
        if not consistent(part, paid, contracts, book):
            continue
        cap = terms.cap_musd
        if rights_are_asked(contracts):
            cap = allocation_cap(part, paid, contracts, book, cap)
        total = min(money(part, book.tickets), max(cap, earlier))
        if total - earlier <= most or total < terms.minimum_close_musd:
            continue
        allocated, holds = share_out(part, paid, contracts, book, max(0, cap - earlier), minimum, traits)
        placed = money(part, allocated)
        if holds and placed > most and earlier + placed >= terms.minimum_close_musd:
            best, found, most = allocated, True, placed
    return best, found


@rule
def _by_rank(closers: Flags, paid: Flags, book: Book, traits: Records) -> Integers:
    """Places of the new closers: leads, then by priority, then by ticket, the largest first."""
    count = 0
    for i in range(closers.shape[0]):
        count += closers[i] and not paid[i]
    order, taken = np.zeros(count, np.int64), paid.copy()
    for k in range(count):
        first = -1
        for i in range(closers.shape[0]):
            if closers[i] and not taken[i] and (first < 0 or _ahead(i, first, book, traits)):
                first = i
        order[k], taken[first] = first, True
    return order


@lean
def _ahead(i: int, j: int, book: Book, traits: Records) -> bool:
    """Whether investor ``i`` comes before ``j``."""
    if traits[i].lead != traits[j].lead:
        return bool(traits[i].lead)
    if traits[i].priority != traits[j].priority:
        return bool(traits[i].priority > traits[j].priority)
    return bool(book.tickets[i] > book.tickets[j])
