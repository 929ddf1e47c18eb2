"""Closings: the parts of the week in which the book is closed and paid."""

from __future__ import annotations

from typing import Any

from abm.core.jit import inlined, lean
from abm.core.records import PAID, SIGNED, UNPAID
from abm.ensemble import world as its
from abm.ensemble.memory import far
from abm.rules import book as books
from abm.rules import decision, failure, settlement
from abm.rules.appetite import openness
from abm.rules.clauses import AS_IT_IS, Contracts, mood_turned
from abm.rules.closing import anybody_new, clinching_rung, close_into, contented
from abm.rules.conditions import Book
from abm.rules.sums import in_bn, moved


@inlined
def contracts_of(world: Any) -> Contracts:
    """Everybody's conditions in this run."""
    return Contracts(its.atoms(world), its.clauses(world), its.owners(world), its.members(world))


@inlined
def book_of(world: Any) -> Book:
    """What conditions look at, with the tickets and facts of this week."""
    return Book(
        its.tickets(world),
        its.kinds(world),
        its.inside(world),
        its.against(world),
        its.totals(world),
        its.kind_musd(world),
        its.base_musd(world),
        its.gate_days(world),
        its.members(world),
        its.who(world),
        its.sets(world).reshape((8, its.who(world).shape[0])),
        world.facts,
    )


@lean
def round_is_alive(world: Any) -> bool:
    """Whether the round is open and the company, if there is one, can still be funded."""
    return world.now.open and (world.company.alive or not world.firm.exists)


@lean
def at_the_end(world: Any) -> bool:
    """Whether this is the last week of the round: its deadline, or the horizon if an extension reaches beyond."""
    now = world.now
    return now.until_day == now.deadline_day or now.week == world.terms.horizon_weeks


@lean
def write_stages(world: Any) -> bool:
    """Write down who has signed, paid, and not paid when called; whether anybody is signed."""
    stage, signed, paid, unpaid = its.stage(world), its.signed(world), its.paid(world), its.unpaid(world)
    anybody = False
    for i in range(stage.shape[0]):
        signed[i], paid[i], unpaid[i] = stage[i] == SIGNED, stage[i] == PAID, stage[i] == UNPAID
        anybody = anybody or stage[i] == SIGNED
    return anybody


@lean
def write_book(world: Any) -> None:
    """Write down what each investor brings, and the facts of this week's closing."""
    now, terms, facts, gates = world.now, world.terms, world.facts, its.gates(world)
    tickets, stage, wanted, paid = its.tickets(world), its.stage(world), its.ticket_musd(world), its.paid_musd(world)
    for i in range(tickets.shape[0]):
        tickets[i] = paid[i] if stage[i] == PAID else wanted[i]
    days = its.gate_days(world)
    for g in range(days.shape[0]):
        days[g] = gates[g].in_force_day
    facts.cap_musd = terms.cap_musd
    facts.already_closed_musd = terms.already_closed_musd
    facts.pre_money_musd = its.ladder_musd(world)[now.rung]
    facts.sentiment = world.sky.sentiment
    facts.day = now.until_day
    facts.literal = False
    facts.granted = AS_IT_IS


@lean
def post_offer(world: Any) -> None:
    """Set what every investor is offered this week."""
    now, terms, offer = world.now, world.terms, world.offer
    price = its.ladder_musd(world)[now.rung]
    offer.post_bn = books.post_money_bn(price, terms.already_closed_musd, terms.target_musd)
    offer.log_post = books.log_post_money(offer.post_bn)
    offer.target_bn = in_bn(terms.target_musd)
    offer.forecast_bn = books.forecast_bn(
        now.published_paid_musd, now.expected_musd, terms.expected_new_musd, now.new_musd
    )
    offer.momentum = books.momentum(now.booked_musd, terms.target_musd, now.start_day, now.deadline_day)
    offer.weeks_left = books.weeks_until(now.start_day, now.deadline_day)
    offer.sentiment = world.sky.sentiment
    offer.volatility = world.market.volatility
    offer.preference = terms.preference


@lean
def move_price(world: Any, rung: int) -> None:
    """Offer another rung of the price ladder."""
    now = world.now
    if rung != now.rung:
        now.rung, now.last_cut_week = rung, now.week
        world.stirred = True


@lean
def news_for_closers(world: Any) -> bool:
    """Whether a consent or the mood has changed since the last closing, so that conditions may answer anew."""
    now = world.now
    for gate in its.gates(world):
        if world.last_closing_day < gate.in_force_day <= now.until_day:
            return True
    return mood_turned(its.signed(world), contracts_of(world), world.last_closing_sentiment, world.sky.sentiment)


