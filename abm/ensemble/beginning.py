"""Beginning: how things stand on as_of in each run of a block, and the luck of the weeks ahead."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws, mixed
from abm.core.jit import lean
from abm.core.records import LOOKING, OPEN, SIGNED
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.borrowing import begin_borrowers
from abm.ensemble.closings import contracts_of, write_book
from abm.ensemble.lanes import AHEAD, WORD
from abm.ensemble.memory import far
from abm.ensemble.parts import next_jump, post_offers, post_price, publish
from abm.ensemble.repacking import whole
from abm.population import sampling
from abm.rules import eventual
from abm.rules.environment import true_value
from abm.rules.news import empty_pools
from abm.rules.sums import add, in_bn


@far
@lean
def begin_runs(block: Any) -> None:
    """Set every run to how things stand on as_of; ``round_state`` says whose luck it has, and what many share in it."""
    block.week, block.week_start, block.week_end = 0, 0.0, 0.0
    block.n_open = block.n_running = block.runs
    block.width = whole(block.runs)
    _begin_rounds(block)
    _begin_markets(block)
    _begin_companies(block)
    _begin_gates(block)
    _draw_investors(block)
    _begin_investors(block)
    begin_borrowers(block)
    for r in range(block.runs):
        run = at(block, r)
        post_price(run)
        write_book(run)
        publish(run)
    post_offers(block)


@lean
def _begin_rounds(block: Any) -> None:
    offer, terms = block.offer, block.terms
    offer.target_bn, offer.volatility, offer.preference = (
        in_bn(terms.target_musd),
        block.market.volatility,
        terms.preference,
    )
    for r in range(block.width):
        run = at(block, r)
        state, there = run.round_state, r < run.runs
        state.rung = state.last_cut_week = state.paid_musd = state.new_shares = state.gap_musd = state.new_musd = 0
        state.booked_musd = state.published_paid_musd = state.cause = state.signed_musd = 0
        state.n_news = state.first_news = state.n_announced = state.weeks = 0
        state.start_day = state.until_day = state.expected_musd = state.opinion = 0.0
        state.deadline_day, state.closed_day = run.terms.deadline_day, math.nan
        state.running = state.open = state.book_changed = state.deliberating = there
        state.extended = state.closed = state.called = state.withdrew = False
        state.last_closing_day, state.last_closing_sentiment = -1.0, 0.0
        if run.terms.summed:
            empty_pools(arrays.announced(run))
        state.minimum_close_musd = sampling.minimum_musd(run.terms, run.seed, state.run)


@lean
def _begin_markets(block: Any) -> None:
    for r in range(block.width):
        run = at(block, r)
        state, market = run.market_state, run.market
        state.sentiment = market.sentiment_start
        state.cold = False
        state.shock = state.news = state.talent_loss = state.lasting = 0.0
        state.burst_weeks_left = state.jumps = 0
        z = draws.normal(run.seed, run.round_state.run, 0, 0, draws.TRUE_VALUE, 0)
        state.log_value = true_value(market.mean_bn, market.sd_log, z)
    for r in range(block.width):
        run = at(block, r)
        run.market_state.next_jump_day = next_jump(run, 0.0)


@lean
def _begin_companies(block: Any) -> None:
    for r in range(block.width):
        run = at(block, r)
        company, firm = run.company, run.firm
        company.cash_musd = company.least_cash_musd = firm.cash_musd
        company.vendor_musd = company.bridge_musd = 0
        company.revenue_gap = company.cut = company.outflow_musd = company.filing_clock = 0.0
        company.firm_carried = company.deferrable_carried = 0.0
        company.firm_due_musd = company.deferrable_due_musd = 0
        company.alive, company.default_day, company.filed_week = firm.exists and r < run.runs, math.nan, -1
        company.listed = company.listing_over = False
        grant_bridge(run)
        root = run.round_state.root
        company.filing_threshold = draws.exponential(run.seed, root, 0, 0, draws.IPO_WINDOW, 0)


@lean
def grant_bridge(run: Any) -> None:
    """Let luck say whether the bridge will be there when it is asked for."""
    firm, u = run.firm, draws.uniform(run.seed, run.round_state.run, 0, 0, draws.BRIDGE, 0)
    run.company.bridge_limit_musd = firm.bridge_limit_musd if u < firm.bridge_probability else 0


@lean
def _begin_gates(block: Any) -> None:
    for g in range(arrays.gates(block).shape[0]):
        for r in range(block.width):
            run = at(block, r)
            gate, number = arrays.gates(run)[g], run.round_state.run
            gate.status = OPEN
            gate.consent_threshold = draws.exponential(run.seed, number, g, 0, draws.CONSENT, 0)
            gate.block_threshold = draws.exponential(run.seed, number, g, 0, draws.BLOCK, 0)
            gate.consent_clock = gate.block_clock = 0.0
            gate.satisfied_day = gate.in_force_day = math.inf


@lean
def _draw_investors(block: Any) -> None:
    """Draw who everybody is: purpose by purpose, all investors in all runs at once."""
    width, count, luck = block.width, arrays.investors(block).shape[0], arrays.luck(block)
    for i in range(count):
        base, pool = arrays.bases(block)[i], arrays.pools(block)[i]
        arrays.agents(block)[i], arrays.steps(block)[i] = base.address, 0
        if pool.pooled:
            for r in range(width):
                run = at(block, r)
                sampling.draw_member(arrays.investors(run)[i], base, pool, run.seed, run.round_state.run)
    _draw(block, count, draws.PRIOR_DEVIATION, True)
    for i in range(count):
        base = arrays.bases(block)[i]
        for r in range(width):
            sampling.believe(arrays.investors(at(block, r))[i], base, luck[i * width + r])
    _draw(block, count, draws.PRIVATE_SIGNAL, True)
    for i in range(count):
        for r in range(width):
            arrays.investors(at(block, r))[i].signal_z = luck[i * width + r]
    _draw(block, count, draws.DILIGENCE, True)
    for i in range(count):
        base = arrays.bases(block)[i]
        for r in range(width):
            sampling.plan_diligence(arrays.investors(at(block, r))[i], base, luck[i * width + r])
    _draw_reliability(block, count)
    _draw(block, count, draws.WITHDRAWAL, False)
    for i in range(count):
        base = arrays.bases(block)[i]
        for r in range(width):
            sampling.doubt(arrays.investors(at(block, r))[i], base, luck[i * width + r])
    for i in range(count):
        arrays.agents(block)[i] = arrays.bases(block)[i].luck
    _draw(block, count, draws.SIGNING, False)
    for i in range(count):
        for r in range(width):
            arrays.investors(at(block, r))[i].sign_threshold = draws.waited(luck[i * width + r])
    _take_coordinates(block)
    for i in range(count):
        _draw_the_rest(block, i)


@lean
def _take_coordinates(block: Any) -> None:
    """Let coordinates of points stand in for the draws that decide most, where points are asked for."""
    decisive, points = arrays.decisive(block), arrays.points(block)
    for d in range(decisive.shape[0]):
        purpose, place = decisive[d].purpose, decisive[d].place
        for r in range(block.runs):
            run = at(block, r)
            u = points[add(run.round_state.index * block.coordinates, decisive[d].coordinate)]
            if purpose == draws.CONSENT:
                arrays.gates(run)[place].consent_threshold = draws.waited(u)
            elif purpose == draws.BLOCK:
                arrays.gates(run)[place].block_threshold = draws.waited(u)
            elif purpose == draws.TRUE_VALUE:
                market = run.market
                run.market_state.log_value = true_value(market.mean_bn, market.sd_log, draws.normal_quantile(u))
            elif purpose != draws.FRAILTY:
                sampling.take_coordinate(arrays.investors(run)[place], arrays.bases(block)[place], purpose, u)


@lean
def _draw(block: Any, count: int, purpose: int, normal: bool) -> None:
    block.addresses, block.purpose, block.normal = count, purpose, normal
    draw_for_all(block)


@far
@lean
def draw_for_all(block: Any) -> None:
    """Draw for the agents and weeks that are written down, in every run."""
    luck, runs, count = arrays.luck(block), arrays.numbers(block)[: block.width], block.addresses
    agents, steps = arrays.agents(block), arrays.steps(block)
    draws.uniforms_of_runs(luck, block.seed, runs, agents, steps, block.purpose, count)
    if block.normal:
        draws.to_normals_into(luck, count * block.width, arrays.tails(block), arrays.places(block))


@lean
def _draw_reliability(block: Any, count: int) -> None:
    """Draw whether papers hold, and whether who is called pays."""
    width, luck, variance = block.width, arrays.luck(block), block.market.frailty_variance
    _draw(block, count, draws.SETTLEMENT, False)
    for i in range(count):
        base = arrays.bases(block)[i]
        if base.paper_risk > 0.0 or base.settlement_failure_probability > 0.0:
            for r in range(width):
                run = at(block, r)
                state, u = run.round_state, luck[i * width + r]
                sampling.rely(arrays.investors(run)[i], base, u, run.seed, state.run, state.frailty, variance)


@lean
def _draw_the_rest(block: Any, i: int) -> None:
    """Write down what stays of redeemable money, and when somebody signs who does so with a chance in the end."""
    base, variance = arrays.bases(block)[i], block.market.frailty_variance
    if base.redeemable or base.in_the_end:
        for r in range(block.runs):
            run = at(block, r)
            who, state = arrays.investors(run)[i], run.round_state
            sampling.keep_share(who, base, state.kept)
            if base.in_the_end:
                place = eventual.place_of(who.sign_threshold, state.frailty, variance)
                who.due_day = eventual.signing_day(who, place)


@lean
def _begin_investors(block: Any) -> None:
    for i in range(arrays.investors(block).shape[0]):
        for r in range(block.width):
            run = at(block, r)
            who = arrays.investors(run)[i]
            signed = who.signed_at_start
            who.mean, who.variance = who.prior_mean, who.prior_variance
            who.sign_clock = who.withdrawal_clock = 0.0
            who.sign_day = 0.0 if signed else math.nan
            who.diligence_done = who.tested = False
            who.stage = SIGNED if signed else LOOKING
            who.ticket_musd = who.stated_musd if signed else 0
            who.paid_musd = who.shares = 0
    for r in range(block.runs):
        _begin_conditions(at(block, r))


@lean
def _begin_conditions(run: Any) -> None:
    """Write down everybody's conditions: those of the file, and those that members of pools draw."""
    atoms, given, contracts, pools = arrays.atoms(run), arrays.base_atoms(run), contracts_of(run), arrays.pools(run)
    for a in range(atoms.shape[0]):
        atoms[a] = given[a]
    for i in range(pools.shape[0]):
        if pools[i].pooled and contracts.investors[i + 1] > contracts.investors[i]:
            atom, address = atoms[contracts.clauses[contracts.investors[i]]], arrays.bases(run)[i].address
            sampling.draw_condition(atom, pools[i], address, run.terms, run.seed, run.round_state.run)


