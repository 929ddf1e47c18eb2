"""A gatekeeper: a consent, a court, a restructuring that money waits for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from abm.agents.attributes import fields_of
from abm.core import draws
from abm.core.records import BLOCKED, OPEN, SATISFIED
from abm.rules import gatekeepers as rules
from abm.rules.sums import moved

if TYPE_CHECKING:
    from abm.agents.host import Host


class Gatekeeper(mesa.Agent):
    """Says yes or no when accumulated hazard reaches a threshold that was drawn once."""

    model: Host

    def __init__(self, model: Host, place: int) -> None:
        super().__init__(model)
        population = model.population
        self.place, self.id = place, population.gate_ids[place]
        self.law = fields_of(population.gate_params[place])
        self.requires = [int(k) for k in population.required[self.law.first : self.law.last]]
        self.status = OPEN
        self.consent_clock = self.block_clock = 0.0
        self.satisfied_day = self.in_force_day = math.inf
        self.consent_threshold = draws.exponential(model.seed, model.run, place, 0, draws.CONSENT, 0)
        self.block_threshold = draws.exponential(model.seed, model.run, place, 0, draws.BLOCK, 0)
        self.outlook = 0.0  # chance that the market gives to this consent by the deadline

    def deliberate(self) -> None:
        """Let the clocks run from the day on which everything required was there."""
        if self.status != OPEN:
            return
        model, law = self.model, self.law
        start = max([model.start_day, *(model.gates[k].satisfied_day for k in self.requires)])
        if start >= model.until_day:
            return
        rate = rules.moved_hazard(law.h0_per_year, model.frailty, law.loading, model.market.sentiment)
        window = (law.effect, law.scale_days, model.deadline_day, start, model.until_day)
        left = rules.hazard_left(self.consent_threshold, self.consent_clock)
        yes = rules.crossing_day(left, rate, *window)
        left = rules.hazard_left(self.block_threshold, self.block_clock)
        no = rules.crossing_day(left, law.block_per_year, 0.0, *window[1:])
        self.consent_clock = moved(self.consent_clock, rules.hazard_between(rate, *window))
        self.block_clock = moved(self.block_clock, rules.hazard_between(law.block_per_year, 0.0, *window[1:]))
        if no < yes:
            self.status = BLOCKED
            model.tell(self.id, "blocked", "a final no", day=no)
        elif yes < math.inf:
            self.status = SATISFIED
            self.satisfied_day = yes
            self.in_force_day = rules.in_force_day(yes, law.lag_days)
            model.tell(self.id, "consented", self._when_in_force(), day=yes)

    def _when_in_force(self) -> str:
        return f"in force {self.law.lag_days:g} days later" if self.law.lag_days else ""