@far
@lean
def clinch(world: Any) -> None:
    """At the last chance, cut the price to where the round reaches its target, if it does."""
    now, ladder = world.now, its.ladder_musd(world)
    if ladder.shape[0] > 1 and write_stages(world):
        write_book(world)
        signed, paid, target = its.signed(world), its.paid(world), world.terms.target_musd
        move_price(world, clinching_rung(signed, paid, contracts_of(world), book_of(world), ladder, now.rung, target))


@far
@lean
def close_the_book(world: Any) -> None:
    """Find out who closes."""
    now, paid = world.now, its.paid(world)
    world.last_closing_day, world.last_closing_sentiment = now.until_day, world.sky.sentiment
    if not write_stages(world):
        return
    write_book(world)
    gap = close_into(
        its.closers(world), its.signed(world), paid, contracts_of(world), book_of(world), world.terms.select
    )
    now.gap_musd = max(now.gap_musd, gap)
    world.called = anybody_new(its.closers(world), paid)


@far
@lean
def pay_the_book(world: Any) -> None:
    """Call the closers; they pay for shares, or do not."""
    now, terms, company, stage = world.now, world.terms, world.company, its.stage(world)
    paid_musd, held, allocated, unpaid = (
        its.paid_musd(world),
        its.shares(world),
        its.allocated(world),
        its.unpaid(world),
    )
    write_stages(world)
    write_book(world)
    settlement.settle_into(
        allocated,
        unpaid,
        its.closers(world),
        its.signed(world),
        its.paid(world),
        its.traits(world).unreliable,
        contracts_of(world),
        book_of(world),
        terms.select,
        terms,
        its.traits(world),
    )
    _remember_the_called(world)
    price = its.ladder_musd(world)[now.rung]
    for i in range(stage.shape[0]):
        amount = allocated[i]
        if unpaid[i]:
            stage[i] = UNPAID
            world.stirred = True
        if amount > 0:
            shares = settlement.shares_for(amount, price)
            stage[i] = PAID
            paid_musd[i], held[i] = moved(paid_musd[i], amount), moved(held[i], shares)
            now.paid_musd, now.new_shares = moved(now.paid_musd, amount), moved(now.new_shares, shares)
            if world.firm.exists:
                company.cash_musd = moved(company.cash_musd, amount)
            world.stirred = True
    if not now.closed and now.paid_musd >= terms.target_musd:
        now.closed, now.closed_day = True, now.until_day


@lean
def _remember_the_called(world: Any) -> None:
    """Write down who may have been called: the closers and, where one of them failed, whoever else could close then."""
    tested, unpaid, anybody_failed = its.tested(world), its.unpaid(world), False
    for i in range(unpaid.shape[0]):
        anybody_failed = anybody_failed or unpaid[i]
    for i in range(tested.shape[0]):
        tested[i] = tested[i] or its.closers(world)[i] or (anybody_failed and its.signed(world)[i])


@far
@lean
def look_for_causes(world: Any) -> None:
    """Write down what each link has cost the round, as it stands when the deadline comes."""
    traits, mean, precision = its.traits(world), its.mean(world), its.precision(world)
    signed, paid, unpaid, refused = its.signed(world), its.paid(world), its.unpaid(world), its.refused(world)
    write_stages(world)
    write_book(world)
    for i in range(traits.shape[0]):
        refused[i] = False
        if traits[i].behavioural and not (signed[i] or paid[i] or unpaid[i]):
            open_share = openness(world.offer.weeks_left, traits[i].waiting_decay_weeks)
            view = decision.appraise(traits[i], mean[i], precision[i], open_share, world.offer)
            refused[i] = view.reason != decision.WILLING
    links, found = (
        world.links,
        failure.broken_links(signed, paid, unpaid, refused, contracts_of(world), book_of(world), traits),
    )
    links.unpaid, links.gated, links.uncoordinated = found.unpaid, found.gated, found.uncoordinated
    links.without_lead, links.priced_out = found.without_lead, found.priced_out


@far
@lean
def fall_back(world: Any) -> None:
    """Turn what failed into fallback money, and close once more over everybody."""
    traits, ticket_musd, signed, content = (
        its.traits(world),
        its.ticket_musd(world),
        its.signed(world),
        its.content(world),
    )
    write_stages(world)
    write_book(world)
    contented(content, signed, its.paid(world), contracts_of(world), book_of(world))
    failed = False
    for i in range(traits.shape[0]):
        if signed[i] and traits[i].fallback_musd > 0 and not content[i]:
            ticket_musd[i] = min(ticket_musd[i], traits[i].fallback_musd)
            settlement.waive(i, contracts_of(world))
            failed = True
    if failed:
        world.called = False
        close_the_book(world)
        if world.called:
            pay_the_book(world)