@far
@lean
def draw_ahead(block: Any) -> None:
    """Draw the public luck of the weeks ahead, as far as anybody will look at it."""
    market, firm = block.market, block.firm
    block.width = whole(block.n_open)
    if block.n_open > 0:
        _draw_mood(block, draws.VALUE, block.value_z_at)
    if block.n_open > 0 and market.news_precision > 0.0:
        _draw_weeks(block, draws.NEWS, True, block.news_z_at)
    block.width = whole(block.n_running)
    if market.sentiment_spread > 0.0:
        _draw_mood(block, draws.SENTIMENT, block.sentiment_z_at)
    if firm.exists and firm.revenue_volatility > 0.0:
        _draw_weeks(block, draws.REVENUE, True, block.revenue_z_at)
    if firm.exists and firm.burn_volatility_bn > 0.0:
        _draw_weeks(block, draws.BURN, True, block.burn_z_at)
    if market.burst_chance > 0.0:
        _draw_weeks(block, draws.TALENT, False, block.talent_u_at)


@lean
def _note_weeks(block: Any) -> int:
    """Write down the weeks ahead as what is drawn for; how many there are."""
    weeks = min(AHEAD, block.terms.horizon_weeks - block.week + 1)
    for k in range(weeks):
        arrays.agents(block)[k], arrays.steps(block)[k] = 0, add(block.week, k)
    return weeks


