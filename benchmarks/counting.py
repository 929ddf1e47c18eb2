"""Counting: which random numbers a run asks for, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from abm.agents import FundingModel
from abm.core import draws
from abm.population import sampling
from abm.population.layout import Population
from abm.scenario import Scenario

#: Columns of what is counted: numbers that stay uniform, that become normal, that become exponential.
LAWS = ("uniform", "normal", "exponential")

_PURPOSES = {value: name for name, value in vars(draws).items() if name.isupper() and isinstance(value, int)}
# Of the investors' luck: compiled, what they ask for would not be seen.
_LUCK = ("draw_investors", "draw_member", "draw_condition", "draw_from", "rely", "doubt", "minimum_musd")


def consumed(scenario: Scenario, population: Population, seed: int, runs: range) -> tuple[Any, Counter[str]]:
    """Count what the Mesa model draws; it draws a number when, and only when, it needs it.

    Parameters
    ----------
    scenario, population
        What is simulated.
    seed, runs
        Keys of the runs [-].

    Returns
    -------
    tuple
        int64[R, 3], how many numbers of each of :data:`LAWS` every run asked for, and how many of them all runs asked
        for by purpose [-].
    """
    counts, purposes = np.zeros((len(runs), len(LAWS)), np.int64), Counter[str]()
    FundingModel(scenario, seed, runs[0], prepared=population).run_model()  # compiles, before names are exchanged
    for place, run in enumerate(runs):
        with _counted(counts[place], purposes):
            model = FundingModel(scenario, seed, run, prepared=population)
            model.run_model()
        model.free()
    return counts, purposes


@contextmanager
def _counted(count: Any, purposes: Counter[str]) -> Iterator[None]:
    """Count every address that is asked for from Python, with the luck of the investors drawn in Python meanwhile."""
    seen: set[tuple[int, ...]] = set()

    def look(law: int, *address: int) -> None:
        if address not in seen:
            seen.add(address)
            count[law] += 1
            purposes[_PURPOSES[address[0]]] += 1

    def drawn(law: int, function: Callable[..., Any]) -> Callable[..., Any]:
        def one(seed: int, run: int, agent: int, step: int, purpose: int, sub: int) -> float:
            look(law, purpose, agent, step, sub)
            return function(seed, run, agent, step, purpose, sub)

        return one

    def turned(law: int, function: Callable[..., Any]) -> Callable[..., Any]:
        def one(u: float) -> float:
            count[0] -= 1  # it was counted as a uniform that stays one
            count[law] += 1
            return function(u)

        return one

    for name in LAWS:
        getattr(draws, name)(0, 0, 0, 0, 0, 0)  # compiles, too
    wrappers = {name: drawn(law, getattr(draws, name)) for law, name in enumerate(LAWS)}
    wrappers |= {"normal_quantile": turned(1, draws.normal_quantile), "waited": turned(2, draws.waited)}
    with ExitStack() as stack:
        for name, wrapper in wrappers.items():
            stack.enter_context(patch.object(draws, name, wrapper))
        for name in _LUCK:
            function = getattr(sampling, name)
            stack.enter_context(patch.object(sampling, name, getattr(function, "py_func", function)))
        yield
