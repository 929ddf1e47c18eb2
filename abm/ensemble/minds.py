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
from abm.rules import belief, decision, network
from abm.rules import news as news_rules
from abm.rules.appetite import openness
from abm.rules.book import weeks_since


@far
@lean
def information(block: Any) -> None:
    """Everybody who still thinks about the round learns."""
    investors, market = arrays.investors(block), block.market
    growth, volatility, precision = market.growth_per_year, market.volatility, market.news_precision
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
    for i in range(investors.shape[0]):
        if investors[i].behavioural:
            ends, last = 0, SIGNED if investors[i].withdrawal_per_year > 0.0 else LOOKING
            if _at_most(block, i, last) == 0:
                continue
            for r in range(whole(block.n_open)):
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
            if ends > 0:
                for r in range(block.n_open):
                    _look_into(at(block, r), i, last)
            for k in range(talking):
                _hear(at(block, places[k]), i)


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
def _look_into(run: Any, i: int, last: int) -> None:
    """See what diligence shows, if it ends this week."""
    who = arrays.investors(run)[i]
    if not _is_shown(who, run.round_state, last):
        return
    who.diligence_done, own = True, who.signal_precision
    shown, left = belief.signal(run.market_state.log_value, own, who.signal_z), belief.doubt_left(who.variance, own)
    who.mean = belief.updated_mean(who.mean, shown, left)
    who.variance = belief.updated_variance(who.variance, left)


@lean
def _hear(run: Any, i: int) -> None:
    """Hear of last week's commitments, and be pulled by the opinions of others."""
    state, who, news, offer = run.round_state, arrays.investors(run)[i], arrays.news(run), run.offer
    if who.stage == LOOKING or (who.stage == SIGNED and who.withdrawal_per_year > 0.0):
        left = _his_pool(run, i) if run.terms.summed else -1
        for k in range(state.first_news, state.n_news):
            if news[k].author != i and _reaches(run, i, news[k]):
                peer = news[news_rules.after_pools(news) if k == left else k]
                who.mean, who.variance = decision.hear(who, who.mean, who.variance, peer, offer)
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
    rate = decision.per_day_of_year(rate)
    start, clock = max(state.start_day, who.sign_day), who.withdrawal_clock
    day = decision.event_day(clock, who.withdrawal_threshold, rate, start, state.until_day)
    who.withdrawal_clock = decision.clock_after(clock, rate, start, state.until_day)
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
                if arrays.investors(at(block, r))[i].happens:
                    pledge(at(block, r), i)
                    announce(at(block, r), i)


@folded
def _sign_where(who: Any, signs: bool, ticket_musd: int, day: float) -> None:
    """Write a signature down where there is one."""
    who.stage = SIGNED if signs else who.stage
    who.ticket_musd = ticket_musd if signs else who.ticket_musd
    who.sign_day = day if signs else who.sign_day
    who.happens = signs


@lean
def _weigh(block: Any, i: int) -> int:
    """Let an investor weigh the offer in every run; in how many he signs."""
    signing = 0
    for r in range(whole(block.n_open)):
        run = at(block, r)
        who, state, offer = arrays.investors(run)[i], run.round_state, run.offer
        until, threshold = state.until_day, who.sign_threshold
        looks = state.open and who.stage == LOOKING and who.diligence_day < until
        view = decision.appraise(who, who.mean, who.variance, offer.open_share, offer, who.premium)
        rate, start = decision.per_day(view.rate_per_week), max(state.start_day, who.diligence_day)
        day = decision.event_day(who.sign_clock, threshold, rate, start, until)
        clock = decision.clock_after(who.sign_clock, rate, start, until)
        signs = looks and day < math.inf
        who.sign_clock = clock if looks else who.sign_clock
        _sign_where(who, signs, view.ticket_musd, day)
        signing += signs
    return signing


@lean
def _wait(block: Any, i: int) -> int:
    """Let an investor whose decision is stated wait for its day in every run; in how many it comes."""
    signing = 0
    for r in range(whole(block.n_open)):
        run = at(block, r)
        who, state = arrays.investors(run)[i], run.round_state
        start, until, rate = state.start_day, state.until_day, who.stated_rate_per_day
        looks, in_the_end = state.open and who.stage == LOOKING and not who.away, who.in_the_end
        reached = decision.event_day(who.sign_clock, who.sign_threshold, rate, start, until)
        clock = decision.clock_after(who.sign_clock, rate, start, until)
        signs = looks and (who.due_day <= until if in_the_end else reached < math.inf)
        who.sign_clock = clock if looks and not in_the_end else who.sign_clock
        _sign_where(who, signs, who.stated_musd, who.due_day if in_the_end else reached)
        signing += signs
    return signing
