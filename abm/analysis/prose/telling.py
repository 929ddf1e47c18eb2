"""Telling: the events of a run, grouped where many do the same, as sentences."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from abm.analysis.prose.phrases import (
    Names,
    capital,
    count,
    date,
    either,
    figure,
    listed,
    money,
    owned,
    when,
)
from abm.analysis.prose.sentence import Sentence
from abm.core.schedule import DAYS
from abm.runs.terms import CAUSE_WORDS
from abm.scenario.round_end import time_given

if TYPE_CHECKING:
    from abm.agents import FundingModel
    from abm.core.trace import Event
    from abm.scenario import Scenario

#: Kinds of events that a story leaves out, and why. None so far.
LEFT_OUT: dict[str, str] = {}
SHORT = "could not fund"  # how the reason begins of one who pays less for want of money of his own

_FEW = 8  # investors that are named one by one when a round opens


def sentences_of(model: FundingModel) -> list[Sentence]:
    """Tell every event of a run, in order of time.

    Parameters
    ----------
    model
        A run at its end.

    Examples
    --------
    >>> import abm
    >>> model = abm.FundingModel(abm.load_scenario("three-investors"), seed=1, run=1)
    >>> model.run_model()
    >>> print(sentences_of(model)[4].text)
    On 8 September 2025 the consent 'Conversion to a public benefit corporation' was given.
    """
    return _Teller(model).sentences()


class _Teller:
    """Knows the names of a run and what its waits were for."""

    def __init__(self, model: FundingModel) -> None:
        self.model, self.names = model, Names(model.case, model.population)
        self.trace = model.trace
        self.index_of = {name: index for index, name in enumerate(model.population.ids)}
        self.waits = {id(wait.event): wait.unmet for wait in model.narrator.waits}
        over = [event.day for event in self.trace if event.who == "round" and event.what == "missed its target"]
        self.over = min([*over, model.deadline_day])

    def sentences(self) -> list[Sentence]:
        """Every event in a sentence, in order of time."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for k, event in enumerate(self.trace):
            if event.what not in LEFT_OUT:
                groups.setdefault(self._key(k, event), []).append(k)
        return [self._sentence(places) for places in sorted(groups.values(), key=self._order)]

    def _order(self, places: list[int]) -> tuple[float, int]:
        return self.trace[places[-1]].day, places[0]

    def _sentence(self, places: list[int]) -> Sentence:
        events = [self.trace[k] for k in places]
        last, kind = events[-1], events[0].what
        wording = _TELLERS.get(kind, _anything)
        start = f"{when(events[0].date, last.date)} "
        text = start + wording(self, events)
        return Sentence(last.day, last.date, text, tuple(dict.fromkeys(e.who for e in events)), tuple(places))

    def _key(self, k: int, event: Event) -> tuple[object, ...]:
        """Events with the same key share a sentence."""
        what, week, pool = event.what, math.ceil(event.day / DAYS), self.names.pool(event.who)
        alone = ("event", k)
        if what in ("opened", "approached"):
            return ("opened",)
        if what == "finished diligence":
            return what, event.date.year, event.date.month
        if what in ("signed", "had signed"):
            return (what, week, pool) if event.why and pool else alone if event.why else (what, week)
        if what == "paid" and event.why:
            return (what, event.day, pool, "cut") if pool else alone
        if what == "waits":
            return (what, event.date, pool, event.why) if pool else alone
        if what in ("paid", "lapsed", "passed"):
            return what, event.day, event.why
        if event.who == "market" and event.day > self.over:
            return what, event.date.year
        return alone

    def parties(self, events: list[Event], verb: str) -> str:
        """Who, with ``verb`` and its money in it; of several, how much each."""
        groups = self.names.groups([event.who for event in events])
        total = f"USD {money(sum(event.amount_bn for event in events))}"
        if len(groups) == 1:
            both = " together" if len(events) > 1 and verb.endswith("{}") else ""
            return f"{groups[0][0]} {verb.format(total)}{both}"
        each = [f"{name} {figure(sum(e.amount_bn for e in events if e.who in members))}" for name, members in groups]
        return f"{count(len(events))} investors {verb.format(total)}: {listed(each)}"

    def who(self, events: list[Event]) -> str:
        """Who they are."""
        return self.names.all_of([event.who for event in events]) if len(events) > 1 else self.names.of(events[0].who)


