"""The door to numba: how every rule of the model is compiled and chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from abm.core.code_state import INTERPRETED
from abm.core.waking import Compiled

_Function = TypeVar("_Function", bound=Callable[..., Any])

if TYPE_CHECKING:

    def rule(function: _Function) -> _Function:
        """Compile a rule: typed as the function itself."""
        return function

    heavy = rule
    inlined = rule
    folded = rule
    lean = rule
    entry = rule

else:

    def _compiling(**options):
        options |= {"fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True}
        return lambda function: function if INTERPRETED else Compiled(function, options)

    #: Compile a rule. ``error_model="numpy"`` because an exception raised in a parallel region is lost silently;
    #: no fast-math, so that both engines and every machine add up the same bits.
    rule = _compiling(_nrt=True)

    #: Compile a rule that allocates nothing, and therefore need not count references to arrays: counting them is what
    #: a big kernel would spend most of its time on. It may call rules that allocate, but none that hands it an array.
    lean = _compiling(_nrt=False)

    #: Compile the way into the fast engine: lean, and free of Python's lock, so that threads run side by side.
    entry = _compiling(_nrt=False, nogil=True)

    #: Compile a rule that takes milliseconds: other threads go on meanwhile.
    heavy = _compiling(_nrt=True, nogil=True)

    #: Compile a rule into each of its callers, so that a loop over it can fill the lanes of the processor.
    inlined = _compiling(inline="always")

    #: Compile plain arithmetic into the machine code of each of its callers, whatever its size, so that a loop over it
    #: fills the lanes of the processor. Numba does not see it, as it does what is ``inlined``: that takes far longer.
    folded = _compiling(_nrt=False, forceinline=True)


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
