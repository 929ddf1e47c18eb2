"""Money: the unit in which a round is counted, a million dollars or less, fine enough for every amount of its file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from abm.rules.conditions import CONDITIONS
from abm.scenario.condition_fields import Conditions
from abm.scenario.defaults import trait_default
from abm.scenario.fields import Distribution, Knob, Section
from abm.scenario.investor_tables import InvestorPoolTable, InvestorTable
from abm.scenario.sources import numbers_of

if TYPE_CHECKING:
    from abm.scenario.scenario import Scenario
    from abm.scenario.schema import Tables

_USD, _MILLIONS = 10**9, 1000  # units of a billion: dollars, and million dollars
_PARTS = 100  # of the target: no unit is larger, so that tickets that follow from the rules are no coarser
_MOST = 10**12  # units that the largest amount comes to: the money of a million runs still adds up in 64 bits
_MONEY = "USD billion"
_Section = TypeVar("_Section", bound=Section)


def units_for(amounts_bn: Iterable[float], target_bn: float = math.inf) -> int:
    """Units that a billion dollars is counted in: as few as state every amount exactly, at least a thousand.

    Parameters
    ----------
    amounts_bn
        What is to be stated [USD billion]; what is no whole dollar is rounded to one.
    target_bn
        The unit is at most a hundredth of this [USD billion].

    Returns
    -------
    int
        A power of ten: 1,000 counts in millions, 1,000,000,000 in dollars.

    Examples
    --------
    >>> units_for([40.0, 22.5], 30.0), units_for([0.0034, 0.0041]), units_for([0.000020], 0.0004)
    (1000, 10000, 1000000)
    """
    amounts = [abs(amount) for amount in amounts_bn]
    dollars = [round(amount * _USD) for amount in amounts]
    units = _MILLIONS
    while units < _USD and (any(d % (_USD // units) for d in dollars) or units * target_bn < _PARTS):
        units *= 10
    while units > _MILLIONS and units * max(amounts, default=0.0) > _MOST:
        units //= 10
    return units


def units_of(scenario: Scenario) -> int:
    """Units that a billion dollars is counted in while a scenario is simulated.

    Examples
    --------
    >>> import abm
    >>> units_of(abm.load_scenario("openai-2025"))
    1000
    """
    if "units" not in scenario.known:
        scenario.known["units"] = units_for(_amounts(scenario), float(scenario.round.target_bn))
    units: int = scenario.known["units"]
    return units


def _amounts(scenario: Tables) -> Iterator[float]:
    """Every amount that a file states [USD billion]; rates and distributions need no unit."""
    for _, number, knob in numbers_of(scenario):
        if knob.unit == _MONEY and not isinstance(number, Distribution):
            yield float(number)
    for investor in scenario.investors:
        yield from asked_for(investor.conditions)


def asked_for(conditions: Conditions) -> Iterator[float]:
    """Every amount that conditions name [USD billion]."""
    for clause in conditions:
        for atom in clause:
            yield from (float(atom[name]) for name in _money_keys(atom))


def _money_keys(atom: dict[str, Any]) -> list[str]:
    kind = next(kind for name, kind in CONDITIONS.items() if name in atom)
    return [name for name, key in kind.keys.items() if key.type == "money" and name in atom]


def counted(scenario: Scenario, units: int) -> Scenario:
    """Return the same round with a billion for every thousand units, which is what rules and engines take.

    Every rule is homogeneous in money: it does not know what it is counted in.

    Examples
    --------
    >>> import abm
    >>> small = abm.load_scenario("three-investors")
    >>> float(counted(small, 10_000).round.target_bn), counted(small, 1000) is small
    (80.0, True)
    """
    factor = units // _MILLIONS
    return scenario if factor == 1 else times(scenario, float(factor))


def times(section: _Section, factor: float) -> _Section:
    """Return a table of a file with all its money times a factor."""
    changes: dict[str, Any] = {}
    money = _money_of(type(section))
    for name in type(section).model_fields:
        value = getattr(section, name)
        if name == "conditions":
            changes[name] = tuple(tuple(_condition_times(atom, factor) for atom in clause) for clause in value)
        elif name in money:
            changes[name] = _amount_times(_or_default(section, name), factor)
        elif isinstance(value, Section):
            changes[name] = times(value, factor)
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            changes[name] = tuple(times(item, factor) for item in value)
    return section.model_copy(update=changes)


@lru_cache
def _money_of(table: type[Section]) -> frozenset[str]:
    """Fields of a table that are money, or money over time."""
    return frozenset(
        name
        for name, field in table.model_fields.items()
        if any(isinstance(knob, Knob) and knob.unit.startswith(_MONEY) for knob in field.metadata)
    )


def _or_default(section: Section, name: str) -> Any:
    """Money of a section, or what an investor of the kind has who does not state it."""
    value = getattr(section, name)
    if value is not None or not isinstance(section, (InvestorTable, InvestorPoolTable)):
        return value
    stated = section.ticket_bn is not None
    return None if stated and name == "min_ticket_bn" else trait_default(section.kind, name)


def _amount_times(value: Any, factor: float) -> Any:
    if value is None:
        return None
    if isinstance(value, Distribution):
        second = value.second if value.family == "lognormal" else value.second * factor  # the sd of a log has no unit
        return Distribution(value.family, value.first * factor, second)
    if isinstance(value, tuple):
        steps = ((step[0], step[1] * factor) if isinstance(step, tuple) else step * factor for step in value)
        return tuple(steps)
    return value * factor


def _condition_times(atom: dict[str, Any], factor: float) -> dict[str, Any]:
    return atom | {name: atom[name] * factor for name in _money_keys(atom)}