def _opened(teller: _Teller, events: list[Event]) -> str:
    terms, company = events[0], teller.names.company
    asked = [event.who for event in events if event.what == "approached"]
    model = teller.model
    price = figure(model.population.bn(int(model.population.ladder_musd[0])))  # of the world of this run
    until = time_given(model.case, date)
    text = (
        f"{company} opened its round: USD {money(terms.amount_bn)}{until}, at USD {price} billion pre-money"
        f"{', which is assumed' if _price_is_assumed(model.case) else ''}."
    )
    if not asked:
        return text
    named = [who for who in asked if not teller.names.pool(who)]
    pools = [name for name, members in teller.names.groups(asked) if teller.names.pool(members[0])]
    some = [teller.names.of(who) for who in named] if len(named) <= _FEW else [f"{count(len(named))} by name"]
    return f"{text} {capital(_numbered(len(asked), 'investor'))} looked at it: {listed(some + pools)}."


def _price_is_assumed(scenario: Scenario) -> bool:
    """Whether nobody knows the price: the file says so, or says nothing of it."""
    return getattr(scenario.round.pre_money_bn[0], "grade", None) == "assumption"


def _had_signed(teller: _Teller, events: list[Event]) -> str:
    return f"{teller.parties(events, 'had already signed for {}')}{_condition(teller, events)}."


def _signed(teller: _Teller, events: list[Event]) -> str:
    return f"{teller.parties(events, 'signed for {}')}{_condition(teller, events)}."


def _condition(teller: _Teller, events: list[Event]) -> str:
    if not events[0].why:
        return ""
    asked = [teller.model.narrator.asked[teller.index_of[event.who]] for event in events]
    words = list(dict.fromkeys(either([teller.names.asks(n) for n in clause] for clause in own) for own in asked))
    return f", on condition that {words[0]}" if len(words) == 1 else f", on conditions: {'; '.join(words)}"


def _waits(teller: _Teller, events: list[Event]) -> str:
    total = f"USD {money(sum(event.amount_bn for event in events))}"
    alone = len(events) == 1 and not teller.names.pool(events[0].who)
    whose = f"{owned(teller.who(events))} {total}" if alone else f"the {total} of {teller.who(events)}"
    unmet = teller.waits[id(events[0])]
    if not unmet:
        rest = events[0].why.removeprefix("for ")
        only = "only for the closing" if rest == "the closing alone" else f"for {rest}"
        return f"{whose} had all that was asked for, and waited {only}."
    return f"{whose} waited for {either([teller.names.lacks(need) for need in clause] for clause in unmet)}."


def _paid(teller: _Teller, events: list[Event]) -> str:
    why = events[0].why
    if why.startswith(SHORT):  # of his own money, not of room
        return f"{teller.parties(events, 'paid {}')} and could fund no more of what was signed."
    cut = f", {why}" if len(events) == 1 else ", cut back"
    return f"{teller.parties(events, 'paid {}')}{f'{cut} because no more room was left' if why else ''}."


def _fell_back(teller: _Teller, events: list[Event]) -> str:
    full, kept = float(events[0].why.rpartition(" ")[2]), events[0].amount_bn
    return f"{teller.who(events)} fell back from USD {figure(full)} to {money(kept)}: its conditions had failed."


def _lapsed(teller: _Teller, events: list[Event]) -> str:
    why = ", because no room was left" if events[0].why == "no room was left" else ", signed but never closed"
    return f"{teller.parties(events, 'saw {} lapse' + why)}."


def _passed(teller: _Teller, events: list[Event]) -> str:
    why = {
        "wants none at this price": "nobody of them wanted any at this price",
        "wants less than his minimum ticket": "they wanted less than their minimum ticket",
    }.get(events[0].why, "they were never persuaded")
    if len(events) == 1:
        why = why.replace("nobody of them wanted any", "it wanted none").replace("they were", "it was")
        why = why.replace("they", "it").replace("their", "its")
    return f"{teller.who(events)} passed: {why}."


