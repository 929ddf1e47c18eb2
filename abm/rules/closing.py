"""Closing: which set of conditional commitments can close together (C2 to C7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abm.core.jit import lean, rule
from abm.core.records import Flags, Integers
from abm.rules.allocation import allocation_cap
from abm.rules.clauses import AS_IT_IS, Contracts, rivalry, satisfied, unconditional
from abm.rules.conditions import Book
from abm.rules.ordering import sort_by_total

GREATEST, LEAST, ELIMINATION = 0, 1, 2
SELECT = {"greatest": GREATEST, "least": LEAST, "elimination": ELIMINATION}

# Rows of ``Book.sets``, in which a closing keeps sets of candidates, and a settlement sets of investors.
_LEAST, _GREATEST, _ANSWER, _OTHER, CHOSEN = range(5)
_PATIENCE = 2  # looks at whoever may move in any order before they are sorted


class Closing(NamedTuple):
    """The answer of the closing operator, with its two extremes."""

    selected: Flags  #: bool[N], who closes
    greatest: Flags  #: bool[N], who could close if all signed in escrow and closed at once
    least: Flags  #: bool[N], who would close if nobody moved before his own condition is met
    barred: Flags  #: bool[N], left out although his conditions would now hold


@lean
def put(target: Flags | Integers, source: Flags | Integers) -> None:
    """Overwrite one set with another, in place (a loop compiles in a tenth of the time of a slice)."""
    for i in range(target.shape[0]):
        target[i] = source[i]


@lean
def same(a: Flags, b: Flags) -> bool:
    """Whether two sets are equal."""
    for i in range(a.shape[0]):
        if a[i] != b[i]:
            return False
    return True


@lean
def money(members: Flags, tickets: Integers) -> int:
    """Money that a set of investors brings [USD million]."""
    total = 0
    for i in range(members.shape[0]):
        if members[i]:
            total += tickets[i]
    return total


@lean
def closing_gap(greatest: Flags, least: Flags, tickets: Integers, cap_musd: int) -> int:
    """Value of closing at once rather than one after the other, greatest minus least total [USD million]."""
    return min(money(greatest, tickets), cap_musd) - min(money(least, tickets), cap_musd)


@lean
def gather(signed: Flags, paid: Flags, book: Book) -> int:
    """Gather the candidates: who has signed and not paid. Whoever has paid is seated for good, and counted.

    Returns how many candidates there are; ``book.who`` holds their places.
    """
    for k in range(book.base_musd.shape[0]):
        book.base_musd[k] = 0
    n = 0
    for i in range(signed.shape[0]):
        book.inside[i] = book.against[i] = paid[i]
        if paid[i]:
            book.base_musd[0] += book.tickets[i]
            book.base_musd[1 + book.kinds[i]] += book.tickets[i]
        elif signed[i]:
            book.who[n] = i
            n += 1
    return n


@lean
def seat(n: int, inside: Flags, against: Flags, book: Book) -> None:
    """Make two sets of candidates the sets of ``book``; only their money is counted anew."""
    book.totals[0] = book.totals[1] = book.base_musd[0]
    for kind in range(book.kind_musd.shape[0]):
        book.kind_musd[kind] = book.base_musd[1 + kind]
    for k in range(n):
        i = book.who[k]
        book.inside[i], book.against[i] = inside[k], against[k]
        if inside[k]:
            book.totals[0] += book.tickets[i]
            book.kind_musd[book.kinds[i]] += book.tickets[i]
        if against[k]:
            book.totals[1] += book.tickets[i]


@lean
def seat_all(closers: Flags, paid: Flags, book: Book) -> None:
    """Seat a set of investors, and everybody who has paid."""
    n = gather(closers, paid, book)
    fill(n, book.sets[_ANSWER], True)
    seat(n, book.sets[_ANSWER], book.sets[_ANSWER], book)


@lean
def fill(n: int, members: Flags, inside: bool) -> None:
    """Put all candidates into a set, or none."""
    for k in range(n):
        members[k] = inside


@lean
def unseat(n: int, book: Book) -> None:
    """Leave nobody seated but those who have paid."""
    for k in range(n):
        book.inside[book.who[k]] = book.against[book.who[k]] = False


@lean
def spread(n: int, members: Flags, paid: Flags, book: Book, everybody: Flags) -> None:
    """Spread a set of candidates over all investors, with everybody who has paid."""
    put(everybody, paid)
    for k in range(n):
        everybody[book.who[k]] = members[k]


@lean
def worth_of(n: int, members: Flags, book: Book) -> int:
    """Money of a set of candidates and of all who have paid [USD million]."""
    total = book.base_musd[0]
    for k in range(n):
        if members[k]:
            total += book.tickets[book.who[k]]
    return total


@lean
def answer_to(n: int, inside: Flags, against: Flags, contracts: Contracts, book: Book, answer: Flags) -> bool:
    """Write the candidates' answers to two sets into ``answer``; whether they confirm the first of the sets."""
    seat(n, inside, against, book)
    confirmed = True
    for k in range(n):
        answer[k] = satisfied(book.who[k], contracts, book)
        confirmed = confirmed and answer[k] == inside[k]
    return confirmed


