"""The funding model: one company, its investors and gatekeepers, one week per step."""

from __future__ import annotations

import math
from pathlib import Path

import mesa
import numpy as np

from abm.agents.attributes import fields_of
from abm.agents.company import Company
from abm.agents.funds import with_what_is_short
from abm.agents.gatekeeper import Gatekeeper
from abm.agents.investor import Investor
from abm.agents.ledger import Hearsay, book_of, offer_of, result_of
from abm.agents.market import Market
from abm.agents.narrator import Narrator, Silence
from abm.core import draws, schedule
from abm.core.arguments import checked
from abm.core.batch import RunResult
from abm.core.old_names import renamed_attribute
from abm.core.records import LOOKING, PAID, SIGNED, UNPAID, Flags, Floats, Integers
from abm.core.trace import Event, Trace
from abm.core.waking import another_run
from abm.population import Population, population_of, prepare
from abm.population.sampling import frailties, minimum_musd, realise
from abm.population.sobol import Sampling, decisive_draws, points_of_runs
from abm.rules import book as book_rules
from abm.rules import failure
from abm.rules import settlement as rules
from abm.rules.belief import mean_opinion
from abm.rules.closing import Closing, clinching_rung, close, closing_gap, money, needs_no_one_else
from abm.rules.conditions import Book
from abm.rules.outlook import look_ahead
from abm.rules.sums import add
from abm.scenario import Scenario, load_scenario


