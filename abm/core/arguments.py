"""Arguments: calls that make no sense are refused at once, with name, what was expected and what came."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from os import PathLike
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar, get_args, get_origin

P = ParamSpec("P")
R = TypeVar("R")
LARGEST_KEY = 2**32  # seeds and run numbers are keys of random numbers, with 32 bits each


class Kind(NamedTuple):
    """A kind of value: how it is called, and whether something is of it."""

    words: str
    holds: Callable[[Any], bool]


def _number(value: object, of: type) -> bool:
    return isinstance(value, of) and not isinstance(value, bool)  # to Python True is 1


def _named(words: str, name: str) -> Kind:
    """A class by its name, as importing it here would import the whole package."""
    return Kind(words, lambda value: any(cls.__name__ == name for cls in type(value).__mro__))


def _one_of(values: tuple[Any, ...]) -> Kind:
    """One of a few words."""
    *first, last = map(repr, values)
    return Kind(
        f"{', '.join(first)} or {last}" if first else last, lambda value: any(value is v or value == v for v in values)
    )


#: What a type in a signature means.
_KINDS = {
    "int": Kind("a whole number", lambda value: _number(value, Integral)),
    "float": Kind("a number", lambda value: _number(value, Real)),
    "str": Kind("text", lambda value: isinstance(value, str)),
    "Path": Kind("a path", lambda value: isinstance(value, PathLike)),
    "bool": Kind("True or False", lambda value: isinstance(value, bool)),
    "None": Kind("None", lambda value: value is None),
    "Scenario": _named("a Scenario", "Scenario"),
    "FundingMarket": _named("a market", "FundingMarket"),
    "Outcomes": _named("Outcomes", "Outcomes"),
    "Study": _named("a Study", "Study"),
    "Design": _named("a Design", "Design"),
    "DataFrame": _named("a pandas frame", "DataFrame"),
}
_SCENARIO = "a Scenario, a packaged id or the path of a file"


class Limits(NamedTuple):
    """Ends of a number, in words and as a test."""

    words: str
    hold: Callable[[Any], bool]


_COUNT = Limits("a whole number of at least 1", lambda number: number >= 1)
_SOME = Limits("a whole number of at least 0", lambda number: number >= 0)
_KEY = Limits("a whole number from 0 to 2**32 - 1", lambda number: 0 <= number < LARGEST_KEY)
_SHARE = Limits("a number from 0 to 1", lambda number: 0 <= number <= 1)
_HALF_WIDTH = Limits("a half-width above 0 and below 0.5", lambda number: 0 < number < 0.5)  # noqa: PLR2004

#: Within which limits numbers of these names lie, wherever they stand.
_LIMITS = {
    **dict.fromkeys(("runs", "workers", "samples", "block", "trajectories", "boxes"), _COUNT),
    **dict.fromkeys(("pairs", "path_runs", "index", "steps", "resamples", "worlds"), _SOME),
    **dict.fromkeys(("seed", "run", "first_run"), _KEY),
    "within": _HALF_WIDTH,
    "threshold": _SHARE,
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a public function refuse values that are not of the type in its signature, or beyond the limits of its name.

    Raises
    ------
    ValueError
        With name, what was expected and what came.

    Examples
    --------
    >>> @checked
    ... def throw(runs: int = 1, seed: int | None = None) -> int:
    ...     return runs
    >>> throw(3)
    3
    >>> throw(runs="100")
    Traceback (most recent call last):
        ...
    ValueError: runs: expected a whole number of at least 1, got '100'
    """
    signature = inspect.signature(function)
    kinds = dict(_checkable(function))

    @functools.wraps(function)
    def careful(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind_partial(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # which says what is unknown
        for name in given.keys() & kinds.keys():
            _check(name, given[name], kinds[name])
        return function(*args, **kwargs)

    return careful


def _checkable(function: Callable[..., Any]) -> Iterator[tuple[str, list[Kind]]]:
    """Parameters that can be looked at, each with the kinds that it takes; not those of which a type says nothing."""
    for name, each in inspect.signature(function).parameters.items():
        kinds = [_kind(part.strip(), function) for part in str(each.annotation).split("|")]
        known = [kind for kind in kinds if kind is not None]
        if len(known) == len(kinds) and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            yield name, known


def _kind(written: str, function: Callable[..., Any]) -> Kind | None:
    """Read one type of a signature: a class, words to choose from, or a class of agents."""
    if written.startswith("type["):
        return Kind("a class of agents", lambda value: isinstance(value, type))
    if written.startswith("Literal["):
        return _one_of(ast.literal_eval(f"({written[len('Literal[') : -1]},)"))
    words = inspect.unwrap(function).__globals__.get(written)
    return _one_of(get_args(words)) if get_origin(words) is Literal else _KINDS.get(written.rpartition(".")[2])


def _check(name: str, value: Any, kinds: list[Kind]) -> None:
    limits = _LIMITS.get(name)
    right = any(kind.holds(value) for kind in kinds)
    if right and (limits is None or not _number(value, Real) or limits.hold(value)):
        return
    said = [kind.words for kind in kinds if kind.words != "None"]
    words = limits.words if limits else _SCENARIO if {"a Scenario", "text"} <= {*said} else " or ".join(said)
    raise ValueError(f"{name}: expected {words}, got {value!r}")
