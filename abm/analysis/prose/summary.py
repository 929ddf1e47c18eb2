"""Summary: what a run came to, and what bound at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abm.analysis.prose.phrases import Names, capital, count, date, either, figure, listed, money, owned
from abm.analysis.prose.sentence import Sentence
from abm.analysis.prose.waiting import Waiting
from abm.core.records import UNPAID, WITHDRAWN
from abm.rules.failure import CAUSES
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.round_end import DEADLINE, last_day

if TYPE_CHECKING:
    from abm.agents import FundingModel

_MOST = 5  # investors that a summary names

_REPAIRS = {
    "settlement": "if everybody who was called had paid",
    "gate": "if every consent had been in force",
    "coordination": "if all had signed together",
    "lead": "if the lead had signed",
    "price": "if the price had suited everybody",
    "market": "if the market had held",
    "stake": "if no stake and no post-money had been limited",
    "rival": "if nobody had stayed out because of a rival",
}


@dataclass(frozen=True)
class Figures:
    """Numbers of a run that its summary tells [USD billion]; those of cash are None where there is no company."""

    target_bn: float
    paid_bn: float
    least_bn: float  #: that a closing of this run had to reach; 0 where any amount could close
    cash_start_bn: float | None
    cash_least_bn: float | None
    cash_end_bn: float | None
    owed_end_bn: float | None  #: to the lenders of the bridge and to suppliers


def figures_of(model: FundingModel) -> Figures:
    """Return what was wanted, what was paid, and the company's cash.

    Examples
    --------
    >>> import abm
    >>> model = abm.FundingModel(abm.load_scenario("mutual-conditions"), seed=1, run=0)
    >>> model.run_model()
    >>> figures_of(model).paid_bn
    33.0
    """
    bn, company = model.population.bn, model.company
    target, paid = bn(int(model.terms.target_musd)), bn(int(model.paid_musd))
    minimum = bn(int(model.round.minimum_close_musd))
    if company is None:
        return Figures(target, paid, minimum, None, None, None, None)
    levels = (company.firm.cash_musd, company.least_cash_musd, company.cash_musd)
    start, least, end = (bn(int(level)) for level in levels)
    return Figures(target, paid, minimum, start, least, end, bn(int(company.bridge_musd + company.vendor_musd)))


def summary_of(model: FundingModel, binding: dict[str, float], waiting: Waiting) -> list[Sentence]:
    """Sum a run up: the money, the ending, what held money out to the end, the company's cash.

    Parameters
    ----------
    model
        A run at its end.
    binding
        What each broken link cost, by cause [USD billion].
    waiting
        Who waited for whom.
    """
    return _Summary(model, binding, waiting).sentences()


class _Summary:
    def __init__(self, model: FundingModel, binding: dict[str, float], waiting: Waiting) -> None:
        self.model, self.binding, self.waiting = model, binding, waiting
        self.names, self.trace, self.figures = Names(model.case, model.population), model.trace, figures_of(model)

    def sentences(self) -> list[Sentence]:
        """The money, the ending, what was held out, the cash."""
        sentences = [self._paid(), self._ending(), *self._held_out(), *self._circles()]
        company = self.model.case.company
        return [*sentences, self._cash()] if company is not None and company.spends else sentences

    def _say(self, text: str, places: list[int], who: tuple[str, ...] = ()) -> Sentence:
        last = self.trace[-1]
        return Sentence(last.day, last.date, text, who, tuple(places), closing=True)

    def _places(self, *what: str, who: tuple[str, ...] | None = None) -> list[int]:
        return [k for k, e in enumerate(self.trace) if e.what in what and (who is None or e.who in who)]

    def _paid(self) -> Sentence:
        amounts: dict[str, float] = {}
        for k in self._places("paid"):
            amounts[self.trace[k].who] = amounts.get(self.trace[k].who, 0.0) + self.trace[k].amount_bn
        named = self.names.groups(list(amounts))
        groups = [(sum(amounts[investor] for investor in set(ids)), name, ids) for name, ids in named]
        groups.sort(key=lambda group: -group[0])
        most = _MOST if len(groups) > _MOST + 1 else _MOST + 1  # one more is named rather than counted
        each = [f"{name} {figure(bn)}" for bn, name, _ in groups[:most]]
        if rest := groups[most:]:
            each.append(f"{count(sum(len(ids) for *_, ids in rest))} others {figure(sum(bn for bn, *_ in rest))}")
        text = f"{self._of_the_target()}: {listed(each)}." if each else f"{self._of_the_target()}."
        return self._say(text, self._places("opened", "paid"), tuple(amounts))

    def _of_the_target(self) -> str:
        """Say how much of what was wanted was paid."""
        paid, target = self.figures.paid_bn, f"USD {money(self.figures.target_bn)}"
        if paid > self.figures.target_bn:
            return f"USD {money(paid)} was paid, more than the {target} wanted"
        part = "Nothing" if not paid else "All" if paid == self.figures.target_bn else f"USD {money(paid)}"
        return f"{part} of the {target} wanted was paid"

    def _ending(self) -> Sentence:
        model = self.model
        if model.closed:
            text = f"The round closed on {date(model.case.date(model.closed_day))}{self._wanted()}."
            return self._say(text, self._places("reached its target"), ("round",))
        text = f"The round failed, first of all because {CAUSE_WORDS[CAUSES[model.cause]]}."
        repairs = sorted(self.binding.items(), key=lambda repair: -repair[1])
        if repairs:
            each = [f"USD {money(bn)} {_REPAIRS[cause]}" for cause, bn in repairs]
            text += f" {self._of_repairs(repairs[0][1])}: {listed(each, 'or')}."
        return self._say(text, self._places("missed its target"), ("round",))

    def _wanted(self) -> str:
        """When it was wanted, and its deadline where it had one."""
        model, terms = self.model, self.model.case.round
        parts = [f"it was wanted by {date(terms.due)}"] if terms.due is not None else []
        if last_day(model.case) is DEADLINE:
            parts.append(f"its deadline was {date(model.case.date(model.deadline_day))}")
        return f"; {listed(parts)}" if parts else ""

    def _of_repairs(self, most_bn: float) -> str:
        """What the repairs that follow would have done: brought money, or brought only nearer to the least closing."""
        least = self.figures.least_bn
        if self.figures.paid_bn + most_bn < least:
            wanted = f"A closing needed USD {money(least)}, which no repair alone would have reached"
            return f"{wanted}; nearer would have come"
        return "One repair alone would have brought more"

    def _held_out(self) -> list[Sentence]:
        """Tell on what the signed money hung that was kept out to the end, the largest first."""
        model, hung = self.model, dict[tuple[str, str], list[int]]()
        for index, standing in model.narrator.standings.items():
            gone = model.investors[index].stage in (WITHDRAWN, UNPAID)
            if gone or any(all(need.met for need in clause) for clause in standing.clauses):
                continue
            unmet = [[self.names.lacks(need) for need in clause if not need.met] for clause in standing.clauses]
            investor = model.population.ids[index]
            hung.setdefault((self.names.pool(investor) or investor, either(unmet)), []).append(index)
        sentences = []
        for (_, words), indices in sorted(hung.items(), key=lambda item: -self._money(item[1]))[:_MOST]:
            ids = tuple(model.population.ids[index] for index in indices)
            total, who = f"USD {money(self._money(indices))}", self.names.all_of(ids)
            whose = f"the {total} of {who}" if self.names.pool(ids[0]) else f"{owned(who)} {total}"
            sentences.append(self._say(f"To the end, {whose} hung on {words}.", self._places("waits", who=ids), ids))
        return sentences

    def _money(self, indices: list[int]) -> float:
        return self.model.population.bn(sum(self.model.narrator.standings[index].ticket_musd for index in indices))

    def _circles(self) -> list[Sentence]:
        sentences = []
        for ids in self.waiting.circles(binding=True):
            total = money(sum(node.bn for node in self.waiting.nodes if node.id in ids))
            text = f"{self.names.all_of(ids)} waited for each other, with USD {total}."
            sentences.append(self._say(capital(text), self._places("waits", who=ids), ids))
        return sentences

    def _cash(self) -> Sentence:
        company, figures = self.model.company, self.figures
        assert company is not None
        name = self.names.company
        text = f"{capital(name)} began with USD {money(figures.cash_start_bn or 0.0)} of cash"
        places = [k for k, event in enumerate(self.trace) if event.who == "company"] or self._places("opened")
        if not company.alive:
            day = date(self.model.case.date(company.default_day))
            return self._say(f"{text} and defaulted on {day}.", places, ("company",))
        end = date(self.model.case.date(self.model.week_end))
        least, last = _left(figures.cash_least_bn), _left(figures.cash_end_bn)
        owed = f", with USD {money(figures.owed_end_bn)} owed to lenders and suppliers" if figures.owed_end_bn else ""
        return self._say(f"{text}; the least it had was {least}; on {end} it had {last}{owed}.", places, ("company",))


def _left(cash_bn: float | None) -> str:
    return f"USD {money(cash_bn)}" if cash_bn else "nothing"
