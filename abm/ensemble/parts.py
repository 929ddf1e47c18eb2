"""Parts: later money, news, consents, extensions and endings, the pieces of phases that have a name of their own."""

from __future__ import annotations

import math

from abm.core import draws
from abm.core.jit import lean
from abm.core.records import LAPSED, LOOKING, OPEN, SIGNED, Record
from abm.ensemble import arrays
from abm.ensemble.closings import (
    contracts_of,
    write_stages,
)
from abm.rules import belief, decision, failure, outlook
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import environment as nature
from abm.rules import settlement as settlements
from abm.rules.closing import money
from abm.rules.sums import add


@lean
def in_force(world: Record, gate: int) -> bool:
    """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""
    return gate >= 0 and arrays.gate_states(world)[gate].in_force_day <= world.round_state.week_end


@lean
def next_jump(world: Record, day: float) -> float:
    """Day of the next competitor shock."""
    rate = world.market.competitor_jumps_per_year
    if rate <= 0.0:
        return math.inf
    waited = draws.exponential(world.seed, world.run, 0, 0, draws.JUMP_WAIT, world.market_state.jumps)
    return add(day, nature.arrival_days(waited, rate))


@lean
def raise_later(world: Record) -> None:
    """Raise the later financings that fall into this week, with luck."""
    state, company, later_rounds = world.round_state, world.company, arrays.later_rounds(world)
    for index in range(later_rounds.shape[0]):
        later = later_rounds[index]
        if state.week_start < later.day <= state.week_end:
            chance = later.if_closed if state.closed else later.if_not
            if draws.uniform(world.seed, world.run, index, 0, draws.LATER_ROUND, 0) < chance:
                company.cash_musd = add(company.cash_musd, later.musd)


@lean
def go_public(world: Record) -> None:
    """File for a listing once the window is open, and list when the filing is ripe."""
    state, company, listing = world.round_state, world.company, world.listing
    seed, run = world.seed, world.run
    if company.filed_week < 0:
        if state.week_end <= listing.earliest_day or world.market_state.sentiment < listing.minimum_sentiment:
            return
        for gate in arrays.listing_gates(world):
            if not in_force(world, gate):
                return
        rate = decision.per_day_of_year(listing.filing_per_year)
        start = max(state.week_start, listing.earliest_day)
        threshold = draws.exponential(seed, world.root, 0, 0, draws.IPO_WINDOW, 0)  # read every week, so never redrawn
        day = decision.event_day(company.filing_clock, threshold, rate, start, state.week_end)
        company.filing_clock = decision.clock_after(company.filing_clock, rate, start, state.week_end)
        if day < math.inf:
            vetoed = draws.uniform(seed, run, 0, 0, draws.IPO_VETO, 0) < listing.veto_probability
            if vetoed and not in_force(world, listing.veto_gate):
                company.listing_over = True
            else:
                company.filed_week = state.week
    elif firms.ripe(state.week, company.filed_week, listing.lead_weeks):
        company.listing_over = True
        if draws.uniform(seed, run, 0, 0, draws.IPO_WITHDRAWAL, 0) >= listing.withdrawal_probability:
            company.listed = True
            company.cash_musd = add(company.cash_musd, listing.raise_musd)


@lean
def opinion_of_the_market(world: Record) -> float:
    """Mean belief of those who are still looking, weighted by reputation, in order of address."""
    traits, stage, beliefs = arrays.traits(world), arrays.stage(world), arrays.mean(world)
    mean, n_news = 0.0, 0.0
    for i in range(traits.shape[0]):
        if traits[i].behavioural and stage[i] == LOOKING and traits[i].reputation > 0.0:
            n_news = add(n_news, traits[i].reputation)
            mean = belief.mean_opinion(mean, beliefs[i], traits[i].reputation, n_news)
    return mean


@lean
def announce(world: Record, i: int) -> None:
    """Let the public know of a signature next week; stated decisions reveal no belief."""
    state, params, ticket, index = (
        world.round_state,
        arrays.traits(world)[i],
        arrays.ticket_musd(world)[i],
        world.n_announced,
    )
    state.new_musd = add(state.new_musd, ticket)
    if params.behavioural:
        news = arrays.announced(world)[index]
        news.author = i
        news.share = books.share_of_wealth(ticket, params.wealth_bn)
        news.risk_aversion = params.risk_aversion
        news.reputation = params.reputation
        news.log_price = world.offer.log_post
        news.capped = decision.at_his_limit(params, ticket)
        world.n_announced = index + 1


@lean
def publish(world: Record) -> None:
    """Write the public book that everybody reads next week, and pass on what was signed this week."""
    state, signed, tickets, news = (
        world.round_state,
        arrays.signed(world),
        arrays.ticket_musd(world),
        arrays.news(world),
    )
    look_at_the_gates(world)
    write_stages(world)
    state.published_paid_musd = state.paid_musd
    state.booked_musd = add(state.paid_musd, money(signed, tickets))
    fallbacks, outlooks = arrays.traits(world).fallback_musd, arrays.gate_states(world).outlook
    state.expected_musd = books.expected_musd(signed, tickets, fallbacks, contracts_of(world), outlooks)
    n_news = world.n_announced
    world.n_news, world.n_announced = n_news, 0
    for k in range(n_news):
        news[k] = arrays.announced(world)[k]


@lean
def look_at_the_gates(world: Record) -> None:
    """Set what the market gives to each consent, from the table where there is one; whoever looks first fills it in."""
    state, gates, order, standings = (
        world.round_state,
        arrays.gate_states(world),
        arrays.gate_order(world),
        arrays.standings(world),
    )
    table, outlooks = arrays.outlook_table(world), arrays.outlooks(world)
    index = outlook.index_of(outlook.standing(gates.status), standings)
    first = outlook.cell(
        state.extended, state.week, world.terms.horizon_weeks, index, standings.shape[0], gates.shape[0]
    )
    unseen = index < 0
    for g in range(gates.shape[0]):
        if gates[g].status == OPEN and not unseen:
            unseen = math.isnan(table[add(first, g)])
    if unseen:
        outlook.look_ahead_into(
            outlooks,
            arrays.gate_params(world),
            order,
            arrays.required(world),
            gates.status,
            gates.in_force_day,
            state.deadline_day,
            state.until_day,
        )
    for g in range(gates.shape[0]):
        if gates[g].status != OPEN:
            chance = outlook.known_outlook(gates[g].status, gates[g].in_force_day, state.deadline_day)
        else:
            chance = outlooks[g] if unseen else table[add(first, g)]
            if unseen and index >= 0:
                table[add(first, g)] = chance
        gates[g].outlook = chance


@lean
def extend(world: Record) -> bool:
    """Grant the extension, once, if luck has it and the round needs it."""
    state, terms = world.round_state, world.terms
    if state.closed or state.extended:
        return False
    if draws.uniform(world.seed, world.run, 0, 0, draws.EXTENSION, 0) >= terms.extension_probability:
        return False
    old = state.deadline_day
    state.extended, state.deadline_day = True, add(old, terms.extension_days)
    settlements.extend_dates(contracts_of(world), old, state.deadline_day)
    world.book_changed = True
    return True


@lean
def end_round(world: Record, cause: int) -> None:
    """End the round for everybody."""
    state, stage = world.round_state, arrays.stage(world)
    state.open, state.cause = False, failure.NO_CAUSE if state.closed else cause
    for i in range(stage.shape[0]):
        if stage[i] == SIGNED:
            stage[i] = LAPSED
