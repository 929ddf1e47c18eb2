"""The phases of a week, compiled: load, call a rule, store. No arithmetic lives here."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws
from abm.core.jit import lean
from abm.core.records import BLOCKED, LOOKING, OPEN, SATISFIED, SIGNED, WITHDRAWN
from abm.core.schedule import YEARS, weeks_into
from abm.ensemble import world as its
from abm.ensemble.closings import (
    at_the_end,
    clinch,
    close_the_book,
    fall_back,
    look_for_causes,
    move_price,
    news_for_closers,
    pay_the_book,
    post_offer,
    round_is_alive,
    write_stages,
)
from abm.ensemble.parts import (
    announce,
    end_round,
    extend,
    go_public,
    in_force,
    next_jump,
    opinion_of_the_market,
    publish,
    raise_later,
)
from abm.rules import belief, decision, failure
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import environment as nature
from abm.rules import gatekeepers as consents
from abm.rules import liquidity as bills
from abm.rules.appetite import openness
from abm.rules.closing import money
from abm.rules.sums import moved


@lean
def environment(world: Any) -> None:
    """Nature moves first."""
    now, sky, market = world.now, world.sky, world.market
    seed, run, ahead = world.seed, world.run, world.ahead
    if market.cold_per_week > 0.0:
        u = draws.uniform(seed, run, 0, now.week, draws.REGIME, 0)
        sky.cold = nature.cold_after(sky.cold, market.cold_per_week, market.thaw_per_week, u)
    mean = nature.regime_mean(market.sentiment_mean, market.cold_sentiment, sky.cold)
    sky.sentiment = nature.sentiment_after(
        sky.sentiment, mean, market.sentiment_kept, market.sentiment_spread, its.sentiment_luck(world)[ahead]
    )
    if now.open:
        sky.log_value = nature.log_value_after(
            sky.log_value, market.growth_per_year, market.volatility, YEARS, its.value_luck(world)[ahead]
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
        strikes = its.talent_luck(world)[ahead] < market.burst_chance
        sky.burst_weeks_left = nature.burst_weeks_after(strikes, int(market.burst_weeks), sky.burst_weeks_left)
    excess = nature.excess_attrition(
        market.excess_attrition_per_year,
        market.burst_attrition_per_year,
        sky.burst_weeks_left,
        world.company.cut,
        world.firm.cut_attrition_per_year,
    )
    sky.talent_loss = nature.talent_loss(excess, market.talent_effect, YEARS)
    sky.log_value = nature.value_after_loss(sky.log_value, sky.talent_loss)
    if now.open and market.news_precision > 0.0:
        sky.news = belief.signal(sky.log_value, market.news_precision, its.news_luck(world)[ahead])


@lean
def gatekeepers(world: Any) -> None:
    """Gatekeepers deliberate, each after those it waits for."""
    now, gates, required = world.now, its.gates(world), its.required(world)
    for g in its.gate_order(world):
        gate, law = gates[g], its.laws(world)[g]
        if gate.status != OPEN:
            continue
        start = now.start_day
        for k in range(law.first, law.last):
            start = max(start, gates[required[k]].satisfied_day)
        if start >= now.until_day:
            continue
        deadline, until = now.deadline_day, now.until_day
        rate = consents.moved_hazard(law.h0_per_year, now.frailty, law.loading, world.sky.sentiment)
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


@lean
def operations(world: Any) -> None:
    """The company works out what the week costs."""
    company, firm, now = world.company, world.firm, world.now
    if not company.alive:
        return
    plan, ahead = its.plan(world)[now.week], world.ahead
    company.revenue_gap = firms.revenue_gap_after(
        company.revenue_gap,
        company.cut,
        firm.cut_growth_loss,
        world.sky.talent_loss,
        firm.revenue_volatility,
        its.revenue_luck(world)[ahead],
    )
    burn = firms.burn_musd(
        plan.burn_musd,
        company.cut,
        plan.revenue_musd,
        company.revenue_gap,
        firms.weekly_noise(firm.burn_volatility_bn),
        its.burn_luck(world)[ahead],
    )
    interest = firms.interest_musd(
        company.bridge_musd, firm.bridge_rate_per_year, company.vendor_musd, firm.vendor_rate_per_year
    )
    exact, deferrable = firms.bill_musd(burn, interest, plan.firm_musd), plan.deferrable_musd
    for claim in its.claims(world):
        if now.week_start < claim.day <= now.week_end and not in_force(world, claim.gate):
            exact = moved(exact, float(claim.musd))
    company.outflow_musd = moved(exact, deferrable)
    company.firm_due_musd = firms.whole(exact, company.firm_carried)
    company.firm_carried = firms.carried_over(exact, company.firm_carried, company.firm_due_musd)
    company.deferrable_due_musd = firms.whole(deferrable, company.deferrable_carried)
    company.deferrable_carried = firms.carried_over(deferrable, company.deferrable_carried, company.deferrable_due_musd)


@lean
def company_policy(world: Any) -> None:
    """The company steers, and posts its offer."""
    company, firm, now = world.company, world.firm, world.now
    if company.alive:
        if firm.cut:
            runway = firms.runway_years(company.cash_musd, company.outflow_musd)
            company.cut = firms.cut_after(
                company.cut, runway, firm.runway_trigger_years, firm.cut_per_week, firm.cut_max
            )
        raise_later(world)
        if world.listing.exists and not company.listing_over:
            go_public(world)
    if now.open:
        terms, rungs = world.terms, its.ladder_musd(world).shape[0]
        pace = books.momentum(now.booked_musd, terms.target_musd, now.start_day, now.deadline_day)
        waited = books.weeks_since(now.week, now.last_cut_week)
        rung = books.rung_after(now.rung, rungs, pace, terms.price_cut_lag, waited, terms.price_cut_wait_weeks)
        move_price(world, rung)
        post_offer(world)


@lean
def information(world: Any) -> None:
    """Everybody who still thinks about the round learns."""
    now, sky, market, offer = world.now, world.sky, world.market, world.offer
    traits, stage, mean, precision = its.traits(world), its.stage(world), its.mean(world), its.precision(world)
    done, news = its.diligence_done(world), its.news(world)
    if not now.open:
        return
    if world.opinions_pull:
        now.opinion = opinion_of_the_market(world)
    for i in range(traits.shape[0]):
        if traits[i].behavioural and stage[i] <= SIGNED:
            mean[i] = belief.drifted_mean(mean[i], market.growth_per_year, market.volatility, YEARS)
            precision[i] = belief.widened_precision(precision[i], market.volatility, YEARS)
            if market.news_precision > 0.0:
                mean[i] = belief.updated_mean(mean[i], precision[i], sky.news, market.news_precision)
                precision[i] = belief.updated_precision(precision[i], market.news_precision)
            if not done[i] and traits[i].diligence_day <= now.until_day:
                done[i], own = True, traits[i].signal_precision
                shown = belief.signal(sky.log_value, own, traits[i].signal_z)
                mean[i] = belief.updated_mean(mean[i], precision[i], shown, own)
                precision[i] = belief.updated_precision(precision[i], own)
            for k in range(world.heard):
                if news[k].author != i:
                    mean[i], precision[i] = decision.hear(traits[i], mean[i], precision[i], news[k], offer)
    if world.opinions_pull:
        for i in range(traits.shape[0]):
            if traits[i].behavioural and stage[i] <= SIGNED and traits[i].opinion_pull > 0.0:
                mean[i] = belief.pulled_opinion(mean[i], now.opinion, traits[i].opinion_pull)


@lean
def withdrawals(world: Any) -> None:
    """Second thoughts come before new signatures."""
    now, sky, offer, traits = world.now, world.sky, world.offer, its.traits(world)
    stage, mean, sign_day, clock = its.stage(world), its.mean(world), its.sign_day(world), its.withdrawal_clock(world)
    if not now.open:
        return
    for i in range(traits.shape[0]):
        law = traits[i]
        if stage[i] != SIGNED or law.withdrawal_per_year <= 0.0:
            continue
        expected, shock = 0.0, 0.0
        if law.behavioural:
            expected, shock = decision.expected_return(law, mean[i], offer), sky.shock
        rate = decision.withdrawal_rate(
            law.withdrawal_per_year, law.binding, law.mood_withdrawal, expected, shock, law.jump_withdrawal
        )
        rate = decision.per_day_of_year(rate)
        start = max(now.start_day, sign_day[i])
        day = decision.event_day(clock[i], law.withdrawal_threshold, rate, start, now.until_day)
        clock[i] = decision.clock_after(clock[i], rate, start, now.until_day)
        if day < math.inf:
            stage[i] = WITHDRAWN
            world.stirred = True


@lean
def decisions(world: Any) -> None:
    """Everybody decides at once, having read last week's book."""
    now, offer, traits = world.now, world.offer, its.traits(world)
    stage, mean, precision = its.stage(world), its.mean(world), its.precision(world)
    ticket_musd, sign_day, clock = its.ticket_musd(world), its.sign_day(world), its.sign_clock(world)
    if not now.open:
        return
    decay = open_share = math.nan  # most investors share the same patience, so it is worked out once
    for i in range(traits.shape[0]):
        if stage[i] != LOOKING:
            continue
        law = traits[i]
        rate, start, ticket = law.stated_rate_per_day, now.start_day, law.stated_musd
        if law.behavioural:
            if law.diligence_day >= now.until_day:
                continue
            if law.waiting_decay_weeks != decay:
                decay = law.waiting_decay_weeks
                open_share = openness(offer.weeks_left, decay)
            view = decision.appraise(law, mean[i], precision[i], open_share, offer)
            rate, start = decision.per_day(view.rate_per_week), max(now.start_day, law.diligence_day)
            ticket = view.ticket_musd
        day = decision.event_day(clock[i], law.sign_threshold, rate, start, now.until_day)
        clock[i] = decision.clock_after(clock[i], rate, start, now.until_day)
        if day < math.inf:
            stage[i], ticket_musd[i], sign_day[i] = SIGNED, ticket, day
            world.stirred = True
            announce(world, i)


