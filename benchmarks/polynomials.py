"""Polynomials: how the coefficients of ``abm.core.arithmetic`` were found, so that anybody can find them again.

python -m benchmarks.polynomials

Fits by Chebyshev interpolation with 60 digits, rounds every coefficient to the nearest double, and prints them from
the constant one upwards, with the largest error of the rounded polynomial relative to the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp

_DIGITS = 60
_SAMPLES = 2_000
_HALF_LN2 = 0.34657359027997264
_FARTHEST = 28.0  # beyond it, erfc is 0


def of_exp(r: Any) -> Any:
    """(exp(r) - 1 - r) / r**2, also at 0."""
    return mp.hyp1f1(1, 3, r) / 2


def of_log(z: Any) -> Any:
    """(log((1 + s) / (1 - s)) - 2 * s) / (s * z) where s**2 = z, also at 0."""
    return 2 * mp.hyp2f1(1, mp.mpf(3) / 2, mp.mpf(5) / 2, z) / 3


def of_erfc(q: Any) -> Any:
    """(1 + 2 * a) * exp(a**2) * erfc(a) where q = (a - 3) / (a + 3)."""
    a = 3 * (1 + q) / (1 - q)
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


#: By name: function, ends of the interval, and number of coefficients.
FITTED: dict[str, tuple[Callable[[Any], Any], tuple[float, float], int]] = {
    "exp": (of_exp, (-_HALF_LN2, _HALF_LN2), 11),
    "log": (of_log, (0.0, (2**0.5 - 1) ** 2 / (2**0.5 + 1) ** 2), 7),
    "erfc": (of_erfc, (-1.0, (_FARTHEST - 3.0) / (_FARTHEST + 3.0)), 25),
}


def coefficients(name: str) -> list[float]:
    """Coefficients as doubles, from the constant one upwards."""
    function, ends, size = FITTED[name]
    with mp.workdps(_DIGITS):
        return [float(c) for c in mp.chebyfit(function, [mp.mpf(end) for end in ends], size, asc=True)]


def largest_error(name: str) -> float:
    """Largest error of the rounded polynomial, relative to the function."""
    function, (low, high), _ = FITTED[name]
    rounded = coefficients(name)
    with mp.workdps(_DIGITS):
        places = [low + (high - low) * mp.mpf(k) / _SAMPLES for k in range(_SAMPLES + 1)]
        return float(max(abs(mp.polyval(rounded, x, asc=True) / function(x) - 1) for x in places))


def main() -> None:
    """Print all of them."""
    for name in FITTED:
        print(f"{name}: largest relative error {largest_error(name):.2g}")
        for coefficient in coefficients(name):
            print(f"    {coefficient!r},")


if __name__ == "__main__":
    main()
