"""The door to numba: how every rule of the model is compiled, cached and chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from abm.core.code_cache import cache_folder

_PACKAGE = Path(__file__).parent.parent
_COMPILED = (
    *("core/jit.py", "core/lending.py", "core/records.py", "core/schedule.py", "core/draws.py"),
    *("core/floating.py", "core/arithmetic.py"),
    *("population/sampling.py", "population/calibration.py", "population/moods.py"),
    *("rules/*.py", "ensemble/*.py"),
)


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


_Function = TypeVar("_Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    import numba

    def rule(function: _Function) -> _Function:
        """Compile a rule: typed as the function itself."""
        return function

    heavy = rule
    inlined = rule
    folded = rule
    lean = rule
    entry = rule

else:
    import numba

    _FOLDER = None if numba.config.DISABLE_JIT else cache_folder(_sources_digest())
    if _FOLDER is not None:
        numba.config.CACHE_DIR = str(_FOLDER)
    # without a folder of the user's own, numba would look for one beside the sources, or fail
    _ALWAYS = {"cache": _FOLDER is not None, "fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True}

    #: Compile a rule. ``error_model="numpy"`` because an exception raised in a parallel region is lost silently;
    #: no fast-math, so that both engines and every machine add up the same bits.
    rule = numba.njit(**_ALWAYS, _nrt=True)

    #: Compile a rule that allocates nothing, and therefore need not count references to arrays: counting them is what
    #: a big kernel would spend most of its time on. It may call rules that allocate, but none that hands it an array.
    lean = numba.njit(**_ALWAYS, _nrt=False)

    #: Compile the way into the fast engine: lean, and free of Python's lock, so that threads run side by side.
    entry = numba.njit(**_ALWAYS, _nrt=False, nogil=True)

    #: Compile a rule that takes milliseconds: other threads go on meanwhile.
    heavy = numba.njit(**_ALWAYS, _nrt=True, nogil=True)

    #: Compile a rule into each of its callers, so that a loop over it can fill the lanes of the processor.
    inlined = numba.njit(**_ALWAYS, inline="always")

    #: Compile plain arithmetic into the machine code of each of its callers, whatever its size, so that a loop over it
    #: fills the lanes of the processor. Numba does not see it, as it does what is ``inlined``: that takes far longer.
    folded = numba.njit(**_ALWAYS, _nrt=False, forceinline=True)


def dispatch(functions: Sequence[Callable[..., bool]]) -> Callable[..., bool]:
    """Compile ``functions`` into one that calls the ``kind``-th of them with the remaining arguments.

    Numba cannot index a tuple of functions in compiled code, so the choice is a chain of comparisons, built here.
    A ``kind`` that is not there answers ``False``.
    """

    @inlined
    def no_kind(kind: int, a: Any, b: Any, c: Any) -> bool:
        return False

    chosen: Callable[..., bool] = no_kind
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