@lean
def publish_book(world: Any) -> None:
    """Publish what has been committed, and what the market thinks of it."""
    if world.now.open:
        publish(world)


@lean
def closing(world: Any) -> None:
    """Compute which commitments can close together, unless the answer must be last week's: nobody, or nobody new."""
    world.called = False
    if not round_is_alive(world):
        return
    if at_the_end(world):
        clinch(world)
        close_the_book(world)
    elif world.terms.weekly and (world.stirred or world.unsteady or news_for_closers(world)):
        world.stirred = False
        close_the_book(world)


@lean
def settlement(world: Any) -> None:
    """Call the closers; they pay for shares, or do not."""
    if world.called:
        pay_the_book(world)


@lean
def expiry(world: Any) -> None:
    """At the deadline: extend, or let fallbacks close and the rest lapse."""
    now, terms = world.now, world.terms
    if not now.open:
        return
    if not round_is_alive(world):
        end_round(world, failure.CASH)
    elif at_the_end(world) and (now.week == terms.horizon_weeks or not extend(world)):
        look_for_causes(world)
        fall_back(world)
        end_round(world, failure.diagnose(world.links, terms.target_musd, now.paid_musd))


@lean
def liquidity(world: Any) -> None:
    """Bills are paid after all the money of the week is in."""
    company, firm, now = world.company, world.firm, world.now
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


@lean
def record(world: Any) -> None:
    """Write the week down; stop when nothing can happen any more."""
    now, company, terms = world.now, world.company, world.terms
    week, committed = now.week, now.paid_musd
    if now.open:
        write_stages(world)
        committed = moved(committed, money(its.signed(world), its.ticket_musd(world)))
    place = weeks_into(week, terms.horizon_weeks)
    its.committed_path(world)[place], its.paid_path(world)[place] = committed, now.paid_musd
    its.cash_path(world)[place] = company.cash_musd
    now.running = week < terms.horizon_weeks and (now.open or company.alive)
