"""A gatekeeper: a consent, a court, a restructuring that money waits for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from abm.agents.attributes import fields_of
from abm.core import draws
from abm.core.old_names import renamed_attribute
from abm.core.records import BLOCKED, OPEN, SATISFIED
from abm.rules import eventual
from abm.rules import gatekeepers as rules
from abm.rules.sums import add

if TYPE_CHECKING:
    from abm.agents.host import Host


class Gatekeeper(mesa.Agent):
    """Says yes or no when accumulated hazard reaches a threshold that was drawn once."""

    model: Host
    place = renamed_attribute("place", "index")
    law = renamed_attribute("law", "params")

    def __init__(self, model: Host, index: int) -> None:
        super().__init__(model)
        population = model.population
        self.index, self.id = index, population.gate_ids[index]
        self.params = fields_of(population.gate_params[index])
        self.requires = [int(k) for k in population.required[self.params.first : self.params.last]]
        self.status = OPEN
        self.consent_clock = self.block_clock = 0.0
        self.satisfied_day = self.in_force_day = math.inf
        self.consent_threshold = draws.waited(model.decisive(draws.CONSENT, index))
        self.block_threshold = draws.waited(model.decisive(draws.BLOCK, index))
        self.outlook = 0.0  # chance that the market gives to this consent by the deadline

    def deliberate(self) -> None:
        """Let the clocks run from the day on which everything required was there."""
        if self.status != OPEN:
            return
        model, params = self.model, self.params
        asked = max([0.0, *(model.gates[k].satisfied_day for k in self.requires)])
        start = max(model.start_day, asked)
        if start >= model.until_day:
            return
        if params.in_the_end:
            self._decide_in_the_end(asked)
            return
        rate = rules.moved_hazard(params.h0_per_year, model.frailty, params.loading, model.market.sentiment)
        window = (params.effect, params.scale_days, model.deadline_day, start, model.until_day)
        left = rules.hazard_left(self.consent_threshold, self.consent_clock)
        yes = rules.crossing_day(left, rate, *window)
        left = rules.hazard_left(self.block_threshold, self.block_clock)
        no = rules.crossing_day(left, params.block_per_year, 0.0, *window[1:])
        self.consent_clock = add(self.consent_clock, rules.hazard_between(rate, *window))
        self.block_clock = add(self.block_clock, rules.hazard_between(params.block_per_year, 0.0, *window[1:]))
        if no < yes:
            self._block(no)
        elif yes < math.inf:
            self._consent(yes)

    def _decide_in_the_end(self, asked: float) -> None:
        """Say yes or no on the day that luck has set for it."""
        place = eventual.place_of(self.consent_threshold, self.model.frailty, self.model.market.params.frailty_variance)
        params = self.model.population.gate_params[self.index]
        status, day = eventual.decision(params, place, asked, self.model.until_day)
        if status == SATISFIED:
            self._consent(day)
        elif status == BLOCKED:
            self._block(day)

    def _consent(self, day: float) -> None:
        self.status, self.satisfied_day = SATISFIED, day
        self.in_force_day = rules.in_force_day(day, self.params.lag_days)
        self.model.log(self.id, "consented", self._when_in_force(), day=day)

    def _block(self, day: float) -> None:
        self.status = BLOCKED
        self.model.log(self.id, "blocked", "a final no", day=day)

    def _when_in_force(self) -> str:
        return f"in force {self.params.lag_days:g} days later" if self.params.lag_days else ""
