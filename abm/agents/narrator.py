"""The narrator: tells how a round opens, what a signature asks for, and whom the money waits for."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from abm.core.plain import plain
from abm.core.records import PAID, SIGNED, UNPAID, Record
from abm.core.trace import Event
from abm.rules.closing import Closing, close, money
from abm.rules.conditions import (
    CONDITIONS,
    MAX_POST_MONEY,
    MIN_OWN_SHARE,
    TOTAL,
    Book,
    ConditionKind,
    money_against,
    money_with,
)
from abm.rules.sums import add
from abm.scenario.fields import KINDS

if TYPE_CHECKING:
    from abm.agents.host import Host
    from abm.agents.investor import Investor

_KINDS = tuple(CONDITIONS.values())
_RIGHTS = (MIN_OWN_SHARE, MAX_POST_MONEY)  # met by cutting back, unless they are read literally (C7.2)
_FEW = 4  # names in a list that is still read


class Need(NamedTuple):
    """One thing that a signature asks for, and how it stood at a closing."""

    kind: str  #: key of the condition in a scenario file, or ``minimum_close_bn``
    who: tuple[str, ...]  #: ids of the gatekeeper, the investors, or the kind of investor
    wanted: float  #: USD billion, a count, a share, or log-points of sentiment
    there: float  #: the same, as it stood; NaN where it was not looked at
    met: bool
    by: str  #: the date by which a consent must be in force, or nothing
    before: float = 0.0  #: of a total: the money paid before as_of that counts in it [USD billion]

    @property
    def words(self) -> str:
        """What is asked for, in ids."""
        if self.kind not in CONDITIONS:
            return f"the least closing of {plain(self.wanted)} bn"
        return CONDITIONS[self.kind].words(_listed(self.who), self.wanted, self.by)

    @property
    def missing(self) -> str:
        """What is asked for, and how much of it is there."""
        counted = self.kind in ("total_bn", "any_of", "kind", "minimum_close_bn") or (self.there and self.wanted)
        return f"{self.words} ({plain(self.there)} there)" if counted and not math.isnan(self.there) else self.words


class Wait(NamedTuple):
    """A change in what signed money waits for: OR of ANDs of what is not met; empty once all of it is."""

    event: Event
    investor: int  # by index
    unmet: tuple[tuple[Need, ...], ...]


Clauses = tuple[tuple[Need, ...], ...]


class Standing(NamedTuple):
    """A conditional signature as a closing saw it last."""

    day: float
    ticket_musd: int
    clauses: Clauses


class Narrator:
    """Reads the model and adds to its story; it changes nothing else.

    Parameters
    ----------
    model
        With its investors.
    """

    def __init__(self, model: Host) -> None:
        self.model = model
        self.asked: dict[int, Clauses] = {}  # what signatures ask for
        self.standings: dict[int, Standing] = {}  # of everybody who signed on conditions
        self.waits: list[Wait] = []
        self._logged: dict[int, frozenset[Any]] = {}
        self._moody: set[int] = set()
        self._bound = self._bound_by()
        terms = model.terms
        price, until = model.population.bn(int(model.population.ladder_musd[0])), model.case.date(model.deadline_day)
        model.log("round", "opened", f"until {until}, at {plain(price)} bn pre-money", terms.target_musd)
        for investor in model.investors:
            if investor.stage == SIGNED:
                model.log(investor.id, "had signed", self.conditions(investor.index), investor.ticket_musd)
            else:
                model.log(investor.id, "approached")

    def conditions(self, index: int) -> str:
        """Say what an investor asks for before he pays; nothing where he asks for nothing."""
        if index not in self._bound:
            return ""
        asked = tuple(tuple(self._need(a, math.nan, False) for a in atoms) for atoms in self._bound[index])
        self.asked[index] = asked
        return f"if {', or '.join(' and '.join(need.words for need in clause) for clause in asked)}"

    def look(self) -> None:
        """After a closing: log signed money whose unmet conditions are no longer the same."""
        model = self.model
        here = [i for i in model.investors if i.index in self._bound and i.stage in (SIGNED, PAID, UNPAID)]
        if not model.open or not here:
            return
        signed, paid, book = model.stage_is(SIGNED), model.stage_is(PAID), model.book()
        closing = Closing(*close(signed, paid, model.contracts, book, model.terms.select))
        short = self._below_the_minimum(money(closing.selected, book.tickets))
        for investor in here:
            clauses = tuple(
                tuple(self._seen(a, investor.index, book) for a in atoms) for atoms in self._bound[investor.index]
            )
            self.standings[investor.index] = Standing(model.until_day, investor.ticket_musd, clauses)
            if investor.stage != SIGNED:
                del self._bound[investor.index]
            else:
                open_ends = _unmet(clauses)
                self._log_wait(investor, open_ends if open_ends or not closing.selected[investor.index] else short)

    def release(self, index: int) -> None:
        """Forget the conditions of one who has given them up."""
        self._bound.pop(index, None)

    def _log_wait(self, investor: Investor, unmet: Clauses) -> None:
        """Log a change; sentiment comes and goes, so an investor's wait for it is logged once."""
        moody = any(need.kind == "min_sentiment" for clause in unmet for need in clause)
        steady = frozenset(
            (k, need[:3]) for k, clause in enumerate(unmet) for need in clause if need.kind != "min_sentiment"
        )
        news = steady != self._logged.get(investor.index, frozenset()) or (moody and investor.index not in self._moody)
        self._logged[investor.index] = steady
        if moody:
            self._moody.add(investor.index)
        if news:
            clauses = [" and ".join(need.missing for need in clause) for clause in unmet]
            rest = "room in the round" if self.model.full else "the closing alone"
            words = f"for {', or '.join(clauses) or rest}"
            self.model.log(investor.id, "waits", words, investor.ticket_musd)
            self.waits.append(Wait(self.model.story[-1], investor.index, unmet))

    def _below_the_minimum(self, closing_musd: int) -> Clauses:
        terms = self.model.terms
        if closing_musd >= terms.minimum_close_musd or not terms.weekly:
            return ()
        wanted, there = (self.model.population.bn(int(units)) for units in (terms.minimum_close_musd, closing_musd))
        return ((Need("minimum_close_bn", (), wanted, there, False, ""),),)

    def _bound_by(self) -> dict[int, list[list[int]]]:
        """Places of the conditions of everybody who has any; a total of nothing is none."""
        atoms, clauses, investors, _ = self.model.contracts
        asks = [kind != TOTAL or amount > 0 for kind, amount in zip(atoms["kind"], atoms["amount_musd"], strict=True)]
        spans = [[a for a in range(*span) if asks[a]] for span in pairwise(clauses.tolist())]
        owned = [spans[first:last] for first, last in pairwise(investors.tolist())]
        return {index: own for index, own in enumerate(owned) if own and all(own)}

    def _seen(self, a: int, index: int, book: Book) -> Need:
        """Look at one condition as a closing sees it; allocation rights are no conditions of membership."""
        atom = self.model.contracts.atoms[a]
        waived = atom.kind in _RIGHTS and not book.facts.literal
        return self._need(a, self._there(atom, index, book), waived or bool(_KINDS[atom.kind].holds(atom, index, book)))

    def _need(self, a: int, there: float, met: bool) -> Need:
        atom, model = self.model.contracts.atoms[a], self.model
        kind = _KINDS[atom.kind]
        fields = [key.field for key in kind.keys.values()]
        wanted = model.population.bn(int(atom.amount_musd))
        if "level" in fields or "count" in fields:
            wanted = float(atom.level if "level" in fields else atom.count)
        dated = "by_day" in fields and atom.by_day < math.inf
        by = f"{model.case.date(atom.by_day)}" if dated else ""
        counted = model.terms.already_closed_musd if kind.name == "total_bn" and atom.count_closed else 0
        return Need(kind.name, self._named(kind, atom), wanted, there, met, by, model.population.bn(int(counted)))

    def _named(self, kind: ConditionKind, atom: Record) -> tuple[str, ...]:
        """Ids that a condition names."""
        shared = self.model.population
        lists = {"gate": shared.gate_ids, "investor": shared.ids, "kind": KINDS}
        for key in kind.keys.values():
            if key.type == "investors":
                return tuple(shared.ids[k] for k in self.model.contracts.members[atom.first : atom.last])
            if key.type in lists:
                return (lists[key.type][atom.ref],)
        return ()

    def _there(self, atom: Record, index: int, book: Book) -> float:
        """How much of what is asked for is there, with his own ticket where that counts."""
        facts, name, bn = book.facts, _KINDS[atom.kind].name, self.model.population.bn
        if name == "total_bn":
            base = facts.already_closed_musd if atom.count_closed else 0
            return bn(int(add(base, money_with(index, book, atom.count_own))))
        if name == "investor":
            return bn(int(book.tickets[atom.ref])) if book.inside[atom.ref] else 0.0
        if name == "any_of":
            return float(len([k for k in book.members[atom.first : atom.last] if book.inside[k] or k == index]))
        if name == "kind":
            mine = book.kinds[index] == atom.ref and not book.inside[index]
            return bn(int(add(book.kind_musd[atom.ref], book.tickets[index] if mine else 0)))
        if name == "max_pre_money_bn":
            return bn(int(facts.pre_money_musd))
        if name == "max_post_money_bn":
            before = add(facts.pre_money_musd, facts.already_closed_musd)
            return bn(int(add(before, money_against(index, book))))
        return float(facts.sentiment) if name == "min_sentiment" else math.nan


class Silence:
    """Stands in for a :class:`Narrator` where nobody reads the story: looking costs a closing every week."""

    def __init__(self) -> None:
        self.asked: dict[int, Clauses] = {}
        self.standings: dict[int, Standing] = {}
        self.waits: list[Wait] = []

    def conditions(self, index: int) -> str:
        """Say nothing."""
        return ""

    def look(self) -> None:
        """Look at nothing."""

    def release(self, index: int) -> None:
        """Forget nothing, having known nothing."""


def _unmet(clauses: Clauses) -> Clauses:
    """What is missing, clause by clause; nothing where one clause holds."""
    missing = tuple(tuple(need for need in clause if not need.met) for clause in clauses)
    return missing if all(missing) else ()


def _listed(who: tuple[str, ...]) -> str:
    return ", ".join(who) if len(who) <= _FEW else f"{len(who)} investors"