class FundingModel(mesa.Model):
    """Exactly one run of a scenario: the same seed and run number always tell the same story.

    Parameters
    ----------
    scenario
        A scenario, a packaged id, or the path of a file.
    seed, run
        The run's key, 0 to 2**32 - 1 each.
    investor, gatekeeper, company
        Agent classes, to be replaced by subclasses of one's own.
    prepared, central
        The population of this run, if it is known; if not, whether numbers with a range are not drawn.
    sampling
        ``"random"`` or ``"sobol"``, as in :func:`abm.simulate`.
    narrate
        Whether the story says what signatures ask for and wait for; mass runs do without, which is faster.

    Examples
    --------
    >>> model = FundingModel("three-investors", seed=1, run=3)
    >>> model.run_model()
    >>> model.result().run
    3
    """

    @checked
    def __init__(  # noqa: PLR0913, by name all but the key of the run
        self,
        scenario: Scenario | str | Path,
        seed: int = 0,
        run: int = 0,
        *,
        investor: type[Investor] = Investor,
        gatekeeper: type[Gatekeeper] = Gatekeeper,
        company: type[Company] = Company,
        prepared: Population | None = None,
        narrate: bool = True,
        central: bool = False,
        sampling: Sampling = "random",
    ) -> None:
        another_run()
        super().__init__(rng=draws.joined(int(seed), int(run)))  # for agents of one's own: the model draws by address
        self.case, self.seed, self.run = load_scenario(scenario), int(seed), int(run)
        self.population = prepared or population_of(self.case, self.seed, self.run, central, sampling)
        shared, own = self.population, range(self.run, self.run + 1)
        points = points_of_runs(decisive_draws(prepare(self.case)), self.seed, own) if sampling == "sobol" else None
        self.coordinates = points.of_run(0) if points else {}
        self.traits, self.contracts = realise(shared, self.seed, self.run, points)
        self.round = shared.round.copy()  # the terms of this run, as the rules read them
        self.round.minimum_close_musd = minimum_musd(shared.round, self.seed, self.run)
        self.terms = fields_of(self.round)
        self.opinions_pull = bool((self.traits.opinion_pull > 0.0).any())
        self.frailty = float(frailties(shared, self.seed, own, points)[0])
        self.story: list[Event] = []

        self.week = 0
        self.week_start = self.week_end = self.start_day = self.until_day = 0.0
        self.deadline_day = self.terms.deadline_day
        self.open, self.extended, self.closed = True, False, False
        self.closed_day = math.nan
        self.rung, self.last_cut_week = 0, 0
        self.paid_musd = self.new_shares = self.gap_musd = self.new_musd = 0
        self.cause = failure.NO_CAUSE
        self.expected_musd = self.opinion = 0.0
        self.hearsay = Hearsay(self)
        self.committed_path: list[int] = []
        self.paid_path: list[int] = []
        self.cash_path: list[int] = []

        self.company = company(self) if shared.firm.exists else None
        self.market = Market(self)
        self.gates = [gatekeeper(self, index) for index in range(len(shared.gate_ids))]
        self.investors = [investor(self, index) for index in range(len(shared.ids))]
        self.narrator = Narrator(self) if narrate else Silence()
        self.publish_book()
        self.offer = offer_of(self)

    def decisive(self, purpose: int, place: int) -> float:
        """Uniform of a draw before the first week: a coordinate of the point of the run, where it has one."""
        u = self.coordinates.get((purpose, place))
        return draws.uniform(self.seed, self.run, place, 0, purpose, 0) if u is None else u

    # ----------------------------------------------------------------------------------------------- the week

    def step(self) -> None:
        """Let a week pass."""
        self.begin_week()
        for phase in schedule.PHASES:
            getattr(self, phase)()

    def begin_week(self) -> None:
        """Turn the calendar."""
        self.week = self.week + 1
        self.week_start, self.week_end = self.week_end, schedule.day_after(self.week)
        self.start_day, self.until_day = self.until_day, schedule.week_end(self.week, self.deadline_day)

    def run_model(self) -> None:
        """Run to the horizon, or until nothing can happen any more."""
        while self.running:
            self.step()

    def environment(self) -> None:
        """Nature moves first."""
        self.market.move()

    def gatekeepers(self) -> None:
        """Gatekeepers deliberate, each after those it waits for."""
        for index in self.population.gate_order:
            self.gates[index].deliberate()

    def operations(self) -> None:
        """The company works out what the week costs."""
        if self.company and self.company.alive:
            self.company.operate()

    def company_policy(self) -> None:
        """The company steers, and posts its offer."""
        if self.company and self.company.alive:
            self.company.steer()
        if self.open:
            pace = book_rules.momentum(self.booked_musd, self.terms.target_musd, self.start_day, self.deadline_day)
            rungs, waited = len(self.population.ladder_musd), book_rules.weeks_since(self.week, self.last_cut_week)
            least = self.terms.price_cut_wait_weeks
            rung = book_rules.rung_after(self.rung, rungs, pace, self.terms.price_cut_lag, waited, least)
            self._move_price(rung, "the book lags behind time")
            self.offer = offer_of(self)

    def information(self) -> None:
        """Everybody who still thinks about the round learns."""
        if self.open:
            if self.opinions_pull:
                self.opinion = self._mean_opinion()
            for investor in self.investors:
                if investor.thinks:
                    investor.learn()

    def withdrawals(self) -> None:
        """Second thoughts come before new signatures."""
        if self.open:
            for investor in self.investors:
                if investor.stage == SIGNED:
                    investor.reconsider()

    def decisions(self) -> None:
        """Everybody decides at once, having read last week's book."""
        if self.open:
            for investor in self.investors:
                if investor.stage == LOOKING:
                    investor.decide()

    def publish_book(self) -> None:
        """Publish what has been committed, and what the market thinks of it."""
        if self.open:
            outlooks = self._look_ahead()
            signed, tickets = self.stage_is(SIGNED), self.tickets()
            self.published_paid_musd = self.paid_musd  # this week's closing is next week's news
            self.booked_musd = add(self.paid_musd, money(signed, tickets))
            self.expected_musd = book_rules.expected_musd(
                signed, tickets, self.traits.fallback_musd, self.contracts, outlooks
            )
        self.hearsay.publish()

    def closing(self) -> None:
        """Compute which commitments can close together."""
        self._closing: Closing | None = None
        if self._round_is_alive() and (self.terms.weekly or self._at_the_end()):
            self._close(self._at_the_end())

    def settlement(self) -> None:
        """Call the closers; they pay for shares, or do not."""
        if self._closing is not None:
            self._settle(self._closing)
        self.narrator.look()

    def expiry(self) -> None:
        """At the deadline: extend, or let fallbacks close and the rest lapse."""
        if self.open and not self._round_is_alive():
            self._end_round(failure.CASH)
        elif self.open and self._at_the_end() and (self.week == self.terms.horizon_weeks or not self._extend()):
            links = self._broken_links()
            self._fall_back()
            self._end_round(failure.diagnose(links, self.terms.full_musd, self.paid_musd))

    def liquidity(self) -> None:
        """Bills are paid after all the money of the week is in."""
        if self.company and self.company.alive:
            self.company.pay_bills()
            if self.open and not self.company.alive:
                self._end_round(failure.CASH)

    def record(self) -> None:
        """Write the week down; stop when nothing can happen any more."""
        signed = money(self.stage_is(SIGNED), self.tickets()) if self.open else 0
        self.committed_path.append(add(self.paid_musd, signed))
        self.paid_path.append(self.paid_musd)
        self.cash_path.append(self.company.cash_musd if self.company else 0)
        watching = self.company is not None and self.company.alive
        self.running = self.week < self.terms.horizon_weeks and (self.open or watching)

    # --------------------------------------------------------------------------------------- closing and paying

    def _close(self, at_deadline: bool) -> None:
        signed, paid, book = self.stage_is(SIGNED), self.stage_is(PAID), self.book()
        if not signed.any():
            return
        if at_deadline and len(self.population.ladder_musd) > 1:
            ladder, needed = self.population.ladder_musd, self.terms.full_musd
            rung = clinching_rung(signed, paid, self.contracts, book, ladder, self.rung, needed)
            self._move_price(rung, "the last chance to reach the target")
            book = self.book()
        self._closing = Closing(*close(signed, paid, self.contracts, book, self.terms.select))
        gap = closing_gap(self._closing.greatest, self._closing.least, book.tickets, self.terms.cap_musd)
        self.gap_musd = max(self.gap_musd, gap)

    def _settle(self, closing: Closing) -> None:
        signed, paid = self.stage_is(SIGNED), self.stage_is(PAID)
        unreliable, select = self.traits.unreliable, self.terms.select
        result = rules.settle(
            closing.selected, signed, paid, unreliable, self.contracts, self.book(), select, self.round, self.traits
        )
        for index in np.flatnonzero(result[1]):
            self.investors[index].fail_to_pay()
        price = int(self.population.ladder_musd[self.rung])
        for index in np.flatnonzero(result[0]):
            amount = int(result[0][index])
            shares = rules.shares_for(amount, price)
            self.investors[index].pay(amount, shares)
            self.paid_musd = add(self.paid_musd, amount)
            self.new_shares = add(self.new_shares, shares)
            if self.company:
                self.company.receive(amount)
        if not self.closed and self.paid_musd >= self.terms.full_musd:
            self.closed, self.closed_day = True, self.until_day
            self.log("round", "reached its target", "", self.paid_musd)

    def _at_the_end(self) -> bool:
        """Whether this is the last week of the round: its deadline, or the horizon if an extension reaches beyond."""
        return bool(self.until_day == self.deadline_day or self.week == self.terms.horizon_weeks)

    def _extend(self) -> bool:
        """Grant the extension, once, if luck has it and the round needs it."""
        if self.closed or self.extended:
            return False
        if draws.uniform(self.seed, self.run, 0, 0, draws.EXTENSION, 0) >= self.terms.extension_probability:
            return False
        self.extended, old = True, self.deadline_day
        self.deadline_day = add(old, self.terms.extension_days)
        rules.extend_dates(self.contracts, old, self.deadline_day)
        self.log("round", "extended", f"to {self.case.date(self.deadline_day)}")
        return True

    def _fall_back(self) -> None:
        """Turn what failed into fallback money, and close once more over everybody."""
        signed, paid, book = self.stage_is(SIGNED), self.stage_is(PAID), self.book()
        content = paid.copy()
        needs_no_one_else(content, signed, paid, self.contracts, book)
        failed = [i for i in self.investors if i.stage == SIGNED and i.params.fallback_musd and not content[i.index]]
        for investor in failed:
            investor.fall_back()
            rules.waive(investor.index, self.contracts)
        if failed:
            self._close(at_deadline=False)
            self.settlement()

    def _broken_links(self) -> failure.Links:
        """What each link has cost the round, as it stands when the deadline comes."""
        refused = np.array([i.params.behavioural and i.appraisal.reason != 0 for i in self.investors], np.bool_)
        signed, paid, unpaid = self.stage_is(SIGNED), self.stage_is(PAID), self.stage_is(UNPAID)
        wanted = np.array([investor.ticket_musd for investor in self.investors], np.int64)
        contracts, book, terms = self.contracts, self.book(), self.round
        found = failure.broken_links(signed, paid, unpaid, refused, wanted, contracts, book, terms, self.traits)
        return with_what_is_short(failure.Links(*found), self.investors)

    def _end_round(self, cause: int) -> None:
        self.open, self.cause = False, failure.NO_CAUSE if self.closed else cause
        for investor in self.investors:
            if investor.stage in (LOOKING, SIGNED):
                investor.lapse()
        if not self.closed:
            self.log("round", "missed its target", failure.CAUSES[self.cause], self.paid_musd)

    # -------------------------------------------------------------------------------------------------- helpers

    def in_force(self, gate: int) -> bool:
        """Whether a gatekeeper's consent is in force this week; ``gate`` -1 stands for none."""
        return gate >= 0 and bool(self.gates[gate].in_force_day <= self.week_end)

    @property
    def full(self) -> bool:
        """Whether the round has taken all the money that it may take."""
        return bool(self.paid_musd >= self.terms.cap_musd)

    def announce(self, investor: Investor) -> None:
        """Let the public know of a signature next week; stated decisions reveal no belief."""
        self.new_musd = add(self.new_musd, investor.ticket_musd)
        if investor.params.behavioural:
            self.hearsay.add(investor)

    def log(self, who: str, what: str, why: str = "", amount_musd: float = 0, day: float | None = None) -> None:
        """Add an event to the story of this run."""
        when = self.until_day if day is None else day
        self.story.append(Event(when, self.case.date(when), who, what, why, self.population.bn(amount_musd)))

    tell = renamed_attribute("tell", "log")

    def _round_is_alive(self) -> bool:
        return self.open and (self.company is None or self.company.alive)

    def _move_price(self, rung: int, why: str) -> None:
        if rung != self.rung:
            self.rung, self.last_cut_week = rung, self.week
            self.log("company", "cut the price", why, self.population.ladder_musd[rung])

    def _look_ahead(self) -> Floats:
        """Chance that the market gives to each consent."""
        shared, gates = self.population, self.gates
        status = np.array([gate.status for gate in gates], np.int64)
        days = np.array([gate.in_force_day for gate in gates], np.float64)
        outlooks: Floats = look_ahead(
            shared.gate_params, shared.gate_order, shared.required, status, days, self.deadline_day, self.until_day
        )
        for gate, outlook in zip(gates, outlooks, strict=True):
            gate.outlook = float(outlook)
        return outlooks

    def _mean_opinion(self) -> float:
        """Mean belief of those who are still looking, weighted by reputation, in order of address."""
        mean, heard = 0.0, 0.0
        for investor in self.investors:
            if investor.params.behavioural and investor.stage == LOOKING and investor.params.reputation > 0.0:
                heard = add(heard, investor.params.reputation)
                mean = mean_opinion(mean, investor.mean, investor.params.reputation, heard)
        return mean

    def stage_is(self, stage: int) -> Flags:
        """Which investors are at a stage, by index."""
        return np.array([investor.stage == stage for investor in self.investors], np.bool_)

    def tickets(self) -> Integers:
        """What each investor brings: what he paid, once he has paid [USD million]."""
        return np.array([i.paid_musd if i.stage == PAID else i.ticket_musd for i in self.investors], np.int64)

    def book(self) -> Book:
        """Return the book as a closing of this week would read it."""
        return book_of(self)

    # ------------------------------------------------------------------------------------------------- results

    @property
    def trace(self) -> Trace:
        """What has happened so far, in order of time."""
        return Trace(sorted(self.story, key=lambda event: event.day))

    def result(self) -> RunResult:
        """Sum the run up."""
        return result_of(self)

    def free(self) -> None:
        """Let go of the run's memory; Mesa before 3.4 keeps every model in a table of its own."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
