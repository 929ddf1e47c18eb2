"""Minds: what investors learn, whether they think again, and whether they sign, a week of every run at a time."""

from __future__ import annotations

import math
from typing import Any

from abm.core.jit import folded, lean
from abm.core.records import LOOKING, SIGNED, WITHDRAWN
from abm.core.schedule import YEARS
from abm.ensemble import arrays
from abm.ensemble.arrays import at
from abm.ensemble.borrowing import count_funds, pledge
from abm.ensemble.closings import write_book
from abm.ensemble.memory import far
from abm.ensemble.parts import announce, opinion_of_the_market, tell
from abm.ensemble.repacking import whole
from abm.rules import belief, clocks, decision, network
from abm.rules import news as news_rules
from abm.rules.appetite import openness
from abm.rules.book import weeks_since
from abm.rules.sums import add

#: Investors who learn before they hear of others: few enough to stay near the core meanwhile.
_TOGETHER = 64


@far
@lean
def information(block: Any) -> None:
    """Everybody who still thinks about the round learns."""
    investors = arrays.investors(block)
    if block.opinions_pull:  # everybody is pulled towards the opinions of before this week's news
        for r in range(block.n_open):
            run = at(block, r)
            if run.round_state.open:
                run.round_state.opinion = opinion_of_the_market(run)
    places, talking = arrays.places(block), 0  # of the runs in which somebody may hear of others
    for r in range(block.n_open):
        state = at(block, r).round_state
        if state.open and (state.n_news > 0 or block.opinions_pull):
            places[talking] = r
            talking += 1
    count = investors.shape[0]
    for first in range(0, count, _TOGETHER):
        end = min(count, add(first, _TOGETHER))
        for i in range(first, end):
            if investors[i].behavioural:
                _learn(block, i)
        for k in range(talking):
            _hear(at(block, places[k]), first, end)


@lean
def _learn(block: Any, i: int) -> None:
    """Let an investor read the news of every run, and see what his diligence shows where it ends."""
    market, n_open, last = block.market, block.n_open, _last_stage(arrays.investors(block)[i])
    growth, volatility, precision = market.growth_per_year, market.volatility, market.news_precision
    if _at_most(block, i, last) == 0:
        return
    ends = 0
    for r in range(whole(n_open)):
        run = at(block, r)
        who, state = arrays.investors(run)[i], run.round_state
        thinks = state.open and who.stage <= last
        mean = belief.drifted_mean(who.mean, growth, volatility, YEARS)
        variance = belief.widened_variance(who.variance, volatility, YEARS)
        left = belief.doubt_left(variance, precision)
        mean = belief.updated_mean(mean, run.market_state.news, left)
        variance = belief.updated_variance(variance, left)
        who.mean, who.variance = mean if thinks else who.mean, variance if thinks else who.variance
        shown = _is_shown(who, state, last)
        ends += shown
    if ends == 0:
        return
    for r in range(whole(n_open)):
        run = at(block, r)
        who, state = arrays.investors(run)[i], run.round_state
        shown, own = _is_shown(who, state, last), who.signal_precision
        left = belief.doubt_left(who.variance, own)
        mean = belief.updated_mean(who.mean, belief.signal(run.market_state.log_value, own, who.signal_z), left)
        variance = belief.updated_variance(who.variance, left)
        who.mean, who.variance = mean if shown else who.mean, variance if shown else who.variance
        who.diligence_done = who.diligence_done | shown


@folded
def _last_stage(who: Any) -> int:
    """Last stage at which an investor still thinks about the round."""
    return SIGNED if who.withdrawal_per_year > 0.0 else LOOKING


@lean
def _at_most(block: Any, i: int, stage: int) -> int:
    """In how many runs an investor has not gone beyond a stage: where he has in all, there is nothing to work out."""
    found = 0
    for r in range(whole(block.n_open)):
        still = arrays.investors(at(block, r))[i].stage <= stage
        found += still
    return found


