"""The phases of a week, compiled: load, call a rule, store. No arithmetic lives here."""

from __future__ import annotations

import math
from typing import Any

from abm import draws
from abm.ensemble.closings import (
    at_the_end,
    broken_links,
    close_the_book,
    fall_back,
    move_price,
    pay_the_book,
    post_offer,
    round_is_alive,
    write_stages,
)
from abm.ensemble.world import BURN, NEWS, REVENUE, SENTIMENT, TALENT, VALUE, World
from abm.jit import inlined, rule
from abm.rules import belief, decision, environment as nature, gatekeepers as consents
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import failure, settlement as settlements
from abm.rules import liquidity as bills
from abm.rules.closing import money
from abm.rules.totals import moved
from abm.schedule import YEARS, weeks_into
from abm.state import BLOCKED, LAPSED, LOOKING, OPEN, PAID, SATISFIED, SIGNED, WITHDRAWN


@rule
def in_force(world: World, gate: int) -> bool:
    """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""
    return gate >= 0 and world.gates[gate].in_force_day <= world.now[0].week_end


@inlined
def environment(world: World) -> None:
    """Nature moves first."""
    now, sky, market, luck = world.now[0], world.sky[0], world.scenario.market[0], world.luck
    seed, run, ahead = world.key[0].seed, world.key[0].run, world.key[0].ahead
    if market.cold_per_week > 0.0:
        u = draws.uniform(seed, run, 0, now.week, draws.REGIME, 0)
        sky.cold = nature.cold_after(sky.cold, market.cold_per_week, market.thaw_per_week, u)
    mean = nature.regime_mean(market.sentiment_mean, market.cold_sentiment, sky.cold)
    sky.sentiment = nature.sentiment_after(
        sky.sentiment, mean, market.sentiment_kept, market.sentiment_spread, luck[SENTIMENT, ahead]
    )
    if now.open:
        sky.log_value = nature.log_value_after(
            sky.log_value, market.growth_per_year, market.volatility, YEARS, luck[VALUE, ahead]
        )
    sky.shock = 0.0
    while sky.next_jump_day <= now.week_end:
        z = draws.normal(seed, run, 0, 0, draws.JUMP_SIZE, sky.jumps)
        jump = nature.jump_size(market.jump_mean_log, market.jump_sd_log, z)
        sky.log_value = nature.value_after_jump(sky.log_value, jump, market.jump_permanent_share)
        sky.sentiment = nature.sentiment_after_jump(sky.sentiment, jump, market.jump_permanent_share)
        sky.shock = moved(sky.shock, jump)
        sky.jumps = moved(sky.jumps, 1)
        sky.next_jump_day = next_jump(world, sky.next_jump_day)
    if market.burst_chance > 0.0:
        strikes = luck[TALENT, ahead] < market.burst_chance
        sky.burst_weeks_left = nature.burst_weeks_after(strikes, int(market.burst_weeks), sky.burst_weeks_left)
    excess = nature.excess_attrition(
        market.excess_attrition_per_year,
        market.burst_attrition_per_year,
        sky.burst_weeks_left,
        world.company[0].cut,
        world.scenario.firm[0].cut_attrition_per_year,
    )
    sky.talent_loss = nature.talent_loss(excess, market.talent_effect, YEARS)
    sky.log_value = nature.value_after_loss(sky.log_value, sky.talent_loss)
    if now.open and market.news_precision > 0.0:
        sky.news = belief.signal(sky.log_value, market.news_precision, luck[NEWS, ahead])


@rule
def next_jump(world: World, day: float) -> float:
    """Day of the next competitor shock."""
    rate = world.scenario.market[0].competitor_jumps_per_year
    if rate <= 0.0:
        return math.inf
    waited = draws.exponential(world.key[0].seed, world.key[0].run, 0, 0, draws.JUMP_WAIT, world.sky[0].jumps)
    return moved(day, nature.arrival_days(waited, rate))


@inlined
def gatekeepers(world: World) -> None:
    """Gatekeepers deliberate, each after those it waits for."""
    now, gates, required = world.now[0], world.gates, world.scenario.required
    for g in world.scenario.gate_order:
        gate, law = gates[g], world.scenario.gates[g]
        if gate.status != OPEN:
            continue
        start = now.start_day
        for k in range(law.first, law.last):
            start = max(start, gates[required[k]].satisfied_day)
        if start >= now.until_day:
            continue
        deadline, until = now.deadline_day, now.until_day
        rate = consents.moved_hazard(law.h0_per_year, now.frailty, law.loading, world.sky[0].sentiment)
        left = consents.hazard_left(gate.consent_threshold, gate.consent_clock)
        yes = consents.crossing_day(left, rate, law.effect, law.scale_days, deadline, start, until)
        left = consents.hazard_left(gate.block_threshold, gate.block_clock)
        no = consents.crossing_day(left, law.block_per_year, 0.0, law.scale_days, deadline, start, until)
        hazard = consents.hazard_between(rate, law.effect, law.scale_days, deadline, start, until)
        gate.consent_clock = moved(gate.consent_clock, hazard)
        hazard = consents.hazard_between(law.block_per_year, 0.0, law.scale_days, deadline, start, until)
        gate.block_clock = moved(gate.block_clock, hazard)
        if no < yes:
            gate.status = BLOCKED
        elif yes < math.inf:
            gate.status = SATISFIED
            gate.satisfied_day = yes
            gate.in_force_day = consents.in_force_day(yes, law.lag_days)


@inlined
def operations(world: World) -> None:
    """The company works out what the week costs."""
    company, firm, now = world.company[0], world.scenario.firm[0], world.now[0]
    if not company.alive:
        return
    plan, ahead = world.scenario.plan[now.week], world.key[0].ahead
    company.revenue_gap = firms.revenue_gap_after(
        company.revenue_gap,
        company.cut,
        firm.cut_growth_loss,
        world.sky[0].talent_loss,
        firm.revenue_volatility,
        world.luck[REVENUE, ahead],
    )
    burn = firms.burn_musd(
        plan.burn_musd,
        company.cut,
        plan.revenue_musd,
        company.revenue_gap,
        firms.weekly_noise(firm.burn_volatility_bn),
        world.luck[BURN, ahead],
    )
    interest = firms.interest_musd(
        company.bridge_musd, firm.bridge_rate_per_year, company.vendor_musd, firm.vendor_rate_per_year
    )
    exact, deferrable = firms.bill_musd(burn, interest, plan.firm_musd), plan.deferrable_musd
    for claim in world.scenario.claims:
        if now.week_start < claim.day <= now.week_end and not in_force(world, claim.gate):
            exact = moved(exact, float(claim.musd))
    company.outflow_musd = moved(exact, deferrable)
    company.firm_due_musd = firms.whole(exact, company.firm_carried)
    company.firm_carried = firms.carried_over(exact, company.firm_carried, company.firm_due_musd)
    company.deferrable_due_musd = firms.whole(deferrable, company.deferrable_carried)
    company.deferrable_carried = firms.carried_over(
        deferrable, company.deferrable_carried, company.deferrable_due_musd
    )


@inlined
def company_policy(world: World) -> None:
    """The company steers, and posts its offer."""
    company, firm, now = world.company[0], world.scenario.firm[0], world.now[0]
    if company.alive:
        if firm.cut:
            runway = firms.runway_years(company.cash_musd, company.outflow_musd)
            company.cut = firms.cut_after(
                company.cut, runway, firm.runway_trigger_years, firm.cut_per_week, firm.cut_max
            )
        raise_later(world)
        if world.scenario.listing[0].exists and not company.listing_over:
            go_public(world)
    if now.open:
        terms, rungs = world.scenario.terms[0], world.scenario.ladder_musd.shape[0]
        pace = books.momentum(now.booked_musd, terms.target_musd, now.start_day, now.deadline_day)
        waited = books.weeks_since(now.week, now.last_cut_week)
        rung = books.rung_after(now.rung, rungs, pace, terms.price_cut_lag, waited, terms.price_cut_wait_weeks)
        move_price(world, rung)
        post_offer(world)


@rule
def raise_later(world: World) -> None:
    """Raise the later financings that fall into this week, with luck."""
    now, company, later_rounds = world.now[0], world.company[0], world.scenario.later_rounds
    for place in range(later_rounds.shape[0]):
        later = later_rounds[place]
        if now.week_start < later.day <= now.week_end:
            chance = later.if_closed if now.closed else later.if_not
            if draws.uniform(world.key[0].seed, world.key[0].run, place, 0, draws.LATER_ROUND, 0) < chance:
                company.cash_musd = moved(company.cash_musd, later.musd)


@rule
def go_public(world: World) -> None:
    """File for a listing once the window is open, and list when the filing is ripe."""
    now, company, listing = world.now[0], world.company[0], world.scenario.listing[0]
    seed, run = world.key[0].seed, world.key[0].run
    if company.filed_week < 0:
        if now.week_end <= listing.earliest_day or world.sky[0].sentiment < listing.minimum_sentiment:
            return
        for gate in world.scenario.listing_gates:
            if not in_force(world, gate):
                return
        rate = decision.per_day_of_year(listing.filing_per_year)
        start = max(now.week_start, listing.earliest_day)
        threshold = draws.exponential(seed, run, 0, 0, draws.IPO_WINDOW, 0)
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


@inlined
def information(world: World) -> None:
    """Everybody who still thinks about the round learns."""
    now, sky, market, offer = world.now[0], world.sky[0], world.scenario.market[0], world.offer[0]
    traits, who = world.traits, world.investors
    if not now.open:
        return
    if world.scenario.opinions_pull:
        now.opinion = opinion_of_the_market(world)
    for i in range(traits.shape[0]):
        if traits[i].behavioural and who.stage[i] <= SIGNED:
            mean = belief.drifted_mean(who.mean[i], market.growth_per_year, market.volatility, YEARS)
            precision = belief.widened_precision(who.precision[i], market.volatility, YEARS)
            if market.news_precision > 0.0:
                mean = belief.updated_mean(mean, precision, sky.news, market.news_precision)
                precision = belief.updated_precision(precision, market.news_precision)
            who.mean[i], who.precision[i] = mean, precision
            if not who.diligence_done[i] and traits[i].diligence_day <= now.until_day:
                who.diligence_done[i] = True
                own = traits[i].signal_precision
                shown = belief.signal(sky.log_value, own, traits[i].signal_luck)
                who.mean[i] = belief.updated_mean(mean, precision, shown, own)
                who.precision[i] = belief.updated_precision(precision, own)
    for k in range(world.heard[0]):
        for i in range(traits.shape[0]):
            if traits[i].behavioural and who.stage[i] <= SIGNED and world.authors[0, k] != i:
                who.mean[i], who.precision[i] = decision.hear(
                    traits[i], who.mean[i], who.precision[i], world.news[0, k], offer
                )
    if world.scenario.opinions_pull:
        for i in range(traits.shape[0]):
            if traits[i].behavioural and who.stage[i] <= SIGNED and traits[i].opinion_pull > 0.0:
                who.mean[i] = belief.pulled_opinion(who.mean[i], now.opinion, traits[i].opinion_pull)


@rule
def opinion_of_the_market(world: World) -> float:
    """Mean belief of those who are still looking, weighted by reputation, in order of address."""
    traits, who = world.traits, world.investors
    mean, heard = 0.0, 0.0
    for i in range(traits.shape[0]):
        if traits[i].behavioural and who.stage[i] == LOOKING and traits[i].reputation > 0.0:
            heard = moved(heard, traits[i].reputation)
            mean = belief.mean_opinion(mean, who.mean[i], traits[i].reputation, heard)
    return mean


@inlined
def withdrawals(world: World) -> None:
    """Second thoughts come before new signatures."""
    now, sky, offer = world.now[0], world.sky[0], world.offer[0]
    traits, who = world.traits, world.investors
    if not now.open:
        return
    for i in range(traits.shape[0]):
        law = traits[i]
        if who.stage[i] != SIGNED or law.withdrawal_per_year <= 0.0:
            continue
        expected, shock = 0.0, 0.0
        if law.behavioural:
            expected, shock = decision.expected_return(law, who.mean[i], offer), sky.shock
        rate = decision.withdrawal_rate(
            law.withdrawal_per_year, law.binding, law.mood_withdrawal, expected, shock, law.jump_withdrawal
        )
        rate = decision.per_day_of_year(rate)
        start = max(now.start_day, who.sign_day[i])
        day = decision.event_day(who.withdrawal_clock[i], law.withdrawal_threshold, rate, start, now.until_day)
        who.withdrawal_clock[i] = decision.clock_after(who.withdrawal_clock[i], rate, start, now.until_day)
        if day < math.inf:
            who.stage[i] = WITHDRAWN
            world.stirred[0] = True


@inlined
def decisions(world: World) -> None:
    """Everybody decides at once, having read last week's book."""
    now, offer, traits, who = world.now[0], world.offer[0], world.traits, world.investors
    if not now.open:
        return
    for i in range(traits.shape[0]):
        if who.stage[i] != LOOKING:
            continue
        law = traits[i]
        rate, start, ticket = law.stated_rate_per_day, now.start_day, law.stated_musd
        if law.behavioural:
            if law.diligence_day >= now.until_day:
                continue
            view = decision.appraise(law, who.mean[i], who.precision[i], law.dry_powder_musd, offer)
            rate, start = decision.per_day(view.rate_per_week), max(now.start_day, law.diligence_day)
            ticket = view.ticket_musd
        day = decision.event_day(who.sign_clock[i], law.sign_threshold, rate, start, now.until_day)
        who.sign_clock[i] = decision.clock_after(who.sign_clock[i], rate, start, now.until_day)
        if day < math.inf:
            who.stage[i], who.ticket_musd[i], who.sign_day[i] = SIGNED, ticket, day
            world.stirred[0] = True
            announce(world, i)


