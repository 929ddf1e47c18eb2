"""The company: burns cash, cuts costs, lists its shares, pays its bills, or defaults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from abm.agents.attributes import fields_of
from abm.core import draws
from abm.rules import clocks, liquidity
from abm.rules import company as rules
from abm.rules.sums import add

if TYPE_CHECKING:
    from abm.agents.host import Host


class Company(mesa.Agent):
    """The one that needs the money."""

    model: Host

    def __init__(self, model: Host) -> None:
        super().__init__(model)
        population = model.population
        self.id = "company"
        self.firm = fields_of(population.firm)
        self.listing = fields_of(population.listing)
        self.claims = [fields_of(record) for record in population.claims]
        self.later_rounds = [fields_of(record) for record in population.later_rounds]
        self.cash_musd = self.least_cash_musd = self.firm.cash_musd
        self.vendor_musd = self.bridge_musd = 0
        self.revenue_gap = self.cut = self.outflow_musd = 0.0
        self.firm_due_musd = self.deferrable_due_musd = 0
        self.firm_carried = self.deferrable_carried = 0.0
        self.alive = True
        self.default_day = math.nan
        self.filing_clock = 0.0
        self.filed_week = -1
        self.listed = self.listing_over = False
        self.logged: set[str] = set()
        granted = draws.uniform(model.seed, model.run, 0, 0, draws.BRIDGE, 0) < self.firm.bridge_probability
        self.bridge_limit_musd = self.firm.bridge_limit_musd if granted else 0

    def operate(self) -> None:
        """Work out what this week costs: burn, interest, obligations, claims."""
        model, firm = self.model, self.firm
        plan = model.population.plan[model.week]
        self.revenue_gap = rules.revenue_gap_after(
            self.revenue_gap,
            self.cut,
            firm.cut_growth_loss,
            model.market.talent_loss,
            firm.revenue_volatility,
            self._normal(draws.REVENUE) if firm.revenue_volatility > 0.0 else 0.0,
        )
        burn = rules.burn_musd(
            plan.burn_musd,
            self.cut,
            plan.revenue_musd,
            self.revenue_gap,
            rules.weekly_noise(firm.burn_volatility_bn),
            self._normal(draws.BURN) if firm.burn_volatility_bn > 0.0 else 0.0,
        )
        interest = rules.interest_musd(
            self.bridge_musd, firm.bridge_rate_per_year, self.vendor_musd, firm.vendor_rate_per_year
        )
        exact, deferrable = rules.bill_musd(burn, interest, plan.firm_musd), plan.deferrable_musd
        for claim in self.claims:
            if model.week_start < claim.day <= model.week_end and not model.in_force(claim.gate):
                exact = add(exact, claim.musd)
                model.log(self.id, "claimed back", "a consent was missing", claim.musd, claim.day)
        self.outflow_musd = add(exact, deferrable)
        self.firm_due_musd = rules.whole(exact, self.firm_carried)
        self.firm_carried = rules.carried_over(exact, self.firm_carried, self.firm_due_musd)
        self.deferrable_due_musd = rules.whole(deferrable, self.deferrable_carried)
        self.deferrable_carried = rules.carried_over(deferrable, self.deferrable_carried, self.deferrable_due_musd)

    def steer(self) -> None:
        """Cut costs when the runway is short, raise later money, and take the company public if it can."""
        firm = self.firm
        if firm.cut:
            runway = rules.runway_years(self.cash_musd, self.outflow_musd)
            before = self.cut
            self.cut = rules.cut_after(before, runway, firm.runway_trigger_years, firm.cut_per_week, firm.cut_max)
            if self.cut > 0.0 and not before:
                self.model.log(self.id, "began to cut costs", f"cash for less than {firm.runway_trigger_years:g} years")
        self._raise_later()
        if self.listing.exists and not self.listing_over:
            self._go_public()

    def _raise_later(self) -> None:
        model = self.model
        for index, later in enumerate(self.later_rounds):
            if model.week_start < later.day <= model.week_end:
                chance = later.if_closed if model.closed else later.if_not
                if draws.uniform(model.seed, model.run, index, 0, draws.LATER_ROUND, 0) < chance:
                    self.receive(later.musd)
                    model.log(self.id, "raised later money", "", later.musd, later.day)
                else:
                    model.log(self.id, "failed to raise", "a later round", later.musd, later.day)

    def _go_public(self) -> None:
        model, listing = self.model, self.listing
        if self.filed_week < 0:
            if not self._window_open():
                return
            rate = clocks.per_day_of_year(listing.filing_per_year)
            start = max(model.week_start, listing.earliest_day)
            threshold = draws.exponential(model.seed, model.run, 0, 0, draws.IPO_WINDOW, 0)
            day = clocks.event_day(self.filing_clock, threshold, rate, start, model.week_end)
            self.filing_clock = clocks.clock_after(self.filing_clock, rate, start, model.week_end)
            if day < math.inf:
                self._file(day)
        elif rules.ripe(model.week, self.filed_week, listing.lead_weeks):
            self.listing_over = True
            if draws.uniform(model.seed, model.run, 0, 0, draws.IPO_WITHDRAWAL, 0) < listing.withdrawal_probability:
                model.log(self.id, "withdrew its listing", "the market would not take it")
            else:
                self.listed = True
                self.receive(listing.raise_musd)
                model.log(self.id, "listed its shares", "", listing.raise_musd)

    def _window_open(self) -> bool:
        model = self.model
        return (
            model.week_end > self.listing.earliest_day
            and model.market.sentiment >= self.listing.minimum_sentiment
            and all(model.in_force(int(gate)) for gate in model.population.listing_gates)
        )

    def _file(self, day: float) -> None:
        model, listing = self.model, self.listing
        vetoed = draws.uniform(model.seed, model.run, 0, 0, draws.IPO_VETO, 0) < listing.veto_probability
        if vetoed and not model.in_force(listing.veto_gate):
            self.listing_over = True
            model.log(self.id, "could not list", "a holder of consent rights vetoed it", day=day)
        else:
            self.filed_week = model.week
            model.log(self.id, "filed for a listing", "", listing.raise_musd, day)

    def receive(self, amount_musd: int) -> None:
        """Take in money."""
        self.cash_musd = add(self.cash_musd, amount_musd)

    def pay_bills(self) -> None:
        """Pay what is due, in strict order; default if that is impossible."""
        firm, model = self.firm, self.model
        before, had = self.cash_musd, (self.vendor_musd, self.bridge_musd)
        result = liquidity.Waterfall(
            *liquidity.waterfall(
                self.cash_musd,
                self.firm_due_musd,
                self.deferrable_due_musd,
                firm.minimum_cash_musd,
                self.vendor_musd,
                firm.vendor_limit_musd,
                self.bridge_musd,
                self.bridge_limit_musd,
            )
        )
        self.cash_musd, self.vendor_musd, self.bridge_musd = result
        self.least_cash_musd = min(self.least_cash_musd, self.cash_musd)
        if liquidity.defaulted(self.cash_musd):
            self.alive = False
            self.default_day = liquidity.default_day(before, self.cash_musd, model.week_start, model.week_end)
        self._log_debts(*had)
        if not self.alive:
            model.log(self.id, "defaulted", "it could not pay its bills", day=self.default_day)

    def _log_debts(self, vendor_musd: int, bridge_musd: int) -> None:
        """Log when suppliers first carry bills, when the bridge is first drawn, and when either is used up."""
        limit, day = self.firm.vendor_limit_musd, None if self.alive else self.default_day
        self._log_debt("deferred bills", vendor_musd, self.vendor_musd, day)
        self._log_debt("drew on the bridge", bridge_musd, self.bridge_musd, day)
        if self.vendor_musd == limit:
            self._log_debt("used up its suppliers' credit", vendor_musd, limit, day)
        if self.bridge_musd == self.bridge_limit_musd:
            self._log_debt("used up the bridge", bridge_musd, self.bridge_musd, day)

    def _log_debt(self, what: str, before_musd: int, now_musd: int, day: float | None) -> None:
        if now_musd > before_musd and what not in self.logged:
            self.logged.add(what)
            self.model.log(self.id, what, "", now_musd, day)

    def _normal(self, purpose: int) -> float:
        model = self.model
        return draws.normal(model.seed, model.run, 0, model.week, purpose, 0)