@folded
def _is_shown(who: Any, state: Any, last: int) -> bool:
    """Whether the diligence of somebody who still thinks ends this week."""
    return state.open and who.stage <= last and not who.diligence_done and who.diligence_day <= state.until_day


@lean
def _hear(run: Any, first: int, end: int) -> None:
    """Let some investors hear of last week's commitments, and be pulled by the opinions of others."""
    state, investors, news = run.round_state, arrays.investors(run), arrays.news(run)
    for i in range(first, end):
        who = investors[i]
        if not who.behavioural or who.stage > _last_stage(who):
            continue
        left = _his_pool(run, i) if run.terms.summed else -1
        mean, variance = who.mean, who.variance
        for k in range(state.first_news, state.n_news):
            if news[k].author != i and _reaches(run, i, news[k]):
                peer = news[news_rules.after_pools(news) if k == left else k]
                mean, variance = decision.hear(who, mean, variance, peer, run.offer)
        who.mean, who.variance = mean, variance
        if who.opinion_pull > 0.0:
            who.mean = belief.pulled_opinion(who.mean, state.opinion, who.opinion_pull)


@lean
def _reaches(run: Any, i: int, told: Any) -> bool:
    """Whether an investor hears of a signature this week."""
    terms, bases, state = run.terms, arrays.bases(run), run.round_state
    if terms.public_after_weeks == 1:
        return True
    has_tie = network.tied(run.seed, state.root, terms, bases[i], bases[told.author])
    return network.reaches(weeks_since(run.week, told.week), terms.public_after_weeks, has_tie)


@lean
def _his_pool(run: Any, i: int) -> int:
    """Pool of the news that holds his own signature, written down without it behind all pools; -1: none does."""
    who, news, announced = arrays.investors(run)[i], arrays.news(run), arrays.announced(run)
    if who.stage != SIGNED or not news_rules.is_news(who.sign_day, run.week):
        return -1
    last = news_rules.after_pools(news)
    tell(who, i, 0.0, announced[last])
    pool = news_rules.pool_of(announced[last].capped, arrays.bases(run)[i].kind)
    announced[last].log_price = news[pool].log_price  # that of all signatures of a week
    news_rules.leave_pool(news[last], news[pool], announced[last])
    return pool


@far
@lean
def withdrawals(block: Any) -> None:
    """Second thoughts come before new signatures."""
    investors = arrays.investors(block)
    count_funds(block)
    for i in range(investors.shape[0]):
        if investors[i].withdrawal_per_year > 0.0:
            for r in range(block.n_open):
                run = at(block, r)
                if run.round_state.open and arrays.investors(run)[i].stage == SIGNED:
                    _think_again(run, i)
    for r in range(block.n_open):
        run = at(block, r)
        if run.round_state.withdrew:
            run.round_state.withdrew = False
            write_book(run)


@lean
def _think_again(run: Any, i: int) -> None:
    state, who = run.round_state, arrays.investors(run)[i]
    expected, shock = 0.0, 0.0
    if who.behavioural:
        expected, shock = decision.expected_return(who, who.mean, run.offer, who.premium), run.market_state.shock
    rate = decision.withdrawal_rate(
        who.withdrawal_per_year, who.binding, who.mood_withdrawal, expected, shock, who.jump_withdrawal
    )
    rate = clocks.per_day_of_year(rate)
    start, clock = max(state.start_day, who.sign_day), who.withdrawal_clock
    day = clocks.event_day(clock, who.withdrawal_threshold, rate, start, state.until_day)
    who.withdrawal_clock = clocks.clock_after(clock, rate, start, state.until_day)
    if day < math.inf:
        who.stage = WITHDRAWN
        state.book_changed = state.withdrew = True


@far
@lean
def decisions(block: Any) -> None:
    """Everybody decides at once, having read last week's book."""
    investors, decay = arrays.investors(block), math.nan  # most share the same patience, so it is worked out once
    if block.n_open == 0:
        return
    for i in range(investors.shape[0]):
        who = investors[i]
        if _at_most(block, i, LOOKING) == 0:
            continue
        if who.behavioural and not who.in_the_end:
            if who.waiting_decay_weeks != decay:
                decay = who.waiting_decay_weeks
                for r in range(whole(block.n_open)):
                    offer = at(block, r).offer
                    offer.open_share = openness(offer.weeks_left, decay)
            signing = _weigh(block, i)
        else:
            signing = _wait(block, i)
        if signing > 0:
            for r in range(block.n_open):
                if at(block, r).thought.signs:
                    _sign(at(block, r), i)


