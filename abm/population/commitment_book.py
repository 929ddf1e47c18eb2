"""The closing on its own: which of a list of conditional commitments can close together."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from abm.core.errors import Fault, ScenarioError
from abm.core.records import ROUND, TRAITS, Integers
from abm.population.contracts import flatten, musd, new_book, new_record, new_records
from abm.rules.clauses import Contracts
from abm.rules.closing import SELECT, Closing, close, closing_gap, money
from abm.rules.conditions import FACTS
from abm.rules.settlement import settle
from abm.scenario import fault_from
from abm.scenario.condition_fields import Conditions
from abm.scenario.dates import is_date
from abm.scenario.fields import KINDS, Flag, Id, Kind, Knob, Section, did_you_mean
from abm.scenario.money import asked_for, times, units_for


class Commitment(Section):
    """A signed commitment: how much, and on what conditions."""

    id: Id
    ticket_bn: Annotated[float, Knob("USD billion", 0.000001, 10_000, "What he commits")]
    kind: Kind = "crossover"
    role: Literal["lead", "follower"] = "follower"
    paid: Flag = False
    conditions: Conditions = ()
    min_ticket_bn: Annotated[float, Knob("USD billion", 0, 1_000, "Below this he takes no allocation")] = 0.0
    priority: Annotated[float, Knob("-", 0, 100, "Rank in rationing, after the lead", whole=True)] = 0
    pro_rata_share: Annotated[float, Knob("-", 0, 1, "Right to this share of the money taken")] = 0.0


class BookClosing(NamedTuple):
    """Which commitments close, with the two extremes between which any closing lies."""

    closers: tuple[str, ...]  #: who closes now
    allocated_bn: dict[str, float]  #: what each of them pays, after rationing [USD billion]
    total_bn: float  #: what is paid now [USD billion]
    greatest: tuple[str, ...]  #: who could close if all signed in escrow and closed at once
    least: tuple[str, ...]  #: who would close if nobody moved before his own condition is met
    gap_bn: float  #: what closing at once is worth [USD billion]
    barred: tuple[str, ...]  #: left out although their conditions would now hold (only with `without` and the like)


class _Counted(NamedTuple):
    """The commitments in one unit of money."""

    contracts: Contracts
    tickets: Integers
    traits: Any


class CommitmentBook:
    """Commitments read once, to be closed as often as one likes: at other prices, caps and consents.

    Parameters
    ----------
    commitments, gates
        As in :func:`close_book`.

    Raises
    ------
    ScenarioError
        With every fault of the commitments.

    Examples
    --------
    >>> book = CommitmentBook([{"id": "a", "ticket_bn": 3.0, "conditions": [[{"max_pre_money_bn": 200.0}]]}])
    >>> book.close(pre_money_bn=260.0).total_bn, book.close(pre_money_bn=180.0).total_bn
    (0.0, 3.0)
    """

    def __init__(
        self, commitments: Sequence[Mapping[str, Any]], gates: Mapping[str, bool | dt.date] | None = None
    ) -> None:
        if gates is not None and not isinstance(gates, Mapping):
            raise ScenarioError("commitments", [Fault("gates", "expected a table of gates", repr(gates))])
        self._given = dict(gates or {})
        parsed = _parse(commitments, self._given)
        self.ids = tuple(c.id for c in parsed)
        n = len(parsed)
        self._parsed, self._counted = parsed, dict[int, _Counted]()
        amounts = (amount for c in parsed for amount in (c.ticket_bn, c.min_ticket_bn, *asked_for(c.conditions)))
        self._units = units_for(amounts)
        self._kinds = np.array([KINDS.index(c.kind) for c in parsed], np.int64)
        self._paid = np.array([c.paid for c in parsed], np.bool_)
        self._zeros = np.zeros(n, np.bool_)

    def _count(self, units: int) -> _Counted:
        """Commitments as arrays, in units of a billion dollars."""
        if units not in self._counted:
            parsed = [times(c, units / 1000) for c in self._parsed]
            contracts = flatten([c.conditions for c in parsed], self.ids, tuple(self._given), _ordinal)
            rows = [
                {
                    "lead": c.role == "lead",
                    "priority": int(c.priority),
                    "min_ticket_musd": musd(c.min_ticket_bn),
                    "pro_rata_share": c.pro_rata_share,
                }
                for c in parsed
            ]
            # plain arrays: the attribute access of records costs more than the closing itself
            atoms: Any = np.asarray(contracts.atoms).view(np.ndarray)
            traits: Any = np.asarray(new_records(TRAITS, rows)).view(np.ndarray)
            tickets = np.array([musd(c.ticket_bn) for c in parsed], np.int64)
            self._counted[units] = _Counted(contracts._replace(atoms=atoms), tickets, traits)
        return self._counted[units]

    def close(
        self,
        *,
        gates: Mapping[str, bool | dt.date] | None = None,
        base_bn: float = 0.0,
        cap_bn: float | None = None,
        select: Literal["greatest", "least", "elimination"] = "greatest",
        pre_money_bn: float = 1.0,
        sentiment: float = 0.0,
        on: dt.date | None = None,
    ) -> BookClosing:
        """Find out which of the commitments can close together; arguments as in :func:`close_book`."""
        standing = self._given if gates is None else {**self._given, **gates}
        beside = {"base_bn": base_bn, "cap_bn": cap_bn, "pre_money_bn": pre_money_bn, "sentiment": sentiment, "on": on}
        faults = [*_faults_of_gates(standing, self._given), *_faults_beside(beside)]
        if select not in SELECT:
            faults.append(Fault("select", f"expected one of {', '.join(SELECT)}", repr(select)))
        if faults:
            raise ScenarioError("commitments", faults)
        units = max(self._units, units_for([base_bn, pre_money_bn, cap_bn or 0.0]))
        contracts, tickets, traits = self._count(units)
        cap = musd(cap_bn, units) if cap_bn is not None else _NO_CAP
        facts = {
            "cap_musd": cap,
            "already_closed_musd": musd(base_bn, units),
            "pre_money_musd": musd(pre_money_bn, units),
            "sentiment": sentiment,
            "day": _ordinal(on or dt.date.max),  # finite: a gate that is not in force never is
        }
        days = np.array([_gate_day(gate) for gate in standing.values()], np.float64)
        book = new_book(tickets, self._kinds, days, contracts.members, new_record(FACTS, facts))
        paid, signed, rule = self._paid, ~self._paid, SELECT[select]
        answer = Closing(*close(signed, paid, contracts, book, rule))
        gap = closing_gap(answer.greatest, answer.least, tickets, cap)
        terms = new_record(ROUND, {"cap_musd": cap})
        allocated, _ = settle(answer.selected, signed, paid, self._zeros, contracts, book, rule, terms, traits)
        new = answer.selected & signed
        return BookClosing(
            closers=self._names(answer.selected),
            allocated_bn=dict(zip(self._names(new), (allocated[new] / units).tolist(), strict=True)),
            total_bn=int(money(new, allocated)) / units,
            greatest=self._names(answer.greatest),
            least=self._names(answer.least),
            gap_bn=int(gap) / units,
            barred=self._names(answer.barred),
        )

    def _names(self, mask: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(compress(self.ids, mask.tolist()))


def close_book(
    commitments: Sequence[Mapping[str, Any]],
    *,
    gates: Mapping[str, bool | dt.date] | None = None,
    base_bn: float = 0.0,
    cap_bn: float | None = None,
    select: Literal["greatest", "least", "elimination"] = "greatest",
    pre_money_bn: float = 1.0,
    sentiment: float = 0.0,
    on: dt.date | None = None,
) -> BookClosing:
    """Find out which conditional commitments can close together.

    Parameters
    ----------
    commitments
        Tables with ``id``, ``ticket_bn`` and, where wanted, ``conditions`` (OR of ANDs as in a file), ``kind``,
        ``role``, ``paid`` (has paid in an earlier closing), ``min_ticket_bn``, ``priority``, ``pro_rata_share``.
    gates
        For each gatekeeper: True (in force), False (not), or the date on which the consent came into force.
    base_bn
        Money closed earlier, which totals count unless they say otherwise [USD billion].
    cap_bn
        Most money the round takes [USD billion]; None for no limit.
    select
        ``"greatest"``, ``"least"`` or ``"elimination"``.
    pre_money_bn, sentiment
        What conditions on price, stakes and the market are judged by [USD billion], [log-points].
    on
        Day of the closing, for gates that are dates (default: after all of them).

    Returns
    -------
    BookClosing
        Closers, allocations, extremes.

    Raises
    ------
    ScenarioError
        With every fault of the commitments.

    Examples
    --------
    Two who wait for each other close together, or not at all:

    >>> book = [
    ...     {"id": "a", "ticket_bn": 3.0, "conditions": [[{"investor": "b"}]]},
    ...     {"id": "b", "ticket_bn": 2.0, "conditions": [[{"total_bn": 5.0}]]},
    ... ]
    >>> close_book(book).closers, close_book(book, select="least").closers, close_book(book).gap_bn
    (('a', 'b'), (), 5.0)
    """
    return CommitmentBook(commitments, gates).close(
        base_bn=base_bn, cap_bn=cap_bn, select=select, pre_money_bn=pre_money_bn, sentiment=sentiment, on=on
    )


def _ordinal(date: dt.date) -> float:
    return float(date.toordinal())


def _gate_day(gate: bool | dt.date) -> float:
    if isinstance(gate, bool):
        return -math.inf if gate else math.inf
    return _ordinal(gate)


_BESIDE = {
    "base_bn": Knob("USD billion", 0, 10_000, "Money closed earlier"),
    "cap_bn": Knob("USD billion", 0, 10_000, "Most money the round takes"),
    "pre_money_bn": Knob("USD billion", 0.00001, 100_000, "Price"),
    "sentiment": Knob("log-points", -5, 5, "Market sentiment"),
}


def _faults_beside(beside: Mapping[str, Any]) -> list[Fault]:
    """Faults of what is given beside the commitments."""
    faults = []
    for name, knob in _BESIDE.items():
        if name == "cap_bn" and beside[name] is None:
            continue
        try:
            knob.within_range(beside[name])
        except PydanticCustomError:
            faults.append(Fault(name, knob.expectation, repr(beside[name])))
    if beside["on"] is not None and not is_date(beside["on"]):
        faults.append(Fault("on", "expected a date or None", repr(beside["on"])))
    return faults


_NO_CAP = 10**17  # units: more than there is, and small enough that sums stay whole numbers
_LIST = TypeAdapter(tuple[Commitment, ...])


def _parse(commitments: Sequence[Mapping[str, Any]], gates: Mapping[str, Any]) -> tuple[Commitment, ...]:
    raw = [dict(given) if isinstance(given, Mapping) else given for given in commitments]
    try:
        parsed = _LIST.validate_python(raw)
    except ValidationError as error:
        found = [fault_from(detail, raw, Commitment) for detail in error.errors()]
        raise ScenarioError("commitments", found) from None
    faults = _faults(parsed, gates)
    if faults:
        raise ScenarioError("commitments", faults)
    return parsed


def _faults_of_gates(gates: Mapping[str, Any], known: Mapping[str, Any]) -> list[Fault]:
    """Faults of the state of the consents, where ``known`` are those that the book was read with."""
    faults = []
    for name, gate in gates.items():
        if name not in known:
            faults.append(Fault(f"gates.{name}", f"expected a gate of the book{did_you_mean(name, known)}"))
        elif not isinstance(gate, bool) and not is_date(gate):
            faults.append(Fault(f"gates.{name}", "expected True, False or a date", repr(gate)))
    return faults


def _faults(parsed: tuple[Commitment, ...], gates: Mapping[str, Any]) -> list[Fault]:
    ids = Counter(c.id for c in parsed)
    faults = [Fault(name, "expected every id once") for name, times in sorted(ids.items()) if times > 1]
    faults += _faults_of_gates(gates, gates)
    for commitment in parsed:
        if not all(commitment.conditions):
            faults.append(Fault(commitment.id, "expected at least one condition in a clause"))
        for atom in (atom for clause in commitment.conditions for atom in clause):
            wanted = [atom.get("investor"), atom.get("without"), *atom.get("any_of", [])]
            for name in (n for n in wanted if n is not None and n not in ids):
                faults.append(
                    Fault(commitment.id, f"expected the id of a commitment{did_you_mean(name, ids)}", repr(name))
                )
            if "gate" in atom and atom["gate"] not in gates:
                hint = did_you_mean(atom["gate"], gates)
                faults.append(Fault(commitment.id, f"expected a gate that is given{hint}", repr(atom["gate"])))
    return faults
