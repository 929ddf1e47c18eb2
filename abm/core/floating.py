"""Floating: what arithmetic needs of a double beyond + - * /; the same in compiled code and without the compiler."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, cast

from abm.core.code_state import INTERPRETED
from abm.core.waking import Asleep

_WORD = 0xFFFFFFFFFFFFFFFF


def exact_fma(a: float, b: float, c: float) -> float:
    """Return a * b + c, rounded once: the compiled :data:`fma` in whole numbers, for code that is not compiled.

    Python has ``math.fma`` only from 3.13 on, and there it raises where a processor says infinity.

    Examples
    --------
    >>> exact_fma(0.1, 10.0, -1.0), 0.1 * 10.0 - 1.0
    (5.551115123125783e-17, 0.0)
    """
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c
    (a_over, a_under), (b_over, b_under), (c_over, c_under) = (float(x).as_integer_ratio() for x in (a, b, c))
    under = a_under * b_under
    over = a_over * b_over * c_under + c_over * under
    if over == 0:
        return a * b + c if a == 0.0 or b == 0.0 else 0.0  # a sum of zeros has a sign
    try:
        return over / (under * c_under)  # Python rounds quotients of whole numbers once, also to subnormals
    except OverflowError:
        return math.inf if over > 0 else -math.inf


def _bits(x: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", x))[0])


def _number(word: int) -> float:
    # whole numbers of Python have no end: what would not fit into a word is lost, as it is when compiled
    return float(struct.unpack("<d", struct.pack("<Q", word & _WORD))[0])


def _compiled_fma() -> Any:
    from numba.core import types
    from numba.extending import intrinsic

    def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.fma(*arguments)

        return types.float64(types.float64, types.float64, types.float64), generate

    return intrinsic(fma)


def _read_as(kind: str, given: str) -> Any:
    """The bits of one of numba's types, read as another."""
    from numba.core import types
    from numba.extending import intrinsic

    def read(typing: Any, word: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

        return getattr(types, kind)(getattr(types, given)), generate

    return intrinsic(read)


#: ``fma(a, b, c)``: a * b + c, rounded once. One instruction, or where a processor has none the C library's function.
fma: Callable[[float, float, float], float] = exact_fma if INTERPRETED else cast(Any, Asleep(_compiled_fma))

#: ``bits(x)``: the 64 bits of a double as a whole number; the sign is the highest.
bits: Callable[[float], int] = _bits if INTERPRETED else cast(Any, Asleep(lambda: _read_as("int64", "float64")))

#: ``number(word)``: the double of these 64 bits.
number: Callable[[int], float] = _number if INTERPRETED else cast(Any, Asleep(lambda: _read_as("float64", "int64")))
