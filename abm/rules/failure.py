"""Failure: which link broke first when a round misses its target (model basis, 2.7)."""

from __future__ import annotations

from typing import NamedTuple

from abm.core.jit import lean, rule
from abm.core.records import Flags, Integers, Record, Records
from abm.rules.allocation import allocation_cap
from abm.rules.clauses import GRANTS, Contracts, asked, rights_are_asked
from abm.rules.closing import ELIMINATION, counterfactual_money, gather, money, put
from abm.rules.conditions import Book

CAUSES = ("", "cash", "settlement", "gate", "coordination", "lead", "price", "demand", "market", "stake", "rival")
NO_CAUSE, CASH, NOT_PAID, GATE, COORDINATION, LEAD, PRICE, DEMAND, MARKET, STAKE, RIVAL = range(11)
#: The cause that each of :class:`Links` stands for, in their order.
LINK_CAUSES = ("settlement", "gate", "coordination", "lead", "price", "market", "stake", "rival")
_GRANTED = len(GRANTS)
_JOINED = 5  # row of ``Book.sets`` that a closing does not use
_GATES, _PRICE, _MARKET, _STAKES = range(1, _GRANTED)


@rule
def cause_of_failure(
    missing: int,
    unpaid: int,
    gated: int,
    uncoordinated: int,
    without_lead: int,
    priced_out: int,
    market_down: int = 0,
    stakes_off: int = 0,
    rivals_in: int = 0,
    ready: int = 0,
) -> int:
    """Name the link that cost the round most of what it misses; ties go to the link that broke first.

    Each argument is the money that repairing one link alone would have brought. Nobody's repair counts for more than
    what is missing; what none of them explains is a lack of demand. Where no repair alone reaches the least closing,
    each counts for the money that it held back, and what was ready is not what anything explains.

    Parameters
    ----------
    missing
        Target minus money paid [USD million]; no cause if it is not above 0.
    unpaid
        Tickets of those who closed and did not pay, and of those who waited for nobody else [USD million].
    gated
        What the greatest closing would gain with every consent in force [USD million].
    uncoordinated
        What mutual conditions, or a closing short of the greatest, left out [USD million].
    without_lead
        Tickets of leads that had not signed, or had withdrawn, and of those who waited for nobody else [USD million].
    priced_out
        Tickets lost to price limits, or to investors who want none at this price [USD million].
    market_down
        Tickets lost to limits on sentiment [USD million].
    stakes_off
        Money lost to limits on a stake or on the post-money [USD million].
    rivals_in
        Tickets of those who stay out because a rival is in [USD million].
    ready
        What waited for nothing but a closing that was large enough, and would have waited after any one repair
        [USD million].

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

    Of 10 wanted at once 3 were ready, a consent held 5, and 2 had not signed:

    >>> CAUSES[cause_of_failure(10, 0, 5, 0, 0, 0, ready=3)]
    'gate'
    """
    if missing <= 0:
        return NO_CAUSE
    explained = (
        (min(missing, unpaid), NOT_PAID),
        (min(missing, gated), GATE),
        (min(missing, uncoordinated), COORDINATION),
        (min(missing, without_lead), LEAD),
        (min(missing, priced_out), PRICE),
        (min(missing, market_down), MARKET),
        (min(missing, stakes_off), STAKE),
        (min(missing, rivals_in), RIVAL),
    )
    # strictly more, so of two equal links the one earlier in the chain is the cause
    best, cause, total = 0, DEMAND, ready
    for brought, link in explained:
        total += brought
        if brought > best:
            best, cause = brought, link
    return cause if best >= missing - total else DEMAND


class Links(NamedTuple):
    """Money that repairing one link alone would bring [USD million]; as :func:`cause_of_failure` describes them.

    Where no repair alone reaches the least closing, it is the money that each link held back.
    """

    unpaid: int
    gated: int
    uncoordinated: int
    without_lead: int
    priced_out: int
    market_down: int
    stakes_off: int
    rivals_in: int
    ready: int


@rule
def lifted(held: int, ready: int, lacking: int) -> int:
    """What the repair of a link would bring: the money it held, and what was ready where that lifts the closing.

    Parameters
    ----------
    held
        Money that the link held back [USD million].
    ready
        Money that waits for nothing but a closing that is large enough [USD million].
    lacking
        By how much it stays below the least closing; 0 or less where it does not [USD million].

    Examples
    --------
    >>> lifted(4, 12, 4), lifted(3, 12, 4), lifted(3, 0, 0)
    (16, 3, 3)
    """
    return held + ready if held >= lacking > 0 else held


