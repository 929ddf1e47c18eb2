"""Arguments: wrong calls of public functions say name, what was expected, and what came."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abm
import abm.analysis


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of abm and of its analysis, and the methods of what abm names."""
    for name in abm.__all__:
        thing = getattr(abm, name)
        if inspect.isfunction(thing):
            yield name, thing
        for method in vars(thing) if name in ("Outcomes", "Totals", "Study", "Design") else ():
            if not method.startswith("_") and callable(getattr(thing, method)):
                yield f"{name}.{method}", getattr(thing, method)
    for module in pkgutil.iter_modules(abm.analysis.__path__, "abm.analysis."):
        home = importlib.import_module(module.name)
        for name, thing in vars(home).items():
            if inspect.isfunction(thing) and thing.__module__ == module.name and not name.startswith("_"):
                yield f"{module.name}.{name}", thing


#: Types that say nothing to a check, so that the function itself must: collections, arrays, functions, objects of abm.
UNSEEN = (
    "Sequence|Mapping|Iterable|Callable|NDArray|ArrayLike|Progress|Axes|Any|Executor|Search|Effort|Lever|Function|"
    "Value|Batch|Drivers|Collect|Collection|Study|Outcomes|tuple"
)


def typed(function: Callable[..., Any]) -> Iterator[str]:
    """Parameters of a function that take something which can be told apart from anything else."""
    for name, each in inspect.signature(function).parameters.items():
        several = each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        if name != "self" and not several and not re.search(rf"\b({UNSEEN})\b", str(each.annotation)):
            yield name


CALLS = [(name, function, one) for name, function in public() for one in typed(function)]


def test_there_are_many_such_calls():
    assert len(CALLS) > 100
    assert {"simulate", "sweep", "load_scenario"} <= {name for name, *_ in CALLS}


@pytest.mark.parametrize(("name", "function", "one"), CALLS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_value_of_no_sense_is_refused_by_its_name(name, function, one):
    nonsense = object()
    others = {"commitments": [{"id": "a", "ticket_bn": 1.0}]} if name == "close_book" else {}  # reads these first
    with pytest.raises((ValueError, abm.ScenarioError)) as refused:
        function(**others, **{one: nonsense})
    assert re.search(rf"^(commitments: )?{one}: expected ", str(refused.value))
    assert f", got {nonsense!r}" in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"runs": "100"}, "runs: expected a whole number of at least 1, got '100'"),
        ({"runs": 0}, "runs: expected a whole number of at least 1, got 0"),
        ({"runs": 10.5}, "runs: expected a whole number of at least 1, got 10.5"),
        ({"runs": True}, "runs: expected a whole number of at least 1, got True"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 2**32 - 1, got -1"),
        ({"seed": None}, "seed: expected a whole number from 0 to 2**32 - 1, got None"),
        ({"workers": 0}, "workers: expected a whole number of at least 1, got 0"),
        ({"within": "x"}, "within: expected a half-width above 0 and below 0.5, got 'x'"),
        ({"within": float("nan")}, "within: expected a half-width above 0 and below 0.5, got nan"),
        ({"engine": "fast"}, "engine: expected 'ensemble' or 'mesa', got 'fast'"),
        ({"keep": "all"}, "keep: expected 'runs', 'rows' or 'totals', got 'all'"),
        ({"event": 3}, "event: expected text, got 3"),
        ({"scenario": 5}, "scenario: expected a Scenario, a packaged id or the path of a file, got 5"),
        ({"scenario": {}}, "scenario: expected a Scenario, a packaged id or the path of a file, got {}"),
        ({"investor": "Follower"}, "investor: expected a class of agents, got 'Follower'"),
    ],
)  # fmt: skip
def test_wrong_calls_are_refused_in_a_sentence(asked, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011, the sentence is compared whole
        abm.simulate(**{"scenario": "three-investors", "runs": 2, **asked})
    assert str(refused.value) == sentence


def test_a_model_and_a_sweep_refuse_as_simulate_does():
    with pytest.raises(ValueError, match=r"^seed: expected a whole number from 0 to 2\*\*32 - 1, got 'one'$"):
        abm.FundingModel("three-investors", seed="one")
    with pytest.raises(ValueError, match=r"^run: expected .*, got -1$"):
        abm.FundingModel("three-investors", run=-1)
    with pytest.raises(ValueError, match=r"^runs: expected .*, got '100'$"):
        abm.sweep("three-investors", {"round.target_bn": [6, 8]}, runs="100")
    with pytest.raises(ValueError, match=r"^design: expected a Design, or a mapping of paths to values, got \[6, 8\]$"):
        abm.sweep("three-investors", [6, 8])


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(abm.ScenarioError, match=r"three-investor.*did you mean 'three-investors'\?"):
        abm.simulate("three-investor", runs=2)


def test_an_argument_that_nobody_knows_is_refused_by_python():
    with pytest.raises(TypeError, match="unexpected keyword argument 'run'"):
        abm.simulate("three-investors", run=2)


def test_numbers_of_numpy_and_paths_are_taken():
    outcomes = abm.simulate("three-investors", runs=np.int64(3), seed=np.uint32(2), workers=1)
    assert (outcomes.runs, outcomes.probability(np.str_("closed")).runs) == (3, 3)
    file = Path(abm.__file__).parent / "scenarios" / "three-investors.toml"
    assert abm.simulate(file, runs=1, workers=1).runs == 1
