"""Arithmetic: errors against 40 digits, what happens at the edges, and the same bits on every machine."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import llvmlite.binding
import mpmath as mp
import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from abm.core import arithmetic, floating
from abm.core.arithmetic import erfc, exp, expm1, log, log1p
from abm.core.floating import bits, exact_fma, fma, number
from abm.core.jit import rule
from benchmarks import polynomials

ROOT = Path(__file__).parent.parent
INTERPRETED = bool(numba.config.DISABLE_JIT)
LEAST, LEAST_NORMAL, MOST = 5e-324, sys.float_info.min, sys.float_info.max

often = settings(deadline=None, max_examples=300)
numbers = st.floats(allow_nan=False, allow_infinity=False)

FUNCTIONS = {"exp": exp, "log": log, "expm1": expm1, "log1p": log1p, "erfc": erfc}
TRUTH = {"exp": mp.exp, "log": mp.log, "expm1": mp.expm1, "log1p": mp.log1p, "erfc": mp.erfc}
#: Errors that the docstrings promise [ulp].
BOUND = {"exp": 0.8, "log": 1.0, "expm1": 1.5, "log1p": 1.0, "erfc": 5.0}
#: Where each function is neither 0 nor infinite, and not constant.
RANGE = {
    "exp": (-745.2, 709.8),
    "log": (LEAST, MOST),
    "expm1": (-38.0, 709.8),
    "log1p": (-1.0 + 2.0**-53, MOST),
    "erfc": (-6.0, 27.3),
}


def error_ulp(name: str, x: float) -> float:
    """Error of a function, in units in the last place of the true value rounded to a double."""
    with mp.workdps(40):
        true, found = TRUTH[name](mp.mpf(x)), FUNCTIONS[name](x)
        if math.isinf(found):
            return 0.0 if abs(true) >= mp.mpf(MOST) else math.inf
        return float(abs(true - found) / math.ulp(min(float(abs(true)), MOST)))


def around(*centres: float) -> list[float]:
    """Numbers on both sides of each, from its neighbours to some thousandths away."""
    return [x * (1.0 + side * 2.0**-k) for x in centres for k in range(8, 53, 4) for side in (-1, 1)] + [*centres]


def grid(name: str, size: int) -> list[float]:
    """Numbers over the whole range, evenly and by magnitude, and close to where the pieces meet."""
    low, high = RANGE[name]
    whole = np.linspace(max(low, -1e3), min(high, 1e3), size).tolist()
    ladder = np.geomspace(LEAST_NORMAL, min(high, 1e308), size).tolist()
    halves = [0.5 * math.log(2.0) * k for k in (1, -1, 3, -3, 57, -57, 2045, 2047, -2045, -2149)]
    edges = around(math.sqrt(0.5), math.sqrt(2.0), 1.0, 2.0, 3.0, LEAST_NORMAL, *halves, -708.4, -1074 * math.log(2.0))
    subnormal = [k * LEAST for k in (1, 2, 3, 1 << 20, (1 << 52) - 1)]
    small = [-x for x in ladder if -x >= low]
    return [x for x in (*whole, *ladder, *small, *edges, *subnormal) if low <= x <= high]


# --------------------------------------------------------------------------------------------------------------------
# Errors


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_as_small_as_promised_over_the_whole_range(name):
    worst, where = max((error_ulp(name, x), x) for x in grid(name, 1_500))
    assert worst <= BOUND[name], where


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(deadline=None, max_examples=1_000)
@given(st.data())
def test_errors_are_as_small_as_promised_wherever_one_looks(name, data):
    x = data.draw(st.floats(*RANGE[name]))
    assert error_ulp(name, x) <= BOUND[name]


@often
@given(numbers)
def test_no_function_gives_a_wrong_number_anywhere(x):
    """Where the true value is no double, it is 0, infinite or not a number, as mathematics has it."""
    assert error_ulp("exp", min(max(x, -800.0), 800.0)) <= 0.8
    assert error_ulp("erfc", min(max(x, -40.0), 40.0)) <= 5.0
    assert error_ulp("expm1", min(max(x, -800.0), 800.0)) <= 1.5
    assert error_ulp("log", x) <= 1.0 if x > 0.0 else not math.isfinite(log(x))
    assert error_ulp("log1p", x) <= 1.0 if x > -1.0 else not math.isfinite(log1p(x))


EDGES = {
    "exp": [
        *[
            (math.inf, math.inf),
            (-math.inf, 0.0),
            (MOST, math.inf),
            (-MOST, 0.0),
            (0.0, 1.0),
            (-0.0, 1.0),
            (LEAST, 1.0),
        ],
        *[(709.782712893384, 1.7976931348622732e308), (709.7827128933841, math.inf)],
        *[(-745.1332191019411, LEAST), (-745.1332191019412, 0.0)],
    ],
    "log": [
        *[(math.inf, math.inf), (0.0, -math.inf), (-0.0, -math.inf), (-LEAST, math.nan), (-math.inf, math.nan)],
        *[(1.0, 0.0), (LEAST, -744.4400719213812), (MOST, 709.782712893384)],
    ],
    "expm1": [
        *[(math.inf, math.inf), (-math.inf, -1.0), (MOST, math.inf), (-MOST, -1.0), (0.0, 0.0), (-0.0, -0.0)],
        *[(LEAST, LEAST), (-LEAST, -LEAST), (1e-300, 1e-300), (-40.0, -1.0), (709.7827128933841, math.inf)],
    ],
    "log1p": [
        *[(math.inf, math.inf), (-1.0, -math.inf), (-1.0 - 2.0**-52, math.nan), (-math.inf, math.nan)],
        *[(0.0, 0.0), (-0.0, -0.0), (LEAST, LEAST), (-LEAST, -LEAST), (MOST, 709.782712893384)],
    ],
    "erfc": [
        *[(math.inf, 0.0), (-math.inf, 2.0), (MOST, 0.0), (-MOST, 2.0), (0.0, 1.0), (-0.0, 1.0)],
        *[(27.225, LEAST), (27.3, 0.0), (-6.0, 2.0), (LEAST, 1.0)],
    ],
}


@pytest.mark.parametrize(("name", "x", "expected"), [(name, *pair) for name in EDGES for pair in EDGES[name]])
def test_the_edges_are_where_mathematics_has_them(name, x, expected):
    found = FUNCTIONS[name](x)
    assert found == pytest.approx(expected, rel=5e-16, abs=0.0, nan_ok=True)
    assert math.copysign(1.0, found) == math.copysign(1.0, expected) or math.isnan(expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_not_a_number_stays_so(name):
    assert math.isnan(FUNCTIONS[name](math.nan))
    assert math.isnan(FUNCTIONS[name](-math.nan))


@often
@given(st.floats(0.0, 40.0))
def test_erfc_is_two_less_its_mirror_image(x):
    assert erfc(-x) == 2.0 - erfc(x)


@pytest.mark.parametrize("name", [*polynomials.FITTED])
def test_the_coefficients_are_those_that_the_fit_finds(name):
    source = Path(arithmetic.__file__).read_text("utf-8")
    assert [c for c in polynomials.coefficients(name) if repr(c) not in source] == []
    assert polynomials.largest_error(name) < 5e-16


# --------------------------------------------------------------------------------------------------------------------
# Rounding once


def rounded(exact: Fraction) -> float:
    """Nearest double of a fraction, ties to even, by looking at the doubles beside it."""
    if abs(exact) >= Fraction(MOST) + Fraction(math.ulp(MOST)) / 2:
        return math.inf if exact > 0 else -math.inf
    with mp.workdps(1_200):
        guess = float(mp.mpf(exact.numerator) / exact.denominator)
    near = [guess, math.nextafter(guess, -math.inf), math.nextafter(guess, math.inf)]
    return min(filter(math.isfinite, near), key=lambda x: (abs(Fraction(x) - exact), floating._bits(x) & 1))


@often
@given(numbers, numbers, numbers)
@example(0.1, 10.0, -1.0)
@example(LEAST, 0.5, LEAST)  # halfway between two subnormal numbers
@example(LEAST, 0.5, 0.0)
@example(LEAST, 1.5, 0.0)
@example(1.0 + 2.0**-52, 1.0 - 2.0**-52, -1.0)  # all that is left is rounded away without fma
@example(2.0**-537, 2.0**-537, 2.0**-1022)
@example(MOST, 2.0, -MOST)
def test_a_product_and_a_sum_are_rounded_once(a, b, c):
    expected = rounded(Fraction(a) * Fraction(b) + Fraction(c))
    assert exact_fma(a, b, c) == expected
    assert compiled_fma(a, b, c) == expected


@rule
def compiled_fma(a, b, c):
    return fma(a, b, c)


@rule
def compiled_bits(x):
    return bits(x)


@rule
def compiled_number(word):
    return number(word)


SPECIAL = [0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, math.nan, LEAST, MOST]


@pytest.mark.parametrize("a", SPECIAL)
@pytest.mark.parametrize("b", SPECIAL)
@pytest.mark.parametrize("c", SPECIAL)
def test_zeros_and_infinities_are_rounded_as_a_processor_rounds_them(a, b, c):
    assert repr(exact_fma(a, b, c)) == repr(compiled_fma(a, b, c))


@often
@given(numbers)
@example(-0.0)
@example(math.inf)
def test_bits_and_numbers_are_two_views_of_the_same(x):
    (word,) = struct.unpack("<q", struct.pack("<d", x))
    assert compiled_bits(x) == floating._bits(x) == word
    assert repr(compiled_number(word)) == repr(floating._number(word)) == repr(x)


@often
@given(numbers, numbers, numbers)
@pytest.mark.skipif(sys.version_info < (3, 13), reason="no math.fma before Python 3.13")
def test_rounding_once_is_what_python_has_from_3_13_on(a, b, c):
    try:
        expected = math.fma(a, b, c)
    except OverflowError:
        return
    assert repr(exact_fma(a, b, c)) == repr(expected)


# --------------------------------------------------------------------------------------------------------------------
# The same bits everywhere


def digest() -> str:
    """Digest of every function over a fixed grid."""
    found = hashlib.sha256()
    for name, function in FUNCTIONS.items():
        given_numbers = [*grid(name, 150), *(x for x, value in EDGES[name] if not math.isnan(value))]
        found.update(struct.pack(f"<{len(given_numbers)}d", *map(function, given_numbers)))
    return found.hexdigest()


PINNED = "aefea776822f96c92c9a0ed03dc213958955cd38bc51ea73c20aeca5de47e142"


def test_the_bits_are_those_of_every_other_machine():
    assert digest() == PINNED


def has(feature: str) -> bool:
    """Whether this machine can run code for machines with a feature."""
    return platform.machine() in ("x86_64", "AMD64") and llvmlite.binding.get_host_cpu_features().get(feature, False)


MACHINES = {"skylake-avx512": "avx512f", "haswell": "avx2", "nehalem": "sse4.2"}


@pytest.mark.parametrize("machine", [*MACHINES, "interpreted"])
def test_the_bits_are_the_same_on_other_machines_and_without_the_compiler(machine, tmp_path):
    if machine in MACHINES and not has(MACHINES[machine]):
        pytest.skip(f"this machine cannot run code for {machine}")
    chosen = {"NUMBA_CPU_NAME": machine, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    asked = {"NUMBA_DISABLE_JIT": "1"} if machine == "interpreted" else {**chosen, "NUMBA_DISABLE_JIT": "0"}
    code = "from tests.test_arithmetic import digest; print(digest())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [PINNED]


def mapped(function):
    """A function over an array, as a loop."""

    @rule
    def loop(given_numbers, out):
        for k in range(given_numbers.shape[0]):
            out[k] = function(given_numbers[k])

    return loop


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loop_fills_the_lanes_of_the_processor_with_the_same_bits(name):
    loop, given_numbers = numba.njit(mapped(FUNCTIONS[name]).py_func, error_model="numpy"), np.array(grid(name, 150))
    out = np.empty_like(given_numbers)
    loop(given_numbers, out)
    assert out.tolist() == [FUNCTIONS[name](x) for x in given_numbers.tolist()]
    made = loop.inspect_llvm(loop.signatures[0])
    assert re.search(r"call .*<\d+ x double> @llvm\.fma\.v\d+f64", made), "no lanes are filled"
    assert "core10arithmetic" not in "".join(re.findall(r"call .*", made)), "a function is called, once a number"