@rule
def announce(world: World, i: int) -> None:
    """Let the public know of a signature next week; stated decisions reveal no belief."""
    now, law, ticket = world.now[0], world.traits[i], world.investors.ticket_musd[i]
    now.new_musd = moved(now.new_musd, ticket)
    if law.behavioural:
        place = world.heard[1]
        news = world.news[1, place]
        news.share = books.share_of_wealth(ticket, law.wealth_bn)
        news.risk_aversion = law.risk_aversion
        news.reputation = law.reputation
        news.log_price = world.offer[0].log_post
        news.capped = decision.at_his_limit(law, ticket, law.dry_powder_musd)
        world.authors[1, place] = i
        world.heard[1] = moved(place, 1)


@inlined
def publish_book(world: World) -> None:
    """Publish what has been committed, and what the market thinks of it."""
    if world.now[0].open:
        publish(world)


@rule
def publish(world: World) -> None:
    """Write the public book that everybody reads next week, and pass on what was signed this week."""
    now, who = world.now[0], world.investors
    look_at_the_gates(world)
    write_stages(world)
    now.published_paid_musd = now.paid_musd
    now.booked_musd = moved(now.paid_musd, money(world.signed, who.ticket_musd))
    now.expected_musd = books.expected_musd(
        world.signed, who.ticket_musd, world.traits.fallback_musd, world.contracts, world.gates.outlook
    )
    world.heard[0] = world.heard[1]
    for k in range(world.heard[0]):
        world.news[0, k] = world.news[1, k]
        world.authors[0, k] = world.authors[1, k]
    world.heard[1] = 0


