"""Closings: the parts of the week in which the book is closed and paid, one run at a time."""

from __future__ import annotations

from typing import Any

from abm.core.jit import inlined, lean
from abm.core.lending import lend
from abm.core.records import PAID, SIGNED, UNPAID
from abm.ensemble import arrays
from abm.ensemble.borrowing import all_short
from abm.ensemble.memory import far
from abm.rules import decision, failure, settlement
from abm.rules.appetite import openness
from abm.rules.clauses import AS_IT_IS, Contracts, mood_turned, rivalry
from abm.rules.closing import (
    CHOSEN,
    clinching_rung,
    close_candidates,
    gather,
    needs_no_one_else,
    unseat,
)
from abm.rules.conditions import Book
from abm.rules.ordering import merge_candidates
from abm.rules.settlement import all_pay
from abm.rules.sums import add


@inlined
def contracts_of(run: Any) -> Contracts:
    """Everybody's conditions in this run."""
    return lend(Contracts(arrays.atoms(run), arrays.clauses(run), arrays.owners(run), arrays.members(run)))


@inlined
def book_of(run: Any) -> Book:
    """What conditions look at, with the tickets and facts of this week."""
    return lend(
        Book(
            arrays.tickets(run),
            arrays.kinds(run),
            arrays.inside(run),
            arrays.against(run),
            arrays.totals(run),
            arrays.kind_musd(run),
            arrays.base_musd(run),
            arrays.gate_days(run),
            arrays.members(run),
            arrays.who(run),
            arrays.order(run),
            arrays.sets(run).reshape((8, arrays.who(run).shape[0])),
            run.facts,
        )
    )


@lean
def round_is_alive(run: Any) -> bool:
    """Whether the round is open and the company, if there is one, can still be funded."""
    return run.round_state.open and (run.company.alive or not run.firm.exists)


@lean
def at_the_end(run: Any) -> bool:
    """Whether this is the last week of the round: its deadline, or the horizon if an extension reaches beyond."""
    return run.round_state.until_day == run.round_state.deadline_day or run.week == run.terms.horizon_weeks


@lean
def write_stages(run: Any) -> None:
    """Write down who has signed, paid, and not paid when called."""
    investors = arrays.investors(run)
    signed, paid, unpaid = arrays.signed(run), arrays.paid(run), arrays.unpaid(run)
    for i in range(investors.shape[0]):
        stage = investors[i].stage
        signed[i], paid[i], unpaid[i] = stage == SIGNED, stage == PAID, stage == UNPAID


@lean
def write_book(run: Any) -> None:
    """Write the book anew from what everybody has done: candidates, tickets, and whoever has paid, seated for good."""
    state, investors, tickets = run.round_state, arrays.investors(run), arrays.tickets(run)
    write_stages(run)
    for i in range(tickets.shape[0]):
        who = investors[i]
        tickets[i] = who.paid_musd if who.stage == PAID else who.ticket_musd
    state.joined, state.candidates = 0, gather(arrays.signed(run), arrays.paid(run), book_of(run))
    state.signed_musd = 0
    for k in range(state.candidates):
        state.signed_musd = add(state.signed_musd, tickets[arrays.who(run)[k]])


@lean
def join_the_book(run: Any, i: int) -> None:
    """Make somebody who has just signed a candidate; :func:`sort_the_book` brings those of a week into order."""
    state, ticket = run.round_state, arrays.investors(run)[i].ticket_musd
    arrays.who(run)[state.candidates] = i
    arrays.tickets(run)[i] = ticket
    state.candidates, state.joined = add(state.candidates, 1), add(state.joined, 1)
    state.signed_musd = add(state.signed_musd, ticket)


@lean
def sort_the_book(run: Any) -> None:
    """Bring the candidates into order of address, once all of a week have joined."""
    state = run.round_state
    if state.joined > 0:
        merge_candidates(arrays.who(run), add(state.candidates, -state.joined), state.candidates, arrays.order(run))
        state.joined = 0


@lean
def write_facts(run: Any) -> None:
    """Write down the facts of this week's closing."""
    state, terms, facts, gates, days = run.round_state, run.terms, run.facts, arrays.gates(run), arrays.gate_days(run)
    for g in range(days.shape[0]):
        days[g] = gates[g].in_force_day
    terms.minimum_close_musd = state.minimum_close_musd
    facts.cap_musd = terms.cap_musd
    facts.already_closed_musd = terms.already_closed_musd
    facts.pre_money_musd = arrays.ladder_musd(run)[state.rung]
    facts.sentiment = run.market_state.sentiment
    facts.day = state.until_day
    facts.literal = False
    facts.granted = AS_IT_IS


