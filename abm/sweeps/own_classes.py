"""Own classes: agent classes that a user brings, known by what they do, so that no result is taken for another's."""

from __future__ import annotations

import dis
import functools
import hashlib
import importlib
import secrets
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from abm.core.errors import StoreError
from abm.runs.collecting import Statistic, Weekly

#: Packages whose code is known by its name: what a study depends on beyond them is the user's.
_KNOWN = frozenset(("abm", "mesa", "numpy", "pandas", "scipy", "numba", "pyarrow")) | sys.stdlib_module_names
#: What Python writes into every class, and words that change nothing.
_IGNORED = frozenset(
    ("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__", "__annotate__")
) | {"__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl", "__annotations_cache__"}


#: What only holds other things, and how to get at them.
_WRAPPED: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (staticmethod | classmethod, lambda held: held.__func__),
    (property, lambda held: (held.fget, held.fset, held.fdel)),
    (functools.partial, lambda held: (held.func, held.args, held.keywords)),
    (types.MethodType, lambda held: (held.__func__, held.__self__)),
)


class _UnknownError(Exception):
    """Something whose content cannot be told."""


@dataclass(frozen=True)
class OwnClass:
    """An agent class, or a statistic, of a user's own.

    Attributes
    ----------
    name
        ``module:qualified name``.
    code
        Hash of everything that it does: its code and that of what it calls, the values it closes over, its bases.
    known
        Whether all of that could be read; if not, ``code`` is a word that no other class has.
    cls
        The class itself; None in a study that was opened: it is not needed to look at results.
    """

    name: str
    code: str
    known: bool = True
    cls: Any = field(default=None, compare=False)

    @classmethod
    def of(cls, given: Any) -> OwnClass:
        """Describe a class or a function.

        Examples
        --------
        >>> class Mine:
        ...     pass
        >>> OwnClass.of(Mine).known
        True
        """
        kind = given if hasattr(given, "__qualname__") else type(given)
        name = f"{_module_of(kind)}:{kind.__qualname__}"
        try:
            digest = hashlib.sha256()
            for part in _Reader().parts(given):
                digest.update(part.encode("utf-8", "surrogatepass"))
                digest.update(b"\0")
            return cls(name, digest.hexdigest(), True, given)
        except (_UnknownError, RecursionError):
            return cls(name, secrets.token_hex(16), False, given)

    def to_json(self) -> dict[str, Any]:
        """What a study keeps of it."""
        return {"name": self.name, "code": self.code, "known": self.known}

    def loaded(self) -> Any:
        """The class or function, to simulate with.

        Raises
        ------
        StoreError
            Where the study was opened without it: nothing is imported because a file says so.
        """
        if self.cls is None:
            raise StoreError(f"expected {self.name}, with which the study was made, to simulate with")
        return self.cls


def _module_of(cls: Any) -> str:
    """Where a class can be imported from; of a script, its name as a module."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(script).stem if cls.__module__ == "__main__" and script else cls.__module__


def class_named(name: str) -> type[Any]:
    """Import a class that a user names, ``module:Class``.

    Raises
    ------
    StoreError
        Where there is none of that name.
    """
    module, _, qualified = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # modules beside the user, as for a script of his own
    try:
        found: Any = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, type):
        raise StoreError(f"expected a class as MODULE:CLASS that can be imported, got {name!r}")
    return found


class _Reader:
    """Reads what a class does, part by part; what it meets twice it names only."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no id is given twice

    def parts(self, value: Any) -> Iterator[str]:
        """Words that are the same for two things exactly if they do the same."""
        kind = type(value)
        yield kind.__name__
        if value is None or kind in (bool, int, float, complex, str, bytes) or value is Ellipsis:
            yield repr(value)
        elif isinstance(value, np.ndarray | np.generic) and value.dtype != object:
            yield from (str(value.dtype), str(value.shape), value.tobytes().hex())
        elif kind in (set, frozenset):
            yield from sorted("\1".join(_Reader().parts(item)) for item in value)
        elif id(value) in self._seen:
            yield str(self._seen[id(value)])
        else:
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)
            yield from self._inside(value)

    def _inside(self, value: Any) -> Iterator[str]:
        if isinstance(value, tuple | list):
            yield str(len(value))
            for item in value:
                yield from self.parts(item)
        elif isinstance(value, dict):
            yield str(len(value))
            for key, item in value.items():
                yield from self.parts(key)
                yield from self.parts(item)
        elif isinstance(value, types.ModuleType):
            yield from (value.__name__, str(getattr(value, "__version__", "")))
        elif isinstance(value, types.CodeType):
            yield from self._code(value)
        elif isinstance(value, types.FunctionType | type) and value.__module__.partition(".")[0] in _KNOWN:
            yield from (value.__module__, value.__qualname__)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value)
        elif isinstance(value, types.BuiltinFunctionType | types.MethodDescriptorType | types.WrapperDescriptorType):
            yield value.__qualname__
        elif isinstance(value, type):
            yield from self._class(value)
        elif (unwrap := next((unwrap for kind, unwrap in _WRAPPED if isinstance(value, kind)), None)) is not None:
            yield from self.parts(unwrap(value))
        elif isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType):
            yield value.__name__
        elif hasattr(value, "py_func"):  # compiled by numba
            yield from self.parts(value.py_func)
        else:
            yield from self._thing(value)

    def _code(self, code: types.CodeType) -> Iterator[str]:
        yield from (code.co_code.hex(), *code.co_names, *code.co_varnames, *code.co_freevars)
        yield from self.parts(code.co_consts)

    def _function(self, function: types.FunctionType) -> Iterator[str]:
        yield from self.parts(function.__code__)
        yield from self.parts((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                yield from self.parts(cell.cell_contents)
            except ValueError:  # an empty cell: a name that is bound later
                yield "empty"
        for name in sorted(set(_globals_of(function.__code__))):
            if name in function.__globals__:
                yield name
                yield from self.parts(function.__globals__[name])

    def _class(self, cls: type) -> Iterator[str]:
        yield cls.__qualname__
        for base in cls.__bases__:
            yield from self.parts(base)
        for name, item in sorted(vars(cls).items()):
            if name not in _IGNORED:
                yield name
                yield from self.parts(item)

    def _thing(self, value: Any) -> Iterator[str]:
        """An object of a class of somebody's own is its class and what it holds; anything else is not known."""
        held = getattr(value, "__dict__", None)
        if not isinstance(held, dict) or type(value).__module__.partition(".")[0] in _KNOWN:
            raise _UnknownError(type(value).__qualname__)
        yield from self.parts(type(value))
        yield from self.parts(held)


def _globals_of(code: types.CodeType) -> Iterator[str]:
    """Names of the module that a function reads, also within the functions inside it."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_of(constant)


def describe_classes(agents: Mapping[str, type[Any]]) -> dict[str, OwnClass]:
    """Describe classes by role."""
    return {role: OwnClass.of(given) for role, given in agents.items()}


def describe_statistics(statistics: Iterable[Statistic]) -> dict[str, OwnClass]:
    """Describe statistics of one's own by name; asked every week, one is another than asked once."""
    found = {}
    for one in statistics:
        every_week = isinstance(one.told, Weekly)
        described = OwnClass.of(one.told.function if isinstance(one.told, Weekly) else one.told)
        name = f"{described.name}, weekly" if every_week else described.name
        found[one.name] = OwnClass(name, described.code, described.known, one.told)
    return found