@rule
def look_at_the_gates(world: World) -> None:
    """Set what the market gives to each consent, from the table where there is one."""
    now, gates, scenario = world.now[0], world.gates, world.scenario
    place = consents.place_of(consents.standing(gates.status), scenario.standings)
    if place < 0:
        outlooks = consents.look_ahead(
            scenario.gates,
            scenario.gate_order,
            scenario.required,
            gates.status,
            gates.in_force_day,
            now.deadline_day,
            now.until_day,
        )
    else:
        outlooks = scenario.outlooks[int(now.extended), now.week, place]
    for g in scenario.gate_order:
        outlook = outlooks[g]
        if gates[g].status != OPEN:
            outlook = consents.known_outlook(gates[g].status, gates[g].in_force_day, now.deadline_day)
        gates[g].outlook = outlook


@inlined
def closing(world: World) -> None:
    """Compute which commitments can close together."""
    world.stirred[1] = False
    if round_is_alive(world):
        last = at_the_end(world)
        if last or world.scenario.terms[0].weekly:
            close_the_book(world, last)


@inlined
def settlement(world: World) -> None:
    """Call the closers; they pay for shares, or do not."""
    if world.stirred[1]:
        pay_the_book(world)


@inlined
def expiry(world: World) -> None:
    """At the deadline: extend, or let fallbacks close and the rest lapse."""
    now, terms = world.now[0], world.scenario.terms[0]
    if not now.open:
        return
    if not round_is_alive(world):
        end_round(world, failure.CASH)
    elif at_the_end(world) and (now.week == terms.horizon_weeks or not extend(world)):
        links = broken_links(world)
        fall_back(world)
        end_round(world, failure.diagnose(links, terms.target_musd, now.paid_musd))