@lean
def move_price(run: Any, rung: int) -> None:
    """Offer another rung of the price ladder."""
    state = run.round_state
    if rung != state.rung:
        state.rung, state.last_cut_week = rung, run.week
        state.book_changed = True


@lean
def news_for_closers(run: Any) -> bool:
    """Whether a consent or the mood has changed since the last closing, so that conditions may answer anew."""
    state, gates = run.round_state, arrays.gates(run)
    for g in range(gates.shape[0]):
        if state.last_closing_day < gates[g].in_force_day <= state.until_day:
            return True
    if not run.moody or state.candidates == 0:
        return False
    write_stages(run)
    before, sentiment = state.last_closing_sentiment, run.market_state.sentiment
    return mood_turned(arrays.signed(run), contracts_of(run), before, sentiment)


@far
@lean
def clinch(run: Any) -> None:
    """At the last chance, cut the price to where the round reaches its target, if it does."""
    ladder, full = arrays.ladder_musd(run), run.terms.full_musd
    if ladder.shape[0] > 1 and run.round_state.candidates > 0:
        write_stages(run)
        write_facts(run)
        signed, paid, rung = arrays.signed(run), arrays.paid(run), run.round_state.rung
        move_price(run, clinching_rung(signed, paid, contracts_of(run), book_of(run), ladder, rung, full))
        unseat(run.round_state.candidates, book_of(run))


@far
@lean
def close_the_book(run: Any) -> None:
    """Find out who closes."""
    state, called, book = run.round_state, arrays.called(run), book_of(run)
    state.last_closing_day, state.last_closing_sentiment = state.until_day, run.market_state.sentiment
    if state.candidates == 0:
        return
    write_facts(run)
    gap = close_candidates(state.candidates, contracts_of(run), book, run.terms.select)
    unseat(state.candidates, book)
    state.gap_musd, anybody = max(state.gap_musd, gap), False
    for k in range(state.candidates):
        called[k] = book.sets[CHOSEN][k]
        anybody = anybody or called[k]
    state.called = anybody


@far
@lean
def pay_the_book(run: Any) -> None:
    """Call the closers; they pay for shares, or do not."""
    state, called, investors, who = run.round_state, arrays.called(run), arrays.investors(run), arrays.who(run)
    unreliable, terms, book = arrays.unreliable(run), run.terms, book_of(run)
    write_facts(run)
    for k in range(state.candidates):
        unreliable[k] = investors[who[k]].unreliable
    if all_pay(state.candidates, called, unreliable, contracts_of(run), book, terms.select, terms):
        state.book_changed = rivalry(contracts_of(run))  # else whoever is left has answered to all that have paid now
        _pay_in_full(run)
    else:
        settle_the_book(run)
        write_book(run)
    if not state.closed and state.paid_musd >= terms.full_musd:
        state.closed, state.closed_day = True, state.until_day


@lean
def _pay_in_full(run: Any) -> None:
    """Take all of the tickets of whoever is called, and seat him for good."""
    state, who, tickets, kinds = run.round_state, arrays.who(run), arrays.tickets(run), arrays.kinds(run)
    inside, against, base_musd, left = arrays.inside(run), arrays.against(run), arrays.base_musd(run), 0
    for k in range(state.candidates):
        i = who[k]
        arrays.investors(run)[i].tested = arrays.investors(run)[i].tested or arrays.called(run)[k]
        if not arrays.called(run)[k] or tickets[i] == 0:
            who[left] = i
            left = add(left, 1)
            continue
        _take(run, i, tickets[i])
        inside[i] = against[i] = True
        base_musd[0] = add(base_musd[0], tickets[i])
        kind = add(1, kinds[i])
        base_musd[kind] = add(base_musd[kind], tickets[i])
        state.signed_musd = add(state.signed_musd, -tickets[i])
    state.candidates = left