def _shock(teller: _Teller, events: list[Event]) -> str:
    sizes = [event.why.removesuffix(" of value").replace("%", " %") for event in events]
    return f"{_numbered(len(events), 'competitor shock')} moved {owned(teller.names.company)} value by {listed(sizes)}."


def _consented(teller: _Teller, events: list[Event]) -> str:
    later = f"; it is {events[0].why}" if events[0].why else ""
    return f"{teller.names.consent(events[0].who)} was given{later}."


def _anything(teller: _Teller, events: list[Event]) -> str:
    """Tell what nobody has put into words: an event of an agent class of one's own."""
    event = events[0]
    amount = f" (USD {money(event.amount_bn)})" if event.amount_bn else ""
    why = f": {event.why}" if event.why else ""
    return f"{teller.who(events)} {event.what}{amount}{why}."


def _company(words: str) -> Callable[[_Teller, list[Event]], str]:
    """Sentence with the company's name, the amount and the reason put in."""

    def wording(teller: _Teller, events: list[Event]) -> str:
        event, model = events[0], teller.model
        late = event.what != "defaulted" and model.company is not None and event.day > model.company.default_day
        text = words.format(teller.names.company, f"USD {money(event.amount_bn)}", event.why)
        return f"{text}{', after it had defaulted' if late else ''}."

    return wording


def _numbered(number: int, thing: str) -> str:
    return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}" if number == 1 else f"{count(number)} {thing}s"


_TELLERS: dict[str, Callable[[_Teller, list[Event]], str]] = {
    "opened": _opened,
    "had signed": _had_signed,
    "finished diligence": lambda teller, events: f"{teller.who(events)} finished diligence.",
    "signed": _signed,
    "waits": _waits,
    "withdrew": lambda teller, events: teller.parties(events, "had second thoughts and took {} back") + ".",
    "paid": _paid,
    "fell short": lambda teller, events: teller.parties(events, "could fund no more of its ticket than {}") + ".",
    "recovered": lambda teller, events: teller.parties(events, "could fund all of its {} again") + ".",
    "did not pay": lambda teller, events: teller.parties(events, "was called and did not pay its {}") + ".",
    "fell back": _fell_back,
    "lapsed": _lapsed,
    "passed": _passed,
    "consented": _consented,
    "blocked": lambda teller, events: f"{teller.names.consent(events[0].who)} was refused for good.",
    "competitor shock": _shock,
    "poaching campaign": lambda teller, events: (
        f"{_numbered(len(events), 'poaching campaign')} began: rivals hired {owned(teller.names.company)} people."
    ),
    "cut the price": _company("{0} cut its price to {1} pre-money: {2}"),
    "began to cut costs": _company("{0} began to cut its costs, with {2}"),
    "deferred bills": _company("{0} let suppliers wait for the first time, for {1}"),
    "used up its suppliers' credit": _company("{0} had used up its suppliers' credit, {1}"),
    "drew on the bridge": _company("{0} drew on its bridge for the first time, {1}"),
    "used up the bridge": _company("{0} had drawn the whole bridge, {1}"),
    "claimed back": _company("{1} was claimed back from {0}, because {2}"),
    "raised later money": _company("{0} raised {1} in a later round"),
    "failed to raise": _company("{0} failed to raise {1} in a later round"),
    "filed for a listing": _company("{0} filed for a listing that was to raise {1}"),
    "listed its shares": _company("{0} listed its shares and raised {1}"),
    "withdrew its listing": _company("{0} withdrew its listing: {2}"),
    "could not list": _company("{0} could not list its shares: {2}"),
    "defaulted": _company("{0} defaulted: {2}"),
    "extended": lambda teller, events: f"the round was extended {_until(events[0].why)}.",
    "reached its target": _company("{0} had reached its target: {1} had been paid"),
    "missed its target": lambda teller, events: (
        f"{owned(teller.names.company)} round missed its target with {_sum(events[0].amount_bn)} paid,"
        f" first of all because {CAUSE_WORDS[events[0].why]}."
    ),
}


def _sum(bn: float) -> str:
    return f"USD {money(bn)}" if bn else "nothing"


def _until(why: str) -> str:
    return f"to {date(dt.date.fromisoformat(why.removeprefix('to ')))}"
