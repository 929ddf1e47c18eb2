"""Ledger: the records that the readable model writes: its offer, its news, its book, and what a run leaves behind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from abm.core.batch import RunResult
from abm.core.records import NEWS, OFFER, SIGNED, Record
from abm.population.contracts import POOLS, new_book, new_record, new_records
from abm.rules import book as books
from abm.rules import network
from abm.rules import news as news_rules
from abm.rules import settlement as rules
from abm.rules.conditions import FACTS, Book
from abm.rules.decision import at_his_limit
from abm.rules.sums import add, in_bn

if TYPE_CHECKING:
    from abm.agents.host import Host
    from abm.agents.investor import Investor


def offer_of(model: Host) -> Record:
    """What every investor is offered this week: the terms, and the public book of the week before."""
    terms = model.terms
    price = int(model.population.ladder_musd[model.rung])
    post_bn = books.post_money_bn(price, terms.already_closed_musd, terms.target_musd)
    offer = {
        "post_bn": post_bn,
        "log_post": books.log_post_money(post_bn),
        "target_bn": in_bn(terms.target_musd),
        "forecast_bn": books.forecast_bn(
            model.published_paid_musd, model.expected_musd, terms.expected_new_musd, model.new_musd
        ),
        "momentum": books.momentum(model.booked_musd, terms.target_musd, model.start_day, model.deadline_day),
        "missing_musd": books.missing_musd(model.booked_musd, terms.target_musd),
        "weeks_left": books.weeks_until(model.start_day, model.deadline_day),
        "sentiment": model.market.sentiment,
        "volatility": model.market.params.volatility,
        "preference": terms.preference,
    }
    return new_record(OFFER, offer)


def news_of(investor: Investor) -> Record:
    """A signature as the public sees it a week later."""
    params = investor.params
    news = {
        "share": books.share_of_wealth(investor.ticket_musd, params.wealth_bn),
        "risk_aversion": params.risk_aversion,
        "reputation": params.reputation,
        "log_price": investor.model.offer.log_post,
        "capped": at_his_limit(investor.traits, investor.ticket_musd),
    }
    return new_record(NEWS, news)


class Hearsay:
    """What the public hears of signatures a week later: of each by itself, or of their sum by kind of investor."""

    def __init__(self, model: Host) -> None:
        self._model, self._terms = model, model.round
        self._summed = bool(model.round.summed)
        self._news: list[tuple[Investor | None, Record]] = []
        self._announced: list[tuple[Investor | None, Record]] = []

    def add(self, investor: Investor) -> None:
        """Take a signature up, which is news next week."""
        if not self._summed:
            self._announced.append((investor, news_of(investor)))
            return
        if not self._announced:
            pools = new_records(NEWS, [{} for _ in range(POOLS)])
            news_rules.empty_pools(pools)
            self._announced = [(None, pool) for pool in pools]
        own = news_of(investor)
        news_rules.join_pool(self._announced[_pool_of(investor, own)][1], own)

    def publish(self) -> None:
        """Let a week end: what was announced is news."""
        week, still = self._model.week, []
        for _, news in self._announced:
            news.week = week
        if self._terms.public_after_weeks > 1:
            still = [told for told in self._news if not network.old_news(told[1].week, week, self._terms)]
        self._news, self._announced = [*still, *self._announced], []

    def heard_by(self, investor: Investor) -> Iterator[Record]:
        """What somebody hears of others this week."""
        own, his = None, -1
        if self._summed and investor.stage == SIGNED and news_rules.is_news(investor.sign_day, investor.model.week):
            own = news_of(investor)
            his = _pool_of(investor, own)
        for k, (author, news) in enumerate(self._news):
            if k == his and own is not None:
                own.log_price = news.log_price  # that of all signatures of a week
                others = new_record(NEWS, {})
                news_rules.leave_pool(others, news, own)
                yield others
            elif author is not investor and self._reaches(investor, author, news):
                yield news

    def _reaches(self, investor: Investor, author: Investor | None, news: Record) -> bool:
        if self._terms.public_after_weeks == 1 or author is None:
            return True
        model = self._model
        has_tie = network.tied(model.seed, model.run, self._terms, investor.traits, author.traits)
        weeks = books.weeks_since(model.week, news.week)
        return bool(network.reaches(weeks, self._terms.public_after_weeks, has_tie))


def _pool_of(investor: Investor, own: Record) -> int:
    return int(news_rules.pool_of(bool(own.capped), investor.params.kind))


def book_of(model: Host) -> Book:
    """The book as a closing of this week would read it."""
    facts = {
        "cap_musd": model.terms.cap_musd,
        "already_closed_musd": model.terms.already_closed_musd,
        "pre_money_musd": model.population.ladder_musd[model.rung],
        "sentiment": model.market.sentiment,
        "day": model.until_day,
    }
    gate_days = np.array([gate.in_force_day for gate in model.gates], np.float64)
    kinds = np.ascontiguousarray(model.traits.kind)
    return new_book(model.tickets(), kinds, gate_days, model.contracts.members, new_record(FACTS, facts))


def result_of(model: Host) -> RunResult:
    """Sum a run up, as it stands."""
    company = model.company
    record = {
        "run": model.run,
        "paid_musd": model.paid_musd,
        "closed": model.closed,
        "closed_day": model.closed_day,
        "survived": company.alive if company else None,
        "default_day": company.default_day if company else math.nan,
        "cause": model.cause,
        "pre_money_musd": int(model.population.ladder_musd[model.rung]),
        "rung": model.rung,
        "new_shares": model.new_shares,
        "dilution": rules.dilution(model.new_shares, _old_shares(model)),
        "gap_musd": model.gap_musd,
        "extended": model.extended,
        "listed": bool(company and company.listed),
        "end_cash_musd": company.cash_musd if company else 0,
        "least_cash_musd": company.least_cash_musd if company else 0,
    }
    return RunResult(
        record,
        stage=[investor.stage for investor in model.investors],
        sign_day=[investor.sign_day for investor in model.investors],
        investor_paid_musd=[investor.paid_musd for investor in model.investors],
        investor_shares=[investor.shares for investor in model.investors],
        gate_day=[gate.in_force_day for gate in model.gates],
        committed_path=model.committed_path,
        paid_path=model.paid_path,
        cash_path=model.cash_path,
    )


def _old_shares(model: Host) -> int:
    """Shares of those who were in before as_of, the earlier closings of this round among them."""
    earlier = rules.shares_for(model.terms.already_closed_musd, int(model.population.ladder_musd[0]))
    return add(rules.SHARES_BEFORE, earlier)
