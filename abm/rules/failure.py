"""Failure: which link broke first when a round misses its target (model basis, 2.7)."""

from __future__ import annotations

from typing import NamedTuple

from abm.core.jit import lean, rule
from abm.core.records import Flags, Records
from abm.rules.clauses import AS_IT_IS, GATES_OPEN, PRICE_ACCEPTED, Contracts
from abm.rules.closing import counterfactual_money, money
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
    # strictly more, so of two equal links the one earlier in the chain is the cause
    best, cause, total = 0, DEMAND, 0
    for k in range(5):
        total += explained[k]
        if explained[k] > best:
            best, cause = explained[k], NOT_PAID + k
    return cause if best >= missing - total else DEMAND


class Links(NamedTuple):
    """Money that repairing one link alone would bring [USD million]; as :func:`cause_of_failure` describes them."""

    unpaid: int
    gated: int
    uncoordinated: int
    without_lead: int
    priced_out: int


@lean
def broken_links(
    signed: Flags, paid: Flags, unpaid: Flags, refused: Flags, contracts: Contracts, book: Book, traits: Records
) -> Links:
    """Find what each link cost a round, as things stand when its deadline has come.

    Parameters
    ----------
    signed, paid, unpaid, refused
        bool[N]: still signed, paid, called and not paid, unwilling at this price.
    contracts, book
        The conditions and the facts.
    traits
        ``records.TRAITS[N]``.

    Returns
    -------
    Links
        Money by link [USD million].

    References
    ----------
    Model basis, 2.7; decision log, "the cause of a failure".
    """
    now = gates_open = all_granted = 0
    for granted in (AS_IT_IS, GATES_OPEN, GATES_OPEN | PRICE_ACCEPTED):  # one call, which compiles once
        now, gates_open = gates_open, all_granted
        all_granted = counterfactual_money(signed, paid, contracts, book, granted)
    everything = money(signed, book.tickets) + money(paid, book.tickets)
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
    return Links(money(unpaid, book.tickets), gates_open - now, uncoordinated, without_lead, priced_out)


@rule
def diagnose(links: Links, target_musd: int, paid_musd: int) -> int:
    """Find the first cause why a round missed its target, fallback money included: index into ``CAUSES``.

    Parameters
    ----------
    links
        What each broken link cost, from :func:`broken_links`.
    target_musd, paid_musd
        What the round wanted, and what was paid since as_of [USD million].

    Returns
    -------
    int
        Index into ``CAUSES``.

    References
    ----------
    Model basis, 2.7.
    """
    missing = target_musd - paid_musd
    return cause_of_failure(
        missing, links.unpaid, links.gated, links.uncoordinated, links.without_lead, links.priced_out
    )
