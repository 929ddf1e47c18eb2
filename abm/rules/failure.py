"""Failure: which link broke first when a round misses its target (model basis, 2.7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm.jit import rule
from abm.rules.closing import AS_IT_IS, GATES_OPEN, PRICE_ACCEPTED, Contracts, counterfactual_money, money, union
from abm.rules.conditions import Book

CAUSES = ("", "cash", "settlement", "gate", "coordination", "lead", "price", "demand")
NO_CAUSE, CASH, NOT_PAID, GATE, COORDINATION, LEAD, PRICE, DEMAND = range(8)


@rule
def cause_of_failure(
    missing: int, unpaid: int, gated: int, uncoordinated: int, without_lead: int, priced_out: int
) -> int:
    """Name the link that cost the round most of what it misses; ties go to the link that broke first.

    Each argument is the money that repairing one link alone would have brought. Nobody's repair counts for more than
    what is missing; what none of them explains is a lack of demand.

    Parameters
    ----------
    missing
        Target minus money paid [USD million]; no cause if it is not above 0.
    unpaid
        Tickets of those who closed and did not pay [USD million].
    gated
        What the greatest closing would gain with every consent in force [USD million].
    uncoordinated
        What mutual conditions, or a closing short of the greatest, left out [USD million].
    without_lead
        Tickets of leads that had not signed, or had withdrawn [USD million].
    priced_out
        Tickets lost to price limits, or to investors who want none at this price [USD million].

    Returns
    -------
    int
        Index into ``CAUSES``.

    References
    ----------
    Model basis, 2.7.

    Examples
    --------
    >>> CAUSES[cause_of_failure(12_500, 0, 12_500, 0, 0, 0)], CAUSES[cause_of_failure(700, 0, 0, 0, 0, 0)]
    ('gate', 'demand')
    """
    if missing <= 0:
        return NO_CAUSE
    explained = (
        min(missing, unpaid),
        min(missing, gated),
        min(missing, uncoordinated),
        min(missing, without_lead),
        min(missing, priced_out),
    )
    best, cause, total = 0, DEMAND, 0
    for k in range(5):
        total += explained[k]
        if explained[k] > best:
            best, cause = explained[k], NOT_PAID + k
    return cause if best >= missing - total else DEMAND


@rule
def diagnose(
    signed: Any,
    paid: Any,
    unpaid: Any,
    refused: Any,
    contracts: Contracts,
    book: Book,
    terms: Any,
    traits: Any,
    paid_musd: int,
) -> int:
    """Find the first cause why a round missed its target at the deadline.

    Parameters
    ----------
    signed, paid, unpaid, refused
        bool[N]: still signed, paid, called and not paid, unwilling at this price.
    contracts, book
        The conditions as they stood at the deadline, and the facts.
    terms, traits
        ``state.ROUND`` record and ``state.TRAITS[N]``.
    paid_musd
        Money paid since as_of, fallbacks included [USD million].

    Returns
    -------
    int
        Index into ``CAUSES``.

    References
    ----------
    Model basis, 2.7; decision log, "the cause of a failure".
    """
    reached = np.zeros(4, np.int64)
    for granted in (AS_IT_IS, GATES_OPEN, GATES_OPEN | PRICE_ACCEPTED):
        reached[granted] = counterfactual_money(signed, paid, contracts, book, granted)
    now, gates_open, all_granted = reached[AS_IT_IS], reached[GATES_OPEN], reached[GATES_OPEN | PRICE_ACCEPTED]
    everything = money(union(signed, paid), book.tickets)
    not_paid = money(unpaid, book.tickets)
    without_lead, priced_out = 0, all_granted - gates_open
    for i in range(signed.shape[0]):
        if signed[i] or paid[i] or unpaid[i]:
            continue
        wish = traits[i].max_ticket_musd if traits[i].behavioural else traits[i].stated_musd
        if refused[i]:
            priced_out += wish
        elif traits[i].lead:
            without_lead += wish
    uncoordinated = now - money(paid, book.tickets) + everything - all_granted
    missing = terms.target_musd - paid_musd
    return cause_of_failure(missing, not_paid, gates_open - now, uncoordinated, without_lead, priced_out)