@lean
def _move(i: int, change: int, book: Book) -> None:
    """Count somebody who enters (1) or leaves (-1) the seated set."""
    book.inside[i] = book.against[i] = change > 0
    book.totals[0] += change * book.tickets[i]
    book.totals[1] = book.totals[0]
    book.kind_musd[book.kinds[i]] += change * book.tickets[i]


@lean
def turn(n: int, members: Flags, entering: bool, contracts: Contracts, book: Book) -> None:
    """Let candidates enter whose conditions hold, or leave whose conditions fail, until nobody does; in place.

    Each sees what those before him did. Where all ask for more of others, the end does not depend on the order (Cousot
    and Cousot 1977), but the time does: whoever asks for the least total enters first, and leaves last.
    """
    seat(n, members, members, book)
    order, left = book.order, 0
    for k in range(n):
        if members[k] != entering:
            order[left] = k
            left += 1
    looks, asked = 0, left + 1
    while left < asked:  # while somebody has moved
        if looks == _PATIENCE:
            sort_by_total(left, entering, contracts, book)
        asked, left = left, 0
        for p in range(asked):
            k = order[p]
            if satisfied(book.who[k], contracts, book) == entering:
                members[k] = entering
                _move(book.who[k], 1 if entering else -1, book)
            else:
                order[left] = k
                left += 1
        looks += 1


@lean
def enclose(n: int, contracts: Contracts, book: Book) -> bool:
    """Find the least and the greatest consistent set of candidates, in the first two rows of ``book.sets``.

    Returns whether they may be no consistent sets, but only enclose all: where somebody asks for less of others.
    """
    least, greatest, answer, other = book.sets[_LEAST], book.sets[_GREATEST], book.sets[_ANSWER], book.sets[_OTHER]
    for k in range(n):
        least[k], greatest[k] = unconditional(book.who[k], contracts), True
    if rivalry(contracts):
        # a condition against somebody turns "more" into "less": each bound is judged by the other
        settled = False
        while not settled:
            settled = answer_to(n, least, greatest, contracts, book, answer)
            settled = answer_to(n, greatest, least, contracts, book, other) and settled
            for k in range(n):
                least[k], greatest[k] = answer[k], other[k]
        return True
    turn(n, least, True, contracts, book)
    if not same_of(n, greatest, least):
        turn(n, greatest, False, contracts, book)
    return False


@lean
def same_of(n: int, one: Flags, other: Flags) -> bool:
    """Whether two sets of candidates are equal."""
    for k in range(n):
        if one[k] != other[k]:
            return False
    return True


@lean
def prune(n: int, members: Flags, contracts: Contracts, book: Book) -> None:
    """Remove candidates whose conditions fail until nobody's do, in place; they stay seated."""
    settled = False
    while not settled:
        settled = True
        seat(n, members, members, book)
        for k in range(n):
            if members[k] and not satisfied(book.who[k], contracts, book):
                members[k] = settled = False


@rule
def bounds(signed: Flags, paid: Flags, contracts: Contracts, book: Book) -> Flags:
    r"""Least and greatest consistent closing sets; every consistent set lies between them.

    Conditions that ask for more of others (``up``) make :math:`F` monotone, so its fixed points form a lattice and
    iteration from nobody and from everybody ends in the least and the greatest one. Conditions that ask for less
    (``down``) are judged against the opposite bound, :math:`(l, u) \leftarrow (G(l, u), G(u, l))`: then the two
    bounds enclose every fixed point, and what lies between them is undetermined.

    Parameters
    ----------
    signed, paid
        bool[N]: who has signed, who has paid already and stays in.
    contracts, book
        The conditions and the facts; the sets and totals of ``book`` are overwritten.

    Returns
    -------
    ndarray
        bool[2, N]: the least set, the greatest set.

    References
    ----------
    Tarski, A. (1955). A lattice-theoretical fixpoint theorem and its applications. Pacific J. Math. 5(2), 285-309.
    Cousot, P. & Cousot, R. (1977). Automatic synthesis of optimal invariant assertions. SIGPLAN Notices 12(8), 1-12.
    Van Gelder, A. (1993). The alternating fixpoint of logic programs with negation. J. Comput. System Sci. 47(1).
    """
    n = gather(signed, paid, book)
    enclose(n, contracts, book)
    both = np.zeros((2, signed.shape[0]), np.bool_)
    for side in range(2):
        spread(n, book.sets[side], paid, book, both[side])
    return both


