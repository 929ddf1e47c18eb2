"""Contracts: conditions of a file as the arrays that the closing reads."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.core.records import Record, Records
from abm.rules.clauses import Contracts
from abm.rules.conditions import ATOM, CONDITIONS, Book
from abm.scenario.condition_fields import Condition, Conditions
from abm.scenario.fields import KINDS

#: Pools of a week's signatures: of views, and of bounds by kind of investor (:func:`abm.rules.news.pool_of`).
POOLS = 1 + len(KINDS)


def musd(bn: float, units_per_bn: int = 1000) -> int:
    """USD billion as whole USD million, or as whole units of a round that is counted in less.

    Examples
    --------
    >>> musd(12.4), musd(0.0005), musd(0.0005, 10_000)
    (12400, 0, 5)
    """
    return round(float(bn) * units_per_bn)


def new_records(layout: np.dtype[Any], rows: Sequence[Mapping[str, Any]]) -> Records:
    """Build records of ``layout`` from rows; what a row leaves out is zero."""
    array = np.zeros(len(rows), layout)
    for name in dict.fromkeys(itertools.chain(*rows)):
        array[name] = [row.get(name, 0) for row in rows]
    records: Records = array.view(np.recarray)
    return records


def new_record(layout: np.dtype[Any], row: Mapping[str, Any]) -> Record:
    """Build one record of ``layout``; what ``row`` leaves out is zero."""
    record: Record = new_records(layout, [row])[0]
    return record


def flatten(
    conditions: Iterable[Conditions],
    ids: Sequence[str],
    gate_ids: Sequence[str],
    day: Callable[[dt.date], float],
    named: Sequence[int] = (),
) -> Contracts:
    """Lay out conditions (OR of ANDs per investor) as the arrays that the closing reads.

    Parameters
    ----------
    conditions
        Of every investor.
    ids, gate_ids
        Whom conditions may name.
    day
        Number of a date.
    named
        Indices of the investors with a name: the list of members starts with them, for the conditions of pools.
    """
    atoms: list[dict[str, Any]] = []
    index_of = {name: index for index, name in enumerate(ids)}
    clause_starts, investor_starts, members = [0], [0], list(named)
    for own in conditions:
        for clause in own:
            atoms += [_atom(raw, index_of, gate_ids, day, members) for raw in clause]
            clause_starts.append(len(atoms))
        investor_starts.append(len(clause_starts) - 1)
    return Contracts(
        new_records(ATOM, atoms),
        np.array(clause_starts, np.int64),
        np.array(investor_starts, np.int64),
        np.array(members, np.int64),
    )


def _atom(
    raw: Condition,
    index_of: Mapping[str, int],
    gate_ids: Sequence[str],
    day: Callable[[dt.date], float],
    members: list[int],
) -> dict[str, Any]:
    kind = next(kind for name, kind in CONDITIONS.items() if name in raw)
    row: dict[str, Any] = {"kind": kind.code}
    for name, key in kind.keys.items():
        value = raw.get(name, key.default)
        if key.type == "money":
            value = musd(value)
        elif key.type == "gate":
            value = gate_ids.index(value)
        elif key.type == "investor":
            value = index_of[value]
        elif key.type == "kind":
            value = KINDS.index(value)
        elif key.type == "date" and value is not math.inf:  # which is what a date that is left out stands for
            value = day(value)
        elif key.type == "investors":
            row["first"], row["last"] = len(members), len(members) + len(value)
            members += [index_of[other] for other in value]
            continue
        row[key.field] = value
    return row


def new_book(
    tickets: NDArray[np.int64],
    kinds: NDArray[np.int64],
    gate_days: NDArray[np.float64],
    members: NDArray[np.int64],
    facts: Record,
) -> Book:
    """Make a book with empty sets; ``facts`` is one FACTS record."""
    n = len(tickets)
    return Book(
        tickets,
        kinds,
        np.zeros(n, np.bool_),
        np.zeros(n, np.bool_),
        np.zeros(2, np.int64),
        np.zeros(len(KINDS), np.int64),
        np.zeros(1 + len(KINDS), np.int64),
        gate_days,
        members,
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros((8, n), np.bool_),
        facts,
    )
