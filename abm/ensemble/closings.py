"""Closings: the parts of the week in which the book is closed and paid."""

from __future__ import annotations

from abm.core.jit import inlined, lean
from abm.core.lending import lend
from abm.core.records import PAID, SIGNED, UNPAID, Record
from abm.ensemble import arrays
from abm.ensemble.memory import far
from abm.rules import book as books
from abm.rules import decision, failure, settlement
from abm.rules.appetite import openness
from abm.rules.clauses import AS_IT_IS, Contracts, mood_turned
from abm.rules.closing import anybody_new, clinching_rung, close_into, needs_no_one_else
from abm.rules.conditions import Book
from abm.rules.sums import add, in_bn


@inlined
def contracts_of(world: Record) -> Contracts:
    """Everybody's conditions in this run."""
    return lend(Contracts(arrays.atoms(world), arrays.clauses(world), arrays.owners(world), arrays.members(world)))


@inlined
def book_of(world: Record) -> Book:
    """What conditions look at, with the tickets and facts of this week."""
    return lend(
        Book(
            arrays.tickets(world),
            arrays.kinds(world),
            arrays.inside(world),
            arrays.against(world),
            arrays.totals(world),
            arrays.kind_musd(world),
            arrays.base_musd(world),
            arrays.gate_days(world),
            arrays.members(world),
            arrays.who(world),
            arrays.sets(world).reshape((8, arrays.who(world).shape[0])),
            world.facts,
        )
    )


@lean
def round_is_alive(world: Record) -> bool:
    """Whether the round is open and the company, if there is one, can still be funded."""
    return world.round_state.open and (world.company.alive or not world.firm.exists)


@lean
def at_the_end(world: Record) -> bool:
    """Whether this is the last week of the round: its deadline, or the horizon if an extension reaches beyond."""
    state = world.round_state
    return state.until_day == state.deadline_day or state.week == world.terms.horizon_weeks


@lean
def write_stages(world: Record) -> bool:
    """Write down who has signed, paid, and not paid when called; whether anybody is signed."""
    stage, signed, paid, unpaid = arrays.stage(world), arrays.signed(world), arrays.paid(world), arrays.unpaid(world)
    anybody = False
    for i in range(stage.shape[0]):
        signed[i], paid[i], unpaid[i] = stage[i] == SIGNED, stage[i] == PAID, stage[i] == UNPAID
        anybody = anybody or stage[i] == SIGNED
    return anybody


@lean
def write_book(world: Record) -> None:
    """Write down what each investor brings, and the facts of this week's closing."""
    state, terms, facts, gates = world.round_state, world.terms, world.facts, arrays.gate_states(world)
    tickets, stage, wanted, paid = (
        arrays.tickets(world),
        arrays.stage(world),
        arrays.ticket_musd(world),
        arrays.paid_musd(world),
    )
    for i in range(tickets.shape[0]):
        tickets[i] = paid[i] if stage[i] == PAID else wanted[i]
    days = arrays.gate_days(world)
    for g in range(days.shape[0]):
        days[g] = gates[g].in_force_day
    facts.cap_musd = terms.cap_musd
    facts.already_closed_musd = terms.already_closed_musd
    facts.pre_money_musd = arrays.ladder_musd(world)[state.rung]
    facts.sentiment = world.market_state.sentiment
    facts.day = state.until_day
    facts.literal = False
    facts.granted = AS_IT_IS


@lean
def post_offer(world: Record) -> None:
    """Set what every investor is offered this week."""
    state, terms, offer = world.round_state, world.terms, world.offer
    price = arrays.ladder_musd(world)[state.rung]
    offer.post_bn = books.post_money_bn(price, terms.already_closed_musd, terms.target_musd)
    offer.log_post = books.log_post_money(offer.post_bn)
    offer.target_bn = in_bn(terms.target_musd)
    offer.forecast_bn = books.forecast_bn(
        state.published_paid_musd, state.expected_musd, terms.expected_new_musd, state.new_musd
    )
    offer.momentum = books.momentum(state.booked_musd, terms.target_musd, state.start_day, state.deadline_day)
    offer.weeks_left = books.weeks_until(state.start_day, state.deadline_day)
    offer.sentiment = world.market_state.sentiment
    offer.volatility = world.market.volatility
    offer.preference = terms.preference


@lean
def move_price(world: Record, rung: int) -> None:
    """Offer another rung of the price ladder."""
    state = world.round_state
    if rung != state.rung:
        state.rung, state.last_cut_week = rung, state.week
        world.book_changed = True


