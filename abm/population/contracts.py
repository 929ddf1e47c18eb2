"""Contracts: conditions of a file as the arrays that the closing reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.rules.clauses import Contracts
from abm.rules.conditions import ATOM, CONDITIONS, Book
from abm.scenario.fields import KINDS


def musd(bn: float) -> int:
    """USD billion as whole USD million.

    Examples
    --------
    >>> musd(12.4), musd(0.0005)
    (12400, 0)
    """
    return round(float(bn) * 1000.0)


def new_records(layout: np.dtype[Any], rows: list[dict[str, Any]]) -> Any:
    """Build records of ``layout`` from rows; what a row leaves out is zero."""
    array = np.zeros(len(rows), layout)
    for place, row in enumerate(rows):
        for name, value in row.items():
            array[name][place] = value
    return array.view(np.recarray)


def flatten(conditions: Any, ids: Any, gate_ids: Any, day: Any, named: list[int] | None = None) -> Contracts:
    """Lay out conditions (OR of ANDs per investor) as the arrays that the closing reads."""
    atoms: list[dict[str, Any]] = []
    places = {name: place for place, name in enumerate(ids)}
    clause_starts, investor_starts, members = [0], [0], list(named or [])
    for own in conditions:
        for clause in own:
            atoms += [_atom(raw, places, gate_ids, day, members) for raw in clause]
            clause_starts.append(len(atoms))
        investor_starts.append(len(clause_starts) - 1)
    return Contracts(
        new_records(ATOM, atoms),
        np.array(clause_starts, np.int64),
        np.array(investor_starts, np.int64),
        np.array(members, np.int64),
    )


def _atom(raw: dict[str, Any], places: dict[str, int], gate_ids: Any, day: Any, members: list[int]) -> dict[str, Any]:
    kind = next(kind for name, kind in CONDITIONS.items() if name in raw)
    row: dict[str, Any] = {"kind": kind.code}
    for name, key in kind.keys.items():
        value = raw.get(name, key.default)
        if key.type == "money":
            value = musd(value)
        elif key.type == "gate":
            value = list(gate_ids).index(value)
        elif key.type == "investor":
            value = places[value]
        elif key.type == "kind":
            value = KINDS.index(value)
        elif key.type == "date" and value is not math.inf:
            value = day(value)
        elif key.type == "investors":
            row["first"], row["last"] = len(members), len(members) + len(value)
            members += [places[one] for one in value]
            continue
        row[key.field] = value
    return row


def new_book(tickets: Any, kinds: Any, gate_days: Any, members: Any, facts: Any) -> Book:
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
        np.zeros((8, n), np.bool_),
        facts,
    )


def contracts_of(realised: Any) -> Contracts:
    """Give the contracts of a run the attribute access that plain Python needs."""
    atoms, clauses, investors, members = realised
    return Contracts(atoms.view(np.recarray), clauses, investors, members)
