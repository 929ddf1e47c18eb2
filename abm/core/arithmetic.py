"""Arithmetic: exp, log and their kin out of + - * / and fma alone, so that they are the same on every machine.

The C library's functions look up tables and branch, and differ between machines in the last bit. Here everything is
computed, and then chosen: loops over these functions fill the lanes of the processor, and every processor, Python and
the interpreter agree in every bit. Errors are given in units in the last place (ulp), as tests/test_arithmetic.py
measures them against 40 digits. ``python -m benchmarks.polynomials`` finds the coefficients again.

Arguments that are not numbers come out as not a number; where a function is infinite or not defined it says so.
"""

from __future__ import annotations

import math

from abm.core.floating import bits, fma, number
from abm.core.jit import folded

_LOG2_E = 1.4426950408889634
# ln 2 in two parts, of which the first ends in zeros: times a whole number up to 2**20 it is exact
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10

_SHIFTER = 6755399441055744.0  # 1.5 * 2**52: what is added to it is rounded to a whole number, in its lowest bits
_SHIFTER_BITS = 0x4338000000000000
_BIAS, _FRACTION_BITS = 1023, 52  # of the exponent of a double, and what stands below it
_FRACTION = (1 << 52) - 1

_EXP_HIGH, _EXP_LOW = 710.0, -746.0  # beyond, exp rounds to infinity and to 0
_EXPM1_LOW = -50.0  # below, expm1 rounds to -1
_LARGEST_EXPONENT = 1023.0
_ERFC_HIGH = 28.0  # beyond, erfc rounds to 0

_NORMAL = 2.2250738585072014e-308  # the least double with all its digits
_TO_NORMAL, _TO_NORMAL_EXPONENT = 18014398509481984.0, 54.0  # 2**54
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2): log takes its argument apart into 2**k times sqrt(1/2) to sqrt(2)


@folded
def cubic(x: float, c0: float, c1: float, c2: float, c3: float) -> float:
    """c0 + c1 x + c2 x**2 + c3 x**3, in a tree: half as deep as one step after the other.

    Examples
    --------
    >>> cubic(2.0, 1.0, 1.0, 1.0, 1.0)
    15.0
    """
    return fma(fma(c3, x, c2), x * x, fma(c1, x, c0))


@folded
def septic(x: float, c0: float, c1: float, c2: float, c3: float, c4: float, c5: float, c6: float, c7: float) -> float:
    """c0 + c1 x + ... + c7 x**7, in a tree as :func:`cubic`.

    Examples
    --------
    >>> septic(2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    255.0
    """
    x2 = x * x
    return fma(cubic(x, c4, c5, c6, c7), x2 * x2, cubic(x, c0, c1, c2, c3))


@folded
def _exp_rest(r: float) -> float:
    """(exp(r) - 1 - r) / r**2 for r from -ln(2) / 2 to ln(2) / 2.

    Examples
    --------
    >>> _exp_rest(0.0)
    0.5
    """
    r2 = r * r
    r4 = r2 * r2
    first = septic(
        r, 0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141,
        0.0013888888888883752, 0.00019841269874800493, 2.4801587325533363e-05, 2.7557255425746435e-06,
    )  # fmt: skip
    return fma(fma(2.0914679376583935e-09, r2, fma(2.510520637395701e-08, r, 2.7557273661348637e-07)), r4 * r4, first)


@folded
def _power_of_two(k: int) -> float:
    """2**k, where k may have a multiple of 4096 added to it.

    Examples
    --------
    >>> _power_of_two(3), _power_of_two(3 + 4096)
    (8.0, 8.0)
    """
    return number((k + _BIAS) << _FRACTION_BITS)


