"""Closing: which set of conditional commitments can close together (C2 to C7)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from abm.jit import lean, rule
from abm.rules.conditions import (
    GATE,
    HAIR,
    MAX_POST_MONEY,
    MAX_PRE_MONEY,
    MIN_OWN_SHARE,
    MIN_SENTIMENT,
    TOTAL,
    Book,
    atom_holds,
)

GREATEST, LEAST, ELIMINATION = 0, 1, 2
SELECT = {"greatest": GREATEST, "least": LEAST, "elimination": ELIMINATION}

#: What a counterfactual closing takes for granted (bits).
AS_IT_IS, GATES_OPEN, PRICE_ACCEPTED = 0, 1, 2


class Contracts(NamedTuple):
    """Everybody's conditions, OR of ANDs, flattened. ``C`` clauses, ``A`` atoms."""

    atoms: Any  #: ATOM[A]
    clauses: Any  #: int64[C + 1], where each clause's atoms start
    investors: Any  #: int64[N + 1], where each investor's clauses start
    members: Any  #: int64[M], the concatenated any_of lists


class Closing(NamedTuple):
    """The answer of the closing operator, with its two extremes."""

    selected: Any  #: bool[N], who closes
    greatest: Any  #: bool[N], who could close if all signed in escrow and closed at once
    least: Any  #: bool[N], who would close if nobody moved before his own condition is met
    barred: Any  #: bool[N], left out although his conditions would now hold


@lean
def conditional(i: int, contracts: Contracts) -> bool:
    """Whether investor ``i`` has conditions; a total of nothing is none."""
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
            atom = contracts.atoms[a]
            if atom.kind != TOTAL or atom.amount_musd > 0:
                return True
    return False


@lean
def anybody_new(closers: Any, paid: Any) -> bool:
    """Whether somebody closes who has not paid yet."""
    for i in range(closers.shape[0]):
        if closers[i] and not paid[i]:
            return True
    return False


@lean
def mood_turned(signed: Any, contracts: Contracts, before: float, sentiment: float) -> bool:
    """Whether sentiment has crossed a level that somebody who has signed asks for [log-points]."""
    for i in range(signed.shape[0]):
        if signed[i]:
            for clause in range(contracts.investors[i], contracts.investors[i + 1]):
                for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
                    atom = contracts.atoms[a]
                    if atom.kind == MIN_SENTIMENT and (before >= atom.level) != (sentiment >= atom.level):
                        return True
    return False


@lean
def fill_totals(book: Book) -> None:
    """Add up the money of the two sets of ``book`` [USD million], in place."""
    book.totals[0] = book.totals[1] = 0
    for kind in range(book.kind_musd.shape[0]):
        book.kind_musd[kind] = 0
    for i in range(book.tickets.shape[0]):
        if book.inside[i]:
            book.totals[0] += book.tickets[i]
            book.kind_musd[book.kinds[i]] += book.tickets[i]
        if book.against[i]:
            book.totals[1] += book.tickets[i]


@lean
def clause_holds(clause: int, i: int, contracts: Contracts, book: Book) -> bool:
    """Whether all conditions of a clause of investor ``i`` hold.

    ``book.facts.literal`` reads allocation rights as conditions of membership (C7.3); otherwise they are met by cutting
    back (C7.2). ``book.facts.granted`` takes gates, or price and sentiment, for granted: the counterfactuals behind a
    cause of failure.
    """
    literal, granted = book.facts.literal, book.facts.granted
    for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
        atom = contracts.atoms[a]
        kind = atom.kind
        if not literal and (kind == MIN_OWN_SHARE or kind == MAX_POST_MONEY):
            continue
        if granted & GATES_OPEN and kind == GATE:
            continue
        if granted & PRICE_ACCEPTED and (kind == MAX_PRE_MONEY or kind == MIN_SENTIMENT):
            continue
        if not atom_holds(kind, atom, i, book):
            return False
    return True


@lean
def satisfied(i: int, contracts: Contracts, book: Book) -> bool:
    """Whether one clause of investor ``i`` holds; no clauses, no conditions."""
    first, last = contracts.investors[i], contracts.investors[i + 1]
    holds = first == last
    for clause in range(first, last):
        holds = holds or clause_holds(clause, i, contracts, book)
    return holds


@lean
def invoked_clause(i: int, has_paid: bool, contracts: Contracts, book: Book) -> int:
    """Clause by whose allocation rights investor ``i`` is in, or -1 if he is in without any.

    Rights are called on only where no clause without them holds; of several, the first that the file names. Once he has
    paid, his rights no longer depend on the rest of the clause.
    """
    found = -1
    for clause in range(contracts.investors[i], contracts.investors[i + 1]):
        if has_paid or clause_holds(clause, i, contracts, book):
            needed = False
            for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
                kind = contracts.atoms[a].kind
                needed = needed or kind == MIN_OWN_SHARE or kind == MAX_POST_MONEY
            if not needed:
                return -1
            if found < 0:
                found = clause
    return found


