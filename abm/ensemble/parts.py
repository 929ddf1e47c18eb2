"""Parts of phases that are worth a name of their own."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws
from abm.core.jit import lean
from abm.core.records import LAPSED, LOOKING, OPEN, SIGNED
from abm.ensemble import world as its
from abm.ensemble.closings import (
    contracts_of,
    write_stages,
)
from abm.rules import belief, decision, failure
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import environment as nature
from abm.rules import gatekeepers as consents
from abm.rules import settlement as settlements
from abm.rules.closing import money
from abm.rules.sums import moved


@lean
def in_force(world: Any, gate: int) -> bool:
    """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""
    return gate >= 0 and its.gates(world)[gate].in_force_day <= world.now.week_end


@lean
def next_jump(world: Any, day: float) -> float:
    """Day of the next competitor shock."""
    rate = world.market.competitor_jumps_per_year
    if rate <= 0.0:
        return math.inf
    waited = draws.exponential(world.seed, world.run, 0, 0, draws.JUMP_WAIT, world.sky.jumps)
    return moved(day, nature.arrival_days(waited, rate))


@lean
def raise_later(world: Any) -> None:
    """Raise the later financings that fall into this week, with luck."""
    now, company, later_rounds = world.now, world.company, its.later_rounds(world)
    for place in range(later_rounds.shape[0]):
        later = later_rounds[place]
        if now.week_start < later.day <= now.week_end:
            chance = later.if_closed if now.closed else later.if_not
            if draws.uniform(world.seed, world.run, place, 0, draws.LATER_ROUND, 0) < chance:
                company.cash_musd = moved(company.cash_musd, later.musd)


@lean
def go_public(world: Any) -> None:
    """File for a listing once the window is open, and list when the filing is ripe."""
    now, company, listing = world.now, world.company, world.listing
    seed, run = world.seed, world.run
    if company.filed_week < 0:
        if now.week_end <= listing.earliest_day or world.sky.sentiment < listing.minimum_sentiment:
            return
        for gate in its.listing_gates(world):
            if not in_force(world, gate):
                return
        rate = decision.per_day_of_year(listing.filing_per_year)
        start = max(now.week_start, listing.earliest_day)
        threshold = draws.exponential(seed, world.root, 0, 0, draws.IPO_WINDOW, 0)  # read every week, so never redrawn
        day = decision.event_day(company.filing_clock, threshold, rate, start, now.week_end)
        company.filing_clock = decision.clock_after(company.filing_clock, rate, start, now.week_end)
        if day < math.inf:
            vetoed = draws.uniform(seed, run, 0, 0, draws.IPO_VETO, 0) < listing.veto_probability
            if vetoed and not in_force(world, listing.veto_gate):
                company.listing_over = True
            else:
                company.filed_week = now.week
    elif firms.ripe(now.week, company.filed_week, listing.lead_weeks):
        company.listing_over = True
        if draws.uniform(seed, run, 0, 0, draws.IPO_WITHDRAWAL, 0) >= listing.withdrawal_probability:
            company.listed = True
            company.cash_musd = moved(company.cash_musd, listing.raise_musd)


@lean
def opinion_of_the_market(world: Any) -> float:
    """Mean belief of those who are still looking, weighted by reputation, in order of address."""
    traits, stage, beliefs = its.traits(world), its.stage(world), its.mean(world)
    mean, heard = 0.0, 0.0
    for i in range(traits.shape[0]):
        if traits[i].behavioural and stage[i] == LOOKING and traits[i].reputation > 0.0:
            heard = moved(heard, traits[i].reputation)
            mean = belief.mean_opinion(mean, beliefs[i], traits[i].reputation, heard)
    return mean


@lean
def announce(world: Any, i: int) -> None:
    """Let the public know of a signature next week; stated decisions reveal no belief."""
    now, law, ticket, place = world.now, its.traits(world)[i], its.ticket_musd(world)[i], world.waiting
    now.new_musd = moved(now.new_musd, ticket)
    if law.behavioural:
        news = its.announced(world)[place]
        news.author = i
        news.share = books.share_of_wealth(ticket, law.wealth_bn)
        news.risk_aversion = law.risk_aversion
        news.reputation = law.reputation
        news.log_price = world.offer.log_post
        news.capped = decision.at_his_limit(law, ticket)
        world.waiting = moved(place, 1)


@lean
def publish(world: Any) -> None:
    """Write the public book that everybody reads next week, and pass on what was signed this week."""
    now, signed, tickets, news = world.now, its.signed(world), its.ticket_musd(world), its.news(world)
    look_at_the_gates(world)
    write_stages(world)
    now.published_paid_musd = now.paid_musd
    now.booked_musd = moved(now.paid_musd, money(signed, tickets))
    fallbacks, outlooks = its.traits(world).fallback_musd, its.gates(world).outlook
    now.expected_musd = books.expected_musd(signed, tickets, fallbacks, contracts_of(world), outlooks)
    world.heard, world.waiting = world.waiting, 0
    for k in range(world.heard):
        news[k] = its.announced(world)[k]


@lean
def look_at_the_gates(world: Any) -> None:
    """Set what the market gives to each consent, from the table where there is one."""
    now, gates, order, standings = world.now, its.gates(world), its.gate_order(world), its.standings(world)
    table, outlooks = its.outlook_table(world), its.outlooks(world)
    place = consents.place_of(consents.standing(gates.status), standings)
    if place < 0:
        consents.look_ahead_into(
            outlooks,
            its.laws(world),
            order,
            its.required(world),
            gates.status,
            gates.in_force_day,
            now.deadline_day,
            now.until_day,
        )
    first = consents.cell(now.extended, now.week, world.terms.horizon_weeks, place, standings.shape[0], gates.shape[0])
    for g in range(gates.shape[0]):
        if gates[g].status != OPEN:
            outlook = consents.known_outlook(gates[g].status, gates[g].in_force_day, now.deadline_day)
        else:
            outlook = outlooks[g] if place < 0 else table[moved(first, g)]
        gates[g].outlook = outlook


@lean
def extend(world: Any) -> bool:
    """Grant the extension, once, if luck has it and the round needs it."""
    now, terms = world.now, world.terms
    if now.closed or now.extended:
        return False
    if draws.uniform(world.seed, world.run, 0, 0, draws.EXTENSION, 0) >= terms.extension_probability:
        return False
    old = now.deadline_day
    now.extended, now.deadline_day = True, moved(old, terms.extension_days)
    settlements.extend_dates(contracts_of(world), old, now.deadline_day)
    world.stirred = True
    return True


@lean
def end_round(world: Any, cause: int) -> None:
    """End the round for everybody."""
    now, stage = world.now, its.stage(world)
    now.open, now.cause = False, failure.NO_CAUSE if now.closed else cause
    for i in range(stage.shape[0]):
        if stage[i] == SIGNED:
            stage[i] = LAPSED
