"""The phases of a week, compiled: load, call a rule, store. No arithmetic lives here."""

from __future__ import annotations

import math

from abm.core import draws
from abm.core.jit import lean
from abm.core.records import BLOCKED, LOOKING, OPEN, SATISFIED, SIGNED, WITHDRAWN, Record
from abm.core.schedule import YEARS, weeks_into
from abm.ensemble import arrays
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
from abm.rules import belief, decision, eventual, failure
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import environment as nature
from abm.rules import gatekeepers as consents
from abm.rules import liquidity as bills
from abm.rules.appetite import openness
from abm.rules.closing import money
from abm.rules.sums import add


@lean
def environment(world: Record) -> None:
    """Nature moves first."""
    state, market_state, market = world.round_state, world.market_state, world.market
    seed, run, ahead = world.seed, world.run, world.ahead
    if market.cold_per_week > 0.0:
        u = draws.uniform(seed, run, 0, state.week, draws.REGIME, 0)
        market_state.cold = nature.cold_after(market_state.cold, market.cold_per_week, market.thaw_per_week, u)
    mean = nature.regime_mean(market.sentiment_mean, market.cold_sentiment, market_state.cold)
    market_state.sentiment = nature.sentiment_after(
        market_state.sentiment, mean, market.sentiment_kept, market.sentiment_spread, arrays.sentiment_z(world)[ahead]
    )
    if state.open:
        market_state.log_value = nature.log_value_after(
            market_state.log_value, market.growth_per_year, market.volatility, YEARS, arrays.value_z(world)[ahead]
        )
    market_state.shock = 0.0
    while market_state.next_jump_day <= state.week_end:
        z = draws.normal(seed, run, 0, 0, draws.JUMP_SIZE, market_state.jumps)
        jump = nature.jump_size(market.jump_mean_log, market.jump_sd_log, z)
        market_state.log_value = nature.value_after_jump(market_state.log_value, jump, market.jump_permanent_share)
        market_state.sentiment = nature.sentiment_after_jump(market_state.sentiment, jump, market.jump_permanent_share)
        market_state.shock = add(market_state.shock, jump)
        market_state.jumps = market_state.jumps + 1
        market_state.next_jump_day = next_jump(world, market_state.next_jump_day)
    if market.burst_chance > 0.0:
        strikes = arrays.talent_u(world)[ahead] < market.burst_chance
        market_state.burst_weeks_left = nature.burst_weeks_after(
            strikes, int(market.burst_weeks), market_state.burst_weeks_left
        )
    excess = nature.excess_attrition(
        market.excess_attrition_per_year,
        market.burst_attrition_per_year,
        market_state.burst_weeks_left,
        world.company.cut,
        world.firm.cut_attrition_per_year,
    )
    market_state.talent_loss = nature.talent_loss(excess, market.talent_effect, YEARS)
    market_state.log_value = nature.value_after_loss(market_state.log_value, market_state.talent_loss)
    if state.open and market.news_precision > 0.0:
        market_state.news = belief.signal(market_state.log_value, market.news_precision, arrays.news_z(world)[ahead])


@lean
def gatekeepers(world: Record) -> None:
    """Gatekeepers deliberate, each after those it waits for."""
    state, gates, required = world.round_state, arrays.gate_states(world), arrays.required(world)
    for g in arrays.gate_order(world):
        gate, params = gates[g], arrays.gate_params(world)[g]
        if gate.status != OPEN:
            continue
        asked = 0.0
        for k in range(params.first, params.last):
            asked = max(asked, gates[required[k]].satisfied_day)
        start = max(state.start_day, asked)
        if start >= state.until_day:
            continue
        if params.in_the_end:
            place = eventual.place_of(gate.consent_threshold, state.frailty, world.market.frailty_variance)
            gate.status, day = eventual.decision(params, place, asked, state.until_day)
            if gate.status == SATISFIED:
                gate.satisfied_day = day
                gate.in_force_day = consents.in_force_day(day, params.lag_days)
            continue
        deadline, until = state.deadline_day, state.until_day
        rate = consents.moved_hazard(params.h0_per_year, state.frailty, params.loading, world.market_state.sentiment)
        left = consents.hazard_left(gate.consent_threshold, gate.consent_clock)
        yes = consents.crossing_day(left, rate, params.effect, params.scale_days, deadline, start, until)
        left = consents.hazard_left(gate.block_threshold, gate.block_clock)
        no = consents.crossing_day(left, params.block_per_year, 0.0, params.scale_days, deadline, start, until)
        hazard = consents.hazard_between(rate, params.effect, params.scale_days, deadline, start, until)
        gate.consent_clock = add(gate.consent_clock, hazard)
        hazard = consents.hazard_between(params.block_per_year, 0.0, params.scale_days, deadline, start, until)
        gate.block_clock = add(gate.block_clock, hazard)
        if no < yes:
            gate.status = BLOCKED
        elif yes < math.inf:
            gate.status = SATISFIED
            gate.satisfied_day = yes
            gate.in_force_day = consents.in_force_day(yes, params.lag_days)


