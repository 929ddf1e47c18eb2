"""Surroundings: nature, gatekeepers and the company, a week of every run of a block at a time."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws, mixed
from abm.core.jit import lean
from abm.core.records import BLOCKED, OPEN, SATISFIED
from abm.core.schedule import YEARS
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.closings import move_price
from abm.ensemble.memory import far
from abm.ensemble.parts import end_round, go_public, in_force, post_offers, post_price, raise_later, strike
from abm.ensemble.repacking import whole
from abm.rules import belief, clocks, eventual, failure
from abm.rules import book as books
from abm.rules import company as firms
from abm.rules import environment as nature
from abm.rules import gatekeepers as consents
from abm.rules import liquidity as bills
from abm.rules.sums import add


@far
@lean
def environment(block: Any) -> None:
    """Nature moves first."""
    market, ahead, end = block.market, block.week_ahead, block.week_end
    if market.cold_per_week > 0.0:
        for r in range(block.n_running):
            run = at(block, r)
            state = run.market_state
            seeds, weights, number = arrays.mood_seeds(run), arrays.mood_weights(run), run.round_state.run
            u = mixed.uniform(seeds, weights, run.seed, number, run.week, draws.REGIME, 0)
            state.cold = nature.cold_after(state.cold, market.cold_per_week, market.thaw_per_week, u)
    shocks = 0
    for r in range(whole(block.n_running)):
        run = at(block, r)
        state, z = run.market_state, arrays.sentiment_z(run)[ahead].weekly
        mean = nature.regime_mean(market.sentiment_mean, market.cold_sentiment, state.cold)
        state.sentiment = nature.sentiment_after(
            state.sentiment, mean, market.sentiment_kept, market.sentiment_spread, z
        )
        value_z = arrays.value_z(run)[ahead].weekly
        value = nature.log_value_after(state.log_value, market.growth_per_year, market.volatility, YEARS, value_z)
        state.log_value = value if run.round_state.open else state.log_value
        state.shock = 0.0
        strikes = state.next_jump_day <= end
        shocks += strikes
    if shocks > 0:
        for r in range(block.n_running):
            strike(at(block, r))
    if market.burst_chance > 0.0:
        for r in range(whole(block.n_running)):
            run = at(block, r)
            state, strikes = run.market_state, arrays.talent_u(run)[ahead].weekly < market.burst_chance
            weeks = int(market.burst_weeks)
            state.burst_weeks_left = nature.burst_weeks_after(strikes, weeks, state.burst_weeks_left)
    for r in range(whole(block.n_running)):
        run = at(block, r)
        state = run.market_state
        excess = nature.excess_attrition(
            market.excess_attrition_per_year,
            market.burst_attrition_per_year,
            state.burst_weeks_left,
            run.company.cut,
            run.firm.cut_attrition_per_year,
        )
        state.talent_loss = nature.talent_loss(excess, market.talent_effect, YEARS)
        state.log_value = nature.value_after_loss(state.log_value, state.talent_loss)
    if market.news_precision > 0.0:
        for r in range(whole(block.n_open)):
            run = at(block, r)
            state, z = run.market_state, arrays.news_z(run)[ahead].weekly
            news = belief.signal(state.log_value, market.news_precision, z)
            state.news = news if run.round_state.open else state.news


@far
@lean
def gatekeepers(block: Any) -> None:
    """Gatekeepers deliberate, each after those it waits for."""
    for r in range(block.n_running):
        run = at(block, r)
        if run.round_state.running and run.round_state.deliberating:
            _deliberate(run)


@lean
def _deliberate(run: Any) -> None:
    state, gates, required, order = run.round_state, arrays.gates(run), arrays.required(run), arrays.gate_order(run)
    variance, waiting = run.market.frailty_variance, False
    for k in range(order.shape[0]):
        gate = gates[order[k]]
        if gate.status != OPEN:
            continue
        waiting = True
        asked = 0.0
        for j in range(gate.first, gate.last):
            asked = max(asked, gates[required[j]].satisfied_day)
        start = max(state.start_day, asked)
        if start >= state.until_day:
            continue
        if gate.in_the_end:
            place = eventual.place_of(gate.consent_threshold, state.frailty, variance)
            gate.status, day = eventual.decision(gate, place, asked, state.until_day)
            if gate.status == SATISFIED:
                gate.satisfied_day = day
                gate.in_force_day = consents.in_force_day(day, gate.lag_days)
            continue
        deadline, until = state.deadline_day, state.until_day
        rate = consents.moved_hazard(gate.h0_per_year, state.frailty, gate.loading, run.market_state.sentiment)
        left = consents.hazard_left(gate.consent_threshold, gate.consent_clock)
        yes = consents.crossing_day(left, rate, gate.effect, gate.scale_days, deadline, start, until)
        left = consents.hazard_left(gate.block_threshold, gate.block_clock)
        no = consents.crossing_day(left, gate.block_per_year, 0.0, gate.scale_days, deadline, start, until)
        hazard = consents.hazard_between(rate, gate.effect, gate.scale_days, deadline, start, until)
        gate.consent_clock = add(gate.consent_clock, hazard)
        hazard = consents.hazard_between(gate.block_per_year, 0.0, gate.scale_days, deadline, start, until)
        gate.block_clock = add(gate.block_clock, hazard)
        if no < yes:
            gate.status = BLOCKED
        elif yes < math.inf:
            gate.status = SATISFIED
            gate.satisfied_day = yes
            gate.in_force_day = consents.in_force_day(yes, gate.lag_days)
    state.deliberating = waiting


@far
@lean
def operations(block: Any) -> None:
    """The company works out what the week costs; what a dead one would owe nobody reads."""
    if not block.firm.exists:
        return
    firm, plan, ahead = block.firm, arrays.plan(block)[block.week], block.week_ahead
    noise = firms.weekly_noise(firm.burn_volatility_bn)
    for r in range(whole(block.n_running)):
        run = at(block, r)
        company, talent, z = run.company, run.market_state.talent_loss, arrays.revenue_z(run)[ahead].weekly
        gap = firms.revenue_gap_after(
            company.revenue_gap, company.cut, firm.cut_growth_loss, talent, firm.revenue_volatility, z
        )
        burn = firms.burn_musd(
            plan.burn_musd, company.cut, plan.revenue_musd, gap, noise, arrays.burn_z(run)[ahead].weekly
        )
        interest = firms.interest_musd(
            company.bridge_musd, firm.bridge_rate_per_year, company.vendor_musd, firm.vendor_rate_per_year
        )
        company.revenue_gap, company.exact_musd = gap, firms.bill_musd(burn, interest, plan.firm_musd)
    claims = arrays.claims(block)
    for k in range(claims.shape[0]):
        claim = claims[k]
        if block.week_start < claim.day <= block.week_end:
            for r in range(block.n_running):
                run = at(block, r)
                if not in_force(run, claim.gate):
                    run.company.exact_musd = add(run.company.exact_musd, float(claim.musd))
    for r in range(whole(block.n_running)):
        company = at(block, r).company
        exact, deferrable = company.exact_musd, plan.deferrable_musd
        due, later = firms.whole(exact, company.firm_carried), firms.whole(deferrable, company.deferrable_carried)
        company.outflow_musd = add(exact, deferrable)
        company.firm_carried = firms.carried_over(exact, company.firm_carried, due)
        company.deferrable_carried = firms.carried_over(deferrable, company.deferrable_carried, later)
        company.firm_due_musd, company.deferrable_due_musd = due, later


@far
@lean
def company_policy(block: Any) -> None:
    """The company steers, and posts its offer."""
    if block.firm.exists:
        _cut_costs(block)
        later_rounds = arrays.later_rounds(block)
        for index in range(later_rounds.shape[0]):
            if block.week_start < later_rounds[index].day <= block.week_end:
                for r in range(block.n_running):
                    raise_later(at(block, r), index)
        if block.listing.exists:
            _approach_the_market(block)
    if arrays.ladder_musd(block).shape[0] > 1:
        for r in range(block.n_open):
            _look_at_the_price(at(block, r))
    post_offers(block)


@lean
def _cut_costs(block: Any) -> None:
    firm = block.firm
    if firm.cut:
        for r in range(whole(block.n_running)):
            company = at(block, r).company
            runway = firms.runway_years(company.cash_musd, company.outflow_musd)
            cut = firms.cut_after(company.cut, runway, firm.runway_trigger_years, firm.cut_per_week, firm.cut_max)
            company.cut = cut if company.alive else company.cut


@lean
def _approach_the_market(block: Any) -> None:
    """Wait for the window, and for the filing to be ripe; whoever is there files, or lists."""
    listing, end, week, needed, due = block.listing, block.week_end, block.week, arrays.listing_gates(block), 0
    rate, start = clocks.per_day_of_year(listing.filing_per_year), max(block.week_start, listing.earliest_day)
    if end <= listing.earliest_day:
        return
    for r in range(whole(block.n_running)):
        run = at(block, r)
        company = run.company
        waits = company.alive & (not company.listing_over)  # both are looked at: "and" would be a branch
        company.files = waits & (company.filed_week < 0) & (run.market_state.sentiment >= listing.minimum_sentiment)
    for k in range(needed.shape[0]):
        gate = needed[k]
        for r in range(whole(block.n_running)):
            run = at(block, r)
            run.company.files = run.company.files & (arrays.gates(run)[gate].in_force_day <= end)
    for r in range(whole(block.n_running)):
        company = at(block, r).company
        looks, clock, threshold = company.files, company.filing_clock, company.filing_threshold
        files = looks & clocks.crosses(clock, threshold, rate, start, end)
        company.filing_clock = clocks.clock_after(clock, rate, start, end) if looks else clock
        waits = company.alive & (not company.listing_over) & (company.filed_week >= 0)
        company.files = files | (waits & firms.ripe(week, company.filed_week, listing.lead_weeks))
        due += company.files
    if due > 0:
        for r in range(block.n_running):
            if at(block, r).company.files:
                go_public(at(block, r))


@lean
def _look_at_the_price(run: Any) -> None:
    """Cut the price where the book lags behind, and post what has changed."""
    state, terms, rungs = run.round_state, run.terms, arrays.ladder_musd(run).shape[0]
    if not state.open:
        return
    pace = books.momentum(state.booked_musd, terms.target_musd, state.start_day, state.deadline_day)
    waited = books.weeks_since(run.week, state.last_cut_week)
    move_price(run, books.rung_after(state.rung, rungs, pace, terms.price_cut_lag, waited, terms.price_cut_wait_weeks))
    if state.rung != state.posted_rung:
        post_price(run)


@far
@lean
def liquidity(block: Any) -> None:
    """Bills are paid after all the money of the week is in."""
    firm, defaults = block.firm, 0
    if not firm.exists:
        return
    for r in range(whole(block.n_running)):
        company = at(block, r).company
        cash, vendor, bridge = bills.waterfall(
            company.cash_musd,
            company.firm_due_musd,
            company.deferrable_due_musd,
            firm.minimum_cash_musd,
            company.vendor_musd,
            firm.vendor_limit_musd,
            company.bridge_musd,
            company.bridge_limit_musd,
        )
        alive = company.alive
        company.before_musd = company.cash_musd
        company.cash_musd = cash if alive else company.cash_musd
        company.vendor_musd = vendor if alive else company.vendor_musd
        company.bridge_musd = bridge if alive else company.bridge_musd
        company.least_cash_musd = min(company.least_cash_musd, company.cash_musd)
        company.files = alive and bills.defaulted(company.cash_musd)
        defaults += company.files
    if defaults > 0:
        for r in range(block.n_running):
            if at(block, r).company.files:
                _default(at(block, r))


@lean
def _default(run: Any) -> None:
    """End a company that cannot pay its bills, and its round."""
    company = run.company
    company.alive = False
    company.default_day = bills.default_day(company.before_musd, company.cash_musd, run.week_start, run.week_end)
    if run.round_state.open:
        end_round(run, failure.CASH)
