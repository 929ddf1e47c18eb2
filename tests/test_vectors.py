"""Vectors: what happens to every run every week is machine code that takes several runs at once.

A compiler stops filling the lanes of a processor without a word, by one branch or one call too many. So every loop of
a phase that does the same to all runs is compiled here anew, and looked into.
"""

from __future__ import annotations

import platform
import re

import llvmlite.binding
import numba
import pytest
from numba import types

from abm.core import draws
from abm.ensemble import beginning, minds, parts, surroundings
from abm.ensemble.views import Run

pytestmark = [
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled"),
    pytest.mark.skipif(
        platform.machine() not in ("x86_64", "AMD64")
        or not llvmlite.binding.get_host_cpu_features().get("avx2", False),
        reason="looks for the vectors of processors with AVX2",
    ),
    pytest.mark.one_python,
]

ONE, WHO = (Run(),), (Run(), types.int64)
#: Each loop over runs by what must be worked out for several of them at once.
LOOPS = {
    "sentiment, value and news": (surroundings.environment.far, ONE, "fmul|fadd", 4),
    "what a week costs": (surroundings.operations.far, ONE, "fadd", 3),
    "cost cuts": (surroundings._cut_costs, ONE, "fdiv", 1),
    "the window of a listing": (surroundings._approach_the_market, ONE, "fadd", 1),
    "beliefs": (minds._learn, WHO, "fdiv", 2),
    "the weighing of an offer": (minds._weigh, WHO, "fdiv", 5),
    "stated decisions": (minds._wait, WHO, "fmul", 1),
    "the posted offer": (parts.post_offers, ONE, "fdiv", 2),
    "bills": (surroundings.liquidity.far, ONE, r"llvm\.s?m(?:in|ax)", 3),
    "who everybody is": (beginning._draw_investors, ONE, "fdiv|fma", 5),
}


def made_of(function, signature) -> str:
    """The machine's own program for a function, before it is put into its instructions."""
    fresh = numba.njit(error_model="numpy", _nrt=False)(function.py_func)
    fresh.compile(signature)
    return fresh.inspect_llvm(fresh.signatures[0])


@pytest.mark.parametrize("what", LOOPS)
def test_a_loop_over_runs_takes_several_of_them_at_once(what):
    function, signature, operation, least = LOOPS[what]
    wide = re.findall(rf"(?:{operation})[^\n]*<[48] x (?:double|i64)>", made_of(function, signature))
    assert len(wide) >= least, f"{what}: {len(wide)} vectors"


def test_draws_of_several_runs_are_made_at_once():
    floats, whole = types.Array(types.float64, 1, "C"), types.Array(types.int64, 1, "C")
    signature = (floats, types.int64, whole, whole, whole, types.int64, types.int64)
    assert len(re.findall(r"mul[^\n]*<[48] x i64>", made_of(draws.uniforms_of_runs, signature))) >= 10


def test_a_branch_that_calls_is_noticed():
    """The yardstick measures: a loop that draws one at a time, behind a condition, holds no vector."""

    @numba.njit
    def one_at_a_time(out, seed):
        for k in range(out.shape[0]):
            while out[k] < 0.5:
                out[k] = draws.normal(seed, k, 0, 0, 0, 0)

    one_at_a_time.compile((types.Array(types.float64, 1, "C"), types.int64))
    assert not re.search(r"fdiv[^\n]*<[48] x double>", one_at_a_time.inspect_llvm(one_at_a_time.signatures[0]))