@lean
def _draw_weeks(block: Any, purpose: int, normal: bool, address: int) -> None:
    """Draw for the weeks ahead, into the table at an address."""
    numbers, luck, first = arrays.words_as_numbers(block), arrays.luck(block), (address - block.words_at) // WORD
    weeks, width, lanes = _note_weeks(block), block.width, block.lanes
    _draw(block, weeks, purpose, normal)
    for k in range(weeks):
        for r in range(width):
            numbers[first + k * lanes + r] = luck[k * width + r]


@lean
def _draw_mood(block: Any, purpose: int, address: int) -> None:
    """Draw normals of the weeks ahead that move all companies of a market, mixed over the keys of several."""
    seeds, weights = arrays.mood_seeds(block), arrays.mood_weights(block)
    if seeds.shape[0] == 0:
        _draw_weeks(block, purpose, True, address)
        return
    numbers, luck, first = arrays.words_as_numbers(block), arrays.luck(block), (address - block.words_at) // WORD
    own, weeks, width, lanes = block.seed, _note_weeks(block), block.width, block.lanes
    for k in range(weeks * lanes):
        numbers[first + k] = 0.0
    for j in range(seeds.shape[0]):
        block.seed = seeds[j]
        _draw(block, weeks, purpose, True)
        for k in range(weeks):
            for r in range(width):
                place = first + k * lanes + r
                numbers[place] = mixed.blended(numbers[place], weights[j], luck[k * width + r])
    block.seed = own


@lean
def draw_ahead_of(run: Any, k: int) -> None:
    """Draw the public luck of a week ahead anew, in one run whose luck is now another's."""
    seed, number, week = run.seed, run.round_state.run, run.week + k - run.week_ahead
    arrays.sentiment_z(run)[k].weekly = draws.normal(seed, number, 0, week, draws.SENTIMENT, 0)
    arrays.value_z(run)[k].weekly = draws.normal(seed, number, 0, week, draws.VALUE, 0)
    arrays.news_z(run)[k].weekly = draws.normal(seed, number, 0, week, draws.NEWS, 0)
    arrays.revenue_z(run)[k].weekly = draws.normal(seed, number, 0, week, draws.REVENUE, 0)
    arrays.burn_z(run)[k].weekly = draws.normal(seed, number, 0, week, draws.BURN, 0)
    arrays.talent_u(run)[k].weekly = draws.uniform(seed, number, 0, week, draws.TALENT, 0)