@lean
def operations(world: Record) -> None:
    """The company works out what the week costs."""
    company, firm, state = world.company, world.firm, world.round_state
    if not company.alive:
        return
    plan, ahead = arrays.plan(world)[state.week], world.ahead
    company.revenue_gap = firms.revenue_gap_after(
        company.revenue_gap,
        company.cut,
        firm.cut_growth_loss,
        world.market_state.talent_loss,
        firm.revenue_volatility,
        arrays.revenue_z(world)[ahead],
    )
    burn = firms.burn_musd(
        plan.burn_musd,
        company.cut,
        plan.revenue_musd,
        company.revenue_gap,
        firms.weekly_noise(firm.burn_volatility_bn),
        arrays.burn_z(world)[ahead],
    )
    interest = firms.interest_musd(
        company.bridge_musd, firm.bridge_rate_per_year, company.vendor_musd, firm.vendor_rate_per_year
    )
    exact, deferrable = firms.bill_musd(burn, interest, plan.firm_musd), plan.deferrable_musd
    for claim in arrays.claims(world):
        if state.week_start < claim.day <= state.week_end and not in_force(world, claim.gate):
            exact = add(exact, float(claim.musd))
    company.outflow_musd = add(exact, deferrable)
    company.firm_due_musd = firms.whole(exact, company.firm_carried)
    company.firm_carried = firms.carried_over(exact, company.firm_carried, company.firm_due_musd)
    company.deferrable_due_musd = firms.whole(deferrable, company.deferrable_carried)
    company.deferrable_carried = firms.carried_over(deferrable, company.deferrable_carried, company.deferrable_due_musd)


@lean
def company_policy(world: Record) -> None:
    """The company steers, and posts its offer."""
    company, firm, state = world.company, world.firm, world.round_state
    if company.alive:
        if firm.cut:
            runway = firms.runway_years(company.cash_musd, company.outflow_musd)
            company.cut = firms.cut_after(
                company.cut, runway, firm.runway_trigger_years, firm.cut_per_week, firm.cut_max
            )
        raise_later(world)
        if world.listing.exists and not company.listing_over:
            go_public(world)
    if state.open:
        terms, rungs = world.terms, arrays.ladder_musd(world).shape[0]
        pace = books.momentum(state.booked_musd, terms.target_musd, state.start_day, state.deadline_day)
        waited = books.weeks_since(state.week, state.last_cut_week)
        rung = books.rung_after(state.rung, rungs, pace, terms.price_cut_lag, waited, terms.price_cut_wait_weeks)
        move_price(world, rung)
        post_offer(world)


@lean
def information(world: Record) -> None:
    """Everybody who still thinks about the round learns."""
    state, market_state, market, offer = world.round_state, world.market_state, world.market, world.offer
    traits, stage, mean, precision = (
        arrays.traits(world),
        arrays.stage(world),
        arrays.mean(world),
        arrays.precision(world),
    )
    done, news = arrays.diligence_done(world), arrays.news(world)
    if not state.open:
        return
    if world.opinions_pull:  # everybody is pulled towards the opinions of before this week's news
        state.opinion = opinion_of_the_market(world)
    for i in range(traits.shape[0]):
        if traits[i].behavioural and stage[i] <= SIGNED:
            mean[i] = belief.drifted_mean(mean[i], market.growth_per_year, market.volatility, YEARS)
            precision[i] = belief.widened_precision(precision[i], market.volatility, YEARS)
            if market.news_precision > 0.0:
                mean[i] = belief.updated_mean(mean[i], precision[i], market_state.news, market.news_precision)
                precision[i] = belief.updated_precision(precision[i], market.news_precision)
            if not done[i] and traits[i].diligence_day <= state.until_day:
                done[i], own = True, traits[i].signal_precision
                shown = belief.signal(market_state.log_value, own, traits[i].signal_z)
                mean[i] = belief.updated_mean(mean[i], precision[i], shown, own)
                precision[i] = belief.updated_precision(precision[i], own)
            for k in range(world.n_news):
                if news[k].author != i:
                    mean[i], precision[i] = decision.hear(traits[i], mean[i], precision[i], news[k], offer)
    if world.opinions_pull:
        for i in range(traits.shape[0]):
            if traits[i].behavioural and stage[i] <= SIGNED and traits[i].opinion_pull > 0.0:
                mean[i] = belief.pulled_opinion(mean[i], state.opinion, traits[i].opinion_pull)