@lean
def broken_links(
    signed: Flags,
    paid: Flags,
    unpaid: Flags,
    refused: Flags,
    wanted: Integers,
    contracts: Contracts,
    book: Book,
    terms: Record,
    traits: Records,
) -> Links:
    """Find what each link cost a round, as things stand when its deadline has come.

    Conditions are granted one kind after the other, in the order of ``clauses.GRANTS``; what each grant adds to the
    greatest closing is what its link held back. A closing below the minimum brings nothing, so a link that alone lifts
    one above it brings what was ready, too.

    Parameters
    ----------
    signed, paid, unpaid, refused
        bool[N]: still signed, paid, called and not paid, unwilling at this price.
    wanted
        int64[N], tickets as they were signed [USD million]; who has paid less was cut back. They are overwritten.
    contracts, book
        The conditions and the facts.
    terms
        The ``records.ROUND`` record.
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
    there = money(paid, book.tickets)
    here = level = before = cut_back = 0
    for i in range(paid.shape[0]):
        if paid[i]:
            cut_back += wanted[i] - book.tickets[i]
    limited, unfitting = (cut_back, 0) if rights_are_asked(contracts) else (0, cut_back)
    gated = priced_out = market_down = stakes_off = rivals_in = 0
    for granted in range(_GRANTED + 1):  # one call, which compiles once
        if granted > 0 and not asked(contracts, 1 << (granted - 1)):
            continue
        before = level
        level = counterfactual_money(signed, paid, contracts, book, (1 << granted) - 1, terms.select == ELIMINATION)
        if granted == 0:
            here = level
            if rights_are_asked(contracts):  # a limit on the post-money takes what is beyond it
                here = min(level, allocation_cap(book.inside, paid, contracts, book, terms.cap_musd))
                limited += min(level, terms.cap_musd) - here
        elif granted == _GATES:
            gated = level - before
        elif granted == _PRICE:
            priced_out = level - before
        elif granted == _MARKET:
            market_down = level - before
        elif granted == _STAKES:
            stakes_off = level - before
        else:
            rivals_in = level - before
    gone = _gone(level, signed, paid, unpaid, refused, wanted, contracts, book, terms, traits)
    apart = unfitting + money(signed, book.tickets) + there - level - gone.freed
    lacking, ready = terms.minimum_close_musd - here, max(0, here - there)
    if lacking <= 0:  # what could close and did not, came short of the greatest closing
        apart, ready = apart + ready, 0
    held = Links(
        gone.unpaid, gated, apart, gone.without_lead, priced_out + gone.unwilling, market_down, stakes_off + limited,
        rivals_in, ready,
    )  # fmt: skip
    return _brought(held, lacking)


class _Gone(NamedTuple):
    """Money of those who are not there, and of those who waited for nobody else [USD million]."""

    without_lead: int
    unpaid: int
    unwilling: int
    freed: int  #: of the first two, what others had signed for


@lean
def _gone(
    level: int,
    signed: Flags,
    paid: Flags,
    unpaid: Flags,
    refused: Flags,
    tickets: Integers,
    contracts: Contracts,
    book: Book,
    terms: Record,
    traits: Records,
) -> _Gone:
    """Find what leads that had not signed, and those who did not pay, cost with all who waited for them."""
    joined, everything = book.sets[_JOINED], (1 << _GRANTED) - 1
    put(joined, signed)
    put(tickets, book.tickets)
    without_lead = unwilling = 0
    for i in range(signed.shape[0]):
        if signed[i] or paid[i] or unpaid[i]:
            continue
        wish = traits[i].max_ticket_musd if traits[i].behavioural else traits[i].stated_musd
        if refused[i]:
            unwilling += wish
        elif traits[i].lead:
            without_lead += wish
            joined[i], book.tickets[i] = True, wish
    owed = money(unpaid, tickets)
    by_lead, by_unpaid, before = 0, 0, level
    for step in range(2):  # the leads first, then who did not pay: one call, which compiles once
        own = owed if step else without_lead
        if own == 0:
            continue
        for i in range(signed.shape[0]):
            joined[i] = joined[i] or (step == 1 and unpaid[i])
        after = counterfactual_money(joined, paid, contracts, book, everything, terms.select == ELIMINATION)
        if step:
            by_unpaid = max(0, after - before - own)
        else:
            by_lead = max(0, after - before - own)
        before = max(before, after)
    put(book.tickets, tickets)
    gather(signed, paid, book)
    return _Gone(without_lead + by_lead, owed + by_unpaid, unwilling, by_lead + by_unpaid)


@rule
def _brought(held: Links, lacking: int) -> Links:
    """What repairing each link alone would bring, of what each held back."""
    ready = held.ready
    most = max(
        held.unpaid, held.gated, held.uncoordinated, held.without_lead, held.priced_out, held.market_down,
        held.stakes_off, held.rivals_in,
    )  # fmt: skip
    return Links(
        lifted(held.unpaid, ready, lacking),
        lifted(held.gated, ready, lacking),
        lifted(held.uncoordinated, ready, lacking),
        lifted(held.without_lead, ready, lacking),
        lifted(held.priced_out, ready, lacking),
        lifted(held.market_down, ready, lacking),
        lifted(held.stakes_off, ready, lacking),
        lifted(held.rivals_in, ready, lacking),
        0 if most >= lacking else ready,
    )


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
        missing,
        links.unpaid,
        links.gated,
        links.uncoordinated,
        links.without_lead,
        links.priced_out,
        links.market_down,
        links.stakes_off,
        links.rivals_in,
        links.ready,
    )
