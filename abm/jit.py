"""The door to numba: how every rule of the model is compiled, cached and strung together."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

_PACKAGE = Path(__file__).parent
_COMPILED = ("jit.py", "draws.py", "state.py", "anchor.py", "luck.py", "rules/*.py", "ensemble/*.py")
_KEEP_CACHES = 3


def _sources_digest() -> str:
    """Name the state of every source that compiled code may contain.

    Numba checks only the file of the function it loads, not the files of the functions called from it, so a rule
    that was edited would go on living inside a kernel of another file. A cache folder per digest rules that out.
    """
    digest = hashlib.sha256()
    for pattern in _COMPILED:
        for source in sorted(_PACKAGE.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _use_cache_folder() -> None:
    """Point numba at the cache of these sources and drop the caches of long-gone ones."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    from platformdirs import user_cache_path

    root = user_cache_path("abm") / "compiled"
    numba.config.CACHE_DIR = str(root / _sources_digest())  # type: ignore[attr-defined]
    try:
        root.mkdir(parents=True, exist_ok=True)
        old = sorted((p for p in root.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
    except OSError:
        return  # a read-only home: numba falls back to compiling in memory
    for folder in old[: -(_KEEP_CACHES + 1)]:
        shutil.rmtree(folder, ignore_errors=True)


_Function = TypeVar("_Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    import numba

    def rule(function: _Function) -> _Function:
        """Compile a rule: typed as the function itself."""
        return function

    inlined = rule
    lean = rule
    entry = rule

else:
    import numba

    _use_cache_folder()

    _ALWAYS = {"cache": True, "fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True}

    #: Compile a rule. ``error_model="numpy"`` because an exception raised in a parallel region is lost silently;
    #: no fast-math, so that both engines and every machine add up the same bits.
    rule = numba.njit(**_ALWAYS, _nrt=True)

    #: Compile a rule that allocates nothing, and therefore need not count references to arrays: counting them is what
    #: a big kernel would spend most of its time on. It may call rules that allocate, but none that hands it an array.
    lean = numba.njit(**_ALWAYS, _nrt=False)

    #: Compile the way into the fast engine: lean, and free of Python's lock, so that threads run side by side.
    entry = numba.njit(**_ALWAYS, _nrt=False, nogil=True)

    #: Compile a rule into each of its callers, so that a loop over it can fill the lanes of the processor.
    inlined = numba.njit(**_ALWAYS, inline="always")


def column(name: str, layout: Any) -> Callable[[Any], Any]:
    """Compile an accessor: the array whose address and length stand in ``name_at`` and ``name_n`` of a record.

    A compiled function that takes dozens of arrays takes seven numbers for each of them, wherever it is called; one
    that takes a record takes one pointer. The record's owner must keep the arrays alive.
    """
    import numpy as np

    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

        def read(record: Any) -> Any:
            import ctypes

            size = np.dtype(layout).itemsize * int(record[f"{name}_n"])
            memory = (ctypes.c_char * size).from_address(int(record[f"{name}_at"]))
            return np.frombuffer(memory, layout).view(np.recarray if np.dtype(layout).names else np.ndarray)

        return read
    return _compiled_column(name, np.dtype(layout))


def _compiled_column(name: str, layout: Any) -> Callable[[Any], Any]:
    from numba.core import cgutils, types
    from numba.extending import intrinsic
    from numba.np.arrayobj import populate_array
    from numba.np.numpy_support import from_dtype

    element = from_dtype(layout)
    array = types.Array(element, 1, "C")

    def read(typing: Any, record: Any) -> Any:
        """Build the array where it is asked for."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def field(key: str) -> Any:
                kind = context.get_value_type(types.intp)
                return builder.load(cgutils.get_record_member(builder, arguments[0], record.offset(key), kind), align=1)

            built = context.make_array(array)(context, builder)
            size = context.get_constant(types.intp, layout.itemsize)
            data = builder.inttoptr(field(f"{name}_at"), built.data.type)
            populate_array(built, data=data, shape=[field(f"{name}_n")], strides=[size], itemsize=size, meminfo=None)
            return built._getvalue()

        return array(record), generate

    compiled: Callable[[Any], Any] = intrinsic(read)
    return compiled


def far(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let compiled callers reach a function of one record through the address in its field ``NAME_call``.

    What is called directly is compiled into every caller, and into theirs. The rare and heavy parts of a week are
    compiled once so, and the record's owner writes their addresses down with :func:`address_of`.
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    name = f"{function.__name__}_call"

    def call(typing: Any, record: Any) -> Any:
        """Call the address that stands in the record."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = context.get_value_type(types.intp)
            address = builder.load(cgutils.get_record_member(builder, arguments[0], record.offset(name), kind), align=1)
            form = context.call_conv.get_function_type(types.none, (record,))
            there = builder.inttoptr(address, form.as_pointer())
            context.call_conv.call_function(builder, there, types.none, (record,), arguments)
            return context.get_dummy_value()

        return types.none(record), generate

    compiled: Callable[[Any], None] = intrinsic(call)
    compiled.far = function  # type: ignore[attr-defined]
    return compiled


def address_of(function: Any, record: Any) -> int:
    """Compile a :func:`far` function for this kind of record, or load it, and return its address; 0 uncompiled."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return 0
    dispatcher = function.far
    dispatcher.compile((numba.typeof(record),))
    (compiled,) = dispatcher.overloads.values()
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


def chain(functions: Sequence[Callable[..., None]]) -> Callable[..., None]:
    """Compile ``functions`` into one that calls each of them, in order, with the same argument."""
    head, *tail = functions
    if not tail:
        return head
    rest = chain(tail)

    @inlined
    def both(a: Any) -> None:
        head(a)
        rest(a)

    return both


def dispatch(functions: Sequence[Callable[..., bool]]) -> Callable[..., bool]:
    """Compile ``functions`` into one that calls the ``kind``-th of them with the remaining arguments.

    Numba cannot index a tuple of functions in compiled code, so the choice is a chain of comparisons, built here.
    A ``kind`` that is not there answers ``False``.
    """

    @inlined
    def nobody(kind: int, a: Any, b: Any, c: Any) -> bool:
        return False

    chosen: Callable[..., bool] = nobody
    for code in reversed(range(len(functions))):
        chosen = _choose(code, functions[code], chosen)
    return chosen


def _choose(code: int, function: Callable[..., bool], otherwise: Callable[..., bool]) -> Callable[..., bool]:
    @inlined
    def choose(kind: int, a: Any, b: Any, c: Any) -> bool:
        if kind == code:
            return function(a, b, c)
        return otherwise(kind, a, b, c)

    return choose
