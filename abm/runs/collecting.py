"""Collecting: statistics of one's own, told by the readable model once a run or once a week."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Weekly:
    """A statistic that is asked for at the end of every week; made by :func:`weekly`."""

    function: Callable[[Any], float]


Told: TypeAlias = Callable[[Any], float] | Weekly
Collect: TypeAlias = Told | Sequence[Told] | Mapping[str, Told]


def weekly(function: Callable[[Any], float]) -> Weekly:
    """Let a statistic be asked for at the end of every week, not of the run.

    Examples
    --------
    >>> import abm
    >>> booked = abm.weekly(lambda model: model.population.bn(model.booked_musd))
    >>> outcomes = abm.simulate("three-investors", runs=5, collect={"booked_bn": booked})
    >>> outcomes.path("booked_bn").shape
    (5, 104)
    """
    return Weekly(function)


@dataclass(frozen=True)
class Statistic:
    """A number that a function tells of a model, and the columns that it stands in."""

    name: str
    told: Told

    def columns(self, weeks: int) -> tuple[str, ...]:
        """Its columns: one, or one for each week of the horizon, ``NAME.1`` the first."""
        if isinstance(self.told, Weekly):
            return tuple(f"{self.name}.{week}" for week in range(1, weeks + 1))
        return (self.name,)

    def of(self, model: Any) -> float:
        """Ask for the number.

        Raises
        ------
        ValueError
            Where the function returns something else.
        """
        value = self.told.function(model) if isinstance(self.told, Weekly) else self.told(model)
        if isinstance(value, int | float | np.integer | np.floating | np.bool_) and not np.isinf(value):
            return float(value)
        got = f"{type(value).__name__} {value!r}"[:80]
        where = f"(seed {model.seed}, run {model.run})"
        raise ValueError(f"collect: expected a number from '{self.name}', got {got} {where}")


def statistics_of(collect: Collect | None, taken: Iterable[str] = ()) -> tuple[Statistic, ...]:
    """Read what is to be collected: a function of the model, several, or functions by name.

    Parameters
    ----------
    collect
        As :func:`abm.simulate` takes it.
    taken
        Columns that there are already.

    Raises
    ------
    ValueError
        Where something has no name that a column can have, or the name of another one.

    Examples
    --------
    >>> def signed(model):
    ...     return sum(investor.stage > 0 for investor in model.investors)
    >>> [statistic.name for statistic in statistics_of(signed)]
    ['signed']
    """
    if collect is None:
        return ()
    if isinstance(collect, Mapping):
        named = list(collect.items())
    elif isinstance(collect, Weekly) or callable(collect):
        named = [(_name_of(collect), collect)]
    elif isinstance(collect, Iterable) and not isinstance(collect, str):
        named = [(_name_of(one), one) for one in collect]
    else:
        raise ValueError(f"collect: expected a function of the model, several, or functions by name, got {collect!r}")
    known = {column.partition(".")[0] for column in taken}
    for name, one in named:
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            raise ValueError(f"collect: expected a name such as 'peak' for a statistic, got {name!r}")
        if not callable(one) and not isinstance(one, Weekly):
            raise ValueError(f"collect: expected a function of the model for '{name}', got {one!r}")
        if name in known:
            raise ValueError(f"collect: expected a name that no column has, got {name!r}")
        known.add(name)
    return tuple(Statistic(name, one) for name, one in named)


def _name_of(told: Any) -> str:
    function = told.function if isinstance(told, Weekly) else told
    return str(getattr(function, "__name__", type(function).__name__))


def played(model: Any, statistics: Sequence[Statistic], weeks: int) -> list[float]:
    """Run a model to its end, and tell its statistics, a number a column; after its end a week keeps the last one.

    Parameters
    ----------
    model
        A fresh :class:`abm.FundingModel`.
    statistics
        What to ask for.
    weeks
        The horizon [weeks].
    """
    paths: dict[str, list[float]] = {one.name: [] for one in statistics if isinstance(one.told, Weekly)}
    if not paths:
        model.run_model()
    while model.running:
        model.step()
        for one in statistics:
            if one.name in paths:
                paths[one.name].append(one.of(model))
    told: list[float] = []
    for one in statistics:
        path = paths.get(one.name)
        told += [one.of(model)] if path is None else path + [path[-1]] * (weeks - len(path))
    return told
