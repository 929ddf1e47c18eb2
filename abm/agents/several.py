"""Several companies: the readable models of one run of a market, week by week, and the investors that they share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from abm.agents.investor import Investor
from abm.agents.model import FundingModel
from abm.core import schedule
from abm.core.arguments import checked
from abm.core.records import LOOKING, Record
from abm.core.trace import Event, Trace
from abm.population import Population, population_of
from abm.population.seats import seats_of
from abm.rules import purse
from abm.rules.sums import add
from abm.scenario.market_file import FundingMarket, load_market


class SharedSeat:
    """A shared investor in one company: what he brings to it in a week, and what he has tied up there."""

    def __init__(self, model: FundingModel, record: Record) -> None:
        self.model, self.record = model, record
        self.investor: Investor = model.investors[record.index]
        self.powder_musd = int(self.investor.traits.dry_powder_musd)  # what his file gives him for this company
        self.stated_musd = int(self.investor.traits.stated_musd)
        self.tied = 0  # in units of the market

    @property
    def looks(self) -> bool:
        """Whether he may still sign."""
        return self.model.open and self.investor.stage == LOOKING

    @property
    def studies(self) -> bool:
        """Whether he has yet to finish his diligence, which takes a slot a week."""
        params = self.investor.params
        return bool(params.behavioural and not params.in_the_end and not self.investor.diligence_done)

    def bring(self, elsewhere: int, used: int) -> int:
        """Bring what other companies have left of his purse and his week; how many slots he uses here.

        Parameters
        ----------
        elsewhere
            What he has tied up in other companies [units of the market].
        used
            Slots of this week that are gone [-].
        """
        record, model = self.record, self.model
        left = int(purse.left_here(record.purse, elsewhere, record.scale))
        self._set("dry_powder_musd", min(self.powder_musd, left))
        self._set("stated_musd", min(self.stated_musd, left))
        bound = purse.is_bound(record.exclusive, elsewhere, model.week_start, record.until_day)
        away = purse.stays_away(bound, left, self.investor.params.min_ticket_musd)
        slots = 1 if self.studies and not away else 0
        if slots and used >= record.slots:
            away, slots = True, 0
        self.investor.away = bool(away)
        if away:
            self._let_time_pass()
        return slots

    def _let_time_pass(self) -> None:
        """Put off by a week what he would have done in this one."""
        who = self.investor
        who.due_day = purse.due_after(who.due_day)
        self._set(
            "diligence_day",
            purse.diligence_after(who.params.diligence_day, who.diligence_done, self.model.until_day),
        )

    def _set(self, trait: str, value: float) -> None:
        setattr(self.investor.traits, trait, value)
        setattr(self.investor.params, trait, value)

    def settle(self) -> None:
        """Write down what he has tied up here."""
        who, record = self.investor, self.record
        self.tied = int(purse.sums_up(purse.tied_up(who.stage, who.ticket_musd, who.paid_musd), record.scale))


class MarketModel:
    """Exactly one run of a market: every company's :class:`abm.FundingModel`, in one another's company.

    Parameters
    ----------
    market
        A market, a packaged id, or the path of a file.
    seed, run
        The run's key, 0 to 2**32 - 1 each.
    narrate
        Whether the stories say what signatures ask for and wait for; mass runs do without, which is faster.
    central
        Whether numbers with a range keep their values.
    prepared
        The population of each company in this run, if it is known.

    Attributes
    ----------
    models
        The model of each company, by its id.
    seats
        The shared investors, one for each company that they are in.
    tied
        What each shared investor has tied up in each company [units of the market]; :attr:`seats` have it.

    Examples
    --------
    >>> model = MarketModel("ai-race-2025", seed=1, run=3)
    >>> model.run_model()
    >>> sorted(model.models)
    ['anthropic', 'openai', 'xai']
    """

    @checked
    def __init__(
        self,
        market: FundingMarket | str | Path,
        seed: int = 0,
        run: int = 0,
        *,
        narrate: bool = True,
        central: bool = False,
        prepared: Sequence[Population] | None = None,
    ) -> None:
        self.market, self.seed, self.run, self.week = load_market(market), int(seed), int(run), 0
        self.models: dict[str, FundingModel] = {}
        seeds = self.market.seeds(self.seed)
        for c, (name, scenario) in enumerate(self.market.scenarios.items()):
            own = prepared[c] if prepared else population_of(scenario, seeds[name], self.run, central)
            keys, weights = self.market.moods(self.seed, name)
            moved = own._replace(mood_seeds=keys, mood_weights=weights)
            self.models[name] = FundingModel(scenario, seeds[name], self.run, prepared=moved, narrate=narrate)
        self._models = list(self.models.values())
        records = seats_of(self.market, [model.population for model in self._models]).seats
        self.seats = [SharedSeat(self._models[record.company], record) for record in records]
        for seat in self.seats:
            seat.settle()

    @property
    def running(self) -> bool:
        """Whether anything can still happen in any company."""
        return any(model.running for model in self._models)

    def step(self) -> None:
        """Let a week pass: one company after another, another one first every week."""
        self.week = self.week + 1
        used = dict.fromkeys(range(len(self.market.shared)), 0)
        for position in range(len(self._models)):
            company = purse.turn(self.week, position, len(self._models))
            if self._models[company].running:
                self._act(company, used)

    def run_model(self) -> None:
        """Run until nothing can happen any more in any company."""
        while self.running:
            self.step()

    def _act(self, company: int, used: dict[int, int]) -> None:
        """Let a company's week pass, with what its shared investors bring to it."""
        model = self._models[company]
        here = [seat for seat in self.seats if seat.record.company == company]
        model.begin_week()
        for seat in here:
            if seat.looks:
                whose = seat.record.shared
                used[whose] = add(used[whose], seat.bring(self._elsewhere(seat), used[whose]))
        for phase in schedule.PHASES:
            getattr(model, phase)()
        for seat in here:
            seat.settle()

    def _elsewhere(self, seat: SharedSeat) -> int:
        """What a shared investor has tied up in other companies [units of the market]."""
        total = 0
        for other in self.seats:
            if other is not seat and other.record.shared == seat.record.shared:
                total = add(total, other.tied)
        return total

    @property
    def trace(self) -> Trace:
        """What has happened so far in all companies, in order of time; who it happened to stands after his company."""
        told = [
            Event(event.day, event.date, f"{name}: {event.who}", event.what, event.why, event.amount_bn)
            for name, model in self.models.items()
            for event in model.story
        ]
        return Trace(sorted(told, key=lambda event: event.day))

    def free(self) -> None:
        """Let go of the run's memory."""
        for model in self._models:
            model.free()