@lean
def news_for_closers(world: Record) -> bool:
    """Whether a consent or the mood has changed since the last closing, so that conditions may answer anew."""
    state = world.round_state
    for gate in arrays.gate_states(world):
        if world.last_closing_day < gate.in_force_day <= state.until_day:
            return True
    return mood_turned(
        arrays.signed(world), contracts_of(world), world.last_closing_sentiment, world.market_state.sentiment
    )


@far
@lean
def clinch(world: Record) -> None:
    """At the last chance, cut the price to where the round reaches its target, if it does."""
    state, ladder = world.round_state, arrays.ladder_musd(world)
    if ladder.shape[0] > 1 and write_stages(world):
        write_book(world)
        signed, paid, full = arrays.signed(world), arrays.paid(world), world.terms.full_musd
        move_price(world, clinching_rung(signed, paid, contracts_of(world), book_of(world), ladder, state.rung, full))


@far
@lean
def close_the_book(world: Record) -> None:
    """Find out who closes."""
    state, paid = world.round_state, arrays.paid(world)
    world.last_closing_day, world.last_closing_sentiment = state.until_day, world.market_state.sentiment
    if not write_stages(world):
        return
    write_book(world)
    gap = close_into(
        arrays.closers(world), arrays.signed(world), paid, contracts_of(world), book_of(world), world.terms.select
    )
    state.gap_musd = max(state.gap_musd, gap)
    world.called = anybody_new(arrays.closers(world), paid)


@far
@lean
def pay_the_book(world: Record) -> None:
    """Call the closers; they pay for shares, or do not."""
    state, terms, company, stage = world.round_state, world.terms, world.company, arrays.stage(world)
    paid_musd, held, allocated, unpaid = (
        arrays.paid_musd(world),
        arrays.shares(world),
        arrays.allocated(world),
        arrays.unpaid(world),
    )
    write_stages(world)
    write_book(world)
    settlement.settle_into(
        allocated,
        unpaid,
        arrays.closers(world),
        arrays.signed(world),
        arrays.paid(world),
        arrays.traits(world).unreliable,
        contracts_of(world),
        book_of(world),
        terms.select,
        terms,
        arrays.traits(world),
    )
    _remember_the_called(world)
    price = arrays.ladder_musd(world)[state.rung]
    for i in range(stage.shape[0]):
        amount = allocated[i]
        if unpaid[i]:
            stage[i] = UNPAID
            world.book_changed = True
        if amount > 0:
            shares = settlement.shares_for(amount, price)
            stage[i] = PAID
            paid_musd[i], held[i] = add(paid_musd[i], amount), add(held[i], shares)
            state.paid_musd, state.new_shares = (
                add(state.paid_musd, amount),
                add(state.new_shares, shares),
            )
            if world.firm.exists:
                company.cash_musd = add(company.cash_musd, amount)
            world.book_changed = True
    if not state.closed and state.paid_musd >= terms.full_musd:
        state.closed, state.closed_day = True, state.until_day


@lean
def _remember_the_called(world: Record) -> None:
    """Write down who may have been called: the closers and, where one of them failed, whoever else could close then."""
    tested, unpaid, anybody_failed = arrays.tested(world), arrays.unpaid(world), False
    for i in range(unpaid.shape[0]):
        anybody_failed = anybody_failed or unpaid[i]
    for i in range(tested.shape[0]):
        tested[i] = tested[i] or arrays.closers(world)[i] or (anybody_failed and arrays.signed(world)[i])


@far
@lean
def look_for_causes(world: Record) -> None:
    """Write down what each link has cost the round, as it stands when the deadline comes."""
    traits, mean, precision = arrays.traits(world), arrays.mean(world), arrays.precision(world)
    signed, paid, unpaid, refused = (
        arrays.signed(world),
        arrays.paid(world),
        arrays.unpaid(world),
        arrays.refused(world),
    )
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
        failure.broken_links(
            signed,
            paid,
            unpaid,
            refused,
            arrays.ticket_musd(world),
            contracts_of(world),
            book_of(world),
            world.terms,
            traits,
        ),
    )
    links.unpaid, links.gated, links.uncoordinated = found.unpaid, found.gated, found.uncoordinated
    links.without_lead, links.priced_out, links.market_down = found.without_lead, found.priced_out, found.market_down
    links.stakes_off, links.rivals_in = found.stakes_off, found.rivals_in


@far
@lean
def fall_back(world: Record) -> None:
    """Turn what failed into fallback money, and close once more over everybody."""
    traits, ticket_musd, signed, content = (
        arrays.traits(world),
        arrays.ticket_musd(world),
        arrays.signed(world),
        arrays.content(world),
    )
    write_stages(world)
    write_book(world)
    needs_no_one_else(content, signed, arrays.paid(world), contracts_of(world), book_of(world))
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
