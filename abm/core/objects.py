"""Objects: machine code that an earlier start compiled, loaded and called without the compiler.

Numba takes half a second to import and to load what it has compiled before. Whatever Python calls with plain numbers,
records and arrays is therefore kept as an object beside numba's own files, and the next start links it by LLVM alone.
An object belongs to one state of the sources, one version of everything that made it, and one processor. Whatever is
wrong with it, there is none, and numba compiles.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from abm.core.sealed import read_sealed, write_sealed

#: How numba hands over a number, by what it is in Python; whole numbers beyond 64 bits are another kind.
_NUMBERS: dict[type, tuple[str, Any, Callable[[Any], Any]]] = {
    float: ("float", ctypes.c_double, float),
    np.float64: ("float", ctypes.c_double, float),
    int: ("int", ctypes.c_int64, int),
    np.int64: ("int", ctypes.c_int64, int),
    bool: ("bool", ctypes.c_bool, bool),
    np.bool_: ("bool", ctypes.c_bool, bool),
}
_ARRAYS = (np.ndarray, np.recarray)
_LINKING = Lock()
_LINKED: dict[tuple[str, bytes], int] = {}  # addresses of objects, by their names and what is in them


class FaultError(Exception):
    """Machine code has met a fault, which numba can name."""


class Native(NamedTuple):
    """A function of machine code: its address, and itself to be called with arguments of the kinds it was made for."""

    address: int
    call: Callable[..., Any]


def kind_of(value: Any) -> Any:
    """Kind of an argument, as far as it decides which code is compiled; None for what no object takes.

    Examples
    --------
    >>> kind_of(1.0), kind_of(2), kind_of(np.zeros(3) > 0.0)[:3], kind_of("text"), kind_of(2**63)
    ('float', 'int', ('array', dtype('bool'), 1), None, None)
    """
    kind = type(value)
    if kind in _NUMBERS:
        return None if kind is int and not -(2**63) <= value < 2**63 else _NUMBERS[kind][0]
    if kind is np.record:
        return "record", value.dtype
    if kind in _ARRAYS:
        flags = value.flags
        order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return "array", value.dtype, value.ndim, order, flags.aligned, flags.writeable
    return None


def all_numbers(kinds: Sequence[Any]) -> bool:
    """Whether all arguments are numbers with a fraction, so that their types alone tell their kinds."""
    return all(kind == "float" for kind in kinds)


def _words(value: Any) -> Sequence[Any]:
    """What of an argument goes into a call, as numba's own callers hand it over."""
    kind = type(value)
    if kind in _NUMBERS:
        return [_NUMBERS[kind][2](value)]
    if kind is np.record:
        return [np.frombuffer(value, np.uint8).ctypes.data]
    # an owner and a parent, which compiled code need not know; then what the array is
    return [None, None, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]


def _forms(kind: Any) -> list[Any]:
    """Types of the words of an argument of a kind."""
    if isinstance(kind, str):
        return [next(form for name, form, _ in _NUMBERS.values() if name == kind)]
    word: Any = ctypes.c_int64
    pointer: Any = ctypes.c_void_p
    if kind[0] == "run":  # of the compiled engine: a block, and a lane
        return [pointer, word]
    return [pointer] if kind[0] == "record" else [pointer, pointer, word, word, pointer, *[word] * (2 * kind[2])]


def _callable(address: int, result: str, kinds: tuple[Any, ...]) -> Callable[..., Any]:
    """Machine code at an address as a function of Python."""
    plain = all(isinstance(kind, str) for kind in kinds)
    # whatever works on arrays lets other threads go on; a rule of plain numbers is done before they could
    form = (ctypes.PYFUNCTYPE if plain else ctypes.CFUNCTYPE)(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *(word for kind in kinds for word in _forms(kind))
    )
    code, answer_of = form(address), getattr(ctypes, result)
    nothing = result == "c_void_p"
    numbers = all_numbers(kinds)  # which go as they are

    def call(*arguments: Any) -> Any:
        answer, fault = answer_of(), ctypes.c_void_p()
        words = arguments if numbers else [word for argument in arguments for word in _words(argument)]
        if code(ctypes.byref(answer), ctypes.byref(fault), *words):
            raise FaultError
        return None if nothing else answer.value

    return call


# --------------------------------------------------------------------------------------------------------------------
# Where objects are, and whose they are


def _symbol(function: Any, kinds: tuple[Any, ...]) -> str:
    """Name of a function's object for arguments of some kinds, made by this machine."""
    text = repr((function.__module__, function.__qualname__, [_text(kind) for kind in kinds], _maker()))
    return f"{function.__name__.strip('_')}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _text(kind: Any) -> str:
    return kind if isinstance(kind, str) else repr((kind[0], np.dtype(kind[1]).descr, *kind[2:]))


@cache
def _maker() -> tuple[Any, ...]:
    """Everything beside the sources that decides what machine code is like."""
    import llvmlite.binding as llvm

    python = sys.implementation.cache_tag, platform.machine(), sys.platform
    versions = *(metadata.version(name) for name in ("numba", "llvmlite")), np.__version__
    processor = llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    settings = [one for one in sorted(os.environ.items()) if re.match("NUMBA_(?!CACHE_DIR$)", one[0])]
    return python, versions, processor, settings


def load(folder: Path, function: Any, kinds: tuple[Any, ...]) -> Native | None:
    """Load the machine code of a function for arguments of some kinds; None where there is none to be trusted."""
    symbol = _symbol(function, kinds)
    content = read_sealed(folder / "objects" / symbol)
    if content is None:
        return None
    about, _, code = content.partition(b"\n")
    told = json.loads(about)
    try:
        with _LINKING:
            # once a process, whoever asks: machine code lies near what it calls, where there is not room for ever
            if (known := _LINKED.get((symbol, code))) is None:
                known = _LINKED[symbol, code] = _linked(symbol, code, told["needs"])
            address = known
    except RuntimeError:  # LLVM cannot read it
        return None
    return Native(address, _callable(address, told["result"], kinds)) if address else None


def keep(folder: Path, function: Any, kinds: tuple[Any, ...], compiled: Any) -> None:
    """Keep the machine code that numba compiled of a function, for the next start."""
    from abm.core.emitting import emitted

    symbol = _symbol(function, kinds)
    path = folder / "objects" / symbol
    if read_sealed(path) is not None:
        return
    try:
        found = emitted(compiled, symbol)
    except (AttributeError, TypeError, RuntimeError, NameError):  # a numba that is another inside: it goes on as ever
        return
    if found:
        code, result, needs = found
        write_sealed(path, json.dumps({"result": result, "needs": needs}).encode() + b"\n" + code)


def _linked(symbol: str, code: bytes, needs: list[str]) -> int:
    """Link an object, and return the address of its function; 0 where this process lacks what it needs."""
    import llvmlite.binding as llvm

    engine = _engine()
    if not all(map(llvm.address_of_symbol, needs)):  # LLVM itself would end the process
        return 0
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(symbol))


@cache
def _engine() -> Any:
    """What links objects, and keeps them in memory."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