@lean
def _take(run: Any, i: int, amount: int) -> None:
    """Take what an investor pays, for shares."""
    state, company, who = run.round_state, run.company, arrays.investors(run)[i]
    if amount > 0:
        shares = settlement.shares_for(amount, arrays.ladder_musd(run)[state.rung])
        who.stage = PAID
        who.paid_musd, who.shares = add(who.paid_musd, amount), add(who.shares, shares)
        state.paid_musd, state.new_shares = add(state.paid_musd, amount), add(state.new_shares, shares)
        if run.firm.exists:
            company.cash_musd = add(company.cash_musd, amount)


@far
@lean
def settle_the_book(run: Any) -> None:
    """Settle a closing that not all who close can simply pay."""
    state, investors, who = run.round_state, arrays.investors(run), arrays.who(run)
    allocated, unpaid, closers = arrays.allocated(run), arrays.unpaid(run), arrays.closers(run)
    signed, paid, unreliable = arrays.signed(run), arrays.paid(run), arrays.unreliable(run)
    contracts, book, terms = contracts_of(run), book_of(run), run.terms
    write_stages(run)
    for i in range(investors.shape[0]):
        closers[i], unreliable[i] = paid[i], investors[i].unreliable
    for k in range(state.candidates):
        closers[who[k]] = arrays.called(run)[k]
    settlement.settle_into(
        allocated, unpaid, closers, signed, paid, unreliable, contracts, book, terms.select, terms, arrays.bases(run)
    )
    _remember_the_called(run)
    for i in range(investors.shape[0]):
        if unpaid[i]:
            investors[i].stage = UNPAID
        _take(run, i, allocated[i])
    state.book_changed = True


@lean
def _remember_the_called(run: Any) -> None:
    """Write down who may have been called: the closers and, where one of them failed, whoever else could close then."""
    investors, unpaid, anybody_failed = arrays.investors(run), arrays.unpaid(run), False
    for i in range(unpaid.shape[0]):
        anybody_failed = anybody_failed or unpaid[i]
    for i in range(unpaid.shape[0]):
        if arrays.closers(run)[i] or (anybody_failed and arrays.signed(run)[i]):
            investors[i].tested = True


@far
@lean
def look_for_causes(run: Any) -> None:
    """Write down what each link has cost the round, as it stands when the deadline comes."""
    investors, refused, wanted = arrays.investors(run), arrays.refused(run), arrays.allocated(run)
    signed, paid, unpaid = arrays.signed(run), arrays.paid(run), arrays.unpaid(run)
    write_stages(run)
    write_facts(run)
    for i in range(investors.shape[0]):
        who = investors[i]
        refused[i], wanted[i] = False, who.ticket_musd
        if who.behavioural and not (signed[i] or paid[i] or unpaid[i]):
            open_share = openness(run.offer.weeks_left, who.waiting_decay_weeks)
            view = decision.appraise(who, who.mean, who.variance, open_share, run.offer, who.premium)
            refused[i] = view.reason != decision.WILLING
    contracts, book, links = contracts_of(run), book_of(run), run.links
    found = failure.broken_links(signed, paid, unpaid, refused, wanted, contracts, book, run.terms, investors)
    links.unpaid = add(found.unpaid, all_short(run))  # of those who signed, too, and cannot fund all of it
    links.gated, links.uncoordinated = found.gated, found.uncoordinated
    links.without_lead, links.priced_out, links.market_down = found.without_lead, found.priced_out, found.market_down
    links.stakes_off, links.rivals_in, links.ready = found.stakes_off, found.rivals_in, found.ready
    unseat(run.round_state.candidates, book)


@far
@lean
def fall_back(run: Any) -> None:
    """Turn what failed into fallback money, and close once more over everybody."""
    investors, signed, content = arrays.investors(run), arrays.signed(run), arrays.content(run)
    if run.round_state.candidates == 0:
        return
    write_stages(run)
    write_facts(run)
    needs_no_one_else(content, signed, arrays.paid(run), contracts_of(run), book_of(run))
    failed = False
    for i in range(investors.shape[0]):
        who = investors[i]
        if signed[i] and who.fallback_musd > 0 and not content[i]:
            who.ticket_musd = min(who.ticket_musd, who.fallback_musd)
            settlement.waive(i, contracts_of(run))
            failed = True
    if failed:
        write_book(run)
        run.round_state.called = False
        close_the_book(run)
        if run.round_state.called:
            pay_the_book(run)
    else:
        unseat(run.round_state.candidates, book_of(run))