@rule
def extend(world: World) -> bool:
    """Grant the extension, once, if luck has it and the round needs it."""
    now, terms = world.now[0], world.scenario.terms[0]
    if now.closed or now.extended:
        return False
    if draws.uniform(world.key[0].seed, world.key[0].run, 0, 0, draws.EXTENSION, 0) >= terms.extension_probability:
        return False
    old = now.deadline_day
    now.extended, now.deadline_day = True, moved(old, terms.extension_days)
    settlements.extend_dates(world.contracts, old, now.deadline_day)
    world.stirred[0] = True
    return True


@rule
def end_round(world: World, cause: int) -> None:
    """End the round for everybody."""
    now, who = world.now[0], world.investors
    now.open, now.cause = False, failure.NO_CAUSE if now.closed else cause
    for i in range(who.stage.shape[0]):
        if who.stage[i] == SIGNED:
            who.stage[i] = LAPSED


@inlined
def liquidity(world: World) -> None:
    """Bills are paid after all the money of the week is in."""
    company, firm, now = world.company[0], world.scenario.firm[0], world.now[0]
    if not company.alive:
        return
    before = company.cash_musd
    result = bills.waterfall(
        company.cash_musd,
        company.firm_due_musd,
        company.deferrable_due_musd,
        firm.minimum_cash_musd,
        company.vendor_musd,
        firm.vendor_limit_musd,
        company.bridge_musd,
        company.bridge_limit_musd,
    )
    company.cash_musd, company.vendor_musd, company.bridge_musd = result
    company.least_cash_musd = min(company.least_cash_musd, company.cash_musd)
    if bills.defaulted(company.cash_musd):
        company.alive = False
        company.default_day = bills.default_day(before, company.cash_musd, now.week_start, now.week_end)
        if now.open:
            end_round(world, failure.CASH)


@inlined
def record(world: World) -> None:
    """Write the week down; stop when nothing can happen any more."""
    now, company, terms = world.now[0], world.company[0], world.scenario.terms[0]
    week, committed = now.week, now.paid_musd
    if now.open:
        write_stages(world)
        committed = moved(committed, money(world.signed, world.investors.ticket_musd))
    place = weeks_into(week, terms.horizon_weeks)
    world.paths[0, place], world.paths[1, place], world.paths[2, place] = committed, now.paid_musd, company.cash_musd
    now.running = week < terms.horizon_weeks and (now.open or company.alive)