@rule
def respond(candidates: Any, paid: Any, contracts: Contracts, book: Book) -> Any:
    """Everybody's answer to the two sets in ``book``: F(S) = those whose conditions hold, with all who have paid."""
    fill_totals(book)
    answer = paid.copy()
    for i in range(candidates.shape[0]):
        if candidates[i] and not paid[i]:
            answer[i] = satisfied(i, contracts, book)
    return answer


@rule
def contented(content: Any, signed: Any, paid: Any, contracts: Contracts, book: Book) -> None:
    """Write into ``content``, bool[N], who of the signed needs nobody but those who have paid."""
    put(book.inside, paid)
    put(book.against, paid)
    put(content, respond(signed, paid, contracts, book))


@lean
def put(target: Any, source: Any) -> None:
    """Overwrite one set with another, in place (a loop compiles in a tenth of the time of a slice)."""
    for i in range(target.shape[0]):
        target[i] = source[i]


@rule
def union(a: Any, b: Any) -> Any:
    """Everybody who is in either set."""
    both = a.copy()
    for i in range(a.shape[0]):
        both[i] = a[i] or b[i]
    return both


@lean
def same(a: Any, b: Any) -> bool:
    """Whether two sets are equal."""
    for i in range(a.shape[0]):
        if a[i] != b[i]:
            return False
    return True


@rule
def candidates(signed: Any, paid: Any, book: Book) -> Any:
    """Places of those who have signed and not paid, int64[K]; the paid ones are seated for good, and counted."""
    for k in range(book.base_musd.shape[0]):
        book.base_musd[k] = 0
    who, n = np.empty(signed.shape[0], np.int64), 0
    for i in range(signed.shape[0]):
        book.inside[i] = book.against[i] = paid[i]
        if paid[i]:
            book.base_musd[0] += book.tickets[i]
            book.base_musd[1 + book.kinds[i]] += book.tickets[i]
        elif signed[i]:
            who[n] = i
            n += 1
    return who[:n]


@lean
def seat(who: Any, inside: Any, against: Any, book: Book) -> None:
    """Make two sets of candidates, bool[K] each, the sets of ``book``; only their money is counted anew."""
    book.totals[0] = book.totals[1] = book.base_musd[0]
    for kind in range(book.kind_musd.shape[0]):
        book.kind_musd[kind] = book.base_musd[1 + kind]
    for k in range(who.shape[0]):
        i = who[k]
        book.inside[i], book.against[i] = inside[k], against[k]
        if inside[k]:
            book.totals[0] += book.tickets[i]
            book.kind_musd[book.kinds[i]] += book.tickets[i]
        if against[k]:
            book.totals[1] += book.tickets[i]


@rule
def with_paid(who: Any, members: Any, paid: Any) -> Any:
    """Spread a set of candidates over all investors, with everybody who has paid: bool[N]."""
    everybody = paid.copy()
    for k in range(who.shape[0]):
        everybody[who[k]] = members[k]
    return everybody


@lean
def _answers(who: Any, inside: Any, against: Any, contracts: Contracts, book: Book, answer: Any) -> bool:
    """Write the candidates' answers to two sets into ``answer``; whether they confirm the first of the sets."""
    seat(who, inside, against, book)
    confirmed = True
    for k in range(who.shape[0]):
        answer[k] = satisfied(who[k], contracts, book)
        confirmed = confirmed and answer[k] == inside[k]
    return confirmed


@rule
def _bounds(who: Any, contracts: Contracts, book: Book) -> Any:
    """Least and greatest consistent sets of candidates, bool[2, K]."""
    bound = np.zeros((2, who.shape[0]), np.bool_)
    answer = np.zeros((2, who.shape[0]), np.bool_)
    for k in range(who.shape[0]):
        bound[1, k] = True
    settled = False
    while not settled:
        least = _answers(who, bound[0], bound[1], contracts, book, answer[0])
        settled = _answers(who, bound[1], bound[0], contracts, book, answer[1]) and least
        bound, answer = answer, bound
    return bound


@rule
def bounds(signed: Any, paid: Any, contracts: Contracts, book: Book) -> Any:
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
    Van Gelder, A. (1993). The alternating fixpoint of logic programs with negation. J. Comput. System Sci. 47(1).
    """
    who = candidates(signed, paid, book)
    found = _bounds(who, contracts, book)
    both = np.zeros((2, signed.shape[0]), np.bool_)
    for side in range(2):
        put(both[side], with_paid(who, found[side], paid))
    return both


@rule
def _eliminate(who: Any, start: Any, contracts: Contracts, book: Book) -> Any:
    """Remove candidates whose conditions fail until nobody's do, bool[K]; ``book`` is left with that set."""
    current = start.copy()
    settled = False
    while not settled:
        settled = True
        seat(who, current, current, book)
        for k in range(who.shape[0]):
            if current[k] and not satisfied(who[k], contracts, book):
                current[k] = settled = False
    return current


