"""Clauses: what everybody's contract asks for, and whether it holds (C1, C7)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abm.core.jit import lean
from abm.core.lending import lent
from abm.core.records import Flags, Integers, Records
from abm.rules.conditions import (
    CONDITIONS,
    MAX_POST_MONEY,
    MIN_OWN_SHARE,
    MIN_SENTIMENT,
    TOTAL,
    WITHOUT,
    Book,
    atom_holds,
)

#: What a counterfactual closing takes for granted: conditions by the cause that they stand for, a bit each.
GRANTS = ("gate", "price", "market", "stake", "rival")
AS_IT_IS = 0
_BIT_OF_KIND = np.array(
    [1 << GRANTS.index(kind.cause) if kind.cause in GRANTS else 0 for kind in CONDITIONS.values()], np.int64
)


@lent
class Contracts(NamedTuple):
    """Everybody's conditions, OR of ANDs, flattened. ``C`` clauses, ``A`` atoms."""

    atoms: Records  #: ATOM[A]
    clauses: Integers  #: int64[C + 1], where each clause's atoms start
    investors: Integers  #: int64[N + 1], where each investor's clauses start
    members: Integers  #: int64[M], the concatenated any_of lists


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
def mood_turned(signed: Flags, contracts: Contracts, before: float, sentiment: float) -> bool:
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
def clause_holds(clause: int, i: int, contracts: Contracts, book: Book) -> bool:
    """Whether all conditions of a clause of investor ``i`` hold.

    ``book.facts.literal`` reads allocation rights as conditions of membership (C7.3); otherwise they are met by cutting
    back (C7.2). ``book.facts.granted`` takes some kinds of conditions for granted: the counterfactuals behind a cause
    of failure.
    """
    literal, granted = book.facts.literal, book.facts.granted
    for a in range(contracts.clauses[clause], contracts.clauses[clause + 1]):
        atom = contracts.atoms[a]
        kind = atom.kind
        if not literal and (kind == MIN_OWN_SHARE or kind == MAX_POST_MONEY):
            continue
        if granted & _BIT_OF_KIND[kind]:
            continue
        if not atom_holds(kind, atom, i, book):
            return False
    return True


@lean
def rivalry(contracts: Contracts) -> bool:
    """Whether any contract asks for less of others (``down``): a rival out, a small round, a stake not diluted."""
    for a in range(contracts.atoms.shape[0]):
        kind = contracts.atoms[a].kind
        if kind == WITHOUT or kind == MIN_OWN_SHARE or kind == MAX_POST_MONEY:
            return True
    return False


@lean
def asked(contracts: Contracts, granted: int) -> bool:
    """Whether any contract has a condition of those that are granted."""
    for a in range(contracts.atoms.shape[0]):
        if granted & _BIT_OF_KIND[contracts.atoms[a].kind]:
            return True
    return False


@lean
def unconditional(i: int, contracts: Contracts) -> bool:
    """Whether investor ``i`` has no clauses at all."""
    return contracts.investors[i] == contracts.investors[i + 1]


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


@lean
def rights_are_asked(contracts: Contracts) -> bool:
    """Whether any contract guarantees a stake or limits the post-money."""
    for a in range(contracts.atoms.shape[0]):
        if contracts.atoms[a].kind == MIN_OWN_SHARE or contracts.atoms[a].kind == MAX_POST_MONEY:
            return True
    return False