@lean
def withdrawals(world: Record) -> None:
    """Second thoughts come before new signatures."""
    state, market_state, offer, traits = world.round_state, world.market_state, world.offer, arrays.traits(world)
    stage, mean, sign_day, clock = (
        arrays.stage(world),
        arrays.mean(world),
        arrays.sign_day(world),
        arrays.withdrawal_clock(world),
    )
    if not state.open:
        return
    for i in range(traits.shape[0]):
        params = traits[i]
        if stage[i] != SIGNED or params.withdrawal_per_year <= 0.0:
            continue
        expected, shock = 0.0, 0.0
        if params.behavioural:
            expected, shock = decision.expected_return(params, mean[i], offer), market_state.shock
        rate = decision.withdrawal_rate(
            params.withdrawal_per_year, params.binding, params.mood_withdrawal, expected, shock, params.jump_withdrawal
        )
        rate = decision.per_day_of_year(rate)
        start = max(state.start_day, sign_day[i])
        day = decision.event_day(clock[i], params.withdrawal_threshold, rate, start, state.until_day)
        clock[i] = decision.clock_after(clock[i], rate, start, state.until_day)
        if day < math.inf:
            stage[i] = WITHDRAWN
            world.book_changed = True


@lean
def decisions(world: Record) -> None:
    """Everybody decides at once, having read last week's book."""
    state, offer, traits = world.round_state, world.offer, arrays.traits(world)
    stage, mean, precision = arrays.stage(world), arrays.mean(world), arrays.precision(world)
    ticket_musd, sign_day, clock = arrays.ticket_musd(world), arrays.sign_day(world), arrays.sign_clock(world)
    if not state.open:
        return
    decay = open_share = math.nan  # most investors share the same patience, so it is worked out once
    for i in range(traits.shape[0]):
        if stage[i] != LOOKING:
            continue
        params = traits[i]
        rate, start, ticket = params.stated_rate_per_day, state.start_day, params.stated_musd
        if params.in_the_end:
            place = eventual.place_of(params.sign_threshold, state.frailty, world.market.frailty_variance)
            day = eventual.signing_day(params, place)
            if day <= state.until_day:
                stage[i], ticket_musd[i], sign_day[i] = SIGNED, ticket, day
                world.book_changed = True
                announce(world, i)
            continue
        if params.behavioural:
            if params.diligence_day >= state.until_day:
                continue
            if params.waiting_decay_weeks != decay:
                decay = params.waiting_decay_weeks
                open_share = openness(offer.weeks_left, decay)
            view = decision.appraise(params, mean[i], precision[i], open_share, offer)
            rate, start = decision.per_day(view.rate_per_week), max(state.start_day, params.diligence_day)
            ticket = view.ticket_musd
        day = decision.event_day(clock[i], params.sign_threshold, rate, start, state.until_day)
        clock[i] = decision.clock_after(clock[i], rate, start, state.until_day)
        if day < math.inf:
            stage[i], ticket_musd[i], sign_day[i] = SIGNED, ticket, day
            world.book_changed = True
            announce(world, i)


@lean
def publish_book(world: Record) -> None:
    """Publish what has been committed, and what the market thinks of it."""
    if world.round_state.open:
        publish(world)


@lean
def closing(world: Record) -> None:
    """Compute which commitments can close together, unless the answer must be last week's: nobody, or nobody new."""
    world.called = False
    if not round_is_alive(world):
        return
    if at_the_end(world):
        clinch(world)
        close_the_book(world)
    elif world.terms.weekly and (world.book_changed or world.unsteady or news_for_closers(world)):
        world.book_changed = False
        close_the_book(world)


@lean
def settlement(world: Record) -> None:
    """Call the closers; they pay for shares, or do not."""
    if world.called:
        pay_the_book(world)


@lean
def expiry(world: Record) -> None:
    """At the deadline: extend, or let fallbacks close and the rest lapse."""
    state, terms = world.round_state, world.terms
    if not state.open:
        return
    if not round_is_alive(world):
        end_round(world, failure.CASH)
    elif at_the_end(world) and (state.week == terms.horizon_weeks or not extend(world)):
        look_for_causes(world)
        fall_back(world)
        end_round(world, failure.diagnose(world.links, terms.full_musd, state.paid_musd))


@lean
def liquidity(world: Record) -> None:
    """Bills are paid after all the money of the week is in."""
    company, firm, state = world.company, world.firm, world.round_state
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
        company.default_day = bills.default_day(before, company.cash_musd, state.week_start, state.week_end)
        if state.open:
            end_round(world, failure.CASH)


@lean
def record(world: Record) -> None:
    """Write the week down; stop when nothing can happen any more."""
    state, company, terms = world.round_state, world.company, world.terms
    week, committed = state.week, state.paid_musd
    if state.open:
        write_stages(world)
        committed = add(committed, money(arrays.signed(world), arrays.ticket_musd(world)))
    index = weeks_into(week, terms.horizon_weeks)
    arrays.committed_path(world)[index], arrays.paid_path(world)[index] = committed, state.paid_musd
    arrays.cash_path(world)[index] = company.cash_musd
    state.running = week < terms.horizon_weeks and (state.open or company.alive)


@lean
def week_passes(world: Record) -> None:
    """Every phase of ``schedule.PHASES``, in its order (compiled code can call functions only by their names)."""
    environment(world)
    gatekeepers(world)
    operations(world)
    company_policy(world)
    information(world)
    withdrawals(world)
    decisions(world)
    publish_book(world)
    closing(world)
    settlement(world)
    expiry(world)
    liquidity(world)
    record(world)
