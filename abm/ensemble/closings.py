"""Closings: the parts of the week in which the book is closed and paid."""

from __future__ import annotations

from abm.ensemble.world import World
from abm.jit import rule
from abm.rules import book as books
from abm.rules import decision, failure, settlement
from abm.rules.closing import clinching_rung, close, respond
from abm.rules.totals import in_bn, moved
from abm.state import LOOKING, PAID, SIGNED, UNPAID


@rule
def round_is_alive(world: World) -> bool:
    """Whether the round is open and the company, if there is one, can still be funded."""
    return world.now[0].open and (world.company[0].alive or not world.scenario.firm[0].exists)


@rule
def at_the_end(world: World) -> bool:
    """Whether this is the last week of the round: its deadline, or the horizon if an extension reaches beyond."""
    now = world.now[0]
    return now.until_day == now.deadline_day or now.week == world.scenario.terms[0].horizon_weeks


@rule
def write_stages(world: World) -> None:
    """Write down who has signed, paid, and not paid when called."""
    stage = world.investors.stage
    for i in range(stage.shape[0]):
        world.signed[i] = stage[i] == SIGNED
        world.paid[i] = stage[i] == PAID
        world.unpaid[i] = stage[i] == UNPAID


@rule
def write_book(world: World) -> None:
    """Write down what each investor brings, and the facts of this week's closing."""
    who, book, now, terms = world.investors, world.book, world.now[0], world.scenario.terms[0]
    for i in range(who.stage.shape[0]):
        book.tickets[i] = who.paid_musd[i] if who.stage[i] == PAID else who.ticket_musd[i]
    for g in range(world.gates.shape[0]):
        book.gate_days[g] = world.gates[g].in_force_day
    facts = book.facts
    facts.cap_musd = terms.cap_musd
    facts.already_closed_musd = terms.already_closed_musd
    facts.pre_money_musd = world.scenario.ladder_musd[now.rung]
    facts.sentiment = world.sky[0].sentiment
    facts.day = now.until_day
    facts.literal = False
    facts.granted = 0


@rule
def post_offer(world: World) -> None:
    """Set what every investor is offered this week."""
    now, terms, offer = world.now[0], world.scenario.terms[0], world.offer[0]
    price = world.scenario.ladder_musd[now.rung]
    offer.post_bn = books.post_money_bn(price, terms.already_closed_musd, terms.target_musd)
    offer.log_post = books.log_post_money(offer.post_bn)
    offer.target_bn = in_bn(terms.target_musd)
    offer.forecast_bn = books.forecast_bn(
        now.published_paid_musd, now.expected_musd, terms.expected_new_musd, now.new_musd
    )
    offer.momentum = books.momentum(now.booked_musd, terms.target_musd, now.start_day, now.deadline_day)
    offer.weeks_left = books.weeks_until(now.start_day, now.deadline_day)
    offer.sentiment = world.sky[0].sentiment
    offer.volatility = world.scenario.market[0].volatility
    offer.preference = terms.preference


@rule
def move_price(world: World, rung: int) -> None:
    """Offer another rung of the price ladder."""
    now = world.now[0]
    if rung != now.rung:
        now.rung, now.last_cut_week = rung, now.week
        world.stirred[0] = True


@rule
def close_the_book(world: World, at_deadline: bool) -> None:
    """Find out who closes; at the deadline, at the price that clinches the round."""
    now, scenario, contracts, book = world.now[0], world.scenario, world.contracts, world.book
    write_stages(world)
    if not anybody(world.signed):
        return
    write_book(world)
    if at_deadline and scenario.ladder_musd.shape[0] > 1:
        rung = clinching_rung(
            world.signed, world.paid, contracts, book, scenario.ladder_musd, now.rung, scenario.terms[0].target_musd
        )
        move_price(world, rung)
        write_book(world)
    answer = close(world.signed, world.paid, contracts, book, scenario.terms[0].select)
    for i in range(world.closers.shape[0]):
        world.closers[i] = answer.selected[i]
    gap = settlement.closing_gap(answer.greatest, answer.least, book.tickets, scenario.terms[0].cap_musd)
    now.gap_musd = max(now.gap_musd, gap)
    world.stirred[1] = True


@rule
def anybody(members: bool) -> bool:
    """Whether a set has a member."""
    for member in members:
        if member:
            return True
    return False


@rule
def pay_the_book(world: World) -> None:
    """Call the closers; they pay for shares, or do not."""
    now, who, terms = world.now[0], world.investors, world.scenario.terms[0]
    write_stages(world)
    write_book(world)
    result = settlement.settle(
        world.closers,
        world.signed,
        world.paid,
        world.traits.unreliable,
        world.contracts,
        world.book,
        terms.select,
        terms,
        world.traits,
    )
    price = world.scenario.ladder_musd[now.rung]
    for i in range(who.stage.shape[0]):
        if result.unpaid[i]:
            who.stage[i] = UNPAID
        amount = result.allocated[i]
        if amount > 0:
            shares = settlement.shares_for(amount, price)
            who.stage[i] = PAID
            who.paid_musd[i] = moved(who.paid_musd[i], amount)
            who.shares[i] = moved(who.shares[i], shares)
            now.paid_musd = moved(now.paid_musd, amount)
            now.new_shares = moved(now.new_shares, shares)
            world.company[0].cash_musd = moved(world.company[0].cash_musd, amount)
    if not now.closed and now.paid_musd >= terms.target_musd:
        now.closed, now.closed_day = True, now.until_day


@rule
def broken_links(world: World) -> failure.Links:
    """What each link has cost the round, as it stands when the deadline comes."""
    traits, who, offer = world.traits, world.investors, world.offer[0]
    write_stages(world)
    write_book(world)
    for i in range(traits.shape[0]):
        world.refused[i] = False
        if traits[i].behavioural and not (world.signed[i] or world.paid[i] or world.unpaid[i]):
            view = decision.appraise(traits[i], who.mean[i], who.precision[i], traits[i].dry_powder_musd, offer)
            world.refused[i] = view.reason != decision.WILLING
    return failure.broken_links(
        world.signed, world.paid, world.unpaid, world.refused, world.contracts, world.book, traits
    )


@rule
def fall_back(world: World) -> None:
    """Turn what failed into fallback money, and close once more over everybody."""
    who, book, traits = world.investors, world.book, world.traits
    write_stages(world)
    write_book(world)
    for i in range(who.stage.shape[0]):
        book.inside[i] = book.against[i] = world.paid[i]
    content = respond(world.signed, world.paid, world.contracts, book)
    failed = False
    for i in range(who.stage.shape[0]):
        if world.signed[i] and traits[i].fallback_musd > 0 and not content[i]:
            who.ticket_musd[i] = min(who.ticket_musd[i], traits[i].fallback_musd)
            settlement.waive(i, world.contracts)
            failed = True
    if failed:
        world.stirred[1] = False
        close_the_book(world, False)
        if world.stirred[1]:
            pay_the_book(world)
