"""The market: sentiment, shocks, the company's true value, and public news."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from abm.agents.attributes import fields_of
from abm.core import draws, mixed
from abm.core.old_names import renamed_attribute
from abm.core.schedule import YEARS
from abm.rules import environment
from abm.rules.belief import signal
from abm.rules.sums import add

if TYPE_CHECKING:
    from abm.agents.host import Host


class Market:
    """What nobody in the round controls."""

    law = renamed_attribute("law", "params")

    def __init__(self, model: Host) -> None:
        self.model = model
        self.params = fields_of(model.population.market)
        self._seeds = np.array(model.population.mood_seeds, np.int64)  # whose draws move the mood
        self._weights = np.array(model.population.mood_weights, np.float64)
        self.sentiment = self.params.sentiment_start
        self.cold = False
        self.shock = 0.0  # competitor shocks of this week, log-points
        self.news = 0.0  # public news about the value, log-points
        self.burst_weeks_left = 0
        self.talent_loss = 0.0  # log-points of this week
        z = draws.normal_quantile(model.decisive(draws.TRUE_VALUE, 0))
        self.log_value = environment.true_value(self.params.mean_bn, self.params.sd_log, z)
        self.lasting = 0.0  # lasting part of all shocks since as_of, log-points
        self.jumps = 0
        self.next_jump_day = self._wait(0.0)

    def move(self) -> None:
        """Let a week pass: sentiment, competitors, talent, value, news."""
        params = self.params
        if params.cold_per_week > 0.0:
            u = self._shared_uniform(draws.REGIME, self.model.week)
            self.cold = environment.cold_after(self.cold, params.cold_per_week, params.thaw_per_week, u)
        mean = environment.regime_mean(params.sentiment_mean, params.cold_sentiment, self.cold)
        z = self._shared_normal(draws.SENTIMENT, self.model.week) if params.sentiment_spread > 0.0 else 0.0
        self.sentiment = environment.sentiment_after(
            self.sentiment, mean, params.sentiment_kept, params.sentiment_spread, z
        )
        if self.model.open:  # once the round is over, nobody asks what the company is worth
            z = self._shared_normal(draws.VALUE, self.model.week)
            self.log_value = environment.log_value_after(
                self.log_value, params.growth_per_year, params.volatility, YEARS, z
            )
        self._meet_competitors()
        self._keep_talent()
        if self.model.open and params.news_precision > 0.0:
            self.news = signal(self.log_value, params.news_precision, self._normal(draws.NEWS))

    def _meet_competitors(self) -> None:
        self.shock = 0.0
        while self.next_jump_day <= self.model.week_end:
            z = self._shared_normal(draws.JUMP_SIZE, 0, self.jumps)
            jump = environment.jump_size(self.params.jump_mean_log, self.params.jump_sd_log, z)
            self.log_value = environment.value_after_jump(self.log_value, jump, self.params.jump_permanent_share)
            self.sentiment = environment.sentiment_after_jump(self.sentiment, jump, self.params.jump_permanent_share)
            self.shock = add(self.shock, jump)
            self.lasting = environment.lasting_after(self.lasting, jump, self.params.jump_permanent_share)
            self.model.log("market", "competitor shock", f"{jump:+.1%} of value", day=self.next_jump_day)
            self.jumps = self.jumps + 1
            self.next_jump_day = self._wait(self.next_jump_day)

    def _keep_talent(self) -> None:
        params, company = self.params, self.model.company
        if params.burst_chance > 0.0:
            strikes = self._uniform(draws.TALENT) < params.burst_chance
            self.burst_weeks_left = environment.burst_weeks_after(
                strikes, int(params.burst_weeks), self.burst_weeks_left
            )
            if strikes:
                self.model.log("market", "poaching campaign", "a rival hires the company's people")
        excess = environment.excess_attrition(
            params.excess_attrition_per_year,
            params.burst_attrition_per_year,
            self.burst_weeks_left,
            company.cut if company else 0.0,
            company.firm.cut_attrition_per_year if company else 0.0,
        )
        self.talent_loss = environment.talent_loss(excess, params.talent_effect, YEARS)
        self.log_value = environment.value_after_loss(self.log_value, self.talent_loss)

    def _wait(self, day: float) -> float:
        """Day of the next competitor shock."""
        if self.params.competitor_jumps_per_year <= 0.0:
            return math.inf
        waited = draws.waited(self._shared_uniform(draws.JUMP_WAIT, 0, self.jumps))
        return add(day, environment.arrival_days(waited, self.params.competitor_jumps_per_year))

    def _shared_normal(self, purpose: int, step: int, sub: int = 0) -> float:
        """A normal that the companies of a market may share."""
        model = self.model
        return mixed.normal(self._seeds, self._weights, model.seed, model.run, step, purpose, sub)

    def _shared_uniform(self, purpose: int, step: int, sub: int = 0) -> float:
        model = self.model
        return mixed.uniform(self._seeds, self._weights, model.seed, model.run, step, purpose, sub)

    def _normal(self, purpose: int, step: int | None = None, sub: int = 0) -> float:
        model = self.model
        return draws.normal(model.seed, model.run, 0, model.week if step is None else step, purpose, sub)

    def _uniform(self, purpose: int) -> float:
        model = self.model
        return draws.uniform(model.seed, model.run, 0, model.week, purpose, 0)
