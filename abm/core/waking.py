"""Waking: numba takes half a second to import and to load what it has compiled, and comes only when it must.

A rule called from Python runs the machine code that an earlier start left (:mod:`abm.core.objects`). Numba wakes where
there is none, or where compiled code is to be made.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import sys
from collections.abc import Callable, Sequence
from threading import RLock
from types import FunctionType
from typing import Any, cast

from abm.core import objects
from abm.core.code_state import code_folder

_WAKING = RLock()
_RUNS = itertools.count(1)  # of the readable engine, in this process
_WORTH_IT = 20


def awake() -> Any:
    """Import numba, and tell it what it has to know."""
    import numba

    with _WAKING:
        while _TOLD_FIRST:
            _TOLD_FIRST.pop(0)()
    return numba


def _say_where_the_cache_is() -> None:
    import numba

    settings: Any = numba.config
    if folder := code_folder():
        settings.CACHE_DIR = str(folder)


_TOLD_FIRST: list[Callable[[], None]] = [_say_where_the_cache_is]


def when_awake(tell: Callable[[], None]) -> None:
    """Call this before numba compiles anything more."""
    _TOLD_FIRST.append(tell)


class Asleep:
    """Something that numba makes, made when compiled code first asks for it.

    Parameters
    ----------
    make
        Called once, with numba awake.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def itself(self) -> Any:
        """What numba makes of it."""
        awake()
        return self._make()

    @property
    def _within(self) -> Any:
        """It, as compiled code calls it."""
        return self.itself

    @property
    def _numba_type_(self) -> Any:
        """What it is to compiled code."""
        from numba.core.registry import cpu_target

        within, context = self._within, cpu_target.typing_context
        context.refresh()  # or it would not know what has just been made
        return context.resolve_value_type(within)


class Compiled(Asleep):
    """A compiled function. Called from Python, it runs what an earlier start has left of it, or has numba compile it.

    Parameters
    ----------
    function
        As it is written.
    options
        How numba compiles it.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        super().__init__(lambda: self._compiling(function))
        self.py_func, self.targetoptions = function, options  # as numba calls them
        self._known: dict[Any, Callable[..., Any]] = {}  # by kinds; where all are plain numbers, by types, too
        self._addresses: dict[Any, int] = {}

    @functools.cached_property
    def _within(self) -> Any:
        """It, as compiled code calls it: without a way in from Python, and a function of its own in numba's cache."""
        own = self.py_func
        function = FunctionType(own.__code__, own.__globals__, own.__name__, own.__defaults__, own.__closure__)
        function.__qualname__ = f"{own.__qualname__}_within"
        return _for_every_value(self._compiling(function, no_cpython_wrapper=True))

    def _compiling(self, function: Callable[..., Any], **more: Any) -> Any:
        return awake().njit(cache=code_folder() is not None, **self.targetoptions, **more)(function)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run it."""
        known = self._known.get(tuple(map(type, arguments)))
        if known is None:
            known = self._known.get(tuple([objects.kind_of(argument) for argument in arguments]))
        if known is None or named:
            return self._first(arguments, named)
        try:
            return known(*arguments)
        except objects.FaultError:
            return self.itself(*arguments)

    def _first(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Run it for the first time with arguments of these kinds, or with those that no object takes."""
        kinds = tuple([objects.kind_of(argument) for argument in arguments])
        if named or None in kinds:
            return self.itself(*arguments, **named)
        if native := self._native(kinds):
            self._known[kinds] = native.call
            if objects.all_numbers(kinds):
                self._known[tuple(map(type, arguments))] = native.call
            return self(*arguments)
        answer = self.itself(*arguments)
        self._keep(tuple(awake().typeof(argument) for argument in arguments), kinds)
        self._known[kinds] = self.itself
        return answer

    def _native(self, kinds: tuple[Any, ...]) -> objects.Native | None:
        place = code_folder()
        return objects.load(place, self.py_func, kinds) if place and self._is_ours else None

    def _keep(self, types: tuple[Any, ...], kinds: tuple[Any, ...]) -> None:
        place = code_folder()
        if place and self._is_ours and (found := self.itself.overloads.get(types)):
            objects.keep(place, self.py_func, kinds, found)

    @property
    def _is_ours(self) -> bool:
        """Whether its sources, and its name, tell all that it is."""
        return self.py_func.__module__.startswith("abm.") and "<locals>" not in self.py_func.__qualname__

    def address(self, kinds: Sequence[Any], types_of: Callable[[], tuple[Any, ...]]) -> int:
        """Address of its machine code for arguments of some kinds, which numba knows by the types that are given.

        It is looked for once a process: what is linked again and again would fill the memory that code has to lie in.
        """
        if tuple(kinds) not in self._addresses:
            self._addresses[tuple(kinds)] = self._address(kinds, types_of)
        return self._addresses[tuple(kinds)]

    def _address(self, kinds: Sequence[Any], types_of: Callable[[], tuple[Any, ...]]) -> int:
        if native := self._native(tuple(kinds)):
            return native.address
        awake()
        types = types_of()
        self.itself.compile(types)
        self._keep(types, tuple(kinds))
        found = self.itself.overloads[types]
        return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))

    def __reduce__(self) -> Any:
        module, name = self.py_func.__module__, self.py_func.__qualname__
        return (_same, (self.itself,)) if "<locals>" in name else (_named, (module, name))


def _for_every_value(dispatcher: Any) -> Any:
    """Have compiled code call a function with the types of its constants, or it is compiled anew for each of them."""
    from numba.core import types

    ask, unliteral = dispatcher.get_call_template, cast(Any, types.unliteral)

    def asked_with_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return ask(tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in kws.items()})

    dispatcher.get_call_template = asked_with_types
    return dispatcher


def _same(one: Any) -> Any:
    return one


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def another_run() -> None:
    """Count a run of the readable engine, which calls rules ten thousand times.

    Numba's own functions are called twice as fast as what an earlier start left. From some runs on that makes up for
    waking numba; a single story does without.
    """
    if next(_RUNS) == _WORTH_IT:
        _uncover()


def _uncover() -> None:
    """Have the rooms of the readable engine, and all that it calls, hold numba's own functions."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("abm.agents.", "abm.population.", "abm.rules.", "abm.core.")):
            covered = {key: value for key, value in vars(module).items() if isinstance(value, Compiled)}
            vars(module).update({key: value.itself for key, value in covered.items()})