@folded
def _exp_of_sum(x: float, more: float) -> float:
    """exp(x + more), with ``more`` below the last place of x.

    Examples
    --------
    >>> _exp_of_sum(0.0, 0.0)
    1.0
    """
    y = _EXP_HIGH if x > _EXP_HIGH else x
    y = _EXP_LOW if y < _EXP_LOW else y
    shifted = fma(y, _LOG2_E, _SHIFTER)
    k = shifted - _SHIFTER
    high, low = fma(k, -_LN2_HIGH, y), fma(k, -_LN2_LOW, more)
    r = high + low
    first = 1.0 + r
    lost = ((1.0 - first) + high) + low  # exact but for what stands below the last place of r
    e = first + fma(r * r, _exp_rest(r), lost)
    # 2**k in two steps: neither of them overflows, and what underflows is rounded once
    half = bits(fma(k, 0.5, _SHIFTER))
    return e * _power_of_two(half) * _power_of_two(bits(shifted) - half)


@folded
def exp(x: float) -> float:
    """e**x, to 0.8 ulp; subnormal results too.

    x = k ln 2 + r with a whole k and r up to ln(2) / 2, then 2**k (1 + r + r**2 p(r)); p of degree 10.

    References
    ----------
    Tang, P. T. P. (1989). Table-driven implementation of the exponential function in IEEE floating-point arithmetic.
    ACM Transactions on Mathematical Software 15(2), 144-157. doi:10.1145/63522.214389 (the reduction)

    Examples
    --------
    >>> exp(1.0), exp(-1000.0), exp(1000.0)
    (2.718281828459045, 0.0, inf)
    """
    return _exp_of_sum(x, 0.0)


@folded
def expm1(x: float) -> float:
    """e**x - 1, to 1.5 ulp; all digits of a small x.

    As :func:`exp`: (2**k - 1 + 2**k r) + 2**k r**2 p(r), with the error of r added to the second part.

    Examples
    --------
    >>> expm1(1e-20), expm1(-1000.0), expm1(1000.0)
    (1e-20, -1.0, inf)
    """
    y = _EXP_HIGH if x > _EXP_HIGH else x
    y = _EXPM1_LOW if y < _EXPM1_LOW else y
    k = fma(y, _LOG2_E, _SHIFTER) - _SHIFTER
    high, low = fma(k, -_LN2_HIGH, y), k * _LN2_LOW
    r = high - low
    rest = fma(r * r, _exp_rest(r), (high - r) - low)
    # 2**1024 is no number: half of it is doubled in the end
    scale = _power_of_two(bits((_LARGEST_EXPONENT if k > _LARGEST_EXPONENT else k) + _SHIFTER))
    v = fma(scale, rest, fma(scale, r, scale - 1.0))
    v = v + v if k > _LARGEST_EXPONENT else v
    return v if x != 0.0 else x  # -0.0 stays


@folded
def _log_of_sum(x: float, more: float, exponent: float) -> float:
    """log(x) + more + exponent * log(2), for a positive normal x and ``more`` below its last place.

    Examples
    --------
    >>> _log_of_sum(1.0, 0.0, 0.0)
    0.0
    """
    word = bits(x) - _ROOT_HALF_BITS
    f = number((word & _FRACTION) + _ROOT_HALF_BITS) - 1.0
    k = number((word >> _FRACTION_BITS) + _SHIFTER_BITS) - _SHIFTER + exponent
    s = f / (2.0 + f)
    z = s * s
    z2 = z * z
    high = fma(0.14616449685043406, z2, fma(0.15331721600556042, z, 0.18182889125261723))
    low = cubic(z, 0.666666666666667, 0.39999999999899505, 0.28571428625975487, 0.2222221113479508)
    half = 0.5 * f * f
    rest = fma(s, fma(z, fma(high, z2 * z2, low), half), fma(k, _LN2_LOW, more))
    return k * _LN2_HIGH - ((half - rest) - f)


@folded
def log(x: float) -> float:
    """Natural logarithm, to 1 ulp; of subnormal numbers too. Of 0 minus infinity, below not a number.

    x = 2**k (1 + f) with f from sqrt(1/2) - 1 to sqrt(2) - 1; log(1 + f) = f - f**2/2 + s (f**2/2 + s**2 p(s**2)) with
    s = f / (2 + f); p of degree 6.

    References
    ----------
    The reduction is that of ``e_log.c`` in fdlibm (Sun Microsystems, 1993).

    Examples
    --------
    >>> log(10.0), log(0.0), log(-1.0)
    (2.302585092994046, -inf, nan)
    """
    small = x < _NORMAL
    v = _log_of_sum(x * _TO_NORMAL if small else x, 0.0, -_TO_NORMAL_EXPONENT if small else 0.0)
    v = v if x < math.inf else x
    return (v if x > 0.0 else -math.inf) if x >= 0.0 else math.nan