@rule
def eliminate(start: Any, paid: Any, contracts: Contracts, book: Book) -> Any:
    """Remove at once everybody whose conditions fail, never re-admit, repeat (C7.3). Ends in at most N rounds."""
    who = candidates(start, paid, book)
    return with_paid(who, _eliminate(who, np.ones(who.shape[0], np.bool_), contracts, book), paid)


@rule
def close(signed: Any, paid: Any, contracts: Contracts, book: Book, select: int) -> Closing:
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
    book.facts.literal = select == ELIMINATION
    book.facts.granted = AS_IT_IS
    who = candidates(signed, paid, book)
    bound = _bounds(who, contracts, book)
    greatest = _eliminate(who, bound[1], contracts, book)
    chosen = greatest
    if select == LEAST:
        chosen = bound[0]
    elif select == ELIMINATION:
        chosen = _eliminate(who, np.ones(who.shape[0], np.bool_), contracts, book)
    barred = chosen.copy()
    _answers(who, chosen, chosen, contracts, book, barred)
    for k in range(who.shape[0]):
        barred[k] = barred[k] and not chosen[k]
    nobody = paid.copy()
    for i in range(paid.shape[0]):
        nobody[i] = False
    return Closing(
        with_paid(who, chosen, paid),
        with_paid(who, greatest, paid),
        with_paid(who, bound[0], paid),
        with_paid(who, barred, nobody),
    )


@rule
def close_into(closers: Any, signed: Any, paid: Any, contracts: Contracts, book: Book, select: int) -> int:
    """Close as :func:`close` does, with the selected closers written into ``closers``; the closing gap [USD million]."""
    answer = close(signed, paid, contracts, book, select)
    put(closers, answer.selected)
    return closing_gap(answer.greatest, answer.least, book.tickets, book.facts.cap_musd)


@lean
def closing_gap(greatest: Any, least: Any, tickets: Any, cap_musd: int) -> int:
    """Value of closing at once rather than one after the other, greatest minus least total [USD million]."""
    return min(money(greatest, tickets), cap_musd) - min(money(least, tickets), cap_musd)


@lean
def money(members: Any, tickets: Any) -> int:
    """Money that a set of investors brings [USD million]."""
    total = 0
    for i in range(members.shape[0]):
        if members[i]:
            total += tickets[i]
    return total


@rule
def counterfactual_closers(signed: Any, paid: Any, contracts: Contracts, book: Book, granted: int) -> Any:
    """Greatest closing if some conditions were taken for granted, bool[N]; ``book`` is left with that set."""
    book.facts.literal = False
    book.facts.granted = granted
    who = candidates(signed, paid, book)
    closers = _eliminate(who, _bounds(who, contracts, book)[1], contracts, book)
    book.facts.granted = AS_IT_IS
    return with_paid(who, closers, paid)


@rule
def counterfactual_money(signed: Any, paid: Any, contracts: Contracts, book: Book, granted: int) -> int:
    """Money of the greatest closing if some conditions were taken for granted [USD million]."""
    return money(counterfactual_closers(signed, paid, contracts, book, granted), book.tickets)


@rule
def clinching_rung(
    signed: Any, paid: Any, contracts: Contracts, book: Book, ladder_musd: Any, rung: int, needed_musd: int
) -> int:
    """Highest rung of the price ladder, from ``rung`` down, at which the greatest closing brings what is needed (C7.1).

    Returns ``rung`` itself where no rung helps: a cheaper price that does not close the round is no use.
    """
    offered = book.facts.pre_money_musd
    found = rung
    for candidate in range(rung, ladder_musd.shape[0]):
        book.facts.pre_money_musd = ladder_musd[candidate]
        closers = counterfactual_closers(signed, paid, contracts, book, AS_IT_IS)
        cap = allocation_cap(closers, paid, contracts, book, book.facts.cap_musd)
        if min(money(closers, book.tickets), cap) >= needed_musd:
            found = candidate
            break
    book.facts.pre_money_musd = offered
    return found


@rule
def rights(selected: Any, contracts: Contracts, book: Book, pro_rata_share: Any, paid_musd: int, room_musd: int) -> Any:
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
        insisted[i] = min(book.tickets[i], math.ceil(right - HAIR))
    return insisted


@lean
def allocation_cap(selected: Any, paid: Any, contracts: Contracts, book: Book, cap_musd: int) -> int:
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
