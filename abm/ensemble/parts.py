"""Parts: prices, later money, news, consents, extensions and endings, the pieces of phases that have a name."""

from __future__ import annotations

import math
from typing import Any

from abm.core import draws, mixed
from abm.core.jit import lean
from abm.core.records import LAPSED, LOOKING, OPEN
from abm.core.schedule import place_of_week
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.closings import contracts_of, join_the_book, sort_the_book
from abm.ensemble.memory import far
from abm.ensemble.repacking import whole
from abm.rules import belief, decision, failure, outlook
from abm.rules import book as books
from abm.rules import environment as nature
from abm.rules import news as news_rules
from abm.rules import settlement as settlements
from abm.rules.network import old_news
from abm.rules.sums import add


@lean
def in_force(run: Any, gate: int) -> bool:
    """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""
    return gate >= 0 and arrays.gates(run)[gate].in_force_day <= run.week_end


@lean
def next_jump(run: Any, day: float) -> float:
    """Day of the next competitor shock."""
    rate = run.market.competitor_jumps_per_year
    if rate <= 0.0:
        return math.inf
    u = mixed.uniform(
        arrays.mood_seeds(run), arrays.mood_weights(run), run.seed, run.round_state.run, 0, draws.JUMP_WAIT,
        run.market_state.jumps,
    )  # fmt: skip
    return add(day, nature.arrival_days(draws.waited(u), rate))


@lean
def strike(run: Any) -> None:
    """Let the competitor shocks of this week strike."""
    state, market, number = run.market_state, run.market, run.round_state.run
    seeds, weights = arrays.mood_seeds(run), arrays.mood_weights(run)
    while state.next_jump_day <= run.week_end:
        z = mixed.normal(seeds, weights, run.seed, number, 0, draws.JUMP_SIZE, state.jumps)
        jump = nature.jump_size(market.jump_mean_log, market.jump_sd_log, z)
        state.log_value = nature.value_after_jump(state.log_value, jump, market.jump_permanent_share)
        state.sentiment = nature.sentiment_after_jump(state.sentiment, jump, market.jump_permanent_share)
        state.shock = add(state.shock, jump)
        state.lasting = nature.lasting_after(state.lasting, jump, market.jump_permanent_share)
        state.jumps = add(state.jumps, 1)
        state.next_jump_day = next_jump(run, state.next_jump_day)


@lean
def raise_later(run: Any, index: int) -> None:
    """Raise a later financing, with luck."""
    state, company, later = run.round_state, run.company, arrays.later_rounds(run)[index]
    chance = later.if_closed if state.closed else later.if_not
    if company.alive and draws.uniform(run.seed, state.run, index, 0, draws.LATER_ROUND, 0) < chance:
        company.cash_musd = add(company.cash_musd, later.musd)


@lean
def go_public(run: Any) -> None:
    """File for a listing, or list, as its time has come."""
    company, listing, seed, number = run.company, run.listing, run.seed, run.round_state.run
    if company.filed_week < 0:
        vetoed = draws.uniform(seed, number, 0, 0, draws.IPO_VETO, 0) < listing.veto_probability
        if vetoed and not in_force(run, listing.veto_gate):
            company.listing_over = True
        else:
            company.filed_week = run.week
    else:
        company.listing_over = True
        if draws.uniform(seed, number, 0, 0, draws.IPO_WITHDRAWAL, 0) >= listing.withdrawal_probability:
            company.listed = True
            company.cash_musd = add(company.cash_musd, listing.raise_musd)


@lean
def opinion_of_the_market(run: Any) -> float:
    """Mean belief of those who are still looking, weighted by reputation, in order of address."""
    investors, mean, weight = arrays.investors(run), 0.0, 0.0
    for i in range(investors.shape[0]):
        who = investors[i]
        if who.behavioural and who.stage == LOOKING and who.reputation > 0.0:
            weight = add(weight, who.reputation)
            mean = belief.mean_opinion(mean, who.mean, who.reputation, weight)
    return mean


@lean
def post_price(run: Any) -> None:
    """Post the price of the rung that is offered, and work out what the rights of the shares are worth at it."""
    terms, offer, state = run.terms, run.offer, run.round_state
    state.posted_rung = state.rung
    price = arrays.ladder_musd(run)[state.rung]
    offer.post_bn = books.post_money_bn(price, terms.already_closed_musd, terms.target_musd)
    offer.log_post = books.log_post_money(offer.post_bn)
    investors = arrays.investors(run)
    for i in range(investors.shape[0]):
        if investors[i].behavioural:
            investors[i].premium = decision.premium_of(investors[i], offer)


@lean
def post_offers(block: Any) -> None:
    """Set what every investor is offered this week, beside the price."""
    for r in range(whole(block.n_open)):
        run = at(block, r)
        state, terms, offer = run.round_state, run.terms, run.offer
        offer.forecast_bn = books.forecast_bn(
            state.published_paid_musd, state.expected_musd, terms.expected_new_musd, state.new_musd
        )
        offer.momentum = books.momentum(state.booked_musd, terms.target_musd, state.start_day, state.deadline_day)
        offer.missing_musd = books.missing_musd(state.booked_musd, terms.target_musd)
        offer.weeks_left = books.weeks_until(state.start_day, state.deadline_day)
        offer.sentiment = run.market_state.sentiment


@lean
def announce(run: Any, i: int) -> None:
    """Let the public know of a signature next week; stated decisions reveal no belief."""
    state, who = run.round_state, arrays.investors(run)[i]
    state.book_changed = True
    state.new_musd = add(state.new_musd, who.ticket_musd)
    join_the_book(run, i)
    if who.behavioural:
        announced = arrays.announced(run)
        if run.terms.summed:
            last = news_rules.after_pools(announced)
            tell(who, i, run.offer.log_post, announced[last])
            pool = news_rules.pool_of(announced[last].capped, arrays.bases(run)[i].kind)
            news_rules.join_pool(announced[pool], announced[last])
            state.n_announced = last
        else:
            tell(who, i, run.offer.log_post, announced[state.n_announced])
            state.n_announced = add(state.n_announced, 1)


@lean
def tell(who: Any, i: int, log_price: float, news: Any) -> None:
    """Write down what a signature tells, at the price of its week."""
    news.author = i
    news.share = books.share_of_wealth(who.ticket_musd, who.wealth_bn)
    news.risk_aversion, news.reputation, news.log_price = who.risk_aversion, who.reputation, log_price
    news.capped = decision.at_his_limit(who, who.ticket_musd)


@lean
def publish(run: Any) -> None:
    """Write the public book that everybody reads next week, and pass on what was signed this week."""
    state = run.round_state
    sort_the_book(run)
    look_at_the_gates(run)
    state.published_paid_musd = state.paid_musd
    state.booked_musd = add(state.paid_musd, state.signed_musd)
    state.expected_musd = _expected_musd(run)
    _let_public_know(run)
    if run.terms.summed and state.n_news > 0:
        news_rules.empty_pools(arrays.announced(run))


@lean
def _let_public_know(run: Any) -> None:
    """Add what was announced this week to the news, and pass over what has reached everybody."""
    state, news, announced = run.round_state, arrays.news(run), arrays.announced(run)
    if run.terms.public_after_weeks == 1:
        state.n_news = 0
    first = state.n_news
    for k in range(state.n_announced):
        news[add(first, k)] = announced[k]
        news[add(first, k)].week = run.week
    state.n_news, state.n_announced = add(first, state.n_announced), 0
    if first == 0:
        state.first_news = 0
    while state.first_news < state.n_news and old_news(news[state.first_news].week, run.week, run.terms):
        state.first_news = add(state.first_news, 1)


@lean
def _expected_musd(run: Any) -> float:
    """Expected money of the signed and unpaid commitments, in order of address."""
    candidates, contracts, outlooks, total = arrays.who(run), contracts_of(run), arrays.outlooks(run), 0.0
    for k in range(run.round_state.candidates):
        i = candidates[k]
        chance, fallback = books.chance_to_pay(i, contracts, outlooks), arrays.bases(run)[i].fallback_musd
        total = add(total, books.expected_of(arrays.tickets(run)[i], fallback, chance))
    return total


@lean
def look_at_the_gates(run: Any) -> None:
    """Set what the market gives to each consent, from the table where there is one; whoever looks first fills it in."""
    state, gates, standings = run.round_state, arrays.gates(run), arrays.standings(run)
    table, outlooks = arrays.outlook_table(run), arrays.outlooks(run)
    index = outlook.index_of(outlook.standing(gates.status), standings)
    first = outlook.cell(state.extended, run.week, run.terms.horizon_weeks, index, standings.shape[0], gates.shape[0])
    unseen = index < 0
    for g in range(gates.shape[0]):
        if gates[g].status == OPEN and not unseen:
            unseen = math.isnan(table[add(first, g)])
    if unseen:
        look_ahead(run)
    for g in range(gates.shape[0]):
        gate = gates[g]
        if gate.status != OPEN:
            outlooks[g] = outlook.known_outlook(gate.status, gate.in_force_day, state.deadline_day)
        elif unseen and index >= 0:
            table[add(first, g)] = outlooks[g]
        elif not unseen:
            outlooks[g] = table[add(first, g)]
        gate.outlook = outlooks[g]


@far
@lean
def look_ahead(run: Any) -> None:
    """Work out what the market gives to each consent."""
    state, gates = run.round_state, arrays.gates(run)
    outlook.look_ahead_into(
        arrays.outlooks(run),
        gates,
        arrays.gate_order(run),
        arrays.required(run),
        gates.status,
        gates.in_force_day,
        state.deadline_day,
        state.until_day,
    )


@lean
def write_week(run: Any) -> None:
    """Write down what has been committed and paid by this week, and the cash."""
    state, weeks = run.round_state, run.terms.horizon_weeks
    path = arrays.paths(run)[place_of_week(state.index, run.week, weeks)]
    path.committed, path.paid = add(state.paid_musd, state.signed_musd), state.paid_musd
    path.cash = run.company.cash_musd


@lean
def extend(run: Any) -> bool:
    """Grant the extension, once, if luck has it and the round needs it."""
    state, terms = run.round_state, run.terms
    if state.closed or state.extended:
        return False
    if draws.uniform(run.seed, state.run, 0, 0, draws.EXTENSION, 0) >= terms.extension_probability:
        return False
    old = state.deadline_day
    state.extended, state.deadline_day = True, add(old, terms.extension_days)
    settlements.extend_dates(contracts_of(run), old, state.deadline_day)
    state.book_changed = True
    return True


@lean
def end_round(run: Any, cause: int) -> None:
    """End the round for everybody."""
    state, investors = run.round_state, arrays.investors(run)
    state.open, state.cause = False, failure.NO_CAUSE if state.closed else cause
    for k in range(state.candidates):
        investors[arrays.who(run)[k]].stage = LAPSED
    state.candidates = state.signed_musd = 0