@folded
def log1p(x: float) -> float:
    """Log of 1 + x, to 1 ulp; all digits of a small x. Of -1 minus infinity, below not a number.

    Log of the rounded sum u, and what was rounded away over u.

    Examples
    --------
    >>> log1p(1e-20), log1p(-1.0), log1p(-2.0)
    (1e-20, -inf, nan)
    """
    inside = -1.0 < x < math.inf
    y = x if inside else 0.0
    u = 1.0 + y
    back = u - 1.0
    lost = (1.0 - (u - back)) + (y - back)  # Knuth's sum: exact, whichever of the two is larger
    v = _log_of_sum(u, lost / u, 0.0)
    v = v if y != 0.0 else x  # -0.0 and infinity stay
    return (v if x > -1.0 else -math.inf) if x >= -1.0 else math.nan


@folded
def _scaled_erfc(q: float) -> float:
    """(1 + 2 a) exp(a**2) erfc(a) where q = (a - 3) / (a + 3), for a from 0 to 28.

    Examples
    --------
    >>> _scaled_erfc(-1.0)
    1.0
    """
    q2 = q * q
    q4 = q2 * q2
    q8 = q4 * q4
    first = septic(
        q, -0.13562110612458114, -0.047562294353450885, 0.12964515870275692, -0.11927366341529412,
        0.06830802734413972, -0.0237705149191233, 0.002529391812930737, 0.0018886903660093953,
    )  # fmt: skip
    second = septic(
        q, -0.0007798322389793649, -0.00010515985007185607, 0.00012509914192410698, 4.949692873058816e-06,
        -2.0099719336350727e-05, -7.319994916300909e-07, 3.47018936843861e-06, 3.5740689528477796e-07,
    )  # fmt: skip
    third = septic(
        q, -6.128658435976342e-07, -1.416150470656424e-07, 9.784444456871524e-08, 4.1021252342694524e-08,
        -1.0890349506249292e-08, -7.636882562087531e-09, 3.483752094731439e-10, 5.774514059472326e-10,
    )  # fmt: skip
    rest = fma(fma(third, q8, second), q8, first)
    return fma(rest, q, 1.2530080582697296)  # the largest last, so that the sums before it are small, and their errors


@folded
def erfc(x: float) -> float:
    """Complementary error function, to 5 ulp from its largest values to subnormal ones.

    (1 + 2 a) exp(a**2) erfc(a), with a the magnitude of x, is smooth from 0 to infinity: a polynomial of degree 24 in
    (a - 3) / (a + 3). The exponential is taken of a**2 with twice the digits. Below zero erfc(x) = 2 - erfc(-x).

    References
    ----------
    Shepherd, M. M. & Laframboise, J. G. (1981). Chebyshev approximation of (1 + 2x) exp(x**2) erfc x in 0 <= x <
    infinity. Mathematics of Computation 36(153), 249-253. doi:10.1090/S0025-5718-1981-0595058-X

    Examples
    --------
    >>> erfc(0.0), round(erfc(1.0), 15), erfc(30.0), erfc(-30.0)
    (1.0, 0.157299207050285, 0.0, 2.0)
    """
    a = abs(x)
    a = _ERFC_HIGH if a > _ERFC_HIGH else a
    square = a * a
    third, twice = a + 3.0, fma(2.0, a, 1.0)
    shared = 1.0 / (third * twice)  # one division for two quotients, each of which is then made exact to half an ulp
    over_third, over_twice = twice * shared, third * shared
    over_third = fma(over_third, fma(-over_third, third, 1.0), over_third)
    over_twice = fma(over_twice, fma(-over_twice, twice, 1.0), over_twice)
    scaled = _scaled_erfc(fma(a + a, over_third, -1.0)) * over_twice
    v = scaled * _exp_of_sum(-square, -fma(a, a, -square))
    return 2.0 - v if x < 0.0 else v
