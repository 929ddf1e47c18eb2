"""An investor: looks, learns, has second thoughts, signs, pays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from abm.agents.attributes import fields_of
from abm.agents.funds import funds_of
from abm.core.old_names import renamed_attribute
from abm.core.plain import plain
from abm.core.records import LAPSED, LOOKING, PAID, SIGNED, UNPAID, WITHDRAWN
from abm.core.schedule import YEARS
from abm.rules import belief, clocks, decision, eventual
from abm.rules.appetite import openness
from abm.rules.sums import add

if TYPE_CHECKING:
    from abm.agents.host import Host

_WHY_NOT = ("", "wants none at this price", "wants less than his minimum ticket")


class Investor(mesa.Agent):
    """One who may join the round.

    Subclass it to try another way of deciding: the model calls :meth:`learn`, :meth:`reconsider` and :meth:`decide`
    once a week while the round is open, and :meth:`pay` when he is called.
    """

    model: Host
    place = renamed_attribute("place", "index")
    law = renamed_attribute("law", "params")

    def __init__(self, model: Host, index: int) -> None:
        super().__init__(model)
        self.index, self.id = index, model.population.ids[index]
        self.traits = model.traits[index]  # who he is, as the rules read it
        self.params = fields_of(self.traits)  # the same, as we read it
        self.mean, self.variance = self.params.prior_mean, self.params.prior_variance
        self.sign_clock = self.withdrawal_clock = 0.0
        self.sign_day = math.nan
        self.diligence_done = False
        self.away = False  # whether another company of a market keeps him from signing this week
        self.due_day = self._due_day() if self.params.in_the_end else math.inf
        self.paid_musd = self.shares = 0
        self.stage = SIGNED if self.params.signed_at_start else LOOKING
        self.ticket_musd = self.params.stated_musd if self.params.signed_at_start else 0
        if self.params.signed_at_start:
            self.sign_day = 0.0
        self.funds = funds_of(self, model)  # None: he needs no loan

    @property
    def thinks(self) -> bool:
        """Whether he still thinks about the round: he may sign, or have second thoughts."""
        if not self.params.behavioural:
            return False
        return self.stage == LOOKING or (self.stage == SIGNED and self.params.withdrawal_per_year > 0.0)

    def learn(self) -> None:
        """Update his belief: time passes, diligence ends, news comes in, peers commit."""
        market = self.model.market
        params, offer = self.params, self.model.offer
        self.mean = belief.drifted_mean(self.mean, market.params.growth_per_year, market.params.volatility, YEARS)
        self.variance = belief.widened_variance(self.variance, market.params.volatility, YEARS)
        if market.params.news_precision > 0.0:
            self._update(market.news, market.params.news_precision)
        if not self.diligence_done and params.diligence_day <= self.model.until_day:
            self.diligence_done = True
            self.model.log(self.id, "finished diligence", day=params.diligence_day)
            self._update(
                belief.signal(market.log_value, params.signal_precision, params.signal_z), params.signal_precision
            )
        for news in self.model.hearsay.heard_by(self):
            self.mean, self.variance = decision.hear(self.traits, self.mean, self.variance, news, offer)
        if params.opinion_pull > 0.0:
            self.mean = belief.pulled_opinion(self.mean, self.model.opinion, params.opinion_pull)

    @property
    def appraisal(self) -> decision.Appraisal:
        """What he makes of this week's offer."""
        offer = self.model.offer
        open_share = openness(offer.weeks_left, self.params.waiting_decay_weeks)
        return decision.Appraisal(
            *decision.appraise(self.traits, self.mean, self.variance, open_share, offer, self._premium)
        )

    @property
    def _premium(self) -> float:
        """What the rights of the shares are worth to him at this week's price."""
        return decision.premium_of(self.traits, self.model.offer)

    def _update(self, signal: float, precision: float) -> None:
        left = belief.doubt_left(self.variance, precision)
        self.mean = belief.updated_mean(self.mean, signal, left)
        self.variance = belief.updated_variance(self.variance, left)

    def reconsider(self) -> None:
        """Take the signature back if second thoughts have piled up."""
        params, model = self.params, self.model
        if self.funds:
            self.funds.count()
        if params.withdrawal_per_year <= 0.0:
            return
        expected, shock = 0.0, 0.0
        if params.behavioural:
            expected = decision.expected_return(self.traits, self.mean, model.offer, self._premium)
            shock = model.market.shock
        rate = decision.withdrawal_rate(
            params.withdrawal_per_year, params.binding, params.mood_withdrawal, expected, shock, params.jump_withdrawal
        )
        rate = clocks.per_day_of_year(rate)
        start = max(model.start_day, self.sign_day)
        day = clocks.event_day(self.withdrawal_clock, params.withdrawal_threshold, rate, start, model.until_day)
        self.withdrawal_clock = clocks.clock_after(self.withdrawal_clock, rate, start, model.until_day)
        if day < math.inf:
            self.stage = WITHDRAWN
            model.log(self.id, "withdrew", "second thoughts", self.ticket_musd, day)

    def decide(self) -> None:
        """Sign once the reasons to do so have piled up."""
        if self.funds:
            self.funds.count()
        if self.away:
            return
        params, model = self.params, self.model
        rate, start, ticket = params.stated_rate_per_day, model.start_day, params.stated_musd
        if params.in_the_end:
            if self.due_day <= model.until_day:
                self.sign(ticket, self.due_day)
            return
        if params.behavioural:
            if params.diligence_day >= model.until_day:
                return  # he cannot sign before his diligence is done
            appraisal, start = self.appraisal, max(model.start_day, params.diligence_day)
            rate, ticket = clocks.per_day(appraisal.rate_per_week), appraisal.ticket_musd
        clock, threshold, until = self.sign_clock, params.sign_threshold, model.until_day
        if clocks.crosses(clock, threshold, rate, start, until):
            self.sign(ticket, clocks.event_day(clock, threshold, rate, start, until))
        else:
            self.sign_clock = clocks.clock_after(clock, rate, start, until)

    def _due_day(self) -> float:
        """Day on which he signs, where that is a chance in the end."""
        place = eventual.place_of(
            self.params.sign_threshold, self.model.frailty, self.model.market.params.frailty_variance
        )
        return float(eventual.signing_day(self.traits, place))

    def sign(self, ticket_musd: int, day: float) -> None:
        """Commit a ticket [USD million], on a day of this week."""
        self.stage, self.sign_day = SIGNED, day
        self.ticket_musd = self.funds.pledge(ticket_musd) if self.funds else ticket_musd
        self.model.log(self.id, "signed", self.model.narrator.conditions(self.index), self.ticket_musd, day)
        self.model.announce(self)

    def pay(self, amount_musd: int, shares: int) -> None:
        """Hand over what is called, for shares."""
        self.stage, self.paid_musd, self.shares = PAID, add(self.paid_musd, amount_musd), add(self.shares, shares)
        self.model.log(self.id, "paid", self._cut_back(amount_musd), amount_musd)

    def _cut_back(self, amount_musd: int) -> str:
        if amount_musd == self.ticket_musd:
            return self.funds.shortfall if self.funds else ""
        return f"cut back from {plain(self.model.population.bn(self.ticket_musd))}"

    def fail_to_pay(self) -> None:
        """Not pay when called."""
        self.stage = UNPAID
        self.model.log(self.id, "did not pay", "settlement failed", self.ticket_musd)

    def fall_back(self) -> None:
        """Become an unconditional commitment of the fallback amount."""
        full, self.ticket_musd = self.ticket_musd, min(self.ticket_musd, self.params.fallback_musd)
        if self.funds:
            self.funds.pledge_musd = self.ticket_musd
        self.model.narrator.release(self.index)
        self.model.log(
            self.id, "fell back", f"conditions failed, from {plain(self.model.population.bn(full))}", self.ticket_musd
        )

    def lapse(self) -> None:
        """See the round end without having paid."""
        if self.stage == SIGNED:
            why = "no room was left" if self.model.full else "signed, but never closed"
            self.model.log(self.id, "lapsed", why, self.ticket_musd)
        elif self.params.behavioural:
            self.model.log(self.id, "passed", _WHY_NOT[self.appraisal.reason] or "never persuaded")
        self.stage = LAPSED if self.stage == SIGNED else self.stage