@lean
def eliminate_into(remaining: Flags, start: Flags, paid: Flags, contracts: Contracts, book: Book) -> None:
    """Remove at once everybody whose conditions fail, never re-admit, repeat (C7.3). Ends in at most N rounds."""
    n = gather(start, paid, book)
    fill(n, book.sets[_ANSWER], True)
    prune(n, book.sets[_ANSWER], contracts, book)
    spread(n, book.sets[_ANSWER], paid, book, remaining)


@lean
def close_into(selected: Flags, signed: Flags, paid: Flags, contracts: Contracts, book: Book, select: int) -> int:
    """Close as :func:`close` does, with the closers written into ``selected``; the closing gap [USD million]."""
    n = gather(signed, paid, book)
    gap = close_candidates(n, contracts, book, select)
    spread(n, book.sets[CHOSEN], paid, book, selected)
    return gap


@lean
def close_candidates(n: int, contracts: Contracts, book: Book, select: int) -> int:
    """Close over ``n`` candidates that are gathered already; the closing gap [USD million].

    ``book.sets[CHOSEN]`` says who of them closes; they stay seated.
    """
    book.facts.literal = select == ELIMINATION
    book.facts.granted = AS_IT_IS
    open_between = enclose(n, contracts, book)
    least, greatest, chosen = book.sets[_LEAST], book.sets[_GREATEST], book.sets[CHOSEN]
    if open_between and not same_of(n, least, greatest):
        prune(n, greatest, contracts, book)
    if open_between and select == ELIMINATION:
        fill(n, chosen, True)
        prune(n, chosen, contracts, book)
    else:
        for k in range(n):
            chosen[k] = least[k] if select == LEAST else greatest[k]
    cap = book.facts.cap_musd
    return min(worth_of(n, greatest, book), cap) - min(worth_of(n, least, book), cap)


@rule
def close(signed: Flags, paid: Flags, contracts: Contracts, book: Book, select: int) -> Closing:
    """Compute which of the signed commitments close now, and the extremes between which any closing lies.

    Parameters
    ----------
    signed, paid
        bool[N]: who has signed, who has paid already and stays in.
    contracts, book
        The conditions and the facts; the sets and totals of ``book`` are overwritten.
    select
        GREATEST (escrow: all sign, all close at once), LEAST (rolling: nobody moves first), or ELIMINATION.

    Returns
    -------
    Closing
        Masks, bool[N] each; those who have paid are in all of them.

    References
    ----------
    Model basis, C2 and C7.
    """
    closing = Closing(paid.copy(), paid.copy(), paid.copy(), np.zeros(paid.shape[0], np.bool_))
    close_into(closing.selected, signed, paid, contracts, book, select)
    n = gather(signed, paid, book)
    spread(n, book.sets[_GREATEST], paid, book, closing.greatest)
    spread(n, book.sets[_LEAST], paid, book, closing.least)
    answer_to(n, book.sets[CHOSEN], book.sets[CHOSEN], contracts, book, book.sets[_ANSWER])
    for k in range(n):
        closing.barred[book.who[k]] = book.sets[_ANSWER][k] and not book.sets[CHOSEN][k]
    return closing


@lean
def needs_no_one_else(content: Flags, signed: Flags, paid: Flags, contracts: Contracts, book: Book) -> None:
    """Write into ``content``, bool[N], who has paid, and who of the signed needs nobody but those."""
    n = gather(signed, paid, book)
    fill(n, book.sets[_LEAST], False)
    answer_to(n, book.sets[_LEAST], book.sets[_LEAST], contracts, book, book.sets[_ANSWER])
    spread(n, book.sets[_ANSWER], paid, book, content)


@lean
def counterfactual_money(
    signed: Flags, paid: Flags, contracts: Contracts, book: Book, granted: int, literal: bool
) -> int:
    """Money of the greatest closing if some conditions were taken for granted [USD million]; it stays seated."""
    book.facts.literal = literal
    book.facts.granted = granted
    n = gather(signed, paid, book)
    if enclose(n, contracts, book):
        prune(n, book.sets[_GREATEST], contracts, book)
    book.facts.granted, book.facts.literal = AS_IT_IS, False
    return worth_of(n, book.sets[_GREATEST], book)


@lean
def clinching_rung(
    signed: Flags, paid: Flags, contracts: Contracts, book: Book, ladder_musd: Integers, rung: int, needed_musd: int
) -> int:
    """Highest rung of the price ladder, from ``rung`` down, at which the greatest closing brings what is needed (C7.1).

    Returns ``rung`` itself where no rung helps: a cheaper price that does not close the round is no use.
    """
    offered = book.facts.pre_money_musd
    found = rung
    for candidate in range(rung, ladder_musd.shape[0]):
        book.facts.pre_money_musd = ladder_musd[candidate]
        reached = counterfactual_money(signed, paid, contracts, book, book.facts.granted, False)
        cap = allocation_cap(book.inside, paid, contracts, book, book.facts.cap_musd)
        if min(reached, cap) >= needed_musd:
            found = candidate
            break
    book.facts.pre_money_musd = offered
    return found