@folded
def _decide(who: Any, thought: Any, looks: bool, signs: bool, ticket_musd: int, clock: float) -> None:
    """Write down who signs, and how far the clocks of the others have come."""
    who.stage = SIGNED if signs else who.stage
    who.ticket_musd = ticket_musd if signs else who.ticket_musd
    who.sign_clock = clock if looks & (not signs) else who.sign_clock
    thought.signs = signs


@lean
def _weigh(block: Any, i: int) -> int:
    """Let an investor weigh the offer in every run; in how many he signs.

    A step of it for all runs, and then the next: what a step works out for one vector of runs, the core begins for the
    next ones meanwhile, which it could not if all steps stood in one loop.
    """
    n_open, signing = block.n_open, 0
    for r in range(whole(n_open)):
        run = at(block, r)
        who, thought = arrays.investors(run)[i], run.thought
        wish = decision.wish(who, who.mean, who.variance, run.offer, who.premium)
        thought.ticket_musd, thought.expected_return = wish.ticket_musd, wish.expected_return
    for r in range(whole(n_open)):
        run = at(block, r)
        who, thought = arrays.investors(run)[i], run.thought
        thought.belief = decision.belief_in_success(who, thought.ticket_musd, run.offer)
    for r in range(whole(n_open)):
        run = at(block, r)
        who, thought = arrays.investors(run)[i], run.thought
        ticket, m, open_share = thought.ticket_musd, thought.expected_return, run.offer.open_share
        thought.advantage = decision.advantage_of(who, ticket, m, who.variance, thought.belief, open_share)
    for r in range(whole(n_open)):
        run = at(block, r)
        who, state, thought = arrays.investors(run)[i], run.round_state, run.thought
        until, clock = state.until_day, who.sign_clock
        looks = state.open and who.stage == LOOKING and who.diligence_day < until
        rate = clocks.per_day(decision.rate_of(who, thought.ticket_musd, thought.advantage))
        start = max(state.start_day, who.diligence_day)
        signs = looks and clocks.crosses(clock, who.sign_threshold, rate, start, until)
        thought.rate_per_day = rate
        _decide(who, thought, looks, signs, thought.ticket_musd, clocks.clock_after(clock, rate, start, until))
        signing += signs
    return signing


@lean
def _wait(block: Any, i: int) -> int:
    """Let an investor whose decision is stated wait for its day in every run; in how many it comes."""
    signing = 0
    for r in range(whole(block.n_open)):
        run = at(block, r)
        who, state = arrays.investors(run)[i], run.round_state
        start, until, rate, clock = state.start_day, state.until_day, who.stated_rate_per_day, who.sign_clock
        looks, in_the_end = state.open and who.stage == LOOKING and not who.away, who.in_the_end
        crosses = clocks.crosses(clock, who.sign_threshold, rate, start, until)
        signs = looks and (who.due_day <= until if in_the_end else crosses)
        waits = looks and not in_the_end
        _decide(who, run.thought, waits, signs, who.stated_musd, clocks.clock_after(clock, rate, start, until))
        signing += signs
    return signing


@lean
def _sign(run: Any, i: int) -> None:
    """Date a signature, borrow what it pledges, and announce it."""
    who, state = arrays.investors(run)[i], run.round_state
    start, rate = state.start_day, who.stated_rate_per_day
    if who.behavioural:
        start, rate = max(start, who.diligence_day), run.thought.rate_per_day
    day = clocks.event_day(who.sign_clock, who.sign_threshold, rate, start, state.until_day)
    who.sign_day = who.due_day if who.in_the_end else day
    pledge(run, i)
    announce(run, i)
